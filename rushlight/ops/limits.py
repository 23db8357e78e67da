"""Whether a number fits into a dtype."""

from __future__ import annotations

import math

import numpy as np

from rushlight import dtypes

__all__ = ["c_name", "check_fits_dtype"]

_C_NAMES = {
    "float32": "float",
    "float64": "double",
    "float16": "c10::Half",
    "bool": "bool",
    "bfloat16": "c10::BFloat16",
    "int32": "int",
}


def c_name(dtype):
    """How PyTorch's messages about numbers call a dtype: `float`, `int64_t`, ..."""
    return _C_NAMES.get(dtype.name, f"{dtype.name}_t")


def check_fits_dtype(value, dtype):
    """Refuse a number that a dtype can't hold, such as a complex one where it is real."""
    fits = True
    if dtype.category == 1:
        limits = np.iinfo(dtype.array_dtype)
        low = limits.min if dtype.is_signed else -int(limits.max)
        fits = not isinstance(value, complex) and low <= value <= limits.max
    elif dtype.category == 2 and isinstance(value, complex):
        fits = value.imag == 0
    elif dtype.category == 2 and value.__class__ is float:
        fits = not math.isfinite(value) or abs(value) <= dtypes.finfo(dtype).max
    if not fits:
        raise RuntimeError(f"value cannot be converted to type {c_name(dtype)} without overflow")
