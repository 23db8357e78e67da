"""The recordings of the programs in `snippets` are what PyTorch says."""

from __future__ import annotations

import pytest

from tests.snippets import assert_alike, programs_like, recorded, run, short

torch = pytest.importorskip("torch")


@pytest.mark.parametrize(("topic", "name", "source"), programs_like("*"), ids=short)
def test_recording(topic, name, source):
    assert_alike(run(source, torch), recorded(topic)[name])
