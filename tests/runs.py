"""How tests start a program: by `rushlight run`, or by plain `python` for comparison."""

import os
import subprocess
import sys
from pathlib import Path

import rushlight

ROOT = str(Path(rushlight.__file__).parents[1])


def rushlight_run(*arguments, **options):
    """`rushlight run arguments...` in a process of its own."""
    return python("-m", "rushlight", "run", *arguments, **options)


def python(*arguments, cwd, env=(), stdin=""):
    """`python arguments...` without a display, with output as text."""
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND", "PYTHONIOENCODING")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment.update({"PYTHONPATH": ROOT, "PYTHONHASHSEED": "0", **dict(env)})
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env=environment,
        input=stdin.encode(),
        capture_output=True,
        timeout=120,
    )
