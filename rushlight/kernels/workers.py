"""Threads that wait at a queue for parts of a loop.

Whoever shares a loop puts its parts into the queue and then takes parts out of it, like the others:
a worker that wakes too late finds nothing left, and nobody has waited for it.
"""

from __future__ import annotations

import os
import threading
from queue import Empty, SimpleQueue

__all__ = ["is_busy", "run_parts"]

_here = threading.local()


def is_busy():
    """Whether this thread works on a part of a loop."""
    return getattr(_here, "busy", False)


def run_parts(function, parts, arrays):
    """Call `function(start, stop, *arrays)` for each of the parts, by as many threads.

    Raises:
        what one of the calls raised, after all of them have ended.
    """
    tasks, ended = _queue_of(len(parts) - 1), SimpleQueue()
    for part in parts:
        tasks.put((ended, function, part, arrays))
    try:
        while True:
            _do(*tasks.get_nowait())
    except Empty:
        errors = [ended.get() for _ in parts]
    for error in filter(None, errors):
        raise error


def _do(ended, function, part, arrays):
    _here.busy, error = True, None
    try:
        function(*part, *arrays)
    except BaseException as raised:
        error = raised
    _here.busy = False
    ended.put(error)


_pool = [os.getpid(), 0, SimpleQueue()]


def _queue_of(workers):
    """The queue at which so many threads wait, or more; in a forked process there were none."""
    process, running, tasks = _pool
    if process != os.getpid():
        running, tasks = 0, SimpleQueue()
    if running < workers:
        for _ in range(workers - running):
            threading.Thread(target=_work, args=(tasks,), name="rushlight", daemon=True).start()
        _pool[:] = os.getpid(), workers, tasks
    return tasks


def _work(tasks):
    while True:
        _do(*tasks.get())
