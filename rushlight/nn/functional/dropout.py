"""Dropout as functions: random zeros in training.

The other elements are divided by the probability of staying, 1 - p, so that the mean stays.

Source: N. Srivastava and others, "Dropout: a simple way to prevent neural networks from
overfitting", 2014.
"""

from __future__ import annotations

import math
import warnings

import numpy as np

from rushlight.ops import in_place
from rushlight.ops.creation.sample import stream
from rushlight.tensor import Tensor, wrap

__all__ = [
    "alpha_dropout",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "feature_alpha_dropout",
]

#: what selu tends to for very negative numbers
_SELU_FLOOR = -1.7580993408473766


def _check_probability(p):
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def _kept(p, shape, dtype):
    """An array of ones, and zeros with probability `p`."""
    return stream(None).bernoulli(1 - p, shape, dtype)


class _Kept:
    """`_kept` as a function of the shape; equal to that of the same probability."""

    def __init__(self, p, dtype):
        self.key = p, dtype

    def __call__(self, shape):
        p, dtype = self.key
        return _kept(p, shape, dtype)

    def __eq__(self, other):
        return isinstance(other, _Kept) and self.key == other.key

    def __hash__(self):
        return hash(self.key)


def _kept_along_memory(p, array):
    """As `_kept`, drawn in the order in which the elements of the array lie in memory."""
    return stream(None).fill(np.empty_like(array), _Kept(p, array.dtype))


def _scaled_by(input, noise, inplace):
    return in_place(Tensor.mul, input, noise) if inplace else input * noise


def _drop(input, p, shape, inplace):
    """Scale the input by a noise of this shape, which broadcasts."""
    if not (input.is_floating_point() or input.is_complex()):
        title = input.dtype.title
        raise RuntimeError(f"result type Float can't be cast to the desired output type {title}")
    if p == 1:
        return _scaled_by(input, input.new_zeros(()), inplace)
    if input.is_meta:
        return _scaled_by(input, input.new_empty(shape), inplace)
    array = input._array
    if shape == array.shape and not array.flags.c_contiguous:
        noise = wrap(_kept_along_memory(p, array))
    else:
        noise = wrap(_kept(p, shape, array.dtype))
    noise /= 1 - p
    return _scaled_by(input, noise, inplace)


def dropout(input, p=0.5, training=True, inplace=False):
    """Zeros with probability `p`, the other elements divided by 1 - p.

    >>> import rushlight as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.nn.functional.dropout(torch.ones(5), 0.5)
    tensor([0., 0., 2., 0., 0.])
    """
    _check_probability(p)
    if not training or p == 0 or input.numel() == 0:
        return input
    return _drop(input, p, input.shape, inplace)


def _feature_shape(input):
    if input.dim() < 2:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    return (*input.shape[:2], *(1,) * (input.dim() - 2))


def feature_drop(input, p, training, inplace=False):
    """Dropout of whole channels, (N, C, ...)."""
    if not training or p == 0 or input.numel() == 0:
        return input
    return _drop(input, p, _feature_shape(input), inplace)


def dropout1d(input, p=0.5, training=True, inplace=False):
    """Dropout of whole channels: (C, L) or (N, C, L)."""
    _check_probability(p)
    if input.dim() not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.dim()}D input. Note that "
            "dropout1d exists to provide channel-wise dropout on inputs with 1 spatial dimension, "
            "a channel dimension, and an optional batch dimension (i.e. 2D or 3D inputs)."
        )
    return _unbatched(input, 2, p, training, inplace)


def _unbatched(input, ndim, p, training, inplace):
    """Feature dropout of a batch, or of one sample, which has `ndim` dimensions."""
    if input.dim() == ndim + 1:
        return feature_drop(input, p, training, inplace)
    if inplace:
        feature_drop(input.unsqueeze(0), p, training, inplace)
        return input
    return feature_drop(input.unsqueeze(0), p, training, inplace).squeeze(0)


_UNUSUAL = (
    "{name}: Received a {ndim}-D input to {name}, which is deprecated and will result in an error "
    "in a future release. To retain the behavior and silence this warning, please use dropout "
    "instead. Note that {name} exists to provide channel-wise dropout on inputs with {spatial} "
    "spatial dimensions, a channel dimension, and an optional batch dimension "
    "(i.e. {low}D or {high}D inputs)."
)


def _warn_unusual(name, ndim, spatial):
    if ndim not in (spatial + 1, spatial + 2):
        text = _UNUSUAL.format(
            name=name, ndim=ndim, spatial=spatial, low=spatial + 1, high=spatial + 2
        )
        warnings.warn(text, stacklevel=3)


def dropout2d(input, p=0.5, training=True, inplace=False):
    """Dropout of whole channels: (N, C, H, W)."""
    _check_probability(p)
    _warn_unusual("dropout2d", input.dim(), 2)
    if input.dim() == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout "
            "behavior is desired - input is interpreted as shape (N, C, L), where C is the channel "
            "dim. This behavior will change in a future release to interpret the input as one "
            "without a batch dimension, i.e. shape (C, H, W). To maintain the 1D channel-wise "
            "dropout behavior, please switch to using dropout1d instead.",
            stacklevel=2,
        )
    return feature_drop(input, p, training, inplace)


def dropout3d(input, p=0.5, training=True, inplace=False):
    """Dropout of whole channels: (C, D, H, W) or (N, C, D, H, W)."""
    _check_probability(p)
    _warn_unusual("dropout3d", input.dim(), 3)
    return _unbatched(input, 4, p, training, inplace)


def _alpha_drop(input, p, shape, inplace):
    """The dropped elements become selu's floor; then scale and shift keep mean and variance."""
    if p == 1:
        return _scaled_by(input, input.new_zeros(()), inplace)
    kept = _kept(p, shape, input._array.dtype)
    scale = 1.0 / math.sqrt((_SELU_FLOOR**2 * p + 1) * (1 - p))
    shift = (kept - 1) * -(_SELU_FLOOR * scale) - _SELU_FLOOR * scale * p
    scaled = _scaled_by(input, wrap(kept * scale), inplace)
    return in_place(Tensor.add, scaled, wrap(shift)) if inplace else scaled + wrap(shift)


def alpha_dropout(input, p=0.5, training=False, inplace=False):
    """Dropout for selu networks: it keeps mean and variance.

    Source: G. Klambauer and others, "Self-normalizing neural networks", 2017.
    """
    _check_probability(p)
    if not training or p == 0 or input.numel() == 0:
        return input
    return _alpha_drop(input, p, input.shape, inplace)


def feature_alpha_dropout(input, p=0.5, training=False, inplace=False):
    """`alpha_dropout` of whole channels, (N, C, ...)."""
    _check_probability(p)
    if not training or p == 0 or input.numel() == 0:
        return input
    return _alpha_drop(input, p, _feature_shape(input), inplace)
