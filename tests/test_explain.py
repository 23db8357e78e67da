"""The catalogue of texts, the language they are in, and what keeps an explanation from harm."""

import re
import string
from pathlib import Path

import pytest

import rushlight as rl
from rushlight import explain
from rushlight.explain import case, without_explanation
from rushlight.explain.catalogue import CATALOGUE
from rushlight.explain.language import language

PACKAGE = Path(explain.__file__).parent


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", CATALOGUE)
def test_both_languages_say_the_same(key):
    text = CATALOGUE[key]
    assert text.en.strip() and text.zh.strip()
    assert placeholders(text.en) == placeholders(text.zh)
    assert text.en.count("\n") == text.zh.count("\n")
    code = text.en.startswith("`") and text.en.endswith("`")
    assert code or re.search("[\u4e00-\u9fff]", text.zh)
    assert not re.search("[\u3000-\uffff]", text.en)


def test_every_text_is_used():
    source = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    used = set(re.findall(r'say\(\s*f?"([\w.{}]+)"', source))
    used |= set(re.findall(r'"([a-z]+\.[a-z._]+)"(?! *: Text)', source))
    patterns = [re.sub(r"\\{[^}]*\\}", r"\\w+", re.escape(key)) for key in used]
    unused = [key for key in CATALOGUE if not any(re.fullmatch(p, key) for p in patterns)]
    assert not unused


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_TW.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_CN"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "RUSHLIGHT_LANG": "en"}, "en"),
        ({"LANG": "de_DE.UTF-8", "RUSHLIGHT_LANG": "ZH"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "RUSHLIGHT_LANG": "off"}, "off"),
        ({"LANG": "C"}, "en"),
    ],
)
def test_language(monkeypatch, variables, expected):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "RUSHLIGHT_LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert language() == expected


def failing():
    with pytest.raises(RuntimeError) as caught:
        (rl.ones(3, requires_grad=True) * 2).backward()
    return caught.value


def test_first_line_is_kept(monkeypatch):
    monkeypatch.setenv("RUSHLIGHT_LANG", "zh")
    error = failing()
    first, empty, *rest = str(error).split("\n")
    assert first == without_explanation(error)
    assert first == "grad can be implicitly created only for scalar outputs"
    assert empty == "" and rest[0].startswith("原因：")
    assert "test_explain.py:" in rest[1] and ".backward()" in rest[1]


def test_off_leaves_the_plain_text(monkeypatch):
    monkeypatch.setenv("RUSHLIGHT_LANG", "off")
    assert str(failing()) == "grad can be implicitly created only for scalar outputs"


def test_failing_explanation_leaves_the_plain_text(monkeypatch):
    def broken(error, frame, facts):
        raise ZeroDivisionError

    monkeypatch.setattr(case, "find_explanation", broken)
    with pytest.raises(ZeroDivisionError):
        rl.zeros(1).backward()
    monkeypatch.setattr(explain, "strict", False)
    assert str(failing()) == "grad can be implicitly created only for scalar outputs"
