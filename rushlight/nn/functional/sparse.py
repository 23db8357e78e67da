"""Lookups in a table as functions."""

from __future__ import annotations

from rushlight import ops
from rushlight.autograd import no_grad
from rushlight.ops.indexing.lookup import check_positions
from rushlight.ops.op import recorded_as
from rushlight.tensor import Tensor, type_name

__all__ = ["embedding", "embedding_bag", "one_hot"]

one_hot = ops.one_hot


def embedding(
    input,
    weight,
    padding_idx=None,
    max_norm=None,
    norm_type=2.0,
    scale_grad_by_freq=False,
    sparse=False,
):
    """The rows of `weight` (number, size) that the integers `input` name: (*, size).

    Args:
        padding_idx: a row that gets no gradient.
        max_norm: rows that are looked up and longer than this are shortened to it, in place.
        norm_type: which norm `max_norm` means.
        scale_grad_by_freq: whether a row's gradient is divided by how often it was looked up.
        sparse: accepted; gradients are dense.

    >>> import rushlight as torch
    >>> table = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> torch.nn.functional.embedding(torch.tensor([1, 0]), table)
    tensor([[3., 4.],
            [1., 2.]])
    """
    if not isinstance(input, Tensor):
        raise TypeError(
            f"embedding(): argument 'indices' (position 2) must be Tensor, not {type_name(input)}"
        )
    if input._array.dtype.char not in "qli":
        check_positions(input._array)
    if weight.dim() != 2:
        raise RuntimeError("'weight' must be 2-D")
    padding_idx = _row_number(padding_idx, weight.shape[0])
    if max_norm is not None:
        shorten_rows(weight, input, max_norm, norm_type)
    return ops.embedding(
        weight, input, padding_idx=padding_idx, scale_grad_by_freq=scale_grad_by_freq
    )


def _row_number(padding_idx, rows):
    """`padding_idx` counted from the front; -1 for none."""
    if padding_idx is None:
        return -1
    if not -rows <= padding_idx < rows:
        raise AssertionError("Padding_idx must be within num_embeddings")
    return padding_idx % rows


@no_grad()
def shorten_rows(weight, indices, max_norm, norm_type):
    """Shorten, in place, those rows named by `indices` whose norm is above `max_norm`."""
    rows = indices.unique()
    norms = weight[rows].norm(norm_type, 1)
    factors = (max_norm / (norms + 1e-7)).clamp(max=1.0)
    weight[rows] = weight[rows] * factors.unsqueeze(1)


def embedding_bag(
    input,
    weight,
    offsets=None,
    max_norm=None,
    norm_type=2,
    scale_grad_by_freq=False,
    mode="mean",
    sparse=False,
    per_sample_weights=None,
    include_last_offset=False,
    padding_idx=None,
):
    """The sum, mean or maximum of the rows of `weight` in each bag of integers.

    `input` is (bags, size), or flat with the start of each bag in `offsets`. An empty bag gives 0.

    >>> import rushlight as torch
    >>> table = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> torch.nn.functional.embedding_bag(torch.tensor([[0, 1]]), table)
    tensor([[2., 3.]])
    """
    if mode not in ("sum", "mean", "max"):
        raise ValueError("mode has to be one of sum, mean or max")
    if mode == "max" and (scale_grad_by_freq or sparse):
        what = "scaling the gradient by the frequency" if scale_grad_by_freq else "sparse weights"
        raise ValueError(f"max mode does not support {what}")
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported "
            f"for mode='sum' (got mode='{mode}'). Please open a feature request on GitHub."
        )
    if per_sample_weights is not None and per_sample_weights.shape != input.shape:
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({per_sample_weights.shape}) is not None, "
            f"then it must have the same shape as the input ({input.shape})"
        )
    if not weight.is_floating_point():
        raise RuntimeError(
            "Expected tensor for argument #1 'weight' to have one of the following scalar types: "
            f"Half, BFloat16, Float, Double; but got {weight.type()} instead (while checking "
            "arguments for embedding_bag)"
        )
    bag_of, bags = _bags(input, offsets, include_last_offset)
    rows = embedding(
        input.reshape(-1), weight, padding_idx, max_norm, norm_type, scale_grad_by_freq
    )
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.reshape(-1, 1)
    if padding_idx is not None:
        kept = input.reshape(-1) != _row_number(padding_idx, weight.shape[0])
        rows, bag_of = rows[kept], bag_of[kept]
    return recorded_as(_folded(rows, bag_of, bags, mode), "EmbeddingBagBackward0")


def _bags(input, offsets, include_last_offset):
    """(the number of the bag of each entry, how many bags there are)."""
    if input.dim() == 2:
        if offsets is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch "
                f"of fixed length sequences. However, found offsets of type {type(offsets)}"
            )
        bags, size = input.shape
        return ops.arange(bags).repeat_interleave(size), bags
    if input.dim() != 1:
        raise ValueError(
            f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.dim()}"
        )
    if offsets is None:
        raise ValueError("offsets has to be a 1D Tensor but got None")
    if offsets.dim() != 1:
        raise ValueError("offsets has to be a 1D Tensor")
    starts = offsets[:-1] if include_last_offset else offsets
    if len(starts) and starts[0] != 0:
        raise RuntimeError(
            "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from "
            f"position 0. However, got {starts[0].item()}"
        )
    if len(offsets) and offsets[-1] > len(input):
        raise RuntimeError(
            f"offsets[-1] can not be greater than input's length {len(input)} but got offsets[-1] "
            f"of {offsets[-1].item()}"
        )
    positions = ops.arange(input.shape[0]).unsqueeze(1)
    return (positions >= starts.unsqueeze(0)).sum(1) - 1, starts.shape[0]


def _folded(rows, bag_of, bags, mode):
    """The rows of each bag folded into one."""
    index = bag_of.unsqueeze(1).expand(rows.shape)
    empty = rows.new_zeros((bags, rows.shape[1]))
    how = {"sum": "sum", "mean": "mean", "max": "amax"}[mode]
    return empty.scatter_reduce(0, index, rows, how, include_self=False)
