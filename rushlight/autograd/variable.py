"""`Variable`: what tensors that require grad were once called."""

from __future__ import annotations

import warnings

from rushlight.autograd.engine import queue_callback
from rushlight.tensor import Tensor, type_name

__all__ = ["Variable"]


class _VariableMeta(type):
    def __instancecheck__(cls, other):
        return isinstance(other, Tensor)


class _Engine:
    """What programs reach for as `Variable._execution_engine`."""

    queue_callback = staticmethod(queue_callback)


class Variable(metaclass=_VariableMeta):
    """Old name of Tensor: `Variable(x, requires_grad=True)` is a Tensor on the memory of `x`.

    >>> import rushlight as torch
    >>> torch.autograd.Variable(torch.ones(2), requires_grad=True)
    tensor([1., 1.], requires_grad=True)
    """

    __module__ = "torch.autograd.variable"
    _execution_engine = _Engine

    def __new__(cls, data=None, requires_grad=None, volatile=None):
        if data is None:
            return Tensor()
        if not isinstance(data, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type_name(data)}")
        if volatile is not None:
            warnings.warn(
                "volatile was removed and now has no effect. Use `with torch.no_grad():` instead.",
                UserWarning,
                stacklevel=2,
            )
        made = data.detach()
        if requires_grad:
            made.requires_grad_()
        return made
