"""Profiles: what they note, sum and show."""

from __future__ import annotations

import gzip
import json

import pytest

import rushlight as rl
from rushlight import profiler
from rushlight.autograd.profiler import profile, record_function
from rushlight.autograd.profiler_util import in_words


def test_operations_and_backward_passes_are_noted():
    x = rl.ones(2, 3, requires_grad=True)
    with profile(record_shapes=True) as prof:
        (x * x).sum().backward()
    names = [event.name for event in prof.function_events]
    assert names[:2] == ["aten::mul", "aten::sum"]
    assert "MulBackward0" in names
    assert prof.function_events[0].input_shapes == [[2, 3], [2, 3]]
    assert rl.equal(x.grad, rl.full((2, 3), 2.0))


def test_nothing_is_noted_outside():
    with profile() as prof:
        pass
    rl.ones(2) * 2
    assert prof.function_events == []
    assert not rl.autograd.engine.fast.is_intercepted()


def test_blocks_contain_what_runs_in_them():
    @record_function("double")
    def double(x):
        return x * 2

    with profile() as prof:
        double(rl.ones(2))
    outer, inner = prof.function_events
    assert (outer.name, inner.name) == ("double", "aten::mul")
    assert inner.cpu_parent is outer
    assert outer.cpu_children == [inner]
    assert outer.self_cpu_time_total == outer.cpu_time_total - inner.cpu_time_total


def test_sums_and_tables():
    with profile() as prof:
        for _ in range(3):
            rl.ones(2) * 2 + 1
    averages = {event.key: event for event in prof.key_averages()}
    assert averages["aten::mul"].count == 3
    assert prof.total_average().count == 6
    lines = prof.key_averages().table(sort_by="cpu_time_total", row_limit=1).splitlines()
    assert lines[1].split()[:3] == ["Name", "Self", "CPU"]
    assert len(lines) == 6
    assert lines[-1].startswith("Self CPU time total: ")


def test_a_disabled_profile_does_nothing():
    with profile(enabled=False) as prof:
        rl.ones(2) * 2
    assert prof is None


def test_a_profile_is_entered_once():
    prof = profile()
    with pytest.raises(RuntimeError, match="Profiler didn't finish running"):
        prof.table()
    with prof:
        pass
    with pytest.raises(RuntimeError, match="Profiler context manager is not reentrant"):
        prof.__enter__()


def test_an_error_ends_the_profile():
    with pytest.raises(RuntimeError, match="must match"), profile():
        rl.ones(2) * rl.ones(3)
    assert not rl.autograd.engine.fast.is_intercepted()


def test_a_schedule_picks_steps():
    traces = []
    plan = profiler.schedule(wait=1, warmup=1, active=2, repeat=2)
    with profiler.profile(
        activities=[profiler.ProfilerActivity.CPU],
        schedule=plan,
        on_trace_ready=lambda prof: traces.append([e.name for e in prof.events()]),
    ) as prof:
        for _ in range(10):
            rl.ones(2) * 2
            prof.step()
    one = ["aten::mul"]
    assert [[n for n in names if n == "aten::mul"] for names in traces] == [one * 2, one * 2]
    with pytest.raises(AssertionError, match="Invalid profiler schedule arguments"):
        profiler.schedule(wait=0, warmup=0, active=0)


def test_traces_are_written(tmp_path):
    handler = profiler.tensorboard_trace_handler(str(tmp_path / "log"))
    with profiler.profile(on_trace_ready=handler):
        rl.ones(2) * 2
    (path,) = (tmp_path / "log").iterdir()
    assert names_in(path.read_text()) == ["aten::mul"]


@pytest.mark.parametrize(("time", "text"), [(1.5, "1.500us"), (2500, "2.500ms"), (3e6, "3.000s")])
def test_times_have_units(time, text):
    assert in_words(time) == text


def names_in(trace):
    return [event["name"] for event in json.loads(trace)["traceEvents"]]


def test_packed_traces(tmp_path):
    with profiler.profile() as prof:
        rl.ones(2) * 2
    prof.export_chrome_trace(tmp_path / "trace.json.gz")
    with gzip.open(tmp_path / "trace.json.gz", "rt") as file:
        assert names_in(file.read()) == ["aten::mul"]


def test_memory_is_that_of_what_is_made():
    x = rl.ones(300)
    with profiler.profile(profile_memory=True) as prof:
        with record_function("block"):
            y = x.view(2, 150) + 1
            y.sort()
    sizes = {event.key: event.self_cpu_memory_usage for event in prof.events()}
    assert (sizes["aten::view"], sizes["aten::add"], sizes["aten::sort"]) == (0, 1200, 3600)
    assert sizes["block"] == 0
    averages = prof.key_averages()
    assert {event.key: event.cpu_memory_usage for event in averages}["block"] == 4800
    table = averages.table(sort_by="self_cpu_memory_usage", row_limit=1)
    assert "Self CPU Mem" in table and "3.52 KB" in table.splitlines()[3]


def test_stacks_lead_to_the_program(tmp_path):
    def double(x):
        return x * 2

    with profiler.profile(with_stack=True) as prof:
        double(rl.ones(2))
    assert prof.events()[0].stack[0].split(": ")[1] == "double"
    grouped = prof.key_averages(group_by_stack_n=1)
    assert __file__ in grouped.table() and "Source Location" in grouped.table()
    prof.export_stacks(tmp_path / "stacks")
    *frames, last = (tmp_path / "stacks").read_text().split(";")
    assert frames and last.split()[0].endswith(":_double")
    with pytest.raises(ValueError, match=r"^metric should be one of: \['self_cpu_time_total', "):
        prof.export_stacks(tmp_path / "stacks", "time")
    with pytest.raises(AssertionError, match=r"export_stacks\(\) requires with_stack=True"):
        unstacked().export_stacks(tmp_path / "stacks")


def unstacked():
    with profiler.profile() as prof:
        pass
    return prof


def test_other_devices_are_not_there():
    with pytest.warns(UserWarning, match="^CUDA is not available, disabling CUDA profiling"):
        profiler.profile(activities=[profiler.ProfilerActivity.CUDA])
    with profiler.profile() as prof:
        rl.ones(2) * 2
    event = prof.key_averages()[0]
    assert event.device_time_total == event.cuda_time_total == 0
