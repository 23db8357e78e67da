"""The report as text for the terminal."""

from __future__ import annotations

from rushlight.doctor.charts import number, sparkline
from rushlight.explain.case import width
from rushlight.explain.catalogue import say

__all__ = ["amount", "facts", "milliseconds", "text", "verdict"]

_BAR = 20
_SHOWN = 12


def text(report):
    """All that there is to say, with a heading for each part that isn't empty."""
    title = say("doctor.title", program=report.program)
    parts = [title, "=" * width(title), verdict(report)]
    parts.append("  ".join(f"{name} {value}" for name, value in facts(report)))
    parts += _part("doctor.error", _failure(report))
    parts += _part("doctor.findings", _findings(report))
    parts += _part("doctor.losses", _curves(report.losses))
    parts += _part("doctor.norms", _curves(report.norms))
    parts += _part("doctor.dead", list(_dead(report)))
    parts += _part("doctor.by_line", _times(report.by_line[:6]))
    parts += _part("doctor.by_op", _times(report.by_op[:6]))
    parts += _part("doctor.models", _models(report))
    parts += _part("doctor.shared", [" = ".join(names) for names in report.shared])
    return "\n".join(parts)


def verdict(report):
    """The whole in one line."""
    errors = sum(f.kind.is_error for f in report.findings)
    others = len(report.findings) - errors
    words = [say("doctor.failed")] if report.error else []
    words += [say("doctor.errors", count=errors)] if errors else []
    words += [say("doctor.warnings", count=others)] if others else []
    return " · ".join(words) or say("doctor.none")


def facts(report):
    """(name, value) of what describes the run."""
    yield say("doctor.time"), f"{report.seconds:.2f} s"
    yield say("doctor.steps"), f"{report.steps:,}"
    yield say("doctor.passes"), f"{report.passes:,}"
    if report.models:
        yield say("doctor.parameters"), f"{sum(m.count for m in report.models):,}"
    if report.memory is not None:
        yield say("doctor.memory"), amount(report.memory)


def _part(key, lines):
    if not lines:
        return []
    heading = say(key)
    return ["", heading, "-" * width(heading), *(row for each in lines for row in each.split("\n"))]


def _failure(report):
    if not report.error:
        return []
    shown = report.place and str(report.place) not in report.error
    return [report.error, f"{report.place}  {report.place.text}"] if shown else [report.error]


def _findings(report):
    found = []
    for number_of, each in enumerate(report.findings, 1):
        severity = say("doctor.is_error" if each.kind.is_error else "doctor.is_warning")
        title = say(f"mistake.{each.kind.__name__}")
        body = "\n".join(f"   {line}" for line in str(each.explanation).split("\n"))
        found.append(f"{number_of}. {title} [{severity}: {each.kind.__name__}]\n{body}")
    return found


def _curves(series):
    shown = list(series.items())[:_SHOWN]
    width = max((len(str(name)) for name, _ in shown), default=0)
    rows = [
        f"{name!s:{width}}  {sparkline(s.values)}  {number(s.values[0])} -> {number(s.values[-1])}"
        for name, s in shown
    ]
    left = len(series) - len(shown)
    return [*rows, say("doctor.more", count=left)] if left else rows


def _dead(report):
    for place, name, count, units in report.dead:
        yield f"{name}: {say('doctor.of', count=count, all=units)}   {place}"


def _times(rows):
    most = max((spent.total for _, spent in rows), default=0) or 1
    return [
        f"{milliseconds(spent.total):>10}  {'#' * round(_BAR * spent.total / most):{_BAR}}"
        f" {spent.calls:>7,}x  {what or '?'}{_source(what)}"
        for what, spent in rows
    ]


def _source(what):
    return f"  {what.text}" if hasattr(what, "text") else ""


def _models(report):
    models = [
        say("doctor.model", name=m.name, kind=m.kind, count=f"{m.count:,}") for m in report.models
    ]
    return models + [
        say("doctor.optimizer", name=name, count=count) for name, count in report.optimizers
    ]


def milliseconds(seconds):
    """`12.3 ms`, `2.50 s`."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.1f} ms"


def amount(size):
    """A number of bytes, as MiB."""
    return f"{size / 2**20:.0f} MiB"
