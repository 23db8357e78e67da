"""The report as text for the terminal."""

from __future__ import annotations

from rushlight.explain.catalogue import say

__all__ = ["amount", "milliseconds", "text"]


def text(report):
    """All that there is to say, with a heading for each part that isn't empty."""
    parts = [say("doctor.title", program=report.program)]
    parts += _part("doctor.error", [report.error] if report.error else [])
    parts += _part("doctor.findings", _findings(report) or [say("doctor.none")])
    parts += _part("doctor.models", _models(report))
    parts += _part("doctor.norms", _norms(report))
    parts += _part("doctor.dead", [f"{place}: {n} / {all}" for place, n, all in report.dead])
    parts += _part("doctor.shared", [" = ".join(names) for names in report.shared])
    parts += _part("doctor.by_op", _times(report.by_op[:6]))
    parts += _part("doctor.by_line", _times(report.by_line[:6]))
    memory = "" if report.memory is None else f", {amount(report.memory)}"
    parts += _part("doctor.whole", [f"{report.seconds:.2f} s{memory}"])
    return "\n".join(parts)


def _part(key, lines):
    return ["", say(key), *(f"  {line}" for each in lines for line in each.split("\n"))] * bool(
        lines
    )


def _findings(report):
    return [f"{f.kind.__name__}\n{f.explanation}" for f in report.findings]


def _models(report):
    models = [say("doctor.model", name=name, count=f"{n:,}") for name, n, _ in report.models]
    return models + [
        say("doctor.optimizer", name=name, count=count) for name, count in report.optimizers
    ]


def _norms(report):
    return [f"{name}: {v[0]:.3g} … {v[-1]:.3g}" for name, v in list(report.norms.items())[:12]]


def _times(rows):
    return [f"{milliseconds(seconds):>10}  {calls:>7}x  {what}" for what, seconds, calls in rows]


def milliseconds(seconds):
    """`12.3 ms`."""
    return f"{1000 * seconds:.1f} ms"


def amount(size):
    """A number of bytes, as MiB."""
    return f"{size / 2**20:.0f} MiB"
