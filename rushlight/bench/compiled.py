"""Compiled training steps, side by side: `rushlight bench --compiled [NAME ...]`.

Rushlight compiled, Rushlight eager, PyTorch eager, `torch.compile` (which needs a C++ compiler) and
JAX's jit, each in a process of its own for each workload; slices in alternation, as for the other
workloads. A line says: microseconds a step, how often Rushlight's step fits into it, and that ratio
as it is aimed at; the share of what this machine can do at most, by the arithmetic of products (a
large product, measured in the same run) or by the memory that the step has to read and write once
(a large copy, likewise); what the first calls took beyond an ordinary one's time; and what the
workload held at most on top of the library. Who needs longer than `--limit` seconds for the first
calls is left out: `torch.compile` takes minutes for some.
"""

from __future__ import annotations

import argparse
import shutil
from contextlib import ExitStack
from statistics import median

__all__ = ["LIBRARIES", "NAMES", "report"]

LIBRARIES = ["rushlight.compile", "rushlight", "torch", "torch.compile", "jax"]
#: what each is, and the microseconds that are aimed at where PyTorch and JAX need so many
NAMES = {
    "scalar_loop": ("w**2 + 20, one iteration of a loop", 0.004, 43, 0.0041),
    "regression_loop": ("linear regression, one step of an epoch", 0.1, 285, 2.5),
    "mlp_tanh": ("tanh MLP 2-16-16-1, batch 100", 30, 294, 92),
    "mlp_digits_sgd": ("MLP 784-128-10, batch 64, SGD", 250, 475, 397),
    "mlp_digits_adam": ("MLP 784-128-10, batch 64, Adam", 300, 731, 460),
    "mlp_wide": ("MLP 784-1024-10, batch 256, SGD", 4600, 6900, 5800),
    "chain": ("tanh(x) * exp(-x) + x, backward, 1 M", 500, 5300, 720),
    "transformer": ("transformer, 2 blocks, AdamW", 18000, 25000, 41000),
}


def started(name: str, libraries: list[str], environment, limit: float, stack: ExitStack) -> list:
    """A worker for each library that can do a workload in time, prepared; the others are named."""
    from rushlight.bench import Worker

    workers: list = []
    for library in libraries:
        worker = stack.enter_context(Worker(library, environment, "compiled_worker"))
        try:
            worker.prepare(name, limit if workers else None)
        except RuntimeError as error:
            print(f"  {library} can't do {name}: {error}", flush=True)
        else:
            workers.append(worker)
    return workers


def aimed(name: str, library: str) -> str:
    """The ratio to a peer that is aimed at."""
    _, ours, torch, jax = NAMES[name]
    peer = {"torch": torch, "jax": jax}.get(library)
    return f"(aim {peer / ours:5.2f})" if peer else " " * 11


def limit(answer, time: float, limits) -> str:
    """The share of the machine's limit, for a worker that says how much there is to do."""
    operations, size = answer["least"]
    if not operations and not size:
        return " " * 15
    product, memory = operations / limits[0] * 1e6, size / limits[1] * 1e6
    what = "BLAS" if product > memory else "memory"
    return f"{100 * max(product, memory) / time:4.0f} % of {what:6}"


def report_workload(name: str, libraries: list[str], environment, args, limits) -> None:
    """The lines of the table for one compiled workload."""
    from rushlight.bench import alternate

    title, aim, *_ = NAMES[name]
    print(f"{title}; aim {aim:g} us", flush=True)
    with ExitStack() as stack:
        workers = started(name, libraries, environment, args.limit, stack)
        results = alternate([worker.time for worker in workers], args.seconds)
        ours = results[0]
        for worker, times in zip(workers, results):
            ratio = median(t / o for o, t in zip(ours, times))
            print(
                f"  {worker.library:18}{median(times):12.4g} us {ratio:8.2f}x "
                f"{aimed(name, worker.library)} {limit(worker.answer, median(times), limits)}"
                f"  first calls {worker.answer['first']:6.2f} s, {worker.answer['memory']:6.1f} MB",
                flush=True,
            )


def report(args: argparse.Namespace, environment: dict[str, str]) -> int:
    """Run `rushlight bench --compiled`."""
    from rushlight.bench import Worker, installed

    libraries = ["rushlight.compile", *installed(args.peers)]
    if "torch.compile" in libraries and not any(map(shutil.which, ("g++", "clang++", "c++"))):
        libraries.remove("torch.compile")
        print("torch.compile is left out: there is no C++ compiler, which it needs")
    with Worker(libraries[0], environment, "compiled_worker") as worker:
        limits = worker.ask(limits=True)["limits"]
    print(f"{args.threads} threads; median time per step, and how often Rushlight fits into it")
    print(f"BLAS {limits[0] / 1e9:.0f} GFLOP/s, memory {limits[1] / 1e9:.1f} GB/s")
    for name in args.names:
        report_workload(name, libraries, environment, args, limits)
    return 0
