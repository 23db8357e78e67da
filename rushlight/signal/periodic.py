"""The older names of windows, which are periodic unless they are told otherwise."""

from __future__ import annotations

from functools import partial

from rushlight import dtypes
from rushlight.formats import strided
from rushlight.signal import windows

__all__ = ["bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window"]


def hann_window(window_length, periodic=True, **options):
    """`signal.windows.hann`, one period of it.

    >>> import rushlight as torch
    >>> torch.hann_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    return _periodic("hann", windows.hann, window_length, periodic, options)


def hamming_window(window_length, periodic=True, alpha=0.54, beta=0.46, **options):
    """alpha - beta * cos(2 pi n / length), one period of it."""
    make = partial(windows.general_cosine, a=[alpha, beta])
    return _periodic("hamming", make, window_length, periodic, options)


def blackman_window(window_length, periodic=True, **options):
    """`signal.windows.blackman`, one period of it."""
    return _periodic("blackman", windows.blackman, window_length, periodic, options)


def bartlett_window(window_length, periodic=True, **options):
    """`signal.windows.bartlett`, one period of it."""
    return _periodic("bartlett", windows.bartlett, window_length, periodic, options)


def kaiser_window(window_length, periodic=True, beta=12.0, **options):
    """`signal.windows.kaiser`, one period of it."""
    make = partial(windows.kaiser, beta=beta)
    return _periodic("kaiser", make, window_length, periodic, options)


def _periodic(name, make, window_length, periodic, options):
    """The window that `make` makes, in any floating-point dtype."""
    options = dict(options)
    dtype = options.pop("dtype", None)
    _check(name, window_length, dtype, options.get("layout"))
    if dtype is None or dtype.itemsize > 2:
        return make(window_length, sym=not periodic, dtype=dtype, **options)
    requires_grad = options.pop("requires_grad", False)
    window = make(window_length, sym=not periodic, dtype=dtypes.float32, **options)
    return window.to(dtype).requires_grad_(requires_grad)


def _check(name, window_length, dtype, layout):
    given = "float (default)" if dtype is None else dtypes.c_name(dtype)
    if layout is not None and layout is not strided:
        kind = repr(layout).removeprefix("torch.").partition("_")[0].capitalize()
        raise RuntimeError(
            f"{name}_window is not implemented for sparse types, got: {_options(given, kind)}"
        )
    if dtype is not None and dtype.category < 2:
        raise RuntimeError(
            f"{name}_window expects floating point dtypes, got: "
            f"{_options(given, 'Strided (default)')}"
        )
    if window_length < 0:
        raise RuntimeError(
            f"{name}_window requires non-negative window_length, got window_length={window_length}"
        )
    if dtype is not None and dtype.is_complex:
        raise NotImplementedError(f"\"arange_cpu\" not implemented for '{dtype.title}'")


def _options(dtype, layout):
    return (
        f"TensorOptions(dtype={dtype}, device=cpu, layout={layout}, requires_grad=false (default), "
        "pinned_memory=false, memory_format=(nullopt))"
    )
