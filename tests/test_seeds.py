"""The three programs of the tutorial run as they stand and print what PyTorch 2.13 printed.

The third shows its figures; its numbers may differ in the last printed digit.
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


@pytest.mark.parametrize("name", ["1_scalar_descent", "2_detach"])
def test_program_runs_with_the_import_changed_instead(name, tmp_path):
    source = (SEEDS / f"{name}.py").read_text(encoding="utf-8")
    changed = tmp_path / "changed.py"
    changed.write_text(
        source.replace("import torch\n", "import rushlight as torch\n"), encoding="utf-8"
    )
    assert output(python(changed, cwd=tmp_path, env={"PYTHONUTF8": "1"})) == expected(name)


def test_linear_regression_prints_what_pytorch_prints(tmp_path):
    for module in ("sklearn", "matplotlib"):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")
    result = rushlight_run("--seed", 0, SEEDS / "3_linear_regression.py", cwd=tmp_path)
    assert_same_but_last_digits(output(result), expected("3_linear_regression"))
    assert {path.name for path in tmp_path.iterdir()} == {
        "3_linear_regression-figure-1.png",
        "3_linear_regression-figure-2.png",
    }


def assert_same_but_last_digits(actual, wanted):
    assert NUMBER.sub("#", actual) == NUMBER.sub("#", wanted)
    for one, other in zip(NUMBER.findall(actual), NUMBER.findall(wanted)):
        distance = abs(Decimal(one) - Decimal(other))
        assert distance <= last_digit(other), f"{one} instead of {other}"


def last_digit(number):
    return Decimal(1).scaleb(Decimal(number).as_tuple().exponent)
