"""Reading and writing under a mask or at flat positions: `masked_fill`, `take`, `nonzero`, ..."""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.autograd.tape import modes
from rushlight.ops.creation.copies import _total
from rushlight.ops.deprecated import deprecated, warn_of_expanded
from rushlight.ops.fast import sum_to
from rushlight.ops.indexing.brackets import add_at
from rushlight.ops.inplace import has_shared_places, in_place
from rushlight.ops.limits import check_fits_dtype
from rushlight.ops.op import number_as_array, opaque
from rushlight.ops.output import write_out
from rushlight.ops.refused import require_tensors
from rushlight.ops.shape.join import unbind
from rushlight.ops.shapes import broadcast_shapes, elements_of, ordered
from rushlight.tensor import Tensor, wrap

__all__ = [
    "argwhere",
    "masked_fill",
    "masked_scatter",
    "masked_select",
    "nonzero",
    "nonzero_static",
    "put",
    "take",
    "unravel_index",
]

# Masks --------------------------------------------------------------------------------------------


def _check_mask_shape(input, mask, *others, **options):
    broadcast_shapes(mask.shape, input.shape)


@opaque(
    ordered=ordered,
    takes_out=False,
    check=_check_mask_shape,
    d_input=lambda g, mask, input_shape: sum_to(_masked_fill(g, mask, value=0), input_shape),
)
def _masked_fill(input, mask, *, value):
    """`value` under the mask, `input` elsewhere."""
    return np.where(mask, np.asarray(value, input.dtype), input)


@opaque(
    ordered=ordered,
    linear=True,
    takes_out=False,
    node="MaskedFillBackward1",
    check=_check_mask_shape,
    d_input=lambda g, mask, input_shape: sum_to(_masked_fill(g, mask, value=0), input_shape),
    d_value=lambda g, mask: _total(_masked_select(g, mask)),
)
def _masked_fill_with(input, mask, value):
    """A 0-d tensor under the mask, `input` elsewhere."""
    return np.where(mask, value, input)


@opaque(
    linear=True,
    d_input=lambda g, mask, input_shape: _masked_put(g, mask, shape=input_shape),
)
def _masked_select(input, mask):
    """The elements under the mask, in a row."""
    if mask.shape != input.shape:
        mask, input = np.broadcast_arrays(mask, input)
    return input[mask]


@opaque(
    linear=True,
    takes_out=False,
    node="MaskedScatterBackward0",
    d_input=lambda g, mask: _masked_select(g, mask),
)
def _masked_put(input, mask, *, shape):
    """Zeros with the elements of `input` under the mask, summed to a shape."""
    whole = np.zeros(np.broadcast_shapes(shape, mask.shape), input.dtype)
    whole[np.broadcast_to(mask, whole.shape)] = input
    return sum_to(whole, shape)


@opaque(
    linear=True,
    takes_out=False,
    d_input=lambda g, mask, input_shape: sum_to(_masked_fill(g, mask, value=0), input_shape),
    d_source=lambda g, mask, source_shape: _in_front(_masked_select(g, mask), shape=source_shape),
)
def _masked_scatter(input, mask, source):
    """The first elements of `source` under the mask, `input` elsewhere."""
    shape = np.broadcast_shapes(input.shape, mask.shape)
    result = np.broadcast_to(input, shape).copy()
    places = np.broadcast_to(mask, shape)
    result[places] = source.reshape(-1)[: np.count_nonzero(places)]
    return result


@opaque(
    linear=True,
    takes_out=False,
    node="ConstantPadNdBackward0",
    d_input=lambda g, input_shape: _front_of(g, count=input_shape[0]),
)
def _in_front(input, *, shape):
    """The elements of `input`, then zeros, in this shape."""
    result = np.zeros(shape, input.dtype)
    result.reshape(-1)[: input.size] = input
    return result


@opaque(
    linear=True,
    takes_out=False,
    node="SliceBackward0",
    d_input=lambda g, input_shape: _in_front(g, shape=input_shape),
)
def _front_of(input, *, count):
    """The first `count` elements."""
    return input.reshape(-1)[:count].copy()


def check_mask(name, mask):
    """Refuse a mask that is not of dtype bool."""
    if mask._array.dtype.kind != "b":
        raise RuntimeError(
            f"{name} only supports boolean masks, but got mask with dtype "
            f"{dtypes.c_name(mask.dtype) if name == 'masked_fill_' else mask.dtype.title}"
        )


def masked_fill(input, mask, value):
    """`value` (a number or a 0-d tensor) where `mask` is true, `input` elsewhere.

    >>> import rushlight as torch
    >>> torch.masked_fill(torch.tensor([1, 2]), torch.tensor([True, False]), 0)
    tensor([0, 2])
    """
    check_mask("masked_fill_", mask)
    if value.__class__ is float and input._array.dtype.kind == "f":
        if not -65504.0 <= value <= 65504.0:  # what the narrowest of these dtypes holds
            check_fits_dtype(value, input.dtype)
        return _masked_fill(input, mask, value=value)
    if isinstance(value, Tensor):
        if value._array.ndim:
            raise RuntimeError(
                "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with "
                f"{value._array.ndim} dimension(s)."
            )
        check_fits_dtype(value.item(), input.dtype)
        return _masked_fill_with(input, mask, value.to(input.dtype))
    check_fits_dtype(value, input.dtype)
    return _masked_fill(input, mask, value=number_as_array(value, input.dtype)[()])


def masked_fill_(input, mask, value):
    """`masked_fill` in place; in a place of several elements if one of them is to change."""
    if not has_shared_places(input._array) or (input._requires_grad and modes.grad_enabled):
        return in_place(masked_fill, input, mask, value)
    warn_of_expanded("masked_fill_", "tensor[mask] = scalar")
    filled = masked_fill(input, mask, value)
    np.copyto(input._array, filled._array, where=mask._array)
    input._counter[0] += 1
    return input


def masked_select(input, mask, *, out=None):
    """The elements where `mask` is true, in a row.

    >>> import rushlight as torch
    >>> torch.masked_select(torch.tensor([1, 2]), torch.tensor([True, False]))
    tensor([1])
    """
    if mask._array.dtype.kind != "b":
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    broadcast_shapes(mask._array.shape, input._array.shape)
    return _masked_select(input, mask, out=out)


def masked_scatter(input, mask, source):
    """The elements of `source`, one after another, where `mask` is true; `input` elsewhere.

    >>> import rushlight as torch
    >>> torch.masked_scatter(torch.zeros(3), torch.tensor([True, False, True]), torch.ones(2))
    tensor([1., 0., 1.])
    """
    if source._array.dtype is not input._array.dtype:
        raise RuntimeError(
            "masked_scatter: expected self and source to have same dtypes but got"
            f"{input.dtype.title} and {source.dtype.title}"
        )
    if mask._array.dtype == np.uint8:
        deprecated("masked_scatter")
    check_mask("masked_scatter_", mask)
    shape = broadcast_shapes(mask._array.shape, input._array.shape)
    if isinstance(mask._array, np.ndarray):  # samples are counted each for itself
        check_enough(source._array.size, np.count_nonzero(np.broadcast_to(mask._array, shape)))
    return _masked_scatter(input, mask, source)


def check_enough(elements, ones):
    """Refuse a source with fewer elements than a mask wants."""
    if elements < ones:
        raise RuntimeError("Number of elements of source < number of ones in mask")


# Flat positions -----------------------------------------------------------------------------------


@opaque(
    linear=True,
    d_input=lambda g, index, input_shape: _put_zeros(g, index, shape=input_shape),
)
def _take(input, index):
    """The elements at flat positions."""
    return input.reshape(-1)[index]


@opaque(linear=True, takes_out=False, node="PutBackward0", d_input=lambda g, index: _take(g, index))
def _put_zeros(input, index, *, shape):
    """Zeros of this shape, to which `input` is added at flat positions."""
    result = np.zeros(shape, input.dtype)
    np.add.at(result.reshape(-1), index, input)
    return result


@opaque(
    linear=True,
    takes_out=False,
    d_input=lambda g, index, accumulate: g if accumulate else _put_zero(g, index),
    d_source=lambda g, index, source_shape: _take(g, index).reshape(source_shape),
)
def _put(input, index, source, *, accumulate):
    """What `input` is after `source` was written (or added) at flat positions."""
    result = np.array(input, order="C")
    flat, index, source = result.reshape(-1), index.reshape(-1), source.reshape(-1)
    if accumulate:
        add_at(flat, (index,), source)
    else:
        flat[index] = source
    return result


@opaque(
    linear=True, takes_out=False, node="PutBackward0", d_input=lambda g, index: _put_zero(g, index)
)
def _put_zero(input, index):
    """`input` with zeros at flat positions."""
    result = np.array(input, order="C")
    result.reshape(-1)[index.reshape(-1)] = 0
    return result


def check_flat(name, input, index):
    """Refuse positions that the elements in a row haven't got."""
    require_tensors(name, index=index)
    if index._array.dtype != np.int64:
        raise RuntimeError(
            f"{name}(): Expected a long tensor for index, but got {index.dtype.title}"
        )
    count, array = input._array.size, elements_of(index._array)
    if array.size and count == 0:
        raise IndexError(f"{name}(): tried to {name.strip('_')} from an empty tensor")
    if array.size and (array.min() < -count or array.max() >= count):
        bad = array[(array < -count) | (array >= count)].flat[0]
        raise IndexError(
            f"out of range: tried to access index {bad} on a tensor of {count} elements."
        )


def take(input, index, *, out=None):
    """The elements at the positions `index` of all elements in a row.

    >>> import rushlight as torch
    >>> torch.take(torch.tensor([[1, 2], [3, 4]]), torch.tensor([0, 3]))
    tensor([1, 4])
    """
    check_flat("take", input, index)
    return _take(input, index, out=out)


def put(input, index, source, accumulate=False):
    """A copy of `input` with `source` written (or added) at flat positions.

    >>> import rushlight as torch
    >>> torch.put(torch.zeros(2, 2), torch.tensor([3]), torch.ones(1))
    tensor([[0., 0.],
            [0., 1.]])
    """
    if source._array.dtype is not input._array.dtype:
        raise RuntimeError(
            "put_(): self and source expected to have the same dtype, but got self.dtype = "
            f"{input.dtype.title} and source.dtype = {source.dtype.title}"
        )
    if source._array.size != index._array.size:
        raise IndexError(
            "put_(): Expected source and index to have the same number of elements, but got "
            f"source.numel() = {source._array.size}, index.numel() = {index._array.size}"
        )
    check_flat("put_", input, index)
    return _put(input, index, source, accumulate=accumulate)


# Where elements are not zero ----------------------------------------------------------------------


def nonzero(input, *, as_tuple=False, out=None):
    """The positions of the elements that are not zero, one row each (or one tensor per dimension).

    >>> import rushlight as torch
    >>> torch.nonzero(torch.tensor([0, 3, 4]))
    tensor([[1],
            [2]])
    """
    found = np.stack((input if input._array.ndim else input.reshape(1))._array.nonzero())
    if as_tuple:
        return unbind(wrap(found))
    result = wrap(found[: input._array.ndim].T)
    return result if out is None else write_out("nonzero", result, (input,), out)


def argwhere(input):
    """The positions of the elements that are not zero, one row each."""
    return nonzero(input)


def nonzero_static(input, *, size, fill_value=-1, out=None):
    """`nonzero` cut or filled up to `size` rows.

    >>> import rushlight as torch
    >>> torch.nonzero_static(torch.tensor([0, 3]), size=2)
    tensor([[ 1],
            [-1]])
    """
    if size < 0:
        raise RuntimeError("nonzero_static: 'size' must be an non-negative integer")
    rows = nonzero(input)._array
    result = np.full((size, rows.shape[1]), fill_value, np.int64)
    result[: len(rows)] = rows[:size]
    made = wrap(result)
    return made if out is None else write_out("nonzero_static", made, (input,), out)


def unravel_index(indices, shape):
    """Flat positions as positions in each dimension of a shape.

    >>> import rushlight as torch
    >>> torch.unravel_index(torch.tensor([5]), (3, 4))
    (tensor([1]), tensor([1]))
    """
    if indices._array.dtype.kind not in "iu":
        raise TypeError(f"expected 'indices' to be integer dtype, but got {indices.dtype!r}")
    if not isinstance(shape, (int, tuple, list)):
        raise TypeError(f"expected 'shape' to be int or sequence of ints, but got {type(shape)}")
    sizes = (shape,) if isinstance(shape, int) else tuple(int(size) for size in shape)
    if any(size < 0 for size in sizes):
        raise ValueError(f"'shape' cannot have negative values, but got {tuple(sizes)}")
    rest, found = indices._array.astype(np.int64), []
    for size in reversed(sizes):
        found.append(wrap(np.asarray(rest % size)))
        rest = rest // size
    return tuple(reversed(found))
