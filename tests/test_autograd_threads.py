"""Several threads, long chains, and memory that goes as soon as nobody needs it."""

from __future__ import annotations

import gc
import threading
import tracemalloc
import weakref

import pytest

import rushlight as rl


def in_threads(count, work):
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("watched", [False, True])
def test_shared_parameters_lose_no_gradient(watched):
    w = rl.zeros(100_000, requires_grad=True)
    ones = rl.ones(100_000)
    handle = w.register_hook(lambda g: g) if watched else None

    def work():
        for _ in range(20):
            (w * ones).sum().backward()

    in_threads(4, work)
    assert (w.grad == 80).all()
    if handle:
        handle.remove()


def test_graph_of_one_thread_differentiated_in_another():
    x = rl.tensor([2.0, 3.0], requires_grad=True)
    y = (x * x).sum()
    in_threads(1, y.backward)
    assert x.grad.tolist() == [4.0, 6.0]


def test_modes_are_per_thread():
    seen = []
    with rl.no_grad():
        in_threads(1, lambda: seen.append(rl.is_grad_enabled()))
    with rl.inference_mode():
        in_threads(1, lambda: seen.append(rl.ones(1).is_inference()))
    assert seen == [True, False]


def test_long_chain():
    x = rl.ones(2, requires_grad=True)
    y = x
    for _ in range(100_000):
        y = y + 1.0
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]
    del y  # a hundred thousand Nodes, each holding the next


def chain(x):
    return (x * x).exp()


def views(x):
    y = x * 1
    y[0].mul_(2)
    return y


def function(x):
    class Double(rl.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            out = x * 2
            ctx.save_for_backward(x, out)
            return out

        @staticmethod
        def backward(ctx, g):
            return g * 2

    return Double.apply(x)


def hooked(x):
    y = x * 2
    y.register_hook(lambda g: g)
    y.retain_grad()
    y.grad_fn.register_prehook(lambda g: None)
    return y


def several(x):
    a, b = rl.stack([x, x]).unbind(0)
    return a * b


def twice(x):
    (gradient,) = rl.autograd.grad((x * x * x).sum(), x, create_graph=True)
    return gradient


def packed(x):
    with rl.autograd.graph.save_on_cpu():
        return x.exp().sigmoid()


def multi(x):
    w = rl.ones(3, requires_grad=True)
    rl.autograd.graph.register_multi_grad_hook([x, w], lambda gradients: None)
    return x * w


MAKERS = [chain, views, function, hooked, several, twice, packed, multi]


@pytest.mark.parametrize("make", MAKERS, ids=lambda f: f.__name__)
def test_no_reference_cycles(make):
    gc.collect()
    gc.disable()
    try:
        x = rl.ones(3, requires_grad=True)
        y = make(x)
        y.sum().backward()
        dead = [weakref.ref(each) for each in (x, y, y.grad_fn, x.grad)]
        del x, y
        assert [each() for each in dead] == [None] * 4
    finally:
        gc.enable()


def test_refused_change_leaves_no_cycle():
    gc.disable()
    try:
        x = rl.ones(3, requires_grad=True)
        y = x * 2
        with pytest.raises(RuntimeError):
            y.add_(rl.ones(4))
        dead = weakref.ref(y)
        del y
        assert dead() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("residual", [False, True])
def test_saved_arrays_are_freed_as_the_pass_goes(residual):
    size = 100_000
    x = rl.ones(size, requires_grad=True)
    y = x
    tracemalloc.start()
    try:
        for _ in range(20):
            y = y + y.sin() if residual else y.sin()
        total = y.sum()
        del y
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        total.backward()
        extra = (tracemalloc.get_traced_memory()[1] - before) / (4 * size)
    finally:
        tracemalloc.stop()
    assert extra < 2.2  # the gradient, and what the rule is computing
