"""An Entry: one traced run of a function as something that can be run again.

It knows where each input of the Program comes from (`Source`), what has to hold for it to be valid
(guards), and how the run's effects are repeated: what was written to, which gradients are new, what
is returned.
"""

from __future__ import annotations

import numpy as np

from rushlight.compile.programs.family import build_member
from rushlight.compile.runs.replay import write_replay
from rushlight.compile.runs.same import write_same
from rushlight.compile.tracing.recorder import Number
from rushlight.compile.tracing.sources import Argument, Captured, Item, NewTensor

__all__ = ["Entry"]


class Entry:
    """See the head of this module."""

    backend = runner = member = None
    replay = same = held = None

    def holds(self, leaves):
        """Whether a call with these Tensors can be answered by this Entry."""
        if self.same is None:
            self.same = write_same(self)
        if not self.same(leaves):
            if not all(seen.holds(seen.source.of(leaves)) for seen in self.seen):
                return False
            if self.watch.changed() is not None:
                return False
            self.held = None
        for ask, answer in self.outcomes:
            if ask() != answer:
                return False
        if not all(condition.hold(s.of(leaves)._array) for s, condition in self.demands):
            return False
        return not (self.traced.writes and leaves and self.overlaps(leaves))

    def overlaps(self, leaves):
        """Whether something that is written to shares memory with another input."""
        if self.held is None:  # what it found is still there, and what was found is apart
            self.held = {id(s.tensor._array) for s in self.sources if isinstance(s, Captured)}
        if (
            not any(
                x._base is not None or x._array.base is not None or id(x._array) in self.held
                for x in leaves
            )
            and not self.assigned
        ):
            return False
        written = {i for i, _ in self.traced.writes}
        arrays = [s.of(leaves)._array if hasattr(s, "of") else None for s in self.sources]
        given = [i for i, s in enumerate(self.sources) if isinstance(s, Argument)]
        return any(
            i != j and arrays[j] is not None and np.may_share_memory(arrays[i], arrays[j])
            for i in given
            for j in (range(len(arrays)) if i in written else written)
        )

    def prepare(self):
        """Turn the traced Program into something that runs fast."""
        if self.runner is None:
            self.runner, numbers = build_member(self.traced, self.member, self.backend)
            self.sources += numbers

    def arrays(self, leaves):
        """What the Program is given for these arguments: arrays, and numbers."""
        return [
            s if isinstance(s, np.ndarray) else s.read() if isinstance(s, Number)
            else s.of(leaves)._array for s in self.sources
        ]  # fmt: skip

    def may_loop(self, data):
        """Whether what it demands of its inputs holds for all batches that are rows of `data`."""
        written = {id(self.sources[i]) for i, _ in self.traced.writes}
        return all(
            condition.hold(data[s.number]) if isinstance(s, Argument) else id(s) not in written
            for s, condition in self.demands
        )

    def loss_alone(self):
        """The number of the output that is returned (first), if a run does no more than compute.

        None if it has a derivative of its own or does something in Python, such as stepping a
        schedule.
        """
        self.prepare()
        result = self.template
        result = result[0] if isinstance(result, (tuple, list)) and result else result
        result = result.of if isinstance(result, Item) else result
        idle = all(isinstance(x, Number) for x in self.host) and not self.assigned
        if self.derivative is not None or self.checks or not idle:
            return None
        return result.number if isinstance(result, NewTensor) else None

    def run(self, leaves):
        """Repeat the run for these arguments; gives what the function returns."""
        if self.replay is None:
            self.prepare()
            self.replay = write_replay(self, self.runner)
        return self.replay(leaves)
