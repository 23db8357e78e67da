"""Tensors that several processes see: their memory is a file without a name, mapped by each.

Processes that are forked inherit the mapping; to others `multiprocessing` hands the file over with
the pickled tensor.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from functools import cache
from multiprocessing import reduction

import numpy as np

from rushlight.nn.parameter import Parameter
from rushlight.tensor import Tensor, wrap

__all__ = ["is_shared", "share"]


class SharedMap(mmap.mmap):
    """A mapped file that knows its file descriptor."""

    descriptor: int

    @classmethod
    def of(cls, descriptor: int, size: int) -> SharedMap:
        mapped = cls(descriptor, size)
        mapped.descriptor = descriptor
        return mapped

    def array(self, dtype, shape) -> np.ndarray:
        return np.frombuffer(self, dtype, int(np.prod(shape))).reshape(shape)


def mapping_of(array) -> SharedMap | None:
    """The mapped file in which an array lies from its beginning, if it does."""
    owner = array
    while isinstance(owner, np.ndarray):
        owner = owner.base
    owner = owner.obj if isinstance(owner, memoryview) else owner
    return owner if isinstance(owner, SharedMap) else None


def is_shared(array) -> bool:
    """Whether an array lies in memory that other processes see."""
    return mapping_of(array) is not None


def share(tensor):
    """Move a tensor's elements into shared memory; the tensor itself."""
    array = tensor._array
    if is_shared(array) or not array.size:
        return tensor
    register()
    with tempfile.TemporaryFile() as file:
        file.truncate(array.nbytes)
        mapped = SharedMap.of(os.dup(file.fileno()), array.nbytes)
    tensor._array = mapped.array(array.dtype, array.shape)
    tensor._array[...] = array
    return tensor


@cache
def register() -> None:
    """Have `multiprocessing` hand over shared tensors by their files."""
    for kind in (Tensor, Parameter):
        reduction.ForkingPickler.register(kind, reduce_tensor)


def reduce_tensor(tensor):
    """How `multiprocessing` pickles a tensor."""
    array = tensor._array
    mapped = mapping_of(array)
    if mapped is None or len(mapped) != array.nbytes or not array.flags.c_contiguous:
        return tensor.__reduce_ex__(2)
    file = reduction.DupFd(mapped.descriptor)
    return rebuild, (file, len(mapped), tensor.dtype, array.shape, *kind_of(tensor))


def kind_of(tensor):
    return type(tensor) is Parameter, tensor.requires_grad


def rebuild(file, size, dtype, shape, is_parameter, requires_grad):
    """The tensor in the process that it was handed to."""
    tensor = wrap(SharedMap.of(file.detach(), size).array(dtype.array_dtype, shape))
    register()
    if is_parameter:
        return Parameter(tensor, requires_grad)
    return tensor.requires_grad_(requires_grad)
