"""What a `call` calls: functions that read arrays and change none, whatever they are made of."""

from __future__ import annotations

import numpy as np

from rushlight.compile.programs.program import Slot
from rushlight.ops.indexing.brackets import add_at

__all__ = [
    "Changer",
    "Filler",
    "Kernel",
    "axis_of",
    "concatenation",
    "getitem",
    "rows",
    "rows_added",
]


class Kernel:
    """An operation's kernel as the function of a `call`, with the errors that it explains."""

    _made: dict = {}

    def __init__(self, op):
        self.op = op
        self.__name__ = op.name

    @classmethod
    def of(cls, op):
        """The one of an operation."""
        if op not in cls._made:
            cls._made[op] = cls(op)
        return cls._made[op]

    def __call__(self, *arrays, **options):
        op = self.op
        if op.check is not None:
            op.check(*arrays, **options)
        with np.errstate(all="ignore"):
            return op.kernel(*arrays, **options)

    def __repr__(self):
        return f"<kernel of {self.op.name}>"


class Filler:
    """`function(*args, out=...)` as a function of what `out` held before."""

    def __init__(self, function):
        self.function = function

    def __call__(self, out, *args, **kwargs):
        out = np.array(out)
        self.function(*args, out=out, **kwargs)
        return out

    def __eq__(self, other):
        return type(self) is type(other) and self.function == other.function

    def __hash__(self):
        return hash((type(self), self.function))


class Changer(Filler):
    """`function(target, ...)` as a function that gives the changed target."""

    def __call__(self, target, *args, **kwargs):
        target = np.array(target)
        self.function(target, *args, **kwargs)
        return target


def getitem(array, index):
    """`array[index]`."""
    return array[index]


def rows(array, index):
    """The rows that an array of positions, all of them in range, names."""
    return array.take(index, axis=0)


def rows_added(grad, index, *, count):
    """For each of `count` rows the sum of what `grad` has where the index names it."""
    result = np.zeros((count, *grad.shape[index.ndim :]), grad.dtype)
    add_at(result, (index,), grad)
    return result


def concatenation(count, axis):
    """The params of a call that puts so many operands together along an axis."""
    slots = tuple(map(Slot, range(count)))
    return {"function": np.concatenate, "args": (slots,), "kwargs": {"axis": axis}}


def axis_of(instruction):
    """Along which axis a call of `concatenate` puts its operands together."""
    _, *place = instruction.params["args"]
    axis = place[0] if place else instruction.params["kwargs"].get("axis", 0)
    return axis % instruction.result.ndim
