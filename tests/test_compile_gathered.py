"""Arrays that come about part by part are put together once."""

import pytest

import rushlight as torch
from rushlight.compile.passes.gathered import gather_parts
from rushlight.compile.programs.program import check
from tests.compiling import close, strictly


def written(x):
    out = torch.zeros(3, 6)
    for t in range(4):
        out[:, t] = x[t] * 2
    out[:, 4:6] = x[4:6].T
    return out


def with_gaps(x):
    out = x.T * 1.0
    out[:, 1] = x[0].exp()
    out[:, 3:5] = 0.5 * x[:2].T
    return out


def read_meanwhile(x):
    out = x.T * 1.0
    for t in range(1, 5):
        out[:, t] = out[:, t - 1] + x[t] - out[:, t + 1]
    return out


def overlapping(x):
    out = x.T * 1.0
    out[:, 1:3] = x[1:3].T * 2
    out[:, 2] = x[0] * 3
    return out


def looked_at(x):
    out, sums = x.T * 1.0, 0
    for t in range(4):
        out[:, t] = x[t].sin()
        sums = sums + out.sum()
    return out, sums


def in_parts(x):
    a, b = x.T.chunk(2, 1)
    return (a * b.exp()).sum() + x[2].sum() + (x[3:] * x[:3]).sum() + x.square().sum()


#: functions of (6, 3), with how many updates are left
CASES = {written: 0, with_gaps: 0, read_meanwhile: 0, overlapping: 2, looked_at: 4, in_parts: 0}


@pytest.mark.parametrize("function", CASES)
def test_parts_are_put_together(function):
    torch.manual_seed(0)
    x = torch.randn(6, 3, requires_grad=True)

    def step(x):
        x.grad = None
        made = function(x)
        first = made[0] if isinstance(made, tuple) else made
        (first * 1.5).sum().backward()
        return made

    compiled = strictly(step)
    for _ in range(3):
        found, grad = compiled(x), x.grad
        close(found, step(x))
        close(grad, x.grad)
    check(gather_parts(compiled.every_entry()[0].traced))


@pytest.mark.parametrize("function", CASES)
def test_updates_that_are_left(function):
    forwards = strictly(function)
    forwards(torch.randn(6, 3))
    program = check(gather_parts(forwards.every_entry()[0].traced))
    assert [i.kind for i in program.instructions].count("update") == CASES[function]


def test_gradients_of_slices_are_joined():
    x = torch.randn(6, 3, requires_grad=True)

    def step(x):
        x.grad = None
        total = 0
        for t in range(6):
            total = total + x[t].exp().sum()
        total.backward()

    compiled = strictly(step)
    compiled(x)
    compiled(x)
    names = [i.name for i in gather_parts(compiled.every_entry()[0].traced).instructions]
    assert "basic_put" not in names and names.count("concatenate") == 1
