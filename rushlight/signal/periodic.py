"""The older names of windows, which are periodic unless they are told otherwise."""

from __future__ import annotations

from rushlight.signal import windows

__all__ = ["bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window"]


def hann_window(window_length, periodic=True, **options):
    """`signal.windows.hann`, one period of it.

    >>> import rushlight as torch
    >>> torch.hann_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    return windows.hann(_length("hann", window_length), sym=not periodic, **options)


def hamming_window(window_length, periodic=True, alpha=0.54, beta=0.46, **options):
    """alpha - beta * cos(2 pi n / length), one period of it."""
    length = _length("hamming", window_length)
    return windows.general_cosine(length, a=[alpha, beta], sym=not periodic, **options)


def blackman_window(window_length, periodic=True, **options):
    """`signal.windows.blackman`, one period of it."""
    return windows.blackman(_length("blackman", window_length), sym=not periodic, **options)


def bartlett_window(window_length, periodic=True, **options):
    """`signal.windows.bartlett`, one period of it."""
    return windows.bartlett(_length("bartlett", window_length), sym=not periodic, **options)


def kaiser_window(window_length, periodic=True, beta=12.0, **options):
    """`signal.windows.kaiser`, one period of it."""
    length = _length("kaiser", window_length)
    return windows.kaiser(length, beta=beta, sym=not periodic, **options)


def _length(name, window_length):
    if window_length < 0:
        raise RuntimeError(
            f"{name}_window requires non-negative window_length, got window_length={window_length}"
        )
    return window_length
