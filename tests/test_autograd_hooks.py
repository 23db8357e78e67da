"""Hooks on tensors and Nodes: what PyTorch does was recorded."""

from __future__ import annotations

import pytest

import rushlight as rl
from tests.snippets import programs, recorded, run

TOPIC = "autograd_hooks"
EXPECTED = recorded(TOPIC)


@pytest.mark.parametrize(
    ("name", "source"), programs(TOPIC), ids=lambda value: value.partition("\n")[0][:30]
)
def test_recorded(name, source):
    assert run(source, rl) == EXPECTED[name]


def test_passes_are_ordinary_again_after_the_last_hook():
    engine = rl.autograd.engine
    x = rl.ones(2, requires_grad=True)
    before = engine.hooks_exist[0]
    handle = x.register_hook(lambda gradient: gradient * 2)
    assert not engine.is_ordinary()
    handle.remove()
    (x * 3).sum().backward()
    assert engine.hooks_exist[0] == before
    assert x.grad.tolist() == [3.0, 3.0]
