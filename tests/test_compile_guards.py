"""What a compiled function sees of Python: changed outside it is seen, changed inside it is done."""

import functools
import os
from collections import deque

import pytest
from compiling import Compiled, eager_reason, strictly

import rushlight as torch
from rushlight import nn

X = torch.tensor([1.0, 2.0])


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
