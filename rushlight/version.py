"""The one place where the version is written: the wheel's metadata is read from here."""

__version__ = "0.1.0"
#: Rushlight's own version, also below, where `__version__` is what programs ask `torch.version` for
release = __version__
#: the PyTorch whose interface this is
pytorch = "2.13.0"
cuda = hip = xpu = None
debug = False


class TorchVersion(str):
    """A version that compares by its numbers, with other versions, strings and tuples.

    >>> TorchVersion("2.13.0+rushlight0.1.0") >= "2.9"
    True
    """

    __slots__ = ()

    @property
    def release(self):
        """The numbers in front: (2, 13, 0)."""
        return _numbers(self)

    def __lt__(self, other):
        return _numbers(self) < _numbers(other)

    def __le__(self, other):
        return _numbers(self) <= _numbers(other)

    def __gt__(self, other):
        return _numbers(self) > _numbers(other)

    def __ge__(self, other):
        return _numbers(self) >= _numbers(other)


def _numbers(version):
    """(2, 9, 0) of "2.9", "2.9.0+cpu", "2.9.0a1" or (2, 9): three numbers at least."""
    if isinstance(version, str):
        parts = version.partition("+")[0].split(".")
        version = [int("".join(c for c in part if c.isdigit()) or 0) for part in parts]
    numbers = tuple(version)
    return numbers + (0,) * (3 - len(numbers))


#: what programs see: the interface's version, and Rushlight's own after the plus
interface = TorchVersion(f"{pytorch}+rushlight{release}")
__version__ = interface
