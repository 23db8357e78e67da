"""Rows picked and added up, arrays put together: native, and the same as by NumPy."""

import numpy as np
import pytest

import rushlight as torch
from rushlight import nn
from tests.compiling import close, strictly

pytest.importorskip("llvmlite")


def outside(compiled):
    """The names of what NumPy runs within native code."""
    return [step[0].name for step in compiled.last.runner.steps if isinstance(step, tuple)]


def both(function, *args, calls=3):
    """Compare a function compiled and not; returns it compiled."""
    compiled = strictly(function, backend="native")
    for _ in range(calls):
        close(compiled(*args), function(*args))
    return compiled


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.int64, torch.bool])
def test_arrays_put_together(axis, dtype):
    x, y = torch.arange(24).reshape(2, 3, 4).to(dtype), torch.arange(24).reshape(2, 3, 4).to(dtype)
    compiled = both(lambda x, y: torch.cat([x, y.flip(0), x[:, :, :]], axis), x, y)
    assert not outside(compiled)


def test_arrays_of_different_sizes_and_their_gradient():
    x, y = torch.randn(2, 3, requires_grad=True), torch.randn(2, 5, requires_grad=True)

    def step(x, y):
        joined = torch.cat([x, y.tanh(), x.t().reshape(2, 3)], 1)
        return torch.autograd.grad((joined * joined).sum(), [x, y])

    assert not outside(both(step, x, y))


def test_rows_that_an_index_names():
    x = torch.randn(7, 3, 2)
    for index in (torch.tensor([3, 0, 3]), torch.randint(7, (2, 4))):
        compiled = both(lambda x, i: x[i] * 2, x, index)
        assert not outside(compiled)


def test_an_index_that_is_computed_or_negative():
    x = torch.randn(7, 3)
    both(lambda x: x[x.argmax(0)], x)
    compiled = both(lambda x, i: x[i], x, torch.tensor([-1, 2]))
    assert outside(compiled) == ["take"]


def test_an_index_out_of_range_raises_and_changes_nothing():
    x = torch.randn(7, 3)
    compiled = both(lambda x, i: x[i], x, torch.tensor([1, 2]))
    with pytest.raises(IndexError, match="index 7 is out of bounds"):
        compiled(x, torch.tensor([1, 7]))
    close(compiled(x, torch.tensor([1, -1])), x[[1, -1]])


@pytest.mark.parametrize("options", [{}, {"padding_idx": 2}, {"scale_grad_by_freq": True}])
@pytest.mark.parametrize("shape", [(5,), (2, 3), ()])
def test_embeddings(options, shape):
    torch.manual_seed(0)
    table = nn.Embedding(6, 4, **options)
    index = torch.randint(0, 6, shape)

    def step(index):
        found = table(index)
        (gradient,) = torch.autograd.grad((found * found).sum(), table.weight)
        return found, gradient

    compiled = both(step, index)
    assert options.get("scale_grad_by_freq") or not outside(compiled)


def test_embeddings_refuse_what_is_out_of_range():
    table = nn.Embedding(6, 4)
    compiled = both(lambda i: table(i), torch.tensor([1, 5]))
    for wrong in (6, -1):
        with pytest.raises(IndexError, match="index out of range in self"):
            compiled(torch.tensor([1, wrong]))


def test_rows_of_any_number():
    table = nn.Embedding(6, 4)

    def step(index):
        table.zero_grad()
        found = torch.cat([table(index), table(index.reshape(-1, 1)[:, 0])], 1)
        found.square().mean().backward()
        return found.detach(), table.weight.grad * 1

    compiled = strictly(step, backend="native")
    for n in (8, 8, 5, 5, 30, 30, 1, 1):
        index = torch.from_numpy(np.arange(n) % 6)
        close(compiled(index), step(index))
    assert compiled.last.runner.size == 1 and not outside(compiled)
