"""The report as one page of HTML, complete in itself, with pictures as inline SVG."""

from __future__ import annotations

import html
import math

from rushlight.doctor.terminal import amount, milliseconds
from rushlight.explain.catalogue import say
from rushlight.explain.language import language

__all__ = ["page"]

_STYLE = """
:root { --ink: #1c2733; --paper: #fcfcfa; --soft: #eef0ec; --quiet: #68767f; --mark: #2b6cb0;
        --bad: #b3261e; --good: #2e7d4f }
@media (prefers-color-scheme: dark) { :root { --ink: #dde3e8; --paper: #15191d; --soft: #20272d;
        --quiet: #8d9aa3; --mark: #7ab3ef; --bad: #ff8a80; --good: #7fd1a0 } }
* { box-sizing: border-box }
body { font: 16px/1.55 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem;
       color: var(--ink); background: var(--paper) }
h1 { font-size: 1.4rem; overflow-wrap: anywhere } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
pre { font: 13px/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere;
      margin: .3rem 0 0 }
.card { background: var(--soft); border-left: 4px solid var(--mark); border-radius: 6px;
        padding: .7rem .9rem; margin: .6rem 0 } .card.bad { border-color: var(--bad) }
.quiet { color: var(--quiet) } .bad { color: var(--bad) } .good { color: var(--good) }
.card.bad { color: inherit } .grid { display: grid; gap: .6rem;
        grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)) }
figure { margin: 0; background: var(--soft); border-radius: 6px; padding: .5rem .7rem }
figcaption { font-size: .85rem; overflow-wrap: anywhere } svg { width: 100%; display: block }
table { border-collapse: collapse; width: 100%; font-size: .9rem } td { padding: .2rem .4rem }
td:first-child { overflow-wrap: anywhere } td.n { text-align: right; white-space: nowrap }
.bar { background: var(--mark); height: .5rem; border-radius: 2px; min-width: 1px }
"""


def page(report):
    """The whole page."""
    title = html.escape(say("doctor.title", program=report.program))
    peak = say("doctor.memory")
    memory = "" if report.memory is None else f" · {peak} {amount(report.memory)}"
    parts = [
        f"<h1>{title}</h1><p class='quiet'>{report.seconds:.2f} s{memory}</p>",
        _section("doctor.error", f"<div class='card bad'>{_pre(report.error)}</div>")
        if report.error
        else "",
        _section("doctor.findings", _findings(report)),
        _section("doctor.models", _models(report)),
        _section("doctor.losses", _grid({"loss": report.losses}) if report.losses else ""),
        _section("doctor.norms", _grid(report.norms)),
        _section("doctor.dead", _rows([(str(p), f"{n} / {m}") for p, n, m in report.dead])),
        _section("doctor.shared", _rows([(" = ".join(names),) for names in report.shared])),
        _section("doctor.by_op", _times(report.by_op)),
        _section("doctor.by_line", _times(report.by_line)),
    ]
    tongue = "zh" if language() == "zh" else "en"
    return (
        f"<!DOCTYPE html>\n<html lang='{tongue}'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{title}</title><style>{_STYLE}</style></head>\n"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _section(key, body):
    return f"<h2>{html.escape(say(key))}</h2>\n{body}\n" if body else ""


def _pre(text):
    return f"<pre>{html.escape(text)}</pre>"


def _findings(report):
    cards = [
        f"<div class='card{' bad' if f.kind.is_error else ''}'><b>{f.kind.__name__}</b>"
        f"{_pre(str(f.explanation))}</div>"
        for f in report.findings
    ]
    return "".join(cards) or f"<p class='good'>{html.escape(say('doctor.none'))}</p>"


def _models(report):
    lines = [say("doctor.model", name=name, count=f"{n:,}") for name, n, _ in report.models]
    lines += [say("doctor.optimizer", name=n, count=count) for n, count in report.optimizers]
    shapes = [(path, str(shape)) for _, _, parts in report.models for path, shape in parts]
    return "".join(f"<p>{html.escape(line)}</p>" for line in lines) + _rows(shapes)


def _rows(rows):
    cells = ["".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) for row in rows]
    return f"<table>{''.join(f'<tr>{each}</tr>' for each in cells)}</table>" if cells else ""


def _times(rows):
    most = max((seconds for _, seconds, _ in rows), default=1) or 1
    cells = [
        f"<tr><td>{html.escape(_label(what))}<div class='bar' style='width:{100 * s / most:.1f}%'>"
        f"</div></td><td class='n'>{milliseconds(s)}</td><td class='n'>{calls}×</td></tr>"
        for what, s, calls in rows
    ]
    return f"<table>{''.join(cells)}</table>" if cells else ""


def _label(what):
    text = getattr(what, "text", "")
    return f"{what}  {text}" if text else str(what or "?")


def _grid(series):
    figures = [
        f"<figure><figcaption>{html.escape(name)} "
        f"<span class='quiet'>{values[0]:.3g} … {values[-1]:.3g}</span></figcaption>"
        f"{curve(values)}</figure>"
        for name, values in series.items()
        if values
    ]
    return f"<div class='grid'>{''.join(figures)}</div>" if figures else ""


def curve(values, width=240, height=60):
    """A line through values, as SVG; logarithmic if they are positive and span much."""
    finite = [v for v in values if math.isfinite(v)]
    if not finite:
        return "<p class='bad'>NaN</p>"
    logarithmic = min(finite) > 0 and max(finite) > 50 * min(finite)
    scaled = [math.log10(v) if logarithmic else v for v in finite]
    low, high = min(scaled), max(scaled)
    across = (width - 4) / max(len(scaled) - 1, 1)
    down = (height - 6) / ((high - low) or 1)
    points = " ".join(
        f"{2 + i * across:.1f},{height - 3 - (v - low) * down:.1f}" for i, v in enumerate(scaled)
    )
    return (
        f"<svg viewBox='0 0 {width} {height}' role='img'><polyline points='{points}' fill='none' "
        "stroke='var(--mark)' stroke-width='1.5' stroke-linejoin='round'/></svg>"
    )
