"""The names of layouts and memory formats: `strided`, `contiguous_format`, ..."""

from __future__ import annotations

__all__ = [
    "channels_last",
    "channels_last_3d",
    "contiguous_format",
    "layout",
    "memory_format",
    "preserve_format",
    "sparse_coo",
    "sparse_csr",
    "strided",
]


class _Name:
    """A value that is only compared and printed."""

    __slots__ = ("name",)
    __module__ = "torch"

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return f"torch.{self.name}"

    def __reduce__(self):
        return by_name, (self.name,)


class layout(_Name):
    """How the elements of a tensor are stored: all of them, `torch.strided`."""

    __slots__ = ()
    __module__ = "torch"


class memory_format(_Name):
    """In which order the elements of a tensor lie in memory."""

    __slots__ = ()
    __module__ = "torch"


strided = layout("strided")
sparse_coo = layout("sparse_coo")
sparse_csr = layout("sparse_csr")
contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last")
channels_last_3d = memory_format("channels_last_3d")


def by_name(name):
    """The layout or memory format called `name`."""
    return globals()[name]
