"""`Turned`: what the Tensor of a conjugate (or negative) view holds in place of an array.

`z.conj()` is the memory of `z`, read with another sign: what is written into one shows in the
other. Views of it are such views again; any other operation is given the elements as they are read.
"""

from __future__ import annotations

import numpy as np

from rushlight.autograd.tape import gradient_edge, modes
from rushlight.ops.meta import Meta
from rushlight.tensor import Tensor, wrap

__all__ = ["Turned", "array_of", "is_turned", "memory_of", "resolved", "stand_in", "turned"]


class Turned:
    """An array that is read and written through `turn`: np.conjugate or np.negative."""

    __slots__ = ("array", "turn")
    handles_operations = True
    level = 0  # any transform that follows one of the arguments takes the operation first
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, array, turn):
        self.array = array
        self.turn = turn

    def resolved(self):
        """The elements as they are read, in memory of their own."""
        return self.turn(self.array)

    duplicate = copy = resolved

    def apply(self, op, args, options):
        """Call an operation of which this is an argument."""
        if op.is_view:
            return op.call_on(op.promote(args), options, compute=view_of_turned)
        return op.call(*map(stand_in, args), **options)

    def write(self, target, result):
        """Put the elements of `result` into those of `target`, which holds this."""
        target._array[...] = array_of(result)

    def detached(self):
        """The same without history: the tape is the Tensor's business."""
        return self

    @property
    def real(self):
        """The real parts, which conjugation leaves as they are."""
        part = self.array.real
        return part if self.turn is np.conjugate else Turned(part, np.negative)

    @property
    def imag(self):
        """The imaginary parts, of the other sign."""
        return Turned(self.array.imag, np.negative)

    def __getattr__(self, name):
        if name in _OF_MEMORY:
            return getattr(self.array, name)
        raise AttributeError(name)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        raise TypeError("an operation takes the general way")

    def __array_function__(self, function, types, args, kwargs):
        if function in (np.zeros_like, np.ones_like, np.empty_like):
            return function(self.array, *args[1:], **kwargs)
        raise TypeError("an operation takes the general way")

    def __array__(self, dtype=None, copy=None):
        return self.resolved().astype(dtype or self.dtype, copy=False)

    def __setitem__(self, index, values):
        self.array[index] = self.turn(values)

    def __eq__(self, other):
        raise TypeError("an operation takes the general way")

    def __bool__(self):
        return bool(self.resolved())

    def __len__(self):
        return len(self.array)

    def around(self, array):
        """An array from outside: it stays one."""
        return array

    def nonzero(self):
        return self.array.nonzero()

    def tolist(self):
        return self.resolved().tolist()

    def item(self):
        return self.resolved().item()


_TURNING = ("conj_view", "neg_view", "real_part", "imaginary_part", "view_as_real")

#: what is the same whichever way the memory is read
_OF_MEMORY = frozenset("shape dtype ndim size strides flags itemsize nbytes base ctypes".split())


def turned(array, turn):
    """A view that reads an array through `turn`; twice is not at all."""
    if array.__class__ is np.ndarray:
        return Turned(array, turn)
    if array.__class__ is Turned and array.turn is turn:
        return array.array
    return turn(array)  # what stands for an array carries it out


def memory_of(array):
    """The array whose memory this is; the elements of a turned one are others than are read."""
    return array.array if array.__class__ in (Turned, Meta) else array


def array_of(x):
    """The elements of a Tensor, as they are read."""
    array = x._array
    return array.resolved() if array.__class__ is Turned else array


def stand_in(x):
    """An argument with its elements as they are read, at its place on the tape."""
    if not isinstance(x, Tensor) or x._array.__class__ is not Turned:
        return x
    made = wrap(x._array.resolved())
    made._requires_grad = x._requires_grad
    made._node = gradient_edge(x)  # of a leaf, the leaf itself: so operations on this record it
    made._counter = x._counter
    if modes.dual_level >= 0:
        made.__dict__.update(x.__dict__)
    return made


def is_turned(x, turn):
    """Whether a Tensor is a view through `turn`."""
    return x._array.__class__ is Turned and x._array.turn is turn


def resolved(x, turn):
    """A Tensor whose view through `turn`, if it is one, was carried out; else itself."""
    from rushlight.ops.creation.copies import clone

    return clone(x) if is_turned(x, turn) else x


def view_of(op, array, options):
    """What a view operation makes of an array, turned or not; `options` in their order."""
    options = dict(zip(op.options, options, strict=True))
    if array.__class__ is Turned:
        return view_of_turned(op, (array,), options)
    return op.kernel(array, **options)


def view_of_turned(op, arrays, options):
    """What a view operation makes of a turned array: it reads the same memory the same way."""
    first, *others = arrays
    if op.name in _TURNING:
        return op.kernel(first)
    result = op.kernel(first.array, *others, **options)
    if op.outputs is None:
        return Turned(result, first.turn)
    return tuple(Turned(each, first.turn) for each in result)
