"""The three programs of the tutorial run as they stand and print what PyTorch 2.13 printed.

The third shows its figures; its numbers may differ by float32's rounding, since sums of products
are added up in another order there.
"""

import importlib.util
import re
from decimal import Decimal
from pathlib import Path

import pytest
from runs import python, rushlight_run

SEEDS = Path(__file__).parent / "seeds"
NUMBER = re.compile(r"-?\d+\.\d*(?:e[+-]\d+)?")


def expected(name):
    return (SEEDS / f"{name}.expected.txt").read_text(encoding="utf-8")


def output(result):
    assert result.returncode == 0, result.stderr.decode()
    return re.sub(r"0x[0-9a-fA-F]+", "0x0", result.stdout.decode())


@pytest.mark.parametrize("name", ["1_scalar_descent", "2_detach"])
def test_program_prints_what_pytorch_prints(name, tmp_path):
    result = rushlight_run(SEEDS / f"{name}.py", cwd=tmp_path)
    assert output(result) == expected(name)
    assert result.stderr == b""


def test_linear_regression_prints_what_pytorch_prints(tmp_path):
    needs_its_libraries()
    result = rushlight_run("--seed", 0, SEEDS / "3_linear_regression.py", cwd=tmp_path)
    assert_same_numbers(output(result), expected("3_linear_regression"))
    assert {path.name for path in tmp_path.iterdir()} == {
        "3_linear_regression-figure-1.png",
        "3_linear_regression-figure-2.png",
    }


@pytest.mark.parametrize("name", ["1_scalar_descent", "2_detach", "3_linear_regression"])
def test_programs_run_with_their_imports_changed_instead(name, tmp_path):
    if name.startswith("3"):
        needs_its_libraries()
    source = (SEEDS / f"{name}.py").read_text(encoding="utf-8")
    source = source.replace("import torch\n", "import rushlight as torch\ntorch.manual_seed(0)\n")
    source = re.sub(r"^(from|import) torch\.", r"\1 rushlight.", source, flags=re.MULTILINE)
    changed = tmp_path / "changed.py"
    changed.write_text(source, encoding="utf-8")
    result = python(changed, cwd=tmp_path, env={"PYTHONUTF8": "1", "MPLBACKEND": "Agg"})
    assert_same_numbers(output(result), expected(name))


def needs_its_libraries():
    for module in ("sklearn", "matplotlib"):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")


def assert_same_numbers(actual, wanted):
    """The text is equal, and each number to a unit in the last place of float32, as printed."""
    assert NUMBER.sub("#", actual) == NUMBER.sub("#", wanted)
    for one, other in zip(NUMBER.findall(actual), NUMBER.findall(wanted)):
        unit = abs(Decimal(other)) * Decimal(2) ** -23
        distance = abs(Decimal(one) - Decimal(other))
        assert distance <= unit + last_digit(other), f"{one} instead of {other}"


def last_digit(number):
    return Decimal(1).scaleb(Decimal(number).as_tuple().exponent)
