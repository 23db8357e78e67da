"""Constants: what is known when the Program is made isn't computed in each run."""

from __future__ import annotations

from rushlight.compile.passes.rewrite import rewrite
from rushlight.compile.programs.program import Constant, evaluate

__all__ = ["fold_constants"]


def fold_constants(program):
    """The Program with numbers in place of what is computed from numbers alone.

    An array of one number (`fill`) counts as that number: an elementwise instruction takes the
    number where its shape follows from the other operands; a view of one is one.
    """

    def rule(instruction, made_by):
        if instruction.kind in ("elementwise", "view"):
            return fold(instruction, made_by)
        return instruction

    return rewrite(program, rule)


def fold(instruction, made_by):
    numbers = [number_of(x, made_by) for x in instruction.operands]
    result = instruction.result
    if all(x is not None for x in numbers):
        number = folded(instruction, numbers)
        if number is None:
            return instruction
        if result.shape == ():
            return {result: number}
        return instruction.replace(kind="fill", name="fill", operands=(), params={"value": number})
    if instruction.kind == "view":
        return instruction
    arrays = [x for x, n in zip(instruction.operands, numbers, strict=True) if n is None]
    if any(x.shape == result.shape for x in arrays):
        operands = [
            x if n is None else n for x, n in zip(instruction.operands, numbers, strict=True)
        ]
        return instruction.replace(operands=operands)
    return instruction


def folded(instruction, numbers):
    """The number that an elementwise instruction or a view makes of numbers."""
    if instruction.kind == "view":
        return None if instruction.name == "other" else numbers[0]
    (array,) = evaluate(instruction, [x.value for x in numbers])
    return Constant(array[()], array.dtype)


def number_of(operand, made_by):
    """The Constant that an operand is, or that fills it; None if it isn't known."""
    if isinstance(operand, Constant):
        return operand
    maker = made_by.get(operand)
    if maker is not None and maker.kind == "fill":
        return maker.params["value"]
    return None
