"""NumPy's floating-point warnings stay away: 1 / 0 is inf, as in PyTorch, and nothing is said."""

import math
import subprocess
import sys

import pytest

import rushlight as torch

PROGRAM = """
import rushlight as torch
x = torch.tensor([-1.0, 0.0, 1e38], requires_grad=True)
print((x.log() + 1 / x).tolist())
x.sqrt().sum().backward()
(x * x * x).exp().sum().backward()
print(torch.tensor([1.0]) / 0, torch.tensor([1e10]).half())
w = torch.ones(1)
w /= 0
print(w)
"""


def run(*options):
    command = [sys.executable, *options, "-c", PROGRAM]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_numbers_out_of_range_are_no_warning():
    result = run()
    assert result.stderr == ""
    assert result.stdout.splitlines()[-1] == "tensor([inf])"


@pytest.mark.parametrize("number", [float, complex, math.exp, lambda x: torch.tensor([x, 1.0])])
def test_a_number_made_of_a_tensor_that_requires_grad_is_told_once(number):
    from rushlight.ops import warn

    warn._given.clear()
    x = torch.ones((), requires_grad=True)
    with torch.no_grad():
        number(x)
    assert (int(x), bool(x), x.item()) == (1, True, 1.0)
    with pytest.warns(
        UserWarning, match="^Converting a tensor with requires_grad=True to a scalar"
    ):
        number(x)
    number(x)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: torch.qr(torch.eye(2)), r"torch\.qr is deprecated"),
        (lambda: torch.cholesky(torch.eye(2)), r"torch\.cholesky is deprecated"),
        (
            lambda: torch.triangular_solve(torch.eye(2), torch.eye(2)),
            r"torch\.linalg\.solve_triangularand",
        ),
        (
            lambda: torch.chain_matmul(torch.eye(2), torch.eye(2)),
            r"Use torch\.linalg\.multi_dot instead",
        ),
        (
            lambda: torch.cross(torch.eye(3), torch.eye(3)),
            "without specifying the dim arg is deprecated",
        ),
        (lambda: torch.tensor(1).T, r"Tensor\.T is deprecated on 0-D tensors"),
        (lambda: torch.tensor(1).mT, r"Tensor\.mT is deprecated on 0-D tensors"),
        (lambda: torch.tensor(1).mH, r"Tensor\.mH is deprecated on 0-D tensors"),
        (lambda: torch.frombuffer(b"abc", dtype=torch.uint8), "The given buffer is not writable"),
        (
            lambda: torch.where(torch.tensor([1], dtype=torch.uint8), 1, 2),
            "received a uint8 condition",
        ),
        (
            lambda: torch.ones(3)[[[0, 1]]],
            "Using a non-tuple sequence for multidimensional indexing",
        ),
        (lambda: torch.ones(2).resize(2, 1), "non-inplace resize is deprecated"),
    ],
)
def test_what_is_deprecated_is_told(call, words, monkeypatch):
    monkeypatch.setattr("rushlight.ops.warn._given", set())
    with pytest.warns(UserWarning, match=words):
        call()
