"""Arrays that come about part by part, put together at once.

The gradient of `x[:, t]` for each t is an array of zeros but for one part, and a sum of such arrays
goes through all of it for every part. `out[:, t] = y` for each t is a new array each time. Where
the parts lie beside each other along one axis, and nobody looks at what is not yet complete, they
are put together once, as `concatenate` does.

The sum of a part and zeros is taken to be that part (so -0.0 may stay -0.0).
"""

from __future__ import annotations

from rushlight.compile.passes.patches import is_slice_gradient
from rushlight.compile.passes.periods import split_index
from rushlight.compile.passes.rewrite import rewrite
from rushlight.compile.programs.program import Constant, Value
from rushlight.compile.programs.sizes import Dim
from rushlight.compile.tracing.calls import concatenation

__all__ = ["gather_parts"]


class Parts:
    """What an array consists of.

    Attributes:
        axis: along which the parts lie.
        parts: pairs ((first, end), operand); no two overlap.
        taken: the positions along the axis where there is one.
        base: what is there elsewhere: an operand, or None for zeros.
        added: what is added to all of it, or None.
        covers: the instructions that this stands for.
    """

    def __init__(self, axis, parts, base, added, covers):
        self.axis, self.parts, self.base, self.added = axis, parts, base, added
        self.taken = {i for (first, end), _ in parts for i in range(first, end)}
        self.covers = covers

    def join(self, other, instruction):
        """Take in the parts of another, by this instruction; False if that isn't possible."""
        if self.axis != other.axis or not self.taken.isdisjoint(other.taken):
            return False
        self.parts += other.parts
        self.taken |= other.taken
        self.covers += [*other.covers, instruction]
        return True


def gather_parts(program):
    """The Program with arrays put together from more than one part."""
    if any(i.kind == "update" for i in program.instructions):
        program = rewrite(program, read_past_updates)
    return Gatherer(program).gathered()


def read_past_updates(instruction, made_by):
    """A slice of what was there before an update that changed something else; or what it put in."""
    if instruction.kind != "view" or instruction.name != "slice":
        return instruction
    (x,), result = instruction.operands, instruction.result
    here = picked(instruction.params, x.shape)
    while here is not None and (update := made_by.get(x)) and update.kind == "update":
        (name, params), *more = update.params["path"]
        there = picked(params, x.shape) if name == "slice" and not more else None
        if there is None:
            break
        part = update.operands[1]
        if here == there and isinstance(part, Value):
            same = (part.shape, part.dtype) == (result.shape, result.dtype)
            return {result: part} if same else instruction.replace(operands=(x,))
        if not any(a >= d or c >= b for (a, b), (c, d) in zip(here, there, strict=True)):
            break
        x = update.operands[0]
    return instruction.replace(operands=(x,))


def picked(params, shape):
    """(first, end) of what a slice picks along each axis, or None if it isn't plain."""
    if not is_basic(params["index"]) or any(isinstance(n, Dim) for n in shape):
        return None
    pattern, numbers = split_index(params["index"], shape)
    left, spans = iter(numbers), []
    for kind, size in zip(pattern, shape, strict=True):
        if kind not in ("at", ":", 1):
            return None
        first = 0 if kind == ":" else next(left)
        spans.append((first, size if kind == ":" else first + 1 if kind == "at" else next(left)))
    return spans


class Gatherer:
    def __init__(self, program):
        self.program = program
        self.uses: dict = {}
        for instruction in program.instructions:
            for x in instruction.operands:
                self.uses[x] = self.uses.get(x, 0) + 1
        for x in program.results():
            self.uses[x] = self.uses.get(x, 0) + 1
        self.found: dict = {}
        self.made: list = []

    def gathered(self):
        program = self.program
        for instruction in program.instructions:
            self._look(instruction)
        if not self.found:
            return program
        finished = {id(parts): parts for parts in self.found.values()}.values()
        last = {parts.covers[-1].result: parts for parts in finished if len(parts.parts) > 1}
        if not last:
            return program
        covered = {x for parts in last.values() for i in parts.covers for x in i.results}
        for instruction in program.instructions:
            if covered.isdisjoint(instruction.results):
                self.made.append(instruction)
            elif instruction.result in last:
                self._put_together(instruction, last[instruction.result])
        return program.replace(instructions=self.made)

    # Which arrays come about so

    def _look(self, instruction):
        parts = None
        if instruction.kind == "update":
            parts = self._updated(instruction)
        elif instruction.kind == "call" and is_slice_gradient(instruction):
            parts = self._put(instruction)
        elif instruction.name == "add" and instruction.kind == "elementwise":
            parts = self._added(instruction)
        if parts is not None:
            self.found[instruction.result] = parts

    def _part(self, index, instruction, operand):
        """(axis, ((first, end), operand)) of the part that an index picks, or None."""
        shape = instruction.result.shape
        if self.program.free is not None or not shape or 0 in shape or not is_basic(index):
            return None
        pattern, numbers = split_index(index, shape)
        axes = [i for i, k in enumerate(pattern) if k != ":"]
        if len(pattern) != len(shape) or len(axes) != 1 or pattern[axes[0]] not in ("at", 1):
            return None
        first, end = numbers if len(numbers) == 2 else (numbers[0], numbers[0] + 1)
        if end <= first:
            return None
        inner = (*shape[: axes[0]], end - first, *shape[axes[0] + 1 :])
        given = inner if len(numbers) == 2 else (*inner[: axes[0]], *inner[axes[0] + 1 :])
        if operand.shape != given or operand.dtype != instruction.result.dtype:
            return None
        return axes[0], ((first, end), operand)

    def _put(self, instruction):
        (operand,) = instruction.operands
        found = self._part(instruction.params["kwargs"]["index"], instruction, operand)
        if found is None or isinstance(operand, Constant):
            return None
        return Parts(found[0], [found[1]], None, None, [instruction])

    def _updated(self, instruction):
        whole, operand = instruction.operands
        (name, params), *more = instruction.params["path"]
        if name != "slice" or more or isinstance(operand, Constant):
            return None
        found = self._part(params["index"], instruction, operand)
        if found is None or not isinstance(whole, Value):
            return None
        axis, part = found
        before = self._only_here(whole)
        if before is not None and before.added is None:
            if before.join(Parts(axis, [part], None, None, []), instruction):
                return before
        return Parts(axis, [part], whole, None, [instruction])

    def _added(self, instruction):
        x, y = instruction.operands
        first, second = self._zeros_around(x), self._zeros_around(y)
        if second is None:
            x, y, first, second = y, x, second, first
        if second is None or second.added is not None or x.shape != y.shape:
            return None
        if first is not None and first.join(second, instruction):
            return first
        second.added = x
        second.covers.append(instruction)
        return second

    def _only_here(self, x):
        """The Parts of an operand that nobody else looks at."""
        return self.found.get(x) if self.uses.get(x) == 1 else None

    def _zeros_around(self, x):
        parts = self._only_here(x)
        return parts if parts is not None and parts.base is None else None

    # Putting together

    def _put_together(self, instruction, parts):
        result, axis = instruction.result, parts.axis
        whole = result if parts.added is None else Value(result.shape, result.dtype)
        pieces, at = [], 0
        for (first, end), operand in sorted(parts.parts, key=lambda part: part[0]):
            pieces += self._rest(instruction, parts, at, first)
            shape = (*result.shape[:axis], end - first, *result.shape[axis + 1 :])
            pieces.append(self._add(
                instruction, "view", "reshape", (operand,), Value(shape, result.dtype), shape=shape
            ))  # fmt: skip
            at = end
        pieces += self._rest(instruction, parts, at, result.shape[axis])
        params = concatenation(len(pieces), axis)
        self._add(instruction, "call", "concatenate", tuple(pieces), whole, **params)
        if parts.added is not None:
            self._add(instruction, "elementwise", "add", (parts.added, whole), result)

    def _rest(self, instruction, parts, first, end):
        """What lies between two parts."""
        if first == end:
            return []
        result, axis = instruction.result, parts.axis
        x = Value((*result.shape[:axis], end - first, *result.shape[axis + 1 :]), result.dtype)
        if parts.base is None:
            zero = Constant(0, x.dtype)
            return [self._add(instruction, "fill", "fill", (), x, value=zero)]
        index = (*[slice(None)] * axis, slice(first, end), Ellipsis)
        return [self._add(instruction, "view", "slice", (parts.base,), x, index=index)]

    def _add(self, like, kind, name, operands, result, **params):
        self.made.append(like.replace(
            kind=kind, name=name, operands=operands, results=(result,), params=params
        ))  # fmt: skip
        return result


def is_basic(index):
    """Whether an index consists of integers, slices and `...`."""
    index = index if isinstance(index, tuple) else (index,)
    return all(k is Ellipsis or type(k) in (int, slice) for k in index)
