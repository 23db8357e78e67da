"""Buffer planning: in whose memory each Value of a Program lies.

A Value that doesn't outlive the run lies in a buffer that is allocated once and used again, within
a run by Values whose lives don't overlap, and from run to run. A view lies in the memory of what
it shows, which therefore lives as long as any of its views. An elementwise result may take over
the memory of an operand that ends with it. What is to be written over an input is computed there
at once where nobody reads the old value any more.
"""

from __future__ import annotations

import numpy as np

from rushlight.compile.programs.program import Value

__all__ = ["Plan"]

_END = float("inf")


class Plan:
    """The places of all Values.

    Attributes:
        owner: for each Value the Value in whose memory it lies: itself, unless it is a view.
        array: the array of each Value that lies in a buffer or is constant; known before the run.
        in_place: results that are computed in the memory of an input: Value -> input.
        fresh: Values that get new memory in each run, since they are returned.
    """

    def __init__(self, program):
        self.program = program
        self.maker: dict = {}
        self.owner: dict = {}
        self.array: dict = {}
        self.blocks: list = []
        self.block_of: dict = {}
        self._find_owners()
        self._find_last_uses()
        self.in_place = {x: program.inputs[i] for i, x in program.writes if self._fits(i, x)}
        self.fresh = self._find_fresh()
        self._allocate()
        self._make_arrays()

    def _find_owners(self):
        for x in self.program.inputs:
            self.owner[x] = x
        for instruction in self.program.instructions:
            self.maker.update(dict.fromkeys(instruction.results, instruction))
            first = instruction.operands[0] if instruction.kind == "view" else None
            for x in instruction.results:
                self.owner[x] = self.owner[first] if isinstance(first, Value) else x

    def _find_last_uses(self):
        self.last_use: dict = {}
        for number, instruction in enumerate(self.program.instructions):
            for x in (*instruction.operands, *instruction.results):
                if isinstance(x, Value):
                    self.last_use[self.owner[x]] = number
        for x in self.program.results():
            if isinstance(x, Value):
                self.last_use[self.owner[x]] = _END

    def _fits(self, number, x):
        """Whether the new value of an input can be computed in its memory."""
        target = self.program.inputs[number]
        maker = self.maker.get(x)
        if maker is None or self.owner[x] is not x or x in self.program.outputs:
            return False
        if [each for _, each in self.program.writes].count(x) > 1:
            return False
        if maker.kind == "update":
            direct = maker.operands[0] is target
        else:
            direct = maker.kind == "elementwise"
        return direct and self._old_value_ends(target, maker, x)

    def _old_value_ends(self, target, maker, new):
        """Whether an input's old value isn't read once `maker` runs, but by itself, in place."""
        at = self.program.instructions.index(maker)
        for i, instruction in enumerate(self.program.instructions[at:], at):
            for x in instruction.operands:
                if (
                    isinstance(x, Value)
                    and self.owner[x] is target
                    and not (i == at and x is target)
                ):
                    return False
        return all(
            not isinstance(x, Value) or self.owner[x] is not target or x is new
            for x in self.program.results()
        )

    def _find_fresh(self):
        """Results that own their memory and are returned: each as itself, once."""
        fresh = set()
        for x in self.program.outputs:
            maker = self.maker.get(x)
            if maker is not None and self.owner[x] is x and maker.kind not in ("fill", "view"):
                fresh.add(x)
        return fresh

    # Buffers

    def _allocate(self):
        ends: dict = {}
        for owner, number in self.last_use.items():
            ends.setdefault(number, []).append(owner)
        free: list = []
        for number, instruction in enumerate(self.program.instructions):
            taken = self._take_over(instruction, number)
            for x in instruction.results:
                if self._is_planned(x, instruction):
                    self.block_of[x] = taken if taken is not None else self._block(x, free)
            for owner in ends.get(number, ()):
                block = self.block_of.get(owner)
                if block is not None and block != taken:
                    free.append(block)

    def _is_planned(self, x, instruction):
        return (
            self.owner[x] is x
            and x not in self.fresh
            and x not in self.in_place
            and instruction.kind in ("elementwise", "reduce", "matmul", "update", "loop")
        )

    def _take_over(self, instruction, number):
        """The buffer of an operand that ends here, for the result to lie in."""
        if instruction.kind == "update":
            candidates = instruction.operands[:1]
        elif instruction.kind == "elementwise" and instruction.name not in ("where", "cast"):
            candidates = instruction.operands
        else:
            return None
        result = instruction.result
        if not self._is_planned(result, instruction):
            return None
        for x in candidates:
            if (
                x in self.block_of
                and self.last_use[x] == number
                and (x.shape, x.dtype) == (result.shape, result.dtype)
            ):
                return self.block_of[x]
        return None

    def _block(self, x, free):
        """A block of memory that is free and large enough, or a new one."""
        needed = size_in_bytes(x)
        fitting = [b for b in free if needed <= self.blocks[b] <= 4 * needed + 256]
        if fitting:
            block = min(fitting, key=lambda b: self.blocks[b])
            free.remove(block)
            return block
        self.blocks.append(needed)
        return len(self.blocks) - 1

    def _make_arrays(self):
        memory = [np.empty(size + 64, np.uint8) for size in self.blocks]
        for x, block in self.block_of.items():
            start = -memory[block].ctypes.data % 64
            flat = memory[block][start : start + size_in_bytes(x)]
            self.array[x] = flat.view(x.dtype).reshape(x.shape)

    @property
    def size(self):
        """Bytes of all buffers together."""
        return sum(self.blocks)


def size_in_bytes(x):
    """How much memory a Value takes."""
    return int(np.prod(x.shape, dtype=np.int64)) * x.dtype.itemsize
