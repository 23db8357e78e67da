"""Layers, losses, optimizers, schedules: what PyTorch does was recorded."""

from __future__ import annotations

import pytest

import rushlight as rl
from tests.snippets import assert_alike, programs_like, recorded, run, short


@pytest.mark.parametrize(
    ("topic", "name", "source"), programs_like("nn_*", "optim_*", "data_*"), ids=short
)
def test_recorded(topic, name, source):
    assert_alike(run(source, rl), recorded(topic)[name])
