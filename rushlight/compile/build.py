"""From a traced Program to something that runs: the passes, then one of the backends."""

from __future__ import annotations

import warnings

from rushlight.compile.native import llvm
from rushlight.compile.programs.sizes import Bound

__all__ = ["NativeWarning", "build", "made_native", "may_be_native", "optimize"]

#: a Program of so many instructions (a thousand steps that aren't those of a loop) would take too
#: long to be made native: a quarter of a minute for 15,000
LONG = 40_000


class NativeWarning(RuntimeWarning):
    """No native code could be made of a Program."""


def optimize(program, passes=None):
    """The Program after all passes, or after these."""
    from rushlight.compile.passes import PASSES

    for each in passes or PASSES:
        program = each(program)
    return program


class TooLong(Exception):
    """A Program would take too long to be made native."""


def may_be_native(backend=None):
    """Whether there is native code at all for a function compiled with this backend."""
    return backend != "numpy" and llvm.available()


def build(program, backend=None):
    """A function that runs a traced Program (see `program.py`).

    It has an attribute `source`, the text of what runs, and `program`, the optimised Program.
    """
    if may_be_native(backend):
        try:
            return made_native(program, None if backend else LONG).at()
        except TooLong:
            pass
        except Exception as error:  # a step that trains is worth more than a fast one
            message = f"no native code could be made, so NumPy runs it: {error!r}"
            warnings.warn(message, NativeWarning, stacklevel=2)
    from rushlight.compile.numpy_backend import source

    return source.build(optimize(program))


def made_native(program, longest=None):
    """Native code of a traced Program.

    Where the steps of a loop aren't native from end to end, they are written out.
    """
    from rushlight.compile.native import emit

    def better(traced, passes=None):
        from rushlight.compile.passes.plain import only_plain_views

        made = only_plain_views(optimize(traced, passes))
        if longest is not None and len(made.instructions) > longest:
            raise TooLong
        return made

    try:
        return emit.Code(program, better)
    except Bound:
        if program.free is not None:
            raise
    from rushlight.compile.passes import PASSES, roll_loops

    written_out = tuple(each for each in PASSES if each is not roll_loops)
    return emit.Code(program, lambda traced: better(traced, written_out))
