"""The benchmark runs and reports; no test asserts a time."""

import dataclasses
import json
import mmap
import os
import xml.etree.ElementTree

import pytest

from rushlight import bench
from rushlight.bench import memory, page, scaling, worker
from rushlight.bench.workloads import AIMS, WORKLOADS

#: the same workloads as smaller ones, on more data
LARGE = ("1M", "10M", "2048x1024", "1024", "epoch")


def test_every_workload_computes_what_pytorch_computes(torch):
    import rushlight

    for name, build in WORKLOADS.items():
        if name.endswith(LARGE):
            continue
        values = []
        for library in (rushlight, torch):
            library.manual_seed(0)
            step = build(library)
            values.append([float(step().detach().sum()) for _ in range(2)])
        assert values[0] == pytest.approx(values[1], rel=1e-4), name


def test_prints_a_row_for_each_workload(capfd, monkeypatch):
    monkeypatch.setattr(bench, "MIN_ROUNDS", 1)
    status = bench.main(
        [
            "import",
            "op_recorded",
            "linear_regression",
            "--peers",
            "--seconds",
            "0",
            "--threads",
            "1",
        ]
    )
    lines = capfd.readouterr().out.splitlines()
    assert status == 0
    assert [line.split()[0] for line in lines[2:]] == ["import", "a", "linear"]
    assert all(" ms" in line or " us" in line for line in lines[2:])


def test_says_which_peer_is_missing(capfd):
    bench.main(["op_recorded", "--peers", "no_such_library", "--seconds", "0"])
    assert "no_such_library is not installed" in capfd.readouterr().out


def test_ratio_is_the_median_over_neighbouring_slices():
    line = bench.row("what", "us", [[1.0, 2.0, 4.0, 2.0, 1.0], [3.0, 6.0, 12.0, 6.0, 3.0]])
    assert line.split() == ["what", "2.00", "us", "6.00", "us", "3.00x", "[3.00,", "3.00]"]


def test_aims_that_are_met_and_missed():
    score = bench.Score()
    assert score.note_times("chain_1k", [[7.0, 1.0, 2.0], [10.0, 5.0, 10.0]]) == "  0.20 of 0.7"
    assert score.note_times("import", [[5.0], [10.0]]) == "  0.50 of 0.12, missed"
    assert score.note_times("import", [[5.0]]) == ""
    assert score.note_memory("sort", [30.0, 20.0]).endswith("30.0 / 20.0 MB  1.50 of 1, missed")
    assert score.note_memory("mean", [0.4, 0.1]).endswith("0.4 / 0.1 MB  0.00 of 1")
    assert str(score) == (
        "2 of 4 aims are met; missed, with the aim: import 0.50 (0.12), memory of sort 1.50 (1)"
    )


def test_every_workload_has_an_aim():
    assert AIMS.keys() == {"import", *WORKLOADS}
    assert bench.parse([]).memory and not bench.parse(["import"]).memory


def test_what_a_child_holds_stays_there():
    seen = []
    assert worker.in_a_child(lambda x: seen.append(x) or 2 * x, 1.5) == 3.0
    assert seen == [] or not hasattr(os, "fork")


def test_different_values_are_remarked():
    assert bench.different([[1.0, 2.0], [1.0, 2.0]]) == ""
    assert "differ" in bench.different([[1.0, 2.0], [1.0, 2.1]])


def test_unknown_workload(capsys):
    with pytest.raises(SystemExit):
        bench.parse(["no_such_workload"])
    assert "unknown workload 'no_such_workload'" in capsys.readouterr().err


def test_compiled_steps_side_by_side(capfd, monkeypatch):
    monkeypatch.setattr(bench, "MIN_ROUNDS", 1)
    arguments = ["--compiled", "mlp_tanh", "--peers", "rushlight", "--seconds", "0"]
    assert bench.main([*arguments, "--threads", "1"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert "GFLOP/s" in lines[1] and "GB/s" in lines[1]
    assert lines[2].startswith("tanh MLP")
    assert [line.split()[0] for line in lines[3:]] == ["rushlight.compile", "rushlight"]
    assert " % of BLAS " in lines[3] and "first calls" in lines[3] and lines[3].endswith(" MB")


def test_a_peer_that_compiles_too_long_is_left_out(capfd, monkeypatch):
    monkeypatch.setattr(bench, "MIN_ROUNDS", 1)
    arguments = ["--compiled", "chain", "--peers", "rushlight", "--seconds", "0"]
    assert bench.main([*arguments, "--limit", "0.001"]) == 0
    *_, left_out, ours = capfd.readouterr().out.splitlines()
    assert left_out == "  rushlight can't do chain: its first calls take more than 0.001 s"
    assert ours.split()[0] == "rushlight.compile"


@pytest.fixture
def tiny(monkeypatch):
    """Growing workloads of tiny sizes."""
    monkeypatch.setattr(bench, "MIN_ROUNDS", 1)
    monkeypatch.setattr(bench, "SLICE", 0)
    for name, growing in scaling.GROWING.items():
        small = dataclasses.replace(growing, sizes=(2, 3, 4, 5))
        monkeypatch.setitem(scaling.GROWING, name, small)


def test_growing_workloads_run_at_any_size():
    import rushlight

    for growing in scaling.GROWING.values():
        assert growing.build(rushlight, 3)().isfinite()
        assert list(growing.sizes) == sorted(growing.sizes) and len(growing.sizes) == 4
        work = [max(growing.least(n)) for n in growing.sizes]
        assert work == sorted(work) and work[0] > 0


def test_scaling_writes_a_page_and_its_picture(tiny, tmp_path, capfd):
    command = ["--scaling", "--peers", "--seconds", "0", "--threads", "1", "--to", str(tmp_path)]
    assert bench.main([*command, "matmul"]) == 0
    assert bench.main([*command, "chain"]) == 0  # the other one stays
    lines = capfd.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["matmul", "chain"]
    measured = json.loads((tmp_path / "performance.json").read_text())["measured"]
    assert [each["name"] for each in measured] == ["chain", "matmul"]
    assert all(len(each["times"]["rushlight"]) == 4 for each in measured)
    page = (tmp_path / "performance.md").read_text()
    assert "](performance.svg)" in page and page.count("| slope |") == 2
    root = xml.etree.ElementTree.parse(tmp_path / "performance.svg").getroot()
    texts = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    labels = [scaling.GROWING[name].label for name in ("chain", "matmul")]
    assert {"rushlight", "the machine's limit", *labels} <= set(texts)
    assert len(list(root.iter("{http://www.w3.org/2000/svg}circle"))) == 8


def test_times_under_other_conditions_are_left_out(tmp_path):
    path = tmp_path / "performance.json"
    record = {"conditions": {"threads": 1}, "measured": [{"name": "chain", "sizes": [1]}]}
    path.write_text(json.dumps(record | {"limits": [5.0, 6.0]}))
    assert scaling._taken_up(path, {"threads": 2}) == ([0.0, 0.0], {})
    limits, found = scaling._taken_up(path, {"threads": 1})
    assert limits == [5.0, 6.0] and list(found) == ["chain"]


def test_least_time_is_that_of_the_slower_limit():
    found = scaling.Measured("matmul", [10])  # 6,000 operations, 1,600 bytes
    assert scaling.least(found, [1000.0, 800.0]) == [6.0]
    assert scaling.least(found, [1000.0, 200.0]) == [8.0]


def test_slope_is_the_exponent():
    assert page.slope([1, 2, 4, 8], [3.0, 12.0, 48.0, 192.0]) == pytest.approx(2)


def test_unknown_growing_workload(capsys):
    with pytest.raises(SystemExit):
        bench.parse(["--scaling", "op_recorded"])
    assert "unknown workload 'op_recorded'" in capsys.readouterr().err


def test_memory_adds_a_column(capfd, monkeypatch):
    monkeypatch.setattr(bench, "MIN_ROUNDS", 1)
    bench.main(["chain_100k", "--memory", "--peers", "--seconds", "0", "--threads", "1"])
    line = capfd.readouterr().out.splitlines()[-1]
    assert line.endswith(" MB") and 0.4 < float(line.split()[-2]) < 200


def test_the_peak_of_memory_begins_anew():
    memory.forget_peak()
    before = memory.peak()
    assert before > 5 and memory.peak() >= before
    with mmap.mmap(-1, 64 << 20) as block:  # bytes might lie in memory that has been kept
        for page in range(0, len(block), mmap.PAGESIZE):
            block[page] = 1
        assert memory.peak() > before + 30
