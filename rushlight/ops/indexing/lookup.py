"""Lookups in a table of rows by their numbers."""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.explain import explained
from rushlight.ops.indexing.brackets import add_at
from rushlight.ops.op import opaque
from rushlight.ops.shapes import elements_of
from rushlight.tensor import wrap

__all__ = ["embedding", "one_hot"]


def check_positions(input):
    """Refuse an array (or a Tensor's) that can't say which rows are looked up."""
    if input.dtype.name not in ("int64", "int32"):
        kind = "CPUBoolType" if input.dtype.kind == "b" else f"torch.{_title(input)}Tensor"
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: "
            f"Long, Int; but got {kind} instead (while checking arguments for embedding)"
        )


def _check_embedding(weight, input, **options):
    check_positions(input)
    index = elements_of(input)
    if index.size and (index.min() < 0 or index.max() >= weight.shape[0]):
        raise explained(IndexError("index out of range in self"))
    if weight.ndim != 2:
        raise RuntimeError("'weight' must be 2-D")


def _title(array):
    return dtypes.of(array).title


@opaque(
    check=_check_embedding,
    linear=True,
    takes_out=False,
    d_weight=lambda g, input, weight_shape, padding_idx, scale_grad_by_freq: embedding_gradient(
        g,
        input,
        shape=weight_shape,
        padding_idx=padding_idx,
        scale_grad_by_freq=scale_grad_by_freq,
    ),
)
def embedding(weight, input, *, padding_idx=-1, scale_grad_by_freq=False):
    """The rows of `weight` that the integers `input` name."""
    if input.dtype.kind != "i" or (input.size and input.min() < 0):
        _check_embedding(weight, input)
    return weight.take(input, axis=0)


@opaque(
    linear=True,
    takes_out=False,
    d_grad=lambda g, input, padding_idx, scale_grad_by_freq: (
        embedding(g, input)
        * lookup_scale(input, padding_idx=padding_idx, scale_grad_by_freq=scale_grad_by_freq)
    ),
)
def embedding_gradient(grad, input, *, shape, padding_idx, scale_grad_by_freq):
    """The derivative of embedding times `grad`: the sum, for each row, over its lookups."""
    if scale_grad_by_freq:
        grad = grad * lookup_scale.op.kernel(
            input, padding_idx=padding_idx, scale_grad_by_freq=True
        ).astype(grad.dtype)
    result = np.zeros(shape, grad.dtype)
    add_at(result, (input,), grad)
    if padding_idx >= 0:
        result[padding_idx] = 0
    return result


@opaque(takes_out=False)
def lookup_scale(input, *, padding_idx, scale_grad_by_freq):
    """How much each lookup counts in the gradient: 0 for padding, and 1 / frequency if asked."""
    scale = np.ones(input.shape, np.float32)
    if scale_grad_by_freq:
        _, where, counts = np.unique(input, return_inverse=True, return_counts=True)
        scale /= counts[where].reshape(input.shape)
    scale[input == padding_idx] = 0
    return scale[..., np.newaxis]


def one_hot(tensor, num_classes=-1):
    """For each class number a row of zeros with a one at that place: (*) to (*, num_classes).

    >>> import rushlight as torch
    >>> torch.nn.functional.one_hot(torch.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    numbers = tensor._array
    if numbers.dtype != np.int64:
        raise explained(
            RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
        )
    if not numbers.size:
        if num_classes <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
        return wrap(np.zeros((*numbers.shape, num_classes), np.int64))
    if numbers.min() < 0:
        raise RuntimeError("Class values must be non-negative.")
    if num_classes == -1:
        num_classes = int(numbers.max()) + 1
    elif num_classes < 0:
        raise RuntimeError("num_classes should be positive")
    if numbers.max() >= num_classes:
        raise explained(RuntimeError("Class values must be smaller than num_classes."))
    if numbers.__class__ is not np.ndarray:
        return (tensor.unsqueeze(-1) == wrap(np.arange(num_classes))).long()
    hits = numbers[..., np.newaxis] == np.arange(num_classes)
    return wrap(hits.astype(np.int64, order="C"))
