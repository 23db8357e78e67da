"""`rushlight doctor`: what the report says, in the terminal and on the page, and its status."""

import re

import pytest

from tests.runs import python

PROGRAM = """\
import torch
from torch import nn
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
with torch.no_grad():
    model[0].bias[1] = -100.0
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for step in range(5):
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
    for each in nothing, count, "SGD(lr=0.01)", "0.weight", "train.py:10: 1 / 4":
        assert each in text
    for each in nothing, count, "0.weight", "<polyline", f"<html lang='{language}'>":
        assert each in page
    assert re.search(r" ms +\d+x  \w", text)
    assert not re.search(r"(?:src|href)=|https?://", page)


def test_findings_and_failures_are_errors(tmp_path):
    status, text, page = doctor(tmp_path, PROGRAM.replace("    optimizer.zero_grad()\n", ""))
    assert status == 1
    assert "GradientsNotZeroed" in text and "GradientsNotZeroed" in page
    status, text, page = doctor(tmp_path, PROGRAM + "raise ValueError('<no>')\n")
    assert status == 1
    assert "ValueError: <no>" in text and "ValueError: &lt;no&gt;" in page
