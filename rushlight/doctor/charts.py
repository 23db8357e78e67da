"""Curves as inline SVG, with axes, and as one line of text."""

from __future__ import annotations

import html
import math

__all__ = ["chart", "number", "sparkline"]

_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 10, 8, 24
_BLOCKS = "▁▂▃▄▅▆▇█"


def number(value):
    """A number for a label: `0.25`, `1.2e-05`, `nan`.

    >>> number(0.25), number(123456.0), number(float("nan"))
    ('0.25', '1.23e+05', 'nan')
    """
    return f"{value:.3g}"


class Scale:
    """From values to heights: logarithmic if all are positive and span more than fiftyfold."""

    def __init__(self, values):
        low, high = min(values), max(values)
        self.is_log = low > 0 and high > 50 * low
        self.low, self.high = self.of(low), self.of(high)
        if self.low == self.high:
            margin = abs(self.low) / 2 or 1.0
            self.low, self.high = self.low - margin, self.high + margin

    def of(self, value):
        return math.log10(value) if self.is_log else value

    def part(self, value):
        """Where a value is between the lowest, 0, and the highest, 1."""
        return (self.of(value) - self.low) / (self.high - self.low)

    def ticks(self):
        """Round values to label, lowest first.

        >>> Scale([1, 10, 1000]).ticks(), Scale([0.0, 0.7]).ticks()
        ([1.0, 10.0, 100.0, 1000.0], [0.0, 0.2, 0.4, 0.6])
        """
        if self.is_log:
            first, last = math.ceil(self.low - 1e-9), math.floor(self.high + 1e-9)
            step = max(1, -(-(last - first) // 4))
            found = [10.0**e for e in range(first, last + 1, step)]
            return found if len(found) > 1 else [10**self.low, 10**self.high]
        return round_steps(self.low, self.high)


def round_steps(low, high, count=4):
    """About `count` round numbers between two."""
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{i * step:.12g}") for i in range(first, last + 1)]


def chart(series, width, height, label):
    """Curves in one picture, with axes. Where a value isn't finite a curve is broken, and marked.

    Args:
        series: a list of `Series`; the n-th has the CSS class `curve n`.
        label: what the horizontal axis counts.
    """
    finite = [v for s in series for v in s.values if math.isfinite(v)]
    scale = Scale(finite or [0.0, 1.0])
    first, last = min(s.at[0] for s in series), max(last_to_show(s) for s in series)
    span = last - first or 1
    inner = width - _LEFT - _RIGHT, height - _TOP - _BOTTOM

    def across(at):
        return _LEFT + inner[0] * (at - first) / span

    def down(value):
        return _TOP + inner[1] * (1 - scale.part(value))

    parts = [grid_line(down(v), number(v), width) for v in scale.ticks()]
    parts += [step_label(across(at), at, height) for at in whole_steps(first, first + span)]
    text = html.escape(label)
    parts.append(f"<text x='{width - _RIGHT}' y='{height - 2}' class='end'>{text}</text>")
    for n, each in enumerate(series):
        parts.append(f"<path class='curve n{n}' d='{path(each, across, down)}'/>")
        parts += [
            f"<path class='broken' d='M{across(at):.1f} {_TOP}v{inner[1]}'/>"
            for at, v in zip(each.at, each.values, strict=True)
            if not math.isfinite(v)
        ][:1]  # the first
    return f"<svg viewBox='0 0 {width} {height}' role='img'>{''.join(parts)}</svg>"


def last_to_show(series):
    """Where a curve ends: a little behind its last finite value."""
    finite = [at for at, v in zip(series.at, series.values, strict=True) if math.isfinite(v)]
    if not finite or finite[-1] == series.at[-1]:
        return series.at[-1]
    return min(series.at[-1], finite[-1] + max(1, (finite[-1] - series.at[0]) // 10))


def whole_steps(first, last):
    """The numbers of steps to label: not so close to the end that they touch the axis's name."""
    found = [int(x) for x in round_steps(first, last, 6) if x == int(x)]
    return [x for x in found if (x - first) <= 0.8 * (last - first)]


def grid_line(y, text, width):
    return (
        f"<path class='grid' d='M{_LEFT} {y:.1f}H{width - _RIGHT}'/>"
        f"<text x='{_LEFT - 6}' y='{y + 4:.1f}' class='end'>{text}</text>"
    )


def step_label(x, at, height):
    return f"<text x='{x:.1f}' y='{height - 2}' class='middle'>{at}</text>"


def path(series, across, down):
    """The path of a curve; a single point becomes a short line."""
    words, is_drawing = [], False
    for at, value in zip(series.at, series.values, strict=True):
        if math.isfinite(value):
            words.append(f"{'L' if is_drawing else 'M'}{across(at):.1f} {down(value):.1f}")
            if not is_drawing:
                words.append("h.1")
        is_drawing = math.isfinite(value)
    return "".join(words)


def sparkline(values, width=24):
    """A curve of one line of text.

    >>> sparkline([1.0, 2.0, 3.0, 2.0, 1.0])
    '▁▅█▅▁'
    """
    step = max(1, len(values) / width)
    chosen = [values[int(i * step)] for i in range(min(width, len(values)))]
    finite = [v for v in chosen if math.isfinite(v)]
    if not finite:
        return "×" * len(chosen)
    scale = Scale(finite)
    return "".join(
        _BLOCKS[round(scale.part(v) * (len(_BLOCKS) - 1))] if math.isfinite(v) else "×"
        for v in chosen
    )
