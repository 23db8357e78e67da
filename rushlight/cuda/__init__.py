"""CUDA as PyTorch's CPU build has it: every name imports, and there is no device.

Questions (`is_available`, `device_count`, the memory counters) are answered, what is harmless
without a device does nothing, and the rest raises what PyTorch raises there.
"""

from __future__ import annotations

from typing import NoReturn

from rushlight.cuda import amp
from rushlight.explain import explained


def is_available() -> bool:
    """False: Rushlight computes on the CPU."""
    return False


def is_initialized() -> bool:
    """False: there is no CUDA context."""
    return False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """False: there is no device that could."""
    return False


def device_count() -> int:
    """The number of CUDA devices: 0."""
    return 0


def manual_seed(seed: int) -> None:
    """Seed the current device; without one, nothing is to be done."""


def manual_seed_all(seed: int) -> None:
    """Seed all devices; without any, nothing is to be done."""


def seed_all() -> None:
    """Seed all devices from the system; without any, nothing is to be done."""


def get_rng_state_all() -> list:
    """The states of all devices' generators: none."""
    return []


def set_rng_state_all(new_states) -> None:
    """Set the state of each device's generator; without any, nothing is to be done."""


def empty_cache() -> None:
    """Free cached device memory, of which there is none."""


def memory_allocated(device=None) -> int:
    """Bytes that tensors take on the device: 0."""
    return 0


max_memory_allocated = memory_reserved = max_memory_reserved = memory_allocated


def _no_device(*args, **kwargs) -> NoReturn:
    """Raise PyTorch's AssertionError for what needs a CUDA device."""
    raise explained(AssertionError("Torch not compiled with CUDA enabled"))


synchronize = set_device = current_device = _no_device
get_device_name = get_device_capability = get_device_properties = _no_device
reset_peak_memory_stats = reset_max_memory_allocated = mem_get_info = _no_device
current_stream = get_rng_state = set_rng_state = initial_seed = init = ipc_collect = _no_device


class Event:
    """A point in a device's stream of work; making one raises a RuntimeError."""

    def __init__(self, *args, **kwargs):
        raise RuntimeError("Tried to instantiate dummy base class Event")


class Stream:
    """A device's stream of work; making one raises a RuntimeError."""

    def __init__(self, *args, **kwargs):
        raise RuntimeError("torch.cuda.Stream requires CUDA support")


class _CudaTensorType(type):
    """A type of tensors on a device: nothing is an instance of it, and none can be made."""

    def __call__(cls, *args, **kwargs):
        raise TypeError(
            f"type torch.cuda.{cls.__name__} not available. Torch not compiled with CUDA enabled."
        )


def _tensor_type(name: str) -> type:
    return _CudaTensorType(name, (), {"__module__": "torch.cuda"})


FloatTensor, DoubleTensor, HalfTensor, BFloat16Tensor = map(
    _tensor_type, ("FloatTensor", "DoubleTensor", "HalfTensor", "BFloat16Tensor")
)
LongTensor, IntTensor, ShortTensor, CharTensor, ByteTensor, BoolTensor = map(
    _tensor_type,
    ("LongTensor", "IntTensor", "ShortTensor", "CharTensor", "ByteTensor", "BoolTensor"),
)
