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


def _gradients(convolve):
    """The gradients of a convolution by its input and by its weight, as functions."""

    def by_input(input_size, weight, grad_output, stride=1, padding=0, dilation=1, groups=1):
        input, options = ops.zeros(input_size, dtype=weight.dtype), (stride, padding, dilation)
        return _gradient(convolve, 0, input, weight, grad_output, (*options, groups))

    def by_weight(input, weight_size, grad_output, stride=1, padding=0, dilation=1, groups=1):
        weight, options = ops.zeros(weight_size, dtype=input.dtype), (stride, padding, dilation)
        return _gradient(convolve, 1, input, weight, grad_output, (*options, groups))

    for function, wanted, other in ((by_input, "input", "weight"), (by_weight, "weight", "input")):
        function.__name__ = f"{convolve.__name__}_{wanted}"
        function.__doc__ = f"""The gradient of `{convolve.__name__}` by its {wanted}.

        Args:
            {wanted}_size: shape of the {wanted}.
            {other}: {other} of the convolution.
            grad_output: the gradient by the output.
            stride, padding, dilation, groups: of the convolution.
        """
    return by_input, by_weight


conv1d_input, conv1d_weight = _gradients(ops.conv1d)
conv2d_input, conv2d_weight = _gradients(ops.conv2d)
conv3d_input, conv3d_weight = _gradients(ops.conv3d)
