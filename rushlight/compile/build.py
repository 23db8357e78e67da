"""From a traced Program to something that runs: the passes, then one of the backends."""

from __future__ import annotations

import warnings

from rushlight.compile.native import llvm
from rushlight.compile.numpy_backend import source as numpy_source
from rushlight.compile.passes import PASSES
from rushlight.compile.passes.plain import only_plain_views

__all__ = ["NativeWarning", "build", "made_native", "may_be_native", "optimize", "uses_native"]

#: a Program of so many instructions (a loop of a thousand steps, written out) would take too long
#: to be made native: a quarter of a minute for 15,000
LONG = 40_000


class NativeWarning(RuntimeWarning):
    """No native code could be made of a Program."""


def optimize(program):
    """The Program after all passes."""
    for each in PASSES:
        program = each(program)
    return program


def may_be_native(backend=None):
    """Whether there is native code at all for a function compiled with this backend."""
    return backend != "numpy" and llvm.available()


def uses_native(program, backend=None):
    """Whether a Program is to be native code."""
    return may_be_native(backend) and (bool(backend) or len(program.instructions) <= LONG)


def build(program, backend=None):
    """A function that runs a traced Program (see `program.py`).

    It has an attribute `source`, the text of what runs, and `program`, the optimised Program.
    """
    if uses_native(program, backend):
        try:
            return made_native(program).at()
        except Exception as error:  # a step that trains is worth more than a fast one
            message = f"no native code could be made, so NumPy runs it: {error!r}"
            warnings.warn(message, NativeWarning, stacklevel=2)
    return numpy_source.build(optimize(program))


def made_native(program):
    """Native code of a traced Program."""
    from rushlight.compile.native import emit

    return emit.Code(program, lambda traced: only_plain_views(optimize(traced)))
