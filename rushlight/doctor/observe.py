"""What is collected while a program runs, and what of it a report shows."""

from __future__ import annotations

import gc
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

import rushlight
from rushlight import nn
from rushlight.autograd.tape import modes
from rushlight.explain.mistakes.report import findings, line_now, place_of_line
from rushlight.explain.mistakes.watch import Check
from rushlight.ops import fast
from rushlight.tensor import Tensor

__all__ = ["Observer", "Report"]

_POINTS = 200


@dataclass
class Report:
    """What is known after the program.

    Attributes:
        models: (name, number of parameters, [(path, shape)]) of each model that was trained.
        optimizers: what each optimizer is, as text.
        losses: the value that each backward pass began with.
        norms: name of a parameter -> norms of its gradient, step by step.
        dead: (place, dead units, units) of activations.
        shared: groups of names of tensors on the same memory.
        by_op, by_line: (what, seconds, calls), the longest first.
        seconds: of the whole run.
        memory: greatest number of bytes that the process had; None if the system doesn't tell.
    """

    program: str
    error: str | None
    findings: list
    models: list = field(default_factory=list)
    optimizers: list = field(default_factory=list)
    losses: list = field(default_factory=list)
    norms: dict = field(default_factory=dict)
    dead: list = field(default_factory=list)
    shared: list = field(default_factory=list)
    by_op: list = field(default_factory=list)
    by_line: list = field(default_factory=list)
    seconds: float = 0.0
    memory: int | None = None

    def has_errors(self):
        """Whether the program failed, or a finding is an error."""
        return self.error is not None or any(f.kind.is_error for f in self.findings)


class Clock:
    """Stands in for a profile's recorder: adds up the time of each operation and of each line."""

    def __init__(self):
        self.by_op: dict = defaultdict(lambda: [0.0, 0])
        self.by_line: dict = defaultdict(lambda: [0.0, 0])
        self.inner: list = [0.0]

    def begin(self, name, args=()):
        """An operation begins; what it calls is not counted as its own."""
        self.inner.append(0.0)
        return name, line_now(), perf_counter()

    def end(self, event):
        """It has ended."""
        name, line, began = event
        whole = perf_counter() - began
        own = whole - self.inner.pop()
        self.inner[-1] += whole
        self.add(name.removeprefix("aten::"), line, own)

    def add(self, name, line, seconds):
        """Count some time."""
        for table, key in (self.by_op, name), (self.by_line, line):
            table[key][0] += seconds
            table[key][1] += 1


class Observer(Check):
    """Looks on as checks of silent mistakes do, and remembers."""

    def __init__(self):
        self.clock = Clock()
        self.optimizers: list = []
        self.models: dict = {}
        self.losses: list = []
        self.norms: dict = defaultdict(list)
        self.names: dict = {}
        self.alive: dict = {}
        self.began = perf_counter()

    def __enter__(self):
        modes.recorder = self.clock
        fast.intercept(+1)
        return self

    def __exit__(self, *exception):
        fast.intercept(-1)
        modes.recorder = None

    # The moments of a Check

    def made(self, optimizer):
        self.optimizers.append(optimizer)

    def before_backward(self, root):
        if root._array.size == 1:
            self.losses.append(float(root._array.reshape(-1)[0]))
        self.backward_began = perf_counter()

    def after_backward(self, root):
        self.clock.add("backward", line_now(), perf_counter() - self.backward_began)

    def before_step(self, optimizer, args, kwargs):
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        if any(id(p) not in self.names for p in parameters):
            self.learn_names(parameters)
        for p in parameters:
            if p._grad is not None:
                self.norms[self.names[id(p)]].append(float(np.linalg.norm(p._grad._array)))
        self.step_began = perf_counter()

    def after_step(self, optimizer, args, kwargs):
        self.clock.add("optimizer.step", line_now(), perf_counter() - self.step_began)

    def learn_names(self, parameters):
        """Find the models that have these parameters, the largest ones, and name them by those."""
        wanted = {id(p) for p in parameters}
        modules = [m for m in gc.get_objects() if issubclass(type(m), nn.Module)]
        inner = {id(child) for m in modules for child in m.children()}
        for model in [m for m in modules if id(m) not in inner]:
            named = dict(model.named_parameters())
            if any(id(p) in wanted for p in named.values()):
                self.models[id(model)] = model
                for path, p in named.items():
                    self.names.setdefault(id(p), path)
        for i, p in enumerate(parameters):
            self.names.setdefault(id(p), f"parameter {i} {list(p.shape)}")

    # Dead units

    def wrapped(self):
        """What is to be replaced: (owner, name, wrapper)."""
        owners = [(nn.functional, "relu"), (Tensor, "relu"), (rushlight, "relu")]
        return [(owner, name, self.watched_activation) for owner, name in owners]

    def watched_activation(self, function):
        def watched(input, *args, **kwargs):
            output = function(input, *args, **kwargs)
            array = output._array
            if array.__class__ is np.ndarray and array.ndim > 1:
                unit = 1 if array.ndim > 3 else array.ndim - 1
                others = tuple(i for i in range(array.ndim) if i != unit)
                key = line_now(), array.shape[unit]
                alive = (array > 0).any(axis=others)
                known = self.alive.get(key)
                self.alive[key] = alive if known is None else known | alive
            return output

        return watched

    # The report

    def report(self, program, error):
        """What is known now."""
        made = Report(program, error, list(findings))
        made.models = [describe_model(m) for m in self.models.values()]
        made.optimizers = [describe_optimizer(o) for o in self.optimizers]
        made.losses = thinned(self.losses)
        made.norms = {name: thinned(values) for name, values in self.norms.items()}
        made.dead = [
            (place_of_line(line), int((~alive).sum()), len(alive))
            for (line, _), alive in self.alive.items()
            if not alive.all()
        ]
        made.shared = shared_storage(self.models.values())
        made.by_op = longest(self.clock.by_op)
        made.by_line = [
            (place_of_line(line), seconds, calls)
            for line, seconds, calls in longest(self.clock.by_line)
        ]
        made.seconds = perf_counter() - self.began
        made.memory = peak_memory()
        return made


def thinned(values):
    """At most so many values that a picture shows them all: every n-th."""
    step = -(-len(values) // _POINTS) or 1
    return values[::step]


def longest(table):
    rows = [(key, seconds, calls) for key, (seconds, calls) in table.items()]
    return sorted(rows, key=lambda row: -row[1])[:12]


def describe_model(model):
    parts = [(path, list(p.shape)) for path, p in model.named_parameters()]
    return type(model).__name__, sum(p.numel() for p in model.parameters()), parts


def describe_optimizer(optimizer):
    group = optimizer.param_groups[0]
    count = sum(len(g["params"]) for g in optimizer.param_groups)
    return f"{type(optimizer).__name__}(lr={group.get('lr')})", count


def shared_storage(models):
    """Groups of names of parameters and buffers on the same memory."""
    found: dict = defaultdict(list)
    for model in models:
        kinds = model.named_parameters, model.named_buffers
        for kind in kinds:
            for path, tensor in kind(remove_duplicate=False):
                base = tensor._array if tensor._array.base is None else tensor._array.base
                found[id(base)].append(f"{type(model).__name__}.{path}")
    return [names for names in found.values() if len(names) > 1]


def peak_memory():
    """The greatest number of bytes that this process had at once; None if it isn't known."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
