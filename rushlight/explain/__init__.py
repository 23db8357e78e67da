"""Errors that explain themselves: what happened, where in the user's source, and what to type.

PyTorch's text stays as it is, because programs match on it and print it: `str(error)` is that text
alone. The explanation, in English or Chinese (`language`), is `error.explanation`; tracebacks show
it below the text. It is made when an error is raised, and only then:

- where Rushlight raises, `raise explained(RuntimeError(...))`, or `Op.general` for all operations;
- where Python raises (a wrong keyword, an attribute that isn't there), when the error is shown
  (`display`).

Either way a `Case` (the error, the stack, the user's source) goes to those functions of the modules
`about_*` that declare, by `@explains(pattern)`, that they know the first line. All texts are in the
catalogue, both languages side by side. An explanation that fails leaves the plain error, unless
`strict` is set, as the tests do.
"""

from __future__ import annotations

import sys

__all__ = ["explained"]

#: whether a failure inside an explanation is an error of its own: for tests
strict = False


def explained(error, **facts):
    """The error, with an explanation attached if there is one; to be raised.

    Args:
        error: an exception whose only argument is its text.
        facts: what the place that raises knows, such as the tensors concerned, by name.
    """
    from rushlight.explain.case import add_explanation

    return add_explanation(error, sys._getframe(1), facts)
