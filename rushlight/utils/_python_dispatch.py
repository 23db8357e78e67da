"""Dispatch modes: who is shown each operation below the tape, and may answer in its place.

While a mode is entered, all operations go the general way (`fast.intercept`), and what would be the
kernel's result is what the innermost mode answers. So derivatives are recorded around a mode, as in
PyTorch; and without modes nothing of this costs anything. Products of matrices are shown in the
parts that PyTorch has them in, other functions in the operations that they consist of here; changes
in place as the operation whose result is written, and not shown are tensors that are made anew.
"""

from __future__ import annotations

import math

import numpy as np

from rushlight.autograd.grad_mode import no_grad
from rushlight.autograd.tape import UNSAVED, modes
from rushlight.ops import fast
from rushlight.ops.overloads import overload_of
from rushlight.tensor import Tensor, as_array, wrap

__all__ = ["BaseTorchDispatchMode", "TorchDispatchMode", "answer", "asked_about"]

#: the overloads that modes are being asked about, with the operations they stand for
_asked: list = []


class TorchDispatchMode:
    """Within `with`, this mode answers for each operation; subclasses say how.

    While it answers, the modes outside it are asked.

    >>> import rushlight as torch
    >>> from rushlight.utils._python_dispatch import TorchDispatchMode
    >>> class Log(TorchDispatchMode):
    ...     def __torch_dispatch__(self, func, types, args=(), kwargs=None):
    ...         print(func)
    ...         return func(*args, **(kwargs or {}))
    >>> with Log():
    ...     y = torch.eye(2) @ torch.ones(2, 2)
    aten.mm.default
    """

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """The result of `func(*args, **kwargs)`, or what is to stand in its place."""
        raise NotImplementedError

    def __enter__(self):
        modes.dispatching = (*modes.dispatching, self)
        fast.intercept(1)
        return self

    def __exit__(self, *exception):
        fast.intercept(-1)
        modes.dispatching = modes.dispatching[:-1]


class BaseTorchDispatchMode(TorchDispatchMode):
    """A mode that calls every operation as it is."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """What `func` returns."""
        return func(*args, **(kwargs or {}))


def answer(op, operands, options):
    """What the modes make of an operation: a Tensor without history, or a tuple of them."""
    with no_grad():
        shown = [_shown(x) for x in operands]
        parts = _PARTS.get(op.name)
        if parts is not None:
            return parts(*shown, **options)
        given = {n: v for n, v in options.items() if not _is_default(v, op.options[n])}
        return _ask(op, tuple(shown), given)


def _shown(x):
    """An operand as a mode sees it: what became a constant for the kernel's sake, as a number."""
    return x.item() if isinstance(x, Tensor) and x._counter is UNSAVED else x


def _is_default(value, default):
    return value is default or (type(value) is type(default) and value == default)


def _ask(op, args, options):
    func, outer = overload_of(op, args, options), modes.dispatching
    if op.name in _JOINING:
        args = (list(args),)
    _asked.append((func, op))
    modes.dispatching = outer[:-1]
    try:
        result = outer[-1].__torch_dispatch__(func, (), args, options)
    finally:
        modes.dispatching = outer
        _asked.pop()
    if op.outputs is None:
        return _apart(result)
    return tuple(map(_apart, result))


#: operations on any number of tensors, which PyTorch has in a list
_JOINING = frozenset({"cat", "stack"})


def _apart(result):
    """A mode's result as a Tensor that the tape may have: on the same memory and counter."""
    if not isinstance(result, Tensor):
        return wrap(as_array(np.asarray(result)))
    made = wrap(result._array)
    made._counter = result._counter
    return made


def asked_about(overload):
    """The operation that `overload` stands for in the answer that is being given; or None."""
    if not _asked or _asked[-1][0] is not overload:
        return None
    op = _asked[-1][1]

    def operation(*args, **options):
        if op.name in _JOINING:
            (args,) = args
        return op.call(*args, **options)

    return operation


# Products, in PyTorch's parts ---------------------------------------------------------------------


def _linear(input, weight, bias=None):
    import rushlight as torch

    if weight.dim() != 2 or input.dim() == 0:
        return torch.matmul(input, weight)
    rows, columns = _as_matrix(input), weight.t()
    product = torch.mm(rows, columns) if bias is None else torch.addmm(bias, rows, columns)
    return product if rows is input else product.reshape(*input.shape[:-1], weight.shape[0])


def _as_matrix(input):
    return input if input.dim() == 2 else input.reshape(-1, input.shape[-1])


def _matmul(input, other):
    import rushlight as torch

    if other.dim() <= 2:
        rows = _as_matrix(input)
        product = torch.mv(rows, other) if other.dim() == 1 else torch.mm(rows, other)
        return product.reshape(*input.shape[:-1], *other.shape[1:])
    if input.dim() == 1:
        return _matmul(input[None], other)[..., 0, :]
    batch = torch.broadcast_shapes(input.shape[:-2], other.shape[:-2])
    left = input.expand(*batch, *input.shape[-2:]).reshape(-1, *input.shape[-2:])
    right = other.expand(*batch, *other.shape[-2:]).reshape(-1, *other.shape[-2:])
    if not math.prod(batch):
        return torch.zeros(*batch, input.shape[-2], other.shape[-1], dtype=input.dtype)
    return torch.bmm(left, right).reshape(*batch, input.shape[-2], other.shape[-1])


_PARTS = {"linear": _linear, "matmul": _matmul}


def _get_current_dispatch_mode():
    return modes.dispatching[-1] if modes.dispatching else None


def _get_current_dispatch_mode_stack():
    return list(modes.dispatching)
