"""Pooling and convolution of planes: images (N, C, H, W) seen as (N * C, H, W)."""

from __future__ import annotations

import numpy as np

from rushlight.kernels import loop

__all__ = [
    "add_windows",
    "depthwise",
    "depthwise_3x3",
    "depthwise_input",
    "depthwise_weight",
    "largest",
    "largest_2x2",
    "put_places",
]


@loop
def largest(start, stop, x, values, places, kernel, stride, padding, dilation):
    """The greatest element of each window of the planes [start, stop), and its flat place.

    What lies in the padding is left out; nan is greater than anything. Position by position in the
    window, for a row of windows at a time.
    """
    height, width = x.shape[1:]
    count = values.shape[2]
    for n in range(start, stop):
        for i in range(values.shape[1]):
            best, place = values[n, i], places[n, i]
            best[:] = -np.inf
            place[:] = -1
            for a in range(kernel[0]):
                y = i * stride[0] - padding[0] + a * dilation[0]
                if y < 0 or y >= height:
                    continue
                row = x[n, y]
                for b in range(kernel[1]):
                    shift = b * dilation[1] - padding[1]
                    first = max(0, -(shift // stride[1]))
                    last = min(count, (width - 1 - shift) // stride[1] + 1)
                    for j in range(first, last):
                        at = j * stride[1] + shift
                        value = row[at]
                        # choices, not branches: those would be guessed wrong half of the time
                        better = (value > best[j]) | (value != value) | (place[j] < 0)
                        best[j] = value if better else best[j]
                        place[j] = y * width + at if better else place[j]


@loop
def largest_2x2(start, stop, x, values, places):
    """`largest` for windows of 2 x 2 side by side, without padding: each of them at once."""
    count, width = values.shape[2], x.shape[2]
    which = np.empty(count, np.int32)  # of the four; as wide as a number, so they go side by side
    for n in range(start, stop):
        for i in range(values.shape[1]):
            upper, lower = x[n, 2 * i], x[n, 2 * i + 1]
            best, place = values[n, i], places[n, i]
            for j in range(count):
                a, b, c, d = upper[2 * j], upper[2 * j + 1], lower[2 * j], lower[2 * j + 1]
                second, fourth = (b > a) | (b != b), (d > c) | (d != d)
                a, c = b if second else a, d if fourth else c
                lowest = (c > a) | (c != c)
                best[j] = c if lowest else a
                above, below = np.int32(1 if second else 0), np.int32(3 if fourth else 2)
                which[j] = below if lowest else above
            for j in range(count):
                place[j] = (2 * i + (which[j] >> 1)) * width + 2 * j + (which[j] & 1)


@loop
def put_places(start, stop, values, places, out):
    """out[n, places[n, i]] += values[n, i] for the rows [start, stop)."""
    for n in range(start, stop):
        for i in range(values.shape[1]):
            out[n, places[n, i]] += values[n, i]


@loop
def depthwise(start, stop, x, weight, out, stride, dilation):
    """Each plane of a padded input (N, C, H, W) convolved with the kernels of its channel.

    out (N, C * multiple, h, w), weight (C * multiple, kh, kw); planes [start, stop) of N * C *
    multiple.
    """
    outputs, height, width = out.shape[1:]
    multiple = outputs // x.shape[1]
    for plane in range(start, stop):
        n, o = plane // outputs, plane % outputs
        out[n, o] = 0
        for i in range(height):
            target = out[n, o, i]
            for a in range(weight.shape[1]):
                row = x[n, o // multiple, i * stride[0] + a * dilation[0]]
                for b in range(weight.shape[2]):
                    w = weight[o, a, b]
                    left = b * dilation[1]
                    if stride[1] == 1:
                        part = row[left : left + width]
                        for j in range(width):
                            target[j] += w * part[j]
                    else:
                        for j in range(width):
                            target[j] += w * row[left + j * stride[1]]


@loop
def depthwise_3x3(start, stop, x, weight, out, stride, dilation):
    """The same as `depthwise` for kernels of 3x3 and steps of 1 along rows, each output at once."""
    outputs, height, width = out.shape[1:]
    multiple = outputs // x.shape[1]
    down, right = dilation
    for plane in range(start, stop):
        n, o = plane // outputs, plane % outputs
        image, w = x[n, o // multiple], weight[o]
        # numbers and slices of their own: an index of two terms would be checked at each step
        a0, a1, a2, b0, b1, b2 = w[0, 0], w[0, 1], w[0, 2], w[1, 0], w[1, 1], w[1, 2]
        c0, c1, c2 = w[2, 0], w[2, 1], w[2, 2]
        for i in range(height):
            target, y = out[n, o, i], i * stride[0]
            p0, q0, r0 = image[y], image[y + down], image[y + 2 * down]
            p1, q1, r1 = p0[right:], q0[right:], r0[right:]
            p2, q2, r2 = p1[right:], q1[right:], r1[right:]
            for j in range(width):
                top = a0 * p0[j] + a1 * p1[j] + a2 * p2[j]
                middle = b0 * q0[j] + b1 * q1[j] + b2 * q2[j]
                target[j] = top + middle + (c0 * r0[j] + c1 * r1[j] + c2 * r2[j])


@loop
def depthwise_input(start, stop, g, weight, out, stride, dilation):
    """The derivative of `depthwise` by its padded input, zeros at first: planes of N * C."""
    channels = out.shape[1]
    multiple = g.shape[1] // channels
    height, width = g.shape[2:]
    for plane in range(start, stop):
        n, c = plane // channels, plane % channels
        for o in range(c * multiple, (c + 1) * multiple):
            for i in range(height):
                source = g[n, o, i]
                for a in range(weight.shape[1]):
                    row = out[n, c, i * stride[0] + a * dilation[0]]
                    for b in range(weight.shape[2]):
                        w = weight[o, a, b]
                        left = b * dilation[1]
                        if stride[1] == 1:
                            part = row[left : left + width]
                            for j in range(width):
                                part[j] += w * source[j]
                        else:
                            for j in range(width):
                                row[left + j * stride[1]] += w * source[j]


@loop
def depthwise_weight(start, stop, x, g, out, stride, dilation):
    """The derivative of `depthwise` by its weight, for the output channels [start, stop)."""
    multiple = g.shape[1] // x.shape[1]
    height, width = g.shape[2:]
    sums = np.empty(width, x.dtype)  # one for each column, so that additions go side by side
    for o in range(start, stop):
        for a in range(out.shape[1]):
            for b in range(out.shape[2]):
                sums[:] = 0
                left = b * dilation[1]
                for n in range(x.shape[0]):
                    for i in range(height):
                        row = x[n, o // multiple, i * stride[0] + a * dilation[0]]
                        source = g[n, o, i]
                        if stride[1] == 1:
                            part = row[left : left + width]
                            for j in range(width):
                                sums[j] += part[j] * source[j]
                        else:
                            for j in range(width):
                                sums[j] += row[left + j * stride[1]] * source[j]
                out[o, a, b] = sums.sum()


@loop
def add_windows(start, stop, columns, out, stride, dilation):
    """out[a, y, x] += columns[a, i, j, k, l] where window (k, l) has its element (i, j)."""
    step = stride[1]
    for a in range(np.uint64(start), np.uint64(stop)):
        for i in range(columns.shape[1]):
            for j in range(columns.shape[2]):
                for k in range(columns.shape[3]):
                    source = columns[a, i, j, k]
                    target = out[a, i * dilation[0] + k * stride[0], j * dilation[1] :]
                    if step == 1:
                        for x in range(len(source)):
                            target[x] += source[x]
                    else:
                        for x in range(len(source)):
                            target[x * step] += source[x]
