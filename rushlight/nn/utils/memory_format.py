"""Memory formats of weights: here, as everywhere on the CPU, all are contiguous."""

from __future__ import annotations

__all__ = ["convert_conv2d_weight_memory_format", "convert_conv3d_weight_memory_format"]


def convert_conv2d_weight_memory_format(module, memory_format):
    """Return the module: the layout of its weights does not depend on the format asked for."""
    return module


convert_conv3d_weight_memory_format = convert_conv2d_weight_memory_format
