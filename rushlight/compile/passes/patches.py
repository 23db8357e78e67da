"""Slices that are written, or put among zeros, as arrays put together, which is native code.

`x[2:5] = y` makes a new x of x[:2], y and x[5:] (see `pieces`), axis by axis where the slice cuts
several. Steps, and slices of a size that is free, are left to NumPy.
"""

from __future__ import annotations

from rushlight.compile.programs.program import Constant, Value
from rushlight.compile.programs.sizes import Dim
from rushlight.compile.tracing.calls import Kernel, concatenation

__all__ = ["in_parts"]


def in_parts(instruction):
    """The instructions for an update or the gradient of a slice; None if it isn't plain."""
    if instruction.kind == "update":
        whole, part = instruction.operands
        ((name, params), *more) = instruction.params["path"]
        index = params["index"] if name == "slice" and not more else None
    elif is_slice_gradient(instruction):
        whole, (part,) = None, instruction.operands
        index = instruction.params["kwargs"]["index"]
    else:
        return None
    result = instruction.result
    cuts = spans(index, result.shape)
    if cuts is None or isinstance(whole, Constant):
        return None
    patch = Patch(instruction)
    kept = [i for i, (begin, end, single) in enumerate(cuts) if not single]
    inner = patch.fitted(part, tuple(cuts[i][1] - cuts[i][0] for i in kept))
    shape = tuple(end - begin for begin, end, _ in cuts)
    inner = patch.add("view", "reshape", [inner], shape, shape=shape)
    return patch.put(whole, inner, cuts, result)


def is_slice_gradient(instruction):
    """Whether it puts an array among zeros."""
    function = instruction.params.get("function") if instruction.kind == "call" else None
    return isinstance(function, Kernel) and function.op.name == "basic_put"


def spans(index, shape):
    """(begin, end, whether it is one position) for each axis; None if it isn't plain."""
    if index is None or 0 in shape:
        return None
    index = index if isinstance(index, tuple) else (index,)
    if any(not (k is Ellipsis or type(k) in (int, slice)) for k in index):
        return None
    index = index if Ellipsis in index else (*index, Ellipsis)
    at = index.index(Ellipsis)
    missing = [slice(None)] * (len(shape) - len(index) + 1)
    index = (*index[:at], *missing, *index[at + 1 :])
    found = [span(k, size) for k, size in zip(index, shape, strict=True)]
    return None if None in found else found


def span(k, size):
    """What one part of an index picks."""
    if isinstance(k, slice) and k == slice(None):
        return 0, size, False
    if isinstance(size, Dim):
        return None
    if isinstance(k, int):
        return k % size, k % size + 1, True
    begin, end, step = k.indices(size)
    return (begin, end, False) if step == 1 and begin < end else None


class Patch:
    """Collects the instructions in place of one."""

    def __init__(self, instruction):
        self.like, self.made = instruction, []
        self.dtype = instruction.result.dtype

    def add(self, kind, name, operands, to, result=None, /, **params):
        """A further instruction; gives its result."""
        result = result or Value(to, self.dtype)
        self.made.append(self.like.replace(
            kind=kind, name=name, operands=tuple(operands), results=(result,), params=params
        ))  # fmt: skip
        return result

    def fitted(self, part, shape):
        """What is put in, in the dtype and shape of its place."""
        if isinstance(part, Constant):
            value = Constant(part.value, self.dtype)
            return self.add("fill", "fill", [], shape, value=value)
        if part.dtype != self.dtype:
            part = self.add("elementwise", "cast", [part], part.shape)
        if part.shape != shape:
            part = self.add("view", "broadcast", [part], shape, shape=shape)
        return part

    def put(self, whole, part, cuts, result):
        """All of it with a part in its place; gives the instructions."""
        self._around(whole, part, cuts, 0, result)
        return self.made

    def _around(self, whole, part, cuts, axis, result):
        """A part, cut out along `axis` and those that follow, with what is around it."""
        while axis < len(cuts) and cuts[axis][:2] == (0, result.shape[axis]):
            axis += 1
        if axis == len(cuts):
            return self.add("elementwise", "copy", [part], result.shape, result)
        begin, end, _ = cuts[axis]
        if any(cut[:2] != (0, n) for cut, n in zip(cuts[axis + 1 :], result.shape[axis + 1 :])):
            middle = self._piece(whole, result.shape, axis, begin, end)
            shape = self._shape(result.shape, axis, begin, end)
            part = self._around(middle, part, cuts, axis + 1, Value(shape, self.dtype))
        size = result.shape[axis]
        sides = [(0, begin), (end, size)]
        before, after = (
            [self._piece(whole, result.shape, axis, *side)] if side[0] < side[1] else []
            for side in sides
        )
        parts = [*before, part, *after]
        params = concatenation(len(parts), axis)
        return self.add("call", "concatenate", parts, result.shape, result, **params)

    @staticmethod
    def _shape(shape, axis, begin, end):
        return (*shape[:axis], end - begin, *shape[axis + 1 :])

    def _piece(self, whole, shape, axis, begin, end):
        """A slice of what was there before, or zeros."""
        made = self._shape(shape, axis, begin, end)
        if whole is None:
            zero = Constant(0, self.dtype)
            return self.add("fill", "fill", [], made, value=zero)
        index = (*[slice(None)] * axis, slice(begin, end), Ellipsis)
        return self.add("view", "slice", [whole], made, index=index)
