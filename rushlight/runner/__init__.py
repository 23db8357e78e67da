"""Run a PyTorch program that nobody edited, as `python` would run it, with Rushlight as `torch`."""

from __future__ import annotations

import builtins
import codecs
import os
import sys
from io import TextIOWrapper
from types import ModuleType

from rushlight.explain.mistakes import watch as mistakes
from rushlight.explain.source import texts
from rushlight.runner import alias, marks, plots


def run_program(
    target: list[str],
    seed: int | None = None,
    fast: bool = False,
    strict: bool = False,
    observer: mistakes.Check | None = None,
) -> int:
    """Run what `python *target` would run, in this process, with `torch` meaning Rushlight.

    `target` is a file name, `-` (standard input), `-m` and a module, or `-c` and code, and then
    the program's own arguments. All three generators are seeded if a seed is given. The program is
    marked, unless it is to be `fast`: explanations of errors then know each operation's line; and
    it is watched for silent mistakes, which are warnings, or errors with `strict`.
    An `observer` looks on with the checks.

    An uncaught exception is shown as `python` shows it, without frames of the runner, and then
    propagates, so that the process ends with the status, or the signal, with which `python` would
    end it.
    """
    alias.install()
    plots.install()
    print_any_character()
    if not fast:
        marks.install()
        mistakes.install(strict, [observer] if observer else ())
    if seed is not None:
        seed_all(seed)
    try:
        execute(target)
        mistakes.finish()
    except SystemExit:
        raise
    except BaseException as error:
        show(error)
        sys.excepthook = lambda *shown: None
        raise
    return 0


def execute(target: list[str]) -> None:
    """Make a fresh `__main__`, set `sys.argv` and `sys.path[0]` as `python` does, and run."""
    first, *arguments = target
    main = sys.modules["__main__"] = ModuleType("__main__")
    main.__dict__["__builtins__"] = builtins
    sys.argv = target if first not in ("-m", "-c") else [first, *arguments[1:]]
    if first == "-m":
        replace_path(os.getcwd())
        import runpy

        # What `python -m` itself calls; there is no public name for it.
        runpy._run_module_as_main(arguments[0])  # type: ignore[attr-defined]
    elif first in ("-c", "-"):
        replace_path("")
        run_text(first, arguments, main)
    else:
        run_file(os.path.abspath(first), main)


def run_text(first: str, arguments: list[str], main: ModuleType) -> None:
    """Run code from the command line or from standard input, which have no file to show."""
    if first == "-c":
        name, source = "<string>", arguments[0].encode()
    else:
        name, source = "<stdin>", sys.stdin.buffer.read()
        main.__file__ = name
    texts[name] = source.decode(errors="replace")
    exec(marks.compiled(source, name), main.__dict__)


def run_file(path: str, main: ModuleType) -> None:
    """Run a source file; the compiler reads its bytes, and so its encoding and its line ends."""
    from importlib.machinery import SourceFileLoader

    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError as error:
        reason = f"[Errno {error.errno}] {error.strerror}"
        print(f"rushlight: can't open file {path!r}: {reason}", file=sys.stderr)
        sys.exit(2)
    replace_path(os.path.dirname(os.path.realpath(path)))
    loader = SourceFileLoader("__main__", path)
    main.__dict__.update(__file__=path, __cached__=None, __loader__=loader)
    exec(marks.compiled(source, path), main.__dict__)


def replace_path(directory: str) -> None:
    """Put the program's directory where `python` had put that of the `rushlight` command."""
    if not getattr(sys.flags, "safe_path", False):  # python -P, from 3.11 on
        sys.path[0] = directory


def print_any_character() -> None:
    """Let a program print Chinese also where the locale leaves only ASCII."""
    if "PYTHONIOENCODING" in os.environ:
        return
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and codecs.lookup(stream.encoding).name == "ascii":
            stream.reconfigure(encoding="utf-8")


def seed_all(seed: int) -> None:
    """What programs write themselves, in one: torch.manual_seed, random.seed, np.random.seed."""
    import random

    import numpy as np

    from rushlight.random import manual_seed

    manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed)


def show(error: BaseException) -> None:
    """Show an uncaught exception by `sys.excepthook`, from the program's first frame on."""
    trace = error.__traceback__
    own = __file__, marks.__file__
    while trace is not None and trace.tb_frame.f_code.co_filename in own:
        trace = trace.tb_next
    sys.excepthook(type(error), error.with_traceback(trace), trace)
    is_explained = getattr(error, "explanation", None) is not None
    if not is_explained and (missing := missing_name(error)):
        print(f"rushlight: there is no {missing} in Rushlight.", file=sys.stderr)


def missing_name(error: BaseException) -> str | None:
    """PyTorch's full name of what the program asked for in vain, if this is what went wrong.

    >>> missing_name(ModuleNotFoundError("No module named 'torch.vulkan'", name="torch.vulkan"))
    'torch.vulkan'
    """
    if isinstance(error, ModuleNotFoundError):
        module, attribute = error.name or "", ""
    elif isinstance(error, ImportError) and (name := getattr(error, "name_from", None)):
        module, attribute = error.name or "", f".{name}"  # from 3.12 on
    elif isinstance(error, AttributeError) and isinstance(error.obj, ModuleType):
        module, attribute = error.obj.__name__, f".{error.name}"
    else:
        return None
    package, dot, rest = module.partition(".")
    return f"torch{dot}{rest}{attribute}" if package in ("torch", "rushlight") else None
