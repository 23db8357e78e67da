"""Timing of small pieces of code, reported as PyTorch reports it."""

from __future__ import annotations

import textwrap
import time

import numpy as np

__all__ = ["Compare", "Measurement", "Timer"]

_UNITS = (("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3), ("s", 1.0))


class Timer:
    """Times a statement that is given as text.

    Args:
        stmt, setup, global_setup: the statement, what runs before each measurement, and what runs
            before that, once.
        globals: the names that the statement may use.
        label, sub_label, description, env: how the measurement is titled.
        num_threads: only noted; the library that computes matrix products keeps its own number.
        timer: returns the time in seconds.

    >>> from rushlight.utils.benchmark import Timer
    >>> measurement = Timer("x + y", setup="y = 2", globals={"x": 1}).timeit(1000)
    >>> measurement.number_per_run, measurement.median < 1e-3
    (1000, True)
    """

    def __init__(
        self,
        stmt="pass",
        setup="pass",
        global_setup="",
        timer=time.perf_counter,
        globals=None,
        label=None,
        sub_label=None,
        description=None,
        env=None,
        num_threads=1,
    ):
        for name, value in (("stmt", stmt), ("setup", setup)):
            if not isinstance(value, str):
                raise ValueError(f"Currently only a `str` {name} is supported.")
        self.stmt = textwrap.dedent(stmt).strip()
        self.setup = textwrap.dedent(setup).strip()
        self.label, self.sub_label, self.description = label, sub_label, description
        self.env, self.num_threads = env, num_threads
        self._clock = timer
        self._names = dict(globals or {})
        exec(textwrap.dedent(global_setup), self._names)
        self._loop = self._compile()

    def _compile(self):
        lines = [
            "def _loop(_number, _clock):",
            textwrap.indent(self.setup, "    "),
            "    _start = _clock()",
            "    for _ in range(_number):",
            textwrap.indent(self.stmt, "        "),
            "    return _clock() - _start",
        ]
        exec(compile("\n".join(lines), "<timeit-src>", "exec"), self._names)
        return self._names["_loop"]

    def _time(self, number):
        return self._loop(number, self._clock)

    def timeit(self, number=1000000):
        """One measurement of `number` runs, after some that aren't measured."""
        self._time(max(number // 100, 2))
        return Measurement(number, [self._time(number)], self)

    def blocked_autorange(self, callback=None, min_run_time=0.2):
        """Measurements of at least `min_run_time` seconds in all.

        The number of runs per measurement is raised until the clock's own cost is below 0.1%.
        """
        number = self._block_size(min_run_time)
        return self._repeat(number, lambda times: sum(times) >= min_run_time, callback)

    def adaptive_autorange(
        self, threshold=0.1, *, min_run_time=0.01, max_run_time=10.0, callback=None
    ):
        """Measurements until their interquartile range is below `threshold` of the median.

        There are at least 4, of `min_run_time` to `max_run_time` seconds in all.
        """
        number = self._block_size(0.05)

        def enough(times):
            if sum(times) >= max_run_time:
                return True
            measured = Measurement(number, times, self)
            return sum(times) >= min_run_time and measured.meets_confidence(threshold)

        return self._repeat(number, enough, callback)

    def _block_size(self, min_run_time):
        overhead = float(np.median([self._clock_cost() for _ in range(5)]))
        number = 1
        while True:
            taken = self._time(number)
            if overhead <= 1e-3 * taken and taken >= min_run_time / 1000:
                return number
            if taken > min_run_time:
                return number
            number *= 10

    def _clock_cost(self):
        start = self._clock()
        return self._clock() - start

    def _repeat(self, number, enough, callback):
        times = []
        while not times or not enough(times):
            times.append(self._time(number))
            if callback is not None:
                callback(number, times[-1])
        return Measurement(number, times, self)


class Measurement:
    """Times of some measurements of a Timer's statement.

    Attributes:
        number_per_run: runs per measurement.
        raw_times: seconds of each measurement; `times` are the same per run.
        median, mean, iqr: of `times`, in seconds.
    """

    __module__ = "torch.utils.benchmark.utils.common"

    def __init__(self, number_per_run, raw_times, task):
        self.number_per_run = number_per_run
        self.raw_times = list(raw_times)
        self.task = task

    @property
    def times(self):
        """Seconds per run, for each measurement."""
        return [each / self.number_per_run for each in self.raw_times]

    @property
    def median(self):
        """The middle one of `times`."""
        return float(np.median(self.times))

    @property
    def mean(self):
        """The mean of `times`."""
        return float(np.mean(self.times))

    @property
    def iqr(self):
        """The distance between the quartiles of `times`."""
        lower, upper = np.quantile(self.times, (0.25, 0.75))
        return float(upper - lower)

    def meets_confidence(self, threshold=0.1):
        """Whether there are more than 3 measurements, whose `iqr` is below that of the median."""
        return len(self.raw_times) > 3 and self.iqr / self.median < threshold

    @property
    def title(self):
        """The label, or else the statement."""
        if self.task.label is None:
            return self.task.stmt
        return f"{self.task.label}: {self.task.sub_label or self.task.stmt}"

    def __repr__(self):
        count, runs = len(self.raw_times), self.number_per_run
        lines = [object.__repr__(self), self.title]
        if self.task.description:
            lines.append(self.task.description)
        if self.task.setup and self.task.setup != "pass":
            lines.append(f"setup: {self.task.setup}")
        lines += self._figures()
        each = "runs per measurement" if count > 1 else "runs "  # PyTorch leaves this blank
        threads = f"{self.task.num_threads} thread{'s' * (self.task.num_threads > 1)}"
        lines.append(f"  {_counted(count, 'measurement')}, {runs} {each}, {threads}")
        return "\n".join(lines)

    def _figures(self):
        name, unit = next((u for u in reversed(_UNITS) if self.median >= u[1]), _UNITS[0])
        median = f"{self.median / unit:.2f} {name}"
        if len(self.raw_times) == 1:
            return [f"  {median}"]
        lines = [f"  Median: {median}"]
        if len(self.raw_times) > 3:
            lower, upper = np.quantile(self.times, (0.25, 0.75)) / unit
            iqr = self.iqr / unit
            lines.append(f"  IQR:    {iqr:.2f} {name} ({lower:.2f} to {upper:.2f})")
        return lines


def _counted(count, noun):
    return f"{count} {noun}{'s' * (count != 1)}"


class Compare:
    """Measurements as tables: one for each label, a column for each description.

    A row is one sub-label (without: the statement), and rows of one number of threads stand
    together. The unit is one in which the quickest can be read.

    >>> task = Timer("pass", label="nothing", sub_label="once", description="plain")
    >>> print(Compare([Measurement(1, [2e-6], task)]))
    [---- nothing -----]
                   plain
    1 threads: ---------
        once        2.00
    <BLANKLINE>
    Times are in microseconds (us).
    """

    def __init__(self, results):
        self._results = list(results)
        self._digits = None

    def extend_results(self, results):
        """Add measurements."""
        self._results.extend(results)

    def trim_significant_figures(self):
        """Show one digit after the point, which is about as much as can be relied on."""
        self._digits = 1

    def colorize(self, rowwise=False):
        """Nothing: the tables are plain text."""

    def highlight_warnings(self):
        """Nothing: the tables are plain text."""

    def print(self):
        """Print the tables."""
        print(self)

    def __str__(self):
        labels = dict.fromkeys(each.task.label for each in self._results)
        return "\n".join(self._table(label) for label in labels)

    def _table(self, label):
        mine = [each for each in self._results if each.task.label == label]
        name, unit = next(u for u in reversed(_UNITS) if u is _UNITS[0] or _fits(mine, u[1]))
        columns = list(dict.fromkeys(each.task.description or "" for each in mine))
        cells: dict = {}
        for each in mine:
            row = each.task.num_threads, each.task.sub_label or each.task.stmt
            text = f"{each.median / unit:.{self._digits or 2}f}"
            cells.setdefault(row, {})[each.task.description or ""] = text
        first = 6 + max(len(row[1]) for row in cells)
        width = [max(10, 2 + len(column)) for column in columns]
        line = first + sum(width)
        lines = [f"[{f' {label} ':-^{line - 2}}]" if label else "-" * line]
        lines.append(" " * first + _cells(columns, width))
        for threads in sorted({row[0] for row in cells}):
            lines.append(f"{threads} threads: ".ljust(line, "-"))
            for (number, sub_label), found in cells.items():
                if number == threads:
                    texts = [found.get(column, "") for column in columns]
                    lines.append(f"    {sub_label}".ljust(first) + _cells(texts, width))
        return "\n".join([*lines, "", f"Times are in {_LONG_UNITS[name]} ({name})."])


_LONG_UNITS = {"ns": "nanoseconds", "us": "microseconds", "ms": "milliseconds", "s": "seconds"}


def _fits(measurements, unit):
    return min(each.median for each in measurements) >= unit


def _cells(texts, width):
    return "".join(text.rjust(w) for text, w in zip(texts, width, strict=True))
