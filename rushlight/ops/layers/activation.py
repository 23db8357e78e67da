"""Activations: functions of one element that make a network more than one matrix product.

`relu`, `sigmoid` and `tanh` are in `elementwise`, `softmax` and its relatives in `reduce`.

In the derivatives a condition goes through `where`, not through a product with 0 or 1: a gradient
that is infinite or not a number stays out of the elements that it doesn't concern.
"""

from __future__ import annotations

import math

import numpy as np

from rushlight import dtypes
from rushlight.ops.blocks import by_blocks
from rushlight.ops.elementwise.error_function import erf
from rushlight.ops.elementwise.unary import beside, exp, once, sigmoid, tanh, where
from rushlight.ops.op import elementwise, opaque
from rushlight.ops.refused import NOT_FLOATING

__all__ = [
    "celu",
    "elu",
    "gelu",
    "glu",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "log_sigmoid",
    "mish",
    "prelu_kernel",
    "rrelu",
    "selu",
    "silu",
    "softplus",
    "softshrink",
    "threshold",
]

SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


# Piecewise linear ---------------------------------------------------------------------------------


@elementwise(
    d_input=lambda g, input, min_val, max_val: beside(
        where((input <= min_val) | (input >= max_val), 0.0, g),
        input,
        name="HardtanhBackwardBackward0",
    ),
)
def hardtanh(input, *, min_val=-1.0, max_val=1.0):
    """The elements cut off at `min_val` and `max_val`."""
    if input.dtype.kind == "b":
        raise RuntimeError("Bool inputs not supported for hardtanh")
    if input.dtype.kind == "c":
        raise NotImplementedError("clamp is not supported for complex types")
    return np.minimum(np.maximum(input, _like(min_val, input)), _like(max_val, input))


def _like(number, array):
    """A number as one of the array's type, as integers stay integers."""
    return array.dtype.type(number)


@elementwise(
    refuses=("bc", "threshold_cpu"),
    d_input=lambda g, input, threshold: beside(
        where(input <= threshold, 0.0, g), input, name="ThresholdBackwardBackward0"
    ),
)
def threshold(input, *, threshold, value):
    """The elements above `threshold`; in place of the others, `value`."""
    return np.where(input <= threshold, _like(value, input), input)


@elementwise(
    refuses=(NOT_FLOATING, "leaky_relu_cpu"),
    d_input=lambda g, input, negative_slope: beside(
        where(input > 0, g, g * negative_slope), input, name="LeakyReluBackwardBackward0"
    ),
    fuse=True,
)
def leaky_relu(input, *, negative_slope=0.01):
    """max(0, x) + negative_slope * min(0, x).

    Source: A. Maas and others, "Rectifier nonlinearities improve neural network acoustic models",
    2013.
    """
    if 0 <= negative_slope <= 1:
        return np.maximum(input, input * negative_slope)
    return np.where(input > 0, input, input * negative_slope)


@elementwise(
    refuses=(NOT_FLOATING, "hardsigmoid_cpu"),
    d_input=lambda g, input: once(
        where((input > -3) & (input < 3), g * (1 / 6), 0.0), input, name="hardsigmoid_backward"
    ),
)
def hardsigmoid(input):
    """min(max(x + 3, 0), 6) / 6: the sigmoid in three straight pieces."""
    return np.clip(input + 3, 0, 6) / 6


@elementwise(
    refuses=(NOT_FLOATING, "hardswish_cpu"),
    d_input=lambda g, input: where(input <= -3, 0.0, where(input < 3, g * (input / 3 + 0.5), g)),
    fuse=True,
)
def hardswish(input):
    """x * min(max(x + 3, 0), 6) / 6.

    Source: A. Howard and others, "Searching for MobileNetV3", 2019.
    """
    return input * np.clip(input + 3, 0, 6) / 6


def _check_softshrink(input, *, lambd):
    if not lambd >= 0:
        dtype = dtypes.of(input)
        raise RuntimeError(
            f"lambda must be in range [0, {dtypes.finfo(dtype).max:g}] for input dtype "
            f"{dtype.title}, but found {lambd:g}"
        )


@elementwise(
    refuses=(NOT_FLOATING, "softshrink_check"),
    check=_check_softshrink,
    d_input=lambda g, input, lambd: beside(
        where((input >= -lambd) & (input <= lambd), 0.0, g),
        input,
        name="SoftshrinkBackwardBackward0",
    ),
)
def softshrink(input, *, lambd=0.5):
    """The elements moved by `lambd` towards 0, and 0 where that crosses it."""
    if not lambd >= 0:
        _check_softshrink(input, lambd=lambd)
    return np.where(
        input > lambd, input - lambd, np.where(input < -lambd, input + lambd, input * 0)
    )


@elementwise(
    refuses=(NOT_FLOATING, "hardshrink_cpu"),
    d_input=lambda g, input, lambd: beside(
        where((input >= -lambd) & (input <= lambd), 0.0, g),
        input,
        name="HardshrinkBackwardBackward0",
    ),
)
def hardshrink(input, *, lambd=0.5):
    """The elements whose distance from 0 is above `lambd`; the others become 0."""
    return np.where((input >= -lambd) & (input <= lambd), 0.0, input)


@elementwise(
    refuses=(NOT_FLOATING, "prelu_cpu"),
    node="PreluKernelBackward0",
    d_input=lambda g, input, weight: beside(
        where(input > 0, g, g * weight), input, name="PreluKernelBackwardBackward0"
    ),
    d_weight=lambda g, input, weight: beside(
        where(input > 0, 0.0, g * input), weight, name="PreluKernelBackwardBackward0"
    ),
)
def prelu_kernel(input, weight):
    """max(0, x) + weight * min(0, x), with a weight that broadcasts against the elements.

    Source: K. He and others, "Delving deep into rectifiers", 2015.
    """
    return np.where(input > 0, input, input * weight)


def _rrelu_slope(g, input, noise):
    return beside(g * noise, input, name="RreluWithNoiseBackwardBackward0")


@elementwise(
    node="RreluWithNoiseBackward0", d_input=lambda g, input, noise: _rrelu_slope(g, input, noise)
)
def rrelu(input, noise):
    """Each element times its noise, which is 1 for positive ones and a random slope for others."""
    return input * noise


# Smooth -------------------------------------------------------------------------------------------


def _elu_slope(input, alpha, scale, input_scale):
    """The derivative of elu."""
    below = input_scale * alpha * scale * exp(where(input < 0, input, 0.0) * input_scale)
    return where(input <= 0, below, scale)


def _elu(input, alpha, scale, input_scale):
    below = np.expm1(np.minimum(input, 0) * input_scale) * (alpha * scale)
    return np.where(input > 0, input * scale, below)


@elementwise(
    refuses=(NOT_FLOATING, "elu_cpu"),
    d_input=lambda g, input, alpha, scale, input_scale: (
        g * _elu_slope(input, alpha, scale, input_scale)
    ),
    fuse=True,
)
def elu(input, *, alpha=1.0, scale=1.0, input_scale=1.0):
    """scale * x where x > 0, else scale * alpha * (exp(input_scale * x) - 1).

    Source: D.-A. Clevert and others, "Fast and accurate deep network learning by exponential linear
    units (ELUs)", 2015.
    """
    return _elu(input, alpha, scale, input_scale)


@elementwise(
    refuses=(NOT_FLOATING, "elu_cpu"),
    d_input=lambda g, input, alpha: g * _elu_slope(input, alpha, 1.0, 1 / alpha),
    fuse=True,
)
def celu(input, *, alpha=1.0):
    """max(0, x) + min(0, alpha * (exp(x / alpha) - 1)).

    Source: J. Barron, "Continuously differentiable exponential linear units", 2017.
    """
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return _elu(input, alpha, 1.0, 1 / alpha)


@elementwise(
    refuses=(NOT_FLOATING, "elu_cpu"),
    node="EluBackward0",
    d_input=lambda g, input: g * _elu_slope(input, SELU_ALPHA, SELU_SCALE, 1.0),
    fuse=True,
)
def selu(input):
    """elu with the scales for which mean 0 and variance 1 are a fixed point of the layer.

    Source: G. Klambauer and others, "Self-normalizing neural networks", 2017.
    """
    return _elu(input, SELU_ALPHA, SELU_SCALE, 1.0)


@elementwise(
    refuses=(NOT_FLOATING, "log_sigmoid_cpu"),
    node="LogSigmoidBackward0",
    d_input=lambda g, input: g * sigmoid(-input),
    fuse=True,
)
def log_sigmoid(input):
    """log(1 / (1 + exp(-x))), without overflow."""
    return np.minimum(input, 0) - np.log1p(np.exp(-np.abs(input)))


@elementwise(
    refuses=(NOT_FLOATING, "softplus_cpu"),
    d_input=lambda g, input, beta, threshold: where(
        input * beta > threshold, g, g * sigmoid(input * beta)
    ),
    fuse=True,
)
def softplus(input, *, beta=1.0, threshold=20.0):
    """log(1 + exp(beta * x)) / beta, and x itself where beta * x is above `threshold`."""
    scaled = input * beta
    return np.where(
        scaled > threshold, input, np.log1p(np.exp(np.minimum(scaled, threshold))) / beta
    )


def _silu_slope(input):
    """The derivative of silu."""
    s = sigmoid(input)
    return s * (1 + input * (1 - s))


@elementwise(
    refuses=("biu", "silu_cpu"), d_input=lambda g, input: g * _silu_slope(input), fuse=True
)
def silu(input):
    """x * sigmoid(x).

    Source: S. Elfwing and others, "Sigmoid-weighted linear units for neural network function
    approximation in reinforcement learning", 2017.
    """
    return by_blocks(_silu, input)


def _silu(input):
    return input / (1 + np.exp(-input))


def _mish_slope(input):
    """The derivative of mish."""
    s = sigmoid(input)
    t = tanh(softplus(input))
    return t + input * s * (1 - t * t)


@elementwise(
    refuses=(NOT_FLOATING, "mish_cpu"), d_input=lambda g, input: g * _mish_slope(input), fuse=True
)
def mish(input):
    """x * tanh(softplus(x)).

    Source: D. Misra, "Mish: a self regularized non-monotonic activation function", 2019.
    """
    return input * np.tanh(np.logaddexp(input, _like(0, input)))


_SQRT_HALF = math.sqrt(0.5)
_DENSITY_AT_0 = 1 / math.sqrt(2 * math.pi)
_TANH_SCALE = math.sqrt(2 / math.pi)
_TANH_CUBIC = 0.044715

# erf(x) / x as a ratio of polynomials in x * x, for float32 and |x| <= 4, beyond which erf is 1
_ERF_ABOVE = (
    -2.72614225801306e-10,
    2.77068142495902e-08,
    -2.10102402082508e-06,
    -5.69250639462346e-05,
    -7.34990630326855e-04,
    -2.95459980854025e-03,
    -1.60960333262415e-02,
)
_ERF_BELOW = (
    -1.45660718464996e-05,
    -2.13374055278905e-04,
    -1.68282697438203e-03,
    -7.37332916720468e-03,
    -1.42647390514189e-02,
)


def _polynomial(coefficients, x):
    result = x * coefficients[0]
    for coefficient in coefficients[1:-1]:
        result += coefficient
        result *= x
    result += coefficients[-1]
    return result


def _probability_float32(input):
    x = np.clip(input * _SQRT_HALF, -4, 4)
    square = x * x
    x *= _polynomial(_ERF_ABOVE, square)
    x /= _polynomial(_ERF_BELOW, square)
    x += 1
    x *= 0.5
    return x


@elementwise(d_input=lambda g, input: g * (exp(input * input * -0.5) * _DENSITY_AT_0), fuse=True)
def normal_probability(input):
    """The probability that a standard normal number is below x: (1 + erf(x / sqrt(2))) / 2.

    In float32 the error is at most 2e-7. Source of the coefficients: Eigen's `generic_fast_erf`.
    """
    if input.dtype == np.float32 and input.ndim:
        return by_blocks(_probability_float32, input)
    return 0.5 * (1 + erf.op.kernel(input * _SQRT_HALF))


def _gelu_slope(input, approximate):
    """The derivative of gelu."""
    if approximate == "none":
        density = exp(input * input * -0.5) * _DENSITY_AT_0
        return normal_probability(input) + input * density
    square = input * input
    t = tanh(input * (_TANH_SCALE * (1 + _TANH_CUBIC * square)))
    inner_slope = _TANH_SCALE * (1 + 3 * _TANH_CUBIC * square)
    return 0.5 * (1 + t) + 0.5 * input * (1 - t * t) * inner_slope


def _gelu_by_tanh(input):
    inner = input * (_TANH_SCALE * (1 + _TANH_CUBIC * (input * input)))
    return input * 0.5 * (1 + np.tanh(inner))


def _check_gelu(input, *, approximate):
    if approximate not in ("none", "tanh"):
        raise RuntimeError("approximate argument must be either none or tanh.")


@elementwise(
    refuses=(NOT_FLOATING, "GeluKernelImpl"),
    check=_check_gelu,
    d_input=lambda g, input, approximate: g * _gelu_slope(input, approximate),
    fuse=True,
)
def gelu(input, *, approximate="none"):
    """x times the probability that a standard normal number is below x.

    With `approximate="tanh"` the probability is
    (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2.

    Source: D. Hendrycks and K. Gimpel, "Gaussian error linear units (GELUs)", 2016.
    """
    if approximate == "none":
        return input * normal_probability.op.kernel(input)
    if approximate != "tanh":
        _check_gelu(input, approximate=approximate)
    return by_blocks(_gelu_by_tanh, input)


# Gated --------------------------------------------------------------------------------------------


@opaque(
    result="same",
    refuses=(NOT_FLOATING, "glu_cpu"),
    d_a=lambda g, b: g * sigmoid(b),
    d_b=lambda g, a, b: g * a * sigmoid(b) * (1 - sigmoid(b)),
)
def glu(a, b):
    """a * sigmoid(b).

    Source: Y. Dauphin and others, "Language modeling with gated convolutional networks", 2016.
    """
    return a / (1 + np.exp(-b))
