"""Types that annotations of tensor programs name."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any, TypeAlias

from rushlight.dtypes import dtype
from rushlight.formats import layout, memory_format
from rushlight.storage import UntypedStorage as Storage
from rushlight.tensor import Size, Tensor, device

_bool, _int, _float, _complex = builtins.bool, builtins.int, builtins.float, builtins.complex
_dtype, _device, _size = dtype, device, Size | list[int] | tuple[int, ...]
_layout, _memory_format = layout, memory_format
_TensorOrTensors: TypeAlias = Tensor | Sequence[Tensor]
Number: TypeAlias = int | float | bool
Device: TypeAlias = device | str | int | None
FileLike: TypeAlias = Any


class _Unknown:
    """A number that PyTorch's traces leave open; here all are known, so there are none."""

    def __init__(self, node):
        raise RuntimeError("Rushlight knows every number: there is nothing to be left open")


class SymInt(_Unknown):
    """An integer that is left open, for `isinstance`."""


class SymFloat(_Unknown):
    """A number that is left open, for `isinstance`."""


class SymBool(_Unknown):
    """A truth value that is left open, for `isinstance`."""


IntLikeType: TypeAlias = int | SymInt
FloatLikeType: TypeAlias = float | SymFloat
BoolLikeType: TypeAlias = bool | SymBool

__all__ = ["Device", "FileLike", "Number", "Storage"]
