"""Dead units: activations whose slope is nothing, so that what is before them can't learn.

A unit (a feature, or a channel of images) is dead if the slope of its activation was below 1/1000
for all samples of the latest passes. That of `relu` is then zero; `sigmoid` and `tanh` are
saturated. `leaky_relu` and `prelu` have a slope everywhere, so their units never are.
"""

from __future__ import annotations

import sys

import numpy as np

import rushlight
from rushlight import nn, ops
from rushlight.explain.mistakes.report import line_now, place_of_line
from rushlight.explain.provenance import is_ours
from rushlight.tensor import Tensor

__all__ = ["Units"]

_SLOPE = 1e-3
#: activation -> where its slope is more than that, from its input and output
_ALIVE = {
    "relu": lambda x, y: y > 0,
    "relu6": lambda x, y: (y > 0) & (y < 6),
    "hardtanh": lambda x, y: y == x,
    "sigmoid": lambda x, y: y * (1 - y) > _SLOPE,
    "tanh": lambda x, y: 1 - y * y > _SLOPE,
    **dict.fromkeys(("elu", "selu", "celu", "softplus"), lambda x, y: x > np.log(_SLOPE)),
    "gelu": lambda x, y: x > -4,
    "silu": lambda x, y: x > -9,
}
#: the latest passes are at least so many, with so many samples
_PASSES, _SAMPLES = 20, 500


class Activation:
    """One use of an activation: which of its units had a slope of late.

    Two windows follow each other: when one is full, it becomes the earlier one.
    """

    def __init__(self, kind, line, module):
        self.kind, self.line, self.module = kind, line, module
        self.alive = self.before = np.zeros(0, bool)
        self.passes = self.samples = self.all_samples = 0

    def look(self, alive):
        """Note one pass: `alive` has a row for each sample, a column for each unit."""
        units = alive.shape[1]
        if self.alive.size != units:
            self.alive = self.before = np.zeros(units, bool)
        elif self.passes >= _PASSES and self.samples >= _SAMPLES:
            self.before, self.alive = self.alive, np.zeros(units, bool)
            self.passes = self.samples = 0
        self.alive |= alive.any(axis=0)
        self.passes += 1
        self.samples += len(alive)
        self.all_samples += len(alive)

    def dead(self):
        """(dead units, units); none where too few samples were seen to tell."""
        known = self.all_samples >= _PASSES
        return int((~(self.alive | self.before)).sum()) if known else 0, self.alive.size


class Units:
    """All uses of activations in a program."""

    def __init__(self):
        self.uses: dict = {}
        self.is_inside = False

    def wrapped(self):
        """What is to be replaced: (owner, name, wrapper)."""
        owners = nn.functional, ops, rushlight, Tensor
        found = [(owner, name) for owner in owners for name in _ALIVE if hasattr(owner, name)]
        return [(owner, name, self.watcher(name)) for owner, name in found]

    def watcher(self, kind):
        """The wrapper of an activation."""

        def wrapper(function):
            def watched(input, *args, **kwargs):
                if self.is_inside or type(getattr(input, "_array", None)) is not np.ndarray:
                    return function(input, *args, **kwargs)
                given = input._array.copy()
                self.is_inside = True
                try:
                    output = function(input, *args, **kwargs)
                finally:
                    self.is_inside = False
                self.look(kind, sys._getframe(1), given, output._array)
                return output

            return watched

        return wrapper

    def look(self, kind, frame, given, made):
        """Note one call, of a layer or of the program itself."""
        this = frame.f_locals.get("self")
        module = this if isinstance(this, nn.Module) else None
        if made.ndim < 2 or (module is None and is_ours(frame.f_code.co_filename)):
            return
        key = id(module), line_now(), kind
        use = self.uses.get(key) or self.uses.setdefault(key, Activation(kind, line_now(), module))
        alive = _ALIVE[kind](given, made)
        if alive.ndim > 3:  # images: a channel is a unit
            alive = np.moveaxis(alive, 1, -1)
        use.look(alive.reshape(-1, alive.shape[-1]))

    def dead(self, name_of):
        """(place, what it is called, dead units, units) of those that have any."""
        for use in self.uses.values():
            count, units = use.dead()
            if count:
                yield place_of_line(use.line), name_of(use.module) or use.kind, count, units
