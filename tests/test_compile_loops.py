"""Loops over time stay loops: found again in the steps that were traced, and run as one body."""

import re

import numpy as np
import pytest

import rushlight as torch
from rushlight import nn
from rushlight.compile.native import llvm
from rushlight.compile.native.fuse import fuse
from rushlight.compile.native.plan import Plan
from rushlight.compile.native.source import executable
from rushlight.compile.passes import drop_dead, loops, roll_loops
from rushlight.compile.passes.periods import stretches
from rushlight.compile.programs.program import Builder, Program, check
from rushlight.compile.programs.sizes import Bound, Counter, Free
from tests.compiling import close, compare_steps, quick_traces, strictly

BACKENDS = ["numpy", pytest.param("native", marks=pytest.mark.skipif(
    not llvm.available(), reason="needs llvmlite"
))]  # fmt: skip
T = 7


@pytest.fixture(autouse=True, scope="module")
def _quick_traces():
    with quick_traces():
        yield


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    """Few steps are worth a loop."""
    monkeypatch.setattr(loops, "SHORTEST", 12)


def trained(cell, unrolled, lr=0.1):
    """(step, arguments, state) of a training step with a loop over time, which `unrolled` is."""
    head = nn.Linear(4, 1)
    parameters = [*cell.parameters(), *head.parameters()]
    optimizer = torch.optim.SGD(parameters, lr)

    def step(x, y):
        loss = (head(unrolled(cell, x)) - y).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step, (torch.randn(3, T, 2), torch.randn(3, T, 1)), [cell, head]


def rnn():
    def unrolled(cell, x):
        h, outs = torch.zeros(3, 4), []
        for t in range(T):
            h = cell(x[:, t], h)
            outs.append(h)
        return torch.stack(outs, 1)

    return trained(nn.RNNCell(2, 4), unrolled)


def gru():
    def unrolled(cell, x):
        h, outs = None, []
        for each in x.unbind(1):
            h = cell(each, h)
            outs.append(h.unsqueeze(1))
        return torch.cat(outs, 1)

    return trained(nn.GRUCell(2, 4), unrolled)


def lstm():
    def unrolled(cell, x):
        state, outs = None, []
        for t in range(T):
            state = cell(x[:, t], state)
            outs.append(state[0])
        return torch.stack(outs, 1)

    return trained(nn.LSTMCell(2, 4), unrolled)


def two_layers():
    cells = nn.ModuleList([nn.LSTMCell(2, 4), nn.LSTMCell(4, 4)])

    def unrolled(cells, x):
        first, second, outs = None, None, []
        for t in range(T):
            first = cells[0](x[:, t], first)
            second = cells[1](first[0], second)
            outs.append(second[0])
        return torch.stack(outs, 1)

    return trained(cells, unrolled)


def both_directions():
    cells = nn.ModuleList([nn.RNNCell(2, 2), nn.RNNCell(2, 2)])

    def unrolled(cells, x):
        forwards, backwards = [torch.zeros(3, 2)], [torch.zeros(3, 2)]
        for t in range(T):
            forwards.append(cells[0](x[:, t], forwards[-1]))
        for t in reversed(range(T)):
            backwards.append(cells[1](x[:, t], backwards[-1]))
        return torch.cat([torch.stack(forwards[1:], 1), torch.stack(backwards[:0:-1], 1)], -1)

    return trained(cells, unrolled)


def last_state():
    def unrolled(cell, x):
        h = torch.zeros(3, 4)
        for t in range(T):
            h = cell(x[:, t], h)
        return h.unsqueeze(1)

    return trained(nn.RNNCell(2, 4), unrolled)


def embedded():
    """The gradient of what each step reads is needed too, and chance is at work."""
    cell = nn.ModuleList([nn.Embedding(5, 2), nn.GRUCell(2, 4)])

    def unrolled(cell, x):
        e, h, outs = cell[0](x), None, []
        for t in range(T):
            h = cell[1](nn.functional.dropout(e[:, t], 0.25), h)
            outs.append(nn.functional.dropout(h))
        return torch.stack(outs, 1)

    step, (_, y), state = trained(cell, unrolled)
    return step, (torch.randint(0, 5, (3, T)), y), state


def written():
    """Each step is written into one array; gates are cut from one product."""
    w = torch.randn(6, 12, requires_grad=True)

    def step(x):
        w.grad = None
        out, h = torch.empty(3, T, 4), torch.zeros(3, 4)
        for t in range(T):
            i, f, o = (torch.cat([x[:, t], h], 1) @ w).chunk(3, 1)
            h = h * f.sigmoid() + i.tanh() * o.sigmoid()
            out[:, t] = h
        out.square().mean().backward()
        return out

    return step, (torch.randn(3, T, 2),), [w]


def sums():
    """The loss grows within the loop."""
    w = torch.randn(4, 4, requires_grad=True)

    def step(x):
        w.grad = None
        h, loss = torch.zeros(3, 4), 0
        for t in range(T):
            h = torch.tanh(x[t] + h @ w)
            loss = loss + h.square().mean()
        (loss / T).backward()
        return loss

    return step, (torch.randn(T, 3, 4),), [w]


def euler():
    k = torch.randn(5, requires_grad=True)

    def step(x, dt):
        k.grad = None
        v = torch.zeros(5)
        for _ in range(12):
            v = v - dt * k * torch.sin(x)
            x = x + dt * v
        x.square().sum().backward()
        return x, v

    return step, (torch.randn(5), torch.tensor(0.1)), [k]


def runge_kutta():
    """Each step holds the same instructions four times, and arrays that are made anew."""
    w = torch.randn(3, 3, requires_grad=True)

    def step(x):
        w.grad = None
        for _ in range(8):
            slope = lambda x: torch.tanh(x @ w) + x @ torch.tensor([[0.0, 0.1, 0.2]] * 3)
            k1 = slope(x)
            k2 = slope(x + 0.05 * k1)
            k3 = slope(x + 0.05 * k2)
            x = x + 0.1 / 6 * (k1 + 2 * k2 + 2 * k3 + slope(x + 0.1 * k3))
        x.square().sum().backward()
        return x

    return step, (torch.randn(2, 3),), [w]


def schedule():
    """Numbers of Python that are others in each step."""
    w = torch.randn(4)

    def step(target):
        x = w
        for t in range(10):
            x = x - 0.1 * 0.9**t * (x - target).tanh()
        w.copy_(x)
        return x.sum()

    return step, (torch.randn(4),), [w]


def descent():
    """An optimizer that is written out, differentiated through."""
    lr = torch.tensor(0.1, requires_grad=True)
    a = torch.randn(4, 4)

    def step(w):
        lr.grad = None
        for _ in range(8):
            loss = (a @ w).square().sum()
            (grad,) = torch.autograd.grad(loss, w, create_graph=True)
            w = w - lr * grad
        loss.backward()
        return loss

    return step, (torch.randn(4, requires_grad=True),), [lr]


def reversed_reads():
    def step(x):
        y, outs = torch.zeros(3), []
        for t in range(9):
            y = y * x[8 - t] + x[t : t + 2].mean(0).tanh()
            outs.append(y)
        return torch.stack(outs[::-1])

    return step, (torch.randn(10, 3),), []


def changing():
    """Every third step is another one."""

    def step(x):
        h = torch.zeros(3)
        for t in range(24):
            h = torch.tanh(h + x[t])
            if t % 3 == 2:
                h = h * 0.5 - x[t].exp()
        return h

    return step, (torch.randn(24, 3),), []


def nested():
    def step(x, w):
        h = x[0]
        for t in range(5):
            for _ in range(6):
                h = torch.tanh(h @ w + x[t]) * 0.5 + h.exp() * 0.1
            h = h + x[t].sigmoid() - 0.5
        return h

    return step, (torch.randn(5, 3, 4), torch.randn(4, 4)), []


def constant_within():
    """What is the same in all steps is worked out before them."""
    w = torch.randn(4, 4, requires_grad=True)

    def step(x):
        w.grad = None
        h = torch.zeros(3, 4)
        for t in range(T):
            h = (h @ torch.softmax(w, 0) + x[t]).tanh() * w.exp().sum()
        h.mean().backward()
        return h

    return step, (torch.randn(T, 3, 4),), [w]


def numbers_carried():
    def step(x):
        total, least = 0.0, torch.tensor(1.0)
        for t in range(9):
            least = torch.minimum(least, x[t].sum())
            total = total + (x[t] * least).sum()
        return total, least

    return step, (torch.randn(9, 3),), []


#: makers of steps, with how many loops there are in their Programs
CASES = {
    rnn: 2, gru: 2, lstm: 2, embedded: 2, written: 2, two_layers: 2, both_directions: 4, last_state: 2, sums: 2, euler: 2,
    schedule: 1, descent: 2, reversed_reads: 1, changing: 1, nested: 1, numbers_carried: 1,
    constant_within: 2, runge_kutta: 2,
}  # fmt: skip


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("make", CASES)
def test_loops_do_what_their_steps_do(make, backend):
    compiled = compare_steps(make, 3, 1e-4, backend=backend)
    found = [i for i in compiled.program.instructions if i.kind == "loop"]
    assert len(found) >= CASES[make]


@pytest.mark.parametrize("make", CASES)
def test_the_source_for_people_does_it_too(make):
    torch.manual_seed(0)
    step, args, _ = make()
    compiled = strictly(step)
    for _ in range(2):
        compiled(*args)
    entry = compiled.every_entry()[0]
    program = entry.traced
    rolled = check(roll_loops(drop_dead(program)))
    arrays = [np.asarray(x, y.dtype) for x, y in zip(entry.arrays(args), program.inputs)]
    fusion = fuse(rolled)
    Plan(fusion)
    for run in (rolled.run, executable(fusion)):
        expected, found = ([x.copy() for x in arrays] for _ in range(2))
        with np.errstate(all="ignore"):
            torch.manual_seed(1)
            made = run(*found)
            torch.manual_seed(1)
            close(made, program.run(*expected), 1e-4)
        close(found, expected, 1e-4)


def test_a_loop_within_a_loop():
    step, args, _ = nested()
    compiled = strictly(step)
    compiled(*args)
    (outer,) = [i for i in compiled.program.instructions if i.kind == "loop"]
    assert [i.kind for i in outer.params["body"].instructions].count("loop") == 1


@pytest.mark.skipif(not llvm.available(), reason="needs llvmlite")
def test_loops_within_the_loop_over_batches():
    batches = [(torch.randn(3, T, 2), torch.randn(3, T, 1)) for _ in range(4)]
    losses, states = [], []
    for native in (True, False):
        torch.manual_seed(0)
        step, _, (cell, head) = rnn()
        if native:
            step = torch.compile(step, backend="native")
            losses.append(step.over(batches, epochs=3))
            assert [i.kind for i in step.program.instructions].count("loop") == 2
        else:
            losses.append(torch.stack([step(*b).detach() for _ in range(3) for b in batches]))
        states.append([*cell.parameters(), *head.parameters()])
    close(*losses, 1e-4)
    for one, other in zip(*states, strict=True):
        close(one, other, 1e-4, 1e-5)


@pytest.mark.parametrize("backend", BACKENDS)
def test_sequences_of_several_lengths(backend):
    cell = nn.RNNCell(2, 4)

    def step(x):
        h = torch.zeros(3, 4)
        for each in x:
            h = cell(each, h)
        (grad,) = torch.autograd.grad(h.sum(), cell.weight_hh)
        return h.detach(), grad

    compiled = strictly(step, backend=backend)
    for length in (6, 9, 6, 9, 9, 20, 20):
        x = torch.randn(length, 3, 2)
        close(compiled(x), step(x), 1e-4)
    assert len(compiled.every_entry()) == 3


def test_a_free_size_leaves_loops_to_each_size():
    program = program_of(16)
    free = Free(101)
    with pytest.raises(Bound, match="a loop over time"):
        roll_loops(program.replace(free=free))


def test_what_is_the_same_in_all_steps_is_worked_out_once():
    step, args, _ = constant_within()
    compiled = strictly(step)
    for _ in range(2):
        compiled(*args)
    loop, _ = (i for i in compiled.program.instructions if i.kind == "loop")
    names = [i.name for i in loop.params["body"].instructions]
    assert sorted(names) == ["add", "matmul", "multiply", "slice", "tanh"]


def test_it_is_read_as_a_loop():
    step, args, _ = rnn()
    compiled = strictly(step)
    for _ in range(2):
        compiled(*args)
    text = re.sub(" +# .*", "", str(compiled.program))
    assert text.splitlines()[1:15] == [
        "  v0 = fill(value=0.0)",
        "  v1 = v0",
        "  v2 = empty((7, 3, 4))",
        "  for t in range(7):",
        "    v3 = slice(x, index=(slice(None, None, None), t, slice(None, None, None)))",
        "    v4 = matmul(v3, cell_weight_ih, transpose_b=True)",
        "    v5 = add(v4, cell_bias_ih)",
        "    v6 = matmul(v1, cell_weight_hh, transpose_b=True)",
        "    v7 = add(v6, cell_bias_hh)",
        "    v8 = add(v5, v7)",
        "    v9 = tanh(v8)",
        "    v2[t] = v9",
        "    v1 = v9",
        "  v10 = reshape(v2, shape=(7, 3, 1, 4))",
    ]


def program_of(steps, outputs=1):
    """A Program of `steps` steps that add a slice; the last ones are returned."""
    b = Builder()
    x = y = b.input((20, 3), "float32", "x")
    y, made = b.view("slice", x, index=(0,)), []
    for t in range(steps):
        y = b.elementwise("add", y, b.elementwise("exp", b.view("slice", x, index=(t,))))
        made.append(y)
    return b.finish(*made[-outputs:])


@pytest.mark.parametrize("outputs", [1, 2, 16])
def test_what_is_wanted_of_steps(outputs):
    program = program_of(16, outputs)
    rolled = check(roll_loops(program))
    (loop,) = [i for i in rolled.instructions if i.kind == "loop"]
    assert len(loop.params["body"].outputs) == (outputs > 1)
    x = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
    close(rolled.run(x), program.run(x))


def test_large_arrays_of_which_few_rows_are_wanted_are_not_made(monkeypatch):
    program = program_of(16)
    some = program.replace(outputs=[program.instructions[i].result for i in (8, 32)])
    assert any(i.kind == "loop" for i in roll_loops(some).instructions)
    monkeypatch.setattr(loops, "LARGE", 100)
    assert roll_loops(some) is some
    assert any(i.kind == "loop" for i in roll_loops(program).instructions)


def test_few_steps_are_written_out():
    program = program_of(6)
    assert roll_loops(program) is program


def test_what_repeats_is_found():
    numbers = np.array([9, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 4, 4, 4, 4, 4, 8])
    assert stretches(numbers, 4, 3) == [(1, 12, 3), (12, 17, 1)]
    assert stretches(numbers, 8, 3) == [(1, 12, 3)]


def test_a_counter_is_compared_for_all_steps():
    t = Counter(10).dim(1)
    assert t >= 0 and t < 10 and 9 - t >= 0 and 2 * t > -1
    for compare in (lambda: t < 5, lambda: t > 0, lambda: 9 - t > 3):
        with pytest.raises(Bound, match="compared"):
            compare()


def test_a_malformed_loop_is_refused():
    rolled = roll_loops(program_of(16))
    at, loop = next((i, x) for i, x in enumerate(rolled.instructions) if x.kind == "loop")
    for wrong, message in (
        (loop.replace(operands=loop.operands[::-1]), "a loop has"),
        (loop.replace(params={"body": loop.params["body"].replace(writes=[(1, loop.result)])}),
         "never made|carried on"),
    ):  # fmt: skip
        instructions = [*rolled.instructions[:at], wrong, *rolled.instructions[at + 1 :]]
        with pytest.raises(ValueError, match=message):
            check(Program(rolled.inputs, instructions, rolled.outputs))
