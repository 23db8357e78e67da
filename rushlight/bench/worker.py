"""One library in a process of its own, which times what it is told to: `worker.py LIBRARY`.

It reads one JSON request a line and answers each with one: `{"prepare": name}` builds a workload
and answers with its first values and how many steps a second takes; `{"run": n}` answers with the
seconds that n steps took.
"""

from __future__ import annotations

import importlib
import json
import sys
from itertools import repeat
from time import perf_counter

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


def main(library: str) -> None:
    torch = importlib.import_module(library)
    step: Step = lambda: None
    for line in sys.stdin:
        request = json.loads(line)
        if "prepare" in request:
            torch.manual_seed(0)
            step = WORKLOADS[request["prepare"]](torch)
            values = [float(step().detach().sum()) for _ in range(3)]
            answer = {"values": values, "rate": calibrated(step)}
        else:
            answer = {"seconds": timed(step, request["run"])}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
