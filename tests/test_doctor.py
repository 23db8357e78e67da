"""`rushlight doctor`: what the report says, in the terminal and on the page, and its status."""

import math
import re
from types import SimpleNamespace

import numpy as np
import pytest

import rushlight as rl
from rushlight import nn
from rushlight.doctor.charts import chart, sparkline
from rushlight.doctor.clock import Clock
from rushlight.doctor.observe import Series
from rushlight.doctor.units import Activation, Units
from rushlight.explain import provenance
from tests.runs import python

PROGRAM = """\
import torch
from torch import nn
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
with torch.no_grad():
    model[0].bias[1] = -100.0
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for step in range(25):
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(torch.randn(8, 3)), torch.randn(8, 2))
    loss.backward()
    optimizer.step()
"""


def doctor(folder, program, language="en"):
    (folder / "train.py").write_text(program)
    done = python(
        "-m", "rushlight", "doctor", "train.py", cwd=folder, env={"RUSHLIGHT_LANG": language}
    )
    page = (folder / "train-doctor.html").read_text(encoding="utf-8")
    return done.returncode, done.stdout.decode(), page


@pytest.mark.parametrize(
    ("language", "nothing", "count"),
    [("en", "Nothing was found.", "26 parameters"), ("zh", "没有发现问题。", "26 个参数")],
)
def test_right_program(tmp_path, language, nothing, count):
    status, text, page = doctor(tmp_path, PROGRAM, language)
    assert status == 0
    dead = {"en": "model.1 (ReLU): 1 of 4   train.py:10", "zh": "model.1 (ReLU): 4 个中有 1 个"}
    for each in nothing, count, "SGD(lr=0.01)", "model.0.weight", dead[language]:
        assert each in text
    for each in nothing, count, "model.0.weight", "<path class='curve", f"<html lang='{language}'>":
        assert each in page
    assert re.search(r" ms  #+ +\d+x  train.py:10  loss = nn.functional", text)
    assert not re.search(r"(?:src|href)=|https?://", page)


def test_findings_and_failures_are_errors(tmp_path):
    status, text, page = doctor(tmp_path, PROGRAM.replace("    optimizer.zero_grad()\n", ""))
    assert status == 1
    assert "1. Gradients are never zeroed [to mend: GradientsNotZeroed]\n   Why: " in text
    assert "<h3>Gradients are never zeroed</h3>" in page
    assert re.search(r"class='row hit'><i>11</i> *optimizer.step\(\)</div>", page)
    status, text, page = doctor(tmp_path, PROGRAM + "raise ValueError('<no>')\n")
    assert status == 1
    assert "ValueError: <no>\ntrain.py:13  raise ValueError" in text
    assert "ValueError: &lt;no&gt;" in page and "<i>13</i>raise ValueError" in page


def test_time_counts_for_the_line_that_computed():
    clock = Clock()
    clock.begin_pass()
    apply = clock.watched_rules(SimpleNamespace(op=rl.exp.op, line=3), lambda g, edges: inner())

    def inner():
        clock.end(clock.begin("aten::mul"))
        return "result"

    assert apply(1.0, ()) == "result"
    clock.end_pass()
    clock.add("exp", 3, 0.5)
    assert clock.by_line.keys() == {3, provenance.here[0]}
    assert clock.by_op.keys() == {"exp", "backward()"}
    assert (clock.by_line[3].forward, clock.by_line[3].calls) == (0.5, 1)
    assert clock.by_line[3].backward == clock.by_op["exp"].backward > 0


@pytest.mark.parametrize(
    ("name", "slope", "none"),
    [("relu", 1.0, -1.0), ("relu6", 5.0, 7.0), ("sigmoid", 0.0, 20.0), ("tanh", 1.0, -9.0),
     ("gelu", 1.0, -6.0), ("silu", 1.0, -20.0), ("elu", -1.0, -9.0), ("softplus", 0.0, -9.0)],
)  # fmt: skip
def test_a_unit_without_slope_is_dead(name, slope, none):
    function = getattr(nn.functional, name)
    units = Units()
    watched = units.watcher(name)(function)
    x = rl.tensor([[slope, none], [none, none]])
    assert rl.equal(watched(x), function(x))
    for _ in range(15):
        watched(x)
    (found,) = units.dead(lambda layer: None)
    assert found[1:] == (name, 1, 2)
    x.requires_grad_()
    function(x).sum().backward()
    assert x.grad[0, 0] > 0.1 and (x.grad[:, 1].abs() < 2e-3).all()


def test_a_unit_that_dies_late_is_dead():
    use = Activation("relu", 0, None)
    for step in range(120):
        use.look(np.array([[True, step < 60]] * 25))
        assert use.dead() == (int(step >= 80), 2)


def test_curves():
    series = Series()
    for i in range(1000):
        series.add(i, math.inf if i > 900 else 0.5**i)
    thin = series.thinned()
    assert len(thin.values) <= 401 and thin.at[-1] == 999
    picture = chart([thin], 300, 100, "<step>")
    assert "class='broken'" in picture and "&lt;step&gt;" in picture
    assert "nan" not in picture and "inf" not in picture
    assert sparkline([1.0, math.nan, 2.0]) == "▁×█"
