"""Explanations of what Python itself raises, such as a wrong keyword: when the error is shown.

The hook explains an error that has no explanation yet and hands it on to whatever showed errors
before: Python's own hook, or IPython's and so a notebook's.
"""

from __future__ import annotations

import sys

__all__ = ["install"]


def install():
    """Explain errors that end the program, or a cell of a notebook."""
    if not isinstance(sys.excepthook, Hook):
        sys.excepthook = Hook(sys.excepthook)
    if "IPython" in sys.modules:
        from rushlight.explain.source import running_shell

        shell = running_shell()
        if shell is not None and not shell.custom_exceptions:
            shell.set_custom_exc((Exception,), show_in_shell)


class Hook:
    """`sys.excepthook` with explanations."""

    def __init__(self, before):
        self.before = before

    def __call__(self, kind, error, trace):
        explain(error)
        self.before(kind, error, trace)
        if sys.version_info < (3, 11) and (note := getattr(error, "explanation", None)):
            print(f"\n{note}", file=sys.stderr)  # from 3.11 on Python shows notes itself


def show_in_shell(shell, kind, error, trace, tb_offset=None):
    """What IPython calls for an error in a cell."""
    explain(error)
    shell.showtraceback((kind, error, trace), tb_offset=tb_offset)


def explain(error):
    """Attach an explanation to an error that has none, if there is one."""
    if isinstance(error, Exception):
        from rushlight.explain.case import add_explanation

        add_explanation(error, None, {})
