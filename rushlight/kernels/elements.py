"""Functions of the elements of a vector that NumPy needs many passes for."""

from __future__ import annotations

from rushlight.kernels import loop
from rushlight.kernels.functions import erf, exp

__all__ = ["gelu", "gelu_slope"]

SQRT_HALF = 0.7071067811865476
SQRT_INVERSE_TWO_PI = 0.3989422804014327


@loop
def gelu(start, stop, x, out):
    """x times the probability that a standard normal number is below x."""
    number = x.dtype.type
    root, half, one = number(SQRT_HALF), number(0.5), number(1)
    x, out = x[start:stop], out[start:stop]
    for i in range(len(x)):
        out[i] = x[i] * half * (one + erf(x[i] * root))


@loop
def gelu_slope(start, stop, g, x, out):
    """g times the derivative of gelu."""
    number = x.dtype.type
    root, half, one = number(SQRT_HALF), number(0.5), number(1)
    height = number(SQRT_INVERSE_TWO_PI)
    g, x, out = g[start:stop], x[start:stop], out[start:stop]
    for i in range(len(x)):
        density = height * exp(-half * x[i] * x[i])
        out[i] = g[i] * (half * (one + erf(x[i] * root)) + x[i] * density)
