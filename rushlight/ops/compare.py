"""Comparisons, logic, bits, and the choice of the greater or smaller."""

from __future__ import annotations

import numpy as np

from rushlight.ops.arithmetic import refuse_derivative
from rushlight.ops.elementwise import refuse_kinds, where
from rushlight.ops.op import elementwise, in_dtype, meeting_dtype
from rushlight.ops.shapes import broadcast_shapes
from rushlight.tensor import NUMBER_TYPES, Tensor, type_name

__all__ = [
    "allclose",
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "clamp",
    "clamp_max",
    "clamp_min",
    "clip",
    "eq",
    "equal",
    "fmax",
    "fmin",
    "ge",
    "greater",
    "greater_equal",
    "gt",
    "heaviside",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "isreal",
    "le",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "lt",
    "maximum",
    "minimum",
    "nan_to_num",
    "ne",
    "not_equal",
    "signbit",
]

BOTH = ("input", "other")


def refuse_complex(kernel_name):
    """A check for comparisons of order, which complex numbers haven't got."""
    refuse = refuse_kinds("c", kernel_name)

    def check(input, other):
        refuse(input, other)
        broadcast_shapes(input.shape, other.shape)

    return check


def ordered(ufunc):
    """The kernel of a comparison of order: NumPy orders complex numbers, PyTorch doesn't."""

    def kernel(input, other):
        if input.dtype.kind == "c":
            raise TypeError("complex")
        return ufunc(input, other)

    return kernel


# Comparisons --------------------------------------------------------------------------------------


@elementwise(ufunc=np.equal, result="bool", numbers=BOTH)
def eq(input, other):
    """Whether the elements are equal.

    >>> import rushlight as torch
    >>> torch.eq(torch.tensor([1, 2]), 2)
    tensor([False,  True])
    """


@elementwise(ufunc=np.not_equal, result="bool", numbers=BOTH)
def ne(input, other):
    """Whether the elements differ."""


@elementwise(ufunc=ordered(np.less), result="bool", numbers=BOTH, check=refuse_complex("lt_cpu"))
def lt(input, other):
    """Whether the first element is less."""


@elementwise(
    ufunc=ordered(np.less_equal), result="bool", numbers=BOTH, check=refuse_complex("le_cpu")
)
def le(input, other):
    """Whether the first element is less or equal."""


@elementwise(ufunc=ordered(np.greater), result="bool", numbers=BOTH, check=refuse_complex("gt_cpu"))
def gt(input, other):
    """Whether the first element is greater."""


@elementwise(
    ufunc=ordered(np.greater_equal), result="bool", numbers=BOTH, check=refuse_complex("ge_cpu")
)
def ge(input, other):
    """Whether the first element is greater or equal."""


@elementwise(ufunc=np.isnan, result="bool")
def isnan(input):
    """Whether the element is not a number."""


@elementwise(ufunc=np.isinf, result="bool")
def isinf(input):
    """Whether the element is infinite."""


@elementwise(ufunc=np.isfinite, result="bool")
def isfinite(input):
    """Whether the element is neither infinite nor NaN."""


def _check_signed_infinity(input):
    if input.dtype.kind == "c":
        raise RuntimeError("isposinf does not support complex inputs.")


@elementwise(result="bool", check=_check_signed_infinity)
def isposinf(input):
    """Whether the element is +inf."""
    _check_signed_infinity(input)
    return np.isposinf(input)


def _check_negative_infinity(input):
    if input.dtype.kind == "c":
        raise RuntimeError("isneginf does not support complex inputs.")


@elementwise(result="bool", check=_check_negative_infinity)
def isneginf(input):
    """Whether the element is -inf."""
    _check_negative_infinity(input)
    return np.isneginf(input)


@elementwise(ufunc=np.isreal, result="bool", takes_out=False)
def isreal(input):
    """Whether the imaginary part of the element is zero."""


def _check_signbit(input):
    if input.dtype.kind == "c":
        raise NotImplementedError("signbit is not implemented for complex tensors.")


@elementwise(result="bool", check=_check_signbit)
def signbit(input):
    """Whether the element has its sign bit set: negative, or -0.0."""
    _check_signbit(input)
    return np.signbit(input) if input.dtype.kind == "f" else input < 0


def isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether |input - other| <= atol + rtol * |other|, element by element.

    >>> import rushlight as torch
    >>> torch.isclose(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.1]))
    tensor([ True, False])
    """
    require_tensors("isclose", input=input, other=other)
    if input.dtype is not other.dtype:
        raise RuntimeError(f"{input.dtype.title} did not match {other.dtype.title}")
    if rtol < 0 or atol < 0:
        name, value = ("rtol", rtol) if rtol < 0 else ("atol", atol)
        raise RuntimeError(f"{name} must be greater than or equal to zero, but got {value:g}")
    broadcast_shapes(input.shape, other.shape)
    return _isclose(input, other, rtol=rtol, atol=atol, equal_nan=equal_nan)


@elementwise(result="bool", takes_out=False)
def _isclose(input, other, *, rtol, atol, equal_nan):
    """Whether the elements are equal but for a tolerance."""
    if input.dtype.kind == "f":
        input, other = input.astype(np.float64), other.astype(np.float64)
    close = input == other
    if equal_nan and input.dtype.kind in "fc":
        close |= (input != input) & (other != other)
    if rtol == 0 and atol == 0:
        return close
    if input.dtype.kind == "b":
        input, other = input.astype(np.int64), other.astype(np.int64)
    distance = np.absolute(input - other)
    return close | (np.isfinite(distance) & (distance <= atol + np.absolute(rtol * other)))


def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether all elements are close (see `isclose`), as a bool.

    >>> import rushlight as torch
    >>> torch.allclose(torch.tensor([1.0]), torch.tensor([1.0 + 1e-7]))
    True
    """
    return bool(isclose(input, other, rtol, atol, equal_nan)._array.all())


def equal(input, other):
    """Whether two tensors have the same shape and elements, as a bool.

    >>> import rushlight as torch
    >>> torch.equal(torch.tensor([1, 2]), torch.tensor([1, 2]))
    True
    """
    require_tensors("equal", input=input, other=other)
    return np.array_equal(input._array, other._array)


def require_tensors(function_name, **arguments):
    """Refuse numbers and other things where PyTorch wants a Tensor."""
    for position, (name, x) in enumerate(arguments.items(), 1):
        if not isinstance(x, Tensor):
            raise TypeError(
                f"{function_name}(): argument '{name}' (position {position}) must be Tensor, not "
                f"{type_name(x)}"
            )


# Logic --------------------------------------------------------------------------------------------


@elementwise(ufunc=np.logical_and, result="bool", numbers=())
def logical_and(input, other):
    """Whether both elements are true (not zero)."""


@elementwise(ufunc=np.logical_or, result="bool", numbers=())
def logical_or(input, other):
    """Whether one of the elements is true (not zero)."""


@elementwise(ufunc=np.logical_xor, result="bool", numbers=())
def logical_xor(input, other):
    """Whether exactly one of the elements is true (not zero)."""


@elementwise(ufunc=np.logical_not, result="bool")
def logical_not(input):
    """Whether the element is false (zero)."""


# Bits ---------------------------------------------------------------------------------------------


def _bits_only(kernel_name, kinds="fc"):
    refuse = refuse_kinds(kinds, kernel_name)

    def check(*arrays):
        refuse(*arrays)
        broadcast_shapes(*(x.shape for x in arrays))

    return check


@elementwise(ufunc=np.bitwise_and, numbers=BOTH, check=_bits_only("bitwise_and_cpu"))
def bitwise_and(input, other):
    """Both bits, element by element; of bools, both.

    >>> import rushlight as torch
    >>> torch.bitwise_and(torch.tensor([6, 5]), 3)
    tensor([2, 1])
    """


@elementwise(ufunc=np.bitwise_or, numbers=BOTH, check=_bits_only("bitwise_or_cpu"))
def bitwise_or(input, other):
    """Either bit, element by element; of bools, either."""


@elementwise(ufunc=np.bitwise_xor, numbers=BOTH, check=_bits_only("bitwise_xor_cpu"))
def bitwise_xor(input, other):
    """The bits that differ, element by element; of bools, whether they differ."""


@elementwise(ufunc=np.invert, check=_bits_only("bitwise_not_cpu"))
def bitwise_not(input):
    """The bits inverted; of bools, the opposite."""


def _shift(ufunc):
    """A shift that takes counts beyond the number of bits, as NumPy's do."""

    def kernel(input, other):
        if input.dtype.kind not in "iu":
            raise TypeError("not bits")
        return ufunc(input, other)

    return kernel


@elementwise(ufunc=_shift(np.left_shift), numbers=BOTH, check=_bits_only("lshift_cpu", "bfc"))
def bitwise_left_shift(input, other):
    """The bits moved to higher places: input * 2**other."""


@elementwise(ufunc=_shift(np.right_shift), numbers=BOTH, check=_bits_only("rshift_cpu", "bfc"))
def bitwise_right_shift(input, other):
    """The bits moved to lower places, the sign kept: floor(input / 2**other)."""


def rlshift(input, other):
    """other << input."""
    return bitwise_left_shift(other, input)


def rrshift(input, other):
    """other >> input."""
    return bitwise_right_shift(other, input)


# The greater and the smaller ----------------------------------------------------------------------


def _not_for_complex(name):
    def check(input, other):
        if input.dtype.kind == "c":
            raise RuntimeError(f"{name} not implemented for complex tensors.")
        broadcast_shapes(input.shape, other.shape)

    return check


def _half_of_ties(g, wins, ties):
    """g where one side wins, half of it where the two are equal."""
    return g * wins + (g * 0.5) * ties


@elementwise(
    ufunc=ordered(np.maximum),
    numbers=(),
    check=_not_for_complex("maximum"),
    d_input=lambda g, input, other: _half_of_ties(g, input > other, input == other),
    d_other=lambda g, input, other: _half_of_ties(g, other > input, input == other),
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
    d_input=lambda g, input, other: _half_of_ties(g, input < other, input == other),
    d_other=lambda g, input, other: _half_of_ties(g, other < input, input == other),
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
    if any(x is not None and x.dtype.kind == "c" for x in arrays):
        raise NotImplementedError("clamp is not supported for complex types")
    broadcast_shapes(*(x.shape for x in arrays if x is not None))


def _clamped(input, min=None, max=None):
    """The elements cut off: below `min` first, then above `max`."""
    if input.dtype.kind == "c":
        _check_clamp(input)
    if min is None:
        return np.minimum(input, max)
    return np.maximum(input, min) if max is None else input.clip(min, max)


def _inside(input, min, max):
    """Which elements a clamp leaves alone."""
    if min is None:
        return input <= max
    return input >= min if max is None else (input >= min) & (input <= max)


@elementwise(
    title="clamp",
    node="ClampBackward1",
    check=_check_clamp,
    d_input=lambda g, input, min, max: g * _inside(input, min, max),
)
def _clamp_to_numbers(input, *, min=None, max=None):
    """The elements cut off at numbers."""
    return _clamped(input, min, max)


@elementwise(
    title="clamp_min",
    node="ClampMinBackward0",
    check=_check_clamp,
    d_input=lambda g, input, min: g * (input >= min),
)
def _clamp_min_number(input, *, min):
    """The elements cut off below a number."""
    return _clamped(input, min)


@elementwise(
    title="clamp_max",
    node="ClampMaxBackward0",
    check=_check_clamp,
    d_input=lambda g, input, max: g * (input <= max),
)
def _clamp_max_number(input, *, max):
    """The elements cut off above a number."""
    return _clamped(input, None, max)


@elementwise(
    title="clamp",
    node="ClampBackward0",
    check=_check_clamp,
    numbers=(),
    d_input=lambda g, input, min, max: g * _inside(input, min, max),
    d_min=lambda g, input, min, max: g * _is_least(input, min, max),
    d_max=lambda g, input, min, max: g * _is_greatest(input, min, max),
)
def _clamp_to_tensors(input, min=None, max=None):
    """The elements cut off at the elements of tensors."""
    return _clamped(input, min, max)


def _is_least(input, min, max):
    """Where a clamp chooses its lower bound."""
    return input < min if max is None else (input < min) & (min < max)


def _is_greatest(input, min, max):
    """Where a clamp chooses its upper bound."""
    return input > max if min is None else (input > max) | (max < min)


@elementwise(
    title="clamp_min",
    node="ClampMinBackward1",
    check=_check_clamp,
    numbers=(),
    d_input=lambda g, input, min: g * (input >= min),
    d_min=lambda g, input, min: g * (input < min),
)
def _clamp_min_tensor(input, min):
    """The elements cut off below the elements of a tensor."""
    return _clamped(input, min)


@elementwise(
    title="clamp_max",
    node="ClampMaxBackward1",
    check=_check_clamp,
    numbers=(),
    d_input=lambda g, input, max: g * (input <= max),
    d_max=lambda g, input, max: g * (input > max),
)
def _clamp_max_tensor(input, max):
    """The elements cut off above the elements of a tensor."""
    return _clamped(input, None, max)


def _in_meeting_dtype(input, *bounds):
    """The input in the dtype in which it meets numbers of a higher category."""
    if input._array.dtype.kind == "f":
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
    if not all(isinstance(bound, Tensor) for bound in bounds):
        given = {"max": max, "min": min}
        got = ", ".join(f"{k}={type_name(v)}" for k, v in given.items() if v is not None)
        raise TypeError(
            f"clamp() received an invalid combination of arguments - got (Tensor, {got}), but "
            "expected one of:\n"
            " * (Tensor input, Tensor min = None, Tensor max = None, *, Tensor out = None)\n"
            " * (Tensor input, Number min = None, Number max = None, *, Tensor out = None)\n"
        )
    return _clamp_to_tensors(input, min, max, out=out)


def clamp_min(input, min, *, out=None):
    """The elements cut off below `min`, a number or a tensor."""
    if isinstance(min, Tensor):
        return _clamp_min_tensor(input, min, out=out)
    return _clamp_min_number(_in_meeting_dtype(input, min), min=min, out=out)


def clamp_max(input, max, *, out=None):
    """The elements cut off above `max`, a number or a tensor."""
    if isinstance(max, Tensor):
        return _clamp_max_tensor(input, max, out=out)
    return _clamp_max_number(_in_meeting_dtype(input, max), max=max, out=out)


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
greater, greater_equal, less, less_equal, not_equal = gt, ge, lt, le, ne
