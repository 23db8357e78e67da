"""Odd calls are answered as PyTorch answers them (recorded in tests/answers, see there)."""

import answers
import pytest

import rushlight

CASES = [
    pytest.param(*case, id=f"{path.stem}-{number}")
    for path in answers.files()
    for number, case in enumerate(answers.read(path))
]


@pytest.mark.parametrize(("expression", "expected"), CASES)
def test_answer(expression, expected):
    assert answers.answer(expression, rushlight) == expected


def test_recorded_answers_are_pytorchs():
    torch = pytest.importorskip("torch")
    cases = [case.values for case in CASES]
    assert [answers.answer(expression, torch) for expression, _ in cases] == [e for _, e in cases]
