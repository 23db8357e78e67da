"""The greater and the smaller of two elements, and bounds for elements."""

from __future__ import annotations

import numpy as np

from rushlight.ops.elementwise.compare import isfinite, isnan, ordered
from rushlight.ops.elementwise.unary import where
from rushlight.ops.op import elementwise, in_dtype, meeting_dtype
from rushlight.ops.refused import no_such_form, refuse, refuse_derivative, require_tensors
from rushlight.ops.shapes import broadcast_shapes
from rushlight.tensor import NUMBER_TYPES, Tensor

__all__ = [
    "clamp",
    "clamp_max",
    "clamp_min",
    "clip",
    "fmax",
    "fmin",
    "heaviside",
    "maximum",
    "minimum",
    "nan_to_num",
]

# The greater and the smaller ----------------------------------------------------------------------


def _not_for_complex(name):
    def check(input, other):
        if input.dtype.kind == "c":
            raise RuntimeError(f"{name} not implemented for complex tensors.")
        broadcast_shapes(input.shape, other.shape)

    return check


def _half_of_ties(g, loses, ties):
    """g where one side doesn't lose (nobody does against NaN), half of it where both are equal."""
    return g * ~loses - (g * 0.5) * ties


@elementwise(
    ufunc=ordered(np.maximum),
    numbers=(),
    check=_not_for_complex("maximum"),
    d_input=lambda g, input, other: _half_of_ties(g, input < other, input == other),
    d_other=lambda g, input, other: _half_of_ties(g, other < input, input == other),
)
def maximum(input, other):
    """The greater of two elements; NaN if one of them is NaN.

    Where they are equal, each gets half of the gradient.

    >>> import rushlight as torch
    >>> torch.maximum(torch.tensor([1, 5]), torch.tensor([3, 2]))
    tensor([3, 5])
    """


@elementwise(
    ufunc=ordered(np.minimum),
    numbers=(),
    check=_not_for_complex("minimum"),
    d_input=lambda g, input, other: _half_of_ties(g, input > other, input == other),
    d_other=lambda g, input, other: _half_of_ties(g, other > input, input == other),
)
def minimum(input, other):
    """The smaller of two elements; NaN if one of them is NaN."""


@elementwise(
    ufunc=ordered(np.fmax),
    numbers=(),
    check=_not_for_complex("fmax"),
    d_input=lambda g, input, other: where((input >= other) | isnan(other), g, 0.0),
    d_other=lambda g, input, other: where((input >= other) | isnan(other), 0.0, g),
)
def fmax(input, other):
    """The greater of two elements; if one of them is NaN, the other."""


@elementwise(
    ufunc=ordered(np.fmin),
    numbers=(),
    check=_not_for_complex("fmin"),
    d_input=lambda g, input, other: where((input <= other) | isnan(other), g, 0.0),
    d_other=lambda g, input, other: where((input <= other) | isnan(other), 0.0, g),
)
def fmin(input, other):
    """The smaller of two elements; if one of them is NaN, the other."""


# Bounds -------------------------------------------------------------------------------------------


def _check_clamp(*arrays, **options):
    given = [x for x in arrays if x is not None]
    if any(x.dtype.kind == "c" for x in given):
        raise NotImplementedError("clamp is not supported for complex types")
    broadcast_shapes(*(x.shape for x in given))


def _check_number_bounds(input, min, max):
    _check_clamp(input)
    only = "max_" if min is None else "min_" if max is None else ""
    refuse("b", f"clamp_{only}scalar_cpu", input)


def _check_tensor_bounds(input, min, max):
    _check_clamp(input, min, max)
    if min is not None and max is not None:
        refuse("b", "clamp_cpu", input)


def _clamped(input, min=None, max=None):
    """The elements cut off: below `min` first, then above `max`."""
    if min is None:
        return np.minimum(input, max)
    if max is None:
        return np.maximum(input, min)
    result = input.clip(min, max)
    return result.astype(input.dtype) if input.dtype.kind == "V" else result


def _inside(input, min, max):
    """Which elements a clamp leaves alone."""
    if min is None:
        return input <= max
    return input >= min if max is None else (input >= min) & (input <= max)


@elementwise(
    title="clamp",
    node="ClampBackward1",
    refuses=("bc", "clamp_scalar_cpu"),
    check=_check_number_bounds,
    d_input=lambda g, input, min, max: g * _inside(input, min, max),
)
def _clamp_to_numbers(input, *, min=None, max=None):
    """The elements cut off at numbers."""
    return _clamped(input, min, max)


@elementwise(
    title="clamp_min",
    overloaded=True,
    node="ClampMinBackward0",
    refuses=("bc", "clamp_min_scalar_cpu"),
    check=_check_clamp,
    d_input=lambda g, input, min: g * (input >= min),
)
def _clamp_min_number(input, *, min):
    """The elements cut off below a number."""
    return _clamped(input, min)


@elementwise(
    title="clamp_max",
    overloaded=True,
    node="ClampMaxBackward0",
    refuses=("bc", "clamp_max_scalar_cpu"),
    check=_check_clamp,
    d_input=lambda g, input, max: g * (input <= max),
)
def _clamp_max_number(input, *, max):
    """The elements cut off above a number."""
    return _clamped(input, None, max)


@elementwise(
    title="clamp",
    node="ClampBackward0",
    check=_check_tensor_bounds,
    numbers=(),
    d_input=lambda g, input, min, max: g * _inside(input, min, max),
    d_min=lambda g, input, min, max: g * _is_least(input, min, max),
    d_max=lambda g, input, min, max: g * _is_greatest(input, min, max),
)
def _clamp_to_tensors(input, min=None, max=None):
    """The elements cut off at the elements of tensors."""
    if input.dtype.kind in "bc":
        _check_tensor_bounds(input, min, max)
    return _clamped(input, min, max)


def _is_least(input, min, max):
    """Where a clamp chooses its lower bound."""
    return input < min if max is None else (input < min) & (min < max)


def _is_greatest(input, min, max):
    """Where a clamp chooses its upper bound."""
    return input > max if min is None else (input > max) | (max < min)


@elementwise(
    title="clamp_min",
    overloaded=True,
    node="ClampMinBackward1",
    refuses=("c", "maximum_cpu"),
    numbers=(),
    d_input=lambda g, input, min: g * (input >= min),
    d_min=lambda g, input, min: g * (input < min),
)
def _clamp_min_tensor(input, min):
    """The elements cut off below the elements of a tensor."""
    return _clamped(input, min)


@elementwise(
    title="clamp_max",
    overloaded=True,
    node="ClampMaxBackward1",
    refuses=("c", "minimum_cpu"),
    numbers=(),
    d_input=lambda g, input, max: g * (input <= max),
    d_max=lambda g, input, max: g * (input > max),
)
def _clamp_max_tensor(input, max):
    """The elements cut off above the elements of a tensor."""
    return _clamped(input, None, max)


def _in_meeting_dtype(input, *bounds):
    """The input in the dtype in which it meets numbers of a higher category."""
    require_tensors("clamp", input=input)
    if input._array.dtype.kind in "fV":
        return input
    return in_dtype(input, meeting_dtype((input, *bounds)))


def clamp(input, min=None, max=None, *, out=None):
    """The elements cut off below `min` and above `max`, which are numbers or tensors.

    Where `min` is above `max`, the result is `max`.

    >>> import rushlight as torch
    >>> torch.clamp(torch.tensor([-2.0, 0.5, 3.0]), 0, 1)
    tensor([0.0000, 0.5000, 1.0000])
    """
    bounds = [bound for bound in (min, max) if bound is not None]
    if not bounds:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    if all(isinstance(bound, NUMBER_TYPES) for bound in bounds):
        input = _in_meeting_dtype(input, *bounds)
        if any(bound != bound for bound in bounds):
            min = max = float("nan")
        return _clamp_to_numbers(input, min=min, max=max, out=out)
    if all(isinstance(bound, Tensor) for bound in bounds):
        return _clamp_to_tensors(input, min, max, out=out)
    if all(isinstance(x, NUMBER_TYPES) or (isinstance(x, Tensor) and not x.dim()) for x in bounds):
        min, max = (x if x is None else in_dtype(x, meeting_dtype((x,))) for x in (min, max))
    else:
        given = {"max": max, "min": min}
        raise no_such_form(
            "clamp",
            (input,),
            "Tensor input, Tensor min = None, Tensor max = None, *, Tensor out = None",
            "Tensor input, Number min = None, Number max = None, *, Tensor out = None",
            **{name: bound for name, bound in given.items() if bound is not None},
        )
    return _clamp_to_tensors(input, min, max, out=out)


def _bounded(name, input, bound):
    """The input of `clamp_min` or `clamp_max` in the dtype in which it meets a number."""
    if not isinstance(input, Tensor):
        end = name.removeprefix("clamp_")
        raise no_such_form(
            name,
            (input, bound),
            f"Tensor input, Tensor {end}, *, Tensor out = None",
            f"Tensor input, Number {end}, *, Tensor out = None",
        )
    return _in_meeting_dtype(input, bound)


def clamp_min(input, min, *, out=None):
    """The elements cut off below `min`, a number or a tensor."""
    if isinstance(min, Tensor):
        return _clamp_min_tensor(input, min, out=out)
    return _clamp_min_number(_bounded("clamp_min", input, min), min=min, out=out)


def clamp_max(input, max, *, out=None):
    """The elements cut off above `max`, a number or a tensor."""
    if isinstance(max, Tensor):
        return _clamp_max_tensor(input, max, out=out)
    return _clamp_max_number(_bounded("clamp_max", input, max), max=max, out=out)


@elementwise(d_input=lambda g, input: where(isfinite(input), g, 0.0))
def nan_to_num(input, *, nan=None, posinf=None, neginf=None):
    """The elements, with numbers in place of NaN (0), inf and -inf (the dtype's limits).

    >>> import rushlight as torch
    >>> torch.nan_to_num(torch.tensor([float("nan"), 1.0]), nan=5.0)
    tensor([5., 1.])
    """
    return np.nan_to_num(input, nan=0.0 if nan is None else nan, posinf=posinf, neginf=neginf)


def _check_heaviside(input, values):
    if input.dtype.kind == "c":
        raise RuntimeError("heaviside is not yet implemented for complex tensors.")
    broadcast_shapes(input.shape, values.shape)


def heaviside(input, values, *, out=None):
    """0 for negative elements, 1 for positive ones, `values` for 0."""
    require_tensors("heaviside", input=input, values=values)
    if input.dtype is not values.dtype:
        raise RuntimeError("heaviside is not yet implemented for tensors with different dtypes.")
    return _heaviside(input, values, out=out)


@elementwise(
    node="NotImplemented",
    check=_check_heaviside,
    numbers=(),
    d_input=lambda g: refuse_derivative("heaviside"),
    d_values=lambda g: refuse_derivative("heaviside"),
)
def _heaviside(input, values):
    """The step function."""
    if input.dtype.kind == "c":
        _check_heaviside(input, values)
    step = np.where(input == 0, values, np.asarray(input > 0, input.dtype))
    return step.astype(input.dtype, copy=False)


clip = clamp
