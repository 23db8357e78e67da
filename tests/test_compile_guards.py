"""What a compiled function sees of Python: changed outside it is seen, changed inside it is done."""

import dataclasses
import functools
import gc
import itertools
import os
import sys
from collections import OrderedDict, deque

import pytest
from compiling import Compiled, close, eager_reason, strictly

import rushlight as torch
from rushlight import nn
from rushlight.autograd.tape import hooks_exist

X = torch.tensor([1.0, 2.0])


@pytest.fixture(autouse=True)
def _hooks_are_gone():
    """Functions are compiled anew when the hooks that a test has left behind go, whenever that is."""
    yield
    if hooks_exist[0]:
        gc.collect()


class Slotted:
    __slots__ = ("k",)


def follows(function, change, x=X, calls=(0, 1, 1, 2)):
    """Compare a function with itself compiled, while `change(i)` changes what it depends on."""
    compiled = strictly(function)
    for i in calls:
        change(i)
        assert compiled(x).tolist() == function(x).tolist()


def test_defaults_that_are_replaced():
    def helper(x, k=2.0, *, s=1.0):
        return x * k * s

    def change(i):
        helper.__defaults__ = (float(i),)
        helper.__kwdefaults__ = {"s": i + 1.0}

    follows(lambda x: helper(x), change)


def test_attributes_of_functions():
    def helper(x):
        return x * helper.k

    follows(lambda x: helper(x), lambda i: setattr(helper, "k", float(i)))


def test_attributes_of_another_compiled_function_and_what_it_sees():
    numbers = [0.0]

    @torch.compile(backend="numpy")
    def inner(x):
        return x + numbers[0]

    def change(i):
        inner.scale = numbers[0] = float(i)

    follows(lambda x: inner(x) * inner.scale, change)


def test_slots():
    found = Slotted()
    follows(lambda x: x * found.k, lambda i: setattr(found, "k", float(i)))


def test_arguments_kept_by_partial():
    times = functools.partial(lambda x, k: x * k, k=0.0)
    follows(lambda x: times(x), lambda i: times.keywords.update(k=float(i)))


def test_a_deque_and_the_environment(monkeypatch):
    queue = deque([0.0, 0.0], maxlen=2)

    def change(i):
        queue.append(float(i))
        monkeypatch.setenv("SCALE", str(i))

    follows(lambda x: x * queue[-1] + float(os.environ["SCALE"]), change, calls=(0, 1))


def test_what_optimizers_and_schedules_count():
    w = torch.ones(2, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.5)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1)

    def change(i):
        optimizer.defaults["weight_decay"] = float(i)
        schedule.last_epoch = i

    follows(lambda x: x * optimizer.defaults["weight_decay"] + schedule.last_epoch, change)


COUNT = [0]


def counts(*_):
    COUNT[0] += 1


def with_hook(add):
    """A step of an optimizer, after `add(w, optimizer)` has hooked something."""
    w = torch.ones(2, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.5)
    hook = add(w, optimizer)

    def step(x):
        optimizer.zero_grad()
        (w * x).sum().backward()
        optimizer.step()

    step.keep = hook
    return step


HOOKS = {
    "of a tensor": lambda w, _: w.register_hook(counts),
    "after accumulation": lambda w, _: w.register_post_accumulate_grad_hook(counts),
    "of a step": lambda _, optimizer: optimizer.register_step_post_hook(counts),
}


@pytest.mark.parametrize("name", HOOKS)
def test_hooks_that_count(name):
    assert "COUNT[0]" in eager_reason(with_hook(HOOKS[name]), X)


def popped(xs):
    return xs.pop() * 2


def added(xs):
    xs["y"] = xs["x"] * 2
    return xs["y"]


@pytest.mark.parametrize("function, given", [(popped, [X, X]), (added, {"x": X})])
def test_arguments_that_are_changed(function, given):
    assert "a list or dict that it is given" in eager_reason(function, given)


def test_iterators_of_a_known_length():
    numbers = iter([2.0, 3.0, 4.0])

    def function(x):
        for number in numbers:
            return x * number

    assert "draws from numbers" in eager_reason(function, X)


def test_a_grad_mode_that_is_left_behind():
    def function(x):
        torch.set_grad_enabled(False)
        return x * 2

    with torch.enable_grad():
        assert "another grad mode" in eager_reason(function, X)


def test_an_argument_may_once_be_what_is_written_to():
    w = torch.ones(2)

    def function(x):
        w.mul_(2)
        return (w * x).sum()

    compiled = Compiled(function, backend="numpy")
    assert [compiled(torch.ones(2)).item() for _ in range(2)] == [4.0, 8.0]
    with pytest.warns(UserWarning, match="memory that two of its tensors share"):
        assert compiled(w.data).item() == 2 * 8.0**2
    assert compiled(torch.ones(2)).item() == 32.0
    assert compiled(w.data).item() == 2 * 32.0**2
    assert w.tolist() == [32.0, 32.0]


def scheduled():
    """A net, its optimizer, and a schedule that halves the learning rate."""
    net = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
    return net, optimizer, schedule


def test_a_learning_rate_that_is_used_is_no_constant():
    net, optimizer, schedule = scheduled()

    def step(x):
        net(x).sum().backward()
        optimizer.step()
        schedule.step()
        lr = optimizer.param_groups[0]["lr"]
        return x * lr, lr

    assert "param_groups[0]['lr']" in eager_reason(step, X)


def test_learning_rates_in_a_dict_of_results():
    net, optimizer, schedule = scheduled()

    def step(x):
        net(x).sum().backward()
        optimizer.step()
        schedule.step()
        return {"rates": [schedule.get_last_lr(), (optimizer.param_groups[0]["lr"],)]}

    compiled = strictly(step)
    for n in (2, 3, 4, 5):
        assert compiled(X) == {"rates": [[0.5**n], (0.5**n,)]}


# State that a run replaces ------------------------------------------------------------------------


class Recurrent(nn.Module):
    """A net that remembers its hidden state: `keep` says how."""

    def __init__(self, keep):
        super().__init__()
        self.cell = nn.RNNCell(2, 3)
        self.keep = keep
        self.last = None
        self.register_buffer("h", torch.zeros(1, 3))

    def forward(self, x):
        return self.keep(self, x)


def in_a_buffer(net, x):
    h = net.cell(x, net.h)
    net.h = h.detach()
    return h


def from_none(net, x):
    if net.last is None:
        net.last = torch.zeros(1, 3)
    net.last = net.cell(x, net.last.detach())
    return net.last


@pytest.mark.parametrize("keep", [in_a_buffer, from_none])
def test_hidden_state_that_a_module_keeps(keep):
    def make():
        torch.manual_seed(0)
        net = Recurrent(keep)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

        def step(x):
            optimizer.zero_grad()
            loss = net(x).square().sum()
            loss.backward()
            optimizer.step()
            return loss.detach()

        return net, step

    (net, step), (twin, other) = make(), make()
    compiled = strictly(other)
    kept = []
    for i in range(8):
        x = torch.randn(1, 2)
        if i == 5:  # a new sequence
            net.last = twin.last = None
            net.h, twin.h = torch.zeros(1, 3), torch.zeros(1, 3)
        close(compiled(x), step(x))
        kept.append((twin.h, twin.h.clone()))
        close([twin.h, twin.last], [net.h, net.last])
    assert len(compiled.every_entry()) <= 4
    for held, copy in kept:
        assert held.tolist() == copy.tolist()
    close(dict(twin.state_dict()), dict(net.state_dict()))


def test_a_mean_of_losses_is_not_the_loss_that_it_began_with():
    kept = {"mean": None}

    def function(x):
        loss = x.sum()
        mean = kept["mean"]
        kept["mean"] = loss.detach() if mean is None else (mean + loss.detach()) / 2
        return loss

    compiled = strictly(function)
    losses = [compiled(X + i) for i in range(5)]  # kept by us, on the memory that is replaced
    assert [x.item() for x in losses] == [3.0, 5.0, 7.0, 9.0, 11.0]
    assert kept["mean"].item() == ((((3 + 5) / 2 + 7) / 2 + 9) / 2 + 11) / 2


TOTAL = torch.zeros(2)


def test_tensors_kept_in_globals_closures_lists_and_dicts():
    h, found = torch.zeros(2), {"a": torch.zeros(2), "list": [torch.zeros(2)]}

    def function(x):
        global TOTAL
        nonlocal h
        TOTAL, h = TOTAL + x, h * 0.5 + x
        found["a"] = found["a"] - x
        found["list"][0] = found["list"][0] * 2 + h
        return h.sum()

    compiled = strictly(function)
    for _ in range(4):
        compiled(X)
    assert (TOTAL.tolist(), h.tolist()) == ([4.0, 8.0], [1.875, 3.75])
    assert (found["a"].tolist(), found["list"][0].tolist()) == ([-4.0, -8.0], [19.375, 38.75])
    assert len(compiled.every_entry()) == 1


def test_a_tensor_that_is_kept_twice_is_not_replaced_in_one_place():
    found = {"a": torch.zeros(2)}
    found["b"] = found["a"]

    def function(x):
        found["a"] = found["b"] + x
        return x * 2

    assert "found['a']" in eager_reason(function, X)


def test_modes_of_modules_are_set_as_they_are_uncompiled():
    net = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5))

    def step(x):
        net.train()
        y = net(x)
        net.eval()
        return y - net(x), net.training

    compiled = strictly(step)
    for training in (True, False, True, False):
        net.train(training)
        torch.manual_seed(3)
        expected = step(X)
        net.train(training)
        torch.manual_seed(3)
        close(compiled(X), expected)
        assert not net.training and not net[1].training


def test_results_that_share_memory_go_on_sharing_it():
    def function(x):
        y, z = x * 2, x + 1
        return y, y.view(2, 1), [y[1:], z[0], z.view(1, 2)]

    compiled = strictly(function)
    for _ in range(3):
        y, column, (rest, first, row) = compiled(X)
        y.add_(1)
        assert (column.tolist(), rest.tolist()) == ([[3.0], [5.0]], [5.0])
        assert column._version == y._version == 1
        row.zero_()
        assert first.item() == 0.0


@dataclasses.dataclass
class Batch:
    x: torch.Tensor
    scale: float = 1.0

    def scaled(self):
        return self.x * self.scale * self.factor

    factor = 1.0


@dataclasses.dataclass(slots=sys.version_info >= (3, 10), frozen=True)
class Made:
    y: torch.Tensor
    rest: OrderedDict


def test_dataclasses_as_arguments_and_results(monkeypatch):
    def function(batch):
        return Made(batch.scaled(), OrderedDict(b=batch.x, a=Batch(batch.x + 1)))

    compiled = strictly(function)
    for i in range(12):
        if i == 6:
            monkeypatch.setattr(Batch, "factor", 3.0)
        given = Batch(X + i, 2.0)
        made, expected = compiled(given), function(given)
        assert type(made) is Made and made.y.tolist() == expected.y.tolist()
        assert list(made.rest) == ["b", "a"] and made.rest["b"] is given.x
        assert made.rest["a"].x.tolist() == expected.rest["a"].x.tolist()
    assert len(compiled.every_entry()) == 2


def test_a_dataclass_that_is_changed_or_was_there_before():
    kept = Batch(X)

    def change(batch):
        batch.scale += 1
        return batch.x * 2

    assert "that it is given" in eager_reason(change, Batch(X))
    assert "returns a Batch" in eager_reason(lambda x: kept, X)


def test_an_endless_repetition_is_not_used_up():
    again, counted = itertools.repeat(torch.ones(2)), itertools.count()
    compiled = strictly(lambda x: x + next(again))
    for n in range(3):
        assert compiled(torch.full((2,), float(n))).tolist() == [n + 1.0] * 2
    assert "it draws from counted" in eager_reason(lambda x: x + next(counted), torch.ones(2))


# Numbers that are returned ------------------------------------------------------------------------


def test_items_that_are_returned_are_those_of_each_run():
    w = torch.ones(2, requires_grad=True)

    def step(x):
        loss = (w * x).sum()
        loss.backward()
        with torch.no_grad():
            w.sub_(w.grad)
        w.grad = None
        return {"loss": loss.item(), "rest": [loss.detach(), (x > w).sum().item(), 3]}

    compiled = strictly(step)
    for loss, count in ((3.0, 2), (-2.0, 2), (-7.0, 2)):
        assert compiled(X) == {"loss": loss, "rest": [torch.tensor(loss), count, 3]}
    assert compiled(X - 20)["rest"][1] == 0


def test_items_of_a_function_without_gradients():
    @torch.no_grad()
    def correct(x):
        return (x > 1).sum().item()

    compiled = strictly(correct)
    assert [compiled(X), compiled(X + 1), compiled(X - 9)] == [1, 2, 0]


def test_losses_returned_as_numbers_over_a_loader():
    w = torch.tensor(4.0, requires_grad=True)

    def step(x):
        loss = (w - x) ** 2
        loss.backward()
        with torch.no_grad():
            w.sub_(0.25 * w.grad)
            w.grad.zero_()
        return loss.item()

    compiled = strictly(step)
    losses = compiled.over([torch.tensor(0.0), torch.tensor(2.0)], epochs=3)
    assert losses.tolist() == [16.0, 0.0, 4.0, 1.0, 2.25, 1.5625]


def test_items_that_are_used_or_not_to_be_told_from_other_numbers():
    def used(x):
        return x * x.sum().item()

    def assigned(x):
        total = x.sum().item()
        return total

    def ambiguous(x):
        return (x > 0).sum().item(), 2

    for function in (used, assigned, ambiguous):
        assert "item()" in eager_reason(function, X)
