"""From a traced Program to something that runs: the passes, then one of the backends."""

from __future__ import annotations

import warnings

from rushlight.compile import native, numpy_source
from rushlight.compile.passes import PASSES
from rushlight.compile.passes.plain import only_plain_views

__all__ = ["NativeWarning", "build", "optimize"]

#: a Program of so many instructions (a loop written out) would take too long to be made native
LONG = 1500


class NativeWarning(RuntimeWarning):
    """No native code could be made of a Program."""


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
        try:
            return made_native(program)
        except Exception as error:  # a step that trains is worth more than a fast one
            message = f"no native code could be made, so NumPy runs it: {error!r}"
            warnings.warn(message, NativeWarning, stacklevel=2)
    return program, numpy_source.build(program)


def made_native(program):
    """The Program, and native code that runs it."""
    from rushlight.compile import emit

    program = only_plain_views(program)
    return program, emit.build(program)
