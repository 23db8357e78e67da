"""The namespace of the Python array API standard (2024.12), for libraries that take any array.

`x.__array_namespace__()` is this module. Most names are Rushlight's own, under which they also live
in PyTorch; the functions defined here are those that the standard names or defines otherwise.
`docs/interop.md` lists what differs from the standard.

Source: the Consortium for Python Data API Standards, data-apis.org/array-api.
"""

from __future__ import annotations

import builtins
from typing import NamedTuple

import rushlight as _torch

__array_api_version__ = "2024.12"

_KINDS = {
    "bool": ("bool",),
    "signed integer": ("int8", "int16", "int32", "int64"),
    "unsigned integer": ("uint8", "uint16", "uint32", "uint64"),
    "real floating": ("float32", "float64"),
    "complex floating": ("complex64", "complex128"),
}
_KINDS["integral"] = _KINDS["signed integer"] + _KINDS["unsigned integer"]
_KINDS["numeric"] = _KINDS["integral"] + _KINDS["real floating"] + _KINDS["complex floating"]


def __getattr__(name):
    """What the standard has under PyTorch's names."""
    return getattr(_torch, name)


# Dtypes -------------------------------------------------------------------------------------------


def isdtype(dtype, kind):
    """Whether a dtype is of a kind: a name of the standard, a dtype, or a tuple of these.

    >>> import rushlight as torch
    >>> isdtype(torch.float32, "real floating"), isdtype(torch.int8, ("bool", torch.int8))
    (True, True)
    """
    if isinstance(kind, tuple):
        return builtins.any(isdtype(dtype, each) for each in kind)
    if not isinstance(kind, str):
        return dtype == kind
    if kind not in _KINDS:
        raise ValueError(f"unrecognized data type kind: {kind!r}")
    return dtype.name in _KINDS[kind]


def astype(x, dtype, /, *, copy=True, device=None):
    """The elements in another dtype."""
    return x.to(dtype, copy=copy)


def result_type(*arrays_and_dtypes):
    """The dtype in which these meet; Python numbers change its kind only, not its size."""
    of_arrays = [getattr(x, "dtype", x) for x in arrays_and_dtypes]
    kinds = [x for x in of_arrays if isinstance(x, _torch.dtype)]
    if not kinds:
        raise ValueError("at least one array or dtype is required")
    found = kinds[0]
    for each in kinds[1:]:
        found = _torch.promote_types(found, each)
    for number in (x for x in of_arrays if not isinstance(x, _torch.dtype)):
        found = _torch.result_type(_torch.empty(1, dtype=found), number)
    return found


class _Info:
    """What `__array_namespace_info__` returns."""

    def capabilities(self):
        """What is possible beyond the minimum."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self):
        """The only device."""
        return _torch.device("cpu")

    def devices(self):
        """The only device."""
        return [_torch.device("cpu")]

    def default_dtypes(self, *, device=None):
        """The dtypes of numbers whose dtype nobody says."""
        real = _torch.get_default_dtype()
        imaginary = _torch.complex128 if real == _torch.float64 else _torch.complex64
        integers = {"integral": _torch.int64, "indexing": _torch.int64}
        return {"real floating": real, "complex floating": imaginary, **integers}

    def dtypes(self, *, device=None, kind=None):
        """All dtypes by name, or those of a kind."""
        names = _KINDS["bool"] + _KINDS["numeric"]
        found = {name: getattr(_torch, name) for name in names}
        return {n: d for n, d in found.items() if kind is None or isdtype(d, kind)}


def __array_namespace_info__():
    """What this namespace can do."""
    return _Info()


# Creation -----------------------------------------------------------------------------------------


def asarray(obj, /, *, dtype=None, device=None, copy=None):
    """A tensor of numbers, sequences, arrays; `copy=False` refuses to copy."""
    made = _torch.asarray(obj, dtype=dtype, copy=copy)
    return made.detach() if made is not obj else made


def linspace(start, stop, /, num, *, dtype=None, device=None, endpoint=True):
    """`num` numbers at equal distances; without `endpoint` one more is made and left out."""
    if endpoint:
        return _torch.linspace(start, stop, num, dtype=dtype)
    return _torch.linspace(start, stop, num + 1, dtype=dtype)[:-1]


def eye(n_rows, n_cols=None, /, *, k=0, dtype=None, device=None):
    """Ones on diagonal `k`, else zeros."""
    n_cols = n_rows if n_cols is None else n_cols
    made = _torch.zeros(n_rows, n_cols, dtype=dtype)
    if -n_rows < k < n_cols:
        made.diagonal(k).fill_(1)
    return made


def tril(x, /, *, k=0):
    """The part on and below diagonal `k`."""
    return _torch.tril(x, k)


def triu(x, /, *, k=0):
    """The part on and above diagonal `k`."""
    return _torch.triu(x, k)


def meshgrid(*arrays, indexing="xy"):
    """Coordinates of a grid, as a list."""
    return list(_torch.meshgrid(*arrays, indexing=indexing))


# Shapes -------------------------------------------------------------------------------------------


def concat(arrays, /, *, axis=0):
    """Arrays one after the other along `axis`, or flattened with None."""
    if axis is None:
        return _torch.cat([x.flatten() for x in arrays])
    return _torch.cat(tuple(arrays), axis)


def expand_dims(x, /, *, axis=0):
    """A new dimension of size 1; several with a tuple."""
    axes = axis if isinstance(axis, tuple) else (axis,)
    count = x.ndim + len(axes)
    for each in sorted(each % count for each in axes):
        x = x.unsqueeze(each)
    return x


def flip(x, /, *, axis=None):
    """The elements in reverse order along `axis` (all)."""
    axes = range(x.ndim) if axis is None else axis
    return _torch.flip(x, tuple(axes) if not isinstance(axes, int) else (axes,))


def permute_dims(x, /, axes):
    """The dimensions in another order."""
    return x.permute(axes)


def matrix_transpose(x, /):
    """The last two dimensions swapped."""
    return x.mT


def repeat(x, repeats, /, *, axis=None):
    """Each element several times."""
    return _torch.repeat_interleave(x, repeats, axis)


def reshape(x, /, shape, *, copy=None):
    """The elements in another shape; `copy=False` refuses to copy."""
    if copy is False:
        return x.view(shape)
    return _torch.reshape(x.clone() if copy else x, shape)


def roll(x, /, shift, *, axis=None):
    """The elements moved on, those at the end to the start."""
    return _torch.roll(x, shift, axis)


def squeeze(x, /, axis):
    """Without a dimension of size 1, or several."""
    axes = axis if isinstance(axis, tuple) else (axis,)
    if builtins.any(x.shape[each] != 1 for each in axes):
        raise ValueError("squeezed dimensions must have size 1")
    return _torch.squeeze(x, axes)


def unstack(x, /, *, axis=0):
    """The slices along `axis`."""
    return _torch.unbind(x, axis)


def broadcast_arrays(*arrays):
    """The arrays in their common shape."""
    return list(_torch.broadcast_tensors(*arrays))


# Elements -----------------------------------------------------------------------------------------


def take(x, indices, /, *, axis=None):
    """The slices at `indices` along `axis`."""
    if axis is None and x.ndim != 1:
        raise ValueError("axis must be specified when ndim > 1")
    return _torch.index_select(x, 0 if axis is None else axis, indices)


def take_along_axis(x, indices, /, *, axis=-1):
    """Elements at indices of the same number of dimensions."""
    return _torch.take_along_dim(x, indices, axis)


def nonzero(x, /):
    """The indices of the elements that are not zero, one tensor for each dimension."""
    if x.ndim == 0:
        raise ValueError("nonzero() does not support zero-dimensional arrays")
    return _torch.nonzero(x, as_tuple=True)


def searchsorted(x1, x2, /, *, side="left", sorter=None):
    """Where elements of `x2` belong in the sorted `x1`."""
    return _torch.searchsorted(x1, x2, side=side, sorter=sorter)


def sort(x, /, *, axis=-1, descending=False, stable=True):
    """The elements in order."""
    return _torch.sort(x, dim=axis, descending=descending, stable=stable).values


def argsort(x, /, *, axis=-1, descending=False, stable=True):
    """The indices that put the elements in order."""
    return _torch.sort(x, dim=axis, descending=descending, stable=stable).indices


class _All(NamedTuple):
    values: _torch.Tensor
    indices: _torch.Tensor
    inverse_indices: _torch.Tensor
    counts: _torch.Tensor


class _Counts(NamedTuple):
    values: _torch.Tensor
    counts: _torch.Tensor


class _Inverse(NamedTuple):
    values: _torch.Tensor
    inverse_indices: _torch.Tensor


def unique_all(x, /):
    """The different values, where each is first, and what makes the array of them again."""
    values, inverse, counts = _torch.unique(x, return_inverse=True, return_counts=True)
    order = _torch.sort(inverse.flatten(), stable=True).indices
    first = order[_torch.cumsum(counts, 0) - counts]
    return _All(values, first, inverse, counts)


def unique_counts(x, /):
    """The different values, and how often each is there."""
    return _Counts(*_torch.unique(x, return_counts=True))


def unique_inverse(x, /):
    """The different values, and what makes the array of them again."""
    return _Inverse(*_torch.unique(x, return_inverse=True))


def unique_values(x, /):
    """The different values."""
    return _torch.unique(x)


# Reductions ---------------------------------------------------------------------------------------


def _dims(x, axis):
    return tuple(range(x.ndim)) if axis is None else axis


def sum(x, /, *, axis=None, dtype=None, keepdims=False):
    """The sum."""
    return _torch.sum(x, _dims(x, axis), keepdims, dtype=dtype)


def prod(x, /, *, axis=None, dtype=None, keepdims=False):
    """The product."""
    axes = _dims(x, axis)
    axes = axes if isinstance(axes, tuple) else (axes,)
    if not axes:
        return _torch.prod(x, dtype=dtype)
    for each in sorted((a % x.ndim for a in axes), reverse=True):
        x = _torch.prod(x, each, keepdims, dtype=dtype)
    return x


def mean(x, /, *, axis=None, keepdims=False):
    """The mean."""
    return _torch.mean(x, _dims(x, axis), keepdims)


def var(x, /, *, axis=None, correction=0.0, keepdims=False):
    """The variance."""
    return _torch.var(x, _dims(x, axis), correction=correction, keepdim=keepdims)


def std(x, /, *, axis=None, correction=0.0, keepdims=False):
    """The standard deviation."""
    return _torch.std(x, _dims(x, axis), correction=correction, keepdim=keepdims)


def max(x, /, *, axis=None, keepdims=False):
    """The greatest element."""
    return _torch.amax(x, _dims(x, axis), keepdims)


def min(x, /, *, axis=None, keepdims=False):
    """The smallest element."""
    return _torch.amin(x, _dims(x, axis), keepdims)


def all(x, /, *, axis=None, keepdims=False):
    """Whether all elements are true."""
    return _torch.all(x, _dims(x, axis), keepdims)


def any(x, /, *, axis=None, keepdims=False):
    """Whether any element is true."""
    return _torch.any(x, _dims(x, axis), keepdims)


def count_nonzero(x, /, *, axis=None, keepdims=False):
    """How many elements are not zero."""
    return _torch.sum(x != 0, _dims(x, axis), keepdims)


def _cumulative(function, start, x, axis, dtype, include_initial):
    if axis is None:
        if x.ndim != 1:
            raise ValueError("axis must be specified in cumulative functions for ndim > 1")
        axis = 0
    result = function(x, axis, dtype=dtype)
    if include_initial:
        shape = list(result.shape)
        shape[axis] = 1
        result = _torch.cat([_torch.full(shape, start, dtype=result.dtype), result], axis)
    return result


def cumulative_sum(x, /, *, axis=None, dtype=None, include_initial=False):
    """The sums of the first elements."""
    return _cumulative(_torch.cumsum, 0, x, axis, dtype, include_initial)


def cumulative_prod(x, /, *, axis=None, dtype=None, include_initial=False):
    """The products of the first elements."""
    return _cumulative(_torch.cumprod, 1, x, axis, dtype, include_initial)


def vecdot(x1, x2, /, *, axis=-1):
    """Inner products along `axis`."""
    return _torch.linalg.vecdot(x1, x2, dim=axis)


def tensordot(x1, x2, /, *, axes=2):
    """Sums of products over several dimensions."""
    return _torch.tensordot(x1, x2, axes)


# Functions of one element -------------------------------------------------------------------------

bitwise_invert = _torch.bitwise_not
equal, not_equal = _torch.eq, _torch.ne


def _taking_numbers(function):
    """A function of two tensors, of which one may be a Python number, as a function of both."""

    def called(x1, x2, /):
        kind = result_type(x1, x2)
        return function(*(_torch.as_tensor(x, dtype=kind) for x in (x1, x2)))

    return called


atan2, copysign, hypot, logaddexp, maximum, minimum, nextafter = map(
    _taking_numbers,
    (
        _torch.atan2,
        _torch.copysign,
        _torch.hypot,
        _torch.logaddexp,
        _torch.maximum,
        _torch.minimum,
        _torch.nextafter,
    ),
)


def _whole_numbers_stay(function):
    def rounded(x, /):
        return x if not x.is_floating_point() and not x.is_complex() else function(x)

    return rounded


ceil, floor, round, trunc = map(
    _whole_numbers_stay, (_torch.ceil, _torch.floor, _torch.round, _torch.trunc)
)


def clip(x, /, min=None, max=None):
    """The elements, those beyond a bound replaced by it; the dtype stays."""
    return x.clone() if min is None and max is None else _torch.clamp(x, min, max).to(x.dtype)


def conj(x, /):
    """The complex conjugate."""
    return _torch.conj_physical(x) if x.is_complex() else x


def sign(x, /):
    """-1, 0 or 1; x / |x| of complex numbers."""
    return _torch.sgn(x) if x.is_complex() else _torch.sign(x)


def pow(x1, x2, /):
    """Powers."""
    return _torch.pow(x1, x2)


# Linear algebra -----------------------------------------------------------------------------------


class _Linalg:
    """`rushlight.linalg`, and what the standard has there besides."""

    def __getattr__(self, name):
        return getattr(_torch.linalg, name)

    outer = staticmethod(_torch.outer)
    matrix_transpose = staticmethod(matrix_transpose)
    tensordot = staticmethod(tensordot)
    vecdot = staticmethod(vecdot)

    @staticmethod
    def trace(x, /, *, offset=0, dtype=None):
        """The sums of the diagonals of matrices."""
        return x.diagonal(offset, -2, -1).sum(-1, dtype=dtype)

    @staticmethod
    def cholesky(x, /, *, upper=False):
        """The Cholesky factor."""
        return _torch.linalg.cholesky(x, upper=upper)

    @staticmethod
    def diagonal(x, /, *, offset=0):
        """The diagonals of matrices."""
        return x.diagonal(offset, -2, -1)

    @staticmethod
    def vector_norm(x, /, *, axis=None, keepdims=False, ord=2):
        """The norms of vectors."""
        return _torch.linalg.vector_norm(x, ord, axis, keepdims)

    @staticmethod
    def matrix_norm(x, /, *, keepdims=False, ord="fro"):
        """The norms of matrices."""
        return _torch.linalg.matrix_norm(x, ord, keepdim=keepdims)


linalg = _Linalg()
