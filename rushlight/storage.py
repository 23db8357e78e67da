"""The memory behind tensors, as `x.untyped_storage()` and `x.storage()` show it."""

from __future__ import annotations

import numpy as np

from rushlight import dtypes

__all__ = ["TypedStorage", "UntypedStorage", "is_storage"]


class UntypedStorage:
    """The bytes that one or several tensors lie in.

    >>> import rushlight as torch
    >>> x = torch.zeros(2, 3)
    >>> x.untyped_storage().nbytes(), x[1].untyped_storage().data_ptr() == x.data_ptr()
    (24, True)
    """

    __slots__ = ("_elements",)
    __module__ = "torch"

    def __init__(self, elements):
        self._elements = elements

    def data_ptr(self):
        """The address of the first byte."""
        return self._elements.__array_interface__["data"][0] if self._elements.size else 0

    def untyped(self):
        """The storage itself."""
        return self

    def nbytes(self):
        """The number of bytes."""
        return self._elements.nbytes

    size = __len__ = nbytes

    def tolist(self):
        """The bytes as Python integers."""
        return self._elements.view(np.uint8).tolist()

    def __getitem__(self, index):
        return self._elements.view(np.uint8)[index].item()

    @property
    def device(self):
        """Where the memory is."""
        from rushlight.tensor import CPU

        return CPU

    def is_shared(self):
        """Whether other processes share the memory: never."""
        return False


class TypedStorage:
    """The elements that one or several tensors lie in, in a row.

    >>> import rushlight as torch
    >>> torch.tensor([[1, 2], [3, 4]]).t().storage().tolist()
    [1, 2, 3, 4]
    """

    __slots__ = ("_elements",)
    __module__ = "torch.storage"

    def __init__(self, elements):
        self._elements = elements

    @property
    def dtype(self):
        """The type of the elements."""
        return dtypes.of(self._elements)

    def data_ptr(self):
        """The address of the first element."""
        return self.untyped().data_ptr()

    def untyped(self):
        """The same memory as bytes."""
        return UntypedStorage(self._elements)

    def nbytes(self):
        """The number of bytes."""
        return self._elements.nbytes

    def size(self):
        """The number of elements."""
        return self._elements.size

    __len__ = size

    def element_size(self):
        """Bytes per element."""
        return self._elements.itemsize

    def tolist(self):
        """The elements as Python numbers."""
        return self._elements.tolist()

    def __getitem__(self, index):
        found = self._elements[index]
        return found.tolist()

    def __iter__(self):
        return iter(self.tolist())

    def __repr__(self):
        rows = "\n".join(f" {each}" for each in self.tolist())
        kind = f"torch.storage.TypedStorage(dtype={self.dtype!r}, device=cpu)"
        return f"{rows}\n[{kind} of size {len(self)}]"


def is_storage(obj):
    """Whether `obj` is a storage.

    >>> import rushlight as torch
    >>> torch.is_storage(torch.zeros(1).untyped_storage())
    True
    """
    return isinstance(obj, (UntypedStorage, TypedStorage))
