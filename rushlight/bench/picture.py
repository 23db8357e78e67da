"""A picture of times over sizes, as SVG: one panel for each workload, both axes logarithmic."""

from __future__ import annotations

import math
from html import escape

__all__ = ["picture"]

COLUMNS, PANEL, GAP, HEAD = 4, (210, 150), (62, 70), 46
COLOURS = ("#d1495b", "#30638e", "#66a182", "#8d6a9f")
STYLE = "font:11px sans-serif;fill:#333"


class Axis:
    """Where numbers of [low, high] lie on a line of so many pixels, by their logarithms."""

    def __init__(self, low, high, length):
        self.low, self.high = math.log10(low), math.log10(high)
        self.length = length

    def place(self, number):
        """Pixels from the beginning."""
        span = (self.high - self.low) or 1.0
        return (math.log10(number) - self.low) / span * self.length

    def tens(self):
        """The powers of ten on the axis."""
        return [
            10.0**k for k in range(math.ceil(self.low - 1e-9), math.floor(self.high + 1e-9) + 1)
        ]


def _time(seconds):
    """A time in its unit.

    >>> _time(1e-5), _time(0.01), _time(1.0)
    ('10 us', '10 ms', '1 s')
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size * (1 - 1e-9):
            return f"{seconds / size:g} {unit}"
    return f"{seconds / 1e-9:g} ns"


def _text(x, y, text, anchor="start", weight="normal"):
    place = f'x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}"'
    return f'<text {place} style="{STYLE};font-weight:{weight}">{escape(text)}</text>'


def _line(points, colour, dashes=""):
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return (
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"'
        f' stroke-dasharray="{dashes}"/>'
    )


def _panel(measured, growing, left, top):
    """The marks of one workload."""
    width, height = PANEL
    everything = [*measured.limit, *(t for times in measured.times.values() for t in times)]
    across = Axis(min(measured.sizes), max(measured.sizes), width)
    low = 10.0 ** math.floor(math.log10(min(everything)))
    up = Axis(low, 10.0 ** math.ceil(math.log10(max(everything))), height)

    def points(times):
        pairs = zip(measured.sizes, times, strict=True)
        return [(left + across.place(n), top + height - up.place(t)) for n, t in pairs]

    yield f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="#fafafa"/>'
    for ten in up.tens():
        y = top + height - up.place(ten)
        yield f'<path d="M{left} {y:.1f}h{width}" stroke="#ddd"/>'
        yield _text(left - 4, y + 4, _time(ten), "end")
    for n in measured.sizes:
        yield _text(left + across.place(n), top + height + 14, f"{n:,}", "middle")
    yield _text(left, top - 6, growing.label, weight="bold")
    yield _text(left + width / 2, top + height + 28, growing.size, "middle")
    yield _line(points(measured.limit), "#999", "4 3")
    for times, colour in zip(measured.times.values(), COLOURS):
        yield _line(points(times), colour)
        yield from (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points(times)
        )


def _legend(libraries):
    """The names of the lines, above all panels."""
    names = [*zip(libraries, COLOURS), ("the machine's limit", "#999")]
    for i, (name, colour) in enumerate(names):
        x = GAP[0] + 150 * i
        yield _line([(x, 16), (x + 24, 16)], colour, "4 3" if colour == "#999" else "")
        yield _text(x + 30, 20, name)


def picture(measured, growing):
    """The SVG text for what was measured; `growing` has labels by name."""
    step = PANEL[0] + GAP[0], PANEL[1] + GAP[1]
    rows = -(-len(measured) // COLUMNS)
    marks = list(_legend(measured[0].times))
    for i, each in enumerate(measured):
        left, top = GAP[0] + i % COLUMNS * step[0], HEAD + 10 + i // COLUMNS * step[1]
        marks += _panel(each, growing[each.name], left, top)
    size = f'width="{COLUMNS * step[0] + 20}" height="{HEAD + rows * step[1]}"'
    body = "\n".join(marks)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n'
        f'<rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n'
    )
