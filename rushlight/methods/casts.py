"""The same elements in another dtype or place."""

from __future__ import annotations

from rushlight import dtypes

ops = None


def _cast(tensor, dtype, memory_format):
    if memory_format is None:
        return ops.cast(tensor, dtype)
    return ops.to(tensor, dtype, memory_format=memory_format)


class Casts:
    """The same elements in another dtype or place."""

    __slots__ = ()

    def to(self, *args, **kwargs):
        """This tensor in another dtype; itself where nothing changes."""
        return ops.to(self, *args, **kwargs)

    def type(self, dtype=None, non_blocking=False):
        """The old name of the tensor's type, or the tensor cast to `dtype`."""
        return ops.type_(self, dtype, non_blocking)

    def type_as(self, other):
        """This tensor in the dtype of `other`."""
        return ops.cast(self, other.dtype)

    def float(self, memory_format=None):
        """This tensor in float32."""
        return _cast(self, dtypes.float32, memory_format)

    def double(self, memory_format=None):
        """This tensor in float64."""
        return _cast(self, dtypes.float64, memory_format)

    def half(self, memory_format=None):
        """This tensor in float16."""
        return _cast(self, dtypes.float16, memory_format)

    def bfloat16(self, memory_format=None):
        """This tensor in bfloat16."""
        return _cast(self, dtypes.bfloat16, memory_format)

    def long(self, memory_format=None):
        """This tensor in int64."""
        return _cast(self, dtypes.int64, memory_format)

    def int(self, memory_format=None):
        """This tensor in int32."""
        return _cast(self, dtypes.int32, memory_format)

    def short(self, memory_format=None):
        """This tensor in int16."""
        return _cast(self, dtypes.int16, memory_format)

    def char(self, memory_format=None):
        """This tensor in int8."""
        return _cast(self, dtypes.int8, memory_format)

    def byte(self, memory_format=None):
        """This tensor in uint8."""
        return _cast(self, dtypes.uint8, memory_format)

    def bool(self, memory_format=None):
        """This tensor in bool: whether each element differs from zero."""
        return _cast(self, dtypes.bool_, memory_format)

    def cfloat(self, memory_format=None):
        """This tensor in complex64."""
        return _cast(self, dtypes.complex64, memory_format)

    def cdouble(self, memory_format=None):
        """This tensor in complex128."""
        return _cast(self, dtypes.complex128, memory_format)

    def cpu(self, memory_format=None):
        """This tensor on the CPU, where it is."""
        return self

    def cuda(self, device=None, non_blocking=False, memory_format=None):
        """Refused: there is only the CPU."""
        return ops.to(self, "cuda")
