"""What is the same in all steps of a loop, worked out once before it."""

from __future__ import annotations

from rushlight.compile.passes.dead import drop_dead
from rushlight.compile.programs.program import Constant, Value
from rushlight.compile.programs.sizes import has_dim

__all__ = ["hoisted"]


def hoisted(loop):
    """(instructions to go before a loop, the loop without them).

    Views and fills cost nothing and stay in the body too, where they may fuse.
    """
    body, count = loop.params["body"], len(loop.params["body"].writes)
    outside = dict(zip(body.inputs[count:], loop.operands[count:], strict=True))
    before, kept = [], []
    for instruction in body.instructions:
        moves = is_movable(instruction) and all(
            isinstance(x, Constant) or x in outside for x in instruction.operands
        )
        if moves:
            operands = [outside.get(x, x) for x in instruction.operands]
            results = [Value(x.shape, x.dtype) for x in instruction.results]
            before.append(instruction.replace(operands=operands, results=results))
            outside.update(zip(instruction.results, results, strict=True))
        if not moves or instruction.kind in ("view", "fill"):
            kept.append(instruction)
    return before, with_inputs(loop, kept, outside)


def is_movable(instruction):
    """Whether an instruction does the same in all steps, and nothing to a generator."""
    return instruction.kind != "draw" and not has_dim(instruction.params)


def with_inputs(loop, instructions, outside):
    """The loop with these instructions as its body; it is given what they need of `outside`."""
    body, count = loop.params["body"], len(loop.params["body"].writes)
    body = drop_dead(body.replace(instructions=instructions))
    made = {x for i in body.instructions for x in i.results}
    wanted = [x for i in body.instructions for x in i.operands] + body.results()
    needed = dict.fromkeys(x for x in wanted if x in outside and x not in made)
    inputs = [*body.inputs[:count], *needed]
    operands = [*loop.operands[:count], *(outside[x] for x in needed)]
    return loop.replace(operands=operands, params={"body": body.replace(inputs=inputs)})
