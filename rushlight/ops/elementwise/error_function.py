"""Special functions around the normal distribution: the error function and its relatives."""

from __future__ import annotations

import math

import numpy as np

from rushlight.ops.elementwise.unary import exp, log, refuse_kinds, where
from rushlight.ops.op import elementwise

__all__ = ["erf", "erfc", "erfinv", "logit"]

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
    return (
        near,
        small * _ratio(_NEAR, small * small),
        _exp_of_negative_square(large) * _scaled_erfc(large),
    )


def _on_float64(function):
    """A kernel that computes in float64 on a flat array and rounds once."""

    def kernel(input):
        if input.dtype.kind not in "fV":
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


# The rational approximation of erf for float32 in the library Eigen: numerator and denominator in
# x * x. The relative error is below 2.5 units in the last place of float32.
_SINGLE = (
    (2.2905065861350646e-4, 3.4082910107109506e-3, 5.0955695062380861e-2, 1.8520832239976145e-1,
     1.128379143519084),
    (-1.1791602954361697e-7, 2.3547966471313185e-5, 1.0179625278914885e-3, 1.4070470171167667e-2,
     1.1098505178285362e-1, 4.9746925110067538e-1, 1.0),
)  # fmt: skip

_erf_on_float64 = _on_float64(_erf)


def _erf_kernel(input):
    """erf by the way that is fastest for this size and dtype."""
    if input.size <= 256 and input.dtype.kind in "fV":
        values = [math.erf(v) for v in input.reshape(-1).tolist()]
        return np.array(values, input.dtype).reshape(input.shape)
    if input.dtype != np.float32:
        return _erf_on_float64(input)
    x = input.astype(np.float64).clip(-3.7439211627767995, 3.7439211627767995)
    return (_ratio(_SINGLE, x * x) * x).astype(np.float32)


@elementwise(
    ufunc=_erf_kernel,
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


def _erfcx(x):
    """exp(x * x) * erfc(x)."""
    near, small, _ = _erf_parts(x)
    result = np.empty_like(x)
    result[near] = np.exp(x[near] ** 2) * (1 - small)
    far = x[~near]
    scaled = _scaled_erfc(np.abs(far))
    result[~near] = np.where(far < 0, 2 * np.exp(far * far) - scaled, scaled)
    return result


def _unclipped(function):
    """As `_on_float64`, for functions that don't level off."""

    def kernel(input):
        if input.dtype.kind not in "fV":
            raise TypeError("not real")
        flat = np.asarray(input, np.float64).reshape(-1)
        return function(flat).astype(input.dtype).reshape(input.shape)

    return kernel


@elementwise(
    ufunc=_unclipped(_erfcx),
    result="float",
    node="SpecialErfcxBackward0",
    check=refuse_kinds("c", "erfcx_cpu"),
    d_input=lambda g, input, out: g * (2 * input * out - TWO_OVER_SQRT_PI),
)
def erfcx(input):
    """exp(x * x) * erfc(x), which doesn't underflow."""


def _log_erfc_of_positive(x):
    """log(erfc(x)) for x >= 0, also where erfc underflows."""
    return np.log(_erfcx(x)) - x * x


def _erfinv(x):
    """The inverse of erf, by Newton's method from a guess in elementary functions.

    Source of the guess: S. Winitzki, "A handy approximation for the error function and its
    inverse", 2008. On log(erfc) Newton's method converges in the tails too.
    """
    size = np.abs(x)
    bent = np.log1p(-np.minimum(size * size, 1 - 1e-17))
    half = 2 / (math.pi * 0.147) + bent / 2
    guess = np.sqrt(np.maximum(np.sqrt(half * half - bent / 0.147) - half, 0))
    near = size < 0.5
    for _ in range(3):
        slope = TWO_OVER_SQRT_PI * np.exp(-guess * guess)
        center = (_erf(guess) - size) / slope
        tail = (_log_erfc_of_positive(guess) - np.log1p(-size)) * _erfcx(guess) / -TWO_OVER_SQRT_PI
        guess = guess - np.where(near, center, tail)
    guess = np.where(size == 1, np.inf, np.where(size > 1, np.nan, guess))
    return np.copysign(guess, x)


@elementwise(
    ufunc=_unclipped(_erfinv),
    result="float",
    check=refuse_kinds("c", "erfinv_vml_cpu"),
    d_input=lambda g, out: g * (exp(out * out) * (1 / TWO_OVER_SQRT_PI)),
)
def erfinv(input):
    """The inverse of erf, on (-1, 1).

    >>> import rushlight as torch
    >>> torch.erfinv(torch.tensor([0.5]))
    tensor([0.4769])
    """


# The normal distribution --------------------------------------------------------------------------

SQRT_HALF = math.sqrt(0.5)
SQRT_2_PI = math.sqrt(2 * math.pi)


@elementwise(
    ufunc=_on_float64(lambda x: 0.5 * _erfc(-x * SQRT_HALF)),
    result="float",
    node="SpecialNdtrBackward0",
    check=refuse_kinds("c", "erf_vml_cpu"),
    d_input=lambda g, input: g * (exp(input * input * -0.5) * (1 / SQRT_2_PI)),
)
def ndtr(input):
    """The probability that a standard normal number is below x."""


def _log_ndtr(x):
    scaled = x * SQRT_HALF
    low = np.minimum(scaled, -1.0)
    high = np.maximum(scaled, -1.0)
    below = np.log(_erfcx(-low) / 2) - low * low
    return np.where(scaled < -1, below, np.log1p(-_erfc(np.minimum(high, 40)) / 2))


@elementwise(
    ufunc=_unclipped(_log_ndtr),
    result="float",
    node="SpecialLogNdtrBackward0",
    check=refuse_kinds("c", "log_ndtr_cpu"),
    d_input=lambda g, input: g / erfcx(input * -SQRT_HALF) * math.sqrt(2 / math.pi),
)
def log_ndtr(input):
    """log(ndtr(x)), without underflow."""


def _ndtri(p):
    """The inverse of ndtr: through erfinv, from the side where p is not rounded."""
    tail = np.minimum(p, 1 - p)
    return np.copysign(math.sqrt(2) * _erfinv_of_tail(tail), p - 0.5)


def _erfinv_of_tail(p):
    """erfinv(1 - 2 * p) for p <= 1/2, by Newton's method on log(erfc) where p is small."""
    guess = np.asarray(_erfinv(1 - 2 * p))
    small = (p > 0) & (p < 0.1)
    guess = np.where(small, np.minimum(guess, np.sqrt(-np.log(np.where(small, p, 0.5)))), guess)
    for _ in range(6):
        step = (_log_erfc_of_positive(guess) - np.log(2 * p)) * _erfcx(guess) / -TWO_OVER_SQRT_PI
        guess = np.where(small, guess - step, guess)
    return guess


@elementwise(
    ufunc=_unclipped(_ndtri),
    result="float",
    node="SpecialNdtriBackward0",
    check=refuse_kinds("c", "ndtri_cpu"),
    d_input=lambda g, out: g * (exp(out * out * 0.5) * SQRT_2_PI),
)
def ndtri(input):
    """The inverse of ndtr: the number below which a standard normal one lies with probability x."""


# Probabilities ------------------------------------------------------------------------------------


@elementwise(
    result="float",
    node="SpecialEntrBackward0",
    check=refuse_kinds("c", "entr_cpu"),
    d_input=lambda g, input: g * (-1 - log(input)),
)
def entr(input):
    """-x * log(x): 0 at 0, and -inf below."""
    if input.dtype.kind == "c":
        raise TypeError("complex")
    positive = input > 0
    value = -input * np.log(np.where(positive, input, input.dtype.type(1)))
    least = np.where(input < 0, input.dtype.type(-np.inf), input * 0)
    return np.where(positive | (input != input), value, least)


def _logit_slope(input, eps):
    """The derivative of logit; 0 where it is cut off."""
    if eps is None or eps < 0:
        return 1 / (input * (1 - input))
    inside = (input >= eps) & (input <= 1 - eps)
    safe = where(inside, input, 0.5)
    return where(inside, 1 / (safe * (1 - safe)), 0.0)


@elementwise(
    result="float",
    node="LogitBackward0",
    check=refuse_kinds("c", "logit_cpu"),
    d_input=lambda g, input, eps: g * _logit_slope(input, eps),
)
def _logit(input, *, eps=None):
    """log(x / (1 - x))."""
    if input.dtype.kind == "c":
        raise TypeError("complex")
    if eps is not None:
        input = np.minimum(np.maximum(input, eps), 1 - eps)
    return np.log(input / (1 - input))


def logit(input, eps=None, *, out=None):
    """log(x / (1 - x)), the inverse of sigmoid; x is kept `eps` away from 0 and 1, if it is given.

    >>> import rushlight as torch
    >>> torch.logit(torch.tensor([0.5, 0.9]))
    tensor([0.0000, 2.1972])
    """
    return _logit(input, eps=eps, out=out)
