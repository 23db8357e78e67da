"""A statement, given as text, that is run and timed."""

from __future__ import annotations

import textwrap
import time

import numpy as np

from rushlight.utils.benchmark.measurement import Measurement, TaskSpec

__all__ = ["Timer"]


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
        stmt, setup, global_setup = (_flush_left(code) for code in (stmt, setup, global_setup))
        titles = label, sub_label, description, env, num_threads
        self._task_spec = TaskSpec(stmt, setup, global_setup, *titles)
        self._clock = timer
        self._names = dict(globals or {})
        exec(global_setup, self._names)
        self._loop = self._compile()

    def _compile(self):
        lines = [
            "def _loop(_number, _clock):",
            textwrap.indent(self._task_spec.setup, "    "),
            "    _start = _clock()",
            "    for _ in range(_number):",
            textwrap.indent(self._task_spec.stmt, "        "),
            "    return _clock() - _start",
        ]
        exec(compile("\n".join(lines), "<timeit-src>", "exec"), self._names)
        return self._names["_loop"]

    def _time(self, number):
        return self._loop(number, self._clock)

    def timeit(self, number=1000000):
        """One measurement of `number` runs, after some that aren't measured."""
        self._time(max(number // 100, 2))
        return Measurement(number, [self._time(number)], self._task_spec)

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
            measured = Measurement(number, times, self._task_spec)
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
        return Measurement(number, times, self._task_spec)


def _flush_left(code):
    return textwrap.dedent(code).strip()
