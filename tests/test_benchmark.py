"""Timing: what is run how often, and how the figures are shown."""

import re

import pytest

from rushlight.utils.benchmark import Compare, Measurement, TaskSpec, Timer


def test_timeit_runs_the_statement():
    runs = []
    timer = Timer("runs.append(x)", setup="x = 2", globals={"runs": runs})
    assert timer.timeit(500).number_per_run == 500
    assert runs == [2] * 505  # the first five are not measured


def test_global_setup_and_several_lines():
    timer = Timer(
        """
        for i in range(2):
            y = f(i)
        """,
        global_setup="def f(x): return x + 1",
    )
    assert timer.timeit(10).median > 0


def fake(times, **options):
    task = TaskSpec(**{"stmt": "x + y", "setup": "pass", **options})
    return Measurement(100, [100 * each for each in times], task)


@pytest.mark.parametrize(
    "measurement, text",
    [
        (
            fake([45.89e-9], setup="y = 2"),
            "x + y\nsetup: y = 2\n  45.89 ns\n  1 measurement, 100 runs , 1 thread",
        ),
        (
            fake([2e-6] * 3, label="L", sub_label="sub", description="desc", num_threads=2),
            "L: sub\ndesc\n  Median: 2.00 us\n"
            "  3 measurements, 100 runs per measurement, 2 threads",
        ),
        (
            fake([1e-3, 1.1e-3, 1.2e-3, 1.3e-3, 1.4e-3]),
            "x + y\n  Median: 1.20 ms\n  IQR:    0.20 ms (1.10 to 1.30)\n"
            "  5 measurements, 100 runs per measurement, 1 thread\n"
            "  WARNING: Interquartile range is 16.7% of the median measurement.\n"
            "           This could indicate system fluctuation.",
        ),
        (
            fake([1e-3, 1e-3, 2e-3, 2e-3], stmt="x = 1\ny = 2", setup="a = 1\nb = 2"),
            "stmt:\n  x = 1\n  y = 2\n\nsetup:\n  a = 1\n  b = 2\n\n  Median: 1.50 ms\n"
            "  IQR:    1.00 ms (1.00 to 2.00)\n"
            "  4 measurements, 100 runs per measurement, 1 thread\n"
            "  WARNING: Interquartile range is 66.7% of the median measurement.\n"
            "           This suggests significant environmental influence.",
        ),
    ],
)
def test_as_pytorch_prints_it(measurement, text):
    first, rest = repr(measurement).split("\n", 1)
    assert re.match(
        r"<torch\.utils\.benchmark\.utils\.common\.Measurement object at 0x\w+>$", first
    )
    assert rest == text


def test_statistics():
    measurement = fake([1.0, 2.0, 3.0, 4.0])
    assert (measurement.median, measurement.mean) == (2.5, 2.5)
    assert measurement.iqr == pytest.approx(1.5)
    assert not measurement.meets_confidence()
    assert fake([1.0] * 4).meets_confidence()


def test_automatic_numbers_of_runs():
    blocked = Timer("sum(range(10))").blocked_autorange(min_run_time=0.01)
    assert sum(blocked.raw_times) >= 0.01 and blocked.number_per_run >= 10
    adaptive = Timer("sum(range(100))").adaptive_autorange(min_run_time=0.001, max_run_time=0.05)
    assert adaptive.raw_times


def test_only_text_is_timed():
    with pytest.raises(ValueError, match=r"^Currently only a `str` stmt is supported\."):
        Timer(print)


def test_a_measurement_answers_for_its_task():
    measurement = fake([1.0, 1.001, 1.002, 1.003], label="L", sub_label="S", env="here")
    assert (measurement.label, measurement.env, measurement.title) == ("L", "here", "L: S")
    assert (measurement.stmt, measurement.as_row_name) == ("x + y", "S")
    assert not measurement.has_warnings and measurement.significant_figures == 3
    assert Timer("1", description="D").timeit(3).description == "D"
    with pytest.raises(AttributeError, match="'Measurement' object has no attribute 'colour'"):
        measurement.colour


def test_measurements_of_one_task_are_merged():
    one, other = fake([1.0, 2.0]), fake([3.0])
    (merged,) = Measurement.merge([one, other])
    assert (merged.number_per_run, merged.times) == (1, [1.0, 2.0, 3.0])


def test_measurements_are_compared_in_tables():
    def measured(seconds, **names):
        return Measurement(1, [seconds], TaskSpec("pass", "", label="sum", **names))

    compare = Compare([measured(3e-6, sub_label="[2]", description="loop")])
    compare.extend_results(
        [
            measured(1.25e-4, sub_label="[9]", description="loop", num_threads=2),
            measured(4e-6, sub_label="[2]", description="with numpy"),
        ]
    )
    compare.colorize()
    assert str(compare).splitlines() == [
        "[------------- sum --------------]",
        "           |   loop  |  with numpy",
        "1 threads: -----------------------",
        "      [2]  |    3.0  |     4.0    ",
        "2 threads: -----------------------",
        "      [9]  |  125.0  |            ",
        "",
        "Times are in microseconds (us).",
    ]


def test_tables_show_the_digits_that_can_be_relied_on():
    compare = Compare([fake([1.0, 1.2, 1.3, 1.4]), fake([2.0], stmt="exact")])
    assert [line.split()[-1] for line in str(compare).splitlines()[3:5]] == ["1.2", "2.0"]
    compare.trim_significant_figures()
    assert [line.split()[-1] for line in str(compare).splitlines()[3:5]] == ["1", "2.0"]
