"""Where elements are: views that share memory, and copies that rearrange. No arithmetic.

The views (`reshape` where it can, `permute`, `expand`, `select`, ...) share memory with their input;
what is joined (`cat`, `stack`) or cut into several (`split`, `unbind`) is here too.
"""

from __future__ import annotations

import numpy as np

from rushlight.ops.op import opaque, view
from rushlight.ops.shapes import expand_array, normalize_dim, sum_array_to
from rushlight.tensor import type_name

# Views --------------------------------------------------------------------------------------------


@view(linear=True, node="ViewBackward0", d_input=lambda g, input_shape: _reshape(g, shape=input_shape))
def _view(input, *, shape):
    """The same memory in another shape."""
    result = input.reshape(shape)
    if result.size and not np.may_share_memory(result, input):
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one "
            "dimension spans across two contiguous subspaces). Use .reshape(...) instead."
        )
    return result


@opaque(linear=True, node="ViewBackward0", takes_out=False, d_input=lambda g, input_shape: _reshape(g, shape=input_shape))
def _reshape(input, *, shape):
    """The elements in another shape, copied if they have to be."""
    return input.reshape(shape)


@view(linear=True, node="PermuteBackward0", d_input=lambda g, dims: _permute(g, dims=inverse_permutation(dims)))
def _permute(input, *, dims):
    """The dimensions in another order."""
    return input.transpose(dims)


@view(linear=True, node="TransposeBackward0", d_input=lambda g, dim0, dim1: _transpose(g, dim0=dim0, dim1=dim1))
def _transpose(input, *, dim0, dim1):
    """Two dimensions swapped."""
    return input.swapaxes(dim0, dim1)


@view(linear=True, node="TBackward0", d_input=lambda g: _t(g))
def _t(input):
    """The transpose of a matrix."""
    return input.T


@view(linear=True, node="ExpandBackward0", d_input=lambda g, input_shape: _sum_to_size(g, shape=input_shape))
def _expand(input, *, shape):
    """Dimensions of size 1 (and new ones in front) repeated without copying."""
    return expand_array(input, shape)


@opaque(linear=True, node="SumToSizeBackward0", takes_out=False, d_input=lambda g, input_shape: _expand(g, shape=input_shape))
def _sum_to_size(input, *, shape):
    """The sum over what expanding from `shape` adds."""
    return sum_array_to(input, shape)


@view(linear=True, node="UnsqueezeBackward0", d_input=lambda g, dim: _squeeze(g, dim=(dim,)))
def _unsqueeze(input, *, dim):
    """A new dimension of size 1 at `dim`."""
    return np.expand_dims(input, dim)


@view(
    linear=True,
    node=lambda dim: f"SqueezeBackward{0 if dim is None else 1}",
    d_input=lambda g, input_shape: _reshape(g, shape=input_shape),
)
def _squeeze(input, *, dim):
    """Without the dimensions of size 1 (among `dim`)."""
    return input.reshape(
        tuple(
            size
            for i, size in enumerate(input.shape)
            if size != 1 or (dim is not None and i not in dim and i - input.ndim not in dim)
        )
    )


@view(linear=True, node="AliasBackward0", d_input=lambda g: g)
def alias(input):
    """The same tensor as another one."""
    return input[...]


def inverse_permutation(dims):
    """The permutation that undoes `dims`."""
    inverse = [0] * len(dims)
    for i, dim in enumerate(dims):
        inverse[dim] = i
    return tuple(inverse)


def shape_argument(name, sizes):
    """Sizes given as `f(2, 3)` or `f((2, 3))`, as a tuple of ints."""
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        sizes = sizes[0]
    try:
        return tuple(size if size.__class__ is int else size.__index__() for size in sizes)
    except (AttributeError, TypeError):
        bad = next(s for s in sizes if not hasattr(s, "__index__"))
        raise TypeError(
            f"{name}(): argument 'size' failed to unpack the object at pos "
            f"{list(sizes).index(bad) + 1} with error \"type must be tuple of ints,but got "
            f'{type_name(bad)}"'
        ) from None


def infer_size(shape, count):
    """`shape` with its one -1 replaced by what `count` elements leave for it."""
    if -1 not in shape:
        known = 1
        for size in shape:
            known *= size
        if known != count:
            raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {count}")
        return shape
    known = 1
    for size in shape:
        known *= size if size != -1 else 1
    if list(shape).count(-1) > 1:
        raise RuntimeError("only one dimension can be inferred")
    if known == 0:
        raise RuntimeError(
            f"cannot reshape tensor of {count} elements into shape {list(shape)} because the "
            "unspecified dimension size -1 can be any value and is ambiguous"
        )
    if count % known:
        raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {count}")
    return tuple(count // known if size == -1 else size for size in shape)


def reshape(input, *shape):
    """The elements in another shape: a view where the memory allows it, else a copy.

    >>> import rushlight as torch
    >>> torch.reshape(torch.arange(6), (2, -1))
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    shape = infer_size(shape_argument("reshape", shape), input.numel())
    try:
        return _view(input, shape=shape)
    except RuntimeError:
        return _reshape(input, shape=shape)


def view_(input, *shape):
    """The same memory in another shape."""
    shape = infer_size(shape_argument("view", shape), input.numel())
    return _view(input, shape=shape)


def transpose(input, dim0, dim1):
    """Two dimensions swapped, as a view."""
    ndim = input._array.ndim
    dim0, dim1 = normalize_dim(dim0, ndim), normalize_dim(dim1, ndim)
    return _transpose(input, dim0=dim0, dim1=dim1) if ndim else alias(input)


def permute(input, *dims):
    """The dimensions in another order, as a view."""
    if len(dims) == 1 and isinstance(dims[0], (tuple, list)):
        dims = dims[0]
    if len(dims) != input._array.ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the "
            f"length of the desired ordering of dimensions i.e. input.dim() = {input.ndim} is not "
            f"equal to len(dims) = {len(dims)}"
        )
    dims = tuple(normalize_dim(d, input._array.ndim) for d in dims)
    if len(set(dims)) != len(dims):
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return _permute(input, dims=dims)


def t(input):
    """The transpose of a matrix; a vector stays as it is."""
    if input._array.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D")
    return _t(input)


def expand(input, *sizes):
    """Dimensions of size 1 (and new ones in front) repeated without copying; -1 keeps a size."""
    sizes = shape_argument("expand", sizes)
    shape = input._array.shape
    added = len(sizes) - len(shape)
    if added < 0:
        raise RuntimeError(
            f"expand({tensor_title(input)}{{{list(shape)}}}, size={list(sizes)}): the number of "
            f"sizes provided ({len(sizes)}) must be greater or equal to the number of dimensions "
            f"in the tensor ({len(shape)})"
        )
    target = []
    for i, size in enumerate(sizes):
        own = shape[i - added] if i >= added else None
        if size == -1 and own is None:
            raise RuntimeError(
                f"The expanded size of the tensor (-1) isn't allowed in a leading, non-existing "
                f"dimension {i}"
            )
        if own not in (None, 1) and size not in (-1, own):
            raise RuntimeError(
                f"The expanded size of the tensor ({size}) must match the existing size ({own}) at "
                f"non-singleton dimension {i}.  Target sizes: {list(sizes)}.  Tensor sizes: "
                f"{list(shape)}"
            )
        target.append(own if size == -1 else size)
    return _expand(input, shape=tuple(target))


def tensor_title(input):
    """PyTorch's old name of a tensor's type: `torch.FloatTensor`."""
    return f"torch.{input.dtype.title}Tensor"


def sum_to_size(input, *size):
    """The sum over the dimensions that expanding from `size` to this shape adds."""
    return _sum_to_size(input, shape=shape_argument("sum_to_size", size))


def unsqueeze(input, dim):
    """A new dimension of size 1 at `dim`, as a view."""
    return _unsqueeze(input, dim=normalize_dim(dim, input._array.ndim + 1))


def squeeze(input, dim=None):
    """Without the dimensions of size 1 (or without `dim`, if its size is 1), as a view."""
    if dim is None:
        return _squeeze(input, dim=None)
    dims = dim if isinstance(dim, (tuple, list)) else (dim,)
    ndim = input._array.ndim
    return _squeeze(input, dim=tuple(normalize_dim(d, ndim) for d in dims))


def size_of(input, dim):
    """The size of one dimension."""
    return input._array.shape[normalize_dim(dim, input._array.ndim)]


# Copies -------------------------------------------------------------------------------------------


@opaque(linear=True, takes_out=False, d_input=lambda g: g)
def clone(input):
    """A copy, through which gradients flow.

    >>> import rushlight as torch
    >>> x = torch.zeros(2)
    >>> y = x.clone()
    >>> y[0] = 1
    >>> x
    tensor([0., 0.])
    """
    return input.copy()


def detach(input):
    """The same memory without history."""
    made = input.data
    made._counter = input._counter
    return made

