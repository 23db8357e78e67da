"""Slices that are written, and gradients of slices: native, and the same as uncompiled."""

import pytest

import rushlight as torch
from tests.test_compile_pieces import both, outside

pytest.importorskip("llvmlite")

s = slice
INDICES = [
    0, -1, s(1, 3), s(-2, None), s(None), (..., 1), (s(None), s(1, 2)), (s(1, 3), s(2, 4)),
    (0, s(None), s(-1, None)), (1, 2, 3), (s(0, 4), ..., s(1, 4)), (s(1, 3), s(0, 2), s(2, 4)),
]  # fmt: skip


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_slices_written_and_their_gradients(index):
    x, y = torch.randn(4, 3, 5, requires_grad=True), torch.randn(4, 3, 5, requires_grad=True)

    def step(x, y):
        z = x * 2
        z[index] = y[index].tanh()
        z[index] += 1
        return torch.autograd.grad((z * z).sum() + y[index].exp().sum(), [x, y])

    assert not outside(both(step, x, y))


@pytest.mark.parametrize("part", [3, 2.5, "row", "double"], ids=str)
def test_what_is_written_is_made_to_fit(part):
    parts = {"row": torch.arange(3.0), "double": torch.randn(2, 3, dtype=torch.float64)}
    memory = torch.zeros(4, 3)

    def step(x):
        memory[1:3] = parts.get(part, part)
        memory[3] = x
        return memory * 2

    x = torch.randn(3)
    assert not outside(both(step, x))
    assert torch.equal(memory[3], x) and torch.equal(memory[0], torch.zeros(3))


@pytest.mark.parametrize("index", [s(None, None, 2), (s(0, 0),), (None, 1)], ids=str)
def test_other_slices_are_left_to_numpy(index):
    x = torch.randn(4, 3)

    def step(x):
        z = x + 1
        z[index] = 0.5
        return z.cumsum(0)

    both(step, x)


def test_batches_of_any_size():
    compiled = both(step_of_columns, torch.randn(5, 4))
    for size in (7, 3, 9):
        x = torch.randn(size, 4)
        torch.testing.assert_close(compiled(x), step_of_columns(x))


def step_of_columns(x):
    z = torch.zeros_like(x)
    z[:, 1:3] = x[:, :2] * 3
    z[0, 0] = 1
    return z
