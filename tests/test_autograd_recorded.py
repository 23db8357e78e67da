"""Graphs, views, Functions, transforms: what PyTorch does was recorded, messages included."""

from __future__ import annotations

import pytest

import rushlight as rl
from tests.snippets import HERE, assert_alike, programs, recorded, run

TOPICS = sorted(path.stem for path in HERE.glob("recorded_*.txt"))
EXPECTED = {topic: recorded(topic) for topic in TOPICS}
PROGRAMS = [(topic, name, source) for topic in TOPICS for name, source in programs(topic)]


@pytest.mark.parametrize(
    ("topic", "name", "source"), PROGRAMS, ids=lambda value: value.partition("\n")[0][:30]
)
def test_recorded(topic, name, source):
    assert_alike(run(source, rl), EXPECTED[topic][name])
