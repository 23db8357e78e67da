"""Algebra that changes no bit: neutral elements, views of views, transposes within products.

x + 0.0 stays as it is, since it makes 0.0 of -0.0; x - 0.0 and x * 1.0 go.
"""

from __future__ import annotations

import math

from rushlight.compile.passes.rewrite import rewrite
from rushlight.compile.programs.program import Constant

__all__ = ["simplify"]


def simplify(program):
    """The Program after the rules of this module."""

    def rule(instruction, made_by):
        for each in _RULES.get(instruction.kind, ()):
            outcome = each(instruction, made_by)
            if isinstance(outcome, dict):
                return outcome
            instruction = outcome
        return instruction

    return rewrite(program, rule)


#: which operand may be which number, so that the other is the result
_NEUTRAL = {
    "multiply": {0: 1, 1: 1},
    "divide": {1: 1},
    "subtract": {1: 0},
    "power": {1: 1},
    "floor_divide": {},
    "minimum": {0: math.inf, 1: math.inf},
}


def drop_neutral(instruction, made_by):
    """x * 1, x / 1, x - 0, x ** 1, min(x, inf); integers also x + 0."""
    neutral = dict(_NEUTRAL.get(instruction.name, {}))
    result = instruction.result
    if instruction.name == "add" and result.dtype.kind in "iu":
        neutral = {0: 0, 1: 0}
    for place, number in neutral.items():
        x = instruction.operands[place]
        other = instruction.operands[1 - place]
        if isinstance(x, Constant) and is_number(x, number) and same_kind(other, result):
            return {result: other}
    return instruction


def is_number(constant, number):
    """Whether a Constant is this number; 0.0 isn't -0.0."""
    return constant.value == number and str(constant.value)[0] != "-"


def same_kind(x, result):
    return not isinstance(x, Constant) and x.shape == result.shape and x.dtype == result.dtype


def drop_copy(instruction, made_by):
    """Copies, casts to the same dtype, `positive`: values are never changed."""
    x = instruction.operands[0]
    if instruction.name in ("copy", "cast", "positive") and same_kind(x, instruction.result):
        return {instruction.result: x}
    return instruction


def join_views(instruction, made_by):
    """A view that changes nothing; a view of a view of the same sort."""
    x, name, params = instruction.operands[0], instruction.name, instruction.params
    if isinstance(x, Constant):
        return instruction
    before = made_by.get(x)
    if before is not None and before.kind == "view" and before.name == name:
        joined = join(name, before, params)
        if joined is not None:
            instruction = instruction.replace(operands=before.operands, params=joined)
            x, params = instruction.operands[0], instruction.params
    if changes_nothing(name, params, x):
        return {instruction.result: x}
    return instruction


def join(name, before, params):
    """The params of one view for two of the same sort, or None."""
    if name == "transpose":
        return {"axes": tuple(before.params["axes"][a] for a in params["axes"])}
    return params if name in ("reshape", "broadcast") else None


def changes_nothing(name, params, x):
    if name in ("reshape", "broadcast"):
        return params["shape"] == x.shape
    if name == "transpose":
        return params["axes"] == tuple(range(x.ndim))
    return name == "slice" and all(
        e is Ellipsis or (isinstance(e, slice) and e == slice(None)) for e in params["index"]
    )


def transposes_into_product(instruction, made_by):
    """A product takes an operand whose last two dimensions are exchanged as it was before."""
    operands, params = list(instruction.operands), dict(instruction.params)
    for place, flag in enumerate(("transpose_a", "transpose_b")):
        before = made_by.get(operands[place])
        if before is not None and exchanges_last(before):
            operands[place] = before.operands[0]
            params[flag] = not params[flag]
    return instruction.replace(operands=operands, params=params)


def exchanges_last(instruction):
    if instruction.kind != "view" or instruction.name != "transpose":
        return False
    axes = instruction.params["axes"]
    n = len(axes)
    return n >= 2 and axes == (*range(n - 2), n - 1, n - 2)


_RULES = {
    "elementwise": (drop_copy, drop_neutral),
    "view": (join_views,),
    "matmul": (transposes_into_product,),
}
