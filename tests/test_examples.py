"""The examples are run, briefly, and print what PyTorch prints when their import is changed.

They are run as by `rushlight run --strict`: none of them makes a silent mistake. What PyTorch printed is recorded in tests/examples, by `python -m tests.test_examples`.
"""

import builtins
import io
import re
import sys
import warnings
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import pytest

from rushlight.explain import provenance
from rushlight.explain.mistakes import watch
from rushlight.runner import marks

RECORDED = Path(__file__).parent / "examples"
EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
OURS, THEIRS = "import rushlight as torch\n", "import torch\n"
BRIEF = {
    "actor_critic_gridworld.py": "--episodes 40",
    "cnn_digits.py": "--epochs 2",
    "custom_function.py": "--epochs 4",
    "date_translation.py": "--epochs 1",
    "digits_mlp.py": "--epochs 3",
    "gan_digits.py": "--epochs 2",
    "gaussian_process.py": "--steps 12",
    "gpt_primer.py": "--steps 36",
    "graph_attention_karate.py": "--epochs 60",
    "gru_next_row.py": "--epochs 5",
    "lbfgs_growth.py": "--steps 60",
    "lstm_primer.py": "--epochs 2 --length 40",
    "maml_sines.py": "--steps 10",
    "matrix_factorization.py": "--epochs 5",
    "neural_ode_lynx.py": "--epochs 24",
    "newton_logistic.py": "--epochs 4",
    "normalizing_flow.py": "--epochs 5",
    "pinn_oscillator.py": "--epochs 12",
    "policy_gradient_cartpole.py": "--episodes 16",
    "quantile_regression.py": "--epochs 10",
    "regression.py": "--epochs 3",
    "scalar_descent.py": "",
    "siamese_digits.py": "--epochs 1",
    "softmax_iris.py": "--epochs 100",
    "spiral_classification.py": "--epochs 10",
    "super_resolution.py": "--epochs 2",
    "transfer_digits.py": "--epochs 2 --new-epochs 10",
    "vae_digits.py": "--epochs 6",
    "wine_checkpoint.py": "--epochs 4",
    "word_vectors.py": "--epochs 10",
}
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]\d+)?")


@contextmanager
def strictly():
    """As under `rushlight run --strict`: gives the compiler that marks lines."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(vars(builtins), marks.NAME, provenance.here)
        patch.setenv("RUSHLIGHT_LANG", "en")
        watch.install(strict=True)
        try:
            yield marks.compile_marked
            watch.finish()
        finally:
            watch.uninstall()


def run(name, imported, folder, compiled=lambda source, name: compile(source, name, "exec")):
    """What an example prints when it is run in this process, in a folder of its own."""
    path = EXAMPLES / name
    source = path.read_text(encoding="utf-8").replace(OURS, imported)
    names = {"__name__": "__main__", "__doc__": "An example.", "__file__": str(path)}
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as printed:
        patch.setattr(sys, "argv", [name, *BRIEF[name].split()])
        patch.chdir(folder)
        exec(compiled(source, name), names)
        names["torch"].set_default_dtype(names["torch"].float32)
    return printed.getvalue()


def assert_same(printed, expected):
    """The same text, and numbers that agree to 0.1 % or to the last digits that are printed."""
    assert NUMBER.sub("#", printed) == NUMBER.sub("#", expected)
    numbers = [pytest.approx(float(x), rel=1e-3, abs=2e-4) for x in NUMBER.findall(expected)]
    assert [float(x) for x in NUMBER.findall(printed)] == numbers


@pytest.fixture(params=sorted(BRIEF))
def name(request):
    for package in ("matplotlib", "PIL", "sklearn", "tqdm"):
        pytest.importorskip(package)
    return request.param


def test_every_example_is_tested():
    if not EXAMPLES.is_dir():
        pytest.skip("not a checkout")
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(BRIEF)


def test_example_is_short_and_ordinary(name):
    source = (EXAMPLES / name).read_text(encoding="utf-8")
    assert source.count(OURS) == source.count("rushlight") == 1
    assert len(source.splitlines()) <= 100


def test_example_prints_what_was_recorded(name, tmp_path):
    with strictly() as compiled:
        printed = run(name, OURS, tmp_path, compiled)
    assert NUMBER.search(printed)
    assert_same(printed, (RECORDED / name).with_suffix(".expected").read_text(encoding="utf-8"))
    if name == "regression.py":
        assert (tmp_path / "regression.png").read_bytes().startswith(b"\x89PNG")


def test_recording_is_what_pytorch_prints(name, tmp_path):
    pytest.importorskip("torch")
    recorded = (RECORDED / name).with_suffix(".expected").read_text(encoding="utf-8")
    assert_same(run(name, THEIRS, tmp_path), recorded)


if __name__ == "__main__":
    import tempfile

    warnings.simplefilter("ignore")
    for each in sorted(sys.argv[1:] or BRIEF):
        with tempfile.TemporaryDirectory() as scratch:
            text = run(each, THEIRS, scratch)
        (RECORDED / each).with_suffix(".expected").write_text(text, encoding="utf-8")
