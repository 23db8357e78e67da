"""From a Kernel to loops: what is worked out where, told to a writer.

Every number has a *scope*: 0 before the loops, 1 in the outer loops (a row), 2 in the inner ones.
It is worked out in the widest scope that has what it needs. A writer (`llvm_writer`, `source`)
turns the calls into text; scopes are lists of lines that it puts together in the end.
"""

from __future__ import annotations

from math import prod

import numpy as np

from rushlight.compile.native import index as at
from rushlight.compile.native.fuse import placed
from rushlight.compile.native.scalar import EXPENSIVE
from rushlight.compile.programs.program import Constant
from rushlight.compile.programs.sizes import Dim

__all__ = ["Nest", "identity"]

BEFORE, ROW, INNER = 0, 1, 2
WRITTEN_OUT = 4  # steps of short loops that are written out


def identity(name, dtype):
    """What a reduction of nothing gives."""
    if name in ("add", "logical_or"):
        return dtype.type(0)
    if name in ("multiply", "logical_and"):
        return dtype.type(1)
    least = name == "maximum"
    if dtype.kind == "f":
        return dtype.type(-np.inf if least else np.inf)
    limits = np.iinfo(dtype)
    return dtype.type(limits.min if least else limits.max)


class Nest:
    """The loops of one kernel.

    Attributes:
        outer, inner: the loops' axes, neighbours in memory already joined.
        extents: the extent of each such axis.
        phases: how many inner loops there are.
        shared: the axis whose loop threads share, or None.
        vectorized: the axis whose loop is to be vectorised in any case, or None.
    """

    def __init__(self, fusion, kernel, join=True):
        self.fusion, self.kernel = fusion, kernel
        self.definition = fusion.definition
        self.phases = 1 + max(kernel.phase.values())
        n = len(kernel.shape)
        self.extents = dict(enumerate(kernel.shape))
        terms = [term for read in kernel.reads for _, term in read]
        terms += [at.flat(kernel.place(x), x.shape, n) for x in kernel.role]
        self.outer, self.inner = kernel.split()
        if join and kernel.outer is None:
            axes = self._joined([*self.outer, *self.inner], terms)
            self.outer, self.inner = axes[:-1], axes[-1:]
        elif join:
            self.outer, self.inner = (self._joined(x, terms) for x in (self.outer, self.inner))
        axes = self.outer or self.inner
        self.shared = axes[0] if axes else None
        if kernel.parts and "column" in kernel.role.values() and not kernel.apart:
            (self.shared,) = self.inner
        self.vectorized = None
        if join and "column" not in kernel.role.values():
            self._put_short_last(kernel.outer is None)
            self._mark_strided(terms)

    def _put_short_last(self, free):
        """Let loops of a few steps be the innermost: LLVM writes them out, and the next is long."""
        axes = [*self.outer, *self.inner] if free else self.inner
        short = [axis for axis in axes if self._is_short(axis)]
        long = [axis for axis in axes if axis not in short]
        if not long or prod(self.extents[axis] for axis in short) > WRITTEN_OUT:
            return
        if free:
            self.outer, self.inner = long[:-1], [long[-1], *short]
        else:
            self.inner = [*long, *short]

    def _is_short(self, axis):
        extent = self.extents[axis]
        return not isinstance(extent, Dim) and extent <= WRITTEN_OUT

    def _mark_strided(self, terms):
        """Have LLVM vectorise a loop over every second element, which it wouldn't dare by itself.

        Choices are branches otherwise, guessed wrong as often as not.
        """
        long = [axis for axis in self.inner if not self._is_short(axis)]
        if long and any(1 < term[long[-1]] <= WRITTEN_OUT for term in terms):
            self.vectorized = long[-1]

    def _joined(self, axes, terms):
        """Axes without those that can be one loop with the next."""
        kept: list[int] = []
        for axis in reversed(axes):
            if kept and all(t[axis] == t[kept[0]] * self.extents[kept[0]] for t in terms):
                self.extents[kept[0]] *= self.extents[axis]
            else:
                kept.insert(0, axis)
        return kept

    # Writing

    def write(self, writer):
        """Tell a writer about all of it."""
        self.writer = writer
        self.memo: tuple[dict, dict, dict] = ({}, {}, {})
        self.rows: dict = {}
        kernel = self.kernel
        totals = self._accumulators("all", None, BEFORE)
        for instruction in kernel.members:
            if kernel.role[instruction.result] == "column":
                x = instruction.result
                writer.fill(x, identity(instruction.name, x.dtype))
        for phase in range(self.phases):
            self.phase = phase
            sums = self._accumulators("row", phase, ROW)
            self.memo[INNER].clear()
            writer.open_inner(phase)
            self._inner(sums, totals)
            writer.close_inner(self.inner, self.extents)
            for x, accumulator in sums.items():
                number = writer.total(accumulator, ROW)
                self.rows[x] = number
                if x in self.fusion.stored:
                    writer.store(x, self._flat(x), number, ROW)
        writer.close_outer(self.outer, self.extents)
        for x, accumulator in totals.items():
            writer.store(x, self._flat(x), writer.total(accumulator, None), None)

    def _accumulators(self, role, phase, scope):
        kernel, made = self.kernel, {}
        for i in kernel.members:
            x = i.result
            if kernel.role[x] == role and phase in (None, kernel.phase[x]):
                made[x] = self.writer.accumulator(identity(i.name, x.dtype), x.dtype, scope)
        return made

    def _inner(self, sums, totals):
        """The body of the inner loop of a phase: all reads come before all writes."""
        kernel, writer, late = self.kernel, self.writer, []
        for instruction in kernel.members:
            x = instruction.result
            role = kernel.role[x]
            if kernel.phase[x] != self.phase:
                continue
            if role == "element":
                if x in self.fusion.stored or x in self.fusion.local:
                    late.append((writer.store, x, self._flat(x), self._number(x)[0], INNER))
                continue
            (operand,) = instruction.operands
            number = self._operand(operand, self._place(operand))[0]
            if role == "column":
                late.append((writer.add_to, x, self._flat(x), instruction.name, number))
            else:
                accumulator = (sums if role == "row" else totals)[x]
                writer.accumulate(accumulator, instruction.name, number)
        for call, *arguments in late:
            call(*arguments)

    def _place(self, x):
        n = len(self.kernel.shape)
        return placed(x.shape, range(n), n)

    def _flat(self, x):
        """Where in its memory a value made here has the loop's element."""
        term = at.flat(self.kernel.place(x), x.shape, len(self.kernel.shape))
        if x in self.fusion.local:
            term = tuple(0 if i in self.kernel.outer else c for i, c in enumerate(term))
        return term

    # Numbers: each is (the writer's number, its scope)

    def _operand(self, x, index):
        if isinstance(x, Constant):
            return self.writer.constant(x.value, x.dtype), BEFORE
        index = at.broadcast(index, x.shape)
        if x in self.kernel.role:
            return self._number(x)
        if not self.fusion.virtual(x):
            return self._loaded(x, at.flat(index, x.shape, len(self.kernel.shape)))
        instruction = self.definition[x]
        if instruction.kind == "view":
            return self._viewed(instruction, index)
        return self._computed(instruction, index)

    def _viewed(self, view, index):
        (source,) = view.operands
        if isinstance(source, Constant):
            return self._operand(source, ())
        inner = self.fusion.seen(view, index, self.kernel.shape)
        if inner is None:
            return self._loaded(source, at.flat(index, view.result.shape, len(self.kernel.shape)))
        return self._operand(source, inner)

    def _number(self, x):
        """A value made in this kernel, at the loop's element."""
        if x in self.rows:
            return self.rows[x], ROW
        kept = x in self.fusion.stored or x in self.fusion.local
        if kept and self.kernel.phase[x] < self.phase:
            return self._loaded(x, self._flat(x))
        return self._computed(self.definition[x], self._place(x))

    def _computed(self, instruction, index):
        key = instruction.result, index
        for scope in (BEFORE, ROW, INNER):
            if key in self.memo[scope]:
                return self.memo[scope][key], scope
        if instruction.kind == "fill":
            value = instruction.params["value"]
            operands = [self._operand(value, ())]
        else:
            operands = [self._operand(x, index) for x in instruction.operands]
        scope = max((s for _, s in operands), default=BEFORE)
        number = self.writer.apply(instruction, [number for number, _ in operands], scope)
        self.memo[scope][key] = number
        return number, scope

    def _loaded(self, x, term):
        scope = BEFORE
        if any(term[i] for i in self.outer):
            scope = ROW
        if any(term[i] for i in self.inner):
            scope = INNER
        if self.kernel.role.get(x) == "element":
            scope = INNER  # written in this kernel: not before
        memo, key = self.memo[scope], (x, term)
        if key not in memo:
            memo[key] = self.writer.load(x, term, scope)
        return memo[key], scope


def local_values(fusion, kernel):
    """Values of a kernel that a later inner loop needs and that take long: kept for one row.

    If the inner loops' axes are the last ones, a row's worth of memory is enough; otherwise they
    are stored like any other.
    """
    found = set()

    def costly(x):
        instruction = fusion.definition[x]
        if x in fusion.stored or kernel.role.get(x) == "row":
            return False
        if instruction.name in EXPENSIVE:
            return True
        return any(costly(y) for y in instruction.operands if kernel.role.get(y) == "element")

    for instruction, read in zip(kernel.members, kernel.reads, strict=True):
        for x, _ in read:
            if kernel.role.get(x) == "element" and x not in found:
                if kernel.phase[x] < kernel.phase[instruction.result] and costly(x):
                    found.add(x)
    return found


def local_size(kernel, x):
    """How many elements a row's worth is, or None if a row isn't in one piece."""
    outer, inner = kernel.split()
    if kernel.outer is None or outer + inner != sorted(outer + inner):
        return None
    return prod(kernel.shape[i] for i in inner)
