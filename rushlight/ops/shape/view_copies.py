"""Views made into copies (`permute_copy`), and copies with one view replaced (`select_scatter`)."""

from __future__ import annotations

from types import FunctionType

import numpy as np

from rushlight.autograd.tape import modes
from rushlight.dtypes import dtype
from rushlight.ops.creation.copies import _clone_contiguous as clone
from rushlight.ops.indexing.brackets import _basic_index, _basic_put, slice_dim
from rushlight.ops.op import opaque, registry
from rushlight.ops.output import write_out
from rushlight.ops.shape import join, parts, views
from rushlight.ops.shape.parts import _as_strided, _diagonal, _diagonal_put
from rushlight.ops.shapes import normalize_dim
from rushlight.tensor import Tensor

__all__ = [
    "alias_copy",
    "as_strided_copy",
    "as_strided_scatter",
    "detach_copy",
    "diagonal_copy",
    "diagonal_scatter",
    "expand_copy",
    "narrow_copy",
    "permute_copy",
    "select_copy",
    "select_scatter",
    "slice_copy",
    "slice_scatter",
    "split_copy",
    "split_with_sizes_copy",
    "squeeze_copy",
    "t_copy",
    "transpose_copy",
    "unbind_copy",
    "unfold_copy",
    "unsqueeze_copy",
    "view_copy",
]

# Copies of views ----------------------------------------------------------------------------------


def _copying(op):
    """The operation that copies what a view operation shows; declared when first needed."""
    function = op.function
    name = f"{function.__name__.rstrip('_')}_copy"
    known = registry.get(name.strip("_"))
    if known is None:
        twin = FunctionType(function.__code__, function.__globals__, name)
        twin.__kwdefaults__, twin.__doc__ = function.__kwdefaults__, function.__doc__
        names = op.node_names
        node = f"{names}_copy" if isinstance(names, str) else lambda **o: f"{names(**o)}_copy"
        rules = {f"d_{argument}": rule for argument, rule in op.rules.items()}
        opaque(ufunc=_copier(op), node=node, outputs=op.outputs, linear=True, **rules)(twin)
        known = registry[name.strip("_")]
    return known.call


def _copier(op):
    if op.outputs is None:
        return lambda *arrays, **options: op.kernel(*arrays, **options).copy()
    return lambda *arrays, **options: tuple(part.copy() for part in op.kernel(*arrays, **options))


def _copy_of(view, out):
    """What a view (or each of several) shows, as a copy: found by how the view came about."""
    first = view if isinstance(view, Tensor) else next(iter(view), None)
    if first is None:
        return view
    if modes.layers:  # a transform does not say how its views come about
        return clone(view) if first is view else tuple(map(clone, view))
    source, op, options = first._replay
    named = dict(zip(op.options, options, strict=True))
    return _copying(op)(source, **named, out=out)


def alias_copy(input, *, out=None):
    """A copy of the tensor."""
    return _copy_of(views.alias(input), out)


def detach_copy(input, *, out=None):
    """A copy of the tensor, without history."""
    made = input.detach().clone()
    return made if out is None else write_out("detach_copy", made, (), out)


def as_strided_copy(input, size, stride, storage_offset=None, *, out=None):
    """`as_strided`, copied."""
    return _copy_of(parts.as_strided(input, size, stride, storage_offset), out)


def diagonal_copy(input, offset=0, dim1=0, dim2=1, *, out=None):
    """`diagonal`, copied."""
    return _copy_of(parts.diagonal(input, offset, dim1, dim2), out)


def expand_copy(input, size, *, implicit=False, out=None):
    """`expand`, copied."""
    return _copy_of(views.expand(input, size), out)


@opaque(
    linear=True,
    node="NarrowCopyBackward0",
    d_input=lambda g, input_shape, dim, start, stop: _basic_put(
        g, shape=input_shape, index=(*(slice(None),) * dim, slice(start, stop))
    ),
)
def _narrow_copy(input, *, dim, start, stop):
    """A range of one dimension, copied."""
    return input[(*(slice(None),) * dim, slice(start, stop))].copy()


def narrow_copy(input, dim, start, length, *, out=None):
    """`narrow`, copied."""
    parts.narrow(input, dim, start, length)  # refuses what is out of range
    dim = normalize_dim(dim, input._array.ndim)
    start = int(start) % max(input._array.shape[dim], 1) if start < 0 else int(start)
    return _narrow_copy(input, dim=dim, start=start, stop=start + length, out=out)


def permute_copy(input, dims, *, out=None):
    """`permute`, copied."""
    return _copy_of(views.permute(input, dims), out)


def select_copy(input, dim, index, *, out=None):
    """`select`, copied."""
    return _copy_of(parts.select(input, dim, index), out)


def slice_copy(input, dim=0, start=None, end=None, step=1, *, out=None):
    """A slice of one dimension, copied."""
    dim = normalize_dim(dim, input._array.ndim)
    return _copy_of(slice_dim(input, dim, start, end, step), out)


def split_copy(input, split_size, dim=0, *, out=None):
    """`split`, copied."""
    return _copy_of(join.split(input, split_size, dim), out)


def split_with_sizes_copy(input, split_sizes, dim=0, *, out=None):
    """`split_with_sizes`, copied."""
    return _copy_of(join.split_with_sizes(input, split_sizes, dim), out)


def squeeze_copy(input, dim=None, *, out=None):
    """`squeeze`, copied."""
    return _copy_of(views.squeeze(input, dim), out)


def t_copy(input, *, out=None):
    """`t`, copied."""
    return _copy_of(views.t(input), out)


def transpose_copy(input, dim0, dim1, *, out=None):
    """`transpose`, copied."""
    return _copy_of(views.transpose(input, dim0, dim1), out)


def unbind_copy(input, dim=0, *, out=None):
    """`unbind`, copied."""
    return _copy_of(join.unbind(input, dim), out)


def unfold_copy(input, dimension, size, step, *, out=None):
    """`unfold`, copied."""
    return _copy_of(parts.unfold(input, dimension, size, step), out)


def unsqueeze_copy(input, dim, *, out=None):
    """`unsqueeze`, copied."""
    return _copy_of(views.unsqueeze(input, dim), out)


def view_copy(input, size, *, out=None):
    """`view`, copied."""
    view = views.view_(input, size)
    if isinstance(size, dtype):
        made = view.clone()
        return made if out is None else write_out("view_copy", made, (), out)
    return _copy_of(view, out)


# Copies with one view replaced --------------------------------------------------------------------


@opaque(
    title="slice_scatter",
    linear=True,
    node=lambda name, index: name,
    d_input=lambda g, src, index: _scatter_basic(g, src * 0, name="SliceScatter", index=index),
    d_src=lambda g, index: _basic_index(g, index=index),
)
def _scatter_basic(input, src, *, name, index):
    """`input` with `src` in place of what a basic index shows."""
    result = np.array(input)
    result[index] = src
    return result


def _check_scatter(src, part):
    if src._array.shape != part._array.shape:
        raise RuntimeError(
            "expected src to have a size equal to the slice of self. src size = "
            f"{list(src._array.shape)}, slice size = {list(part._array.shape)}"
        )


def select_scatter(input, src, dim, index):
    """`input` with `src` in place of `input.select(dim, index)`.

    >>> import rushlight as torch
    >>> torch.select_scatter(torch.zeros(2, 2), torch.ones(2), 0, 1)
    tensor([[0., 0.],
            [1., 1.]])
    """
    _check_scatter(src, parts.select(input, dim, index))
    dim = normalize_dim(dim, input._array.ndim)
    index = (*(slice(None),) * dim, index)
    return _scatter_basic(input, src, name="SelectScatterBackward0", index=index)


def slice_scatter(input, src, dim=0, start=None, end=None, step=1, *, out=None):
    """`input` with `src` in place of a slice of one dimension.

    >>> import rushlight as torch
    >>> torch.slice_scatter(torch.zeros(3), torch.ones(2), 0, 1)
    tensor([0., 1., 1.])
    """
    dim = normalize_dim(dim, input._array.ndim)
    _check_scatter(src, slice_dim(input, dim, start, end, step))
    index = (*(slice(None),) * dim, slice(start, end, step))
    return _scatter_basic(input, src, name="SliceScatterBackward0", index=index, out=out)


@opaque(
    linear=True,
    node="DiagonalScatterBackward0",
    takes_out=False,
    d_input=lambda g, input_shape, offset, dim1, dim2: (
        g
        - _diagonal_put(
            _diagonal(g, offset=offset, dim1=dim1, dim2=dim2),
            shape=input_shape,
            offset=offset,
            dim1=dim1,
            dim2=dim2,
        )
    ),
    d_src=lambda g, offset, dim1, dim2: _diagonal(g, offset=offset, dim1=dim1, dim2=dim2),
)
def _diagonal_scatter(input, src, *, offset, dim1, dim2):
    """`input` with `src` on a diagonal."""
    result = np.array(input)
    part = result.diagonal(offset, dim1, dim2)
    part.flags.writeable = True
    part[...] = src
    return result


def diagonal_scatter(input, src, offset=0, dim1=0, dim2=1):
    """`input` with `src` in place of a diagonal.

    >>> import rushlight as torch
    >>> torch.diagonal_scatter(torch.zeros(2, 2), torch.ones(2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    _check_scatter(src, parts.diagonal(input, offset, dim1, dim2))
    one, two = (normalize_dim(dim, input._array.ndim) for dim in (dim1, dim2))
    return _diagonal_scatter(input, src, offset=offset, dim1=one, dim2=two)


@opaque(
    linear=True,
    node="AsStridedScatterBackward0",
    takes_out=False,
    d_input=lambda g, src, size, stride, storage_offset, geometry: _strided_scatter(
        g, src * 0, size=size, stride=stride, storage_offset=storage_offset, geometry=geometry
    ),
    d_src=lambda g, size, stride, storage_offset, geometry: _as_strided(
        g, size=size, stride=stride, storage_offset=storage_offset, geometry=geometry
    ),
)
def _strided_scatter(input, src, *, size, stride, storage_offset, geometry):
    """`input` with `src` in place of what `as_strided` shows."""
    result = np.array(input, order="C")
    parts.strided_storage(result, size, stride, storage_offset)[...] = src
    return result


def as_strided_scatter(input, src, size, stride, storage_offset=None):
    """`input` with `src` in place of `input.as_strided(size, stride, storage_offset)`."""
    _check_scatter(src, parts.as_strided(input, size, stride, storage_offset))
    geometry = parts.geometry_of(input._array)
    return _strided_scatter(
        input,
        src,
        size=tuple(size),
        stride=tuple(stride),
        storage_offset=geometry[2] if storage_offset is None else storage_offset,
        geometry=geometry,
    )
