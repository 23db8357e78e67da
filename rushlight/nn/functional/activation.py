"""Activations as functions."""

from __future__ import annotations

import warnings

import numpy as np

from rushlight import ops, random
from rushlight.ops import in_place
from rushlight.ops.refused import NOT_FLOATING, refuse, require_tensors
from rushlight.ops.shapes import normalize_dim
from rushlight.tensor import wrap

__all__ = [
    "celu",
    "celu_",
    "elu",
    "elu_",
    "gelu",
    "glu",
    "gumbel_softmax",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hardtanh_",
    "leaky_relu",
    "leaky_relu_",
    "log_softmax",
    "logsigmoid",
    "mish",
    "prelu",
    "relu",
    "relu6",
    "relu_",
    "rrelu",
    "rrelu_",
    "selu",
    "selu_",
    "sigmoid",
    "silu",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
    "threshold_",
]

gelu = ops.gelu
hardshrink = ops.hardshrink
logsigmoid = ops.log_sigmoid
softplus = ops.softplus
softshrink = ops.softshrink


def _apply(op, input, inplace, **options):
    """The activation `op`, in the memory of its input if `inplace`."""
    return in_place(op, input, **options) if inplace else op(input, **options)


# Piecewise linear ---------------------------------------------------------------------------------


def relu(input, inplace=False):
    """max(0, x).

    >>> import rushlight as torch
    >>> torch.nn.functional.relu(torch.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return in_place(ops.relu, input) if inplace else ops.relu(input)


def relu_(input):
    """`relu` in place."""
    return in_place(ops.relu, input)


def hardtanh(input, min_val=-1.0, max_val=1.0, inplace=False):
    """The elements cut off at `min_val` and `max_val`."""
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    return _apply(ops.hardtanh, input, inplace, min_val=min_val, max_val=max_val)


def hardtanh_(input, min_val=-1.0, max_val=1.0):
    """`hardtanh` in place."""
    return hardtanh(input, min_val, max_val, inplace=True)


def relu6(input, inplace=False):
    """min(max(0, x), 6)."""
    return _apply(ops.hardtanh, input, inplace, min_val=0.0, max_val=6.0)


def threshold(input, threshold, value, inplace=False):
    """x where it is above `threshold`, else `value`."""
    return _apply(ops.threshold, input, inplace, threshold=threshold, value=value)


def threshold_(input, threshold, value):
    """`threshold` in place."""
    return _apply(ops.threshold, input, True, threshold=threshold, value=value)


def leaky_relu(input, negative_slope=0.01, inplace=False):
    """max(0, x) + negative_slope * min(0, x)."""
    return _apply(ops.leaky_relu, input, inplace, negative_slope=negative_slope)


def leaky_relu_(input, negative_slope=0.01):
    """`leaky_relu` in place."""
    return leaky_relu(input, negative_slope, inplace=True)


def hardsigmoid(input, inplace=False):
    """min(max(x + 3, 0), 6) / 6."""
    return _apply(ops.hardsigmoid, input, inplace)


def hardswish(input, inplace=False):
    """x * min(max(x + 3, 0), 6) / 6."""
    return _apply(ops.hardswish, input, inplace)


def prelu(input, weight):
    """max(0, x) + weight * min(0, x); the weight is a number, or one per channel (dimension 1)."""
    if input.dtype is not weight.dtype:
        titles = f"{input.dtype.title} and {weight.dtype.title}"
        raise RuntimeError(f"prelu: Type promoting not supported. Got {titles}")
    channels = input.shape[1] if input.dim() > 1 else 1
    if weight.numel() != 1 and input.dim() == 0:
        raise RuntimeError("Not allow zero-dim input tensor.")
    if weight.numel() not in (1, channels):
        raise RuntimeError(
            "Mismatch of parameter numbers and input channel size. "
            f"Found parameter numbers = {weight.numel()} and channel size = {channels}."
        )
    if weight.dim() > 1:
        raise RuntimeError(
            f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.dim()}"
        )
    if weight.numel() == 1:
        return ops.prelu_kernel(input, weight.reshape((1,) if input.dim() else ()))
    return ops.prelu_kernel(input, weight.reshape((-1,) + (1,) * (input.dim() - 2)))


def rrelu(input, lower=1.0 / 8, upper=1.0 / 3, training=False, inplace=False):
    """leaky_relu with random slopes of [lower, upper) in training, else with their mean.

    Source: B. Xu and others, "Empirical evaluation of rectified activations in convolutional
    network", 2015.
    """
    require_tensors("rrelu", input=input)
    if lower > upper:
        raise RuntimeError("Lower bound should be less than or equal to the upper bound")
    refuse(NOT_FLOATING, "rrelu_with_noise_out_cpu" if training else "leaky_relu_cpu", input)
    noise = wrap(_slopes(input._array, lower, upper, training))
    return _apply(lambda x: ops.rrelu(x, noise), input, inplace)


def rrelu_(input, lower=1.0 / 8, upper=1.0 / 3, training=False):
    """`rrelu` in place."""
    return rrelu(input, lower, upper, training, inplace=True)


def _slopes(array, lower, upper, training):
    """1 for positive elements; for each of the others a slope, random ones in their order."""
    slopes = np.ones_like(array)
    others = array <= 0
    slopes[others] = (lower + upper) / 2
    if training:
        count = int(others.sum())
        slopes[others] = random.default_generator.uniform((count,), "float64", lower, upper)
    return slopes


# Smooth -------------------------------------------------------------------------------------------


def elu(input, alpha=1.0, inplace=False):
    """max(0, x) + min(0, alpha * (exp(x) - 1))."""
    return _apply(ops.elu, input, inplace, alpha=alpha)


def elu_(input, alpha=1.0):
    """`elu` in place."""
    return elu(input, alpha, inplace=True)


def celu(input, alpha=1.0, inplace=False):
    """max(0, x) + min(0, alpha * (exp(x / alpha) - 1))."""
    return _apply(ops.celu, input, inplace, alpha=alpha)


def celu_(input, alpha=1.0):
    """`celu` in place."""
    return celu(input, alpha, inplace=True)


def selu(input, inplace=False):
    """scale * (max(0, x) + min(0, alpha * (exp(x) - 1))), with the scales that keep variance 1."""
    return _apply(ops.selu, input, inplace)


def selu_(input):
    """`selu` in place."""
    return selu(input, inplace=True)


def silu(input, inplace=False):
    """x * sigmoid(x), also named swish."""
    return in_place(ops.silu, input) if inplace else ops.silu(input)


def mish(input, inplace=False):
    """x * tanh(softplus(x))."""
    return _apply(ops.mish, input, inplace)


def sigmoid(input):
    """1 / (1 + exp(-x))."""
    return input.sigmoid()


def tanh(input):
    """Hyperbolic tangent."""
    return input.tanh()


def softsign(input):
    """x / (1 + |x|)."""
    return input / (input.abs() + 1)


def tanhshrink(input):
    """x - tanh(x)."""
    return input - input.tanh()


def glu(input, dim=-1):
    """a * sigmoid(b), where a and b are the halves of the input along `dim`.

    >>> import rushlight as torch
    >>> torch.nn.functional.glu(torch.tensor([3.0, 0.0]))
    tensor([1.5000])
    """
    if input.dim() == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    dim = normalize_dim(dim, input.dim())
    size = input.shape[dim]
    if size % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {dim} is size {size}")
    return ops.glu(*input.split(size // 2, dim))


# Over a dimension ---------------------------------------------------------------------------------


def _implicit_dim(name, ndim, stacklevel):
    """The dimension that the function takes when none is named, with a warning."""
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. "
        "Change the call to include dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if ndim in (0, 1, 3) else 1


def softmax(input, dim=None, _stacklevel=3, dtype=None):
    """exp(x) / sum(exp(x)) along `dim`: positive numbers of sum 1.

    >>> import rushlight as torch
    >>> torch.nn.functional.softmax(torch.tensor([0.0, 0.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    if dim is None:
        dim = _implicit_dim("softmax", input.dim(), _stacklevel)
    return input.softmax(dim) if dtype is None else input.softmax(dim, dtype=dtype)


def softmin(input, dim=None, _stacklevel=3, dtype=None):
    """softmax(-x)."""
    if dim is None:
        dim = _implicit_dim("softmin", input.dim(), _stacklevel)
    return softmax(-input, dim, dtype=dtype)


def log_softmax(input, dim=None, _stacklevel=3, dtype=None):
    """log(softmax(x)), without overflow.

    >>> import rushlight as torch
    >>> torch.nn.functional.log_softmax(torch.tensor([0.0, 0.0]), dim=0)
    tensor([-0.6931, -0.6931])
    """
    if dim is None:
        dim = _implicit_dim("log_softmax", input.dim(), _stacklevel)
    return input.log_softmax(dim) if dtype is None else input.log_softmax(dim, dtype=dtype)


def gumbel_softmax(logits, tau=1, hard=False, eps=1e-10, dim=-1):
    """softmax((logits + gumbel noise) / tau): a sample from the categories, made differentiable.

    With `hard` the result is one-hot, but its derivative is that of the soft sample.

    Source: E. Jang and others, "Categorical reparameterization with Gumbel-softmax", 2016.
    """
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    gumbels = -ops.empty_like(logits).exponential_().log()
    soft = ((logits + gumbels) / tau).softmax(dim)
    if not hard:
        return soft
    index = soft.max(dim, keepdim=True)[1]
    one_hot = ops.zeros_like(logits).scatter_(dim, index, 1.0)
    return one_hot - soft.detach() + soft
