"""The accelerator of this machine: there is none, as on PyTorch's CPU build."""

from __future__ import annotations

from typing import NoReturn


def is_available() -> bool:
    """False: Rushlight computes on the CPU."""
    return False


def current_accelerator(check_available: bool = False) -> None:
    """None: programs then choose "cpu"."""


def device_count() -> int:
    """The number of accelerators: 0."""
    return 0


def synchronize(device=None) -> NoReturn:
    """Raise PyTorch's RuntimeError: there is nothing to wait for."""
    raise RuntimeError("Cannot access accelerator device when none is available.")


set_device_index = current_device_index = synchronize
