"""Common subexpressions: what is computed twice is computed once."""

from __future__ import annotations

from rushlight.compile.passes.rewrite import rewrite

__all__ = ["frozen", "merge_repeated"]


def merge_repeated(program):
    """The Program without instructions that do what an earlier one did."""
    known: dict = {}

    def rule(instruction, made_by):
        if instruction.kind == "draw":
            return instruction
        try:
            kinds = tuple((x.dtype, x.shape) for x in instruction.results)
            params = frozen(instruction.params)
            key = instruction.kind, instruction.name, instruction.operands, params, kinds
            earlier = known.setdefault(key, instruction)
        except TypeError:  # an argument of a call that can't be compared
            return instruction
        if earlier is instruction:
            return instruction
        return dict(zip(instruction.results, earlier.results, strict=True))

    return rewrite(program, rule)


def frozen(x):
    """Params in a form that can be a key."""
    if type(x) is dict:
        return tuple((name, frozen(each)) for name, each in x.items())
    if type(x) in (tuple, list):
        return type(x), tuple(map(frozen, x))
    if type(x) is slice:
        return slice, x.start, x.stop, x.step
    hash(x)
    return type(x), x
