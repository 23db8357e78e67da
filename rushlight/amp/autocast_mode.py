"""`autocast`: within it, each operation computes in the precision that suits it.

16-bit arithmetic makes nothing faster with NumPy, which computes in 32 bits and rounds: a program
runs as it would with PyTorch, and to the same numbers, but gains no time.
"""

from __future__ import annotations

import functools
import warnings

import numpy as np

from rushlight import dtypes
from rushlight.amp.casting import have_all_cast, state
from rushlight.ops.warn import warn_once
from rushlight.tensor import Tensor, device

__all__ = ["autocast", "custom_bwd", "custom_fwd", "is_autocast_available"]

_LOWER = (dtypes.bfloat16, dtypes.float16)


class autocast:
    """Context manager and decorator for regions of mixed precision.

    Products and convolutions compute in `dtype`, losses and what else would lose too much there in
    float32, and most operations in the dtype of their arguments; float64 is left alone.
    `amp.casting` has the lists.

    Args:
        device_type: "cpu". With another device, which isn't there, nothing is cast, and a
            UserWarning says so.
        dtype: bfloat16 (the default) or float16.
        enabled: False leaves everything as it is, within a region where it isn't.
        cache_enabled: whether a parameter is cast once only within the outermost region.

    >>> import rushlight as torch
    >>> a = torch.ones(2, 2)
    >>> with torch.autocast("cpu", dtype=torch.bfloat16):
    ...     (a @ a).dtype, (a @ a).sum().dtype, (a + a).dtype
    (torch.bfloat16, torch.bfloat16, torch.float32)
    """

    def __init__(self, device_type: str, dtype=None, enabled: bool = True, cache_enabled=None):
        if not isinstance(device_type, str):
            raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        self.device = device(device_type).type
        self.fast_dtype = get_autocast_dtype(self.device) if dtype is None else dtype
        self._cache_enabled = state.caches if cache_enabled is None else cache_enabled
        self._enabled = enabled and self._is_possible()
        self._before: list = []

    def _is_possible(self):
        if self.device != "cpu":
            warnings.warn(
                "CUDA is not available or torch_xla is imported. Disabling autocast."
                if self.device == "cuda"
                else f"User provided device_type of '{self.device}', but {self.device.upper()} is "
                "not available. Disabling",
                stacklevel=3,
            )
            return False
        if self.fast_dtype not in _LOWER:
            warnings.warn(
                "In CPU autocast, but the target dtype is not supported. Disabling autocast.\n"
                "CPU Autocast only supports dtypes of torch.bfloat16, torch.float16 currently.",
                stacklevel=3,
            )
            return False
        return True

    def __enter__(self):
        self._before.append((state.enabled, state.dtype, state.caches))
        if self.device == "cpu":
            set_autocast_enabled("cpu", self._enabled)
            state.dtype = self.fast_dtype
        state.caches = self._cache_enabled
        autocast_increment_nesting()
        return self

    def __exit__(self, *exception):
        if autocast_decrement_nesting() == 0:
            clear_autocast_cache()
        state.enabled, state.dtype, state.caches = self._before.pop()

    def __call__(self, function):
        @functools.wraps(function)
        def call(*args, **kwargs):
            with self:
                return function(*args, **kwargs)

        return call


def is_autocast_available(device_type: str) -> bool:
    """Whether `autocast` accepts a device type.

    >>> is_autocast_available("cpu"), is_autocast_available("cuda")
    (True, True)
    """
    return device(device_type).type in ("cpu", "cuda")


# Functions of autograd ----------------------------------------------------------------------------


def custom_fwd(fwd=None, *, device_type: str, cast_inputs=None):
    """Decorate the forward of an `autograd.Function`, so that it knows of autocast.

    Args:
        fwd: the static method `forward`.
        device_type: "cpu".
        cast_inputs: within autocast, cast the floating-point arguments to this dtype, and run with
            autocast disabled. None leaves all as it is.
    """
    if fwd is None:
        return functools.partial(custom_fwd, device_type=device_type, cast_inputs=cast_inputs)

    @functools.wraps(fwd)
    def decorated(ctx, *args, **kwargs):
        ctx._dtype = get_autocast_dtype(device_type)
        enabled = is_autocast_enabled(device_type)
        ctx._fwd_used_autocast = enabled and cast_inputs is None
        if cast_inputs is None or not enabled:
            return fwd(ctx, *args, **kwargs)
        with autocast(device_type, enabled=False):
            return fwd(ctx, *_in_dtype(args, cast_inputs), **_in_dtype(kwargs, cast_inputs))

    return decorated


def custom_bwd(bwd=None, *, device_type: str):
    """Decorate the backward of an `autograd.Function`: autocast is then as it was in forward."""
    if bwd is None:
        return functools.partial(custom_bwd, device_type=device_type)

    @functools.wraps(bwd)
    def decorated(ctx, *args, **kwargs):
        with autocast(device_type, enabled=ctx._fwd_used_autocast, dtype=ctx._dtype):
            return bwd(ctx, *args, **kwargs)

    return decorated


def _in_dtype(value, dtype):
    if isinstance(value, Tensor):
        castable = value.is_floating_point() and value.dtype is not dtypes.float64
        return value.to(dtype) if castable else value
    if isinstance(value, (str, bytes, np.ndarray)):
        return value
    if isinstance(value, dict):
        return {key: _in_dtype(part, dtype) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_in_dtype(part, dtype) for part in value)
    return value


# Its switches, as `torch` has them ----------------------------------------------------------------


def is_autocast_enabled(device_type="cuda"):
    """Whether operations on this device are cast."""
    return device_type == "cpu" and state.enabled


def set_autocast_enabled(device_type, enabled=None):
    """Let operations be cast from now on, or not any more."""
    if enabled is None:
        device_type, enabled = "cuda", device_type
    if device_type == "cpu":
        if enabled:
            have_all_cast()
        state.enabled = enabled


def get_autocast_dtype(device_type):
    """The precision of products and convolutions on a device."""
    if device_type == "cpu":
        return state.dtype
    return dtypes.bfloat16 if device_type == "xla" else dtypes.float16


def set_autocast_dtype(device_type, dtype):
    """Choose the precision of products and convolutions."""
    if device_type == "cpu":
        state.dtype = dtype


def is_autocast_cache_enabled():
    """Whether a parameter is cast once only within the outermost region."""
    return state.caches


def set_autocast_cache_enabled(enabled):
    """Let parameters be cast once only, or at each use."""
    state.caches = enabled


def clear_autocast_cache():
    """Forget the casts of parameters."""
    state.cache.clear()


def autocast_increment_nesting():
    """Count one more region that is open."""
    state.nesting += 1
    return state.nesting


def autocast_decrement_nesting():
    """Count one region less; how many are left."""
    state.nesting -= 1
    return state.nesting


def is_autocast_cpu_enabled():
    """`is_autocast_enabled("cpu")`, deprecated."""
    _deprecated("is_autocast_cpu_enabled()", "is_autocast_enabled('cpu')")
    return is_autocast_enabled("cpu")


def set_autocast_cpu_enabled(enabled):
    """`set_autocast_enabled("cpu", enabled)`, deprecated."""
    _deprecated("set_autocast_cpu_enabled(enabled)", "set_autocast_enabled('cpu', enabled)")
    set_autocast_enabled("cpu", enabled)


def get_autocast_cpu_dtype():
    """`get_autocast_dtype("cpu")`, deprecated."""
    _deprecated("get_autocast_cpu_dtype()", "get_autocast_dtype('cpu')")
    return get_autocast_dtype("cpu")


def set_autocast_cpu_dtype(dtype):
    """`set_autocast_dtype("cpu", dtype)`, deprecated."""
    _deprecated("set_autocast_cpu_dtype(dtype)", "set_autocast_dtype('cpu', dtype)")
    set_autocast_dtype("cpu", dtype)


def get_autocast_gpu_dtype():
    """`get_autocast_dtype("cuda")`, deprecated."""
    _deprecated("get_autocast_gpu_dtype()", "get_autocast_dtype('cuda')")
    return get_autocast_dtype("cuda")


def _deprecated(old, new):
    warn_once(f"torch.{old} is deprecated. Please use torch.{new} instead.", DeprecationWarning)
