"""The `rushlight` command: reads its arguments and hands over to the part that does the work."""

from __future__ import annotations

import sys
from typing import Any

HELP = """\
usage: rushlight run [--seed N] [--fast | --strict] program.py [argument ...]
       rushlight run [--seed N] [--fast | --strict] -m module [argument ...]
       rushlight run [--seed N] [--fast | --strict] -c code [argument ...]
       rushlight doctor [-o page.html] program.py [argument ...]
       rushlight show [-o page.html] program.py [argument ...]
       rushlight bench [option ...]
       rushlight --version | --help

run      Run a PyTorch program as it stands: where it says `import torch` it gets Rushlight.
         What follows the program's name belongs to the program; `-` reads it from standard input.
           --seed N  seed torch, random and numpy.random with N before the program starts
           --fast    don't record which line ran each operation; errors explain less, and
                     nothing looks for silent mistakes
           --strict  make errors of the warnings of silent mistakes
         Without a display, plt.show() saves the figures as program-figure-1.png, ... in the
         current directory.
doctor   Run a program, and report how its training went: silent mistakes, gradients, dead units,
         time by operation and by line, memory; in the terminal and on a page. Status 1: errors.
show     Run a program, and write what its compiled functions became to a page: the operations that
         were traced, and the source that runs.
bench    Time the same workloads on Rushlight and on its peers; `rushlight bench --help` says more.
"""


class UsageError(Exception):
    """The command line can't be understood; the message says what to write instead."""


def main(argv: list[str] | None = None) -> int:
    """Run the command line `argv` (by default the process's own) and return the exit status.

    >>> main(["--version"])
    rushlight 0.1.0
    0
    """
    command, *arguments = (sys.argv[1:] if argv is None else argv) or ["--help"]
    try:
        return COMMANDS.get(command, unknown)(command, arguments)
    except UsageError as error:
        print(f"rushlight: {error}\n`rushlight --help` shows how it is used.", file=sys.stderr)
        return 2


def run(command: str, arguments: list[str]) -> int:
    options, target = split_run_arguments(arguments)
    if target is None:
        return show_help(command, arguments)
    from rushlight.runner import run_program

    return run_program(target, **options)


def split_run_arguments(arguments: list[str]) -> tuple[dict[str, Any], list[str] | None]:
    """The options, and the command line from the program's name on (None: help is asked for).

    >>> split_run_arguments(["--seed", "3", "--fast", "train.py", "--lr", "0.1"])
    ({'seed': 3, 'fast': True}, ['train.py', '--lr', '0.1'])
    """
    options: dict[str, Any] = {}
    rest = list(arguments)
    while rest and rest[0].startswith("-") and rest[0] not in ("-", "-m", "-c"):
        option, equals, value = rest.pop(0).partition("=")
        if option in ("-h", "--help"):
            return options, None
        if option in ("--fast", "--strict") and not equals:
            options[option[2:]] = True
            continue
        if option != "--seed":
            raise UsageError(
                f"run has no option {option}; what is meant for the program stands after its name"
            )
        if not equals:
            value = rest.pop(0) if rest else ""
        options["seed"] = parse_seed(value)
    if options.keys() >= {"fast", "strict"}:
        raise UsageError("--strict needs what --fast turns off: choose one of them")
    if not rest:
        raise UsageError("run needs a program: `rushlight run program.py`")
    if rest[0] in ("-m", "-c") and len(rest) == 1:
        raise UsageError(f"{rest[0]} needs {'a module' if rest[0] == '-m' else 'code'} after it")
    return options, rest


def parse_seed(text: str) -> int:
    """A seed that all three generators accept: NumPy's takes 32 bits."""
    if not (text.isascii() and text.isdecimal() and int(text) < 2**32):
        raise UsageError(f"--seed needs a whole number from 0 to 2**32 - 1, not {text!r}")
    return int(text)


def show(command: str, arguments: list[str]) -> int:
    path, target = split_page_arguments(command, arguments)
    if not target:
        return show_help(command, arguments)
    from rushlight.compile.show import show_program

    return show_program(target, path)


def doctor(command: str, arguments: list[str]) -> int:
    path, target = split_page_arguments(command, arguments)
    if not target:
        return show_help(command, arguments)
    from rushlight.doctor import examine

    return examine(target, path)


def split_page_arguments(command: str, arguments: list[str]) -> tuple[str | None, list[str]]:
    """Where the page is to be written, and the program's command line (empty: help is asked for).

    >>> split_page_arguments("show", ["-o", "a.html", "train.py", "-x"])
    ('a.html', ['train.py', '-x'])
    """
    path = None
    if arguments[:1] == ["-o"] and len(arguments) > 1:
        path, arguments = arguments[1], arguments[2:]
    if not arguments or arguments[0] in ("-h", "--help"):
        return path, []
    if arguments[0].startswith("-") and arguments[0] not in ("-m", "-c"):
        raise UsageError(
            f"{command} has no option {arguments[0]}; write the program's name after -o"
        )
    return path, arguments


def bench(command: str, arguments: list[str]) -> int:
    from rushlight import bench

    return bench.main(arguments)


def show_version(command: str, arguments: list[str]) -> int:
    from rushlight.version import release

    print(f"rushlight {release}")
    return 0


def show_help(command: str, arguments: list[str]) -> int:
    print(HELP, end="")
    return 0


def unknown(command: str, arguments: list[str]) -> int:
    hint = f"; to run a program: `rushlight run {command}`" if command.endswith(".py") else ""
    raise UsageError(f"there is no command {command!r}{hint}")


COMMANDS = {
    "run": run,
    "doctor": doctor,
    "show": show,
    "bench": bench,
    "--version": show_version,
    "--help": show_help,
    "-h": show_help,
}
