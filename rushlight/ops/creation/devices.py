"""Where new tensors are made: on the CPU, or on "meta", without elements."""

from __future__ import annotations

import numpy as np

from rushlight.explain import explained
from rushlight.ops.checked import refusal
from rushlight.tensor import CPU, META, device

__all__ = ["get_default_device", "set_default_device"]

_default = CPU
_outer: list = []
_device = device


def get_default_device():
    """Where new tensors are made.

    >>> import rushlight as torch
    >>> torch.get_default_device()
    device(type='cpu')
    >>> with torch.device("meta"):
    ...     torch.zeros(2, 3)
    tensor(..., device='meta', size=(2, 3))
    """
    return _default


def set_default_device(device):
    """Set where new tensors are made; where there is no such device, making one is refused."""
    global _default
    _default = CPU if device is None else _device(device)


def enter_device(device):
    """Make new tensors on a device, until `leave_device`."""
    _outer.append(_default)
    set_default_device(device)


def leave_device():
    """Make new tensors where they were made before `enter_device`."""
    set_default_device(_outer.pop())


def check_device(where):
    """Refuse devices that aren't there, in PyTorch's words.

    Raises:
        AssertionError: CUDA.
        RuntimeError: any other device, or a string that names none.
    """
    if isinstance(where, int):
        raise RuntimeError("Cannot access accelerator device when none is available.")
    if not isinstance(where, (device, str)) and (refused := refusal()):
        raise refused
    where = device(where) if not isinstance(where, device) else where
    if where.type == "cpu":
        return CPU
    if where.type == "meta":
        return META
    if where.type == "cuda":
        raise explained(AssertionError("Torch not compiled with CUDA enabled"))
    error = RuntimeError(f"PyTorch is not linked with support for {where.type} devices")
    raise explained(error)


def is_on_meta(where):
    """Whether new tensors have no elements, for a `device=` argument."""
    where = where or _default
    return where is not CPU and check_device(where) is META


def allocated(make, shape, kind, where):
    """A new array, made by `np.zeros` or its like; or what stands for one without elements."""
    if not is_on_meta(where):
        return make(shape, kind)
    from rushlight.ops.meta import Meta, blank

    return Meta(blank(shape, kind))


def placed(array, where):
    """An array as the `device=` argument wants it: itself, or what stands for one on "meta"."""
    if _default is CPU if where is None else where is CPU and array.__class__ is np.ndarray:
        return array
    from rushlight.ops.meta import Meta, on_cpu

    if not is_on_meta(where):
        return on_cpu(array)
    return array if array.__class__ is Meta else Meta(array)
