"""Adaptive pooling: as many windows as are asked for, as even as can be."""

from __future__ import annotations

import math

import numpy as np

from rushlight.ops.elementwise.unary import beside
from rushlight.ops.layers.pool import _avg_pool, _plain, _put_places, check_tensor
from rushlight.ops.op import opaque
from rushlight.ops.reduction.sums import _mean
from rushlight.ops.refused import NOT_FLOATING, refuse

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
]


def _adaptive_arguments(count, input, output_size, name):
    check_tensor(name, input)
    listed = isinstance(output_size, (tuple, list))
    if count > 1 and listed and input.ndim <= count:
        raise ValueError(f"Input dimension should be at least {count + 1}")
    if input.ndim not in (count + 1, count + 2):
        colon = ":" if "max" in name else ""
        raise RuntimeError(
            f"{name}(): Expected {count + 1}D or {count + 2}D tensor, but got{colon} "
            f"{list(input.shape)}"
        )
    sizes = output_size if listed else (output_size,) * count
    if len(sizes) != count and count == 1:
        raise RuntimeError(
            f"{name}() argument 'output_size' should contain one int (got {len(sizes)})"
        )
    if len(sizes) != count:
        if "max" in name:
            raise RuntimeError(f"{name}(): internal error: output_size.size() must be {count}")
        raise RuntimeError(f"{name}: output_size must be {count}")
    space = tuple(input.shape[-count:])
    sizes = tuple(n if s is None else s for n, s in zip(space, sizes, strict=True))
    if any(s < 0 for s in sizes):
        _refuse_sizes(count, input, sizes, name)
    return space, sizes


def _refuse_sizes(count, input, sizes, name):
    """One dimension is pooled as two of which the first has size 1."""
    one = (1,) if count == 1 else ()
    if "max" in name:
        negative = next(s for s in sizes if s < 0)
        lead = *(1 for _ in range(count + 2 - input.ndim)), *input.shape[:-count]
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {negative}: "
            f"{[*lead[input.ndim - count - 2 :], *one, *sizes]}"
        )
    given = ", ".join(map(str, (*one, *sizes)[:2])) + "".join(f",{s}" for s in sizes[2:])
    raise RuntimeError(
        f"adaptive_avg_pool{max(count, 2)}d: elements of output_size must be greater than or equal "
        f"to 0 but received {{{given}}}"
    )


def _bounds(n, out):
    """Where each of `out` even windows over `n` elements begins and ends."""
    starts = [i * n // out for i in range(out)]
    ends = [-(-(i + 1) * n // out) for i in range(out)]
    return starts, ends


@opaque(
    linear=True,
    takes_out=False,
    node=lambda weights, name: name,
    d_input=lambda g, input, weights, name: beside(
        _weigh(g, weights=tuple(None if w is None else w.T for w in weights), name=name),
        input,
        name=f"{name[:-1]}Backward0",
    ),
)
def _weigh(input, *, weights, name):
    """Products of the last dimensions with matrices, one of each (None: it stays)."""
    for axis, matrix in enumerate(weights, -len(weights)):
        if matrix is not None:
            input = np.matmul(input.swapaxes(axis, -1), matrix).swapaxes(axis, -1)
    return input


def _adaptive_avg(count, input, output_size):
    """Means of windows, by a product with a matrix of weights along each dimension."""
    space, out = _adaptive_arguments(count, input, output_size, f"adaptive_avg_pool{count}d")
    if count == 3 and any(o != 1 for o in out):
        refuse(NOT_FLOATING, "adaptive_avg_pool3d_cpu", input)
    elif any(o != 1 for o in out) and input._array.size:  # no kernel runs for nothing
        refuse(NOT_FLOATING, "adaptive_avg_pool2d", input)
    if count > 1 and all(o == 1 for o in out):
        return _mean(input, dim=tuple(range(input.ndim - count, input.ndim)), keepdim=True)
    name = "SqueezeBackward1" if count == 1 else f"AdaptiveAvgPool{count}DBackward0"
    if all(o and n % o == 0 for n, o in zip(space, out, strict=True)):
        kernel = tuple(n // o for n, o in zip(space, out, strict=True))
        return _avg_pool(count, input, kernel, kernel, 0, False, True, None, name)
    dtype = input._array.dtype
    weights = tuple(_window_weights(n, o, dtype) for n, o in zip(space, out, strict=True))
    return _weigh(input, weights=weights, name=name)


def _window_weights(n, out, dtype):
    """A matrix (n, out): each column means over one of the even windows."""
    if n == out:
        return None
    weights = np.zeros((n, out), dtype)
    for i, (start, end) in enumerate(zip(*_bounds(n, out), strict=True)):
        weights[start:end, i] = 1 / (end - start)
    return weights


def adaptive_avg_pool1d(input, output_size):
    """Means of `output_size` windows as even as can be: input (N, C, L) or (C, L)."""
    return _adaptive_avg(1, input, output_size)


def adaptive_avg_pool2d(input, output_size):
    """Means of windows as even as can be: input (N, C, H, W) or (C, H, W)."""
    return _adaptive_avg(2, input, output_size)


def adaptive_avg_pool3d(input, output_size):
    """Means of windows as even as can be: input (N, C, D, H, W) or (C, D, H, W)."""
    return _adaptive_avg(3, input, output_size)


def _max_name(sizes):
    return f"AdaptiveMaxPool{max(len(sizes), 2)}DBackward0"


@opaque(
    outputs=("values", "indices"),
    takes_out=False,
    node=lambda sizes: _max_name(sizes),
    d_input=lambda g_values, input, indices, input_shape, sizes: beside(
        _put_places(g_values, indices=_plain(indices), space=tuple(input_shape[2:]), once=False),
        input,
        name=f"{_max_name(sizes)[:-1]}Backward0",
    ),
)
def _adaptive_max(input, *, sizes):
    """The maximum of each of as many windows as asked for, and its flat index."""
    count = len(sizes)
    space = input.shape[2:]
    values = np.empty((*input.shape[:2], *sizes), input.dtype)
    indices = np.empty(values.shape, np.int64)
    flat = np.arange(math.prod(space)).reshape(space)
    bounds = [list(zip(*_bounds(n, o), strict=True)) for n, o in zip(space, sizes, strict=True)]
    for place in np.ndindex(*sizes):
        where = tuple(slice(*bounds[axis][place[axis]]) for axis in range(count))
        places = flat[where].reshape(-1)
        part = input[(slice(None), slice(None), *where)]
        part = part.reshape(*input.shape[:2], places.size)
        best = part.argmax(axis=-1)
        at = (slice(None), slice(None), *place)
        values[at] = np.take_along_axis(part, best[..., None], -1)[..., 0]
        indices[at] = places[best]
    return values, indices


def _adaptive_max_pool(count, input, output_size, return_indices):
    name = f"adaptive_max_pool{count}d"
    _, sizes = _adaptive_arguments(count, input, output_size, name)
    refuse(NOT_FLOATING, "adaptive_max_pool" + ("3d_cpu" if count == 3 else "2d"), input)
    alone = input.ndim == count + 1
    both = _adaptive_max(input.unsqueeze(0) if alone else input, sizes=sizes)
    both = tuple(x.squeeze(0) for x in both) if alone else both
    return both if return_indices else both[0]


def adaptive_max_pool1d(input, output_size, return_indices=False):
    """Maxima of `output_size` windows as even as can be: input (N, C, L) or (C, L)."""
    return _adaptive_max_pool(1, input, output_size, return_indices)


def adaptive_max_pool2d(input, output_size, return_indices=False):
    """Maxima of windows as even as can be: input (N, C, H, W) or (C, H, W)."""
    return _adaptive_max_pool(2, input, output_size, return_indices)


def adaptive_max_pool3d(input, output_size, return_indices=False):
    """Maxima of windows as even as can be: input (N, C, D, H, W) or (C, D, H, W)."""
    return _adaptive_max_pool(3, input, output_size, return_indices)
