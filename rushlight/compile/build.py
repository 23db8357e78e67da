"""From a traced Program to something that runs: the passes, then one of the backends."""

from __future__ import annotations

from rushlight.compile import native, numpy_source
from rushlight.compile.passes import PASSES
from rushlight.compile.passes.plain import only_plain_views

__all__ = ["build", "optimize"]

#: a Program of so many instructions (a loop written out) would take too long to be made native
LONG = 1500


def optimize(program):
    """The Program after all passes."""
    for each in PASSES:
        program = each(program)
    return program


def build(program, backend=None):
    """The optimised Program, and a function that runs it (see `program.py`).

    The function has an attribute `source`, the text of what runs.
    """
    program = optimize(program)
    is_native = backend != "numpy" and native.available()
    if is_native and (backend or len(program.instructions) <= LONG):
        from rushlight.compile import emit

        program = only_plain_views(program)
        return program, emit.build(program)
    return program, numpy_source.build(program)
