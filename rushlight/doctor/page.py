"""The report as one page of HTML, complete in itself, with pictures as inline SVG."""

from __future__ import annotations

import html
import re

from rushlight.doctor.charts import chart, number
from rushlight.doctor.style import STYLE
from rushlight.doctor.terminal import facts, milliseconds, verdict
from rushlight.explain.catalogue import say
from rushlight.explain.language import language
from rushlight.explain.source import shown_name, source_of

__all__ = ["page"]

#: pictures of gradients that are shown at once; and curves in one picture
_SHOWN, _CURVES = 12, 4


def page(report):
    """The whole page."""
    title = html.escape(say("doctor.title", program=report.program))
    parts = [
        f"<h1>{title}</h1>{_verdict(report)}{_facts(report)}",
        _section("doctor.error", _failure(report)),
        _section("doctor.findings", "".join(map(_finding, report.findings))),
        _section("doctor.losses", _losses(report)),
        _section("doctor.norms", _norms(report), "doctor.norms.note"),
        _section("doctor.dead", _dead(report), "doctor.dead.note"),
        _section("doctor.by_line", _times(report.by_line), "doctor.time.note"),
        _section("doctor.by_op", _times(report.by_op)),
        _section("doctor.models", _models(report)),
        _section("doctor.shared", _table([(" = ".join(names),) for names in report.shared])),
    ]
    tongue = "zh" if language() == "zh" else "en"
    return (
        f"<!DOCTYPE html>\n<html lang='{tongue}'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{title}</title><style>{STYLE}</style></head>\n"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _section(key, body, note=None):
    if not body:
        return ""
    quiet = f"<p class='quiet'>{_marked(say(note))}</p>" if note else ""
    return f"<section><h2>{html.escape(say(key))}</h2>{quiet}{body}</section>\n"


def _marked(text):
    """Text with `code` in backquotes as HTML."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", html.escape(text, quote=False))


# What was found -----------------------------------------------------------------------------------


def _verdict(report):
    kind = "error" if report.has_errors() else "warning" if report.findings else ""
    return f"<span class='verdict {kind}'>{html.escape(verdict(report))}</span>"


def _facts(report):
    cells = [f"<div><dt>{html.escape(n)}</dt><dd>{v}</dd></div>" for n, v in facts(report)]
    return f"<dl class='facts'>{''.join(cells)}</dl>"


def _failure(report):
    if not report.error:
        return ""
    source = _code(report.place, "") if report.place else ""
    text = f"<pre class='wrap'>{html.escape(report.error)}</pre>"
    return f"<div class='card error'>{text}{source}</div>"


def _finding(finding):
    kind, said = finding.kind, finding.explanation
    severity = "error" if kind.is_error else "warning"
    lines = "".join(_code(place, remark) for place, remark in said.places)
    table = f"<pre>{html.escape(chr(10).join(said.table))}</pre>" if said.table else ""
    labels = [say("doctor.fix"), *[say("doctor.or")] * len(said.fix)]
    fixes = "".join(
        f"<li data-label='{html.escape(label)}'>{_marked(text)}</li>"
        for label, text in zip(labels, said.fix, strict=False)
    )
    return (
        f"<article class='card {severity}'><header>"
        f"<h3>{html.escape(say(f'mistake.{kind.__name__}'))}</h3>"
        f"<span class='chip'>{html.escape(say(f'doctor.is_{severity}'))}</span>"
        f"<code class='quiet'>{kind.__name__}</code></header>"
        f"<p>{_marked(_sentence(said.why))}</p>{lines}{table}<ul class='fix'>{fixes}</ul></article>"
    )


def _sentence(parts):
    """Sentences in a row, the first with a capital letter."""
    text = ("" if language() == "zh" else " ").join(parts)
    return text[:1].upper() + text[1:]


def _code(place, remark):
    """A line of source between its neighbours."""
    lines = source_of(place.filename)
    rows = []
    for n in range(max(place.line - 1, 1), min(place.line + 1, len(lines)) + 1):
        hit, note = ("", "") if n != place.line else (" hit", remark and f"<em>{remark}</em>")
        text = html.escape(lines[n - 1].rstrip())
        rows.append(f"<div class='row{hit}'><i>{n}</i>{text}{note}</div>")
    name = html.escape(shown_name(place.filename))
    return f"<div class='code'><div class='file'>{name}</div>{''.join(rows)}</div>"


# Curves -------------------------------------------------------------------------------------------


def _losses(report):
    shown = list(report.losses.items())[:_CURVES]
    if not shown:
        return ""
    legend = "".join(
        f"<span><b class='b{n}'></b><code>{html.escape(_label(place))}</code> "
        f"<span class='quiet'>{_range(s)}</span></span>"
        for n, (place, s) in enumerate(shown)
    )
    picture = chart([s for _, s in shown], 720, 220, say("doctor.pass"))
    return f"<figure class='scroll'>{picture}</figure><div class='legend'>{legend}</div>"


def _norms(report):
    figures = [
        f"<figure><figcaption><code>{html.escape(name)}</code><span class='quiet'>{_range(s)}"
        f"</span></figcaption>{chart([s], 320, 120, say('doctor.step'))}</figure>"
        for name, s in report.norms.items()
    ]
    return _grid(figures[:_SHOWN]) + _folded(_grid(figures[_SHOWN:]), len(figures) - _SHOWN)


def _grid(figures):
    return f"<div class='grid'>{''.join(figures)}</div>" if figures else ""


def _folded(body, count, key="doctor.more"):
    if not body:
        return ""
    summary = html.escape(say(key, count=count))
    return f"<details><summary>{summary}</summary>{body}</details>"


def _range(series):
    return f"{number(series.values[0])} → {number(series.values[-1])}"


# Tables -------------------------------------------------------------------------------------------


def _dead(report):
    rows = [
        f"<tr><td>{html.escape(name)}<br><code class='quiet'>{html.escape(_label(place))}</code>"
        f"</td><td class='n'>{html.escape(say('doctor.of', count=count, all=units))}"
        f"{_bars(count / units)}</td></tr>"
        for place, name, count, units in report.dead
    ]
    return f"<table>{''.join(rows)}</table>" if rows else ""


def _times(rows):
    most = max((spent.total for _, spent in rows), default=0) or 1
    forward, backward = html.escape(say("doctor.forward")), html.escape(say("doctor.backward"))
    head = (
        f"<tr><th></th><th class='n wide'>{forward}</th><th class='n wide'>{backward}</th>"
        f"<th class='n'>{html.escape(say('doctor.total'))}</th>"
        f"<th class='n'>{html.escape(say('doctor.calls'))}</th></tr>"
    )
    cells = [
        f"<tr><td><code>{html.escape(_label(what))}</code>"
        f"{_bars(spent.forward / most, spent.backward / most)}</td>"
        f"<td class='n wide'>{milliseconds(spent.forward)}</td>"
        f"<td class='n wide'>{milliseconds(spent.backward)}</td>"
        f"<td class='n'>{milliseconds(spent.total)}</td><td class='n'>{spent.calls:,}×</td></tr>"
        for what, spent in rows
    ]
    legend = f"<span><b></b>{forward}</span><span><b class='b1'></b>{backward}</span>"
    return f"<div class='legend'>{legend}</div><table>{head}{''.join(cells)}</table>" * bool(cells)


def _bars(*parts):
    """Bars one after the other, each a part of the whole width."""
    bars = "".join(f"<b style='width:{100 * part:.1f}%'></b>" for part in parts)
    return f"<div class='bars'>{bars}</div>"


def _label(what):
    """A Place with its line of source, or a name."""
    text = getattr(what, "text", "")
    return f"{what}  {text}" if text else str(what or "?")


def _models(report):
    parts = [
        f"<p>{_marked(say('doctor.model', name=m.name, kind=m.kind, count=f'{m.count:,}'))}</p>"
        + _folded(_shapes(m.parameters), len(m.parameters), "doctor.tensors")
        for m in report.models
    ]
    parts += [
        f"<p>{_marked(say('doctor.optimizer', name=name, count=count))}</p>"
        for name, count in report.optimizers
    ]
    return "".join(parts)


def _shapes(parameters):
    return _table([(path, str(shape)) for path, shape in parameters])


def _table(rows):
    cells = ["".join(f"<td><code>{html.escape(cell)}</code></td>" for cell in row) for row in rows]
    return f"<table>{''.join(f'<tr>{each}</tr>' for each in cells)}</table>" if cells else ""
