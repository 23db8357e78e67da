"""The memory behind tensors, as `x.untyped_storage()` and `x.storage()` show it."""

from __future__ import annotations

import os

import numpy as np

from rushlight import dtypes

__all__ = ["TypedStorage", "UntypedStorage", "from_file", "is_storage"]


class _Storage:
    """What both kinds of storages have: memory, as a flat array of elements."""

    __slots__ = ("_elements",)

    def data_ptr(self):
        """The address of the first byte."""
        return self._elements.__array_interface__["data"][0] if self._elements.size else 0

    def nbytes(self):
        """The number of bytes."""
        return self._elements.nbytes

    @property
    def device(self):
        """Where the memory is."""
        from rushlight.tensor import CPU

        return CPU

    is_cuda = False

    def is_shared(self):
        """Whether other processes share the memory: never."""
        return False

    def share_memory_(self):
        """The storage itself; other processes get copies."""
        return self

    def cpu(self):
        """The storage itself."""
        return self

    def clone(self):
        """A copy."""
        return type(self)(self._elements.copy())

    def __eq__(self, other):
        if not isinstance(other, _Storage):
            return NotImplemented
        return self.data_ptr() == other.data_ptr() and self.nbytes() == other.nbytes()

    __hash__ = object.__hash__

    def __iter__(self):
        return iter(self.tolist())

    def __deepcopy__(self, memo):
        return memo.setdefault(id(self), self.clone())


class UntypedStorage(_Storage):
    """The bytes that one or several tensors lie in.

    Args:
        size: how many bytes, or their values.

    >>> import rushlight as torch
    >>> x = torch.zeros(2, 3)
    >>> x.untyped_storage().nbytes(), x[1].untyped_storage().data_ptr() == x.data_ptr()
    (24, True)
    """

    __slots__ = ()
    __module__ = "torch.storage"

    def __init__(self, size=0, *, device=None):
        if isinstance(size, np.ndarray):
            self._elements = size
        elif isinstance(size, int):
            self._elements = np.zeros(size, np.uint8)
        else:
            self._elements = np.array(size, np.uint8)

    @classmethod
    def from_file(cls, filename, shared=False, nbytes=0):
        """The bytes of a file, mapped: read when they are used.

        Args:
            shared: write changes to the file (and make it longer if need be).
            nbytes: how many; with 0 and not `shared`, all.
        """
        if not nbytes and not shared:
            nbytes = os.path.getsize(filename)
        return cls(_mapped(filename, shared, nbytes))

    @classmethod
    def from_buffer(cls, buffer, byte_order=None, *, dtype=dtypes.uint8, count=-1, offset=0):
        """A copy of what an object with the buffer protocol holds."""
        elements = np.frombuffer(buffer, dtype.array_dtype, count, offset)
        return cls(elements.byteswap() if byte_order == "big" else elements.copy())

    @property
    def _bytes(self):
        return self._elements.view(np.uint8)

    def untyped(self):
        """The storage itself."""
        return self

    size = __len__ = _Storage.nbytes

    def element_size(self):
        """Bytes per element: 1."""
        return 1

    def fill_(self, value):
        """Set all bytes, in place."""
        self._bytes.fill(value)
        return self

    def copy_(self, source, non_blocking=None):
        """Copy the bytes of another storage, in place."""
        self._bytes[:] = source.untyped()._bytes
        return self

    def tolist(self):
        """The bytes as Python integers."""
        return self._bytes.tolist()

    def __getitem__(self, index):
        if isinstance(index, slice):
            return UntypedStorage(self._bytes[index])
        return self._bytes[index].item()

    def __setitem__(self, index, value):
        self._bytes[index] = value

    def __reduce__(self):
        return _untyped, (self._bytes,)

    def __repr__(self):
        rows = "\n".join(f" {each}" for each in self.tolist())
        return f"{rows}\n[torch.storage.UntypedStorage(device=cpu) of size {len(self)}]"


class TypedStorage(_Storage):
    """The elements that one or several tensors lie in, in a row.

    >>> import rushlight as torch
    >>> torch.tensor([[1, 2], [3, 4]]).t().storage().tolist()
    [1, 2, 3, 4]
    """

    __slots__ = ()
    __module__ = "torch.storage"

    def __init__(self, elements):
        self._elements = elements

    @property
    def dtype(self):
        """The type of the elements."""
        return dtypes.of(self._elements)

    def untyped(self):
        """The same memory as bytes."""
        return UntypedStorage(self._elements)

    def size(self):
        """The number of elements."""
        return self._elements.size

    __len__ = size

    def element_size(self):
        """Bytes per element."""
        return self._elements.itemsize

    def fill_(self, value):
        """Set all elements, in place."""
        self._elements.fill(value)
        return self

    def tolist(self):
        """The elements as Python numbers."""
        return self._elements.tolist()

    def __getitem__(self, index):
        found = self._elements[index]
        return found.tolist()

    def __setitem__(self, index, value):
        self._elements[index] = value

    def __reduce__(self):
        return _typed, (self._elements,)

    def __repr__(self):
        rows = "\n".join(f" {each}" for each in self.tolist())
        kind = f"torch.storage.TypedStorage(dtype={self.dtype!r}, device=cpu)"
        return f"{rows}\n[{kind} of size {len(self)}]"


def _untyped(elements):  # a pickle can name this, but not a class that says it lives in `torch`
    return UntypedStorage(elements)


def _typed(elements):
    return TypedStorage(elements)


def is_storage(obj):
    """Whether `obj` is a storage.

    >>> import rushlight as torch
    >>> torch.is_storage(torch.zeros(1).untyped_storage())
    True
    """
    return isinstance(obj, _Storage)


# Files --------------------------------------------------------------------------------------------


def from_file(
    filename,
    shared=None,
    size=0,
    *,
    dtype=None,
    layout=None,
    device=None,
    pin_memory=False,
    requires_grad=False,
):
    """A flat tensor on the memory of a file, which is read when its elements are used.

    Args:
        filename: the file, which holds nothing but elements.
        shared: write changes to the file; a file that is too short grows.
        size: how many elements.

    Raises:
        RuntimeError: the file cannot be opened, or is too short.
    """
    from rushlight.tensor import wrap

    kind = dtypes.get_default_dtype() if dtype is None else dtype
    made = wrap(_mapped(filename, shared, size * kind.itemsize).view(kind.array_dtype))
    return made.requires_grad_() if requires_grad else made


def _mapped(filename, shared, nbytes):
    """The first bytes of a file, which change with it only if `shared`."""
    import mmap

    path = os.fspath(filename)
    mode = "read-write" if shared else "read-only"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT if shared else os.O_RDONLY, 0o666)
    except OSError as error:
        raise RuntimeError(
            f"unable to open file <{path}> in {mode} mode: {error.strerror} ({error.errno})"
        ) from None
    try:
        found = os.fstat(descriptor).st_size
        if found < nbytes:
            if not shared:
                raise RuntimeError(
                    f"file <{path}> size <{found}> is smaller than the required mapping size "
                    f"<{nbytes}>"
                )
            os.ftruncate(descriptor, nbytes)
        if not nbytes:
            return np.empty(0, np.uint8)
        access = mmap.ACCESS_WRITE if shared else mmap.ACCESS_COPY
        return np.frombuffer(mmap.mmap(descriptor, nbytes, access=access), np.uint8)
    finally:
        os.close(descriptor)
