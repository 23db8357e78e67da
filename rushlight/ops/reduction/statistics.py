"""Covariances, correlations, limited norms and hashes: functions of rare use."""

from __future__ import annotations

import numpy as np

from rushlight.ops.elementwise.bounds import clip
from rushlight.ops.elementwise.complex_numbers import complex, conjugate
from rushlight.ops.elementwise.unary import sqrt, where
from rushlight.ops.linalg.matmul import matmul
from rushlight.ops.linalg.norms import vector_norm
from rushlight.ops.op import recorded_as
from rushlight.ops.output import write_out
from rushlight.ops.reduction.sums import dims_argument
from rushlight.ops.shapes import normalize_dim
from rushlight.ops.warn import warn
from rushlight.tensor import wrap

__all__ = ["corrcoef", "cov", "hash_tensor", "renorm"]


def cov(input, *, correction=1, fweights=None, aweights=None):
    """The covariances of the rows, whose columns are observations.

    Args:
        input: of shape (variables, observations), or (observations,) of one variable.
        correction: what is subtracted from the number of observations, by which is divided.
        fweights: how often each observation counts, integers.
        aweights: the weight of each observation.

    >>> import rushlight as torch
    >>> torch.cov(torch.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    _check_rows("cov", input)
    rows = input if input.ndim == 2 else input.reshape(1, -1)
    weights = _weights(rows.shape[1], fweights, aweights)
    if weights is None:
        total, factor = rows.shape[1], rows.shape[1] - correction
        mean = rows.sum(1, keepdim=True) / total
    else:
        total = weights.sum()
        mean = (rows * weights).sum(1, keepdim=True) / total
        lost = correction
        if aweights is not None and correction != 0:
            lost = correction * (weights * aweights).sum() / total
        factor = total - lost
    factor = _positive(factor)
    off = rows - mean
    weighted = off if weights is None else off * weights
    return (matmul(off, conjugate(weighted.mT)) / factor).squeeze()


def _positive(factor):
    if (factor if isinstance(factor, (int, float)) else factor.item()) > 0:
        return factor
    warn(
        "cov(): degrees of freedom is <= 0. Correction should be strictly less than the number "
        "of observations."
    )
    return factor * 0


def _check_rows(name, input):
    if input.ndim > 2:
        raise RuntimeError(
            f"{name}(): expected input to have two or fewer dimensions but got an input with "
            f"{input.ndim} dimensions"
        )
    if name == "cov" and input._array.dtype.kind == "b":
        raise RuntimeError("cov(): bool dtype is not supported for input")


def _weights(count, fweights, aweights):
    """The weights of the observations, or None."""
    for name, kinds, wanted, weights in (
        ("fweights", "iu", "integral", fweights),
        ("aweights", "f", "floating point", aweights),
    ):
        if weights is None:
            continue
        if weights.ndim > 1:
            raise RuntimeError(
                f"cov(): expected {name} to have one or fewer dimensions but got {name} with "
                f"{weights.ndim} dimensions"
            )
        if weights._array.dtype.kind not in kinds:
            raise RuntimeError(
                f"cov(): expected {name} to have {wanted} dtype but got {name} with "
                f"{weights.dtype.title} dtype"
            )
        if weights.numel() != count:
            raise RuntimeError(
                f"cov(): expected {name} to have the same numel as there are observations in the "
                f"input but got {weights.numel()} != {count}"
            )
        if count and weights._array.min() < 0:
            raise RuntimeError(f"cov(): {name} cannot be negative")
    if fweights is None or aweights is None:
        return aweights if fweights is None else fweights
    return fweights * aweights


def corrcoef(input):
    """The correlation coefficients of the rows (Pearson's), whose columns are observations.

    >>> import rushlight as torch
    >>> torch.corrcoef(torch.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    _check_rows("corrcoef", input)
    c = cov(input)
    if not c.ndim:
        return c / c
    deviations = sqrt(c.diagonal().real)
    c = c / deviations[:, None] / deviations
    if c.is_complex():
        return complex(clip(c.real, -1, 1), clip(c.imag, -1, 1))
    return clip(c, -1, 1)


def renorm(input, p, dim, maxnorm, *, out=None):
    """`input`, with each part along `dim` scaled down so that its p-norm is at most `maxnorm`.

    >>> import rushlight as torch
    >>> torch.renorm(torch.tensor([[3.0, 4.0], [0.3, 0.4]]), 2, 0, 1.0)
    tensor([[0.6000, 0.8000],
            [0.3000, 0.4000]])
    """
    if np.iscomplexobj(p):
        raise RuntimeError("renorm: p must be real-valued")
    if p <= 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm:g}")
    if input.ndim < 2:
        raise RuntimeError(
            f"renorm: input needs at least 2 dimensions, got {input.ndim} dimensions"
        )
    axis = normalize_dim(dim, input.ndim)
    others = [d for d in range(input.ndim) if d != axis]
    norm = vector_norm(input, p, others, keepdim=True)
    result = recorded_as(
        input * where(norm > maxnorm, maxnorm / (norm + 1e-7), 1.0), "RenormBackward0"
    )
    return result.contiguous() if out is None else write_out("renorm", result, (input,), out)


def hash_tensor(input, dim=(), *, keepdim=False, mode=0, out=None):
    """The exclusive or of the elements' bits: of float64 and int64, to which others are cast.

    >>> import rushlight as torch
    >>> torch.hash_tensor(torch.tensor([1, 2]))
    tensor(3, dtype=torch.uint64)
    """
    if mode != 0:
        raise RuntimeError(f"Unknown hash_tensor mode: {mode}")
    array = input._array
    if array.dtype.kind == "c":
        raise NotImplementedError(f"\"xor_sum_cpu\" not implemented for '{input.dtype.title}'")
    if out is not None and out._array.dtype != np.uint64:
        raise RuntimeError(f"Expected result to be of dtype uint64, but got {out.dtype.title}")
    wide = array.astype(np.float64 if array.dtype.kind == "f" else np.int64)
    axes = dims_argument(dim, input)
    hashed = np.bitwise_xor.reduce(wide.view(np.uint64), axis=axes, keepdims=keepdim)
    result = wrap(np.asarray(hashed))
    return result if out is None else write_out("hash_tensor", result, (input,), out)
