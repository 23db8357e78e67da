"""Apple's Metal devices, of which Rushlight uses none: the names that programs ask."""

from __future__ import annotations

from typing import NoReturn


def is_available() -> bool:
    """False: Rushlight computes on the CPU."""
    return False


def device_count() -> int:
    """The number of Metal devices: 0."""
    return 0


def manual_seed(seed: int) -> None:
    """Seed the device; without one, nothing is to be done."""


def empty_cache() -> NoReturn:
    """Raise PyTorch's RuntimeError: there is no device memory to free."""
    raise RuntimeError("Cannot execute emptyCache() without MPS backend.")


def synchronize() -> NoReturn:
    """Raise PyTorch's RuntimeError: there is no device to wait for."""
    raise RuntimeError("Cannot execute deviceSynchronize() without MPS backend.")
