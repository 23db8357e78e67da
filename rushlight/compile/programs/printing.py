"""Programs as text: `print(step.program)`."""

from __future__ import annotations

import builtins
import keyword

import numpy as np

from rushlight.compile.programs.program import Constant, filled

WIDTH = 100  # of a line
#: what source made of a Program uses itself
_RESERVED = {*keyword.kwlist, *dir(builtins), *dir(np), "np", "run", "returned"}

__all__ = ["head_lines", "names_of", "program_text"]


def names_of(program):
    """A name for each Value of a Program: its own where it has one, else `v0`, `v1`, ..."""
    names: dict = {}
    taken = set(_RESERVED)

    def give(x, name):
        name = name if name.isidentifier() else f"_{name}"
        name = f"{name}_" if name in _RESERVED else name
        known, number = name, 1
        while name in taken:  # x, x_2, x_3: a name with _ at its end is that of an element
            number += 1
            name = f"{known}_{number}"
        taken.add(name)
        names[x] = name

    for number, x in enumerate(program.inputs):
        give(x, x.name or f"x{number}")
    results = (x for i in program.instructions for x in i.results)
    for number, x in enumerate(results):
        give(x, x.name or f"v{number}")
    return names


def head_lines(program, names):
    """The lines `def run(...):` of a Program's source, with what its inputs are."""
    short = f"def run({', '.join(names[x] for x in program.inputs)}):"
    if len(short) <= WIDTH:
        return [short, *(f"    # {names[x]}: {x.kind}" for x in program.inputs)]
    return ["def run(", *(f"    {names[x]},  # {x.kind}" for x in program.inputs), "):"]


def program_text(program):
    """The Program, one instruction a line, with the shape of what it makes."""
    names = names_of(program)
    parameters = ", ".join(f"{names[x]}: {x.kind}" for x in program.inputs)
    lines = [f"program({parameters})"]
    section = line = None
    for instruction in program.instructions:
        if instruction.section != section and (section or instruction.section != "forward"):
            lines.append(f"  # {instruction.section}")
        section = instruction.section
        made = ", ".join(names[x] for x in instruction.results)
        kinds = ", ".join(x.kind for x in instruction.results)
        text = f"  {made} = {instruction_text(instruction, names)}"
        origin = f"  {instruction.line}" if instruction.line not in (None, line) else ""
        line = instruction.line or line
        lines.append(f"{text:<47} # {kinds}{origin}")
    for number, x in program.writes:
        lines.append(f"  {names[program.inputs[number]]}[...] = {operand_text(x, names)}")
    lines.append(f"  return {', '.join(operand_text(x, names) for x in program.outputs)}".rstrip())
    return "\n".join(lines)


def operand_text(operand, names):
    """An operand's name, or a Constant's number."""
    return str(operand.value) if isinstance(operand, Constant) else names[operand]


class Named:
    """Stands for an operand within the arguments of a call."""

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return self.name


def instruction_text(instruction, names):
    """The right side of an instruction."""
    operands = [operand_text(x, names) for x in instruction.operands]
    params = instruction.params
    if instruction.kind in ("call", "draw"):
        named = [Named(x) for x in operands]
        given = [repr(x) for x in filled(params["args"], named)]
        given += [f"{k}={v!r}" for k, v in filled(params["kwargs"], named).items()]
        return f"{instruction.name}({', '.join(given)})"
    name = f"{instruction.name}.reduce" if instruction.kind == "reduce" else instruction.name
    if instruction.name == "cast":
        operands.append(str(instruction.result.dtype))
    shown = {k: v for k, v in params.items() if v is not False}
    return f"{name}({', '.join(operands + [f'{k}={v}' for k, v in shown.items()])})"
