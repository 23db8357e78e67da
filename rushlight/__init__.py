"""Rushlight: automatic differentiation with PyTorch's interface, on NumPy."""

from rushlight import autograd, ops
from rushlight import printing as _tensor_str
from rushlight import tensor as _tensor
from rushlight.autograd import *
from rushlight.dtypes import *
from rushlight.ops import *
from rushlight.printing import set_printoptions

_tensor.bind_operations(ops, autograd)
