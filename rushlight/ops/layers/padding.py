"""Padding: elements added at the ends of dimensions."""

from __future__ import annotations

import numpy as np

from rushlight.ops.elementwise.unary import beside
from rushlight.ops.op import opaque
from rushlight.ops.refused import refuse, require_tensors
from rushlight.tensor import type_name

__all__ = ["constant_pad_nd", "pad"]


@opaque(
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
        if n + min(before, 0) + min(after, 0) < 0:
            raise RuntimeError("narrow(): length must be non-negative.")
        if n + before + after < 0:
            raise RuntimeError(
                f"The input size {n}, plus negative padding {before} and {after} resulted in a "
                f"negative output size, which is invalid. Check dimension {i} of your input."
            )
    return result


# Padding with elements of the input ---------------------------------------------------------------


def _places_node(pad, mode):
    if mode == "circular":
        return "CopySlices"
    name = "Reflection" if mode == "reflect" else "Replication"
    return f"{name}Pad{sum(pair is not None for pair in pad)}DBackward0"


@opaque(
    linear=True,
    takes_out=False,
    node=_places_node,
    d_input=lambda g, input, pad, mode: beside(
        _pad_with_own_back(g, shape=tuple(input.shape), pad=pad, mode=mode),
        input,
        name=f"{_places_node(pad, mode)[:-1]}Backward0",
    ),
)
def _pad_with_own(input, *, pad, mode):
    """`pad[i]` elements of the input itself before and after dimension i (None: not padded)."""
    for dim, pair in enumerate(pad):
        if pair is not None:
            input = input.take(_PLACES[mode](input.shape[dim], *pair), axis=dim)
    return input


@opaque(
    linear=True,
    takes_out=False,
    node="PaddingBackward0",
    d_input=lambda g, pad, mode: _pad_with_own(g, pad=pad, mode=mode),
)
def _pad_with_own_back(input, *, shape, pad, mode):
    """What was padded added to where it came from, in an array of `shape`."""
    for dim, pair in enumerate(pad):
        if pair is not None:
            input = _add_to_places(input, dim, shape[dim], *pair, mode)
    return np.ascontiguousarray(input)


def _add_to_places(array, dim, n, before, after, mode):
    places = _PLACES[mode](n, before, after).tolist()
    low, high = max(0, before), len(places) - max(0, after)
    low, high = (low, high) if low < high else (len(places), len(places))
    moved = array.swapaxes(0, dim)
    result = np.zeros((n, *moved.shape[1:]), array.dtype)
    if low < high:
        result[places[low] : places[low] + high - low] = moved[low:high]
    for i in (*range(low), *range(high, len(places))):
        result[places[i]] += moved[i]
    return result.swapaxes(0, dim)


def _reflected(n, before, after):
    places = np.abs(np.arange(-before, n + after))
    return np.where(places >= n, 2 * (n - 1) - places, places)


def _replicated(n, before, after):
    return np.clip(np.arange(-before, n + after), 0, n - 1)


def _wrapped(n, before, after):
    low, high = max(0, -before), n - max(0, -after)
    kept = high - low  # what is taken away isn't there to be repeated
    return low + np.arange(-max(0, before), kept + max(0, after)) % max(kept, 1)


_KERNELS = {"reflect": "reflection", "replicate": "replication"}
_PLACES = {"reflect": _reflected, "replicate": _replicated, "circular": _wrapped}


def pad(input, pad, mode="constant", value=None):
    """`input` with elements added at the ends of its last dimensions.

    Args:
        pad: (left, right) of the last dimension, then of the one before it, ...; negative numbers
            take elements away.
        mode: "constant"; "reflect", mirrored without the edge; "replicate", the edge repeated;
            "circular", what lies at the other end. All but the first take inputs with one or two
            dimensions more than they pad.
        value: what is added in mode "constant" (default 0).

    >>> import rushlight as torch
    >>> torch.nn.functional.pad(torch.tensor([1, 2, 3]), (1, 2))
    tensor([0, 1, 2, 3, 0, 0])
    """
    _check_arguments(input, pad)
    if mode == "constant":
        return constant_pad_nd(input, pad, 0 if value is None else value)
    if mode not in _PLACES:
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    if value is not None and value != 0:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    pairs = _by_dimension(input, pad)
    count = len(pad) // 2
    if not 1 <= count <= 3 or input.ndim - count not in (1, 2):
        raise NotImplementedError(
            f"Padding size {len(pad)} is not supported for {input.ndim}D input tensor."
        )
    _check_reach(input.shape, pairs, mode)
    if mode != "circular":
        refuse("b", f"{_KERNELS[mode]}_pad{count}d", input)
    padded = (None,) * (input.ndim - count) + pairs[-count:]
    return _pad_with_own(input, pad=padded, mode=mode)


def _check_arguments(input, pad):
    require_tensors("pad", input=input)
    if not isinstance(pad, (tuple, list)):
        raise TypeError(
            f"pad(): argument 'pad' (position 2) must be tuple of ints, not {type_name(pad)}"
        )
    for i, n in enumerate(pad):
        if isinstance(n, float):
            raise TypeError(
                "pad(): argument 'pad' (position 2) must be tuple of ints, but found element of "
                f"type float at pos {i}"
            )


def _check_reach(shape, pairs, mode):
    """Refuse to take more elements from a dimension than it has."""
    for dim in reversed(range(len(shape))):
        n, most = shape[dim], max(pairs[dim])
        if mode == "reflect" and most and most >= n:
            raise RuntimeError(
                f"Argument #{4 + 2 * (len(shape) - 1 - dim)}: Padding size should be less than "
                f"the corresponding input dimension, but got: padding {pairs[dim]} at dimension "
                f"{dim} of input {list(shape)}"
            )
        if mode == "circular" and most > n:
            raise RuntimeError("Padding value causes wrapping around more than once.")
