"""The recordings of the programs in `snippets` are what PyTorch says."""

from __future__ import annotations

import pytest

from tests.snippets import HERE, assert_alike, programs, recorded, run

torch = pytest.importorskip("torch")

TOPICS = sorted(path.stem for path in HERE.glob("*.txt"))
PROGRAMS = [(topic, name, source) for topic in TOPICS for name, source in programs(topic)]


@pytest.mark.parametrize(
    ("topic", "name", "source"), PROGRAMS, ids=lambda value: value.partition("\n")[0][:30]
)
def test_recording(topic, name, source):
    assert_alike(run(source, torch), recorded(topic)[name])
