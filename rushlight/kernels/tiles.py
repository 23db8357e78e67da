"""Convolution as a matrix product whose columns are never made: tiles of it, in registers.

A tile is some places by the channels of a block. Its sums stay in vector registers while a loop
the window's elements takes, at each step, one row of weights and one number of the image for each
place, from where they lie. So images may have any number of dimensions, and steps any length.

Sources: K. Goto, R. van de Geijn, "Anatomy of high-performance matrix multiplication" (2008), for
the tile; M. Dukhan, "The indirect convolution algorithm" (2019), for places instead of columns.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from rushlight.kernels import loop

__all__ = ["block", "correlate", "correlate_weight", "width"]

#: bytes of a vector register
VECTOR = 32
#: places whose sums, elements whose weights, and places whose gradients stay in the cache
PLACES, TAPS, GRADIENTS = 288, 512, 800


def block(outputs, dtype):
    """Channels in a tile, for so many outputs: those of one register or of two."""
    lanes = VECTOR // dtype.itemsize
    return lanes if outputs <= lanes else 2 * lanes


def width(channels, itemsize):
    """Places in a tile of so many channels: what the registers for sums and addresses allow."""
    return 8 if channels * itemsize == VECTOR else 6


def add_tile(sums, at, panel, first, image, starts, shifts, count):
    """sums[at + i, o] += sum_k panel[first + k, o] * image[starts[at + i] + shifts[first + k]].

    sums (places, channels), panel (K, channels); i below the tile's width, k below `count`.
    """
    end = at + width(sums.shape[1], sums.itemsize)
    places = starts[at:end, None] + shifts[first : first + count]
    sums[at:end] += image[places] @ panel[first : first + count]


def turn(given, row, column, made):
    """made[column + j, row + i] = given[row + i, column + j], i and j below a register's lanes."""
    lanes = VECTOR // given.itemsize
    made[column : column + lanes, row : row + lanes] = given[
        row : row + lanes, column : column + lanes
    ].T


def _pad(lines, first, places, image):
    """Put lines, from the first on, to their places in an image."""
    for i in range(len(places)):
        source, target = lines[first + i], image[places[i] :]
        for j in range(len(source)):
            target[j] = source[j]


def _teach_numba():
    """Have Numba make vector instructions of `add_tile` and `turn`.

    Its cache on disk knows when this file changes, not when that one does.
    """
    from rushlight.kernels import vectors  # noqa: F401


tiled = partial(loop, prepare=_teach_numba)


@tiled
def correlate(start, stop, x, lines, panels, bias, starts, shifts, targets, size, out):
    """out[n, o, targets[p]] = bias[o] + sum_t w[t, o] image[starts[p] + shifts[t]].

    x (N, lines, length) are images; a group's lines go to the places `lines` of a padded one of
    `size` elements. If there are none, x is padded already. panels (groups, blocks, T, channels)
    are weights, with zeros for channels that aren't there. Parts are of N * groups * chunks of
    places * blocks.
    """
    groups, blocks, taps, channels = panels.shape
    each = out.shape[1] // groups
    wide, lanes = width(channels, x.itemsize), VECTOR // x.itemsize
    chunks = -(-len(starts) // PLACES)
    sums, rows = np.empty((PLACES, channels), x.dtype), np.empty((channels, PLACES), x.dtype)
    image, padded, seen = np.zeros(size, x.dtype), len(lines) > 0, -1
    for unit in range(start, stop):
        n, rest = unit // (groups * blocks * chunks), unit % (groups * blocks * chunks)
        group, low = rest // (blocks * chunks), rest // blocks % chunks * PLACES
        first = rest % blocks * channels  # of the group's outputs
        if padded and n * groups + group != seen:
            _pad(x[n], group * len(lines), lines, image)
            seen = n * groups + group
        pixels = image if padded else x[n].reshape(-1)[group * size :]
        panel = panels[group, first // channels]
        origins, places = starts[low : low + PLACES], targets[low : low + PLACES]
        count = len(places)
        sums[:] = 0
        for tap in range(0, taps, TAPS):
            some = min(TAPS, taps - tap)
            for p in range(0, count, wide):
                add_tile(sums, p, panel, tap, pixels, origins, shifts, some)
        for p in range(0, count, lanes):
            for c in range(0, channels, lanes):
                turn(sums, p, c, rows)
        together = places[count - 1] - places[0] == count - 1
        for c in range(min(channels, each - first)):
            o = group * each + first + c
            source, target, more = rows[c], out[n, o], bias[o]
            if together:
                target = target[places[0] :]
                for p in range(count):
                    target[p] = source[p] + more
            else:
                for p in range(count):
                    target[places[p]] = source[p] + more


@tiled
def correlate_weight(start, stop, x, lines, g, starts, shifts, size, sums):
    """sums[.., part, t, o] = sum_{n, p} g[n, o, p] image[shifts[p] + starts[t]].

    The images as for `correlate`, g (N, groups, outputs, P), sums (groups, blocks, parts of the
    images, T, channels). Parts of the work are of groups * blocks * parts.
    """
    blocks, parts, taps, channels = sums.shape[1:]
    wide, lanes = width(channels, x.itemsize), VECTOR // x.itemsize
    panel, rows = np.empty((GRADIENTS, channels), x.dtype), np.zeros((channels, GRADIENTS), x.dtype)
    image, padded = np.zeros(size, x.dtype), len(lines) > 0
    for unit in range(start, stop):
        group, index, part = unit // (blocks * parts), unit // parts % blocks, unit % parts
        total, o = sums[group, index, part], index * channels
        valid = min(channels, g.shape[2] - o)
        rows[:] = 0
        total[:] = 0
        for n in range(len(x) * part // parts, len(x) * (part + 1) // parts):
            if padded:
                _pad(x[n], group * len(lines), lines, image)
            pixels = image if padded else x[n].reshape(-1)[group * size :]
            for low in range(0, len(shifts), GRADIENTS):
                places = shifts[low : low + GRADIENTS]
                count = len(places)
                for c in range(valid):
                    source, target = g[n, group, o + c, low:], rows[c]
                    for p in range(count):
                        target[p] = source[p]
                for p in range(0, count, lanes):
                    for c in range(0, channels, lanes):
                        turn(rows, c, p, panel)
                for tap in range(0, taps, wide):
                    add_tile(total, tap, panel, 0, pixels, starts, places, count)
