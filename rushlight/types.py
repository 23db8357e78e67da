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

__all__ = ["Device", "FileLike", "Number", "Storage"]
