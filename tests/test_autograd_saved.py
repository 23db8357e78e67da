"""What is saved for the backward pass, and when it may not be changed: what PyTorch does was recorded."""

from __future__ import annotations

import pytest

import rushlight as rl
from tests.snippets import programs, recorded, run

TOPIC = "autograd_saved"
EXPECTED = recorded(TOPIC)


@pytest.mark.parametrize(
    ("name", "source"), programs(TOPIC), ids=lambda value: value.partition("\n")[0][:30]
)
def test_recorded(name, source):
    assert run(source, rl) == EXPECTED[name]
