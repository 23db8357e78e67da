"""Rushlight: automatic differentiation with PyTorch's interface, on NumPy."""

from math import e, inf, nan, pi

from rushlight import autograd, ops
from rushlight import printing as _tensor_str
from rushlight import tensor as _tensor
from rushlight.autograd.grad_mode import *
from rushlight.dtypes import *
from rushlight.dtypes import (
    bfloat16,
    can_cast,
    complex64,
    complex128,
    dtype,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
)
from rushlight.dtypes import bool_ as bool
from rushlight.dtypes import complex64 as cfloat
from rushlight.dtypes import complex128 as cdouble
from rushlight.dtypes import float16 as half
from rushlight.dtypes import float32 as float
from rushlight.dtypes import float64 as double
from rushlight.dtypes import int16 as short
from rushlight.dtypes import int32 as int
from rushlight.dtypes import int64 as long
from rushlight.ops import *
from rushlight.printing import set_printoptions
from rushlight.random import *
from rushlight.tensor import Size, Tensor, device
from rushlight.version import __version__

newaxis = None

_tensor.bind_operations(ops, autograd)
autograd.engine.measure_alone()

_LAZY = (
    "nn",
    "optim",
    "utils",
    "linalg",
    "fft",
    "special",
    "cuda",
    "backends",
    "amp",
    "jit",
    "onnx",
    "hub",
    "distributed",
    "multiprocessing",
    "func",
    "distributions",
    "version",
    "accelerator",
    "compiler",
    "mps",
    "testing",
)


def __getattr__(name):
    if name in _LAZY:
        from importlib import import_module

        return import_module(f"rushlight.{name}")
    if name in ("save", "load", "serialization"):
        from rushlight import serialization

        return serialization if name == "serialization" else getattr(serialization, name)
    raise AttributeError(f"module 'torch' has no attribute '{name}'")
