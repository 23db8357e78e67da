"""Compiled training steps, side by side: `rushlight bench --compiled [NAME ...]`.

One process each for Rushlight compiled, Rushlight eager, PyTorch eager, `torch.compile` and JAX's
jit; slices in alternation, as for the other workloads. Beside the times: the share of what this
machine can do at most, by the arithmetic of products (a large product, measured in the same run) or
by the memory that the step has to read and write once (a large copy, likewise).
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from statistics import median

__all__ = ["LIBRARIES", "NAMES", "report"]

LIBRARIES = ["rushlight.compile", "rushlight", "torch", "torch.compile", "jax"]
NAMES = {
    "scalar_loop": "w**2 + 20, one iteration of a loop",
    "regression_loop": "linear regression, one step of an epoch",
    "mlp_tanh": "tanh MLP 2-16-16-1, batch 100",
    "mlp_digits_sgd": "MLP 784-128-10, batch 64, SGD",
    "mlp_digits_adam": "MLP 784-128-10, batch 64, Adam",
    "mlp_wide": "MLP 784-1024-10, batch 256, SGD",
    "chain": "tanh(x) * exp(-x) + x, backward, 1 M",
    "transformer": "transformer, 2 blocks, AdamW",
}


def report_workload(name: str, workers: list, seconds: float, limits) -> None:
    """The lines of the table for one compiled workload."""
    from rushlight.bench import alternate

    for worker in list(workers):
        try:
            worker.prepare(name)
        except RuntimeError:
            workers.remove(worker)
            print(f"{worker.library} can't do {name}: it is left out from here on", flush=True)
    results = alternate([worker.time for worker in workers], seconds)
    print(NAMES[name])
    ours = results[0]
    for worker, times in zip(workers, results):
        ratio = median(t / o for o, t in zip(ours, times))
        text = f"  {worker.library:18}{median(times):12.3f} us {ratio:8.2f}x"
        operations, size = worker.answer["least"]
        if operations or size:
            least = max(operations / limits[0], size / limits[1]) * 1e6
            text += f"  {100 * least / median(times):3.0f} % of the machine's limit"
        print(f"{text}  (first call {worker.answer['first']:.2f} s)", flush=True)


def report(args: argparse.Namespace, environment: dict[str, str]) -> int:
    """Run `rushlight bench --compiled`."""
    from rushlight.bench import Worker, installed

    with ExitStack() as stack:
        workers = [
            stack.enter_context(Worker(name, environment, "compiled_worker"))
            for name in ["rushlight.compile", *installed(args.peers)]
        ]
        limits = workers[0].ask(limits=True)["limits"]
        print(f"{args.threads} threads; median time per step, and how often Rushlight fits into it")
        print(f"BLAS {limits[0] / 1e9:.0f} GFLOP/s, memory {limits[1] / 1e9:.1f} GB/s")
        for name in args.names:
            report_workload(name, workers, args.seconds, limits)
    return 0
