"""Graphs, views, Functions, transforms: what PyTorch does was recorded, messages included."""

from __future__ import annotations

import pytest

import rushlight as rl
from tests.snippets import assert_alike, programs_like, recorded, run, short


@pytest.mark.parametrize(("topic", "name", "source"), programs_like("recorded_*"), ids=short)
def test_recorded(topic, name, source):
    assert_alike(run(source, rl), recorded(topic)[name])
