"""What programs reach for in `torch._C`: the switches of `__torch_function__`."""

from rushlight.overrides import DisableTorchFunctionSubclass
from rushlight.tensor import Tensor as TensorBase
from rushlight.torch_function import only

__all__ = ["DisableTorchFunction", "DisableTorchFunctionSubclass", "TensorBase"]


def DisableTorchFunction():
    """A block within which neither classes nor modes are asked."""
    return only(anybody=False)


def _disabled_torch_function_impl(func, types, args=(), kwargs=None):
    """The `__torch_function__` of classes whose results are plain tensors."""
    with DisableTorchFunctionSubclass():
        return func(*args, **(kwargs or {}))
