"""The memory behind tensors, as `x.untyped_storage()` and `x.storage()` show it."""

from __future__ import annotations

import os

import numpy as np

from rushlight import dtypes

__all__ = ["UntypedStorage", "from_file", "is_storage"]


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

    is_cuda = is_sparse = is_hpu = False

    def is_pinned(self, device="cuda"):
        """Whether the memory is pinned for copies to another device: never."""
        return False

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
        made = object.__new__(type(self))
        made._elements = self._elements.copy()
        return made

    def resize_(self, size):
        """Another size: other memory, the first elements kept; tensors on the old one keep that."""
        grown = np.empty(size, self._elements.dtype)
        kept = self._elements[:size]
        grown[: kept.size] = kept
        self._elements = grown

    def copy_(self, source, non_blocking=None):
        """Copy the bytes of another storage, in place.

        Raises:
            RuntimeError: it has another number of bytes.
        """
        if source.nbytes() != self.nbytes():
            raise RuntimeError(
                f"size does not match, self was {self.nbytes()} bytes but src was "
                f"{source.nbytes()} bytes"
            )
        self._bytes[:] = source._bytes
        return self

    @property
    def _bytes(self):
        return self._elements.view(np.uint8)

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
        if device is not None:
            from rushlight.ops.creation.cast import check_device

            check_device(device)
        if isinstance(size, np.ndarray):
            self._elements = size
        elif isinstance(size, int):
            self._elements = np.empty(size, np.uint8)
        else:
            for each in size:
                if not isinstance(each, int):
                    raise RuntimeError(
                        "torch.UntypedStorage(): tried to construct a storage from a sequence "
                        f"({type(size).__name__}), but one of the items was of type "
                        f"{type(each).__name__} instead of int"
                    )
            self._elements = np.array([each & 255 for each in size], np.uint8)

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

    def resize_(self, size):
        """Another number of bytes: other memory; tensors on the old one keep that."""
        self._elements = self._bytes
        super().resize_(size)
        return self

    def resizable(self):
        """Whether `resize_` works: always."""
        return True

    def tolist(self):
        """The bytes as Python integers."""
        return self._bytes.tolist()

    def __getitem__(self, index):
        if isinstance(index, slice):
            return UntypedStorage(self._bytes[index])
        if not isinstance(index, int):
            raise TypeError(f"can't index a torch.UntypedStorage with {type(index).__name__}")
        if not -len(self) <= index < len(self):
            raise IndexError(f"index {index} out of range for storage of size {len(self)}")
        return self._bytes[index].item()

    def __setitem__(self, index, value):
        if not isinstance(value, int):
            raise RuntimeError(
                "can only set storage content with a int types, but got "
                f"{type(value).__name__} instead"
            )
        if isinstance(index, int) and not -len(self) <= index < len(self):
            raise RuntimeError("out of bounds")
        self._bytes[index] = value & 255

    def __reduce__(self):
        return _untyped, (self._bytes,)

    def __repr__(self):
        rows = "\n".join(f" {each}" for each in self.tolist())
        return f"{rows}\n[torch.storage.UntypedStorage(device=cpu) of size {len(self)}]"


def _untyped(elements):  # a pickle can name this, but not a class that says it lives in `torch`
    return UntypedStorage(elements)


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
