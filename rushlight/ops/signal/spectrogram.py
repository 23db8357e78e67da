"""The short-time Fourier transform, and the signal back from it (D. Griffin and J. Lim, "Signal
estimation from modified short-time Fourier transform", 1984)."""

from __future__ import annotations

import numpy as np

from rushlight.ops.elementwise.complex_numbers import view_as_real
from rushlight.ops.layers.padding import constant_pad_nd
from rushlight.ops.layers.padding import pad as padded
from rushlight.ops.shape.parts import _unfold, _windows_put
from rushlight.ops.signal.fourier import fft, ifft, irfft, rfft
from rushlight.ops.warn import warn
from rushlight.tensor import wrap

__all__ = ["istft", "stft"]


def stft(
    input,
    n_fft,
    hop_length=None,
    win_length=None,
    window=None,
    center=True,
    pad_mode="reflect",
    normalized=False,
    onesided=None,
    return_complex=None,
    align_to_window=None,
):
    """The Fourier transforms of `n_fft` samples at a time, `hop_length` samples apart.

    Args:
        input: a signal of shape (L,), or signals of shape (B, L).
        n_fft: the length of a transform; with `center`, the signal is padded by half of it.
        hop_length: by default `n_fft` // 4.
        win_length: the length of `window`, which is padded to `n_fft`; by default `n_fft`.
        normalized: whether to divide by the root of `n_fft`.
        onesided: only frequencies from 0 up; by default if signal and window are real.
        return_complex: required for real signals.
        align_to_window: without `center`, whether the first window begins at the first sample.

    Returns:
        Complex numbers, (B, frequencies, times).

    >>> import rushlight as torch
    >>> torch.stft(torch.ones(16), 8, window=torch.hann_window(8), return_complex=True).shape
    torch.Size([5, 9])
    """
    if center and align_to_window is not None:
        raise RuntimeError("stft align_to_window should only be set when center = false")
    if center:
        signal = input.view([1] * (3 - input.ndim) + list(input.shape))
        signal = padded(signal, [n_fft // 2, n_fft // 2], pad_mode)
        input = signal.view(signal.shape[-input.ndim :])
    hop_length = n_fft // 4 if hop_length is None else hop_length
    win_length = n_fft if win_length is None else win_length
    complex_valued = input.is_complex() or (window is not None and window.is_complex())
    sizes = n_fft, hop_length, win_length
    flags = normalized, onesided, return_complex, align_to_window
    _check(input, window, sizes, flags, complex_valued)
    left = (n_fft - win_length) // 2
    if align_to_window and not center:
        input = constant_pad_nd(input, [left, left])
    frames = _unfold(input, dimension=input.ndim - 1, size=n_fft, step=hop_length)
    if window is not None:
        frames = frames * _centered(window, n_fft)
    elif left:
        frames = frames * _rectangle(input, win_length, n_fft)
    norm = "ortho" if normalized else None
    if complex_valued or onesided is False:
        spectrum = fft(frames, norm=norm).mT
    else:
        spectrum = rfft(frames, norm=norm).mT
    return spectrum if return_complex or return_complex is None else view_as_real(spectrum)


_UNPROVIDED = (
    "A window was not provided. A rectangular window will be applied,which is known to cause "
    "spectral leakage. Other windows such as torch.hann_window or torch.hamming_window are "
    "recommended to reduce spectral leakage.To suppress this warning and use a rectangular window, "
    "explicitly set `window=torch.ones(n_fft, device=<device>)`."
)


def _check(input, window, sizes, flags, complex_valued):
    """Refuse what `stft` can't do."""
    normalized, onesided, return_complex, align_to_window = flags
    if window is None:
        warn(_UNPROVIDED)
    if return_complex is None and not complex_valued:
        raise RuntimeError(
            "stft requires the return_complex parameter be given for real inputs, and will "
            "further require that return_complex=True in a future PyTorch release."
        )
    problem = _problem(input, *sizes, window)
    if problem:
        raise RuntimeError(
            f"stft({_described(input, '[]')}, n_fft={sizes[0]}, hop_length={sizes[1]}, "
            f"win_length={sizes[2]}, window={_described(window, '{}')}, "
            f"normalized={normalized:d}, onesided={_number(onesided)}, "
            f"return_complex={_number(return_complex)}, align_to_window="
            f"{_number(align_to_window)}) : expected {problem}"
        )
    if onesided and complex_valued:
        raise RuntimeError("Cannot have onesided output if window or input is complex")


def _problem(input, n_fft, hop_length, win_length, window):
    """What is wrong with the arguments of `stft`, or None."""
    if input.dtype.category < 2:
        return "a tensor of floating point or complex values"
    if not 1 <= input.ndim <= 2:
        return "a 1D or 2D tensor"
    if not 0 < n_fft <= input.shape[-1]:
        return f"0 < n_fft < {input.shape[-1]}, but got n_fft={n_fft}"
    if hop_length <= 0:
        return f"hop_length > 0, but got hop_length={hop_length}"
    if not 0 < win_length <= n_fft:
        return f"0 < win_length <= n_fft, but got win_length={win_length}"
    if window is not None and tuple(window.shape) != (win_length,):
        return (
            f"a 1D window tensor of size equal to win_length={win_length}, but got window with "
            f"size {list(window.shape)}"
        )
    return None


def _number(flag):
    return flag if flag is None else int(flag)


def _described(x, brackets):
    """`torch.FloatTensor[2, 40]`, or with braces around it."""
    if x is None:
        return "None"
    shape = str(list(x.shape))
    name = f"CPU{x.dtype.title}Type" if x.is_complex() else f"torch.{x.dtype.title}Tensor"
    return name + (shape if brackets == "[]" else "{" + shape + "}")


def _centered(window, n_fft):
    """The window with zeros on both sides."""
    left = (n_fft - window.shape[0]) // 2
    return constant_pad_nd(window, [left, n_fft - window.shape[0] - left])


def _rectangle(like, win_length, n_fft):
    return _centered(wrap(np.ones(win_length, like._array.real.dtype)), n_fft)


def istft(
    input,
    n_fft,
    hop_length=None,
    win_length=None,
    window=None,
    center=True,
    normalized=False,
    onesided=None,
    length=None,
    return_complex=False,
):
    """The signal whose `stft` is nearest to `input`.

    The transforms go back, are multiplied by the window once more, and are added where they
    overlap; the sum is divided by that of the squares of the windows.

    >>> import rushlight as torch
    >>> x, window = torch.arange(12.0), torch.hann_window(4)
    >>> torch.istft(torch.stft(x, 4, window=window, return_complex=True), 4, window=window)
    tensor([ 0.,  1.,  2.,  3.,  4.,  5.,  6.,  7.,  8.,  9., 10., 11.])
    """
    hop_length = n_fft // 4 if hop_length is None else hop_length
    win_length = n_fft if win_length is None else win_length
    call = (
        f"istft({_described(input, '[]')}, n_fft={n_fft}, "
        f"hop_length={hop_length}, win_length={win_length}, window={_described(window, '{}')}, "
        f"center={center:d}, normalized={normalized:d}, onesided={_number(onesided)}, "
        f"length={length}, return_complex={return_complex:d})"
    )
    half = input.shape[-2] != n_fft if onesided is None else onesided
    _check_back(call, input, (n_fft, hop_length, win_length), window, half, return_complex)
    window = _rectangle(input, win_length, n_fft) if window is None else _centered(window, n_fft)
    frames = _frames(input, n_fft, normalized, return_complex)
    signal, weight = _overlapping(frames, window, hop_length)
    start = n_fft // 2 if center else 0
    stop = signal.shape[-1] - start if length is None else start + length
    signal, weight = signal[..., start:stop], weight[start:stop]
    least = float(np.abs(weight._array).min(initial=np.inf))
    if least <= 1e-11:
        raise RuntimeError(f"{call} window overlap add min: 1")
    signal = signal / weight
    missing = 0 if length is None else length - signal.shape[-1]
    if missing > 0:
        warn(
            "The length of signal is shorter than the length parameter. Result is being padded "
            "with zeros in the tail. Please check your center and hop_length settings."
        )
        signal = constant_pad_nd(signal, [0, missing])
    return signal


_UNPROVIDED_BACK = (
    "A window was not provided. A rectangular window will be applied.Please provide the same "
    "window used by stft to make the inversion lossless.To suppress this warning and use a "
    "rectangular window, explicitly set `window=torch.ones(n_fft, device=<device>)`."
)


def _check_back(call, input, sizes, window, half, return_complex):
    """Refuse what `istft` can't do."""
    if window is None:
        warn(_UNPROVIDED_BACK)
    if not input.is_complex():
        raise RuntimeError(
            "istft requires a complex-valued input tensor matching the output from stft with "
            "return_complex=True."
        )
    problem = _problem_back(input, *sizes, window, half)
    if problem:
        raise RuntimeError(f"{call} : {problem}")
    if return_complex and half:
        raise RuntimeError("Cannot have onesided output if window or input is complex")
    if not return_complex and window is not None and window.is_complex():
        raise RuntimeError("Complex windows are incompatible with return_complex=False")


def _problem_back(input, n_fft, hop_length, win_length, window, half):
    """What is wrong with the arguments of `istft`, or None."""
    if not input.numel():
        return "input tensor cannot be empty."
    if input.ndim not in (2, 3):
        return f"expected a tensor with 2 or 3 dimensions, but got {input.ndim}"
    wanted, found = (n_fft // 2 + 1 if half else n_fft), input.shape[-2]
    if found != wanted:
        what = "n_fft / 2 + 1 when onesided=True" if half else "n_fft when onesided=False"
        return (
            "expected the frequency dimension (3rd to the last) of the input tensor to match "
            f"{what}, but got {found}"
        )
    if not 0 < hop_length <= win_length:
        return "expected 0 < hop_length <= win_length"
    if not 0 < win_length <= n_fft:
        return "expected 0 < win_length <= n_fft"
    if window is not None and tuple(window.shape) != (win_length,):
        return "Invalid window shape. window has to be 1D and length of `win_length`"
    return None


def _frames(input, n_fft, normalized, return_complex):
    """The pieces of signal that were transformed, in (..., times, n_fft)."""
    norm = "ortho" if normalized else None
    if return_complex:
        return ifft(input.mT, norm=norm)
    return irfft(input.mT[..., : n_fft // 2 + 1], n_fft, norm=norm)


def _overlapping(frames, window, hop_length):
    """The pieces times the window, added where they lie, and the same of the window itself."""
    count, n_fft = frames.shape[-2:]
    size = n_fft + hop_length * (count - 1)
    weighted = frames * window
    shape = (*weighted.shape[:-2], size)
    put = {"size": n_fft, "step": hop_length}
    signal = _windows_put(weighted, shape=shape, dimension=len(shape) - 1, **put)
    squares = (window * window).expand(count, n_fft)
    return signal, _windows_put(squares, shape=(size,), dimension=0, **put)
