"""`rushlight doctor train.py`: runs a program, and reports how its training went.

`observe` collects while the program runs, `terminal` and `page` show what was collected: in the
terminal, and on one page of HTML that needs nothing else.
"""

from __future__ import annotations

import pathlib
import sys

__all__ = ["examine"]


def examine(target, path=None, seed=None):
    """Run a program and report on it.

    Args:
        target: the command line of the program, as `rushlight run` takes it.
        path: the page; by default the program's name with `-doctor.html` behind it.
        seed: as of `rushlight run`.

    Returns:
        The exit status: 1 if the program failed or if a finding is an error, else 0.
    """
    from rushlight.doctor.observe import Observer
    from rushlight.doctor.page import page
    from rushlight.doctor.terminal import text
    from rushlight.explain.case import Case
    from rushlight.explain.catalogue import say
    from rushlight.runner import run_program

    observer = Observer()
    error = place = None
    with observer:
        try:
            run_program(target, seed=seed, observer=observer)
        except SystemExit as end:
            error = f"SystemExit: {end.code}" if end.code else None
        except Exception as failure:
            error = f"{type(failure).__name__}: {failure}"
            place = Case(failure, None, {}).here
            if explanation := getattr(failure, "explanation", None):
                error += f"\n\n{explanation}"
        report = observer.report(name_of(target), error, place)
    sys.stdout.flush()
    print(text(report))
    page_path = pathlib.Path(path or pathlib.Path(name_of(target)).stem + "-doctor.html")
    page_path.write_text(page(report), encoding="utf-8")
    print("\n" + say("doctor.page", place=page_path))
    return int(report.has_errors())


def name_of(target):
    """What the program is called."""
    return {
        "-m": target[-1] if len(target) < 2 else target[1],
        "-c": "program",
        "-": "program",
    }.get(target[0], target[0])
