"""DLPack: memory shared with other array libraries.

NumPy knows the protocol; what it does not know, bfloat16, crosses as 16-bit integers whose type in
the capsule is changed on the way.

Source: the DLPack specification, version 1 (dmlc.github.io/dlpack/latest).
"""

from __future__ import annotations

import ctypes
from enum import IntEnum

import numpy as np

from rushlight import dtypes
from rushlight.tensor import wrap

__all__ = ["DLDeviceType", "from_dlpack", "to_dlpack"]


class DLDeviceType(IntEnum):
    """Kinds of devices; tensors here are on the first."""

    kDLCPU = 1
    kDLCUDA = 2
    kDLCUDAHost = 3
    kDLOpenCL = 4
    kDLVulkan = 7
    kDLMetal = 8
    kDLROCM = 10
    kDLExtDev = 12
    kDLOneAPI = 14


def to_dlpack(tensor):
    """A capsule with the tensor's memory, to be taken over once by `from_dlpack`.

    >>> import rushlight as torch
    >>> torch.from_dlpack(torch.to_dlpack(torch.ones(2)))
    tensor([1., 1.])
    """
    return tensor.__dlpack__()


def exported(tensor, stream, max_version, dl_device, copy):
    """The capsule of `Tensor.__dlpack__`.

    Raises:
        BufferError: the tensor requires grad.
    """
    if tensor._requires_grad:
        raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
    if stream not in (None, -1):
        raise AssertionError("stream should be None on cpu.")
    array, is_bfloat16 = tensor._array, tensor.dtype is dtypes.bfloat16
    if is_bfloat16:
        array = array.view(np.uint16)
    if max_version is not None:
        capsule = array.__dlpack__(max_version=max_version, dl_device=dl_device, copy=copy)
    else:
        capsule = (array.copy() if copy else array).__dlpack__()
    if is_bfloat16:
        _retype(capsule, _UINT, _BFLOAT)
    return capsule


def from_dlpack(ext_tensor, *, device=None, copy=None):
    """A tensor on the memory of another library's array, or of a capsule of one.

    Args:
        ext_tensor: an object with `__dlpack__`, or a capsule.
        device: the CPU, where all tensors are.
        copy: True copies, None and False share the memory.

    >>> import numpy as np
    >>> import rushlight as torch
    >>> a = np.zeros(2)
    >>> _ = torch.from_dlpack(a).add_(1)
    >>> a
    array([1., 1.])
    """
    source = _Capsule(ext_tensor)
    array = np.from_dlpack(source)
    if source.is_bfloat16:
        array = array.view(dtypes.bfloat16.array_dtype)
    return wrap(array.copy() if copy else array)


class _Capsule:
    """What NumPy takes a capsule from; remembers if it holds bfloat16."""

    def __init__(self, source):
        self.source = source
        self.is_bfloat16 = False

    def __dlpack_device__(self):
        if hasattr(self.source, "__dlpack_device__"):
            return tuple(map(int, self.source.__dlpack_device__()))
        return int(DLDeviceType.kDLCPU), 0

    def __dlpack__(self, **options):
        capsule = self.source
        if hasattr(capsule, "__dlpack__"):
            try:
                capsule = self.source.__dlpack__(max_version=(1, 0))
            except TypeError:  # an older library, which knows no versions
                capsule = self.source.__dlpack__()
        self.is_bfloat16 = _retype(capsule, _BFLOAT, _UINT)
        return capsule


_UINT, _BFLOAT = 1, 4  # type codes


def _retype(capsule, old, new):
    """Change the type code in a capsule, if it is `old` with 16 bits; returns whether it was."""
    name = ctypes.pythonapi.PyCapsule_GetName
    name.restype, name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    label = name(capsule)
    # DLTensor comes first, or after version, context, deleter and flags of 8 bytes each;
    # in it, data (8 bytes), device (8) and ndim (4) come before the type's code and bits
    start = pointer(capsule, label) + (32 if label.endswith(b"_versioned") else 0) + 20
    code, bits = (ctypes.c_uint8 * 2).from_address(start)
    if (code, bits) != (old, 16):
        return False
    ctypes.c_uint8.from_address(start).value = new
    return True
