"""Batches of any size: one further compilation for all of them, and the same results."""

import numpy as np
import pytest

import rushlight as torch
from rushlight import kernels, nn
from rushlight.compile.native import emit
from rushlight.compile.programs.family import Different, Families, Family, Template
from rushlight.compile.programs.program import Builder, check
from rushlight.compile.programs.sizes import Bound, Free
from rushlight.nn import functional as F
from tests.compiling import close, detached, quick_traces

pytest.importorskip("llvmlite")


@pytest.fixture(autouse=True, scope="module")
def only_new_objects():
    with quick_traces():
        yield


@pytest.fixture
def codes(monkeypatch):
    """A list of all native codes that are made."""
    made, original = [], emit.Code.__init__

    def note(self, program, passes=None):
        made.append(self)
        original(self, program, passes)

    monkeypatch.setattr(emit.Code, "__init__", note)
    monkeypatch.setattr(kernels, "_choice", "0")  # native code of kernels doesn't count
    return made


def digits():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(20, 32), nn.Tanh(), nn.LayerNorm(32), nn.Linear(32, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)

    def step(x, y):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def batches(*sizes):
    torch.manual_seed(1)
    return [(torch.randn(n, 20), torch.randint(0, 10, (n,))) for n in sizes]


def run(step, data):
    return [detached(step(*batch)).item() for batch in data]


def test_a_smaller_last_batch_costs_one_more_compilation(codes):
    data = batches(*[64, 64, 64, 37] * 3)
    expected = run(digits(), data)
    step = torch.compile(digits(), fullgraph=True)
    np.testing.assert_allclose(run(step, data), expected, rtol=1e-4)
    assert len(codes) == 2 and codes[1].program.free is not None


def test_further_sizes_cost_none(codes):
    data = batches(*[n for n in (64, 37, 5, 200, 1000, 2, 3, 37) for _ in range(3)])
    expected = run(digits(), data)
    step = torch.compile(digits(), fullgraph=True)
    np.testing.assert_allclose(run(step, data), expected, rtol=1e-4)
    assert len(codes) == 2
    assert "float32[37, 20]" in step.source and "float32[37, 20]" in str(step.program)


def test_dynamic_false_compiles_for_each_size(codes):
    step = torch.compile(digits(), dynamic=False)
    run(step, batches(*[n for n in (8, 6, 4) for _ in range(3)]))
    assert len(codes) == 3 and all(code.program.free is None for code in codes)


def test_the_loop_over_batches_is_native_for_all_sizes(codes):
    torch.manual_seed(1)
    data = torch.utils.data.TensorDataset(torch.randn(70, 20), torch.randint(0, 10, (70,)))
    losses = []
    for step in (digits(), torch.compile(digits(), fullgraph=True)):
        torch.manual_seed(2)
        found = []
        for size in (16, 9, 8):
            loader = torch.utils.data.DataLoader(data, size, shuffle=True)
            if hasattr(step, "over"):
                found += step.over(loader, epochs=3).tolist()
            else:
                found += [step(*batch).item() for _ in range(3) for batch in loader]
        losses.append(found)
    np.testing.assert_allclose(*losses, rtol=1e-4)
    assert len(codes) == 2


#: functions of x: float32[n, 6]; and whether any size is served by one native code
FUNCTIONS = {
    "softmax": (lambda x: torch.softmax(x, 0), True),
    "mean": (lambda x: x.mean(), True),
    "var": (lambda x: x.var(0), True),
    "parts": (lambda x: (x[1:] - x[:-1]) * x[-1], True),
    "flip": (lambda x: x.flip(0), True),
    "reshape": (lambda x: x.reshape(-1, 2).sum(1), True),
    "moment": (lambda x: x.t() @ x, True),
    "heads": (lambda x: x.reshape(-1, 2, 3) @ x.reshape(-1, 3, 2), True),
    "across": (lambda x: x.reshape(-1, 2, 3).permute(1, 0, 2).reshape(2, -1).sum(1), True),
    "count": (lambda x: x * len(x) ** 2 + x.shape[0] ** 0.5, True),
    "branch": (lambda x: x.tanh() if len(x) < 10 else x.exp(), True),
    "dropout": (lambda x: F.dropout(x, 0.5), True),
    "cat": (lambda x: torch.cat([x, x * 2]), True),
    "cumsum": (lambda x: x.cumsum(0), True),
    "largest": (lambda x: x.max(0).values, True),
    "expand": (lambda x: x[0].expand(len(x), 6) * x, True),
    "batch_norm": (lambda x: F.batch_norm(x, None, None, training=True), True),
    "gram": (lambda x: (x @ x.t()).tril().sum(1), False),
    "every second": (lambda x: x[::2].sum(0), False),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_any_size_gives_what_it_gives_uncompiled(name):
    function, shared = FUNCTIONS[name]

    def step(x):
        y = function(x)
        (x.grad,) = torch.autograd.grad((y * y).sum(), x)
        return y.detach(), x.grad * 1

    compiled = torch.compile(step)
    torch.manual_seed(0)
    for n in (8, 8, 12, 12, 4, 4, 64, 64, 300, 300, 2, 2):
        x = torch.randn(n, 6, requires_grad=True)
        torch.manual_seed(n)
        expected = step(x)
        torch.manual_seed(n)
        close(compiled(x), expected, 1e-4, 1e-3 if name == "gram" else 1e-4)  # its sums cancel
    sizes = [entry.runner.size for entry in compiled.every_entry()]
    assert (300 in sizes) is shared


def test_a_module_that_is_differentiated_outside(codes):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 8), nn.GELU(), nn.Linear(8, 3))
    compiled = torch.compile(model)
    for n in (8, 8, 12, 12, 4, 4, 30, 30):
        x = torch.randn(n, 6)
        for each in (model, compiled):
            model.zero_grad()
            each(x).square().mean().backward()
            grads = [p.grad.clone() for p in model.parameters()]
            if each is model:
                expected = grads
        close(grads, expected, 1e-4)
    assert len(codes) == 4  # forwards and backwards


def template(function):
    """The Template of a function of (Builder, size), for sizes 6 and 4."""

    def program(n):
        b = Builder()
        return b.finish(function(b, b.input((n, 3), "float32", "x"), n))

    return Template(program(6), program(4)), program


def test_programs_side_by_side():
    made, program = template(
        lambda b, x, n: b.elementwise("divide", b.reduce("add", x, (0,)), n * 3 + 0.5)
    )
    lowered = made.lowered()
    assert str(lowered).splitlines()[0] == "program(x: float32[B, 3], count: float32[])"
    assert check(lowered).free.example == 11
    member = Family(made).member(program(9))
    assert member.size == 9 and [float(x) for x in member.numbers] == [27.5]
    families = Families()
    assert families.enroll(program(6)) is None
    assert families.enroll(program(4)).size == 4 and len(families.families) == 1


@pytest.mark.parametrize(
    "function",
    [
        lambda b, x, n: b.elementwise("tanh" if n > 5 else "exp", x),
        lambda b, x, n: x if n > 5 else b.elementwise("exp", x),
        lambda b, x, n: b.view("slice", x, index=(slice(None, None, n // 2), slice(None))),
        lambda b, x, n: b.elementwise("add", x, b.fill((n * n // 4, 1, 1), 1.0, "float32")),
    ],
    ids=["names", "lengths", "steps", "shapes"],
)
def test_programs_that_are_not_alike(function):
    with pytest.raises(Different):
        made, program = template(function)
        Family(made).member(program(11))


def test_what_a_size_does_not_tell():
    size = Free(11).dim(1)
    for ask in (
        lambda: size * size, lambda: size // 2, lambda: size % 4, lambda: 100 % size,
        lambda: size / 2, lambda: float(size), lambda: size**2,
    ):  # fmt: skip
        with pytest.raises(Bound):
            ask()


def test_comparisons_bound_the_size():
    free = Free(11)
    size = free.dim(1)
    assert size > 3 and size < 64 and 2 * size - 1 >= 7
    assert (free.least, free.most) == (5, 63)
    assert size != 11 and size != 1 and 2 * size > size and size
    assert (free.least, free.most) == (5, 63)
    assert [n for n in (3, 5, 63, 64) if free.covers(n)] == [5, 63]
    assert divmod(6 * size + 1, 3) == (2 * size, 1) and 5 % (2 * size) == 5
