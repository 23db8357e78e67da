"""Padding layers: elements added at the ends of the last dimensions."""

from __future__ import annotations

from rushlight.nn import functional as F
from rushlight.nn.module import Module

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]


class _PadNd(Module):
    """What the padding layers share; a subclass names its mode and dimensions."""

    mode = "constant"
    dimensions = 0

    def __init__(self, padding):
        super().__init__()
        pairs = 2 * self.dimensions
        self.padding = tuple(padding) if isinstance(padding, (tuple, list)) else (padding,) * pairs

    def forward(self, input):
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self):
        return f"{self.padding}"


class _ConstantPadNd(_PadNd):
    """What the layers that pad with a number share."""

    def __init__(self, padding, value):
        super().__init__(padding)
        self.value = value

    def forward(self, input):
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self):
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPadNd):
    """A number at both ends: `padding` is (left, right) or one number for both."""

    dimensions = 1


class ConstantPad2d(_ConstantPadNd):
    """A number on all sides: `padding` is (left, right, top, bottom) or one number for all.

    >>> import rushlight as torch
    >>> torch.nn.ConstantPad2d((0, 1, 0, 0), 7.0)(torch.ones(1, 2))
    tensor([[1., 1., 7.]])
    """

    dimensions = 2


class ConstantPad3d(_ConstantPadNd):
    """A number on all sides of three dimensions."""

    dimensions = 3


class _ZeroPadNd(_ConstantPadNd):
    """What the layers that pad with zeros share."""

    def __init__(self, padding):
        super().__init__(padding, 0.0)

    def extra_repr(self):
        return f"{self.padding}"


class ZeroPad1d(_ZeroPadNd):
    """Zeros at both ends."""

    dimensions = 1


class ZeroPad2d(_ZeroPadNd):
    """Zeros on all sides: `padding` is (left, right, top, bottom) or one number for all."""

    dimensions = 2


class ZeroPad3d(_ZeroPadNd):
    """Zeros on all sides of three dimensions."""

    dimensions = 3


class _ReflectionPadNd(_PadNd):
    mode = "reflect"


class ReflectionPad1d(_ReflectionPadNd):
    """The input mirrored at both ends, without the edge: input (N, C, L) or (C, L)."""

    dimensions = 1


class ReflectionPad2d(_ReflectionPadNd):
    """The input mirrored on all sides, without the edge: input (N, C, H, W) or (C, H, W)."""

    dimensions = 2


class ReflectionPad3d(_ReflectionPadNd):
    """The input mirrored on all sides, without the edge: input (N, C, D, H, W) or (C, D, H, W)."""

    dimensions = 3


class _ReplicationPadNd(_PadNd):
    mode = "replicate"


class ReplicationPad1d(_ReplicationPadNd):
    """The edge repeated at both ends: input (N, C, L) or (C, L)."""

    dimensions = 1


class ReplicationPad2d(_ReplicationPadNd):
    """The edge repeated on all sides: input (N, C, H, W) or (C, H, W)."""

    dimensions = 2


class ReplicationPad3d(_ReplicationPadNd):
    """The edge repeated on all sides: input (N, C, D, H, W) or (C, D, H, W)."""

    dimensions = 3


class _CircularPadNd(_PadNd):
    mode = "circular"

    def forward(self, input):
        least = self.dimensions + 1
        if input.dim() not in (least, least + 1):
            raise ValueError(f"expected {least}D or {least + 1}D input (got {input.dim()}D input)")
        return super().forward(input)


class CircularPad1d(_CircularPadNd):
    """At both ends what lies at the other end: input (N, C, L) or (C, L)."""

    dimensions = 1


class CircularPad2d(_CircularPadNd):
    """On all sides what lies at the other side: input (N, C, H, W) or (C, H, W)."""

    dimensions = 2


class CircularPad3d(_CircularPadNd):
    """On all sides what lies at the other side: input (N, C, D, H, W) or (C, D, H, W)."""

    dimensions = 3
