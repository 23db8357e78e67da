"""A target of another shape than the predictions: PyTorch's own warning, and what more there is.

The loss itself tells this mistake, so it is told under a plain import, too. As PyTorch does, it
warns at each call, and the filters of `warnings` decide what is shown.
"""

from __future__ import annotations

import sys
import warnings
from dataclasses import replace

from rushlight import explain
from rushlight.explain.case import find_explanation
from rushlight.explain.language import language
from rushlight.explain.mistakes import TargetShape
from rushlight.explain.mistakes.report import note
from rushlight.explain.provenance import is_ours
from rushlight.explain.source import Place

__all__ = ["warn_of_sizes"]

#: (code, instruction, text, language) -> what there is to say, made once
_explanations: dict = {}


def warn_of_sizes(text):
    """Warn, at the user's line, in PyTorch's words, that two shapes differ."""
    frame = sys._getframe(1)
    user = _outside(frame)
    key = user.f_code, user.f_lasti, text, language()
    if key not in _explanations:
        if len(_explanations) >= 256:
            _explanations.clear()
        _explanations[key] = _explanation(text, frame)
    explanation = _explanations[key]
    if explanation is not None:
        note(TargetShape, Place(user.f_code.co_filename, user.f_lineno), explanation)
        text += f"\n\n{replace(explanation, places=[])}"
    warnings.warn_explicit(
        TargetShape(text),
        None,
        user.f_code.co_filename,
        user.f_lineno,
        user.f_globals.get("__name__", "<string>"),
        user.f_globals.setdefault("__warningregistry__", {}),
    )


def _outside(frame):
    """The first frame that isn't of this package."""
    while frame.f_back is not None and is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def _explanation(text, frame):
    """The Explanation, or None."""
    if language() == "off":
        return None
    try:
        return find_explanation(TargetShape(text), frame, {})
    except Exception:
        if explain.strict:
            raise
        return None
