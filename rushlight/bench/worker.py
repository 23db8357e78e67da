"""One library in a process of its own, which times what it is told to: `worker.py LIBRARY`.

It reads one JSON request a line and answers each with one: `{"prepare": name}` builds a workload
and answers with its first values and how many steps a second takes, `{"prepare": name, "size": n}`
one of those that grow (see scaling.py); `{"run": n}` answers with the seconds that n steps took,
`{"memory": name}` with the megabytes that a workload held at most on top of the library,
`{"limits": true}` with what the machine can do.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from itertools import repeat
from time import perf_counter

from rushlight.bench.memory import forget_peak, peak
from rushlight.bench.workloads import WORKLOADS, Step

WARM_UP = 0.2


def timed(step: Step, n: int) -> float:
    """Seconds that n steps take."""
    start = perf_counter()
    for _ in repeat(None, n):
        step()
    return perf_counter() - start


def calibrated(step: Step) -> float:
    """Steps per second, after running until everything lazy has happened."""
    n, seconds = 1, 0.0
    while seconds < WARM_UP:
        n *= 2
        seconds = timed(step, n)
    return n / seconds


def built(torch, name: str, size: int | None = None) -> Step:
    """A workload of the table, or one that grows, from the same seed each time."""
    torch.manual_seed(0)
    if size is None:
        return WORKLOADS[name](torch)
    from rushlight.bench.scaling import GROWING

    return GROWING[name].build(torch, size)


def values(step: Step) -> list[float]:
    """What the first steps compute."""
    return [float(step().detach().sum()) for _ in range(3)]


def memory(torch, name: str) -> float:
    """Megabytes that building and a few steps of a workload added at most."""
    forget_peak()
    before = peak()
    values(built(torch, name))
    return peak() - before


def in_a_child(function, *args) -> float:
    """The number that a function returns, called in a copy of this process: nothing stays here."""
    if not hasattr(os, "fork"):
        return function(*args)
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.write(writer, repr(function(*args)).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return float(text)


def limits() -> tuple[float, float]:
    """Operations a second of a large product, and bytes a second of a large copy."""
    from rushlight.bench import compiled_worker

    return compiled_worker.limits()


def main(library: str) -> None:
    """Answer requests, one a line."""
    torch = importlib.import_module(library)
    step: Step = lambda: None
    for line in sys.stdin:
        request = json.loads(line)
        answer: dict[str, object]
        if "prepare" in request:
            step = built(torch, request["prepare"], request.get("size"))
            answer = {"values": values(step), "rate": calibrated(step)}
        elif "memory" in request:
            answer = {"memory": in_a_child(memory, torch, request["memory"])}
        elif "limits" in request:
            answer = {"limits": limits()}
        else:
            answer = {"seconds": timed(step, request["run"])}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
