"""Where in the user's program a trace is: the innermost frame of code that isn't ours."""

from __future__ import annotations

import sys

import numpy as np

__all__ = ["is_ours", "user_frame", "user_line"]

_OURS = (__file__.rpartition("/compile/")[0] + "/", np.__file__.rpartition("/")[0] + "/", "<")
#: by the name of a file, whether its code isn't the user's
_is_ours: dict = {}


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


def is_ours(name):
    """Whether a file is not the user's."""
    ours = _is_ours.get(name)
    if ours is None:
        ours = _is_ours[name] = name.startswith(_OURS)
    return ours
