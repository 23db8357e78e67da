"""Steps that can be differentiated: an update method, written for arrays, runs on Tensors.

With `differentiable=True` a step is itself a part of the tape, so that a loss after the step has a
derivative by the gradients, the parameters before the step and the learning rate. The methods need
nothing of their own for that: they are given Cells in place of arrays.
"""

from __future__ import annotations

import operator

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from rushlight import dtypes, ops
from rushlight.tensor import Tensor, wrap

__all__ = ["Cell", "differentiable_update"]

#: what NumPy's functions are on Tensors; operators, so that numbers may stand on either side
_FUNCTIONS = {
    "absolute": operator.abs,
    "add": operator.add,
    "copy": lambda tensor: tensor.detach().clone(),  # SGD's momentum begins so in PyTorch
    "divide": operator.truediv,
    "greater": operator.gt,
    "less": operator.lt,
    "multiply": operator.mul,
    "negative": operator.neg,
    "power": operator.pow,
    "subtract": operator.sub,
}


class Cell(NDArrayOperatorsMixin):
    """A place that holds a Tensor and that NumPy's functions treat as an array.

    What would be written into the array replaces the Tensor, so nothing that the tape holds is
    overwritten.

    >>> import rushlight as torch
    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> cell = Cell(x)
    >>> cell *= 3
    >>> np.sqrt(cell, cell).tensor
    tensor([1.7321, 2.4495], grad_fn=<SqrtBackward0>)
    """

    def __init__(self, tensor):
        self.tensor = tensor

    dtype = property(lambda self: self.tensor._array.dtype)
    shape = property(lambda self: self.tensor._array.shape)
    ndim = property(lambda self: self.tensor._array.ndim)

    def __array_ufunc__(self, ufunc, method, *inputs, out=None):
        return self._put(ufunc.__name__, inputs, out[0] if out else None)

    def __array_function__(self, function, types, args, kwargs):
        return self._put(function.__name__, args, kwargs.get("out"))

    @staticmethod
    def _put(name, inputs, out):
        function = _FUNCTIONS.get(name) or getattr(ops, name)
        result = function(*map(_content, inputs))
        if out is None:
            return Cell(result)
        out.tensor = result
        return out

    def __setitem__(self, index, value):
        new = _content(value)
        self.tensor = new if isinstance(new, Tensor) else ops.full_like(self.tensor, new)

    def __float__(self):
        return float(self.tensor)

    def __bool__(self):
        return bool(self.tensor)

    def astype(self, dtype):
        """This Cell's Tensor in a dtype of NumPy's, in a Cell."""
        return Cell(self.tensor.to(dtypes.from_array_dtype(np.dtype(dtype))))


def _content(value):
    """The Tensor in a Cell; an array as a Tensor; numbers as they are."""
    if isinstance(value, Cell):
        return value.tensor
    return wrap(value) if isinstance(value, np.ndarray) else value


def differentiable_update(optimizer, param, state, group):
    """Change a parameter and its state as `optimizer.update` says, recorded on the tape.

    Raises:
        RuntimeError: the parameter is a leaf that requires a gradient.
    """
    split, join = (ops.view_as_real, ops.view_as_complex) if param.is_complex() else (_same, _same)
    held = {name: _held(value, split) for name, value in state.items()}
    numbers = {name: _in_cells(value) for name, value in group.items() if name != "params"}
    gradient = param.grad
    new = Cell(split(param).clone())  # the tape may keep it; the parameter is overwritten
    optimizer.update(
        new, Cell(split(-gradient if group.get("maximize") else gradient)), held, numbers
    )
    param.copy_(join(new.tensor))
    for name, value in held.items():
        state[name] = _released(value, join if param.is_complex() else _same, new.shape)


def _same(tensor):
    return tensor


def _held(value, split):
    if not isinstance(value, Tensor):
        return value
    return wrap(Cell(split(value) if value.is_complex() else value))


def _released(value, join, shape):
    if not isinstance(value, Tensor) or not isinstance(value._array, Cell):
        return value
    tensor = value._array.tensor
    return join(tensor) if tensor._array.shape == shape else tensor


def _in_cells(value):
    if isinstance(value, tuple):
        return tuple(map(_in_cells, value))
    return Cell(value) if isinstance(value, Tensor) else value
