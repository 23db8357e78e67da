"""The greatest, the smallest, the middle, the most frequent: what reductions pick."""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.explain.provenance import note_cut
from rushlight.ops.elementwise.bounds import maximum, minimum
from rushlight.ops.elementwise.unary import like
from rushlight.ops.op import opaque, reduction
from rushlight.ops.output import write_out
from rushlight.ops.reduction.sums import _sum, dims_argument
from rushlight.ops.refused import no_such_form, refuse, require_tensors
from rushlight.ops.return_types import named
from rushlight.ops.shapes import kept_shape, normalize_dim, normalize_dims, numpy_names, ordered
from rushlight.tensor import Tensor, type_name

__all__ = [
    "amax",
    "amin",
    "aminmax",
    "argmax",
    "argmin",
    "max",
    "median",
    "min",
    "mode",
    "nanmedian",
]

# Picking along a dimension ------------------------------------------------------------------------


@opaque(
    linear=True,
    takes_out=False,
    node="GatherBackward0",
    d_input=lambda g, index, dim, input_shape: put_along(g, index, dim=dim, size=input_shape[dim]),
)
def take_along(input, index, *, dim):
    """The elements at these positions along `dim`."""
    return np.take_along_axis(input, index, dim)


@opaque(
    linear=True,
    takes_out=False,
    node="ScatterBackward0",
    d_input=lambda g, index, dim: take_along(g, index, dim=dim),
)
def put_along(input, index, *, dim, size):
    """Zeros, `size` of them along `dim`, with `input` at these positions (one for each)."""
    shape = list(index.shape)
    shape[dim] = size
    result = np.zeros(shape, input.dtype)
    np.put_along_axis(result, index, input, dim)
    return result


def spread_picked(g, indices, dim, shape):
    """The gradient of what was picked along `dim`, at the places that it was picked from."""
    if not shape:
        return g
    kept = kept_shape(shape, dim)
    return put_along(g.reshape(kept), indices.reshape(kept), dim=dim, size=shape[dim])


def _pick_along(position):
    """The kernel of a function that picks one element along `dim`; `position` says which."""

    def kernel(input, *, dim, keepdim):
        if not input.ndim:
            return input.copy(), np.zeros((), np.int64)
        indices = np.expand_dims(position(input, dim), dim)
        values = np.take_along_axis(input, indices, dim)
        return (values, indices) if keepdim else (values.squeeze(dim), indices.squeeze(dim))

    return kernel


#: what PyTorch calls the kernels that refuse complex numbers
_KERNEL_NAMES = {"median": "median_out", "nanmedian": "median_out", "mode": "mode_cpu"}


def _check_pick(name):
    def check(input, *, dim, keepdim):
        if name == "median":
            refuse("b", "median_out", input)
        if input.dtype.kind == "c":
            if name not in _KERNEL_NAMES:
                raise RuntimeError(f"{name}(): does not support complex input")
            title = dtypes.of(input).title
            raise NotImplementedError(f"\"{_KERNEL_NAMES[name]}\" not implemented for '{title}'")
        if input.ndim and input.shape[dim] == 0:
            raise IndexError(f"{name}(): Expected reduction dim {dim} to have non-zero size.")

    return check


def picking(name, node, position=None, kernel=None):
    """What the declarations of operations that pick along a dimension share."""
    return opaque(
        title=name,
        ordered=ordered,
        outputs=("values", "indices"),
        node=node,
        ufunc=kernel or _pick_along(position),
        check=_check_pick(name),
        d_input=lambda g_values, indices, dim, input_shape: spread_picked(
            g_values, indices, dim, input_shape
        ),
    )


def _along(op, name, input, dim, keepdim, out):
    """Call an operation that picks, and name its two results."""
    require_tensors(name, input=input)
    dim = normalize_dim(dim.__index__(), input._array.ndim)
    result = op(input, dim=dim, keepdim=keepdim, out=out)
    return named(name if out is None else f"{name}_out", "values", "indices")(result)


# The greatest and the smallest --------------------------------------------------------------------


def _extreme(ufunc, name, input, dim, keepdim):
    kind = input.dtype.kind
    if kind == "c":
        raise NotImplementedError(f"\"{name}\" not implemented for '{dtypes.of(input).title}'")
    return ufunc.reduce(input, dim, None, None, keepdim)


def share_of_equals(g, input, out, dim):
    """g, split evenly among the elements that equal the extreme."""
    chosen = (input == out) | ((input != input) & (out != out))
    return (g / like(_sum(chosen, dim=dim, keepdim=True), g)) * chosen


def _check_amax(name):
    def check(input, *, dim, keepdim):
        dims = normalize_dims(dim, input.ndim)
        if input.size == 0 and dim is None:
            raise RuntimeError(
                f"{name}(): Expected reduction dim to be specified for input.numel() == 0. "
                "Specify the reduction dim with the 'dim' argument."
            )
        for d in dims if input.ndim else ():
            if input.shape[d] == 0:
                raise IndexError(f"{name}(): Expected reduction dim {d} to have non-zero size.")

    return check


@reduction(
    node="AmaxBackward0",
    check=_check_amax("amax"),
    d_input=lambda g, input, out, dim: share_of_equals(g, input, out, dim),
)
def _amax(input, *, dim=None, keepdim=False):
    """The greatest element, or along the dimensions `dim`."""
    return _extreme(np.maximum, "max_values_cpu", input, dim, keepdim)


@reduction(
    node="AminBackward0",
    check=_check_amax("amin"),
    d_input=lambda g, input, out, dim: share_of_equals(g, input, out, dim),
)
def _amin(input, *, dim=None, keepdim=False):
    """The smallest element, or along the dimensions `dim`."""
    return _extreme(np.minimum, "min_values_cpu", input, dim, keepdim)


def amax(input, dim=(), keepdim=False, *, out=None, axis=None, keepdims=None):
    """The greatest element, or along the dimensions `dim`; NaN if there is one.

    Elements that are equally great share the gradient.

    >>> import rushlight as torch
    >>> torch.amax(torch.tensor([[1, 5], [7, 2]]), dim=1)
    tensor([5, 7])
    """
    if axis is not None or keepdims is not None:
        dim, keepdim = numpy_names(dim, keepdim, axis, keepdims)
    return _amax(input, dims_argument(dim, input), keepdim, out=out)


def amin(input, dim=(), keepdim=False, *, out=None, axis=None, keepdims=None):
    """The smallest element, or along the dimensions `dim`; NaN if there is one."""
    if axis is not None or keepdims is not None:
        dim, keepdim = numpy_names(dim, keepdim, axis, keepdims)
    return _amin(input, dims_argument(dim, input), keepdim, out=out)


def aminmax(input, *, dim=None, keepdim=False, out=None):
    """The smallest and the greatest element, as a named tuple (min, max).

    >>> import rushlight as torch
    >>> torch.aminmax(torch.tensor([3, 1, 2])).max
    tensor(3)
    """
    if input._array.size == 0 and dim is None:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no "
            "identity."
        )
    refuse("c", "aminmax_cpu", input)
    dim = None if dim is None else normalize_dim(dim, input.ndim)
    if dim is not None and input.ndim and not input.shape[dim]:
        raise IndexError(f"aminmax: Expected reduction dim {dim} to have non-zero size.")
    results = _amin(input, dim, keepdim), _amax(input, dim, keepdim)
    if out is None:
        return named("aminmax", "min", "max")(results)
    return named("aminmax_out", "min", "max")(write_out("aminmax", results, (input,), out))


def _check_whole(name):
    def check(input, *, dim, keepdim):
        if input.size == 0:
            raise RuntimeError(
                f"{name}(): Expected reduction dim to be specified for input.numel() == 0. "
                "Specify the reduction dim with the 'dim' argument."
            )

    return check


@reduction(
    title="max",
    node="MaxBackward1",
    check=_check_whole("max"),
    d_input=lambda g, input, out, dim: share_of_equals(g, input, out, dim),
)
def _max_of_all(input, *, dim=None, keepdim=False):
    """The greatest of all elements."""
    return _extreme(np.maximum, "max_all", input, dim, keepdim)


@reduction(
    title="min",
    node="MinBackward1",
    check=_check_whole("min"),
    d_input=lambda g, input, out, dim: share_of_equals(g, input, out, dim),
)
def _min_of_all(input, *, dim=None, keepdim=False):
    """The smallest of all elements."""
    return _extreme(np.minimum, "min_all", input, dim, keepdim)


def _extreme_along(find, position):
    """The kernel for the greatest or smallest element, which takes no second look at it."""

    def kernel(input, *, dim, keepdim):
        if not input.ndim:
            return input.copy(), np.zeros((), np.int64)
        return find(input, dim, None, None, keepdim), position(input, dim, None, keepdims=keepdim)

    return kernel


@picking("max", "MaxBackward0", kernel=_extreme_along(np.maximum.reduce, np.ndarray.argmax))
def _max_along(input, *, dim, keepdim):
    """The greatest element along `dim`, and where it is first."""


@picking("min", "MinBackward0", kernel=_extreme_along(np.minimum.reduce, np.ndarray.argmin))
def _min_along(input, *, dim, keepdim):
    """The smallest element along `dim`, and where it is first."""


def _refuse_numbers(name, *args):
    raise no_such_form(
        name,
        [x for x in args if x is not None],
        "Tensor input, *, Tensor out = None",
        "Tensor input, Tensor other, *, Tensor out = None",
        "Tensor input, int dim, bool keepdim = False, *, tuple of Tensors out = None",
    )


def max(input, dim=None, keepdim=False, *, other=None, out=None, axis=None, keepdims=None):
    """The greatest: of all elements, along `dim` with its index, or of two tensors.

    >>> import rushlight as torch
    >>> x = torch.tensor([[1, 5], [7, 2]])
    >>> torch.max(x)
    tensor(7)
    >>> torch.max(x, dim=1)
    torch.return_types.max(
    values=tensor([5, 7]),
    indices=tensor([1, 0]))
    >>> torch.max(x, torch.tensor([4, 4]))
    tensor([[4, 5],
            [7, 4]])
    """
    if axis is not None or keepdims is not None:
        dim, keepdim = numpy_names(dim, keepdim, axis, keepdims)
    if not isinstance(input, Tensor):
        _refuse_numbers("max", input, dim, other)
    if dim is None and other is None:
        result = _max_of_all(input)
        return result if out is None else write_out("max_of_all", result, (input,), out)
    if other is not None or isinstance(dim, Tensor):
        return maximum(input, dim if other is None else other, out=out)
    return _along(_max_along, "max", input, dim, keepdim, out)


def min(input, dim=None, keepdim=False, *, other=None, out=None, axis=None, keepdims=None):
    """The smallest: of all elements, along `dim` with its index, or of two tensors.

    >>> import rushlight as torch
    >>> torch.min(torch.tensor([3, 1, 2]), 0)
    torch.return_types.min(
    values=tensor(1),
    indices=tensor(1))
    """
    if axis is not None or keepdims is not None:
        dim, keepdim = numpy_names(dim, keepdim, axis, keepdims)
    if not isinstance(input, Tensor):
        _refuse_numbers("min", input, dim, other)
    if dim is None and other is None:
        result = _min_of_all(input)
        return result if out is None else write_out("min_of_all", result, (input,), out)
    if other is not None or isinstance(dim, Tensor):
        return minimum(input, dim if other is None else other, out=out)
    return _along(_min_along, "min", input, dim, keepdim, out)


def _position(name, array_method, input, dim, keepdim):
    if input.size == 0 and dim is None:
        raise IndexError(
            f"{name}(): Expected reduction dim to be specified for input.numel() == 0."
        )
    if dim is not None and input.ndim and input.shape[dim] == 0:
        raise IndexError(f"{name}(): Expected reduction dim {dim} to have non-zero size.")
    if input.dtype.kind in "bc":
        raise RuntimeError(
            f"{name}(): does not support {dtypes.of(input).name.rstrip('0123456789')} input"
        )
    return array_method(input, axis=dim if input.ndim else None, keepdims=keepdim)


@opaque()
def _argmax(input, *, dim=None, keepdim=False):
    """Where the greatest element is first."""
    return _position("argmax", np.ndarray.argmax, input, dim, keepdim)


@opaque()
def _argmin(input, *, dim=None, keepdim=False):
    """Where the smallest element is first."""
    return _position("argmin", np.ndarray.argmin, input, dim, keepdim)


def _one_dim(name, input, dim):
    """The dimension to look along; positions have no derivative, which explanations may tell."""
    if input._requires_grad:
        note_cut("argmax")
    if dim is None:
        return None
    if not hasattr(dim, "__index__"):
        raise TypeError(f"{name}(): argument 'dim' must be int, not {type_name(dim)}")
    return normalize_dim(dim.__index__(), input._array.ndim)


def argmax(input, dim=None, keepdim=False, *, out=None, axis=None, keepdims=None):
    """The index of the greatest element, in the flattened tensor or along `dim`.

    >>> import rushlight as torch
    >>> torch.argmax(torch.tensor([[1, 9], [7, 2]]), dim=1)
    tensor([1, 0])
    """
    if axis is not None or keepdims is not None:
        dim, keepdim = numpy_names(dim, keepdim, axis, keepdims)
    dim = _one_dim("argmax", input, dim)
    return _argmax(input, dim, keepdim, out=out)


def argmin(input, dim=None, keepdim=False, *, out=None, axis=None, keepdims=None):
    """The index of the smallest element, in the flattened tensor or along `dim`."""
    if axis is not None or keepdims is not None:
        dim, keepdim = numpy_names(dim, keepdim, axis, keepdims)
    dim = _one_dim("argmin", input, dim)
    return _argmin(input, dim, keepdim, out=out)


# The middle ---------------------------------------------------------------------------------------


def _order(input, dim):
    """Positions in ascending order, NaN last."""
    return np.argsort(input, axis=dim, kind="stable")


def _position_of_median(input, dim):
    """The position of the lower of the two middle elements; of the first NaN if there is one."""
    middle = np.take(_order(input, dim), (input.shape[dim] - 1) // 2, axis=dim)
    if input.dtype.kind != "f":
        return middle
    missing = input != input
    return np.where(missing.any(dim), missing.argmax(dim), middle)


def _position_of_nanmedian(input, dim):
    """The position of the lower of the two middle elements among those that are numbers."""
    numbers = (input == input).sum(dim, keepdims=True)
    middle = np.maximum(numbers - 1, 0) // 2
    return np.take_along_axis(_order(input, dim), middle, dim).squeeze(dim)


@picking("median", "MedianBackward1", _position_of_median)
def _median_along(input, *, dim, keepdim):
    """The median along `dim`, and its position."""


@picking("nanmedian", "NanmedianBackward1", _position_of_nanmedian)
def _nanmedian_along(input, *, dim, keepdim):
    """The median along `dim` of what is not NaN, and its position."""


def _middle_of_all(position):
    def kernel(input, *, dim=None, keepdim=False):
        if input.dtype.kind in "bc":
            title = dtypes.of(input).title
            raise NotImplementedError(f"\"median_cpu\" not implemented for '{title}'")
        if not input.size:
            return np.full((), np.nan, input.dtype)
        flat = input.reshape(-1)
        return flat[position(flat, 0)]

    return kernel


@reduction(
    title="median",
    node="MedianBackward0",
    ufunc=_middle_of_all(_position_of_median),
    d_input=lambda g, input, out, dim: share_of_equals(g, input, out, dim),
    takes_out=False,
)
def _median_of_all(input, *, dim=None, keepdim=False):
    """The median of all elements."""


@reduction(
    title="nanmedian",
    node="NanmedianBackward0",
    ufunc=_middle_of_all(_position_of_nanmedian),
    d_input=lambda g, input, out, dim: share_of_equals(g, input, out, dim),
    takes_out=False,
)
def _nanmedian_of_all(input, *, dim=None, keepdim=False):
    """The median of all elements that are not NaN."""


def median(input, dim=None, keepdim=False, *, out=None, axis=None, keepdims=None):
    """The median: of all elements, or along `dim` with its index.

    Of an even number of elements it is the lower of the two in the middle.

    >>> import rushlight as torch
    >>> torch.median(torch.tensor([4.0, 1.0, 3.0, 2.0]))
    tensor(2.)
    """
    if axis is not None or keepdims is not None:
        dim, keepdim = numpy_names(dim, keepdim, axis, keepdims)
    if dim is None:
        return _median_of_all(input)
    return _along(_median_along, "median", input, dim, keepdim, out)


def nanmedian(input, dim=None, keepdim=False, *, out=None):
    """`median` of the elements that are not NaN."""
    if dim is None:
        return _nanmedian_of_all(input)
    return _along(_nanmedian_along, "nanmedian", input, dim, keepdim, out)


def _position_of_mode(input, dim):
    """The last position of the smallest among the most frequent values."""
    rows = np.moveaxis(input, dim, -1)
    shape = rows.shape[:-1]
    found = [_position_of_most_frequent(row) for row in rows.reshape(-1, rows.shape[-1])]
    return np.asarray(found, np.int64).reshape(shape)


def _position_of_most_frequent(row):
    values, counts = np.unique(row, return_counts=True, equal_nan=False)
    places = np.flatnonzero(row == values[counts.argmax()])
    return places[-1] if places.size else 0  # nothing but NaNs


@picking("mode", "ModeBackward0", _position_of_mode)
def _mode_along(input, *, dim, keepdim):
    """The most frequent value along `dim`, and its last position."""


def mode(input, dim=-1, keepdim=False, *, out=None):
    """The most frequent value along `dim` (the smallest of them), and where it is last.

    >>> import rushlight as torch
    >>> torch.mode(torch.tensor([1, 3, 3, 2])).values
    tensor(3)
    """
    return _along(_mode_along, "mode", input, dim, keepdim, out)
