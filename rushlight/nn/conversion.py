"""Modules whose tensors are converted: to another dtype, device, order in memory."""

from __future__ import annotations

import warnings

from rushlight import dtypes, ops
from rushlight.nn.members import BUFFER, PARAMETER, members
from rushlight.nn.parameter import Parameter, is_lazy

__all__ = ["Conversions"]


class Conversions:
    """The methods of a Module that convert its parameters and buffers, in place."""

    def _apply(self, fn, recurse=True):
        """Replace each tensor (parameter, its gradient, buffer) by `fn(tensor)`."""
        if recurse:
            for module in self.children():
                module._apply(fn)
        for name, parameter in members(self, PARAMETER):
            if is_lazy(parameter):
                parameter.convert(fn)
            elif parameter is not None:
                self.__dict__[name] = _converted(parameter, fn)
        for name, buffer in members(self, BUFFER):
            if is_lazy(buffer):
                buffer.convert(fn)
            elif buffer is not None:
                self.__dict__[name] = fn(buffer)
        return self

    def to(self, *args, memory_format=None, **kwargs):
        """Convert floating point parameters and buffers, in place; return the module.

        Called as `to(dtype)`, `to(device)`, `to(device, dtype)` or `to(tensor)`. A `memory_format`
        is for those with 4 or 5 dimensions.

        >>> import rushlight as torch
        >>> torch.nn.Linear(2, 3).to(torch.float64).weight.dtype
        torch.float64
        """
        # what becomes of a boolean tells which dtype is asked for, if any
        probe = ops.zeros(0, dtype=dtypes.bool_, device="cpu").to(*args, **kwargs)
        dtype = probe.dtype
        if probe.is_meta or any(x.is_meta for x in (*self.parameters(), *self.buffers())):
            return self._apply(lambda t: _moved(t, args, kwargs))
        if memory_format is not None:
            self._apply(
                lambda t: t.contiguous(memory_format=memory_format) if t.dim() in (4, 5) else t
            )
        if dtype is dtypes.bool_:
            return self
        _check_floating(dtype)
        return self._apply(lambda t: t.to(dtype) if _is_inexact(t) else t)

    def type(self, dst_type):
        """Convert all parameters and buffers, in place, to one dtype; return the module."""
        return self._apply(lambda tensor: tensor.type(dst_type))

    def float(self):
        """Convert floating point parameters and buffers to float32, in place."""
        return _floating_to(self, dtypes.float32)

    def double(self):
        """Convert floating point parameters and buffers to float64, in place."""
        return _floating_to(self, dtypes.float64)

    def half(self):
        """Convert floating point parameters and buffers to float16, in place."""
        return _floating_to(self, dtypes.float16)

    def bfloat16(self):
        """Convert floating point parameters and buffers to bfloat16, in place."""
        return _floating_to(self, dtypes.bfloat16)

    def cpu(self):
        """Move to the CPU, where everything already is; return the module."""
        return self._apply(lambda tensor: tensor.cpu())

    def cuda(self, device=None):
        """Move to a GPU, which raises where there is none."""
        return self._apply(lambda tensor: tensor.cuda(device))

    def share_memory(self):
        """Put all tensors where other processes see them; return the module."""
        if any(is_lazy(x) for x in (*self.parameters(), *self.buffers())):
            raise RuntimeError(
                "Can't share memory on an uninitialized parameter or buffer. Call `forward` to "
                "initialize the parameters before calling `module.share_memory()`."
            )
        return self._apply(lambda tensor: tensor.share_memory_())

    def to_empty(self, *, device, recurse=True):
        """Move to `device` without copying the values: parameters hold anything afterwards."""
        return self._apply(lambda t: t.new_empty(t.shape, device=device), recurse=recurse)


def _converted(parameter, fn):
    """`fn(parameter)` in the parameter, or in a new one on another device; so for its gradient."""
    gradient, made = parameter.grad, fn(parameter.data)
    if made.device is not parameter.device:
        parameter = Parameter(made, parameter.requires_grad)
    else:
        parameter.grad = None
        parameter.data = made
    if gradient is not None:
        parameter.grad = fn(gradient.data).requires_grad_(gradient.requires_grad)
    return parameter


def _moved(tensor, args, kwargs):
    """A tensor on another device; its dtype changes only from floating point to floating point.

    Raises:
        NotImplementedError: it has no elements, and is to have some.
    """
    try:
        made = tensor.to(*args, **kwargs)
    except NotImplementedError as error:
        raise NotImplementedError(
            f"{error} Please use torch.nn.Module.to_empty() instead of torch.nn.Module.to() when "
            "moving module from meta to a different device."
        ) from None
    return made if _is_inexact(tensor) else made.to(tensor.dtype)


def _is_inexact(tensor):
    return tensor.is_floating_point() or tensor.is_complex()


def _floating_to(module, dtype):
    return module._apply(lambda t: t.to(dtype) if t.is_floating_point() else t)


def _check_floating(dtype):
    if not (dtype.is_floating_point or dtype.is_complex):
        raise TypeError(
            "nn.Module.to only accepts floating point or complex dtypes, but got desired "
            f"dtype={dtype}"
        )
    if dtype.is_complex:
        warnings.warn(
            "Complex modules are a new feature under active development whose design may change, "
            "and some modules might not work as expected when using complex tensors as parameters "
            "or buffers. Please file an issue at https://github.com/pytorch/pytorch/issues/new"
            "?template=bug-report.yml if a complex module does not work as expected.",
            stacklevel=3,
        )
