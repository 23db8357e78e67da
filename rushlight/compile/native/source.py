"""Loops as Python that a person can read: the same nests that become native code.

`python_source(fusion)` is a function `run` of the Program's inputs, ready to be executed; slow, but
every line does what the native code does. Arrays that native code lets share memory have names of
their own here.
"""

from __future__ import annotations

import itertools

import numpy as np

from rushlight.compile.native import index as at
from rushlight.compile.native.fuse import Kernel, Product, Repeat
from rushlight.compile.native.nest import Nest
from rushlight.compile.programs.printing import (
    carried_on,
    head_lines,
    instruction_text,
    names_of,
    operand_text,
)
from rushlight.compile.programs.program import Constant, Value, evaluate, view, written
from rushlight.compile.programs.sizes import Bound

__all__ = ["executable", "python_source"]

INFIX = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "greater": ">",
    "greater_equal": ">=",
    "less": "<",
    "less_equal": "<=",
    "equal": "==",
    "not_equal": "!=",
}
UPDATES = {"add": "{0} + {1}", "multiply": "{0} * {1}"}
LETTERS = "ijklmnop"
TITLES = {"forward": "Forward", "backward": "Backward", "update": "Update"}


def python_source(fusion) -> str:
    """The text of a function that does what a Program does."""
    return Source(fusion).text()


def executable(fusion):
    """That function, to be called."""
    outside = outside_of(fusion)
    names = {"np": np, "evaluate": evaluate, "outside": outside, "view": view}
    exec(compile(python_source(fusion), "<compiled by rushlight>", "exec"), names)
    return names["run"]


def outside_of(fusion):
    """The instructions that the source has evaluated as they are, those of loops included."""
    found = []
    for item in fusion.items:
        if isinstance(item, Repeat):
            found += outside_of(item.fusion)
        elif not isinstance(item, (Kernel, Product)):
            found.append(item.instruction)
    return found


class Source:
    """Writes the function, item by item."""

    def __init__(self, fusion):
        self.fusion = fusion
        self.program = fusion.program
        self.names = names_of(self.program)
        self.outside = 0
        self.lines: list[str] = []

    def text(self):
        self.lines = head_lines(self.program, self.names)
        self.items()
        self.lines += ["", *(f"    {line}" for line in self.ending())]
        return "\n".join(self.lines) + "\n"

    def items(self, section=None):
        for item in self.fusion.items:
            first = item.members[0] if isinstance(item, Kernel) else item.instruction
            if first.section != section:
                section = first.section
                title = TITLES.get(section, section)
                self.lines += ["", f"    # {title} {'-' * (90 - len(title))}"]
            self.item(item)

    def item(self, item):
        self.lines.append("")
        if isinstance(item, Kernel):
            self.kernel(item)
            return
        if isinstance(item, Repeat):
            self.repeat(item)
            return
        instruction = item.instruction
        origin = f"  {instruction.line}" if instruction.line else ""
        made = ", ".join(self.names[x] for x in instruction.results)
        kinds = ", ".join(x.kind for x in instruction.results)
        if isinstance(item, Product):
            text = self.product(instruction)
        else:
            operands = ", ".join(self.operand(x) for x in instruction.operands)
            self.lines.append(f"    # {instruction_text(instruction, self.names)}")
            text = f"evaluate(outside[{self.outside}], [{operands}])"
            made += "," if len(instruction.results) == 1 else ""
            self.outside += 1
        self.lines.append(f"    {made} = {text}  # {kinds}{origin}")

    def repeat(self, repeat):
        """A loop: what is carried on has one name, and rows are put into their arrays."""
        instruction, before = repeat.instruction, (self.fusion, self.program, self.lines)
        body = instruction.params["body"]
        starts, _ = carried_on(instruction)
        for x, start in zip(instruction.results, starts, strict=False):
            self.lines.append(f"    {self.names[x]} = np.array({self.operand(start)})  # {x.kind}")
        stacks = instruction.results[len(starts) :]
        for x in stacks:
            shape = f"    {self.names[x]} = np.empty({x.shape}, np.dtype({x.dtype.name!r}))"
            self.lines.append(f"{shape}  # {x.kind}")
        for x, operand in zip(body.inputs, instruction.operands, strict=True):
            self.names[x] = self.operand(operand)  # it may be a copy, made for native code
        self.names.update((x, self.names[y]) for x, y in zip(written(body), instruction.results))
        self.fusion, self.lines = repeat.fusion, []
        self.program = self.fusion.program
        self.name_rest(self.program)
        self.items(instruction.section)
        for x, row in zip(stacks, self.program.outputs, strict=True):
            self.lines.append(f"    {self.names[x]}[{body.free.name}] = {self.operand(row)}")
        left = [(self.names[body.inputs[i]], self.operand(x)) for i, x in self.program.writes]
        if left:
            names, values = (", ".join(each) for each in zip(*left, strict=True))
            self.lines.append(f"    {names} = {values}")
        lines = self.lines
        self.fusion, self.program, self.lines = before
        self.lines.append(f"    for {body.free.name} in range({body.free.count}):")
        self.lines += [f"    {line}" if line else "" for line in lines]

    def name_rest(self, program):
        """Names for what a body makes only on the way to native code."""
        known = set(self.names.values())
        spare = (name for n in itertools.count(len(known)) if (name := f"v{n}") not in known)
        made = (x for i in program.instructions for x in i.results)
        self.names.update(zip((x for x in made if x not in self.names), spare, strict=False))

    def kernel(self, kernel):
        lines = sorted({i.line for i in kernel.members if i.line})
        if lines:
            self.lines.append(f"    # {', '.join(lines)}")
        for x in self.arrays(kernel):
            shape = tuple(x.shape)
            text = f"    {self.names[x]} = np.empty({shape}, np.dtype({x.dtype.name!r}))"
            self.lines.append(f"{text}  # {x.kind}")
        writer = PythonWriter(self.names, Nest(self.fusion, kernel, join=False))
        self.lines += [f"    {line}" for line in writer.lines()]

    def arrays(self, kernel):
        """What a kernel makes that has memory."""
        kept = self.fusion.stored | self.fusion.local
        return [i.result for i in kernel.members if i.result in kept]

    def product(self, instruction):
        a, b = (self.operand(x) for x in instruction.operands)
        a += ".swapaxes(-1, -2)" if instruction.params["transpose_a"] else ""
        b += ".swapaxes(-1, -2)" if instruction.params["transpose_b"] else ""
        return f"{a} @ {b}"

    def operand(self, x):
        """An operand with the views that lead to it."""
        made = self.fusion.definition.get(x) if isinstance(x, Value) else None
        if made is None or made.kind != "view":
            return operand_text(x, self.names)
        source = self.operand(made.operands[0])
        if made.name == "transpose":
            return f"{source}.transpose({made.params['axes']})"
        if made.name == "reshape":
            return f"{source}.reshape({made.params['shape']})"
        return f"view({source}, {made.name!r}, {made.params!r})"

    def ending(self):
        for number, x in self.program.writes:
            yield f"{self.names[self.program.inputs[number]]}[...] = {self.names[x]}"
        results = ", ".join(operand_text(x, self.names) for x in self.program.outputs)
        yield f"return [{results}]"


class PythonWriter:
    """Collects the lines of one nest; numbers are texts."""

    def __init__(self, names, nest):
        self.names, self.nest = names, nest
        self.scopes: list[list[str]] = [[], [], []]
        self.after: list[str] = []
        self.used: list[dict[str, int]] = [{}, {}, {}]
        self.count = 0

    def lines(self):
        """All lines of the nest."""
        self.nest.write(self)
        return [*self.scopes[0], *self.scopes[1], *self.after]

    def line(self, scope, text):
        (self.after if scope is None else self.scopes[scope]).append(text)

    def fresh(self, name):
        self.count += 1
        return f"{name}_{self.count}"

    def place_name(self, name, scope):
        """The name, or one more where the same value is worked out at another place too."""
        times = self.used[scope][name] = self.used[scope].get(name, 0) + 1
        return name if times == 1 else f"{name}{times}"

    # Numbers

    def constant(self, value, dtype):
        if dtype.kind == "f" and np.isfinite(value):
            return repr(float(value)) if dtype.itemsize == 8 else repr(float(str(value)))
        return f"np.{dtype.name}({str(value)!r})" if dtype.kind == "f" else repr(value.item())

    def apply(self, instruction, numbers, scope):
        if instruction.kind == "fill":
            return numbers[0]
        name = self.place_name(f"{self.names[instruction.result]}_", scope)
        self.line(scope, f"{name} = {self.expression(instruction, numbers)}")
        return name

    @staticmethod
    def expression(instruction, numbers):
        dtype, operands = instruction.result.dtype, instruction.operands
        if instruction.name in INFIX:
            return f"{numbers[0]} {INFIX[instruction.name]} {numbers[1]}"
        if instruction.name in ("cast", "copy"):
            return f"np.{dtype.name}({numbers[0]})" if instruction.name == "cast" else numbers[0]
        if instruction.name == "where":
            return f"{numbers[1]} if {numbers[0]} else {numbers[2]}"
        if instruction.name == "negative":
            return f"-{numbers[0]}"
        given = ", ".join(
            f"np.{x.dtype.name}({number})" if isinstance(x, Constant) else number
            for x, number in zip(operands, numbers)
        )
        return f"np.{instruction.name}({given})"

    # Memory

    def element(self, x, term):
        """An element, by its indices where the position has a simple one for each dimension."""
        name, loops, kernel = self.names[x], self.letters(), self.nest.kernel
        if x in self.nest.fusion.local:
            term = at.flat(kernel.place(x), x.shape, len(kernel.shape))
        try:
            parts = self.indices(x, term)
        except Bound:  # there is none for all steps of a loop
            parts = None
        if parts is None:
            return f"{name}.reshape(-1)[{self.sum(term, loops)}]"
        return f"{name}[{', '.join(self.sum(part, loops) for part in parts) or '()'}]"

    def indices(self, x, term):
        """The index of each dimension for a position in memory, or None if there is none."""
        parts, left, kernel = [], list(term), self.nest.kernel
        for step, size in zip(at.strides(x.shape), x.shape):
            part = [c // step for c in left]
            last = part[-1] + sum(c * (kernel.shape[i] - 1) for i, c in enumerate(part[:-1]))
            if any(c < 0 for c in part) or last >= size:
                return None
            parts.append(part)
            left = [c % step for c in left]
        return parts

    def letters(self):
        axes = [*self.nest.outer, *self.nest.inner]
        return {axis: LETTERS[i] for i, axis in enumerate(sorted(axes))}

    @staticmethod
    def sum(term, loops):
        terms = [loops[i] if c == 1 else f"{c} * {loops[i]}" for i, c in enumerate(term[:-1]) if c]
        if term[-1] or not terms:
            terms.append(str(term[-1]))
        return " + ".join(terms).replace("+ -", "- ")

    def load(self, x, term, scope):
        return self.element(x, term)

    def store(self, x, term, number, scope):
        self.line(scope, f"{self.element(x, term)} = {number}")

    # Reductions

    def accumulator(self, start, dtype, scope):
        name = self.fresh("total")
        self.line(scope, f"{name} = {self.number(start)}")
        return name

    @staticmethod
    def number(start):
        finite = start.dtype.kind != "f" or np.isfinite(start)
        return f"np.{start.dtype.name}({start if finite else repr(str(start))})"

    def accumulate(self, accumulator, name, number):
        self.line(2, f"{accumulator} = {self.combined(name, accumulator, number)}")

    def total(self, accumulator, scope):
        return accumulator

    def add_to(self, x, term, name, number):
        element = self.element(x, term)
        self.line(2, f"{element} = {self.combined(name, element, number)}")

    @staticmethod
    def combined(name, x, y):
        return UPDATES.get(name, f"np.{name}({{0}}, {{1}})").format(x, y)

    def fill(self, x, start):
        self.line(0, f"{self.names[x]}[...] = {self.number(start)}")

    # Loops

    def open_inner(self, phase):
        self.scopes[2] = []
        self.used[2].clear()

    def close_inner(self, axes, extents):
        self.scopes[1] += self.loop(axes, extents, self.scopes[2])

    def close_outer(self, axes, extents):
        self.scopes[1] = self.loop(axes, extents, self.scopes[1])

    def loop(self, axes, extents, lines):
        for axis in reversed(axes):
            head = f"for {self.letters()[axis]} in range({extents[axis]}):"
            lines = [head, *(f"    {line}" for line in lines)]
        return lines
