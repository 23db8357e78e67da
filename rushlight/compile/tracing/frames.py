"""Where in the user's program a trace is: the innermost frame of code that isn't ours."""

from __future__ import annotations

import functools
import os
import sys

import numpy as np

__all__ = ["PACKAGE", "is_ours", "user_frame", "user_line"]

#: the folder of this package
PACKAGE = os.path.dirname(os.path.dirname(os.path.dirname(__file__))) + os.sep
_OURS = PACKAGE, os.path.dirname(np.__file__) + os.sep, "<"


def user_line():
    """`file.py:12`: where in the user's program we are; None if nowhere."""
    frame = user_frame()
    return frame and f"{frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_lineno}"


def user_frame():
    """The innermost frame of the user's program, or None."""
    frame = sys._getframe(1)
    while frame is not None and is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


@functools.cache  # asked for two dozen frames at each operation
def is_ours(name):
    """Whether a file is not the user's."""
    return name.startswith(_OURS)
