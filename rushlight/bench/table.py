"""The table of workloads: each is one function that takes the library and returns one step.

A workload is written once, as an ordinary PyTorch program with the library as its argument, so
every library runs the same source. To add one, write the function: its name is its name on the
command line, the first line of its docstring its name in the table. The step returns a tensor
whose value must be the same in every library. `@workload(0.8)` says that a step of Rushlight is to
take 0.8 of PyTorch's time, at most.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Step = Callable[[], Any]
WORKLOADS: dict[str, Callable[[Any], Step]] = {}
#: for each workload: which part of PyTorch's time a step is to take, at most
AIMS: dict[str, float] = {"import": 0.12}
#: which part of PyTorch's peak memory a workload is to need, at most
MEMORY_AIM = 1.0


def workload(aim: float) -> Callable:
    """The decorator that enters a function that builds a step into the table of workloads."""

    def enter(build: Callable[[Any], Step]) -> Callable[[Any], Step]:
        WORKLOADS[build.__name__] = build
        AIMS[build.__name__] = aim
        return build

    return enter


def training(torch, model, criterion, batches, method, **options):
    """A training step on the next of `batches`."""
    optimizer = getattr(torch.optim, method)(model.parameters(), **options)

    def step():
        x, y = next(batches)
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step
