"""For backends that follow views through memory: views that only NumPy can take become calls."""

from __future__ import annotations

import numpy as np

from rushlight.compile.programs.program import Slot, view

__all__ = ["only_plain_views"]


def only_plain_views(program):
    """The Program with a `call` in place of each view named `other`, and of updates through one."""
    instructions = [as_call(i) for i in program.instructions]
    return program.replace(instructions=instructions)


def as_call(instruction):
    params = instruction.params
    if instruction.kind == "loop":
        return instruction.replace(params={"body": only_plain_views(params["body"])})
    if instruction.kind == "view" and instruction.name == "other":
        function = params["function"]
        name = getattr(function, "__name__", "view")
        made = {
            "function": function,
            "args": (Slot(0), *params["args"]),
            "kwargs": params["kwargs"],
        }
        return instruction.replace(kind="call", name=name, params=made)
    if instruction.kind == "update" and any(name == "other" for name, _ in params["path"]):
        args = Slot(0), Slot(1), Path(params["path"])
        made = {"function": updated, "args": args, "kwargs": {}}
        return instruction.replace(kind="call", params=made)
    return instruction


class Path:
    """The views that lead to the part that an update changes; equal to itself only."""

    def __init__(self, steps):
        self.steps = steps


def updated(whole, part, path):
    """A copy of `whole` with the part at `path` replaced."""
    whole = target = np.array(whole)
    for name, params in path.steps:
        target = view(target, name, params)
    target[...] = part
    return whole
