"""How time grows with size: `rushlight bench --scaling [NAME ...]`.

Each workload of `GROWING` is timed at four sizes in Rushlight and PyTorch, slices in alternation as
for the other workloads. The slope is that of a straight line through the logarithms of size and
time: 1 where twice the size takes twice the time. Beside it stands what the machine needs at least:
the arithmetic of products at the speed of a large product, or the reading of what a step takes and
the writing of what it makes at the speed of a large copy, whichever takes longer.

The results are written to docs/performance.md and its picture docs/performance.svg.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from rushlight.bench import models, operations
from rushlight.bench.page import page, slope
from rushlight.bench.picture import picture

__all__ = ["GROWING", "Growing", "Measured", "report"]

WIDTH = 512  # of the rows of workloads that grow by rows


@dataclass
class Growing:
    """A workload of any size.

    Attributes:
        label: what it does; `size` says what grows.
        build: from the library and a size, one step.
        sizes: four of them.
        least: from a size, how many operations its products need, and how many bytes it must move.
    """

    label: str
    size: str
    build: Callable[[Any, int], Callable[[], Any]]
    sizes: tuple[int, ...]
    least: Callable[[int], tuple[float, float]]


@dataclass
class Measured:
    """What came out for one workload: seconds per step at each size.

    Attributes:
        name: which of `GROWING`.
        sizes: its sizes.
        times: for each library, a time for each size.
        limit: the least time that this machine needs, for each size.
    """

    name: str
    sizes: list[int]
    times: dict[str, list[float]] = field(default_factory=dict)
    limit: list[float] = field(default_factory=list)


def _mlp(torch, batch):
    nn = torch.nn
    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    return models._classifier(torch, model, torch.rand(batch, 784), 10, "SGD", lr=0.01)


def _rows(build):
    return lambda torch, rows: build(torch, (rows, WIDTH))


def _conv(torch, images):
    return operations._convolution(torch, images, 16, 32, (28, 28), 3, padding=1)


def _embedding(torch, count):
    index = torch.randint(0, 10_000, (count,))
    function = torch.nn.functional.embedding
    return operations._with_backward(lambda w: function(index, w), torch.randn(10_000, 64))


def _sort(torch, rows):
    return operations._with_backward(lambda x: x.sort(dim=1).values, torch.randn(rows, WIDTH))


_CONV_PRODUCTS = 3 * 2 * 28 * 28 * 32 * 16 * 9  # forward, and the gradients of input and weight
GROWING = {
    "chain": Growing(
        *("tanh(x) * exp(-x) + x, backward", "elements", operations.chain),
        *((1_000, 10_000, 100_000, 1_000_000), lambda n: (0, 8 * n)),
    ),
    "softmax": Growing(
        *("softmax, backward", f"rows of {WIDTH}", _rows(operations.softmax)),
        *((4, 32, 256, 2048), lambda n: (0, 12 * n * WIDTH)),
    ),
    "layer_norm": Growing(
        *("layer norm, backward", f"rows of {WIDTH}", _rows(operations.layer_norm)),
        *((4, 32, 256, 2048), lambda n: (0, 12 * n * WIDTH)),
    ),
    "matmul": Growing(
        *("square matrix product, backward", "rows", operations.matmul),
        *((64, 128, 256, 512), lambda n: (6 * n**3, 16 * n**2)),
    ),
    "conv": Growing(
        *("convolution 16 to 32, 28x28, 3x3, backward", "images", _conv),
        *((4, 16, 64, 256), lambda n: (n * _CONV_PRODUCTS, n * 4 * 28 * 28 * (16 + 32 + 16))),
    ),
    "mlp": Growing(
        *("MLP 784-128-10, SGD", "batch", _mlp),
        *((16, 64, 256, 1024), lambda n: (n * (4 * 784 * 128 + 6 * 128 * 10), n * 4 * 784)),
    ),
    "embedding": Growing(
        *("embedding 10,000 x 64, backward", "indices", _embedding),
        *((64, 512, 4_096, 32_768), lambda n: (0, 4 * 10_000 * 64 + 8 * n * 64)),
    ),
    "sort": Growing(
        *("sort of rows, backward", f"rows of {WIDTH}", _sort),
        *((4, 32, 256, 2048), lambda n: (0, 12 * n * WIDTH)),
    ),
}


def least(found, limits):
    """The least times, for each size, where `limits` are operations and bytes a second."""
    work = [GROWING[found.name].least(n) for n in found.sizes]
    return [max(operations / limits[0], moved / limits[1]) for operations, moved in work]


def measured(name, sizes, workers, seconds):
    """The fastest slices of a workload at each size."""
    from rushlight.bench import alternate

    found = Measured(name, list(sizes), {worker.library: [] for worker in workers})
    for size in sizes:
        for worker in workers:
            worker.prepare(name, size=size)
        for worker, times in zip(workers, alternate([w.time for w in workers], seconds)):
            found.times[worker.library].append(min(times) / 1e6)
    return found


def _line(found):
    """What the command prints of one workload."""
    text = f"{found.name:12}"
    for library, times in found.times.items():
        shown = " ".join(f"{1e6 * t:10.0f}" for t in times)
        text += f"  {library} {shown} us, slope {slope(found.sizes, times):.2f}"
    return text


def _taken_up(path, conditions):
    """Limits and workloads by name that a run under the same conditions left at `path`."""
    before = json.loads(path.read_text()) if path.exists() else {}
    if before.get("conditions") != conditions:
        return [0.0, 0.0], {}
    return before["limits"], {each["name"]: Measured(**each) for each in before["measured"]}


def report(args: argparse.Namespace, environment: dict[str, str]) -> int:
    """Run `rushlight bench --scaling`: measure, print a line each, and write the page.

    Several runs of a day for some of the names each make one page together.
    """
    from rushlight.bench import Worker, installed

    folder = Path(args.to)
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / "performance.json"
    conditions = {"threads": args.threads, "date": date.today().isoformat()}
    limits, found = _taken_up(record, conditions)
    with ExitStack() as stack:
        libraries = ["rushlight", *installed(args.peers)]
        # what is compiled for long runs is compiled at once, so that a slice shows the lasting pace
        chosen = environment | {"RUSHLIGHT_NUMBA": "1"}
        workers = [stack.enter_context(Worker(name, chosen)) for name in libraries]
        for name in args.names:
            sizes = GROWING[name].sizes
            found[name] = measured(name, sizes, workers, args.seconds / len(sizes))
            limits = list(map(max, limits, workers[0].ask(limits=True)["limits"]))
            print(_line(found[name]), flush=True)
    ordered = [found[name] for name in GROWING if name in found]
    for each in ordered:
        each.limit = least(each, limits)
    kept = {"conditions": conditions, "limits": limits, "measured": [*map(asdict, ordered)]}
    record.write_text(json.dumps(kept, indent=1) + "\n")
    (folder / "performance.svg").write_text(picture(ordered, GROWING))
    (folder / "performance.md").write_text(page(ordered, GROWING, conditions, limits))
    return 0
