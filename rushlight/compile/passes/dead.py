"""Dead code: what nobody reads isn't computed."""

from __future__ import annotations

__all__ = ["drop_dead"]


def drop_dead(program):
    """The Program without instructions whose results are never used (draws have an effect)."""
    wanted = set(program.results())
    kept = []
    for instruction in reversed(program.instructions):
        if instruction.kind == "draw" or not wanted.isdisjoint(instruction.results):
            kept.append(instruction)
            wanted.update(instruction.operands)
    return program.replace(instructions=kept[::-1])
