"""cuDNN's switches: programs set them, and without a CUDA device nothing reads them.

>>> import rushlight as torch
>>> torch.backends.cudnn.is_available()
False
"""

from __future__ import annotations

from contextlib import contextmanager

enabled = True
benchmark = False
deterministic = False
allow_tf32 = True


def is_available() -> bool:
    """False: there is no cuDNN."""
    return False


def version() -> None:
    """None: there is no cuDNN."""


@contextmanager
def flags(enabled=False, benchmark=False, deterministic=False, allow_tf32=True):
    """Set the switches for the time of a `with` block."""
    switches = globals()
    names = ("enabled", "benchmark", "deterministic", "allow_tf32")
    saved = {name: switches[name] for name in names}
    switches.update(zip(names, (enabled, benchmark, deterministic, allow_tf32)))
    try:
        yield
    finally:
        switches.update(saved)
