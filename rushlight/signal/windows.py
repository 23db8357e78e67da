"""Window functions: weights that fade a piece of a signal in and out.

`sym=True` gives a symmetric window (for filters), `sym=False` one period of a periodic one (for
spectra): the window of one more point without its last.

Source of the cosine sums: A. Nuttall, "Some windows with very good sidelobe behavior", 1981.
"""

from __future__ import annotations

import math

import numpy as np

from rushlight import dtypes
from rushlight.ops.creation.constants import made
from rushlight.tensor import type_name

__all__ = [
    "bartlett",
    "blackman",
    "cosine",
    "exponential",
    "gaussian",
    "general_cosine",
    "general_hamming",
    "hamming",
    "hann",
    "kaiser",
    "nuttall",
]


def _window(name, M, sym, options, weights):
    """A window of `M` points: `weights(n, last)` of the numbers 0 ... last."""
    dtype, device, requires_grad = _checked(name, M, **options)
    if M < 2:
        array = np.ones(M)
    else:
        last = M - 1 if sym else M
        array = weights(np.arange(M, dtype=np.float64), last)
    return made(name, np.asarray(array).astype(dtype.array_dtype), None, device, requires_grad)


def _checked(name, M, dtype=None, layout=None, device=None, requires_grad=False):
    if not hasattr(M, "__index__"):
        raise TypeError(f"{name}(): argument 'M' must be int, not {type_name(M)}")
    if M < 0:
        raise ValueError(f"{name} requires non-negative window length, got M={M}")
    dtype = dtypes.get_default_dtype() if dtype is None else dtype
    if dtype not in (dtypes.float32, dtypes.float64):
        raise ValueError(f"{name} expects float32 or float64 dtypes, got: {dtype}")
    if layout is not None and repr(layout) != "torch.strided":
        raise ValueError(f"{name} is implemented for strided tensors only, got: {layout}")
    return dtype, device, requires_grad


def _cosines(coefficients):
    """The weights sum (-1)**i * a[i] * cos(2 pi i n / last)."""

    def weights(n, last):
        angle = 2 * math.pi * n / last
        return sum((-1) ** i * a * np.cos(i * angle) for i, a in enumerate(coefficients))

    return weights


def general_cosine(M, *, a, sym=True, **options):
    """A sum of cosines with the coefficients `a`.

    >>> import rushlight as torch
    >>> torch.signal.windows.general_cosine(3, a=[0.5, 0.5])
    tensor([0., 1., 0.])
    """
    if not hasattr(a, "__iter__"):
        raise TypeError("Coefficients must be a list/tuple")
    if not a:
        raise ValueError("Coefficients cannot be empty")
    return _window("general_cosine", M, sym, options, _cosines(a))


def general_hamming(M, *, alpha=0.54, sym=True, **options):
    """alpha - (1 - alpha) * cos(2 pi n / last)."""
    return general_cosine(M, a=[alpha, 1.0 - alpha], sym=sym, **options)


def hamming(M, *, sym=True, **options):
    """0.54 - 0.46 * cos(2 pi n / last): a Hann window on a pedestal."""
    return general_hamming(M, sym=sym, **options)


def hann(M, *, sym=True, **options):
    """0.5 - 0.5 * cos(2 pi n / last).

    >>> import rushlight as torch
    >>> torch.signal.windows.hann(5)
    tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000])
    """
    return general_hamming(M, alpha=0.5, sym=sym, **options)


def blackman(M, *, sym=True, **options):
    """Three cosines: 0.42, 0.5, 0.08."""
    return _window("blackman", M, sym, options, _cosines([0.42, 0.5, 0.08]))


def nuttall(M, *, sym=True, **options):
    """Four cosines, with side lobes below -93 dB."""
    return general_cosine(M, a=[0.3635819, 0.4891775, 0.1365995, 0.0106411], sym=sym, **options)


def bartlett(M, *, sym=True, **options):
    """A triangle that begins and ends at zero."""
    return _window("bartlett", M, sym, options, lambda n, last: 1 - np.abs(2 * n / last - 1))


def cosine(M, *, sym=True, **options):
    """Half a period of a sine: sin(pi (n + 1/2) / M)."""
    return _window(
        "cosine", M, sym, options, lambda n, last: np.sin(math.pi * (n + 0.5) / (last + 1))
    )


def exponential(M, *, center=None, tau=1.0, sym=True, **options):
    """exp(-|n - center| / tau)."""
    if tau <= 0:
        raise ValueError(f"Tau must be positive, got: {tau} instead.")
    if sym and center is not None:
        raise ValueError("Center must be None for symmetric windows")

    def weights(n, last):
        return np.exp(-np.abs(n - (last / 2 if center is None else center)) / tau)

    return _window("exponential", M, sym, options, weights)


def gaussian(M, *, std=1.0, sym=True, **options):
    """exp(-(n - middle)**2 / (2 std**2))."""
    if std <= 0:
        raise ValueError(f"Standard deviation must be positive, got: {std} instead.")
    return _window(
        "gaussian", M, sym, options, lambda n, last: np.exp(-(((n - last / 2) / std) ** 2) / 2)
    )


def kaiser(M, *, beta=12.0, sym=True, **options):
    """I0(beta * sqrt(1 - x**2)) / I0(beta), with x from -1 to 1.

    Source: J. Kaiser, "Nonrecursive digital filter design using the I0-sinh window function", 1974.
    """
    if beta < 0:
        raise ValueError(f"beta must be non-negative, got: {beta} instead.")

    def weights(n, last):
        inside = np.maximum(1 - (2 * n / last - 1) ** 2, 0)
        return np.i0(beta * np.sqrt(inside)) / np.i0(beta)

    return _window("kaiser", M, sym, options, weights)
