"""Programs as text: `print(step.program)`."""

from __future__ import annotations

import builtins
import itertools
import keyword

import numpy as np

from rushlight.compile.programs.program import Constant, filled

WIDTH = 100  # of a line
#: what source made of a Program uses itself
_RESERVED = {*keyword.kwlist, *dir(builtins), *dir(np), "np", "run", "returned"}

__all__ = ["carried_on", "head_lines", "names_of", "program_text"]


def names_of(program):
    """A name for each Value of a Program: its own where it has one, else `v0`, `v1`, ...

    In a loop's body the operands have the names that they have outside, and what is carried on has
    that of what is left of it in the end.
    """
    names: dict = {}
    taken = set(_RESERVED)
    count = itertools.count()

    def give(x, name):
        name = name if name.isidentifier() else f"_{name}"
        name = f"{name}_" if name in _RESERVED else name
        known, number = name, 1
        while name in taken:  # x, x_2, x_3: a name with _ at its end is that of an element
            number += 1
            name = f"{known}_{number}"
        taken.add(name)
        names[x] = name

    def name_results(instructions):
        for instruction in instructions:
            for x in instruction.results:
                number = next(count)
                give(x, x.name or f"v{number}")
            if instruction.kind == "loop":
                body = instruction.params["body"]
                outside = (*instruction.results[: len(body.writes)], *carried_on(instruction)[1])
                for x, y in zip(body.inputs, outside, strict=True):
                    give(x, "number") if isinstance(y, Constant) else names.update({x: names[y]})
                name_results(body.instructions)

    taken.update(counters(program))
    for number, x in enumerate(program.inputs):
        give(x, x.name or f"x{number}")
    name_results(program.instructions)
    return names


def counters(program):
    """The names of all loops' counters."""
    for instruction in program.instructions:
        if instruction.kind == "loop":
            yield instruction.params["body"].free.name
            yield from counters(instruction.params["body"])


def carried_on(loop):
    """(what a loop's inputs that are carried on are at first, its other operands)."""
    count = len(loop.params["body"].writes)
    return loop.operands[:count], loop.operands[count:]


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
    lines = [f"program({parameters})", *(f"  {line}" for line in body_lines(program, names))]
    for number, x in program.writes:
        lines.append(f"  {names[program.inputs[number]]}[...] = {operand_text(x, names)}")
    lines.append(f"  return {', '.join(operand_text(x, names) for x in program.outputs)}".rstrip())
    return "\n".join(lines)


def body_lines(program, names, section="forward"):
    """A line for each instruction."""
    line = None
    for instruction in program.instructions:
        if instruction.section != section:
            section = instruction.section
            yield f"# {section}"
        if instruction.kind == "loop":
            yield from loop_lines(instruction, names)
            continue
        made = ", ".join(names[x] for x in instruction.results)
        kinds = ", ".join(x.kind for x in instruction.results)
        text = f"{made} = {instruction_text(instruction, names)}"
        origin = f"  {instruction.line}" if instruction.line not in (None, line) else ""
        line = instruction.line or line
        yield f"{text:<45} # {kinds}{origin}"


def loop_lines(loop, names):
    """A loop: what is carried on, its steps, and the rows that they leave."""
    body, (starts, _) = loop.params["body"], carried_on(loop)
    for x, start in zip(loop.results, starts, strict=False):
        yield f"{f'{names[x]} = {operand_text(start, names)}':<45} # {x.kind}"
    stacks = loop.results[len(starts) :]
    for x in stacks:
        yield f"{f'{names[x]} = empty({x.shape})':<45} # {x.kind}"
    yield f"for {body.free.name} in range({body.free.count}):"
    for line in body_lines(body, names, loop.section):
        yield f"  {line}"
    for x, row in zip(stacks, body.outputs, strict=True):
        yield f"  {names[x]}[{body.free.name}] = {operand_text(row, names)}"
    if starts:
        left = ", ".join(names[x] for x in loop.results[: len(starts)])
        yield f"  {left} = {', '.join(operand_text(x, names) for _, x in body.writes)}"


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
