"""The older names of `rushlight.amp`, for the device type "cuda"."""

from __future__ import annotations

from functools import partial

from rushlight import amp

custom_fwd = partial(amp.custom_fwd, device_type="cuda")
custom_bwd = partial(amp.custom_bwd, device_type="cuda")


class autocast(amp.autocast):
    """`amp.autocast("cuda")`: without CUDA, no casting."""

    def __init__(self, enabled: bool = True, dtype=None, cache_enabled: bool = True):
        super().__init__("cuda", dtype, enabled, cache_enabled)


class GradScaler(amp.GradScaler):
    """`amp.GradScaler("cuda")`: without CUDA, no scaling."""

    def __init__(self, *args, **kwargs):
        super().__init__("cuda", *args, **kwargs)
