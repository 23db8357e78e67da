"""Rushlight: automatic differentiation with PyTorch's interface, on NumPy."""

from rushlight import autograd, ops
from rushlight import tensor as _tensor
from rushlight.autograd import *
from rushlight.dtypes import *
from rushlight.ops import *

_tensor.bind_operations(ops, autograd)
