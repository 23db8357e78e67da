"""Warnings that PyTorch gives once per process."""

from __future__ import annotations

import sys
import warnings

_given: set[str] = set()


def warn_once(message, category=UserWarning):
    """Warn the first time only, at the line outside this package that caused it."""
    from rushlight.settings import is_warn_always_enabled

    if message not in _given or is_warn_always_enabled():
        _given.add(message)
        warnings.warn(message, category, stacklevel=_outside())


def warn(message, category=UserWarning):
    """Warn at the line outside this package that caused it."""
    warnings.warn(message, category, stacklevel=_outside())


def _outside():
    frame, level = sys._getframe(2), 2
    while frame is not None and frame.f_globals.get("__name__", "").startswith("rushlight."):
        frame, level = frame.f_back, level + 1
    return level
