"""Numbers in a row, identity matrices, and the indices of triangles."""

from __future__ import annotations

import math

import numpy as np

from rushlight import dtypes
from rushlight.ops.checked import refusal
from rushlight.ops.creation.constants import _out_dtype, array_dtype_of, made
from rushlight.tensor import NUMBER_TYPES, Tensor, type_name

__all__ = [
    "arange",
    "eye",
    "linspace",
    "logspace",
    "range",
    "tril_indices",
    "triu_indices",
]


def _number(name, argument, value):
    if isinstance(value, Tensor):
        return value.item()
    if isinstance(value, np.generic):
        return value.item()
    if not isinstance(value, NUMBER_TYPES):
        raise refusal() or TypeError(
            f"{name}(): argument '{argument}' must be Number, not {type_name(value)}"
        )
    return value


def arange(
    *args,
    start=None,
    end=None,
    step=None,
    out=None,
    dtype=None,
    layout=None,
    device=None,
    pin_memory=False,
    requires_grad=False,
):
    """The numbers from `start` (0) up to, not including, `end`, `step` (1) apart.

    int64 if all three are integers, else the default dtype.

    >>> import rushlight as torch
    >>> torch.arange(3), torch.arange(1, 2, 0.5)
    (tensor([0, 1, 2]), tensor([1.0000, 1.5000]))
    """
    if len(args) == 1 and args[0].__class__ is int and end is dtype is out is None:
        if args[0] >= 0:
            return made("arange", np.arange(args[0]), None, device, requires_grad)
    if not args and end is None:
        raise refusal() or TypeError('arange() missing 1 required positional arguments: "end"')
    given = list(args)
    if len(given) == 1 and end is None:
        given = [0, *given]
    start = given[0] if given else 0 if start is None else start
    end = given[1] if len(given) > 1 else end
    step = given[2] if len(given) > 2 else 1 if step is None else step
    start, end, step = (
        _number("arange", name, value)
        for name, value in (("start", start), ("end", end), ("step", step))
    )
    check_range(start, end, step)
    if dtype is None and out is not None:
        dtype = out.dtype
    whole = all(isinstance(x, int) for x in (start, end, step))
    if dtype is None:
        dtype = dtypes.int64 if whole else dtypes.get_default_dtype()
    if dtype.category in (0, 3):
        raise NotImplementedError(f"\"arange_cpu\" not implemented for '{dtype.title}'")
    array = arange_array(start, end, step, dtype, whole)
    return made("arange", array, out, device, requires_grad)


def check_range(start, end, step):
    """Refuse a range that has no end."""
    if step == 0 or step != step:
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start:g} -> {end:g}")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")


def arange_array(start, end, step, dtype, whole):
    """The numbers of a range, computed as PyTorch does: `start + i * step` in double precision."""
    if whole and not all(-(2**63) <= x < 2**63 for x in (start, end, step)):
        raise RuntimeError("value cannot be converted to type int64_t without overflow")
    if (end - start) / step >= 2**62:
        raise RuntimeError("invalid size, possible overflow?")
    if whole:
        return np.arange(start, end, step).astype(dtype.array_dtype, copy=False)
    if dtype is dtypes.int64:
        if int(step) == 0:
            raise ValueError("step must be nonzero")
        return np.arange(int(start), int(end), int(step))
    count = math.ceil((end - start) / step)
    if dtype.category == 1:
        start, step = int(start), int(step)
        return (start + step * np.arange(count)).astype(dtype.array_dtype)
    return (start + step * np.arange(count, dtype=np.float64)).astype(dtype.array_dtype)


def range(
    start=0,
    end=None,
    step=1,
    *,
    out=None,
    dtype=None,
    layout=None,
    device=None,
    requires_grad=False,
):
    """Like `arange`, including `end`; deprecated in PyTorch."""
    from rushlight.ops.warn import warn

    warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is "
        "inconsistent with Python's range builtin. "
        "Instead, use torch.arange, which produces values "
        "in [start, end)."
    )
    if end is None:
        raise TypeError('range() missing 1 required positional arguments: "end"')
    check_range(start, end, step)
    count = math.floor((end - start) / step) + 1
    kind = _out_dtype("range", dtype, out)
    return made("range", (start + step * np.arange(count)).astype(kind), out, device, requires_grad)


def _spaced_dtype(name, dtype, out, ends, steps):
    if dtype is None and out is not None:
        dtype = out.dtype
    if dtype is None:
        is_complex = any(isinstance(x, complex) for x in ends)
        dtype = dtypes.default_complex() if is_complex else dtypes.get_default_dtype()
    elif any(isinstance(x, complex) for x in ends) and not dtype.is_complex:
        inferred = {"complex64": "c10::complex<float>", "complex128": "c10::complex<double>"}
        raise RuntimeError(
            f"torch.{name}(): inferred dtype {inferred[dtypes.default_complex().name]} can't be "
            f"safely cast to passed dtype {dtype.title}"
        )
    if dtype is dtypes.bool_ and steps > 1:
        raise NotImplementedError(f"\"{name}_cpu\" not implemented for 'Bool'")
    return array_dtype_of(name, dtype)


def _check_steps(name, start, end, steps):
    if not hasattr(steps, "__index__"):
        given = ", ".join(map(type_name, (start, end, steps)))
        raise TypeError(
            f"{name}() received an invalid combination of arguments - got ({given}), but expected "
            "one of:\n * (Number start, Number end, int steps, ...)\n"
        )
    steps = steps.__index__()
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    return steps


def spaced(start, end, steps, kind):
    """Equally spaced numbers, counted from the nearer end, in the precision of the dtype."""
    if steps == 1:
        return np.array([start]).astype(kind)
    if kind.kind in "iu":
        return _spaced_integers(start, end, steps, kind)
    step = (kind.type(end) - kind.type(start)) / kind.type(steps - 1) if steps else 0
    half = steps // 2
    i = np.arange(steps).astype(kind)
    up = kind.type(start) + step * i
    down = kind.type(end) - step * i[::-1]
    return np.concatenate((up[:half], down[half:])).astype(kind, copy=False)


def _spaced_integers(start, end, steps, kind):
    start, end = int(start), int(end)
    step = (end - start) / (steps - 1) if steps > 1 else 0
    i = np.arange(steps)
    half = steps // 2
    up, down = start + step * i, end - step * i[::-1]
    return np.concatenate((up[:half], down[half:])).astype(np.int64).astype(kind)


def _ends(name, start, end):
    """The ends of a range, which may be tensors of one element."""
    dims = {n: x.dim() for n, x in (("start", start), ("end", end)) if isinstance(x, Tensor)}
    if any(dims.values()):
        got = " and ".join(f"{which} with {count} dimension(s)" for which, count in dims.items())
        raise RuntimeError(
            f"{name} only supports 0-dimensional start and end tensors, but got {got}."
        )
    return _number(name, "start", start), _number(name, "end", end)


def linspace(
    start,
    end,
    steps,
    *,
    out=None,
    dtype=None,
    layout=None,
    device=None,
    pin_memory=False,
    requires_grad=False,
):
    """`steps` equally spaced numbers from `start` to `end`, both included.

    >>> import rushlight as torch
    >>> torch.linspace(0, 1, 3)
    tensor([0.0000, 0.5000, 1.0000])
    """
    start, end = _ends("linspace", start, end)
    kind = _spaced_dtype("linspace", dtype, out, (start, end), steps)
    array = spaced(start, end, _check_steps("linspace", start, end, steps), kind)
    return made("linspace", array, out, device, requires_grad)


def logspace(
    start,
    end,
    steps,
    base=10.0,
    *,
    out=None,
    dtype=None,
    layout=None,
    device=None,
    pin_memory=False,
    requires_grad=False,
):
    """`base` to the power of equally spaced numbers from `start` to `end`.

    >>> import rushlight as torch
    >>> torch.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    start, end = _ends("logspace", start, end)
    kind = _spaced_dtype("logspace", dtype, out, (start, end), steps)
    steps = _check_steps("logspace", start, end, steps)
    with np.errstate(all="ignore"):
        if kind.kind in "iu":
            start, end = int(start), int(end)
            step = (end - start) / (steps - 1) if steps > 1 else 0.0
            exponents = start + step * np.arange(steps)
            array = np.power(float(base), exponents).astype(kind)
        else:
            array = np.power(kind.type(base), spaced(start, end, steps, kind)).astype(kind)
    return made("logspace", array, out, device, requires_grad)


def eye(
    n,
    m=None,
    *,
    out=None,
    dtype=None,
    layout=None,
    device=None,
    pin_memory=False,
    requires_grad=False,
):
    """Ones on the diagonal of a matrix of `n` rows and `m` (`n`) columns, else zeros.

    >>> import rushlight as torch
    >>> torch.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    for name, size in (("n", n), ("m", n if m is None else m)):
        if size < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {size}")
    array = np.eye(n, m, dtype=_out_dtype("eye", dtype, out))
    return made("eye", array, out, device, requires_grad)


def _check_triangle(name, row, col, dtype):
    if row < 0:
        raise RuntimeError(f"row must be non-negative, got{row}")
    if col < 0:
        raise RuntimeError(f"col must be non-negative, got{col}")
    if dtype not in (dtypes.int32, dtypes.int64):
        raise NotImplementedError(f"\"{name}\" not implemented for '{dtype.title}'")


def tril_indices(row, col, offset=0, *, dtype=dtypes.int64, device=None, layout=None):
    """The indices of the lower triangle of a matrix, row by row: a tensor of two rows.

    >>> import rushlight as torch
    >>> torch.tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    _check_triangle("tril_indices", row, col, dtype)
    array = np.stack(np.tril_indices(row, offset, col)).astype(dtype.array_dtype)
    return made("tril_indices", array, None, device, False)


def triu_indices(row, col, offset=0, *, dtype=dtypes.int64, device=None, layout=None):
    """The indices of the upper triangle of a matrix, row by row: a tensor of two rows.

    >>> import rushlight as torch
    >>> torch.triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """
    _check_triangle("triu_indices", row, col, dtype)
    array = np.stack(np.triu_indices(row, offset, col)).astype(dtype.array_dtype)
    return made("triu_indices", array, None, device, False)
