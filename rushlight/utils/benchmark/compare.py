"""Measurements side by side."""

import math

from rushlight.utils.benchmark.measurement import select_unit

__all__ = ["Compare"]

_LONG_UNITS = {"ns": "nanoseconds", "us": "microseconds", "ms": "milliseconds", "s": "seconds"}


class Compare:
    """Measurements as tables: one for each label, a column for each description.

    A row is one sub-label (without: the statement), and rows of one number of threads stand
    together. Measurements of one task are merged. The unit is that of the quickest.

    >>> from rushlight.utils.benchmark import Measurement, TaskSpec
    >>> def measured(seconds, description):
    ...     task = TaskSpec("pass", "", label="nothing", sub_label="once", description=description)
    ...     return Measurement(1, [seconds], task)
    >>> print(Compare([measured(2e-6, "plain"), measured(1.23e-5, "again")]))
    [--------- nothing ----------]
                |  plain  |  again
    1 threads: -------------------
          once  |   2.0   |   12.3
    <BLANKLINE>
    Times are in microseconds (us).
    """

    def __init__(self, results):
        self._results = list(results)
        self._trim = False

    def extend_results(self, results):
        """Add measurements."""
        self._results.extend(results)

    def trim_significant_figures(self):
        """Show no digits that the measurements can't vouch for."""
        self._trim = True

    def colorize(self, rowwise=False):
        """Nothing: the tables are plain text."""

    def highlight_warnings(self):
        """Nothing: the tables are plain text."""

    def print(self):
        """Print the tables."""
        print(self)

    def __str__(self):
        merged = type(self._results[0]).merge(self._results) if self._results else []
        labels = dict.fromkeys(each.label for each in merged)
        return "\n".join(self._table([m for m in merged if m.label == label]) for label in labels)

    def _table(self, measurements):
        name, unit = select_unit(min(each.median for each in measurements))
        heads = list(dict.fromkeys(each.description for each in measurements))
        rows: dict = {}
        for each in measurements:
            row = rows.setdefault((each.num_threads, each.as_row_name), {})
            row[each.description] = self._shown(each, unit)
        columns = [_column(head, [row.get(head, "") for row in rows.values()]) for head in heads]
        names = ["", *(" " * 6 + row_name for _, row_name in rows)]
        first = [each.ljust(max(map(len, names))) for each in names]
        head, *lines = ["  |  ".join(cells) for cells in zip(first, *columns, strict=True)]
        body = _under_threads([threads for threads, _ in rows], lines, len(head))
        title = f" {measurements[0].label} " if measurements[0].label else ""
        return "\n".join(
            [
                f"[{title.center(len(head) - 2, '-')}]",
                head,
                *body,
                "",
                f"Times are in {_LONG_UNITS[name]} ({name}).",
            ]
        )

    def _shown(self, measurement, unit):
        value = measurement.median / unit
        before_point = 1 + int(math.log10(max(value, 1)))
        exact = not self._trim or measurement.significant_figures > before_point
        return f"{value:.1f}" if exact else f"{value:.0f}"


def _column(head, texts):
    """The head and the texts below it, in one width."""
    head, longest = head or "", max(map(len, texts))
    width = max(len(head), longest)
    return [head.center(width), *(text.rjust(longest).center(width) for text in texts)]


def _under_threads(threads, lines, width):
    """The lines, with a line before those of each number of threads."""
    shown = []
    for number in sorted(set(threads)):
        shown.append(f"{number} threads: ".ljust(width, "-"))
        shown += [line for at, line in zip(threads, lines, strict=True) if at == number]
    return shown
