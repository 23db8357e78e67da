"""Times of a statement, with the words that describe them."""

import math
import textwrap
from dataclasses import dataclass

import numpy as np

__all__ = ["Measurement", "TaskSpec", "select_unit"]

_UNITS = (("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3), ("s", 1.0))

#: an interquartile range that is this part of the median is worth a warning, or a stronger one
_WIDE, _VERY_WIDE = 0.1, 0.25


def select_unit(seconds):
    """The largest unit of which `seconds` is at least one: its name, and its length in seconds.

    >>> select_unit(2e-4)
    ('us', 1e-06)
    """
    return next((unit for unit in reversed(_UNITS) if seconds >= unit[1]), _UNITS[0])


@dataclass(frozen=True)
class TaskSpec:
    """What is timed, and how the measurement is titled."""

    __module__ = "torch.utils.benchmark.utils.common"

    stmt: str
    setup: str
    global_setup: str = ""
    label: str | None = None
    sub_label: str | None = None
    description: str | None = None
    env: str | None = None
    num_threads: int = 1

    __repr__ = object.__repr__

    @property
    def title(self):
        """The label, or else the statement."""
        if self.label is not None:
            return f"{self.label}: {self.sub_label or self.stmt}"
        return self.stmt if "\n" not in self.stmt else _block("stmt", self.stmt)

    def summarize(self):
        """The title, the description and the setup, in as many lines."""
        lines = [self.title]
        if self.description:
            lines.append(self.description)
        if self.setup and self.setup != "pass":
            long = "\n" in self.setup
            lines.append(_block("setup", self.setup) if long else f"setup: {self.setup}")
        return "\n".join(lines)


def _block(name, code):
    return f"{name}:\n{textwrap.indent(code, '  ')}\n"


class Measurement:
    """Times of some measurements of a statement.

    Attributes:
        number_per_run: runs per measurement.
        raw_times: seconds of each measurement; `times` are the same per run.
        task_spec: the TaskSpec; what it has can be asked of the measurement too.
        median, mean, iqr: of `times`, in seconds.

    >>> from rushlight.utils.benchmark import Measurement, TaskSpec
    >>> task = TaskSpec(stmt="x + y", setup="pass", label="sum")
    >>> measurement = Measurement(10, [3e-5, 5e-5], task)
    >>> measurement.label, f"{measurement.median:.1e}"
    ('sum', '4.0e-06')
    """

    __module__ = "torch.utils.benchmark.utils.common"

    def __init__(self, number_per_run, raw_times, task_spec, metadata=None):
        self.number_per_run = number_per_run
        self.raw_times = list(raw_times)
        self.task_spec = task_spec
        self.metadata = metadata

    def __getattr__(self, name):
        if name in TaskSpec.__dataclass_fields__ or name == "title":
            return getattr(self.task_spec, name)
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    @staticmethod
    def merge(measurements):
        """One measurement for each task, of the times per run of all of its measurements."""
        times: dict = {}
        for each in measurements:
            times.setdefault(each.task_spec, []).extend(each.times)
        return [Measurement(1, found, task) for task, found in times.items()]

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

    @property
    def significant_figures(self):
        """About how many digits of the median mean something, from 1 to 5.

        What lies between the quartiles is taken as normally distributed; the digits are those that
        a 90 % confidence interval of its mean leaves.
        """
        times, count = sorted(self.times), len(self.raw_times)
        middle = times[count // 4 : math.ceil(3 * count / 4)]
        interval = max(1.645 * np.std(middle) / len(middle) ** 0.5, 1e-9)
        return min(max(int(math.log10(max(self.median / interval, 1))), 1), 5)

    @property
    def has_warnings(self):
        """Whether the times vary so much that `repr` says so."""
        return self.iqr > _WIDE * self.median

    @property
    def as_row_name(self):
        """The name of a table's row: the sub-label, or else the statement."""
        return self.sub_label or self.stmt or "[Unknown]"

    def meets_confidence(self, threshold=_WIDE):
        """Whether there are more than 3 measurements, whose `iqr` is below that of the median."""
        return len(self.raw_times) > 3 and self.iqr / self.median < threshold

    def __repr__(self):
        count, runs = len(self.raw_times), self.number_per_run
        each = "runs per measurement" if count > 1 else "runs "  # PyTorch leaves this blank
        threads = f"{self.num_threads} thread{'s' * (self.num_threads > 1)}"
        lines = [object.__repr__(self), self.task_spec.summarize(), *self._figures()]
        lines.append(f"  {count} measurement{'s' * (count != 1)}, {runs} {each}, {threads}")
        if self.has_warnings:
            lines += self._warning()
        return "\n".join(lines)

    def _figures(self):
        name, unit = select_unit(self.median)
        median = f"{self.median / unit:.2f} {name}"
        if len(self.raw_times) == 1:
            return [f"  {median}"]
        lines = [f"  Median: {median}"]
        if len(self.raw_times) > 3:
            lower, upper = np.quantile(self.times, (0.25, 0.75)) / unit
            iqr = self.iqr / unit
            lines.append(f"  IQR:    {iqr:.2f} {name} ({lower:.2f} to {upper:.2f})")
        return lines

    def _warning(self):
        share = self.iqr / self.median
        cause = (
            "This suggests significant environmental influence."
            if share > _VERY_WIDE
            else "This could indicate system fluctuation."
        )
        head = f"  WARNING: Interquartile range is {share:.1%} of the median measurement."
        return [head, " " * 11 + cause]
