"""`rushlight show`: what a program's compiled functions became, as a page."""

import subprocess
import sys

import pytest

from rushlight.cli import UsageError, show

PROGRAM = """
import torch
w = torch.ones(3, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1)

@torch.compile(backend="numpy")
def descend(x):
    optimizer.zero_grad()
    loss = (w * x < 7).sum() + (w * x).sum()
    loss.backward()
    optimizer.step()
    return loss

for _ in range(3):
    descend(torch.ones(3))
model = torch.compile(torch.nn.Linear(3, 1), backend="numpy")
for _ in range(3):
    model(torch.ones(2, 3)).sum().backward()
raise SystemExit(0)
"""


def test_a_page_complete_in_itself(tmp_path):
    (tmp_path / "step.py").write_text(PROGRAM)
    command = [sys.executable, "-m", "rushlight", "show", "step.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "rushlight show: step.html\n"
    page = (tmp_path / "step.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert "http" not in page
    for text in (
        "descend: the source that runs",
        "descend: the Program",
        "Linear: the source of its backward pass",
        "<b># backward</b>",
        "less(",
    ):
        assert text in page
    assert "<script" not in page


def test_a_program_that_compiles_nothing(tmp_path):
    command = [sys.executable, "-m", "rushlight", "show", "-c", "print(1)"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stdout == "1\nrushlight show: the program compiled no function\n"


def test_wrong_command_lines(capsys):
    with pytest.raises(UsageError, match="show has no option --page"):
        show("show", ["--page", "x.py"])
    assert show("show", []) == 0
    assert "rushlight show" in capsys.readouterr().out
