"""The one device there is, by the names that other devices have: `torch.cpu`."""

from __future__ import annotations

from contextlib import contextmanager

from rushlight.cpu import amp

__all__ = [
    "Event",
    "Stream",
    "StreamContext",
    "amp",
    "current_device",
    "current_stream",
    "device_count",
    "is_available",
    "is_initialized",
    "set_device",
    "stream",
    "synchronize",
]


class Stream:
    """A queue of work. The CPU works at once, so it does nothing."""

    def __init__(self, priority: int = -1):
        pass

    def wait_stream(self, stream):
        """Wait for nothing."""

    def record_event(self):
        """Nothing to wait for."""

    def wait_event(self, event):
        """Wait for nothing."""


class Event:
    """A point in a queue of work, which has always passed."""

    def query(self):
        """Whether it has passed: always."""
        return True

    def record(self, stream=None):
        """Mark it."""

    def synchronize(self):
        """Wait for nothing."""

    def wait(self, stream=None):
        """Wait for nothing."""


_default = Stream()


@contextmanager
def stream(stream):
    """A block whose work goes to a stream."""
    yield


StreamContext = stream


def current_device() -> str:
    """The device that is used: "cpu".

    >>> import rushlight as torch
    >>> torch.cpu.current_device(), torch.cpu.device_count(), torch.cpu.is_available()
    ('cpu', 1, True)
    """
    return "cpu"


def current_stream(device=None) -> Stream:
    """The queue that work goes to."""
    return _default


def device_count() -> int:
    """How many there are: one."""
    return 1


def is_available() -> bool:
    """Whether there is a CPU."""
    return True


def is_initialized() -> bool:
    """Whether it is ready for use: always."""
    return True


def set_device(device) -> None:
    """Use this device; there is only one."""


def synchronize(device=None) -> None:
    """Wait until all work is done, which it is."""
