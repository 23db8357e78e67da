"""Automatic differentiation: `backward`, `grad`, and the modes that govern recording."""

from rushlight.autograd import engine, function, grad_mode, graph, watched
from rushlight.autograd.anomaly_mode import (
    detect_anomaly,
    is_anomaly_check_nan_enabled,
    is_anomaly_enabled,
    set_detect_anomaly,
)
from rushlight.autograd.attributes import *
from rushlight.autograd.backward import backward, grad
from rushlight.autograd.function import Function, NestedIOFunction
from rushlight.autograd.grad_mode import *
from rushlight.autograd.grad_mode import (
    enable_grad,
    enforce_grad_layout_policy,
    inference_mode,
    no_grad,
    set_grad_enabled,
    set_multithreading_enabled,
)
from rushlight.autograd.gradcheck import gradcheck, gradgradcheck
from rushlight.autograd.graph import (
    unsafe_preserve_version_counter as _unsafe_preserve_version_counter,
)
from rushlight.autograd.saved import SavedTensor
from rushlight.autograd.variable import Variable

__all__ = [
    "Function",
    "NestedIOFunction",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "enforce_grad_layout_policy",
    "grad",
    "grad_mode",
    "gradcheck",
    "gradgradcheck",
    "inference_mode",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
    "set_multithreading_enabled",
    "variable",
]


def variable(*args, **kwargs):
    """Refused: what made a tensor from data once; `torch.tensor` does now."""
    raise RuntimeError("torch.autograd.variable(...) is deprecated, use torch.tensor(...) instead")


_LAZY = ("forward_ad", "functional", "profiler", "profiler_util")


def __getattr__(name):
    from importlib import import_module

    if name in _LAZY:
        return import_module(f"rushlight.autograd.{name}")
    raise AttributeError(f"module 'torch.autograd' has no attribute '{name}'")
