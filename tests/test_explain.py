"""The catalogue of texts, the language they are in, and what keeps an explanation from harm."""

import ctypes
import pickle
import re
import string
import sys
import traceback
from pathlib import Path
from types import SimpleNamespace

import pytest

import rushlight as rl
from rushlight import explain
from rushlight.explain import case, display
from rushlight.explain.catalogue import CATALOGUE
from rushlight.explain.language import language
from tests.wrong_programs import __main__ as wrong

PACKAGE = Path(explain.__file__).parent


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", CATALOGUE)
def test_both_languages_say_the_same(key):
    text = CATALOGUE[key]
    assert text.en.strip() and text.zh.strip()
    assert placeholders(text.en) == placeholders(text.zh)
    assert text.en.count("\n") == text.zh.count("\n")
    only_code = re.fullmatch(r"`[^`]*`\.?", text.en)
    assert only_code or re.search("[\u4e00-\u9fff]", text.zh)
    assert not re.search("[\u3000-\uffff]", text.en)


def test_every_text_is_used():
    source = "".join(p.read_text(encoding="utf-8") for p in PACKAGE.parent.rglob("*.py"))
    used = set(re.findall(r"""say\(\s*f?["']([\w.{}]+)["']""", source))
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


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0x0804, "zh"), (0x0404, "zh"), (0x0409, "en"), (0x0407, "en"), (0, "en")],
)
def test_language_of_windows(monkeypatch, number, expected):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "RUSHLIGHT_LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "win32")
    kernel = SimpleNamespace(GetUserDefaultUILanguage=lambda: number)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    assert language() == expected
    monkeypatch.setenv("RUSHLIGHT_LANG", "zh")
    assert language() == "zh"


def failing():
    with pytest.raises(RuntimeError) as caught:
        (rl.ones(3, requires_grad=True) * 2).backward()
    return caught.value


def test_the_text_is_pytorchs_and_the_traceback_shows_more(monkeypatch):
    monkeypatch.setenv("RUSHLIGHT_LANG", "zh")
    error = failing()
    assert str(error) == "grad can be implicitly created only for scalar outputs"
    assert error.args == (str(error),)
    first, rest = error.explanation.split("\n")[:2]
    assert first.startswith("原因：")
    assert "test_explain.py:" in rest and ".backward()" in rest
    assert error.__notes__ == [f"\n{error.explanation}"]
    if sys.version_info >= (3, 11):
        shown = "".join(traceback.format_exception(error))
        assert shown.endswith(f"Error: {error}\n\n{error.explanation}\n")


def test_an_explained_error_can_be_sent_to_another_process(monkeypatch):
    monkeypatch.setenv("RUSHLIGHT_LANG", "en")
    error = failing()
    assert pickle.loads(pickle.dumps(error)).__notes__ == error.__notes__


def test_before_python_3_11_the_hook_shows_the_explanation(monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", (3, 10, 0))
    error = failing()
    display.Hook(lambda *shown: None)(type(error), error, None)
    assert capsys.readouterr().err == f"\n{error.explanation}\n"


def test_off_explains_nothing(monkeypatch):
    monkeypatch.setenv("RUSHLIGHT_LANG", "off")
    assert vars(failing()) == {}


def test_a_failing_explanation_leaves_the_plain_error(monkeypatch):
    def broken(error, frame, facts):
        raise ZeroDivisionError

    monkeypatch.setattr(case, "find_explanation", broken)
    with pytest.raises(ZeroDivisionError):
        rl.zeros(1).backward()
    monkeypatch.setattr(explain, "strict", False)
    assert vars(failing()) == {}


# The wrong programs -------------------------------------------------------------------------------


def test_all_programs_are_listed():
    on_disk = {path.stem for path in wrong.HERE.glob("*.py")} - {"__init__", "__main__"}
    assert set(wrong.PROGRAMS) == on_disk
    assert len(wrong.PROGRAMS) == len(on_disk) >= 40


#: Python 3.10 doesn't tell which expression failed, so their arguments aren't quoted
SAY_OTHERWISE = set(
    "numpy_image_in_convolution binary_targets_of_other_shape batch_lost_in_view "
    "labels_in_a_column".split()
    if sys.version_info < (3, 11)
    else ()
)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_said_of_wrong_programs(language):
    expected = wrong.sections(wrong.recorded(language))
    for name, said in wrong.sections(wrong.said_by("rushlight", language)).items():
        if name not in SAY_OTHERWISE:
            assert said == expected[name]


#: without the lines of operations, a few say less
SAY_LESS = {name for name in wrong.PROGRAMS if name.startswith(("overwritten", "step_between"))}


def test_programs_that_import_rushlight_are_explained_too():
    expected = wrong.sections(wrong.recorded("en"))
    for name, said in wrong.sections(wrong.said_by("unmarked")).items():
        if name not in SAY_LESS | SAY_OTHERWISE:
            assert said == expected[name]
        assert "\n\nWhy: " in said and f"{name}.py:" in said


def test_every_wrong_program_is_explained_in_its_own_place():
    for which, why in (("en", "\n\nWhy: "), ("zh", "\n\n原因：")):
        for name, said in wrong.sections(wrong.recorded(which)).items():
            assert why in said
            assert re.search(rf"^  {name}\.py:\d+ ", said, re.M), name


#: Nodes have other names, or the constructor of another class refuses
OTHER_WORDS = {"step_between_forward_and_backward", "wrong_keyword_of_layer"}


def test_pytorchs_words_come_first():
    theirs = wrong.sections(wrong.recorded("torch"))
    for name, said in wrong.sections(wrong.recorded("en")).items():
        if name not in OTHER_WORDS:
            assert said.partition("\n\n")[0].strip() == theirs[name].strip()


def test_pytorch_still_says_so(torch):
    assert wrong.sections(wrong.said_by("torch")) == wrong.sections(wrong.recorded("torch"))


def test_document_is_current():
    assert wrong.DOCUMENT.read_text(encoding="utf-8") == wrong.document()


def test_readme_shows_what_is_said():
    name = "loss_from_detached_prediction"
    readme = (wrong.HERE.parent.parent / "README.md").read_text(encoding="utf-8")
    for which in ("en", "zh"):
        assert wrong.sections(wrong.recorded(which))[name] in readme


@pytest.mark.parametrize("name, fix", [("torchvision", "Pillow"), ("torchaudio", "scipy.io")])
def test_companions_of_torch_are_named_with_what_to_use(name, fix, monkeypatch):
    monkeypatch.setenv("RUSHLIGHT_LANG", "en")
    error = ModuleNotFoundError(f"No module named '{name}'", name=name)
    display.explain(error)
    assert str(error) == f"No module named '{name}'"
    assert error.explanation.startswith(f"Why: `{name}` is a package of its")
    assert fix in error.explanation
