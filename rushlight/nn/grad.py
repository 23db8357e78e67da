"""The gradients of convolutions, as functions of what the convolution was given."""

from __future__ import annotations

from rushlight import ops
from rushlight.autograd import enable_grad, grad

__all__ = [
    "conv1d_input",
    "conv1d_weight",
    "conv2d_input",
    "conv2d_weight",
    "conv3d_input",
    "conv3d_weight",
]


def _gradient(convolve, wanted, input, weight, grad_output, options):
    """The gradient of a convolution, which is linear, by the argument that is wanted."""
    with enable_grad():
        input, weight = input.detach(), weight.detach()
        argument = (input if wanted == 0 else weight).requires_grad_()
        output = convolve(input, weight, None, *options)
    return grad(output, argument, grad_output)[0]


def _by_input(convolve):
    def by_input(input_size, weight, grad_output, stride=1, padding=0, dilation=1, groups=1):
        input = ops.zeros(input_size, dtype=weight.dtype)
        return _gradient(
            convolve, 0, input, weight, grad_output, (stride, padding, dilation, groups)
        )

    by_input.__name__ = f"{convolve.__name__}_input"
    by_input.__doc__ = f"""The gradient of `{convolve.__name__}` by its input.

    Args:
        input_size: shape of the input.
        weight: weight of the convolution.
        grad_output: the gradient by the output.
        stride, padding, dilation, groups: of the convolution.
    """
    return by_input


def _by_weight(convolve):
    def by_weight(input, weight_size, grad_output, stride=1, padding=0, dilation=1, groups=1):
        weight = ops.zeros(weight_size, dtype=input.dtype)
        return _gradient(
            convolve, 1, input, weight, grad_output, (stride, padding, dilation, groups)
        )

    by_weight.__name__ = f"{convolve.__name__}_weight"
    by_weight.__doc__ = f"""The gradient of `{convolve.__name__}` by its weight.

    Args:
        input: input of the convolution.
        weight_size: shape of the weight.
        grad_output: the gradient by the output.
        stride, padding, dilation, groups: of the convolution.
    """
    return by_weight


conv1d_input, conv1d_weight = _by_input(ops.conv1d), _by_weight(ops.conv1d)
conv2d_input, conv2d_weight = _by_input(ops.conv2d), _by_weight(ops.conv2d)
conv3d_input, conv3d_weight = _by_input(ops.conv3d), _by_weight(ops.conv3d)
