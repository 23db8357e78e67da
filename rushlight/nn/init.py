"""Initialization: fill a tensor in place with the values that training starts from.

Random numbers come from the global generator, or from `generator`. Every function returns its
tensor. The fan-in of a weight (out, in, *kernel) is the number of inputs that one output sums up,
in * prod(kernel); the fan-out is out * prod(kernel).

>>> import rushlight as torch
>>> _ = torch.manual_seed(0)
>>> torch.nn.init.xavier_uniform_(torch.empty(1, 2))
tensor([[-0.0106,  0.7586]])
"""

from __future__ import annotations

import math
import warnings

import numpy as np

from rushlight import dtypes, ops
from rushlight.autograd import no_grad

__all__ = [
    "calculate_gain",
    "constant_",
    "dirac_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "sparse_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]

_LINEAR = {"linear", "sigmoid"} | {
    f"conv{transpose}{n}d" for n in (1, 2, 3) for transpose in ("", "_transpose")
}


def calculate_gain(nonlinearity, param=None):
    """The factor by which weights before this activation are scaled to keep the variance.

    `param` is the negative slope of "leaky_relu".

    >>> import rushlight as torch
    >>> torch.nn.init.calculate_gain("relu")
    1.4142135623730951
    """
    if nonlinearity in _LINEAR:
        return 1
    if nonlinearity == "tanh":
        return 5.0 / 3
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "selu":
        return 3.0 / 4
    if nonlinearity != "leaky_relu":
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}")
    slope = 0.01 if param is None else param
    if isinstance(slope, bool) or not isinstance(slope, (int, float)):
        raise ValueError(f"negative_slope {param} not a valid number")
    return math.sqrt(2.0 / (1 + slope**2))


# Constants ----------------------------------------------------------------------------------------


@no_grad()
def constant_(tensor, val):
    """Fill with the number `val`."""
    return tensor.fill_(val)


@no_grad()
def ones_(tensor):
    """Fill with ones."""
    return tensor.fill_(1.0)


@no_grad()
def zeros_(tensor):
    """Fill with zeros."""
    return tensor.zero_()


@no_grad()
def eye_(tensor):
    """Fill a matrix with the identity."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    tensor.zero_()
    tensor.diagonal().fill_(1.0)
    return tensor


@no_grad()
def dirac_(tensor, groups=1):
    """Fill a convolution's weight so that it hands on as many input channels as it can."""
    if tensor.ndim not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    if tensor.shape[0] % groups:
        raise ValueError("dim 0 must be divisible by groups")
    out_per_group = tensor.shape[0] // groups
    centre = tuple(size // 2 for size in tensor.shape[2:])
    tensor.zero_()
    for group in range(groups):
        for channel in range(min(out_per_group, tensor.shape[1])):
            tensor[(group * out_per_group + channel, channel, *centre)] = 1
    return tensor


# Random -------------------------------------------------------------------------------------------


@no_grad()
def uniform_(tensor, a=0.0, b=1.0, generator=None):
    """Fill with uniform numbers of [a, b)."""
    return tensor.uniform_(a, b, generator=generator)


@no_grad()
def normal_(tensor, mean=0.0, std=1.0, generator=None):
    """Fill with normal numbers."""
    return tensor.normal_(mean, std, generator=generator)


@no_grad()
def trunc_normal_(tensor, mean=0.0, std=1.0, a=-2.0, b=2.0, generator=None):
    """Fill with normal numbers of the interval [a, b].

    Numbers are proposed, and proposed again where they are not accepted.
    """
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. "
            "The distribution of values may be incorrect.",
            stacklevel=2,
        )
    bounds = (a - mean) / std, (b - mean) / std
    inside = _normal_distribution(bounds[1]) - _normal_distribution(bounds[0])
    propose = _normal_proposals if inside > 0.3 else _uniform_proposals
    todo = ops.ones_like(tensor, dtype=dtypes.bool_)
    while todo.any():
        values, accepted = propose(tensor, mean, std, a, b, generator)
        tensor.copy_(ops.where(todo & accepted, values, tensor))
        todo = todo & ~accepted
    return tensor


def _normal_distribution(x):
    return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0


def _normal_proposals(tensor, mean, std, a, b, generator):
    """Normal numbers, accepted inside the interval."""
    values = ops.empty_like(tensor).normal_(mean, std, generator=generator)
    return values, (values >= a) & (values <= b)


def _uniform_proposals(tensor, mean, std, a, b, generator):
    """Uniform numbers of the interval, accepted as often as their density is to the largest one."""
    values = ops.empty_like(tensor).uniform_(a, b, generator=generator)
    mode = min(max(mean, a), b)
    density = (((mode - mean) ** 2 - (values - mean) ** 2) / (2 * std * std)).exp()
    return values, ops.empty_like(tensor).uniform_(generator=generator) < density


def xavier_uniform_(tensor, gain=1.0, generator=None):
    """Fill with uniform numbers of variance gain**2 * 2 / (fan_in + fan_out).

    Source: X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward
    neural networks", 2010.
    """
    bound = math.sqrt(3.0) * _xavier_std(tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor, gain=1.0, generator=None):
    """Fill with normal numbers of variance gain**2 * 2 / (fan_in + fan_out).

    Source: as of `xavier_uniform_`.
    """
    return normal_(tensor, 0.0, _xavier_std(tensor, gain), generator)


def _xavier_std(tensor, gain):
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    return gain * math.sqrt(2.0 / float(fan_in + fan_out))


def kaiming_uniform_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu", generator=None):
    """Fill with uniform numbers of variance gain**2 / fan.

    Args:
        a: the negative slope, if `nonlinearity` is "leaky_relu".
        mode: which fan it is, "fan_in" or "fan_out".
        nonlinearity: the activation that follows; see `calculate_gain`.

    Source: K. He and others, "Delving deep into rectifiers", 2015.
    """
    if _is_empty(tensor):
        return tensor
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu", generator=None):
    """Fill with normal numbers of variance gain**2 / fan; see `kaiming_uniform_`."""
    if _is_empty(tensor):
        return tensor
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def _is_empty(tensor):
    if 0 not in tensor.shape:
        return False
    warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
    return True


def _kaiming_std(tensor, a, mode, nonlinearity):
    fan = _calculate_correct_fan(tensor, mode)
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def _calculate_correct_fan(tensor, mode):
    mode = mode.lower()
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    return fan_in if mode == "fan_in" else fan_out


def _calculate_fan_in_and_fan_out(tensor):
    if tensor.dim() < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"
        )
    out_features, in_features, *kernel = tensor.shape
    area = math.prod(kernel)
    return in_features * area, out_features * area


@no_grad()
def orthogonal_(tensor, gain=1, generator=None):
    """Fill with an orthogonal matrix, times `gain`; the dimensions after the first are one.

    Source: A. Saxe and others, "Exact solutions to the nonlinear dynamics of learning in deep
    linear neural networks", 2013.
    """
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor.numel() == 0:
        return tensor
    rows = tensor.shape[0]
    matrix = tensor.new_empty((rows, tensor.numel() // rows)).normal_(0, 1, generator=generator)
    values = matrix.numpy()
    wide = values.shape[0] < values.shape[1]
    q, r = np.linalg.qr(values.T if wide else values)
    q *= np.sign(np.diagonal(r))  # makes the decomposition unique and q uniformly distributed
    matrix.numpy()[...] = q.T if wide else q
    tensor.copy_(matrix.view(tensor.shape))
    return tensor.mul_(gain)


@no_grad()
def sparse_(tensor, sparsity, std=0.01, generator=None):
    """Fill a matrix with normal numbers, the fraction `sparsity` of each column being zero.

    Source: J. Martens, "Deep learning via Hessian-free optimization", 2010.
    """
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    from rushlight import randperm

    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    tensor.normal_(0, std, generator=generator)
    for column in range(columns):
        tensor[randperm(rows)[:zeros], column] = 0
    return tensor


# Old names ----------------------------------------------------------------------------------------


def _renamed(function):
    old_name = function.__name__[:-1]

    def renamed(*args, **kwargs):
        warnings.warn(
            f"`nn.init.{old_name}` is now deprecated in favor of `nn.init.{old_name}_`.",
            FutureWarning,
            stacklevel=2,
        )
        return function(*args, **kwargs)

    renamed.__name__ = old_name
    renamed.__doc__ = f"The old name of `{old_name}_`."
    return renamed


uniform = _renamed(uniform_)
normal = _renamed(normal_)
constant = _renamed(constant_)
eye = _renamed(eye_)
dirac = _renamed(dirac_)
xavier_uniform = _renamed(xavier_uniform_)
xavier_normal = _renamed(xavier_normal_)
kaiming_uniform = _renamed(kaiming_uniform_)
kaiming_normal = _renamed(kaiming_normal_)
orthogonal = _renamed(orthogonal_)
sparse = _renamed(sparse_)
