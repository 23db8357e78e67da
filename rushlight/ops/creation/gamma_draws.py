"""Draws of gamma and Dirichlet numbers, and how they move when their parameters do.

A draw x of a distribution F(x; a) has the derivative dx/da = -(dF/da) / (dF/dx): the draw keeps its
place among all draws while the distribution moves under it.

Source: M. Figurnov, S. Mohamed, A. Mnih, "Implicit reparameterization gradients", 2018. The
derivatives of the incomplete gamma and beta functions come from their series and continued
fraction, evaluated at complex parameters (W. Squire, G. Trapp, "Using complex variables to estimate
derivatives of real functions", 1998). They are exact to some 10 digits; PyTorch's approximations
differ from them by up to 0.0004 of their value.
"""

from __future__ import annotations

import numpy as np

from rushlight.ops.creation.sample import stream
from rushlight.ops.elementwise.gamma import _digamma, in_float64
from rushlight.ops.op import elementwise, opaque
from rushlight.ops.reduction.sums import _sum
from rushlight.ops.refused import not_implemented, refuse_derivative

__all__ = ["_dirichlet_grad", "_sample_dirichlet", "_standard_gamma", "_standard_gamma_grad"]

_STEP = 1e-150j  # in the complex direction there is no cancellation, so it can be this small


def _summed(term, ratio):
    """The sum of a series of arrays, whose term n + 1 is term n times `ratio(n)`."""
    total, n = term, 0
    while True:
        term = term * ratio(n)
        total, n = total + term, n + 1
        small = 1e-17 * abs(total)
        if np.all((abs(term) <= small) & (abs(term.imag) <= 1e-17 * abs(total.imag))) or n > 100000:
            return total


# Gamma --------------------------------------------------------------------------------------------


def _gamma_below(a, x):
    """The derivative for small x, from the series of the lower incomplete gamma function."""
    series = _summed(np.ones_like(a + _STEP), lambda n: x / (a + _STEP + n + 1))
    slope = series.imag / _STEP.imag
    return -x / a * (series.real * (np.log(x) - _digamma(a + 1)) + slope)


def _gamma_above(a, x):
    """The derivative for large x, from the upper function's continued fraction (Lentz's method)."""
    a_complex = a + _STEP
    b = x + 1 - a_complex
    c, d = np.full_like(b, 1e300), 1 / b
    fraction = d
    for n in range(1, 100000):
        factor = n * (a_complex - n)
        b = b + 2
        d = 1 / (factor * d + b)
        c = b + factor / c
        fraction = fraction * (c * d)
        if np.all(abs(c * d - 1) < 1e-16):
            break
    slope = fraction.imag / _STEP.imag
    return x * (fraction.real * (np.log(x) - _digamma(a)) + slope)


def _gamma_of_many(a, x):
    """The derivative for a large concentration, where draws are nearly normal.

    Source: E. Cornish, R. Fisher, "Moments and cumulants in the specification of distributions",
    1937: x = a + z sqrt(a) + (z^2 - 1) / 3 + (z^3 - 7z) / (36 sqrt(a)), with a normal number z.
    """
    root, z = np.sqrt(a), (x - a) / np.sqrt(a)
    for _ in range(20):
        z = (x - a - (z * z - 1) / 3 - (z**3 - 7 * z) / (36 * root)) / root
    return 1 + z / (2 * root) - (z**3 - 7 * z) / (72 * a * root)


@np.errstate(divide="ignore", invalid="ignore")
def _gamma_slope(a, x):
    a, x = np.broadcast_arrays(a, x)
    many = a > 1e4
    below = (x <= a + 1) & ~many
    above = ~below & ~many
    result = np.full(a.shape, np.nan)
    for part, function in ((below, _gamma_below), (above, _gamma_above), (many, _gamma_of_many)):
        if part.any():
            result[part] = function(a[part], x[part])
    return result


@elementwise(
    ufunc=in_float64(_gamma_slope),
    result="float",
    numbers=(),
    check=None,
    d_input=lambda g: not_implemented("_standard_gamma_grad"),
    d_output=lambda g: not_implemented("_standard_gamma_grad"),
)
def _standard_gamma_grad(input, output):
    """The derivative of the gamma draw `output` by its concentration `input`."""


@opaque(
    node="StandardGammaBackward0",
    takes_out=False,
    d_input=lambda g, input, out: g * _standard_gamma_grad(input, out),
)
def _gamma_draws(input, *, generator):
    """Gamma numbers of the concentrations `input`."""
    return generator.standard_gamma(input)


def _standard_gamma(input, generator=None):
    """Gamma numbers of rate 1, one for each concentration.

    Source: G. Marsaglia, W. Tsang, "A simple method for generating gamma variables", 2000.

    >>> import rushlight as torch
    >>> torch._standard_gamma(torch.ones(3)).shape
    torch.Size([3])
    """
    return _gamma_draws(input, generator=stream(generator))


# Dirichlet ----------------------------------------------------------------------------------------


def _beta_series(x, a, b):
    """The series of the incomplete beta function, less its factor x**a (1 - x)**b / (a B(a, b))."""
    start = np.ones_like(x + a + b)
    return _summed(start + 0j, lambda n: (a + b + n) * x / (a + 1 + n))


def _beta_low(x, a, b):
    series = _beta_series(x, a + _STEP, b)
    slope = series.imag / _STEP.imag
    place = np.log(x) - 1 / a - _digamma(a) + _digamma(a + b)
    return -x / a * (series.real * place + slope)


def _beta_high(x, a, b):
    series = _beta_series(1 - x, b, a + _STEP)
    slope = series.imag / _STEP.imag
    place = np.log(x) - _digamma(a) + _digamma(a + b)
    return x / b * (series.real * place + slope)


@np.errstate(divide="ignore", invalid="ignore")
def _beta_slope(x, a, total):
    x, a, total = np.broadcast_arrays(x, a, total)
    b = total - a
    inside = (x > 0) & (x < 1) & (b > 0)
    low = inside & (x * (total + 2) <= a + 1)
    high = inside & ~low
    result = np.zeros(x.shape)
    for part, function in ((low, _beta_low), (high, _beta_high)):
        if part.any():
            result[part] = function(x[part], a[part], b[part])
    return result


@elementwise(
    ufunc=in_float64(_beta_slope),
    result="float",
    numbers=(),
    check=None,
    d_x=lambda g: refuse_derivative("_dirichlet_grad"),
    d_alpha=lambda g: refuse_derivative("_dirichlet_grad"),
    d_total=lambda g: refuse_derivative("_dirichlet_grad"),
)
def _dirichlet_grad(x, alpha, total):
    """How one entry of a Dirichlet draw moves with its concentration, divided by 1 - x."""


@opaque(
    node="_DirichletBackward",
    takes_out=False,
    d_input=lambda g, input, out: (
        _dirichlet_grad(out, input, _sum(input, dim=(-1,), keepdim=True))
        * (g - _sum(out * g, dim=(-1,), keepdim=True))
    ),
)
def _dirichlet_draws(input, *, generator):
    """Draws of the concentrations `input`."""
    draws = generator.standard_gamma(input)
    return draws / draws.sum(-1, keepdims=True)


def _sample_dirichlet(input, generator=None):
    """Dirichlet draws, one for each vector of concentrations: gamma numbers divided by their sum.

    >>> import rushlight as torch
    >>> torch._sample_dirichlet(torch.ones(4)).shape
    torch.Size([4])
    """
    return _dirichlet_draws(input, generator=stream(generator))
