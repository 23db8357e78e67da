"""How NumPy's functions are recorded when they are given Symbols."""

from __future__ import annotations

import numpy as np

from rushlight.compile.tracing.symbol import Symbol, real

__all__ = ["record"]


def record(recorder, function, args, kwargs):
    """What `function(*args, **kwargs)` gives, recorded."""
    known = _RECORDED.get(function)
    if known is not None:
        return known(recorder, *args, **kwargs)
    if function in _ABOUT_SHAPES:
        return function(*real(args), **real(kwargs))
    if function in _DYNAMIC:
        return function(*recorder.revealed(args, function.__name__), **kwargs)
    if function in _MUTATING:
        return recorder.mutate(function.__name__, function, args, kwargs)
    return recorder.call_out(function.__name__, function, args, kwargs)


def _method(name):
    """A function that does what a method does; its other arguments are the method's."""

    def recorded(recorder, a, *args, **kwargs):
        a = a if isinstance(a, Symbol) else recorder.constant(np.asarray(a))
        kwargs = {k: v for k, v in kwargs.items() if v is not np._NoValue}
        return getattr(a, name)(*args, **kwargs)

    return recorded


def _reduction(name, method):
    """A reduction; one with `where` or `initial` is a call."""

    def recorded(recorder, a, *args, **kwargs):
        kwargs = {k: v for k, v in kwargs.items() if v is not np._NoValue}
        if "where" in kwargs or "initial" in kwargs or not isinstance(a, Symbol):
            return recorder.call_out(name, getattr(np, name), (a, *args), kwargs)
        return getattr(a, method)(*args, **kwargs)

    return recorded


def _where(recorder, condition, x=None, y=None):
    if x is None:
        revealed = recorder.reveal(condition, "np.where of one argument", dynamic=True)
        return np.where(revealed)
    return recorder.where(condition, x, y)


def _copyto(recorder, target, source, casting="same_kind", where=True):
    if where is not True:
        source = recorder.where(where, source, target)
    recorder.write(target, source)


def _like(value):
    def recorded(recorder, a, dtype=None, order="K", subok=True, shape=None, device=None):
        made = np.empty_like(a.value, dtype, order, True, shape)
        made[...] = 0 if value is None else value
        return recorder.filled(made, 0 if value is None else value)

    return recorded


def _full_like(recorder, a, fill_value, dtype=None, order="K", subok=True, shape=None, device=None):
    like = real(a)
    if not isinstance(fill_value, Symbol):
        return recorder.filled(
            np.full_like(like, fill_value, dtype, order, True, shape), fill_value
        )
    made = recorder.filled(np.full_like(like, 0, dtype, order, True, shape), 0)
    made[...] = fill_value
    return made


def _moveaxis(recorder, a, source, destination):
    order = np.moveaxis(np.broadcast_to(np.arange(1), a.shape), source, destination)
    del order
    places = np.arange(a.ndim)
    source = np.atleast_1d(source) % a.ndim
    destination = np.atleast_1d(destination) % a.ndim
    axes = [int(i) for i in places if i not in source]
    for to, come in sorted(zip(destination.tolist(), source.tolist(), strict=True)):
        axes.insert(to, come)
    return a.transpose(axes)


def _expand_dims(recorder, a, axis):
    return a.reshape(np.expand_dims(np.broadcast_to(np.zeros(1, bool), a.shape), axis).shape)


def _broadcast_to(recorder, array, shape, subok=False):
    shape = np.broadcast_to(array.value, shape).shape
    return recorder.view(array, "broadcast", {"shape": shape})


def _broadcast_arrays(recorder, *args, subok=False):
    shape = np.broadcast_shapes(*(np.shape(real(x)) for x in args))
    made = (x if isinstance(x, Symbol) else recorder.constant(np.asarray(x)) for x in args)
    return tuple(_broadcast_to(recorder, x, shape) for x in made)


def _ascontiguous(recorder, a, dtype=None, **kwargs):
    dtype = a.dtype if dtype is None else np.dtype(dtype)
    a = a if a.ndim else a.reshape(1)
    if dtype != a.dtype:
        return a.astype(dtype)
    return a if a.flags.c_contiguous else a.copy()


def _copy(recorder, a, order="K", subok=False):
    return a.copy(order)


def _dot(recorder, a, b, out=None):
    if out is None and np.ndim(real(a)) in (1, 2) and np.ndim(real(b)) in (1, 2):
        return np.matmul(a, b)
    return recorder.call_out("dot", np.dot, (a, b), {} if out is None else {"out": out})


def _flip(recorder, m, axis=None):
    axes = range(m.ndim) if axis is None else [a % m.ndim for a in np.atleast_1d(axis).tolist()]
    return m[tuple(slice(None, None, -1 if i in axes else None) for i in range(m.ndim))].copy()


def _real(recorder, a):
    return a if a.dtype.kind != "c" else recorder.call("real", np.real, (a,), {})


def _clip(recorder, a, a_min=None, a_max=None, out=None, **kwargs):
    a = a if isinstance(a, Symbol) else recorder.constant(np.asarray(a))
    return a.clip(kwargs.get("min", a_min), kwargs.get("max", a_max), out)


_RECORDED = {
    np.where: _where,
    np.copyto: _copyto,
    np.zeros_like: _like(0),
    np.ones_like: _like(1),
    np.empty_like: _like(None),
    np.full_like: _full_like,
    np.moveaxis: _moveaxis,
    np.expand_dims: _expand_dims,
    np.broadcast_to: _broadcast_to,
    np.broadcast_arrays: _broadcast_arrays,
    np.ascontiguousarray: _ascontiguous,
    np.copy: _copy,
    np.dot: _dot,
    np.flip: _flip,
    np.real: _real,
    np.clip: _clip,
    np.reshape: _method("reshape"),
    np.ravel: _method("ravel"),
    np.transpose: _method("transpose"),
    np.permute_dims: _method("transpose"),
    np.swapaxes: _method("swapaxes"),
    np.squeeze: _method("squeeze"),
    np.argmax: _method("argmax"),
    np.argmin: _method("argmin"),
    np.sum: _reduction("sum", "sum"),
    np.prod: _reduction("prod", "prod"),
    np.max: _reduction("max", "max"),
    np.min: _reduction("min", "min"),
    np.amax: _reduction("max", "max"),
    np.amin: _reduction("min", "min"),
    np.any: _reduction("any", "any"),
    np.all: _reduction("all", "all"),
    np.mean: _reduction("mean", "mean"),
}

#: what asks for shapes and dtypes only
_ABOUT_SHAPES = {
    np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.may_share_memory,
    np.shares_memory, np.iscomplexobj, np.isrealobj, np.common_type, np.min_scalar_type,
}  # fmt: skip

#: the shape of what these give depends on values
_DYNAMIC = {
    np.argwhere, np.bincount, np.compress, np.extract, np.flatnonzero, np.nonzero, np.unique,
    np.repeat, np.delete, np.trim_zeros, np.array_equal, np.allclose, np.intersect1d, np.union1d,
    np.setdiff1d, np.array2string, np.array_repr, np.array_str,
}  # fmt: skip

#: these write into their first argument
_MUTATING = {np.put, np.put_along_axis, np.place, np.putmask, np.fill_diagonal}
