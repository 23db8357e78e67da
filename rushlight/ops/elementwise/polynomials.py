"""Orthogonal polynomials of degree n, each by its recurrence of three terms.

Source: M. Abramowitz and I. Stegun, "Handbook of mathematical functions", 22.7.
"""

from __future__ import annotations

import numpy as np

from rushlight.ops.elementwise.pairs import refused
from rushlight.ops.op import elementwise

__all__ = [
    "chebyshev_polynomial_t",
    "chebyshev_polynomial_u",
    "chebyshev_polynomial_v",
    "chebyshev_polynomial_w",
    "hermite_polynomial_h",
    "hermite_polynomial_he",
    "laguerre_polynomial_l",
    "legendre_polynomial_p",
    "shifted_chebyshev_polynomial_t",
    "shifted_chebyshev_polynomial_u",
    "shifted_chebyshev_polynomial_v",
    "shifted_chebyshev_polynomial_w",
]


def polynomial(first, following):
    """An operation: the polynomial of degree n in x; 0 for negative n.

    Args:
        first: the polynomial of degree 1 (that of degree 0 is 1).
        following: (x, k, p, q) to the polynomial of degree k + 1, from those of degree k and k - 1.
    """

    def kernel(input, n):
        if input.dtype.kind != "f":
            raise TypeError("not real")
        x, degree = np.broadcast_arrays(input.astype(np.float64), np.trunc(n))
        before, current = np.ones(x.shape), first(x)
        result = np.where(degree == 0, before, np.where(degree == 1, current, 0.0))
        for k in range(1, int(np.max(degree, initial=0))):
            before, current = current, following(x, k, current, before)
            result = np.where(degree == k + 1, current, result)
        return result.astype(input.dtype)

    def declare(function):
        name = function.__name__
        declared = elementwise(
            ufunc=kernel,
            result="float",
            numbers=("input", "n"),
            check=refused("c", f"{name}_cpu"),
            title=f"special_{name}",
            overloaded=True,
        )
        return declared(function)

    return declare


def _doubled(x, k, p, q):
    return 2 * x * p - q


def _shifted(x, k, p, q):
    return (4 * x - 2) * p - q


@polynomial(lambda x: x, _doubled)
def chebyshev_polynomial_t(input, n):
    """Chebyshev's polynomial of the first kind: cos(n * acos(x))."""


@polynomial(lambda x: 2 * x, _doubled)
def chebyshev_polynomial_u(input, n):
    """Chebyshev's polynomial of the second kind."""


@polynomial(lambda x: 2 * x - 1, _doubled)
def chebyshev_polynomial_v(input, n):
    """Chebyshev's polynomial of the third kind."""


@polynomial(lambda x: 2 * x + 1, _doubled)
def chebyshev_polynomial_w(input, n):
    """Chebyshev's polynomial of the fourth kind."""


@polynomial(lambda x: 2 * x - 1, _shifted)
def shifted_chebyshev_polynomial_t(input, n):
    """Chebyshev's polynomial of the first kind, of 2x - 1."""


@polynomial(lambda x: 4 * x - 2, _shifted)
def shifted_chebyshev_polynomial_u(input, n):
    """Chebyshev's polynomial of the second kind, of 2x - 1."""


@polynomial(lambda x: 4 * x - 3, _shifted)
def shifted_chebyshev_polynomial_v(input, n):
    """Chebyshev's polynomial of the third kind, of 2x - 1."""


@polynomial(lambda x: 4 * x - 1, _shifted)
def shifted_chebyshev_polynomial_w(input, n):
    """Chebyshev's polynomial of the fourth kind, of 2x - 1."""


@polynomial(lambda x: 2 * x, lambda x, k, p, q: 2 * x * p - 2 * k * q)
def hermite_polynomial_h(input, n):
    """The physicists' Hermite polynomial."""


@polynomial(lambda x: x, lambda x, k, p, q: x * p - k * q)
def hermite_polynomial_he(input, n):
    """The probabilists' Hermite polynomial."""


@polynomial(lambda x: 1 - x, lambda x, k, p, q: ((2 * k + 1 - x) * p - k * q) / (k + 1))
def laguerre_polynomial_l(input, n):
    """Laguerre's polynomial."""


@polynomial(lambda x: x, lambda x, k, p, q: ((2 * k + 1) * x * p - k * q) / (k + 1))
def legendre_polynomial_p(input, n):
    """Legendre's polynomial."""
