"""The gamma function and its relatives."""

from __future__ import annotations

import math

import numpy as np

from rushlight.ops.elementwise.unary import exp, log, refuse_kinds
from rushlight.ops.op import elementwise
from rushlight.ops.refused import NOT_FLOATING, not_implemented
from rushlight.ops.scipy_functions import from_scipy

__all__ = ["digamma", "igamma", "igammac", "lgamma", "mvlgamma", "polygamma"]

# Bernoulli numbers B(2), B(4), ..., B(24)
_BERNOULLI = (
    1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798,
    -174611 / 330, 854513 / 138, -236364091 / 2730,
)  # fmt: skip


def in_float64(function):
    """A kernel that computes in float64 and rounds once."""

    def kernel(*arrays):
        if any(x.dtype.kind not in "fV" for x in arrays):
            raise TypeError("not real")
        result = function(*(np.asarray(x, np.float64) for x in arrays))
        return np.asarray(result).astype(arrays[0].dtype)

    return kernel


# The logarithm of gamma and its derivatives -------------------------------------------------------


def _lgamma_of_number(x):
    if x <= 0 and x == math.floor(x):
        return math.inf
    return math.lgamma(x)


_lgamma = np.frompyfunc(_lgamma_of_number, 1, 1)


@elementwise(
    ufunc=in_float64(lambda x: np.asarray(_lgamma(x), np.float64)),
    result="float",
    check=refuse_kinds("c", "lgamma_vml_cpu"),
    d_input=lambda g, input: g * digamma(input),
)
def lgamma(input):
    """The logarithm of the absolute value of gamma(x).

    >>> import rushlight as torch
    >>> torch.lgamma(torch.tensor([1.0, 4.0]))
    tensor([0.0000, 1.7918])
    """


def _digamma(x):
    """The derivative of lgamma: moved up by its recurrence, then the asymptotic series."""
    reflected = x < 0
    y = np.where(reflected | (x == 0), 1 - x, x)
    result = np.zeros_like(y)
    for _ in range(10):
        low = y < 10
        result = np.where(low, result - 1 / y, result)
        y = np.where(low, y + 1, y)
    inverse = 1 / (y * y)
    series = np.zeros_like(y)
    for k in range(len(_BERNOULLI), 0, -1):
        series = (series + _BERNOULLI[k - 1] / (2 * k)) * inverse
    result = result + np.log(y) - 0.5 / y - series
    fraction = x - np.floor(x)
    pole = fraction == 0
    turned = np.where(pole, np.nan, np.pi / np.tan(np.pi * np.where(pole, 0.5, fraction)))
    result = np.where(reflected, result - turned, result)
    return np.where(x == 0, np.copysign(np.inf, -x), result)


@elementwise(
    ufunc=in_float64(_digamma),
    result="float",
    check=refuse_kinds("c", "digamma"),
    d_input=lambda g, input: g * _polygamma(input, n=1),
)
def digamma(input):
    """The derivative of lgamma.

    Source: M. Abramowitz and I. Stegun, "Handbook of mathematical functions", 6.3.

    >>> import rushlight as torch
    >>> torch.digamma(torch.tensor([1.0]))
    tensor([-0.5772])
    """


def _zeta(s, q):
    """Hurwitz's zeta function, by the Euler-Maclaurin formula.

    Source: Abramowitz and Stegun, 23.2.
    """
    s, q = np.broadcast_arrays(s, q)
    start = np.floor(q)
    lowest = float(np.min(start, initial=10.0, where=np.isfinite(start)))
    total, a = np.zeros(s.shape), q.astype(np.float64)
    for _ in range(int(max(10, 10 - lowest))):
        total = total + a**-s
        a = a + 1
    total = total + a ** (1 - s) / (s - 1) + 0.5 * a**-s
    factor = s * a ** (-s - 1)
    for k, b in enumerate(_BERNOULLI, 1):
        total = total + b / math.factorial(2 * k) * factor
        factor = factor * (s + 2 * k - 1) * (s + 2 * k) / (a * a)
    pole = (q <= 0) & (q == np.floor(q))
    unknown = (s < 1) | ((q <= 0) & (s != np.floor(s)))
    return np.where(s == 1, np.inf, np.where(unknown, np.nan, np.where(pole, np.inf, total)))


@elementwise(
    ufunc=in_float64(_zeta),
    result="float",
    node="SpecialZetaBackward0",
    numbers=("input", "other"),
    title="special_zeta",
    overloaded=True,
    check=refuse_kinds("c", "zeta_cpu"),
    d_input=lambda g: not_implemented("zeta"),
    d_other=lambda g, input, other: -g * input * zeta(input + 1, other),
)
def zeta(input, other):
    """Hurwitz's zeta function: the sum of (k + other) ** -input over k = 0, 1, 2, ..."""


def _polygamma_values(input, *, n):
    if n == 0:
        return _digamma(input)
    sign = -1.0 if n % 2 == 0 else 1.0
    return sign * math.factorial(n) * _zeta(np.float64(n + 1), input)


@elementwise(
    ufunc=lambda input, *, n: in_float64(lambda x: _polygamma_values(x, n=n))(input),
    result="float",
    node="PolygammaBackward0",
    check=refuse_kinds("c", "trigamma"),
    d_input=lambda g, input, n: g * _polygamma(input, n=n + 1),
)
def _polygamma(input, *, n):
    """The n-th derivative of digamma."""


def polygamma(n, input, *, out=None):
    """The n-th derivative of digamma.

    >>> import rushlight as torch
    >>> torch.polygamma(1, torch.tensor([1.0]))
    tensor([1.6449])
    """
    return polygamma_of(input, n, out=out)


def polygamma_of(input, n, *, out=None):
    """polygamma with the tensor first, as the method has it."""
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    return _polygamma(input, n=n, out=out)


def mvlgamma(input, p, *, out=None):
    """The logarithm of the multivariate gamma function of dimension p.

    It is p * (p - 1) / 4 * log(pi) + the sum of lgamma(x - j / 2) over j = 0, ..., p - 1.
    """
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")
    return _mvlgamma(input, p=p, out=out)


def _mvlgamma_slope(input, p):
    """The derivative of mvlgamma."""
    total = digamma(input)
    for j in range(1, p):
        total = total + digamma(input - 0.5 * j)
    return total


@elementwise(
    result="float",
    node="MvlgammaBackward0",
    check=refuse_kinds("c", "arange_cpu"),
    d_input=lambda g, input, p: g * _mvlgamma_slope(input, p),
)
def _mvlgamma(input, *, p):
    """The logarithm of the multivariate gamma function."""
    values = np.asarray(input, np.float64)
    total = np.full(input.shape, p * (p - 1) / 4 * math.log(math.pi))
    for j in range(p):
        total = total + np.asarray(_lgamma(values - 0.5 * j), np.float64)
    return total.astype(input.dtype if input.dtype.kind in "fV" else np.float64)


# The incomplete gamma function --------------------------------------------------------------------


def _gamma_density(input, other):
    """The derivative of igamma in its second argument."""
    return exp((input - 1) * log(other) - other - lgamma(input))


@elementwise(
    ufunc=in_float64(lambda a, x: from_scipy("gammainc", "torch.igamma")(a, x)),
    refuses=(NOT_FLOATING, "igamma_cpu"),
    numbers=(),
    d_input=lambda g: not_implemented("igamma: input"),
    d_other=lambda g, input, other: g * _gamma_density(input, other),
)
def igamma(input, other):
    """The regularized lower incomplete gamma function P(input, other). Needs SciPy."""


@elementwise(
    ufunc=in_float64(lambda a, x: from_scipy("gammaincc", "torch.igammac")(a, x)),
    refuses=(NOT_FLOATING, "igammac_cpu"),
    numbers=(),
    d_input=lambda g: not_implemented("igammac: input"),
    d_other=lambda g, input, other: -g * _gamma_density(input, other),
)
def igammac(input, other):
    """The regularized upper incomplete gamma function: 1 - igamma. Needs SciPy."""
