"""Where the time goes: by operation and by source line, forward and backward."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from time import perf_counter

from rushlight.explain.mistakes.report import line_now

__all__ = ["Clock", "Spent"]


@dataclass
class Spent:
    """Seconds that something took, and how often it ran forward."""

    forward: float = 0.0
    backward: float = 0.0
    calls: int = 0

    @property
    def total(self):
        return self.forward + self.backward


class Clock:
    """Stands in for a profile's recorder: adds up the time of each operation and of each line.

    What an operation calls counts for that, not for the caller too. The time of a derivative counts
    for the line and the operation that it is the derivative of; what is left of a backward pass
    (adding gradients up, finding the way) counts for the line that calls `backward()`.

    Attributes:
        by_op: name -> Spent.
        by_line: number of a line -> Spent.
    """

    def __init__(self):
        self.by_op: dict = defaultdict(Spent)
        self.by_line: dict = defaultdict(Spent)
        self.inner: list = [0.0]
        self.in_backward = 0

    def begin(self, name, args=()):
        """An operation begins; gives the event that is to end."""
        self.inner.append(0.0)
        return name.removeprefix("aten::"), line_now(), perf_counter()

    def end(self, event):
        """It has ended."""
        name, line, began = event
        own = self.own_time(began)
        if self.in_backward:  # part of a derivative
            self.inner[-1] -= own
        else:
            self.add(name, line, own)

    def returned(self, event, args, result):
        """What it returned doesn't matter."""

    def own_time(self, began):
        """The time since then, less that of what was called."""
        whole = perf_counter() - began
        own = whole - self.inner.pop()
        self.inner[-1] += whole
        return own

    def add(self, name, line, seconds, calls=1):
        """Count some time of forward computation."""
        for spent in self.by_op[name], self.by_line[line]:
            spent.forward += seconds
            spent.calls += calls

    def watched_rules(self, node, backward):
        """The rules of a Node, with their time counted."""
        op = getattr(node, "op", None)
        name = op.title if op is not None else type(node).__name__
        line = getattr(node, "line", 0)

        def apply(gradient, edges):
            self.inner.append(0.0)
            self.in_backward += 1
            began = perf_counter()
            try:
                return backward(gradient, edges)
            finally:
                self.in_backward -= 1
                own = self.own_time(began)
                self.by_op[name].backward += own
                self.by_line[line].backward += own

        return apply

    def begin_pass(self):
        """A backward pass begins."""
        self.inner.append(0.0)
        self.in_backward += 1
        self.pass_began = perf_counter()

    def end_pass(self):
        """It has ended."""
        self.in_backward -= 1
        own = self.own_time(self.pass_began)
        self.by_op["backward()"].backward += own
        self.by_op["backward()"].calls += 1
        self.by_line[line_now()].backward += own
        self.by_line[line_now()].calls += 1
