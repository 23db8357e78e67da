"""Tensors in memory that processes share."""

import multiprocessing

import pytest

import rushlight as rl


def add_one(model, x):
    with rl.no_grad():
        model.weight += 1
        x += 1


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_another_process_changes_what_is_shared(method):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} here")
    context = multiprocessing.get_context(method)
    model, x = rl.nn.Linear(2, 1, bias=False), rl.zeros(3, dtype=rl.int64)
    before, private = model.weight.detach().clone(), rl.zeros(3)
    assert model.share_memory() is model and x.share_memory_() is x
    assert model.weight.is_shared() and x.is_shared() and not private.is_shared()
    process = context.Process(target=add_one, args=(model, x))
    process.start()
    process.join(60)
    assert process.exitcode == 0
    assert rl.equal(model.weight, before + 1) and x.tolist() == [1, 1, 1]


def test_shared_tensors_are_ordinary_otherwise():
    x = rl.ones(2, 2, requires_grad=True)
    x.data.share_memory_()
    assert not x.is_shared()  # x.data is another tensor on the same memory, which moved away
    y = rl.ones(2, 2).share_memory_()
    assert y.share_memory_() is y and y[0].is_shared() and not (y + 1).is_shared()
    assert not rl.ones(0).share_memory_().is_shared()
