"""Pooling: the maximum, the mean or a norm of each window.

Windows are visited position by position within the window, for all windows at once: a 2 x 2 pool is
four passes over strided slices, and no window is ever copied.
"""

from __future__ import annotations

import math

import numpy as np

from rushlight.kernels import in_order
from rushlight.kernels import windows as loops
from rushlight.kernels.convolution import padded, positions
from rushlight.ops.elementwise.unary import beside
from rushlight.ops.layers.window import _spread
from rushlight.ops.op import opaque
from rushlight.ops.output import write_out
from rushlight.ops.refused import NOT_FLOATING, refuse, require_tensors
from rushlight.tensor import type_name

__all__ = [
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool2d_with_indices",
    "max_pool3d",
    "max_pool3d_with_indices",
]


# Geometry -----------------------------------------------------------------------------------------


def pooled_sizes(space, kernel, stride, padding, dilation, ceil_mode):
    """How many windows there are along each dimension; with `ceil_mode`, the last may overhang."""
    sizes = []
    for n, k, s, p, d in zip(space, kernel, stride, padding, dilation, strict=True):
        free = n + 2 * p - d * (k - 1) - 1
        count = (-(-free // s) if ceil_mode else free // s) + 1
        # the last window must begin inside the input or its left padding
        sizes.append(count - 1 if ceil_mode and (count - 1) * s >= n + p else count)
    return tuple(sizes)


def _with_overhang(x, kernel, stride, padding, dilation, out, value):
    """The padded input, long enough for windows that overhang."""
    x = padded(x, padding, value)
    lead = x.ndim - len(kernel)
    missing = [
        max(0, (o - 1) * s + d * (k - 1) + 1 - n)
        for n, k, s, d, o in zip(x.shape[lead:], kernel, stride, dilation, out, strict=True)
    ]
    if any(missing):
        widths = [(0, 0)] * lead + [(0, m) for m in missing]
        x = np.pad(x, widths, constant_values=value)
    return x


def _check_padding(kernel, padding, dilation):
    if any(2 * p > k for p, k in zip(padding, kernel, strict=True)):
        raise RuntimeError(
            f"pad should be at most half of effective kernel size, but got pad={padding[0]}, "
            f"kernel_size={kernel[0]} and dilation={dilation[0]}"
        )


def _check_pool(name, input, kernel, padding, dilation, out):
    count = len(kernel)
    _check_padding(kernel, padding, dilation)
    if any(o < 1 for o in out):
        if name == "max_pool1d":
            raise RuntimeError(f"max_pool1d() Invalid computed output size: {out[0]}")
        sizes = "x".join(map(str, (input.shape[-count - 1], *input.shape[-count:])))
        result = "x".join(map(str, (input.shape[-count - 1], *out)))
        raise RuntimeError(
            f"Given input size: ({sizes}). Calculated output size: ({result}). Output size is too "
            "small"
        )


# Maxima -------------------------------------------------------------------------------------------


@opaque(
    linear=True,
    takes_out=False,
    node="MaxPoolBackward0",
    d_input=lambda g, indices: _take_places(g, indices=indices),
)
def _put_places(input, *, indices, space, once):
    """Zeros with the sizes `space`, with each element of `input` added at its flat index."""
    count = len(space)
    lead = input.shape[: input.ndim - count]
    result = np.zeros((math.prod(lead), math.prod(space)), input.dtype)
    flat = indices.reshape(result.shape[0], math.prod(indices.shape[-count:]))
    values = input.reshape(flat.shape)
    rows = np.arange(result.shape[0])[:, None]
    if loops.put_places.earned(values.size):
        loops.put_places.run(len(result), *in_order(values, flat), result)
    elif once:
        result[rows, flat] = values
    else:
        np.add.at(result, (rows, flat), values)
    return result.reshape(*lead, *space)


@opaque(
    linear=True,
    takes_out=False,
    node="MaxPoolBackward1",
    d_input=lambda g, indices, input_shape: _put_places(
        g,
        indices=indices,
        space=input_shape[len(input_shape) - _space_count(indices) :],
        once=False,
    ),
)
def _take_places(input, *, indices):
    """The elements at flat indices of the last dimensions."""
    count = _space_count(indices)
    lead = math.prod(indices.shape[: indices.ndim - count])
    flat = indices.reshape(lead, math.prod(indices.shape[-count:]))
    whole = input.reshape(lead, math.prod(input.shape[input.ndim - count :]))
    picked = np.take_along_axis(whole, flat, 1)
    return picked.reshape(indices.shape)


def _space_count(indices):
    """Dimensions of space of (N, C, *space) indices."""
    return indices.ndim - 2


def _max_node(kernel_size, stride, padding, dilation, ceil_mode):
    count = len(kernel_size)
    return "MaxPool2DWithIndicesBackward0" if count < 3 else "MaxPool3DWithIndicesBackward0"


@opaque(
    outputs=("values", "indices"),
    takes_out=False,
    node=_max_node,
    d_input=lambda g_values, input, indices, input_shape, kernel_size, stride, dilation: beside(
        _put_places(
            g_values,
            indices=_plain(indices),
            space=tuple(input_shape[2:]),
            once=_is_apart(kernel_size, stride, dilation),
        ),
        input,
        name="MaxPool2DWithIndicesBackwardBackward0",
    ),
)
def _max_pool(input, *, kernel_size, stride, padding, dilation, ceil_mode):
    """The maximum of each window of (N, C, *space), and its flat index; nan wins."""
    out = pooled_sizes(input.shape[2:], kernel_size, stride, padding, dilation, ceil_mode)
    _check_pool(f"max_pool{len(out)}d", input, kernel_size, padding, dilation, out)
    refuse("bc", f"max_pool{max(len(out), 2)}d", input)
    if len(out) == 2 and input.dtype.char in "fd" and loops.largest.earned(input.size):
        return _max_pool_by_loop(input, out, kernel_size, stride, padding, dilation)
    lowest = -np.inf if input.dtype.kind == "f" else np.iinfo(input.dtype).min
    x = _with_overhang(input, kernel_size, stride, padding, dilation, out, lowest)
    values = index = None
    for place, where in positions(kernel_size, stride, dilation, out):
        part = x[(slice(None), slice(None), *where)]
        here = _flat_index(place, input.shape[2:], stride, padding, dilation, out)
        if values is None:
            values, index = part.copy(), np.empty(part.shape, np.int64)
            index[...] = here
            continue
        better = part > values
        if input.dtype.kind == "f":
            better |= part != part
        np.copyto(values, part, where=better)
        np.copyto(index, here, where=better)
    return values, index


def _max_pool_by_loop(input, out, *geometry):
    planes = input.reshape(-1, *input.shape[2:])
    (planes,) = in_order(planes)
    values = np.empty((len(planes), *out), input.dtype)
    index = np.empty(values.shape, np.int64)
    if geometry == ((2, 2), (2, 2), (0, 0), (1, 1)) and all(
        n >= 2 * o for n, o in zip(planes.shape[1:], out, strict=True)
    ):
        loops.largest_2x2.run(len(planes), planes, values, index)
    else:
        loops.largest.run(len(planes), planes, values, index, *geometry)
    shape = (*input.shape[:2], *out)
    return values.reshape(shape), index.reshape(shape)


def _flat_index(place, space, stride, padding, dilation, out):
    """For one position within the window, the flat index in the input, for all windows."""
    flat = np.zeros((1,) * len(space), np.int64)
    for axis, (i, n, s, p, d, o) in enumerate(
        zip(place, space, stride, padding, dilation, out, strict=True)
    ):
        along = np.arange(o) * s + (i * d - p)
        shape = [1] * len(space)
        shape[axis] = o
        flat = flat * n + along.reshape(shape)
    return flat


def _plain(indices):
    """Saved indices as an array."""
    return getattr(indices, "_array", indices)


def _is_apart(kernel_size, stride, dilation):
    """Whether no element lies in two windows."""
    return all(s >= d * (k - 1) + 1 for k, s, d in zip(kernel_size, stride, dilation, strict=True))


def _pool_arguments(input, count, kernel_size, stride, padding, name):
    """The input with batch and channels, whether it had no batch, and the numbers spread."""
    check_tensor(name, input)
    if input.ndim not in (count + 1, count + 2):
        _refuse_dims(input, count, name)
    kernel = _read_sizes(name, "kernel_size", kernel_size, count)
    unset = stride is None or stride in ([], ())
    steps = kernel if unset else _read_sizes(name, "stride", stride, count)
    if name == "max_pool1d":
        _require_positive(kernel_size=kernel[0], stride=steps[0])
    if any(s <= 0 for s in steps):
        raise RuntimeError("stride should not be zero")
    alone = input.ndim == count + 1
    padding = _read_sizes(name, "padding", padding, count)
    if any(p < 0 for p in padding):
        raise RuntimeError(f"pad must be non-negative, but got pad: {min(padding)}")
    return (input.unsqueeze(0) if alone else input), alone, kernel, steps, padding


def _require_positive(**numbers):
    for name, number in numbers.items():
        if number <= 0:
            raise RuntimeError(f"max_pool1d() {name} must be greater than zero, but got {number}")


def check_tensor(name, input):
    """Refuse what is no tensor as the argument `input`."""
    require_tensors(name, input=input)


_NUMBER_WORDS = {1: "one int", 2: "two ints", 3: "three ints"}


def _read_sizes(name, argument, value, count):
    """An argument that is an int or a tuple of them, as a tuple."""
    sizes = _spread(value, count)
    for each in sizes:
        if not hasattr(each, "__index__"):
            position = {"kernel_size": 2, "stride": 3, "padding": 4}[argument]
            raise TypeError(
                f"{name}(): argument '{argument}' (position {position}) must be tuple of ints, "
                f"not {type_name(value)}"
            )
    if len(sizes) != count:
        raise RuntimeError(
            f"{name}: {argument} must either be a single int, or a tuple of {_NUMBER_WORDS[count]}"
        )
    return sizes


def _refuse_dims(input, count, name):
    shape = list(input.shape)
    if name == "max_pool1d":
        raise RuntimeError(
            "max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for "
            f"input, but got:{shape}"
        )
    if name == "avg_pool1d":
        raise RuntimeError(
            f"Expected 2 to 3 dimensions, but got {len(shape)}-dimensional tensor for argument #1 "
            "'self' (while checking arguments for avg_pool1d)"
        )
    raise RuntimeError(
        f"non-empty {count + 1}D or {count + 2}D (batch mode) tensor expected for input"
    )


def _refuse_empty(count, shape):
    """Refuse an input without channels or without elements of space."""
    if count < 3:
        got = f"tensor with optional 0 dim batch size for input, but got:{shape}"
        if count == 1:
            raise RuntimeError(f"max_pool1d: Expected 2D or 3D (batch mode) {got}")
        raise RuntimeError(f"Expected 3D or 4D (batch mode) {got}")
    raise RuntimeError(
        "max_pool3d_with_indices_out_cpu_template(): Expected input's non-batch dimensions to have "
        f"positive length, but input has a shape of {shape} and non-batch dimension "
        f"{shape[-4:].index(0) - (len(shape) == 5)} has length zero!"
    )


def _max_pool_with_indices(count, input, kernel_size, stride, padding, dilation, ceil_mode):
    name = f"max_pool{count}d"
    input, alone, kernel, stride, padding = _pool_arguments(
        input, count, kernel_size, stride, padding, name
    )
    dilation = _spread(dilation, count)
    if count == 1:
        _require_positive(dilation=dilation[0])
    if any(d <= 0 for d in dilation):
        listed = zip("THW"[-count:], dilation, strict=True)
        raise RuntimeError(
            "dilation should be greater than zero, but got "
            + " ".join(f"dilation{axis}: {d}" for axis, d in listed)
        )
    shape = list(input.shape)[alone:]
    if 0 in shape[-count - 1 :]:
        _check_padding(kernel, padding, dilation)
        _refuse_empty(count, shape)
    values, indices = _max_pool(
        input, kernel_size=kernel, stride=stride, padding=padding,
        dilation=dilation, ceil_mode=bool(ceil_mode),
    )  # fmt: skip
    return (values.squeeze(0), indices.squeeze(0)) if alone else (values, indices)


def max_pool1d_with_indices(
    input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False
):
    """`max_pool1d`, and the index of each maximum."""
    return _max_pool_with_indices(1, input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d_with_indices(
    input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False
):
    """`max_pool2d`, and the flat index of each maximum."""
    return _max_pool_with_indices(2, input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool3d_with_indices(
    input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False
):
    """`max_pool3d`, and the flat index of each maximum."""
    return _max_pool_with_indices(3, input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool1d(
    input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False
):
    """The maximum of each window: input (N, C, L) or (C, L)."""
    both = _max_pool_with_indices(1, input, kernel_size, stride, padding, dilation, ceil_mode)
    return both if return_indices else both[0]


def max_pool2d(
    input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False
):
    """The maximum of each window: input (N, C, H, W) or (C, H, W).

    >>> import rushlight as torch
    >>> x = torch.arange(16.0).reshape(1, 1, 4, 4)
    >>> torch.max_pool2d(x, 2)
    tensor([[[[ 5.,  7.],
              [13., 15.]]]])
    """
    both = _max_pool_with_indices(2, input, kernel_size, stride, padding, dilation, ceil_mode)
    return both if return_indices else both[0]


def max_pool3d(
    input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False
):
    """The maximum of each window: input (N, C, D, H, W) or (C, D, H, W)."""
    both = _max_pool_with_indices(3, input, kernel_size, stride, padding, dilation, ceil_mode)
    return both if return_indices else both[0]


# Means --------------------------------------------------------------------------------------------


@opaque(
    linear=True,
    takes_out=False,
    node=lambda kernel_size, stride, padding, out, divisor, name: name,
    d_input=lambda g, input, kernel_size, stride, padding, divisor, name: beside(
        _spread_windows(
            g,
            space=tuple(input.shape[2:]),
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            divisor=divisor,
        ),
        input,
        name=f"{name[:-1]}Backward0",
    ),
)
def _mean_pool(input, *, kernel_size, stride, padding, out, divisor, name):
    """The sum of each window of (N, C, *space) over `divisor`, a number or one per window."""
    ones = (1,) * len(kernel_size)
    x = _with_overhang(input, kernel_size, stride, padding, ones, out, 0)
    total = None
    for _, where in positions(kernel_size, stride, ones, out):
        part = x[(slice(None), slice(None), *where)]
        if total is None:
            total = part.copy()
        else:
            total += part
    return _divided(total, divisor)


def _divided(array, divisor):
    """A quotient in the dtype of the array; integers are cut off, as in C."""
    return (array / divisor).astype(array.dtype, copy=False)


@opaque(
    linear=True,
    takes_out=False,
    node="AvgPoolBackward1",
    d_input=lambda g, input_shape, kernel_size, stride, padding, divisor: _mean_pool(
        g,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        out=tuple(input_shape[2:]),
        divisor=divisor,
        name="AvgPoolBackward1",
    ),
)
def _spread_windows(input, *, space, kernel_size, stride, padding, divisor):
    """Each window's number over `divisor` added to all its elements: what `_mean_pool` transposes
    to.
    """
    out = input.shape[2:]
    ones = (1,) * len(kernel_size)
    whole = [
        max(n + 2 * p, (o - 1) * s + k)
        for n, p, k, s, o in zip(space, padding, kernel_size, stride, out, strict=True)
    ]
    shares = _divided(input, divisor)
    full = kernel_size == stride and all(n == o * s for n, o, s in zip(whole, out, stride))
    result = (np.empty if full else np.zeros)((*input.shape[:2], *whole), input.dtype)
    for _, where in positions(kernel_size, stride, ones, out):
        if full:  # each element lies in one window
            result[(slice(None), slice(None), *where)] = shares
        else:
            result[(slice(None), slice(None), *where)] += shares
    inside = (slice(p, p + n) for n, p in zip(space, padding, strict=True))
    return result[(..., *inside)]


def _counts(space, kernel, stride, padding, out, include_pad):
    """How many elements each window's sum is divided by; what overhangs doesn't count."""
    result = np.ones((1,) * len(space))
    for axis, (n, k, s, p, o) in enumerate(zip(space, kernel, stride, padding, out, strict=True)):
        start = np.arange(o) * s - p
        stop = np.minimum(start + k, n + p)
        if not include_pad:
            start, stop = np.maximum(start, 0), np.minimum(stop, n)
        shape = [1] * len(space)
        shape[axis] = o
        result = result * (stop - start).reshape(shape)
    same = result.size and (result == result.flat[0]).all()
    return result.flat[0].item() if same else result


def _avg_pool(
    count, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override,
    name=None,
):  # fmt: skip
    title = f"avg_pool{count}d"
    input, alone, kernel, stride, padding = _pool_arguments(
        input, count, kernel_size, stride, padding, title
    )
    if divisor_override == 0:
        raise RuntimeError("divisor must be not zero")
    if input._array.dtype != np.int64:  # the only integers that have means of windows
        refuse(NOT_FLOATING, "avg_pool3d_out_frame" if count == 3 else "avg_pool2d", input)
    space = tuple(input.shape[2:])
    ones = (1,) * count
    out = pooled_sizes(space, kernel, stride, padding, ones, ceil_mode)
    _check_pool(title, input._array, kernel, padding, ones, out)
    divisor = divisor_override
    if divisor is None:
        divisor = _counts(space, kernel, stride, padding, out, count_include_pad)
        if divisor.__class__ is not float:
            divisor = divisor.astype(input._array.dtype)
    mean = _mean_pool(
        input, kernel_size=kernel, stride=stride, padding=padding, out=out, divisor=divisor,
        name=name or ("SqueezeBackward1" if count == 1 else f"AvgPool{count}DBackward0"),
    )  # fmt: skip
    return mean.squeeze(0) if alone else mean


def avg_pool1d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    """The mean of each window: input (N, C, L) or (C, L)."""
    return _avg_pool(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True,
    divisor_override=None, *, out=None,
):  # fmt: skip
    """The mean of each window: input (N, C, H, W) or (C, H, W).

    >>> import rushlight as torch
    >>> x = torch.arange(16.0).reshape(1, 1, 4, 4)
    >>> torch.nn.functional.avg_pool2d(x, 2)
    tensor([[[[ 2.5000,  4.5000],
              [10.5000, 12.5000]]]])
    """
    mean = _avg_pool(
        2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )
    return mean if out is None else write_out("avg_pool2d", mean, (input,), out)


def avg_pool3d(
    input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True,
    divisor_override=None, *, out=None,
):  # fmt: skip
    """The mean of each window: input (N, C, D, H, W) or (C, D, H, W)."""
    mean = _avg_pool(
        3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )
    return mean if out is None else write_out("avg_pool3d", mean, (input,), out)
