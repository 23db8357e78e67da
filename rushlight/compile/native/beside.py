"""LLVM at work in processes beside this one, which end soon after.

LLVM holds 80 MB once it is loaded. A program that trains needs it for a second, so another process
does its work (`assembler.py`), or two of them, each a part. It starts while a Program is still
being planned, and has LLVM loaded by the time that there is a text. Where there can't be such a
process, or LLVM is loaded anyhow (by Numba), the text is assembled here.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib.util
import os
import sys
import threading
from typing import Any

from rushlight.compile.native import assembler
from rushlight.compile.native.assembler import LENGTH

__all__ = ["assembled", "start", "workers"]

IDLE = 3.0  # seconds after which the processes end
MOST = 2  # processes

_lock = threading.RLock()
_running: list[Any] = []
_timers: list[threading.Timer] = []


def workers() -> int:
    """How many processes may work at a time; 0 if texts are assembled here."""
    if "llvmlite.binding" in sys.modules or not _is_possible():
        return 0
    return min(MOST, len(os.sched_getaffinity(0)))


@functools.cache
def _is_possible() -> bool:
    """Whether this is a Python on a system whose machine code needs no LLVM to be loaded."""
    linkable = sys.platform == "linux" and os.uname().machine == "x86_64"
    is_python = os.path.basename(sys.executable or "").startswith("python")
    return linkable and is_python and os.path.isfile(assembler.__file__)


def start(count: int) -> None:
    """Have so many processes, if there may be as many."""
    count = min(count, workers())
    with _lock, contextlib.suppress(OSError):
        while len(_running) < count:
            _running.append(_process())


def _process():
    import subprocess

    (packages,) = importlib.util.find_spec("llvmlite").submodule_search_locations or ("",)
    return subprocess.Popen(
        [sys.executable, "-I", "-S", assembler.__file__, os.path.dirname(packages)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def assembled(texts: list[str]) -> list[bytes]:
    """Machine code of some texts, in as many processes as there may be."""
    with _lock:
        start(len(texts))
        if not _running:
            return [assembler.assemble(text) for text in texts]
        for timer in _timers:
            timer.cancel()
        try:
            codes = _asked(texts)
        except OSError:  # one has ended
            codes = []
            _stop()
        except BaseException:  # an interrupt: nobody will fetch the answers
            _stop(kill=True)
            raise
        _timers[:] = [threading.Timer(IDLE, _stop)]
        _timers[0].daemon = True
        _timers[0].start()
    return codes if codes and all(codes) else [assembler.assemble(text) for text in texts]


def _asked(texts: list[str]) -> list[bytes]:
    codes: list[bytes] = []
    while len(codes) < len(texts):
        batch = texts[len(codes) : len(codes) + len(_running)]
        for process, text in zip(_running, batch, strict=False):
            given = text.encode()
            process.stdin.write(LENGTH.pack(len(given)) + given)
            process.stdin.flush()
        codes += [_answer(process.stdout) for process in _running[: len(batch)]]
    return codes


def _answer(stream) -> bytes:
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise OSError("the process has ended")
    return stream.read(*LENGTH.unpack(head))


def _stop(kill: bool = False) -> None:
    """End the processes."""
    with _lock:
        for process in _running:
            if kill:
                process.kill()
            with contextlib.suppress(OSError):
                process.stdin.close()
            process.stdout.close()
            process.wait()
        _running.clear()


def _forget() -> None:
    """After a fork they are the other process's."""
    global _lock
    _lock = threading.RLock()
    for process in _running:
        process.returncode = 0
    _running.clear()
    _timers.clear()


atexit.register(_stop)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
