"""What distributions are made of: parameters of one shape, lazily computed ones, normal noise."""

from __future__ import annotations

import numbers
from functools import cached_property

from rushlight import ops
from rushlight.autograd import enable_grad
from rushlight.dtypes import finfo, get_default_dtype
from rushlight.nn import functional as F
from rushlight.tensor import Tensor

__all__ = [
    "broadcast_all",
    "clamp_probs",
    "clipped_sigmoid",
    "either",
    "euler_constant",
    "lazy_property",
    "logits_to_probs",
    "probs_to_logits",
    "standard_normal",
    "sum_last",
    "tril_matrix_to_vec",
    "vec_to_tril_matrix",
]

euler_constant = 0.57721566490153286060


class lazy_property(cached_property):
    """A property that is computed when it is first asked for, with grad mode on, and then kept."""

    def __get__(self, instance, owner=None):
        with enable_grad():
            return super().__get__(instance, owner)


def broadcast_all(*values):
    """Parameters, Tensors or numbers, as Tensors of one shape."""
    if not all(isinstance(v, (Tensor, numbers.Number)) for v in values):
        raise ValueError(
            "Input arguments must all be instances of Number, torch.Tensor or objects implementing "
            "__torch_function__."
        )
    dtype = next((v.dtype for v in values if isinstance(v, Tensor)), get_default_dtype())
    tensors = [v if isinstance(v, Tensor) else ops.tensor(v, dtype=dtype) for v in values]
    return ops.broadcast_tensors(*tensors)


def either(probs, logits):
    """Refuse both, and neither."""
    if (probs is None) == (logits is None):
        raise ValueError("Either `probs` or `logits` must be specified, but not both.")


def clamp_probs(probs):
    """Probabilities strictly between 0 and 1."""
    eps = finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)


def clipped_sigmoid(x):
    """The sigmoid, kept away from 0 and 1."""
    limits = finfo(x.dtype)
    return ops.clamp(ops.sigmoid(x), min=limits.tiny, max=1.0 - limits.eps)


def logits_to_probs(logits, is_binary=False):
    """The probabilities of unnormalized logits: their sigmoid, or their softmax."""
    return ops.sigmoid(logits) if is_binary else F.softmax(logits, -1)


def probs_to_logits(probs, is_binary=False):
    """The logits of probabilities: log(p / (1 - p)), or log(p)."""
    clamped = clamp_probs(probs)
    if is_binary:
        return ops.log(clamped) - ops.log1p(-clamped)
    return ops.log(clamped)


def standard_normal(shape, dtype, device=None):
    """Draws of the standard normal distribution."""
    return ops.normal(ops.zeros(shape, dtype=dtype), ops.ones(shape, dtype=dtype))


def sum_last(value, count):
    """The sum over the last `count` dimensions."""
    return value.sum(tuple(range(-count, 0))) if count else value


def vec_to_tril_matrix(vec, diag=0):
    """Lower triangular matrices from vectors of their entries, row by row.

    `diag` is the last diagonal that is filled: 0 the main one, -1 the one below.
    """
    # the n rows have 1, 2, ..., n entries, less (or more) one for each diagonal
    n = (
        -(1 + 2 * diag)
        + ((1 + 2 * diag) ** 2 + 8 * vec.shape[-1] + 4 * abs(diag) * (diag + 1)) ** 0.5
    ) / 2
    eps = finfo(vec.dtype).eps
    if not (round(n) - n < eps):
        raise ValueError(
            f"The size of last dimension is {vec.shape[-1]} which cannot be expressed as the lower "
            "triangular part of a square D x D matrix."
        )
    n = round(n.real) if isinstance(n, complex) else round(n)
    matrix = vec.new_zeros((*vec.shape[:-1], n, n))
    rows, columns = ops.tril_indices(n, n, offset=diag)
    matrix[..., rows, columns] = vec
    return matrix


def tril_matrix_to_vec(mat, diag=0):
    """The entries of lower triangular matrices, row by row, as vectors."""
    n = mat.shape[-1]
    if not -n <= diag < n:
        raise ValueError(f"diag ({diag}) provided is outside [{-n}, {n - 1}].")
    rows, columns = ops.tril_indices(n, n, offset=diag)
    return mat[..., rows, columns]


_standard_normal = standard_normal
_sum_rightmost = sum_last
