"""One library of `rushlight bench --compiled`, in a process: `compiled_worker.py LIBRARY`.

It answers requests as `worker.py` does; `{"limits": true}` asks what the machine can do.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np

from rushlight.bench.memory import forget_peak, peak
from rushlight.bench.workloads import WORKLOADS

WORKLOAD = {"chain": "chain_1M"}
CALLS = 6  # after so many everything is compiled


def scalar_loop(torch, compiled):
    """Gradient descent on one number."""
    w = torch.tensor(10.0, requires_grad=True)
    count = 100_000 if compiled == "rushlight" else 100

    def step():
        loss = w**2 + 20
        loss.backward()
        with torch.no_grad():
            w.sub_(1e-6 * w.grad)
            w.grad.zero_()
        return loss

    return repeated(torch, step, compiled, count), count


def regression_loop(torch, compiled):
    """A line through 16,000 points, shuffled, in batches of 16."""
    x = torch.randn(16_000 if compiled == "rushlight" else 1600, 1)
    data = torch.utils.data.TensorDataset(x, 30 * x + 14.5)
    loader = torch.utils.data.DataLoader(data, batch_size=16, shuffle=True)
    model = torch.nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

    def step(x, y):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    if compiled == "rushlight":
        step = torch.compile(step)
        return lambda: step.over(loader), len(loader)
    step = torch.compile(step) if compiled else step

    def epoch():
        for batch in loader:
            step(*batch)

    return epoch, len(loader)


def repeated(torch, step, compiled, count):
    """A function that runs a step so many times."""
    if compiled == "rushlight":
        step = torch.compile(step)
        return lambda: step.over(count)
    step = torch.compile(step) if compiled else step

    def run():
        for _ in range(count):
            step()

    return run


LOOPS = {"scalar_loop": scalar_loop, "regression_loop": regression_loop}


class Prepared:
    """A workload in one library.

    Attributes:
        run, count: a function, and how many steps it does.
        rate: steps a second.
        first: seconds that the first calls, and building, took beyond ordinary calls.
        memory: megabytes that it held at most on top of the library.
        least: (operations of products, bytes of inputs and results) of a step, if known.
    """

    def __init__(self, library, name):
        base, _, compiled = library.partition(".")
        torch = None if base == "jax" else __import__(base)
        forget_peak()
        before = peak()
        start = time.perf_counter()
        if base == "jax":
            from rushlight.bench.jax_steps import STEPS

            made = STEPS[name](np.random.default_rng(0))
            self.run, self.count = made if isinstance(made, tuple) else (made, 1)
        else:
            torch.manual_seed(0)
            if name in LOOPS:
                self.run, self.count = LOOPS[name](torch, base if compiled else "")
            else:
                step = WORKLOADS[WORKLOAD.get(name, name)](torch)
                self.run, self.count = (torch.compile(step) if compiled else step), 1
        for _ in range(CALLS):
            self.run()
        first = time.perf_counter() - start
        self.rate = self.calibrated()
        self.first = max(0.0, first - CALLS * self.count / self.rate)
        self.memory = peak() - before
        self.least = work_of(self.run) if library == "rushlight.compile" else (0, 0)

    def timed(self, n):
        """Seconds of n calls."""
        start = time.perf_counter()
        for _ in range(n):
            self.run()
        return time.perf_counter() - start

    def calibrated(self):
        """Steps a second, after a warm-up."""
        n, seconds = 1, 0.0
        while seconds < 0.2:
            n *= 2
            seconds = self.timed(n)
        return n * self.count / seconds


def work_of(step):
    """(operations of products, bytes of inputs and results) of a compiled step."""
    if not hasattr(step, "program"):
        return 0, 0
    program = step.program
    products = [i for i in program.instructions if i.kind == "matmul"]
    operations = sum(
        2 * np.prod(i.result.shape) * i.operands[0].shape[-2 if i.params["transpose_a"] else -1]
        for i in products
    )
    moved = [*program.inputs, *program.results()]
    return int(operations), int(sum(np.prod(x.shape) * x.dtype.itemsize for x in moved))


def limits():
    """(operations a second of a large product, bytes a second of a large copy)."""
    a = np.ones((1024, 1024), "f4")
    source, target = np.ones(2**24, "f4"), np.ones(2**24, "f4")
    product = min(elapsed(lambda: a @ a) for _ in range(8))
    copy = min(elapsed(lambda: np.copyto(target, source)) for _ in range(5))
    return 2 * 1024**3 / product, 2 * source.nbytes / copy


def elapsed(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def main(library):
    """Answer requests, one a line."""
    prepared = None
    for line in sys.stdin:
        request = json.loads(line)
        if "limits" in request:
            answer = {"limits": limits()}
        elif "prepare" in request:
            prepared = Prepared(library, request["prepare"])
            names = "rate", "first", "memory", "least"
            answer = {"values": [], **{name: getattr(prepared, name) for name in names}}
        else:
            calls = max(1, request["run"] // prepared.count)
            answer = {"seconds": prepared.timed(calls) / calls / prepared.count * request["run"]}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
