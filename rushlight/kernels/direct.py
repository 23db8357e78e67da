"""Convolution without columns: where everything lies, for the loops of `kernels/tiles.py`.

All elements of a window have the same distance from the window's first one wherever it lies, so two
lists of places say what is multiplied: those of the windows, and those of the elements in one. The
derivative by the input has steps of its own for each phase of the stride: there, gradients of the
outputs are convolved with the part of the weight that meets them.

Shapes: as in `kernels/convolution.py`.
"""

from __future__ import annotations

import functools
import itertools
import math
from typing import NamedTuple

import numpy as np

from rushlight.kernels import in_order, tiles

__all__ = [
    "convolve",
    "convolve_input",
    "convolve_weight",
    "suits_input",
    "suits_output",
    "suits_weight",
]

#: elements of columns, made by NumPy and multiplied by BLAS, that cost as much as one elsewhere
_CHEAP = 4
#: points of a grid that is worth keeping; elements of columns that are worth a loop
_SMALL, _LEAST = 1 << 11, 1 << 14
#: from so many outputs on tiles are filled well enough
_FEW = 4
#: the derivative by the input is one convolution for each of at most so many phases
_PHASES = 4
#: so many parts at least a derivative by the weight has, whatever the number of threads
_PARTS = 8


class _Images(NamedTuple):
    """Images (N, lines, length), and where they lie when padded."""

    array: np.ndarray
    lines: np.ndarray  # where each line of a group goes; none if there is no padding
    pitch: tuple  # elements from a channel to the next, and from a neighbour along each dimension
    size: int  # elements of a group's channels

    @classmethod
    def of(cls, array, before, after, groups):
        """The images of (N, C, *space), with so many zeros on the two sides of each dimension."""
        channels, space = array.shape[1] // groups, array.shape[2:]
        whole = [n + a + b for n, a, b in zip(space, before, after, strict=True)]
        pitch = tuple(math.prod(whole[i:]) for i in range(len(whole) + 1))
        lines = np.zeros(0, np.int64)
        if any(before) or any(after):
            first = sum(a * step for a, step in zip(before, pitch[1:], strict=True))
            lines = _grid((channels, *space[:-1]), pitch[:-1], first)
        array = in_order(array)[0].reshape(len(array), math.prod(array.shape[1:-1]), space[-1])
        return cls(array, lines, pitch, channels * pitch[0])

    def windows(self, out, stride):
        """Where the windows begin."""
        return _grid(out, [s * step for s, step in zip(stride, self.pitch[1:], strict=True)])

    def elements(self, channels, kernel, dilation):
        """Where the elements of a window lie, from its beginning."""
        steps = [d * step for d, step in zip(dilation, self.pitch[1:], strict=True)]
        return _grid((channels, *kernel), [self.pitch[0], *steps])


def _grid(counts, steps, first=0):
    """The places of a grid of so many points along each dimension, so far apart; to be read only.

    Small ones are kept: making them takes longer than a small convolution.
    """
    counts = tuple(counts)
    make = _kept_grid if math.prod(counts) <= _SMALL else _made_grid
    return make(counts, tuple(steps), first)


def _made_grid(counts, steps, first):
    places = np.asarray(first)
    for count, step in zip(counts, steps, strict=True):
        places = np.add.outer(places, np.arange(count) * step)
    return places.reshape(-1)


_kept_grid = functools.lru_cache(128)(_made_grid)


def _filled(places, channels, dtype):
    """The places of whole tiles: the last one again where there are too few."""
    rest = -len(places) % tiles.width(channels, dtype.itemsize)
    return np.concatenate([places, np.repeat(places[-1:], rest)])


def _panels(weight):
    """(groups, outputs, C, *kernel) as (groups, blocks, T, channels of a block)."""
    groups, outputs = weight.shape[:2]
    channels = tiles.block(outputs, weight.dtype)
    blocks = -(-outputs // channels)
    panels = np.zeros((groups, blocks, *weight.shape[2:], channels), weight.dtype)
    for i in range(blocks):
        part = weight[:, i * channels : (i + 1) * channels]
        panels[:, i, ..., : part.shape[1]] = np.moveaxis(part, 1, -1)
    return panels.reshape(groups, blocks, math.prod(weight.shape[2:]), channels)


def suits_output(x, weight, groups, out):
    """Whether to use `convolve`."""
    work = weight[0].size * len(x) * math.prod(out)
    return len(weight) >= _FEW * groups and _suits(tiles.correlate, x, work)


def suits_input(g, weight, space, stride):
    """Whether to use `convolve_input`."""
    phases = math.prod(stride)
    work = weight[:, 0].size * len(g) * math.prod(space) // phases
    few = phases <= _PHASES and weight.shape[1] >= _FEW
    return few and _suits(tiles.correlate, g, work)


def suits_weight(x, weight_shape, out):
    """Whether to use `convolve_weight`."""
    return _suits(tiles.correlate_weight, x, math.prod(weight_shape[1:]) * len(x) * math.prod(out))


def _suits(loop, array, work):
    """Whether the loop has been earned, by making columns of so many elements."""
    return array.dtype.char in "fd" and work >= _LEAST and loop.earned(work // _CHEAP)


def _correlate(images, weight, bias, starts, shifts, targets, result):
    """Sums of products at `starts`, put to the places `targets` of (N, C, places)."""
    panels = _panels(weight)
    groups, blocks, taps, channels = panels.shape
    units = len(result) * groups * blocks * -(-len(starts) // tiles.PLACES)
    starts = _filled(starts, channels, result.dtype)
    tiles.correlate.run(
        units,
        *(images.array, images.lines, panels, bias, starts, shifts, targets),
        *(images.size, result),
        elements=len(result) * groups * taps * len(starts),
    )


def convolve(x, weight, bias, out, stride, padding, dilation, groups):
    """The outputs, of sizes `out`."""
    outputs, channels, *kernel = weight.shape
    images = _Images.of(x, padding, padding, groups)
    result = np.empty((len(x), outputs, math.prod(out)), x.dtype)
    _correlate(
        images,
        weight.reshape(groups, outputs // groups, *weight.shape[1:]),
        np.zeros(outputs, x.dtype) if bias is None else in_order(bias)[0],
        images.windows(out, stride),
        images.elements(channels, kernel, dilation),
        np.arange(math.prod(out)),
        result,
    )
    return result.reshape(len(x), outputs, *out)


class _Phase(NamedTuple):
    """What meets every s-th place of an input dimension."""

    first: int
    places: int  # how many those are
    taps: slice  # of the kernel
    shifts: list  # from the first place's number to the outputs' that meet it, for each tap


def _phases(size, kernel, stride, padding, dilation):
    """The phases of a dimension: `j * stride + tap * dilation - padding` is a place."""
    for first in range(min(stride, size)):
        found = [k for k in range(kernel) if (first + padding - k * dilation) % stride == 0]
        step = found[1] - found[0] if len(found) > 1 else 1
        taps = slice(found[0], found[-1] + 1, step) if found else slice(0)
        shifts = [(first + padding - k * dilation) // stride for k in found]
        yield _Phase(first, -(-(size - first) // stride), taps, shifts)


def convolve_input(g, weight, space, stride, padding, dilation, groups):
    """The derivative by the input, which has the sizes `space`."""
    outputs, channels, *kernel = weight.shape
    each = zip(space, kernel, stride, padding, dilation, strict=True)
    phases = [list(_phases(*numbers)) for numbers in each]
    before = [max([-s for p in all for s in p.shifts] + [0]) for all in phases]
    after = [
        max([s + p.places - size for p in all for s in p.shifts] + [0])
        for all, size in zip(phases, g.shape[2:], strict=True)
    ]
    images = _Images.of(g, before, after, groups)
    steps = [math.prod(space[i:]) for i in range(1, len(space) + 1)]
    weight = weight.reshape(groups, outputs // groups, channels, *kernel).swapaxes(1, 2)
    result = np.empty((len(g), groups * channels, math.prod(space)), g.dtype)
    none = np.zeros(groups * channels, g.dtype)
    for phase in itertools.product(*phases):
        part = weight[(..., *(p.taps for p in phase))]
        shifts = np.arange(part.shape[2]) * images.pitch[0]
        for p, low, step in zip(phase, before, images.pitch[1:], strict=True):
            shifts = np.add.outer(shifts, (np.array(p.shifts, np.int64) + low) * step)
        counts = [p.places for p in phase]
        first = sum(p.first * step for p, step in zip(phase, steps, strict=True))
        targets = _grid(counts, [s * step for s, step in zip(stride, steps, strict=True)], first)
        starts = _grid(counts, images.pitch[1:])
        _correlate(images, part, none, starts, shifts.reshape(-1), targets, result)
    return result.reshape(len(g), groups * channels, *space)


def convolve_weight(x, g, kernel, stride, padding, dilation, groups):
    """The derivative by the weight, whose kernel has the sizes `kernel`."""
    n, channels, outputs = len(x), x.shape[1] // groups, g.shape[1] // groups
    images = _Images.of(x, padding, padding, groups)
    elements = images.elements(channels, kernel, dilation)
    width = tiles.block(outputs, x.dtype)
    starts = _filled(elements, width, x.dtype)
    blocks = -(-outputs // width)
    parts = min(n, -(-_PARTS // (groups * blocks)))
    sums = np.empty((groups, blocks, parts, len(starts), width), x.dtype)
    places = images.windows(g.shape[2:], stride)
    tiles.correlate_weight.run(
        groups * blocks * parts,
        *(images.array, images.lines, in_order(g)[0].reshape(n, groups, outputs, -1)),
        *(starts, places, images.size, sums),
        elements=n * len(places) * len(starts),
    )
    total = sums.sum(axis=2)[:, :, : len(elements)].swapaxes(2, 3)
    total = total.reshape(groups, blocks * width, len(elements))[:, :outputs]
    return total.reshape(groups * outputs, channels, *kernel)
