"""Views: the same memory seen in another shape, order or dtype. No arithmetic, no copies.

`reshape` and `flatten` are here too: they share memory where they can and copy where they must.
"""

from __future__ import annotations

from math import prod

import numpy as np

from rushlight import dtypes
from rushlight.explain import explained
from rushlight.ops.checked import refusal
from rushlight.ops.deprecated import deprecated
from rushlight.ops.op import opaque, view
from rushlight.ops.refused import no_such_form, require_tensors
from rushlight.ops.shapes import (
    elements_of,
    expand_array,
    normalize_dim,
    normalize_dims,
    sum_array_to,
)
from rushlight.ops.turned import Turned
from rushlight.tensor import type_name

__all__ = [
    "adjoint",
    "flatten",
    "moveaxis",
    "movedim",
    "permute",
    "ravel",
    "reshape",
    "squeeze",
    "swapaxes",
    "swapdims",
    "t",
    "transpose",
    "unflatten",
    "unsqueeze",
]

# The operations -----------------------------------------------------------------------------------


def _check_view(input, *, shape):
    infer_size(shape_argument("view", (shape,)), input.size)


@view(
    linear=True,
    node="ViewBackward0",
    check=_check_view,
    d_input=lambda g, input_shape: _reshape(g, shape=input_shape),
)
def _view(input, *, shape):
    """The same memory in another shape."""
    if shape and min(shape) < -1:
        raise ValueError("a negative size")
    result = input.reshape(shape)
    owner = result.base
    if owner is not input and (owner is None or owner is not input.base):
        refuse_copy(result, input)
    return result


def refuse_copy(result, input):
    """Raise if a reshaped array is a copy."""
    if result.size and not np.may_share_memory(result, input):
        raise explained(
            RuntimeError(
                "view size is not compatible with input tensor's size and stride (at least one "
                "dimension spans across two contiguous subspaces). Use .reshape(...) instead."
            )
        )


@opaque(
    linear=True,
    node="UnsafeViewBackward0",
    takes_out=False,
    d_input=lambda g, input_shape: _reshape(g, shape=input_shape),
)
def _reshape(input, *, shape):
    """The elements in another shape, copied if they have to be."""
    return input.reshape(shape)


@view(
    linear=True,
    node="PermuteBackward0",
    d_input=lambda g, dims: _permute(g, dims=inverse_permutation(dims)),
)
def _permute(input, *, dims):
    """The dimensions in another order."""
    return input.transpose(dims)


@view(
    linear=True,
    node="TransposeBackward0",
    d_input=lambda g, dim0, dim1: _transpose(g, dim0=dim0, dim1=dim1),
)
def _transpose(input, *, dim0, dim1):
    """Two dimensions swapped."""
    return input.swapaxes(dim0, dim1) if input.ndim else input[...]


@view(linear=True, node="TBackward0", d_input=lambda g: _t(g))
def _t(input):
    """The transpose of a matrix."""
    return input.T


@view(
    linear=True,
    node="ExpandBackward0",
    d_input=lambda g, input_shape: _sum_to_size(g, shape=input_shape),
)
def _expand(input, *, shape):
    """Dimensions of size 1 (and new ones in front) repeated without copying."""
    return expand_array(input, shape)


@opaque(
    linear=True,
    node=lambda shape: f"SumBackward{1 if shape else 0}",
    takes_out=False,
    d_input=lambda g, input_shape: _expand(g, shape=input_shape),
)
def _sum_to_size(input, *, shape):
    """The sum over what expanding from `shape` adds."""
    return sum_array_to(input, shape)


@view(linear=True, node="UnsqueezeBackward0", d_input=lambda g, dim: _squeeze(g, dim=(dim,)))
def _unsqueeze(input, *, dim):
    """A new dimension of size 1 at `dim`."""
    return input[(*(slice(None),) * dim, None)]


@view(
    linear=True,
    node=lambda dim: f"SqueezeBackward{0 if dim is None else 1 if isinstance(dim, int) else 2}",
    d_input=lambda g, input_shape: _reshape(g, shape=input_shape),
)
def _squeeze(input, *, dim):
    """Without the dimensions of size 1 (among `dim`, counted from the front)."""
    dims = (dim,) if dim.__class__ is int else dim
    return input.reshape(
        tuple(
            size
            for i, size in enumerate(input.shape)
            if size != 1 or (dims is not None and i not in dims)
        )
    )


@view(linear=True, node="AliasBackward0", d_input=lambda g: g)
def alias(input):
    """The same tensor as another one."""
    return input[...]


@view()
def _view_dtype(input, *, dtype):
    """The same bytes as elements of another dtype."""
    return input.view(dtype)


# What the kernels need ----------------------------------------------------------------------------


def inverse_permutation(dims):
    """The permutation that undoes `dims`."""
    inverse = [0] * len(dims)
    for i, dim in enumerate(dims):
        inverse[dim] = i
    return tuple(inverse)


# Sizes as arguments -------------------------------------------------------------------------------


def shape_argument(name, sizes, argument="size"):
    """Sizes given as `f(2, 3)` or `f((2, 3))`, as a tuple of ints."""
    if len(sizes) == 1 and sizes[0].__class__ is not int:
        if isinstance(sizes[0], (tuple, list)):
            sizes = sizes[0]
        elif not hasattr(sizes[0], "__index__"):
            raise refusal() or TypeError(
                f"{name}(): argument '{argument}' (position 1) must be tuple of ints, not "
                f"{type_name(sizes[0])}"
            )
    try:
        return tuple(size if size.__class__ is int else size.__index__() for size in sizes)
    except (AttributeError, TypeError):
        position, bad = next((i, s) for i, s in enumerate(sizes) if not hasattr(s, "__index__"))
        raise refusal() or TypeError(
            f"{name}(): argument '{argument}' failed to unpack the object at pos {position + 1} "
            f'with error "type must be tuple of ints,but got {type_name(bad)}"'
        ) from None


def dims_argument(dims):
    """Dimensions given as `f(0, 1)` or `f((0, 1))`, as a tuple."""
    if len(dims) == 1 and isinstance(dims[0], (tuple, list)):
        return tuple(dims[0])
    return dims


def infer_size(shape, count):
    """`shape` with its one -1 replaced by what `count` elements leave for it."""
    known, unknown = 1, 0
    for size in shape:
        if size == -1:
            unknown += 1
        elif size < 0:
            raise RuntimeError(
                f"invalid shape dimension {size} at index {shape.index(size)} of shape "
                f"{list(shape)}"
            )
        else:
            known *= size
    if unknown > 1:
        raise RuntimeError("only one dimension can be inferred")
    if unknown == 0:
        if known != count:
            raise explained(
                RuntimeError(f"shape '{list(shape)}' is invalid for input of size {count}")
            )
        return shape
    if known == 0 and count == 0:
        raise RuntimeError(
            f"cannot reshape tensor of 0 elements into shape {list(shape)} because the "
            "unspecified dimension size -1 can be any value and is ambiguous"
        )
    if known == 0 or count % known:
        raise explained(RuntimeError(f"shape '{list(shape)}' is invalid for input of size {count}"))
    return tuple(count // known if size == -1 else size for size in shape)


# Other shapes -------------------------------------------------------------------------------------


def reshape(input, *sizes, shape=None):
    """The elements in another shape: a view where the memory allows it, else a copy.

    >>> import rushlight as torch
    >>> torch.reshape(torch.arange(6), (2, -1))
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    shape = plain_sizes(sizes if shape is None else (shape,))
    array = input._array
    if type(array) is not np.ndarray:
        array = elements_of(array)
    try:
        if type(array) is not np.ndarray or array.flags.c_contiguous or lies_as(array, shape):
            return _view(input, shape=shape)
    except (RuntimeError, TypeError):
        pass  # what is wrong is said below
    shape = infer_size(shape_argument("reshape", sizes or (shape,), "shape"), array.size)
    from rushlight.ops.creation.copies import clone

    return _reshape(clone(input), shape=shape)


def lies_as(array, shape):
    """Whether an array's elements lie in memory so that they can be seen in another shape.

    Dimensions that lie evenly in memory make a run; the new sizes must fill it, run by run.
    """
    runs, step = [], None
    for size, stride in zip(reversed(array.shape), reversed(array.strides)):
        if size == 1:
            continue
        if stride == step:
            runs[-1] *= size
        else:
            runs.append(size)
        step = stride * size
    known = prod(size for size in shape if size != -1)
    sizes = [array.size // max(known, 1) if size == -1 else size for size in reversed(shape)]
    if prod(sizes) != array.size or min(sizes, default=1) < 1:
        return False
    left = 1
    for size in sizes:
        if left == 1 and size != 1:
            left = runs.pop(0)
        if left % size:
            return False
        left //= size
    return True


def view_(input, *shape, dtype=None, size=None):
    """The same memory in another shape, or in another dtype.

    Raises:
        RuntimeError: the number of elements differs, or the memory has no such shape.

    >>> import rushlight as torch
    >>> torch.arange(4).view(2, 2)
    tensor([[0, 1],
            [2, 3]])
    """
    if len(shape) == 1 and isinstance(shape[0], dtypes.dtype):
        dtype = shape[0]
    if dtype is not None:
        return _view_as_dtype(input, dtype)
    if size is not None:
        shape = (size,)
    if not shape:
        raise no_such_form("view", (), "torch.dtype dtype", "tuple of ints size")
    return _view(input, shape=plain_sizes(shape))


def plain_sizes(sizes):
    """Sizes given as `f(2, 3)` or `f((2, 3))`, as a tuple that is yet to be checked."""
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        return tuple(sizes[0])
    return sizes


def _view_as_dtype(input, dtype):
    array = input._array
    if array.__class__ is Turned:
        kind = (
            "conjugate view tensors"
            if array.turn is np.conjugate
            else "tensors with negative bit set"
        )
        raise RuntimeError(
            f"torch.Tensor.view is not supported for {kind} when converting to a different dtype."
        )
    if array.itemsize != dtype.itemsize:
        _check_sizes_fit(input, dtype)
    return _view_dtype(input, dtype=dtype.array_dtype)


def _check_sizes_fit(input, dtype):
    """Refuse elements that can't be seen as larger or smaller ones where they lie."""
    from rushlight.ops.shape.memory import stride
    from rushlight.ops.shape.parts import origin_of

    array, ratio = input._array, dtype.itemsize // input._array.itemsize
    purpose = f"to view {input.dtype.title} as {dtype.title} (different element sizes)"
    if array.ndim == 0:
        raise RuntimeError(f"self.dim() cannot be 0 {purpose}")
    strides = stride(input)
    named = {"size(-1)": array.shape[-1], "storage_offset()": origin_of(array)}
    named |= {f"stride({dim})": each for dim, each in enumerate((strides[-1], *strides[:-1]), -1)}
    for name, given in named.items():
        if name == "stride(-1)":
            if given != 1:
                raise RuntimeError(f"self.{name} must be 1 {purpose}, but got {given}")
        elif ratio and given % ratio:
            raise RuntimeError(
                f"self.{name} must be divisible by {ratio} {purpose}, but got {given}"
            )


def view_as(input, other):
    """The same memory in the shape of `other`."""
    require_tensors("view_as", other=other)
    return view_(input, other._array.shape)


def reshape_as(input, other):
    """The elements in the shape of `other`."""
    require_tensors("reshape_as", other=other)
    return reshape(input, other._array.shape)


def flatten(input, start_dim=0, end_dim=-1):
    """The dimensions from `start_dim` to `end_dim` made one.

    >>> import rushlight as torch
    >>> torch.flatten(torch.zeros(2, 3, 4), 1).shape
    torch.Size([2, 12])
    """
    shape = input._array.shape
    start, end = normalize_dim(start_dim, len(shape)), normalize_dim(end_dim, len(shape))
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if not shape:
        return reshape(input, (1,))
    if start == end:
        return input
    size = 1
    for each in shape[start : end + 1]:
        size *= each
    return reshape(input, (*shape[:start], size, *shape[end + 1 :]))


def ravel(input):
    """The elements in a row: a view if they lie so in memory.

    >>> import rushlight as torch
    >>> torch.ravel(torch.tensor([[1, 2], [3, 4]]))
    tensor([1, 2, 3, 4])
    """
    return reshape(input, (-1,)) if input._array.size else reshape(input, (0,))


def unflatten(input, dim, sizes):
    """One dimension cut into several; one of the sizes may be -1.

    >>> import rushlight as torch
    >>> torch.unflatten(torch.zeros(3, 4), 1, (2, -1)).shape
    torch.Size([3, 2, 2])
    """
    shape = input._array.shape
    if isinstance(sizes, (tuple, list)) and sizes and isinstance(sizes[0], (tuple, list)):
        sizes = tuple(size for _, size in sizes)
    dim = normalize_dim(dim, len(shape))
    sizes = tuple(sizes)
    if not sizes:
        raise RuntimeError("unflatten: sizes must be non-empty")
    whole = shape[dim] if shape else 1
    try:
        inferred = infer_size(sizes, whole)
    except RuntimeError as error:
        if "invalid for input" not in str(error):
            raise RuntimeError(f"unflatten got an unexpected error:\n{error}") from None
        raise RuntimeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} "
            f"({whole}) in the input tensor"
        ) from None
    return view_(input, (*shape[:dim], *inferred, *shape[dim + 1 :]))


def unsqueeze(input, dim):
    """A new dimension of size 1 at `dim`, as a view.

    >>> import rushlight as torch
    >>> torch.unsqueeze(torch.zeros(3), 1).shape
    torch.Size([3, 1])
    """
    return _unsqueeze(input, dim=normalize_dim(dim, input._array.ndim + 1))


def squeeze(input, dim=None):
    """Without the dimensions of size 1 (or without `dim`, if its size is 1), as a view.

    >>> import rushlight as torch
    >>> torch.squeeze(torch.zeros(1, 3, 1)).shape
    torch.Size([3])
    """
    if dim is None:
        return _squeeze(input, dim=None)
    ndim = input._array.ndim
    if isinstance(dim, (tuple, list)):
        return _squeeze(input, dim=normalize_dims(dim, ndim))
    if dim.__class__ is float:
        raise refusal() or no_such_form("squeeze", (dim,), "", "int dim", "tuple of ints dim")
    return _squeeze(input, dim=normalize_dim(dim, ndim))


# Other orders -------------------------------------------------------------------------------------


def transpose(input, dim0, dim1):
    """Two dimensions swapped, as a view.

    >>> import rushlight as torch
    >>> torch.transpose(torch.zeros(2, 3), 0, 1).shape
    torch.Size([3, 2])
    """
    ndim = input._array.ndim
    dim0, dim1 = normalize_dim(dim0, ndim), normalize_dim(dim1, ndim)
    return _transpose(input, dim0=dim0, dim1=dim1)


def swapaxes(input, axis0, axis1):
    """Another name of `transpose`."""
    return transpose(input, axis0, axis1)


def swapdims(input, dim0, dim1):
    """Another name of `transpose`."""
    return transpose(input, dim0, dim1)


def permute(input, *order, dims=None):
    """The dimensions in another order, as a view.

    >>> import rushlight as torch
    >>> torch.permute(torch.zeros(2, 3, 4), (2, 0, 1)).shape
    torch.Size([4, 2, 3])
    """
    order = dims_argument(order if dims is None else (dims,))
    ndim = input._array.ndim
    if len(order) != ndim:
        raise refusal() or RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the "
            f"length of the desired ordering of dimensions i.e. input.dim() = {ndim} is not equal "
            f"to len(dims) = {len(order)}"
        )
    order = tuple(normalize_dim(d, ndim) for d in order)
    if len(set(order)) != ndim:
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return _permute(input, dims=order)


def movedim(input, source, destination):
    """The dimensions `source` moved to the places `destination`; the others keep their order.

    >>> import rushlight as torch
    >>> torch.movedim(torch.zeros(2, 3, 4), 0, -1).shape
    torch.Size([3, 4, 2])
    """
    source = source if isinstance(source, (tuple, list)) else (source,)
    destination = destination if isinstance(destination, (tuple, list)) else (destination,)
    if len(source) != len(destination):
        raise RuntimeError(
            "movedim: Invalid source or destination dims: source "
            f"({list(source)} dims) should contain the same number of dims as destination "
            f"({list(destination)} dims)"
        )
    ndim = input._array.ndim
    from_, to = (tuple(normalize_dim(d, ndim) for d in dims) for dims in (source, destination))
    for name, dims, given in (("source", from_, source), ("destination", to, destination)):
        if len(set(dims)) != len(dims):
            raise RuntimeError(f"movedim: repeated dim in `{name}` ({list(given)})")
    if not ndim:
        return alias(input)
    others = iter(d for d in range(ndim) if d not in from_)
    places = dict(zip(to, from_, strict=True))
    return _permute(
        input, dims=tuple(places[d] if d in places else next(others) for d in range(ndim))
    )


def moveaxis(input, source, destination):
    """Another name of `movedim`."""
    return movedim(input, source, destination)


def t(input):
    """The transpose of a matrix; a vector stays as it is."""
    if input._array.ndim > 2:
        raise RuntimeError(
            f"t() expects a tensor with <= 2 dimensions, but self is {input._array.ndim}D"
        )
    return _t(input)


def reversed_dims(input):
    """`x.T`: the dimensions in reverse order."""
    if input._array.ndim != 2:
        deprecated("T" if input._array.ndim else "T of 0")
    return _permute(input, dims=tuple(range(input._array.ndim - 1, -1, -1)))


def matrix_transpose(input):
    """`x.mT`: the last two dimensions swapped; a number stays as it is."""
    if input._array.ndim == 0:
        deprecated("mT of 0")
        return input
    if input._array.ndim < 2:
        raise RuntimeError(
            "tensor.mT is only supported on matrices or batches of matrices. Got "
            f"{input._array.ndim}-D tensor."
        )
    ndim = input._array.ndim
    return _transpose(input, dim0=ndim - 2, dim1=ndim - 1)


def adjoint(input):
    """The conjugate transpose of the matrices in the last two dimensions.

    >>> import rushlight as torch
    >>> torch.adjoint(torch.tensor([[1, 1j]]))
    tensor([[1.-0.j],
            [0.-1.j]])
    """
    if not input._array.ndim:
        deprecated("adjoint of 0")
    if input._array.ndim == 1:
        raise RuntimeError(
            "tensor.adjoint() is only supported on matrices or batches of matrices. Got 1-D tensor."
        )
    return _adjoint(input)


def _adjoint(input):
    transposed = transpose(input, -2, -1) if input._array.ndim else input
    return transposed.conj() if input._array.dtype.kind == "c" else transposed


def matrix_adjoint(input):
    """`x.H`: the conjugate transpose of a matrix."""
    ndim = input._array.ndim
    if ndim not in (0, 2):
        raise RuntimeError(
            f"tensor.H is only supported on matrices (2-D tensors). Got {ndim}-D tensor."
            + (" For batches of matrices, consider using tensor.mH" if ndim > 2 else "")
        )
    if not ndim:
        deprecated("H of 0")
    return _adjoint(input)


def batch_adjoint(input):
    """`x.mH`: the conjugate transposes of matrices."""
    if not input._array.ndim:
        deprecated("mH of 0")
        return _adjoint(input)
    if input._array.ndim < 2:
        raise RuntimeError(
            "tensor.mH is only supported on matrices or batches of matrices. Got "
            f"{input._array.ndim}-D tensor."
        )
    return _adjoint(input)


# Broadcasting -------------------------------------------------------------------------------------


def expand(input, *sizes, implicit=False):
    """Dimensions of size 1 (and new ones in front) repeated without copying; -1 keeps a size.

    >>> import rushlight as torch
    >>> torch.tensor([[1], [2]]).expand(-1, 3)
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    sizes = plain_sizes(sizes)
    for size in sizes:
        if size.__class__ is not int:
            sizes = shape_argument("expand", (sizes,))
            break
    return _expand(input, shape=expanded_shape(input, sizes))


def expanded_shape(input, sizes):
    """The shape that `expand(sizes)` gives.

    Raises:
        RuntimeError: a size differs from one that is not 1.
    """
    shape = input._array.shape
    added = len(sizes) - len(shape)
    if added >= 0:
        target = sizes[:added] + tuple(map(_expanded_size, sizes[added:], shape))
        if -1 not in target and None not in target:
            if target and min(target) < 0:
                raise RuntimeError("numel: integer multiplication overflow")
            return target
    refuse_expand(input, sizes, added)


def _expanded_size(size, own):
    if own == size or size == -1:
        return own
    return size if own == 1 else None


def refuse_expand(input, sizes, added):
    """Say why a tensor can't be expanded to these sizes."""
    shape = input._array.shape
    if added < 0:
        from rushlight.autograd.saved import tensor_type

        raise RuntimeError(
            f"expand({tensor_type(input._array)}{{{list(shape)}}}, size={list(sizes)}): the number "
            f"of sizes provided ({len(sizes)}) must be greater or equal to the number of "
            f"dimensions in the tensor ({len(shape)})"
        )
    for i, size in enumerate(sizes):
        if i < added and size == -1:
            raise RuntimeError(
                f"The expanded size of the tensor ({size}) isn't allowed in a leading, "
                f"non-existing dimension {i}"
            )
        if i >= added and _expanded_size(size, shape[i - added]) is None:
            raise RuntimeError(
                f"The expanded size of the tensor ({size}) must match the existing size "
                f"({shape[i - added]}) at non-singleton dimension {i}.  Target sizes: "
                f"{list(sizes)}.  Tensor sizes: {list(shape)}"
            )


def size_of(input, dim):
    """The size of one dimension."""
    shape = input._array.shape
    if not shape:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return shape[normalize_dim(dim, len(shape))]


# Parts --------------------------------------------------------------------------------------------
