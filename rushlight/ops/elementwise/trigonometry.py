"""Functions of angles, and the hyperbolic ones."""

from __future__ import annotations

import math

import numpy as np

from rushlight.ops.elementwise.unary import refuse_complex, rsqrt, where
from rushlight.ops.op import elementwise

__all__ = [
    "acos",
    "acosh",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctanh",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "cos",
    "cosh",
    "deg2rad",
    "rad2deg",
    "sin",
    "sinc",
    "sinh",
    "tan",
]

# Angles -------------------------------------------------------------------------------------------


@elementwise(ufunc=np.sin, result="float", d_input=lambda g, input: g * cos(input))
def sin(input):
    """Sine of each element, in radians."""


@elementwise(ufunc=np.cos, result="float", d_input=lambda g, input: -g * sin(input))
def cos(input):
    """Cosine of each element, in radians."""


@elementwise(ufunc=np.tan, result="float", d_input=lambda g, out: g * (1 + out * out))
def tan(input):
    """Tangent of each element, in radians."""


@elementwise(ufunc=np.arcsin, result="float", d_input=lambda g, input: g * rsqrt(1 - input * input))
def asin(input):
    """The angle whose sine is x."""


@elementwise(
    ufunc=np.arccos, result="float", d_input=lambda g, input: -g * rsqrt(1 - input * input)
)
def acos(input):
    """The angle whose cosine is x."""


@elementwise(ufunc=np.arctan, result="float", d_input=lambda g, input: g / (input * input + 1))
def atan(input):
    """The angle whose tangent is x."""


@elementwise(ufunc=np.sinh, result="float", d_input=lambda g, input: g * cosh(input))
def sinh(input):
    """Hyperbolic sine."""


@elementwise(ufunc=np.cosh, result="float", d_input=lambda g, input: g * sinh(input))
def cosh(input):
    """Hyperbolic cosine."""


@elementwise(
    ufunc=np.arcsinh, result="float", d_input=lambda g, input: g * rsqrt(input * input + 1)
)
def asinh(input):
    """Inverse of sinh."""


@elementwise(
    ufunc=np.arccosh,
    result="float",
    # one root for each factor keeps the right branch for complex numbers
    d_input=lambda g, input: g * (rsqrt(input - 1) * rsqrt(input + 1)),
)
def acosh(input):
    """Inverse of cosh."""


@elementwise(ufunc=np.arctanh, result="float", d_input=lambda g, input: g / (1 - input * input))
def atanh(input):
    """Inverse of tanh."""


@elementwise(
    node="Deg2RadBackward0",
    result="float",
    check=refuse_complex("deg2rad is not supported for complex tensors.", RuntimeError),
    linear=True,
    d_input=lambda g: g * (math.pi / 180),
)
def deg2rad(input):
    """Degrees as radians."""
    if input.dtype.kind == "c":
        raise TypeError("deg2rad")
    return input * (math.pi / 180)


@elementwise(
    node="Rad2DegBackward0",
    result="float",
    check=refuse_complex("rad2deg is not supported for complex tensors.", RuntimeError),
    linear=True,
    d_input=lambda g: g * (180 / math.pi),
)
def rad2deg(input):
    """Radians as degrees."""
    if input.dtype.kind == "c":
        raise TypeError("rad2deg")
    return input * (180 / math.pi)


def _sinc_slope(input):
    """The derivative of sinc."""
    turn = input * math.pi
    safe = where(input == 0, 1.0, input)
    return where(input == 0, 0.0, (cos(turn) - sinc(input)) / safe)


@elementwise(result="float", d_input=lambda g, input: g * _sinc_slope(input))
def sinc(input):
    """sin(pi * x) / (pi * x), and 1 at zero."""
    turn = np.where(input == 0, 1, input * math.pi).astype(input.dtype, copy=False)
    return np.where(input == 0, input.dtype.type(1), np.sin(turn) / turn)


arcsin, arccos, arctan = asin, acos, atan
arcsinh, arccosh, arctanh = asinh, acosh, atanh
