"""Special functions: the error function and its relatives."""

from __future__ import annotations

import math

import numpy as np

from rushlight.ops.elementwise import exp, refuse_kinds
from rushlight.ops.op import elementwise

__all__ = ["erf", "erfc"]

TWO_OVER_SQRT_PI = 2 / math.sqrt(math.pi)

# The error function -------------------------------------------------------------------------------

# Coefficients of the rational approximations in W. J. Cody, "Rational Chebyshev approximations for
# the error function", Mathematics of Computation 23 (1969): P and Q, highest power first.
_NEAR = (
    (1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2,
     3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3,
     2.84423683343917062e3),
)  # fmt: skip
_MIDDLE = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1,
     2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
     1.23033935479799725e3),
    (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2,
     1.62138957456669019e3, 3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3,
     1.23033935480374942e3),
)  # fmt: skip
_FAR = (
    (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1,
     1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242, 1.87295284992346725, 5.27905102951428412e-1, 6.05183413124413191e-2,
     2.33520497626869185e-3),
)  # fmt: skip


def _polynomial(coefficients, x):
    """Horner's rule, highest power first."""
    result = np.full_like(x, coefficients[0])
    for c in coefficients[1:]:
        result *= x
        result += c
    return result


def _ratio(coefficients, x):
    return _polynomial(coefficients[0], x) / _polynomial(coefficients[1], x)


def _scaled_erfc(x):
    """exp(x * x) * erfc(x) for x > 0.46875."""
    result = _ratio(_MIDDLE, np.minimum(x, 4.0))
    far = x > 4
    if far.any():
        t = x[far]
        inverse = 1 / (t * t)
        tail = inverse * _ratio(_FAR, inverse)
        result[far] = (1 / math.sqrt(math.pi) - tail) / t
    return result


def _exp_of_negative_square(x):
    """exp(-x * x), the square split so that its rounding error doesn't grow."""
    head = np.trunc(x * 16) / 16
    return np.exp(-head * head) * np.exp(-(x - head) * (x + head))


def _erf_parts(x):
    """(erf where |x| <= 0.46875, erfc of |x| elsewhere), for a flat float64 array."""
    size = np.abs(x)
    near = size <= 0.46875
    small, large = x[near], size[~near]
    return near, small * _ratio(_NEAR, small * small), _exp_of_negative_square(large) * _scaled_erfc(large)


def _on_float64(function):
    """A kernel that computes in float64 on a flat array and rounds once."""

    def kernel(input):
        if input.dtype.kind != "f":
            raise TypeError("not real")
        flat = np.asarray(input, np.float64).reshape(-1)
        result = function(np.clip(flat, -40, 40))
        return result.astype(input.dtype).reshape(input.shape)

    return kernel


def _erf(x):
    near, small, tail = _erf_parts(x)
    result = np.empty_like(x)
    result[near] = small
    result[~near] = np.copysign(1 - tail, x[~near])
    return result


def _erfc(x):
    near, small, tail = _erf_parts(x)
    result = np.empty_like(x)
    result[near] = 1 - small
    result[~near] = np.where(x[~near] < 0, 2 - tail, tail)
    return result


@elementwise(
    ufunc=_on_float64(_erf),
    result="float",
    check=refuse_kinds("c", "erf_vml_cpu"),
    d_input=lambda g, input: g * (TWO_OVER_SQRT_PI * exp(-(input * input))),
)
def erf(input):
    """The error function: 2 / sqrt(pi) times the integral of exp(-t * t) from 0 to x.

    Source: W. J. Cody, "Rational Chebyshev approximations for the error function", 1969.

    >>> import rushlight as torch
    >>> torch.erf(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8427])
    """


@elementwise(
    ufunc=_on_float64(_erfc),
    result="float",
    check=refuse_kinds("c", "erfc_vml_cpu"),
    d_input=lambda g, input: g * (-TWO_OVER_SQRT_PI * exp(-(input * input))),
)
def erfc(input):
    """1 - erf(x), exact where that is tiny too."""
