"""Where each value lies: the caller's memory, or one piece of memory that values share in turn.

A value lives from the item that makes it to the last that reads it. Two whose lives don't touch
may lie in the same place, and an elementwise result may take the place of what dies in its loop.
"""

from __future__ import annotations

from copy import copy
from math import prod

from rushlight.compile.native import index as at
from rushlight.compile.native.arena import Arena
from rushlight.compile.native.fuse import MOST_ON_STACK, Fusion, Kernel, Outside, Repeat, placed
from rushlight.compile.native.nest import local_size, local_values
from rushlight.compile.programs.program import Value
from rushlight.compile.programs.sizes import Dim

__all__ = ["Plan"]


class Plan:
    """The memory of a Program.

    Attributes:
        place: for each value in memory ("input", number), ("output", number), ("outside", value),
            ("stack", value), for a row that every thread has for itself, or ("arena", offset in
            bytes). In a loop also ("row", value): the row of this step.
        size: bytes that the arena needs; for a free size, for its example.
        copies: pairs (value, number of an input): to be copied there in the end.
    """

    def __init__(self, fusion: Fusion):
        self.fusion = fusion
        self.bytes: dict[Value, int] = {}
        self._keep_rows()
        self._plan_loops()
        self.readers = self._find_readers()
        self.place: dict[Value, tuple] = {
            x: ("input", i) for i, x in enumerate(fusion.program.inputs)
        }
        self.copies: list[tuple[Value, int]] = []
        self._place_results()
        self._place_others()

    def _keep_rows(self):
        for kernel in self.fusion.items:
            if isinstance(kernel, Kernel):
                for x in local_values(self.fusion, kernel):
                    elements = local_size(kernel, x)
                    size = None if elements is None else elements * x.dtype.itemsize
                    if size is None or (kernel.parts and not fits_stack(size)):
                        self.fusion.stored.add(x)
                    else:
                        self.fusion.local.add(x)
                        self.bytes[x] = size

    def _plan_loops(self):
        """A loop's body needs memory of its own while it runs."""
        for number, item in enumerate(self.fusion.items):
            if isinstance(item, Repeat):
                item.plan = Plan(item.fusion)
                item.scratch = Value((item.plan.size,), "uint8")
                self.fusion.position[item.scratch] = number
                self.fusion.stored.add(item.scratch)

    def within(self, repeat):
        """The memory of a loop's body: places of its values as places of this Plan."""
        loop, inner = repeat.instruction, repeat.plan
        count = len(loop.params["body"].writes)
        operands = [self.place[self.fusion.root(x)] for x in loop.operands[count:]]
        inputs = [*(self.place[x] for x in loop.results[:count]), *operands]
        outputs = [("row", x) for x in loop.results[count:]]
        _, start = self.place[repeat.scratch]
        made = copy(inner)
        made.size = self.size
        made.place = {}
        for x, (kind, where) in inner.place.items():
            known = {"input": inputs, "output": outputs}.get(kind)
            if known is not None:
                made.place[x] = known[where]
            else:
                made.place[x] = (kind, where + start) if kind == "arena" else (kind, where)
        return made

    def _find_readers(self):
        fusion = self.fusion
        readers: dict[Value, list[int]] = {}
        for number, item in enumerate(fusion.items):
            if isinstance(item, Kernel):
                read = {x for each in item.reads for x, _ in each}
            else:
                operands = item.instruction.operands
                read = {fusion.root(x) for x in operands if isinstance(x, Value)}
            for x in read:
                readers.setdefault(x, []).append(number)
        return readers

    def _place_results(self):
        for x, number in ((x, i) for i, x in enumerate(self.fusion.program.outputs)):
            self.place[x] = ("output", number)
        for number, x in self.fusion.program.writes:
            if self._may_overwrite(x, number):
                self.place[x] = ("input", number)
            else:
                self.copies.append((x, number))

    def _may_overwrite(self, x, number):
        """Whether a value may go straight to an input's memory: nobody reads that afterwards."""
        target = self.fusion.program.inputs[number]
        made = self.fusion.position[x]
        readers = [n for n in self.readers.get(target, ()) if n >= made]
        item = self.fusion.items[made]
        if not target.contiguous or isinstance(item, Outside):
            return False
        if not readers:
            return True
        return readers == [made] and isinstance(item, Kernel) and self._reads_in_place(item, target)

    def _reads_in_place(self, kernel, x):
        """Whether a kernel reads each element of a value only where it is at that element."""
        n = len(kernel.shape)
        if any(kernel.phase.values()) or tuple(s for s in x.shape if s != 1) != kernel.shape:
            return False
        here = at.flat(placed(x.shape, range(n), n), x.shape, n)
        read = (pair for each in kernel.reads for pair in each)
        return all(where == here for y, where in read if y is x)

    def _place_others(self):
        fusion = self.fusion
        needed = [x for x in fusion.position if x in fusion.stored or x in fusion.local]
        needed.sort(key=fusion.position.__getitem__)
        arena = Arena()
        for x in needed:
            if x in self.place:
                continue
            born = fusion.position[x]
            if isinstance(fusion.items[born], Outside):
                self.place[x] = ("outside", x)
                continue
            size = self.bytes.setdefault(x, prod(x.shape) * x.dtype.itemsize)
            if x in fusion.local and fits_stack(size):
                self.place[x] = ("stack", x)
                continue
            dies = max(self.readers.get(x, ()), default=born)
            if any(x is y for y, _ in self.copies):
                dies = len(fusion.items)
            offset = self._taken_over(x, born, dies, size, arena)
            if offset is None:
                offset = arena.take(room(size), born, dies)
            self.place[x] = ("arena", offset)
        self.size = arena.size

    def _taken_over(self, x, born, dies, size, arena):
        """The place of a value that dies where this one is born, if element follows element."""
        kernel = self.fusion.items[born]
        if not isinstance(kernel, Kernel) or kernel.role[x] != "element":
            return None
        if x in self.fusion.local:
            return None
        for y in sorted(kernel.arrays, key=lambda y: self.fusion.position[y]):
            where = self.place.get(y, ("",))
            if where[0] != "arena" or self.bytes[y] != size or y.dtype.itemsize != x.dtype.itemsize:
                continue
            if max(self.readers[y]) != born or self.fusion.position[y] == born:
                continue
            if self._reads_in_place(kernel, y) and arena.take_over(
                where[1], room(size), born, dies
            ):
                return where[1]
        return None


def fits_stack(size):
    """Whether a row of so many bytes is kept on the stack; one of a free size isn't."""
    return not isinstance(size, Dim) and size <= MOST_ON_STACK


def room(size):
    """Bytes for the example of a free size: k times as much is enough for k times the size."""
    return int(size - min(size.offset, 0)) if isinstance(size, Dim) else size
