"""Which way of computing `scaled_dot_product_attention` is to be used.

PyTorch chooses among several kernels; here there is one, so a choice is remembered and answered,
and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import contextmanager
from enum import IntEnum

__all__ = ["SDPBackend", "sdpa_kernel"]


class SDPBackend(IntEnum):
    """The kernels of PyTorch."""

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4


@contextmanager
def sdpa_kernel(backends, set_priority=False):
    """Choose kernels for as long as the context lasts: any choice gives the same values here.

    >>> import rushlight as torch
    >>> from rushlight.nn.attention import SDPBackend, sdpa_kernel
    >>> x = torch.ones(1, 2, 4)
    >>> with sdpa_kernel(SDPBackend.MATH):
    ...     torch.nn.functional.scaled_dot_product_attention(x, x, x).shape
    torch.Size([1, 2, 4])
    """
    if not isinstance(backends, (SDPBackend, Iterable)):
        raise AssertionError("Backend must be an instance of SDPBackend or a list of SDPBackend")
    listed = [backends] if isinstance(backends, SDPBackend) else list(backends)
    for each in listed:
        if not isinstance(each, SDPBackend):
            raise TypeError(f"expected SDPBackend, got {type(each).__name__}")
    yield
