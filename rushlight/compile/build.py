"""From a traced Program to something that runs: the passes, then one of the backends."""

from __future__ import annotations

from rushlight.compile import native

__all__ = ["build", "passes"]


def passes():
    """The passes, in the order in which they are applied."""
    return ()


def build(program, backend=None):
    """The optimised Program and a function that runs it."""
    for each in passes():
        program = each(program)
    if backend != "numpy" and native.available():
        from rushlight.compile import emit

        return program, emit.build(program)
    return program, program.run
