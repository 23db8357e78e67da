"""Padding: elements added at the ends of dimensions."""

from __future__ import annotations

import numpy as np

from rushlight.ops.index import getitem
from rushlight.ops.op import opaque
from rushlight.tensor import wrap

__all__ = ["constant_pad_nd", "pad"]


@opaque(
    linear=True,
    takes_out=False,
    node="ConstantPadNdBackward0",
    d_input=lambda g, pad: _pad_constant(g, pad=opposite(pad), value=0),
)
def _pad_constant(input, *, pad, value):
    """`pad[i]` elements of `value` before and after dimension i; a negative number takes away."""
    cut = tuple(
        slice(max(0, -before), n - max(0, -after))
        for n, (before, after) in zip(input.shape, pad, strict=True)
    )
    kept = input[cut]
    shape = tuple(
        n + max(0, before) + max(0, after)
        for n, (before, after) in zip(kept.shape, pad, strict=True)
    )
    result = np.full(shape, value, input.dtype) if value else np.zeros(shape, input.dtype)
    inside = tuple(
        slice(max(0, before), max(0, before) + n)
        for n, (before, _) in zip(kept.shape, pad, strict=True)
    )
    result[inside] = kept
    return result


def opposite(pad):
    """The padding that takes away what `pad` adds."""
    return tuple((-before, -after) for before, after in pad)


def constant_pad_nd(input, pad, value=0):
    """`input` with `value` added at the ends of its last dimensions; see `pad`."""
    return _pad_constant(input, pad=_by_dimension(input, pad), value=value)


def _by_dimension(input, pad):
    """PyTorch's list, last dimension first, as (before, after) of each dimension in order."""
    if len(pad) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(pad) > 2 * input.ndim:
        raise RuntimeError(
            f"Padding length should be less than or equal to two times the input dimension but got "
            f"padding length {len(pad)} and input of dimension {input.ndim}"
        )
    pairs = [(int(pad[i]), int(pad[i + 1])) for i in range(0, len(pad), 2)]
    result = ((0, 0),) * (input.ndim - len(pairs)) + tuple(reversed(pairs))
    for i, (n, (before, after)) in enumerate(zip(input.shape, result, strict=True)):
        if n + before + after < 0:
            raise RuntimeError(
                f"The input size {n}, plus negative padding {before} and {after} resulted in a "
                f"negative output size, which is invalid. Check dimension {i} of your input."
            )
    return result


def pad(input, pad, mode="constant", value=None):
    """`input` with elements added at the ends of its last dimensions.

    Args:
        pad: (left, right) of the last dimension, then of the one before it, ...; negative numbers
            take elements away.
        mode: "constant"; "reflect", mirrored without the edge; "replicate", the edge repeated;
            "circular", what lies at the other end.
        value: what is added in mode "constant" (default 0).

    >>> import rushlight as torch
    >>> torch.nn.functional.pad(torch.tensor([1, 2, 3]), (1, 2))
    tensor([0, 1, 2, 3, 0, 0])
    """
    pad = tuple(pad)
    if mode == "constant":
        return constant_pad_nd(input, pad, 0 if value is None else value)
    if mode not in _PLACES:
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    if value is not None and value != 0:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    pairs = _by_dimension(input, pad)
    for dim, (before, after) in enumerate(pairs):
        if before or after:
            places = _PLACES[mode](input.shape[dim], before, after, dim)
            index = (*(slice(None),) * dim, wrap(places))
            input = getitem(input, index)
    return input


def _reflected(n, before, after, dim):
    if before >= n or after >= n:
        raise RuntimeError(
            "Argument #4: Padding size should be less than the corresponding input dimension, but "
            f"got: padding ({before}, {after}) at dimension {dim} of input {[n]}"
        )
    places = np.abs(np.arange(-before, n + after))
    return np.where(places >= n, 2 * (n - 1) - places, places)


def _replicated(n, before, after, dim):
    return np.clip(np.arange(-before, n + after), 0, n - 1)


def _wrapped(n, before, after, dim):
    if before > n or after > n:
        raise RuntimeError("Padding value causes wrapping around more than once.")
    return np.arange(-before, n + after) % n


_PLACES = {"reflect": _reflected, "replicate": _replicated, "circular": _wrapped}
