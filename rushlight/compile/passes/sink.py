"""Reshapes moved behind what is done element by element, so that it shares the loop before them.

A value of six dimensions that is looked at as one of four, and only there, would be a loop of its
own: four loop variables can't say where its elements lie before they are in memory. What is done
with it is done in six dimensions instead, and looked at in four afterwards.
"""

from __future__ import annotations

from rushlight.compile.programs.program import Constant, Instruction, Value

__all__ = ["sink_reshapes"]


def sink_reshapes(program):
    """The Program with reshapes to fewer dimensions behind elementwise instructions and sums."""
    return _Sinker(program).program()


class _Sinker:
    def __init__(self, program):
        self.given = program
        self.kept: list[Instruction] = []
        self.made: dict = {}
        self.results = set(program.results())
        self.uses: dict = {}
        for instruction in program.instructions:
            for x in set(instruction.operands):
                self.uses[x] = self.uses.get(x, 0) + 1

    def program(self):
        for instruction in self.given.instructions:
            for each in self.sunk(instruction) or [instruction]:
                self.kept.append(each)
                self.made.update(dict.fromkeys(each.results, each))
        return self.given.replace(instructions=self.kept)

    def sunk(self, instruction):
        """What does the same in the dimensions before a reshape, if there is one to be moved."""
        if instruction.kind == "elementwise" and instruction.result not in self.results:
            return self.sunk_elementwise(instruction)
        if instruction.kind == "reduce" and not instruction.params["keepdims"]:
            return self.sunk_reduction(instruction)
        return None

    def unshaped(self, x):
        """What a Value is a reshape of, if that was computed, has more dimensions, and no need
        of memory; or None."""
        view = self.made.get(x)
        if view is None or view.kind != "view" or view.name != "reshape":
            return None
        (source,) = view.operands
        before = self.made.get(source)
        if before is None or before.kind != "elementwise" or self.uses.get(source, 1) > 1:
            return None
        return source if source.ndim > x.ndim and source not in self.results else None

    def sunk_elementwise(self, instruction):
        x = instruction.result
        sources = [self.unshaped(y) for y in instruction.operands]
        found = next((s for s in sources if s is not None), None)
        if found is None or any(
            y.shape not in ((), x.shape) for y in instruction.operands if isinstance(y, Value)
        ):
            return None
        before: list[Instruction] = []
        operands = [
            self.reshaped(y, found.shape, instruction, before) for y in instruction.operands
        ]
        made = Value(found.shape, x.dtype)
        computed = instruction.replace(operands=operands, results=(made,))
        return [*before, computed, reshape(made, x, instruction)]

    def reshaped(self, y, shape, instruction, before):
        """An operand in these dimensions; the view that it takes is added to `before`."""
        if isinstance(y, Constant) or not y.shape:
            return y
        source = self.unshaped(y)
        if source is not None and source.shape == shape:
            return source
        made = Value(shape, y.dtype)
        before.append(reshape(y, made, instruction))
        return made

    def sunk_reduction(self, instruction):
        (y,) = instruction.operands
        source = self.unshaped(y)
        if source is None:
            return None
        parts = split(source.shape, y.shape)
        if parts is None:
            return None
        axes = tuple(axis for i in instruction.params["axes"] for axis in parts[i])
        kept = tuple(n for i, n in enumerate(source.shape) if i not in axes)
        made, x = Value(kept, instruction.result.dtype), instruction.result
        params = {**instruction.params, "axes": axes}
        if kept == x.shape:
            return [instruction.replace(operands=(source,), params=params)]
        computed = instruction.replace(operands=(source,), results=(made,), params=params)
        return None if x in self.results else [computed, reshape(made, x, instruction)]


def reshape(x, to, instruction):
    """The instruction that looks at one Value as another, beside an instruction."""
    return instruction.replace(
        kind="view", name="reshape", operands=(x,), results=(to,), params={"shape": to.shape}
    )


def split(inner, outer):
    """For each dimension of `outer` those of `inner` that it consists of; None if it doesn't."""
    parts, axis = [], 0
    for size in outer:
        first, product = axis, 1
        while product != size or (size == 1 and axis == first):
            if axis == len(inner) or (product := product * inner[axis]) > size:
                return None
            axis += 1
        parts.append(tuple(range(first, axis)))
    return parts if axis == len(inner) else None
