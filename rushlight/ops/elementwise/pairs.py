"""Functions of two elements beyond arithmetic: angles of points, logarithms of sums, divisors."""

from __future__ import annotations

import math

import numpy as np

from rushlight.ops.elementwise.unary import exp, like, log, log1p, refuse_kinds, where
from rushlight.ops.op import elementwise, opaque
from rushlight.ops.return_types import named
from rushlight.ops.shapes import broadcast_shapes
from rushlight.tensor import NUMBER_TYPES

__all__ = [
    "arctan2",
    "atan2",
    "copysign",
    "frexp",
    "gcd",
    "hypot",
    "lcm",
    "ldexp",
    "logaddexp",
    "logaddexp2",
    "nextafter",
    "xlogy",
]

BOTH = ("input", "other")


def refused(kinds, kernel_name):
    """A check of dtypes, and of shapes after it."""
    refuse = refuse_kinds(kinds, kernel_name)

    def check(input, other):
        refuse(input, other)
        broadcast_shapes(input.shape, other.shape)

    return check


# Points in the plane ------------------------------------------------------------------------------


def _safe_square(input, other):
    """input**2 + other**2, with 1 in place of 0."""
    square = input * input + other * other
    return where(square == 0, 1.0, square)


@elementwise(
    ufunc=np.arctan2,
    result="float",
    numbers=(),
    check=refused("c", "atan2_cpu"),
    d_input=lambda g, input, other: g * (other / _safe_square(input, other)),
    d_other=lambda g, input, other: g * (-input / _safe_square(input, other)),
)
def atan2(input, other):
    """The angle of the point (other, input), in (-pi, pi].

    >>> import rushlight as torch
    >>> torch.atan2(torch.tensor([1.0]), torch.tensor([-1.0]))
    tensor([2.3562])
    """


def _floats_only(ufunc):
    """A kernel for floating-point numbers; NumPy's would take integers too."""

    def kernel(input, other):
        if input.dtype.kind != "f":
            raise TypeError("not floating")
        return ufunc(input, other)

    return kernel


@elementwise(
    ufunc=_floats_only(np.hypot),
    numbers=(),
    check=refused("biuc", "hypot_cpu"),
    d_input=lambda g, input, out: g * (input / out),
    d_other=lambda g, other, out: g * (other / out),
)
def hypot(input, other):
    """sqrt(input**2 + other**2), without overflow.

    >>> import rushlight as torch
    >>> torch.hypot(torch.tensor([3.0]), torch.tensor([4.0]))
    tensor([5.])
    """


def _copied_sign_slope(g, input, out):
    """The sign flipped or not; 0 at zero."""
    safe = where(input == 0, 1.0, input)
    return where(input == 0, 0.0, g * (out / safe))


@elementwise(
    overloaded=True,
    ufunc=np.copysign,
    node="CopysignBackward0",
    result="float",
    numbers=(),
    check=refused("c", "copysign_cpu"),
    d_input=_copied_sign_slope,
    d_other=lambda g: g * 0,
)
def _copysign(input, other):
    """The size of the first, the sign of the second."""


@elementwise(
    title="copysign",
    overloaded=True,
    ufunc=np.copysign,
    node="CopysignBackward1",
    result="float",
    check=refused("c", "copysign_cpu"),
    d_input=_copied_sign_slope,
)
def _copysign_number(input, other):
    """The size of the elements, the sign of a number."""


def copysign(input, other, *, out=None):
    """The size of the first, the sign of the second (which may be a number).

    >>> import rushlight as torch
    >>> torch.copysign(torch.tensor([1.0, 2.0]), -1)
    tensor([-1., -2.])
    """
    if isinstance(other, NUMBER_TYPES):
        return _copysign_number(input, other, out=out)
    return _copysign(input, other, out=out)


@elementwise(
    ufunc=_floats_only(np.nextafter),
    numbers=(),
    check=refused("biuc", "nextafter_cpu"),
    d_input=lambda g, input, other: where(input == other, 0.0, g),
    d_other=lambda g, input, other: where(input == other, g, 0.0),
)
def nextafter(input, other):
    """The next number that the dtype has, in the direction of `other`."""


# Logarithms ---------------------------------------------------------------------------------------


def _log_add(input, other):
    """log(exp(a) + exp(b)); complex numbers by the one with the greater real part."""
    if input.dtype.kind == "f":
        return np.logaddexp(input, other)
    if input.dtype.kind != "c":
        raise TypeError("not floating")
    swap = input.real < other.real
    high, low = np.where(swap, other, input), np.where(swap, input, other)
    return high + np.log1p(np.exp(low - high))


@elementwise(
    ufunc=_log_add,
    numbers=(),
    check=refused("biu", "logaddexp_cpu"),
    d_input=lambda g, input, out: g * exp(input - out),
    d_other=lambda g, other, out: g * exp(other - out),
)
def logaddexp(input, other):
    """log(exp(input) + exp(other)), without overflow.

    >>> import rushlight as torch
    >>> torch.logaddexp(torch.tensor([1000.0]), torch.tensor([1000.0]))
    tensor([1000.6932])
    """


@elementwise(
    ufunc=_floats_only(np.logaddexp2),
    numbers=(),
    check=refused("biuc", "logaddexp2_cpu"),
    d_input=lambda g, input, out: g * exp((input - out) * math.log(2)),
    d_other=lambda g, other, out: g * exp((other - out) * math.log(2)),
)
def logaddexp2(input, other):
    """log2(2**input + 2**other), without overflow."""


def _times_log(function):
    """The kernel of input * function(other), which is 0 where the input is 0."""

    def kernel(input, other):
        if input.dtype.kind == "c":
            raise TypeError("complex")
        product = input * function(other)
        return np.where((input == 0) & (other == other), 0, product).astype(
            product.dtype, copy=False
        )

    return kernel


def _log_unless_zero(input, other):
    """log(other), with 0 where both are 0 or less."""
    vanishes = (input == 0) & (other <= 0)
    return where(vanishes, 0.0, log(where(vanishes, 1.0, other)))


# One operation for each kind of operands: PyTorch's Nodes are named after it.


@elementwise(
    overloaded=True,
    ufunc=_times_log(np.log),
    node="XlogyBackward0",
    result="float",
    numbers=(),
    check=refused("c", "xlogy_cpu"),
    d_input=lambda g, input, other: g * _log_unless_zero(input, other),
    d_other=lambda g, input, other: g * (input / other),
)
def _xlogy(input, other):
    """input * log(other)."""


@elementwise(
    title="xlogy",
    overloaded=True,
    ufunc=_times_log(np.log),
    node="XlogyBackward1",
    result="float",
    numbers=("input",),
    check=refused("c", "xlogy_cpu"),
    d_other=lambda g, input, other: g * (input / other),
)
def _number_xlogy(input, other):
    """input * log(other), for a number `input`."""


@elementwise(
    title="xlogy",
    overloaded=True,
    ufunc=_times_log(np.log),
    node="XlogyBackward2",
    result="float",
    check=refused("c", "xlogy_cpu"),
    d_input=lambda g, input, other: g * _log_unless_zero(input, other),
)
def _xlogy_number(input, other):
    """input * log(other), for a number `other`."""


def xlogy(input, other, *, out=None):
    """input * log(other), and 0 where the input is 0; one of them may be a number.

    >>> import rushlight as torch
    >>> torch.xlogy(torch.tensor([0.0, 2.0]), torch.tensor([0.0, 1.0]))
    tensor([0., 0.])
    """
    if isinstance(input, NUMBER_TYPES):
        return _number_xlogy(input, other, out=out)
    if isinstance(other, NUMBER_TYPES):
        return _xlogy_number(input, other, out=out)
    return _xlogy(input, other, out=out)


@elementwise(
    ufunc=_times_log(np.log1p),
    node="SpecialXlog1PyBackward0",
    result="float",
    numbers=BOTH,
    title="special_xlog1py",
    overloaded=True,
    check=refused("c", "xlog1py_cpu"),
    d_input=lambda g, input, other: g * _log1p_unless_zero(input, other),
    d_other=lambda g, input, other: g * (input / (other + 1)),
)
def xlog1py(input, other):
    """input * log(1 + other), and 0 where the input is 0."""


def _log1p_unless_zero(input, other):
    """log1p(other), with 0 where the input is 0 and other is -1 or less."""
    vanishes = (input == 0) & (other <= -1)
    return where(vanishes, 0.0, log1p(where(vanishes, 0.0, other)))


# Integers, and powers of two ----------------------------------------------------------------------


def _integers_only(ufunc):
    def kernel(input, other):
        if input.dtype.kind not in "iu":
            raise TypeError("not integers")
        return ufunc(input, other)

    return kernel


@elementwise(ufunc=_integers_only(np.gcd), numbers=(), check=refused("bfc", "gcd_cpu"))
def gcd(input, other):
    """Greatest common divisor of integers.

    >>> import rushlight as torch
    >>> torch.gcd(torch.tensor([12, 9]), torch.tensor([8, 6]))
    tensor([4, 3])
    """


@elementwise(ufunc=_integers_only(np.lcm), numbers=(), check=refused("bfc", "lcm_cpu"))
def lcm(input, other):
    """Least common multiple of integers."""


@elementwise(
    node="LdexpBackward0",
    result="float",
    numbers=(),
    d_input=lambda g, other: g * 2.0**other,
    d_other=lambda g, out: g * out * math.log(2),
)
def ldexp(input, other):
    """input * 2**other.

    >>> import rushlight as torch
    >>> torch.ldexp(torch.tensor([1.5]), torch.tensor([3]))
    tensor([12.])
    """
    return input * np.exp2(other)


@opaque(
    node="FrexpBackward0",
    outputs=("mantissa", "exponent"),
    d_input=lambda g_mantissa, exponent: g_mantissa / 2.0 ** like(exponent, g_mantissa),
)
def _frexp(input):
    """Mantissa and exponent."""
    if input.dtype.kind not in "fV":
        raise RuntimeError("torch.frexp() only supports floating-point dtypes")
    return np.frexp(input)


def frexp(input, *, out=None):
    """Mantissa, in [0.5, 1), and exponent: input = mantissa * 2**exponent.

    >>> import rushlight as torch
    >>> torch.frexp(torch.tensor([6.0])).exponent
    tensor([3], dtype=torch.int32)
    """
    return named("frexp", "mantissa", "exponent")(_frexp(input, out=out))


arctan2 = atan2
