"""Whether a number fits into a dtype."""

from __future__ import annotations

import math

import numpy as np

from rushlight import dtypes

__all__ = ["c_name", "check_assigned", "check_fits_dtype"]

_C_NAMES = {
    "float32": "float",
    "float64": "double",
    "float16": "c10::Half",
    "bool": "bool",
    "bfloat16": "c10::BFloat16",
    "int32": "int",
    "complex64": "c10::complex<float>",
}


def c_name(dtype):
    """How PyTorch's messages about numbers call a dtype: `float`, `int64_t`, ..."""
    return _C_NAMES.get(dtype.name, f"{dtype.name}_t")


def check_fits_dtype(value, dtype):
    """Refuse a number that a dtype can't hold, such as a complex one where it is real."""
    if not _fits(value, dtype):
        raise RuntimeError(f"value cannot be converted to type {c_name(dtype)} without overflow")


def check_assigned(value, dtype):
    """`check_fits_dtype` for `x[...] = value`, which makes a double of it where x is less."""
    check_fits_dtype(value, dtypes.float64 if dtype in _HALF else dtype)


_HALF = (dtypes.float16, dtypes.bfloat16)


def _fits(value, dtype):
    if isinstance(value, complex):
        if dtype.category in (1, 2):
            return value.imag == 0 and _fits(value.real, dtype)
        return _fits(value.real, dtype) and _fits(value.imag, dtype)
    if dtype.category == 1:
        limits = np.iinfo(dtype.array_dtype)
        wraps = not dtype.is_signed and not isinstance(value, float)
        return (-int(limits.max) if wraps else limits.min) <= value <= limits.max
    if dtype.category > 1 and value.__class__ is float:
        return not math.isfinite(value) or abs(value) <= dtypes.finfo(dtype).max
    return True
