"""The benchmark runs and reports; no test asserts a time."""

import pytest

from rushlight import bench
from rushlight.bench.workloads import WORKLOADS

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
    assert "% of the machine's limit" in lines[3]
