"""The documents do what they say: their code runs, and their two languages agree."""

import contextlib
import doctest
import io
import os
import re
from pathlib import Path

import pytest

import rushlight as rl
from rushlight.ops.op import registry

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md")]
)
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

if not DOCUMENTS:
    pytest.skip("not a checkout", allow_module_level=True)


@pytest.fixture(autouse=True)
def operations_unchanged():
    """Forget the operations that documents declare: they have no records for other tests."""
    before = dict(registry)
    yield
    registry.clear()
    registry.update(before)


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name):
    """Every fenced block of a document, as (language, text)."""
    return BLOCK.findall(read(name))


def run_examples(text, name, names):
    """Run the `>>>` examples of a text; return the names that they leave."""
    examples = doctest.DocTestParser().get_doctest(text, names, name, name, 0)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    report = io.StringIO()
    runner.run(examples, out=report.write, clear_globs=False)
    assert not runner.failures, report.getvalue()
    return examples.globs


@pytest.mark.parametrize("name", DOCUMENTS)
def test_python_blocks_run_and_print_what_is_shown(name):
    names = {"__name__": "document"}
    printed = None
    for language, text in blocks(name):
        if language == "text" and printed:
            assert printed == text
            printed = None
        elif language == "python" and text.startswith(">>>"):
            names |= run_examples(text, name, names)
        elif language == "python":
            with contextlib.redirect_stdout(io.StringIO()) as stream:
                exec(compile(text, name, "exec"), names)
            printed = stream.getvalue()
    assert not printed, f"{name} doesn't show what its example prints:\n{printed}"


def test_both_readmes_are_equal():
    assert blocks("README.md") == blocks("README.zh-CN.md")
    headings = [
        re.findall(r"^#+ ", read(n), re.MULTILINE) for n in ("README.md", "README.zh-CN.md")
    ]
    assert headings[0] == headings[1]


def test_readme_gives_the_test_command_that_ci_runs():
    commands = [line for line in read("README.md").splitlines() if "-m pytest" in line]
    assert len(commands) == 1
    assert ("sh", commands[0] + "\n") in blocks("README.md")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name):
    for target in re.findall(r"\]\(([^)#]+)\)", read(name)):
        if "://" not in target:
            assert (ROOT / name).parent.joinpath(target).exists(), target


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_paths_of_one_machine(name):
    assert not re.search(r"(?<![\w.])/(home|root|work|tmp|Users|opt)/", read(name))


def test_changelog_has_the_version():
    assert re.search(rf"^## {re.escape(rl.version.release)} ", read("CHANGELOG.md"), re.MULTILINE)


def test_documents_name_files_that_exist():
    tree = [line.split()[0] for line in read("README.md").splitlines() if re.match(r"\w+/ ", line)]
    assert tree and all((ROOT / folder).is_dir() for folder in tree)


def test_ci_script_is_executable():
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
