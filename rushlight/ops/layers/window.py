"""Convolution, and convolution transposed.

A convolution and its two derivatives are three products of the same kind, and each is
differentiated by the other two (`_convolve`, `_convolve_input`, `_convolve_weight`), so derivatives
of any order need no further rule. What they do on arrays is in `kernels/convolution.py`.

Shapes: input (N, C, *space), weight (O, C / groups, *kernel), output (N, O, *out).
"""

from __future__ import annotations

from rushlight import dtypes
from rushlight.explain import explained
from rushlight.kernels.convolution import convolve, convolve_input, convolve_weight
from rushlight.ops.op import opaque
from rushlight.ops.reduction.sums import _sum
from rushlight.ops.refused import no_such_form, refuse
from rushlight.ops.shapes import ordered_or_channels_last
from rushlight.ops.warn import warn_once
from rushlight.tensor import Tensor

__all__ = [
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "convolution",
]

# The three products -------------------------------------------------------------------------------


def _check_convolve(input, weight, **options):
    groups = options["groups"]
    if input.dtype != weight.dtype:
        names = [dtypes.of(x).title for x in (input, weight)]
        raise RuntimeError(f"expected scalar type {names[0]} but found {names[1]}")
    if weight.shape[0] < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but "
            f"got weight of size {list(weight.shape)} instead"
        )
    if weight.shape[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, "
            f"but got weight of size [{list(weight.shape)}] instead"
        )
    if input.shape[1] != weight.shape[1] * groups:
        raise RuntimeError(
            f"Given groups={groups}, weight of size {list(weight.shape)}, expected "
            f"input{list(input.shape)} to have {weight.shape[1] * groups} channels, but got "
            f"{input.shape[1]} channels instead"
        )
    _check_fits(input, weight, options)


def _check_fits(input, weight, options):
    if len(weight.shape) == 4 and 0 in weight.shape[2:]:
        height, width = weight.shape[2:]
        raise RuntimeError(
            f"kernel size should be greater than zero, but got kernel_height: {height} "
            f"kernel_width: {width}"
        )
    padding, dilation = options["padding"], options["dilation"]
    whole = [n + 2 * p for n, p in zip(input.shape[2:], padding, strict=True)]
    reach = [d * (k - 1) + 1 for k, d in zip(weight.shape[2:], dilation, strict=True)]
    if any(n < r for n, r in zip(whole, reach, strict=True)):
        raise RuntimeError(
            f"Calculated padded input size per channel: ({_by(whole)}). "
            f"Kernel size: ({_by(reach)}). Kernel size can't be greater than actual input size"
        )


def _by(sizes):
    return " x ".join(map(str, sizes))


@opaque(
    result="same",
    node="ConvolutionBackward0",
    takes_out=False,
    d_input=lambda g, weight, input_shape, stride, padding, dilation, groups: _convolve_input(
        g, weight, space=tuple(input_shape[2:]), stride=stride, padding=padding,
        dilation=dilation, groups=groups,
    ),
    d_weight=lambda g, input, weight_shape, stride, padding, dilation, groups: _convolve_weight(
        input, g, kernel=tuple(weight_shape[2:]), stride=stride, padding=padding,
        dilation=dilation, groups=groups,
    ),
    d_bias=lambda g: _sum_channels(g),
)  # fmt: skip
def _convolve(input, weight, bias=None, *, stride, padding, dilation, groups):
    """Windows of the input times the weight, plus one number per channel."""
    _check_convolve(input, weight, stride=stride, padding=padding, dilation=dilation, groups=groups)
    return convolve(input, weight, bias, stride, padding, dilation, groups)


@opaque(
    result="same",
    ordered=ordered_or_channels_last,
    node="ConvolutionBackward0",
    takes_out=False,
    d_input=lambda g, weight, stride, padding, dilation, groups: _convolve(
        g, weight, stride=stride, padding=padding, dilation=dilation, groups=groups
    ),
    d_weight=lambda g, input, weight_shape, stride, padding, dilation, groups: _convolve_weight(
        g, input, kernel=tuple(weight_shape[2:]), stride=stride, padding=padding,
        dilation=dilation, groups=groups,
    ),
)  # fmt: skip
def _convolve_input(input, weight, *, space, stride, padding, dilation, groups):
    """The derivative of a convolution by its input, which has the sizes `space`."""
    return convolve_input(input, weight, space, stride, padding, dilation, groups)


@opaque(
    result="same",
    node="ConvolutionBackward0",
    takes_out=False,
    d_input=lambda g, grad, input_shape, stride, padding, dilation, groups: _convolve_input(
        grad, g, space=tuple(input_shape[2:]), stride=stride, padding=padding,
        dilation=dilation, groups=groups,
    ),
    d_grad=lambda g, input, stride, padding, dilation, groups: _convolve(
        input, g, stride=stride, padding=padding, dilation=dilation, groups=groups
    ),
)  # fmt: skip
def _convolve_weight(input, grad, *, kernel, stride, padding, dilation, groups):
    """The derivative of a convolution by its weight, whose kernel has the sizes `kernel`."""
    return convolve_weight(input, grad, kernel, stride, padding, dilation, groups)


@opaque(
    node="ConvolutionBackward0",
    takes_out=False,
    linear=True,
    d_input=lambda g: g,
    d_bias=lambda g: _sum_channels(g),
)
def _add_channels(input, bias):
    """`input` plus one number per channel."""
    return input + bias.reshape(-1, *(1,) * (input.ndim - 2))


def _sum_channels(g):
    """The sum over everything but the channels."""
    return _sum(g, dim=(0, *range(2, len(g.shape))), keepdim=False)


# What users call ----------------------------------------------------------------------------------


def _spread(value, count):
    """A number or a tuple, for each dimension."""
    if isinstance(value, (tuple, list)):
        return tuple(value) * count if len(value) == 1 else tuple(value)
    return (value,) * count


def _check_tensors(name, input, weight, bias, groups):
    given = (input, weight) if bias is None else (input, weight, bias)
    if not all(isinstance(x, Tensor) for x in given):
        raise no_such_form(name, given, "Tensor input, Tensor weight, Tensor bias, ...")
    if weight.ndim < 3:
        raise RuntimeError("weight should have at least three dimensions")
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")


def _check_numbers(count, **numbers):
    for name, values in numbers.items():
        if len(values) != count:
            raise RuntimeError(
                f"expected {name} to be a single integer value or a list of {count} values to "
                f"match the convolution dimensions, but got {name}={list(values)}"
            )
    if any(s <= 0 for s in numbers["stride"]):
        raise RuntimeError("non-positive stride is not supported")
    dilation = list(numbers["dilation"])
    if any(d <= 0 for d in dilation):
        given = "" if any(d < 0 for d in dilation) else f", but got {dilation}"
        raise RuntimeError(f"dilation should be greater than zero{given}")
    if any(p < 0 for p in numbers["padding"]):
        raise RuntimeError("negative padding is not supported")


def _batched(name, input, weight, stride, padding=0):
    """The input with a batch dimension, and whether it had none."""
    count = int(name[-2])
    if input.ndim not in (count + 1, count + 2):
        raise RuntimeError(
            f"Expected {count + 1}D (unbatched) or {count + 2}D (batched) input to {name}, but got "
            f"input of size: {list(input.shape)}"
        )
    alone = input.ndim == count + 1
    input = input.unsqueeze(0) if alone else input
    if weight.ndim != count + 2:
        _refuse_kernel(count, input, weight, stride, padding)
    return input, alone


def _refuse_kernel(count, input, weight, stride, padding):
    """Say that the weight is not for windows of `count` dimensions."""
    given = weight.ndim - 2
    if count == 1 or isinstance(padding, str):
        space = "" if isinstance(padding, str) else " "
        raise RuntimeError(
            f"Expected {given + 2}-dimensional input for {given + 2}-dimensional weight{space}"
            f"{list(weight.shape)}, but got {count + 2}-dimensional input of size "
            f"{list(input.shape)} instead"
        )
    raise RuntimeError(
        f"expected stride to be a single integer value or a list of {given} values to match the "
        f"convolution dimensions, but got stride={list(_spread(stride, count))}"
    )


def _check_bias(input, weight, bias, channels, given="Given"):
    if bias is None:
        return
    if tuple(bias.shape) != (channels,):
        raise RuntimeError(
            f"{given} weight of size {list(weight.shape)}, expected bias to be 1-dimensional with "
            f"{channels} elements, but got bias of size {list(bias.shape)} instead"
        )
    if input.dtype is not bias.dtype:
        one, two = dtypes.c_name(input.dtype), dtypes.c_name(bias.dtype)
        error = RuntimeError(f"Input type ({one}) and bias type ({two}) should be the same")
        raise explained(error, operands=(input, weight, bias))


def _same_padding(input, kernel, stride, dilation):
    """Padding that keeps the sizes; an odd rest is added at the end, to the input itself."""
    if any(s != 1 for s in stride):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    total = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    if any(t % 2 for t in total):
        from rushlight.ops import pad

        warn_once(
            "Using padding='same' with even kernel lengths and odd dilation may require a "
            "zero-padded copy of the input be created"
        )
        input = pad(input, [n for t in reversed(total) for n in (0, t % 2)])
    return input, tuple(t // 2 for t in total)


def _convolution(name, input, weight, bias, stride, padding, dilation, groups):
    _check_tensors(name, input, weight, bias, groups)
    input, alone = _batched(name, input, weight, stride, padding)
    count = weight.ndim - 2
    stride, dilation = _spread(stride, count), _spread(dilation, count)
    if padding == "same":
        input, padding = _same_padding(input, weight.shape[2:], stride, dilation)
    elif isinstance(padding, str) and padding != "valid":
        raise RuntimeError(f"Invalid padding string: '{padding}'")
    padding = (0,) * count if padding == "valid" else _spread(padding, count)
    _check_numbers(count, stride=stride, padding=padding, dilation=dilation)
    _check_bias(input, weight, bias, weight.shape[0])
    refuse("b", "slow_conv3d_cpu" if count == 3 else "slow_conv2d_cpu", input)
    out = _convolve(
        input, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=groups
    )
    return out.squeeze(0) if alone else out


def conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Convolution over one dimension: input (N, C, L), weight (O, C / groups, k)."""
    return _convolution("conv1d", input, weight, bias, stride, padding, dilation, groups)


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Convolution over two dimensions: input (N, C, H, W), weight (O, C / groups, kH, kW).

    `out[n, o, y, x] = bias[o] + sum_{c, i, j} weight[o, c, i, j] input[n, c, y + i, x + j]`, with
    steps of `stride` between windows and of `dilation` within them. `padding` is a number of zeros
    on both sides, or "same", or "valid".

    >>> import rushlight as torch
    >>> torch.conv2d(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2))
    tensor([[[[4., 4.],
              [4., 4.]]]])
    """
    return _convolution("conv2d", input, weight, bias, stride, padding, dilation, groups)


def conv3d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Convolution over three dimensions: input (N, C, D, H, W), weight (O, C / groups, *kernel)."""
    return _convolution("conv3d", input, weight, bias, stride, padding, dilation, groups)


def _transposed(name, input, weight, bias, stride, padding, output_padding, groups, dilation):
    _check_tensors(name, input, weight, bias, groups)
    input, alone = _batched(name, input, weight, stride)
    count = weight.ndim - 2
    stride, dilation = _spread(stride, count), _spread(dilation, count)
    padding, extra = _spread(padding, count), _spread(output_padding, count)
    _check_numbers(count, stride=stride, padding=padding, dilation=dilation, output_padding=extra)
    if input.shape[1] != weight.shape[0]:
        raise RuntimeError(
            f"Given transposed=1, weight of size {list(weight.shape)}, expected input"
            f"{list(input.shape)} to have {weight.shape[0]} channels, but got {input.shape[1]} "
            "channels instead"
        )
    if input.dtype is not weight.dtype:
        _check_convolve(input._array, weight._array, groups=groups)
    _check_bias(input, weight, bias, weight.shape[1] * groups, "Given transposed=1,")
    if any(e >= max(s, d) for e, s, d in zip(extra, stride, dilation, strict=True)):
        _refuse_output_padding(output_padding=extra, stride=stride, dilation=dilation)
    refuse("b", f"slow_conv_transpose{max(count, 2)}d_out_cpu", input)
    space = tuple(
        (n - 1) * s - 2 * p + d * (k - 1) + e + 1
        for n, s, p, d, k, e in zip(
            input.shape[2:], stride, padding, dilation, weight.shape[2:], extra, strict=True
        )
    )
    if any(n < 1 for n in space):
        raise RuntimeError(
            f"Given input size per channel: ({_by(input.shape[2:])}). Calculated output size per "
            f"channel: ({_by(space)}). Output size is too small"
        )
    out = _convolve_input(
        input, weight, space=space, stride=stride, padding=padding, dilation=dilation,
        groups=groups,
    )  # fmt: skip
    out = out if bias is None else _add_channels(out, bias)
    return out.squeeze(0) if alone else out


def _refuse_output_padding(**numbers):
    axes = ("depth", "height", "width")[-max(len(numbers["stride"]), 2) :]
    listed = " ".join(
        f"{name}_{axis}: {value}"
        for name, values in numbers.items()
        for axis, value in zip(axes, (1, *values)[-len(axes) :], strict=True)
    )
    raise RuntimeError(
        f"output padding must be smaller than either stride or dilation, but got {listed}"
    )


def conv_transpose1d(
    input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1
):
    """Transposed convolution over one dimension: weight (C, O / groups, k)."""
    return _transposed(
        "conv_transpose1d", input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def conv_transpose2d(
    input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1
):
    """Transposed convolution over two dimensions: weight (C, O / groups, kH, kW).

    It is the derivative of `conv2d` by its input, as an operation of its own.
    """
    return _transposed(
        "conv_transpose2d", input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def conv_transpose3d(
    input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1
):
    """Transposed convolution over three dimensions: weight (C, O / groups, *kernel)."""
    return _transposed(
        "conv_transpose3d", input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def convolution(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups):
    """Convolution over as many dimensions as the weight has, transposed or not."""
    if transposed:
        name = f"conv_transpose{weight.ndim - 2}d"
        return _transposed(
            name, input, weight, bias, stride, padding, output_padding, groups, dilation
        )
    name = f"conv{weight.ndim - 2}d"
    return _convolution(name, input, weight, bias, stride, padding, dilation, groups)
