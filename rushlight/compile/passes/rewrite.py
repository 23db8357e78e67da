"""What rewriting passes share: going through a Program with replacements for operands."""

from __future__ import annotations

__all__ = ["rewrite"]


def rewrite(program, rule):
    """The Program after `rule` has seen each instruction, in order, with replaced operands.

    `rule(instruction, made_by)` returns an instruction to keep, or a dict of replacements for the
    results of one that isn't needed. `made_by` maps each Value to the instruction that makes it.
    """
    replaced: dict = {}
    made_by: dict = {}
    kept = []
    for instruction in program.instructions:
        if any(x in replaced for x in instruction.operands):
            operands = [replaced.get(x, x) for x in instruction.operands]
            instruction = instruction.replace(operands=operands)
        outcome = rule(instruction, made_by)
        if isinstance(outcome, dict):
            replaced.update(outcome)
            continue
        kept.append(outcome)
        made_by.update(dict.fromkeys(outcome.results, outcome))
    outputs = [replaced.get(x, x) for x in program.outputs]
    writes = [(i, replaced.get(x, x)) for i, x in program.writes]
    return program.replace(instructions=kept, outputs=outputs, writes=writes)
