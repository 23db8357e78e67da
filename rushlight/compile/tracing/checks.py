"""Branches that only raise: `assert ok`, `if not x.isfinite().all(): raise ...`.

A run that gets past such a branch can be repeated: what it asked is worked out again in each run,
beside the results. Where the answer is another one, or the run fails (it doesn't stop at a check),
all that it wrote is put back, and the function is called uncompiled, which raises what it raises.
Validated distributions are full of these branches.
"""

from __future__ import annotations

import ast
import functools
import inspect
import sys
import textwrap

from rushlight.compile.tracing.frames import PACKAGE

__all__ = ["OTHERWISE", "asked_only_to_raise"]


#: stands for a result: a check gave another answer than in the traced run, and nothing is changed
OTHERWISE = object()


#: between a question and who asked it, once a class with `__torch_function__` has been made
_DETOURS = PACKAGE + "detour.py", PACKAGE + "torch_function.py"


def asked_only_to_raise():
    """Whether the truth that a Symbol asks its recorder for decides a branch that only raises."""
    frame = sys._getframe(2)  # of the Symbol's `__bool__`
    while frame.f_code.co_name == "__bool__" or frame.f_code.co_filename in _DETOURS:
        frame = frame.f_back
    return frame.f_lineno in _lines_of_checks(frame.f_code)


@functools.lru_cache(256)
def _lines_of_checks(code):
    """The numbers of the lines on which code asks whether to raise."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(code)))
    except (OSError, TypeError, SyntaxError):
        return frozenset()
    if not isinstance(tree.body[0], ast.FunctionDef):  # a lambda's source is what stands around it
        return frozenset()
    checks = [x.test for x in ast.walk(tree) if _only_raises(x)]
    return frozenset(
        number + code.co_firstlineno - 1
        for test in checks
        for number in range(test.lineno, test.end_lineno + 1)
    )


def _only_raises(statement):
    """Whether a statement is an assertion, or a branch that ends in an error and has no other."""
    if isinstance(statement, ast.If):
        return isinstance(statement.body[-1], ast.Raise) and not statement.orelse
    return isinstance(statement, ast.Assert)
