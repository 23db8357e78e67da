"""The `rushlight` command: what its arguments mean, and what it says of those that mean nothing."""

import pytest

from rushlight import cli
from rushlight.version import release


def test_version_is_the_package_version(capsys):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"rushlight {release}\n"


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"], ["run", "--help"], ["run", "-h"]])
def test_help_names_the_commands(arguments, capsys):
    assert cli.main(arguments) == 0
    out = capsys.readouterr().out
    assert "rushlight run [--seed N] [--fast | --strict] program.py" in out
    assert "rushlight bench" in out


@pytest.mark.parametrize(
    ("arguments", "options", "target"),
    [
        (["p.py"], {}, ["p.py"]),
        (["--seed", "7", "p.py", "--seed", "8"], {"seed": 7}, ["p.py", "--seed", "8"]),
        (["--seed=0", "-m", "pkg.mod", "-x"], {"seed": 0}, ["-m", "pkg.mod", "-x"]),
        (["--fast", "-c", "print(1)", "a"], {"fast": True}, ["-c", "print(1)", "a"]),
        (["--strict", "a.py"], {"strict": True}, ["a.py"]),
        (["-", "--fast"], {}, ["-", "--fast"]),
    ],
)
def test_run_splits_its_options_from_the_program(arguments, options, target):
    assert cli.split_run_arguments(arguments) == (options, target)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run"], "run needs a program"),
        (["run", "--sed", "3", "p.py"], "run has no option --sed"),
        (["run", "--seed"], "--seed needs a whole number from 0 to 2**32 - 1, not ''"),
        (["run", "--seed", "-1", "p.py"], "not '-1'"),
        (["run", "--seed", "4294967296", "p.py"], "not '4294967296'"),
        (["run", "-m"], "-m needs a module after it"),
        (["run", "-c"], "-c needs code after it"),
        (
            ["train.py"],
            "there is no command 'train.py'; to run a program: `rushlight run train.py`",
        ),
        (["traim"], "there is no command 'traim'\n"),
    ],
)
def test_a_wrong_command_line_is_explained(arguments, message, capsys):
    assert cli.main(arguments) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert "rushlight --help" in captured.err
    assert captured.out == ""
