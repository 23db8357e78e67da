"""Tensors, a line for each behaviour: what PyTorch says was recorded."""

from __future__ import annotations

import pytest

import rushlight as rl
from tests.snippets import HERE, lines, recorded_lines, run_line

CASES = [
    pytest.param(source, expected, id=f"{path.stem}-{line.partition(chr(10))[0][:40]}")
    for path in sorted(HERE.glob("*.lines"))
    for (line, source), expected in zip(lines(path.stem), recorded_lines(path.stem), strict=True)
]


@pytest.mark.parametrize(("source", "expected"), CASES)
def test_line(source, expected):
    assert run_line(source, rl) == expected
