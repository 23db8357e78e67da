"""From what a check found to a warning at the user's line."""

from __future__ import annotations

import sys
import warnings
from typing import NamedTuple

from rushlight.explain import provenance
from rushlight.explain.case import Case, Explanation
from rushlight.explain.language import language
from rushlight.explain.mistakes import Mistake
from rushlight.explain.source import Place

__all__ = ["Finding", "findings", "line_now", "note", "place_of_line", "report", "situation"]


class Finding(NamedTuple):
    """One mistake: its kind, its line, and what there is to say."""

    kind: type[Mistake]
    place: Place | None
    explanation: Explanation


#: what was found in this process, in order
findings: list[Finding] = []
#: whether mistakes are errors, whatever the program's filters do with warnings in general
strict = [False]


def situation():
    """The stack at this moment, as a Case: its lines, and names of values."""
    return Case(Mistake(""), sys._getframe(1), {})


def line_now():
    """The number of the user's line that runs."""
    return provenance.here[0]


def place_of_line(number):
    """The Place of a numbered line; None if it isn't known."""
    known = provenance.lines[number] if 0 <= number < len(provenance.lines) else None
    return Place(*known) if known else None


def report(kind, place, why, fix, places=()):
    """Warn of a mistake, once for each kind and line.

    Args:
        kind: a subclass of Mistake.
        place: the line to blame; None if no source is known.
        why: what happened.
        fix: a list of what to type instead.
        places: other lines, each with a remark.
    """
    if language() == "off" or is_known(kind, place):
        return
    others = [p for p in places if p[0] and p[0] != place]
    note(kind, place, Explanation([why], [(place, ""), *others] if place else others, fix))
    message = kind(str(Explanation([why], others, fix)))  # a warning itself shows its line
    filename, line = place or ("<unknown>", 1)
    warnings.warn_explicit(message, None, filename, line, "__main__", {})


def is_known(kind, place):
    """Whether a mistake of this kind was found on this line before."""
    return any((f.kind, f.place) == (kind, place) for f in findings)


def note(kind, place, explanation):
    """Add to the findings, once for each kind and line; with `strict`, raise it."""
    if not is_known(kind, place):
        findings.append(Finding(kind, place, explanation))
    if strict[0] and not _is_silenced(kind):
        raise kind(str(explanation))


def _is_silenced(kind):
    """Whether a filter names the kind (or all mistakes) to be ignored."""
    return any(
        action == "ignore" and issubclass(category, Mistake) and issubclass(kind, category)
        for action, _, category, *_ in warnings.filters
    )
