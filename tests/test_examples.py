"""The examples are run, briefly, and PyTorch must print the same when their import is changed."""

import io
import re
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
OURS, THEIRS = "import rushlight as torch\n", "import torch\n"
BRIEF = {
    "digits_mlp.py": ["--epochs", "3"],
    "newton_logistic.py": ["--epochs", "4"],
    "pinn_oscillator.py": ["--epochs", "12"],
    "regression.py": ["--epochs", "3"],
    "scalar_descent.py": [],
    "spiral_classification.py": ["--epochs", "10"],
    "wine_checkpoint.py": ["--epochs", "4"],
}
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]\d+)?")


def run(source, name, monkeypatch, folder):
    """Run a program's source in this process, in a folder of its own; return what it prints."""
    monkeypatch.setattr(sys, "argv", [name, *BRIEF[name]])
    monkeypatch.chdir(folder)
    with redirect_stdout(io.StringIO()) as printed:
        exec(compile(source, name, "exec"), {"__name__": "__main__", "__doc__": "An example."})
    return printed.getvalue()


@pytest.fixture(params=sorted(BRIEF))
def name(request):
    pytest.importorskip("sklearn")
    pytest.importorskip("matplotlib")
    pytest.importorskip("tqdm")
    return request.param


def test_every_example_is_tested():
    if not EXAMPLES.is_dir():
        pytest.skip("not a checkout")
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(BRIEF)


def test_example_is_short_and_ordinary(name):
    source = (EXAMPLES / name).read_text(encoding="utf-8")
    assert source.count(OURS) == source.count("rushlight") == 1
    assert len(source.splitlines()) <= 100


def test_example_runs_and_prints_what_pytorch_prints(name, monkeypatch, tmp_path):
    source = (EXAMPLES / name).read_text(encoding="utf-8")
    ours = run(source, name, monkeypatch, tmp_path)
    assert NUMBER.search(ours)
    if name == "regression.py":
        assert (tmp_path / "regression.png").read_bytes().startswith(b"\x89PNG")
    pytest.importorskip("torch")
    theirs = run(source.replace(OURS, THEIRS), name, monkeypatch, tmp_path)
    assert NUMBER.sub("#", ours) == NUMBER.sub("#", theirs)
    expected = [pytest.approx(float(x), rel=2e-3, abs=2e-4) for x in NUMBER.findall(theirs)]
    assert [float(x) for x in NUMBER.findall(ours)] == expected
