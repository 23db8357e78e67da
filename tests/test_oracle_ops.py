"""Operations on elements and reductions held against PyTorch, on PyTorch's own sample inputs."""

import importlib
import pathlib
import re

import numpy as np
import pytest
import test_arithmetic
import test_compare
import test_elementwise
import test_fourier
import test_rare
import test_reduce
import test_special
from expressions import evaluate

import rushlight as rl
import rushlight.special

torch = pytest.importorskip("torch")

TABLES = (
    test_arithmetic, test_compare, test_elementwise, test_fourier, test_rare, test_reduce,
    test_special,
)  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "printed"), [entry for table in TABLES for entry in table.VALUES]
)
def test_recorded_values_are_pytorchs(expression, printed):
    torch.manual_seed(0)
    assert repr(evaluate(expression, torch, test_rare.NAMES)) == printed


@pytest.mark.parametrize(
    ("expression", "kind", "message"), [entry for table in TABLES for entry in table.ERRORS]
)
def test_recorded_errors_are_pytorchs(expression, kind, message):
    with pytest.raises(kind) as caught:
        evaluate(expression, torch, test_rare.NAMES)
    assert str(caught.value).split("\n")[0] == message


# PyTorch's own samples, a few of each ---------------------------------------------------------------


@pytest.fixture(scope="module")
def coverage():
    """The comparison that writes `docs/coverage.md`."""
    pytest.importorskip("expecttest", reason="PyTorch's samples need it")
    return importlib.import_module("op_coverage")


@pytest.fixture(scope="module")
def reported():
    """What `docs/coverage.md` says that differs, as pairs of an entry and an aspect."""
    text = (pathlib.Path(__file__).parent.parent / "docs" / "coverage.md").read_text()
    return set(re.findall(r"^- `([^`]+)`, ([a-z ]+):", text, re.MULTILINE))


NAMES = (pathlib.Path(__file__).parent / "op_families.txt").read_text()
ENTRIES = [name for line in NAMES.splitlines() if line.startswith("    ") for name in line.split()]


@pytest.mark.parametrize("name", ENTRIES)
def test_what_differs_is_in_the_report(name, coverage, reported):
    found = coverage.Entry(coverage.RECORDS[name], count=1).failures()
    assert not [f"{k}: {v}" for k, v in found.items() if v and (name, k) not in reported]


# Complex numbers ----------------------------------------------------------------------------------

COMPLEX = (
    """
abs(z)|angle(z)|real(z)|imag(z)|conj(z)|sgn(z)|view_as_real(z)|exp(z)|log(z)|sin(z)|tanh(z)|sqrt(z)
z * conj(z)|z / (z + 1)|z ** 2|z ** z|2.0 ** z|reciprocal(z)|rsqrt(z)|acosh(z)|atan(z)|sigmoid(z)
var(z)|std(z)|mean(z)|prod(z)|cumprod(z, 0)|norm(z)|norm(z, 1)|logsumexp(z, 0)|sinc(z)|tan(z)
complex(real(z), imag(z) * 2)|logaddexp(z, z * 2)|addcmul(z, z, z)|where(abs(z) > 1, z, 0.0)
z + real(z)|z * real(z)|lerp(z, z * 2, 0.3)|expm1(z)|log1p(z)|square(z)|cumsum(z, 0)
""".replace("\n", "|")
    .strip("|")
    .split("|")
)


@pytest.mark.parametrize("expression", COMPLEX)
def test_gradients_of_complex_numbers(expression):
    from op_twins import same

    found = []
    for library in (torch, rl):
        z = library.tensor(np.array([1 + 2j, -0.3 + 0.7j, -2 - 0.5j]), requires_grad=True)
        value = eval(expression, {**vars(library), "z": z})
        loss = library.abs(value * (0.7 + 0.2j) + (1 + 1j)).sum()
        (first,) = library.autograd.grad(loss, z, create_graph=True)
        (second,) = library.autograd.grad(library.abs(first + 0.5j).sum(), z)
        found.append((value, first, second))
    for theirs, ours in zip(*found):
        same(theirs, ours)
