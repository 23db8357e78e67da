"""What is collected while a program runs, and what of it a report shows."""

from __future__ import annotations

import gc
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from rushlight import nn
from rushlight.autograd.tape import modes
from rushlight.doctor.charts import number
from rushlight.doctor.clock import Clock
from rushlight.doctor.units import Units
from rushlight.explain.mistakes.report import findings, line_now, place_of_line, situation
from rushlight.explain.mistakes.watch import Check
from rushlight.explain.source import Place
from rushlight.ops import fast

__all__ = ["Model", "Observer", "Report", "Series"]

_POINTS = 400
_ROWS = 12


@dataclass
class Model:
    """A model that was trained: what it is called, and its parameters."""

    name: str
    kind: str
    count: int
    #: (path, shape) of each parameter
    parameters: list


@dataclass
class Series:
    """Numbers over time: at pass, or step, number `at[i]` there was `values[i]`."""

    at: list = field(default_factory=list)
    values: list = field(default_factory=list)

    def add(self, at, value):
        """Note one more."""
        self.at.append(at)
        self.values.append(value)

    def thinned(self):
        """At most so many values that a picture can show: every n-th, and the last."""
        step = -(-len(self.values) // _POINTS) or 1
        chosen = sorted({*range(0, len(self.values), step), len(self.values) - 1})
        return Series([self.at[i] for i in chosen], [self.values[i] for i in chosen])


@dataclass
class Report:
    """What is known after the program.

    Attributes:
        error: the error that ended it, with its explanation; None if it ended well.
        place: where in the program that was; None if it isn't known.
        findings: the silent mistakes.
        models: the models that were trained.
        optimizers: (what it is, number of tensors) of each.
        passes, steps: how many backward passes and steps of optimizers there were.
        losses: Place of a `backward()` -> Series of the values that its passes began with.
        norms: name of a parameter -> Series of the norms of its gradient.
        dead: (place, activation, dead units, units).
        shared: groups of names of tensors on the same memory.
        by_op, by_line: (name or Place, Spent), the longest first.
        seconds: of the whole run.
        memory: greatest number of bytes that the process had; None if the system doesn't tell.
    """

    program: str
    error: str | None
    place: Place | None
    findings: list
    models: list = field(default_factory=list)
    optimizers: list = field(default_factory=list)
    passes: int = 0
    steps: int = 0
    losses: dict = field(default_factory=dict)
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


class Observer(Check):
    """Looks on as checks of silent mistakes do, and remembers."""

    def __init__(self):
        self.clock = Clock()
        self.units = Units()
        self.optimizers: list = []
        self.models: dict = {}
        self.names: dict = {}
        self.losses: dict = defaultdict(Series)
        self.norms: dict = defaultdict(Series)
        self.passes = self.steps = 0
        self.began = perf_counter()

    def __enter__(self):
        modes.recorder = self.clock
        fast.intercept(+1)
        return self

    def __exit__(self, *exception):
        fast.intercept(-1)
        modes.recorder = None

    def wrapped(self):
        """What is to be replaced: (owner, name, wrapper)."""
        return self.units.wrapped()

    # The moments of a Check

    def made(self, optimizer):
        self.optimizers.append((optimizer, optimizer.param_groups[0].get("lr")))

    def before_backward(self, root):
        self.passes += 1
        if root._array.size == 1:
            self.losses[line_now()].add(self.passes, float(root._array.reshape(-1)[0]))
        self.clock.begin_pass()

    def after_backward(self, root):
        self.clock.end_pass()

    def before_step(self, optimizer, args, kwargs):
        self.steps += 1
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        if any(id(p) not in self.names for p in parameters):
            self.learn_names(parameters)
        for p in parameters:
            if p._grad is not None:
                norm = float(np.linalg.norm(p._grad._array))
                self.norms[self.names[id(p)]].add(self.steps, norm)
        self.step_began = perf_counter()

    def after_step(self, optimizer, args, kwargs):
        self.clock.add("optimizer.step()", line_now(), perf_counter() - self.step_began)

    # Names

    def learn_names(self, parameters):
        """Find the largest models that have these parameters, and name them by those."""
        wanted, case = {id(p) for p in parameters}, situation()
        modules = [m for m in gc.get_objects() if issubclass(type(m), nn.Module)]
        inner = {id(child) for m in modules for child in m.children()}
        for model in [m for m in modules if id(m) not in inner]:
            named = dict(model.named_parameters())
            if any(id(p) in wanted for p in named.values()):
                name = case.name_of(model) or type(model).__name__
                self.models[id(model)] = name, model
                for path, p in named.items():
                    self.names.setdefault(id(p), f"{name}.{path}")
        for i, p in enumerate(parameters):
            self.names.setdefault(id(p), case.name_of(p) or f"parameter {i} {list(p.shape)}")

    def name_of_layer(self, layer):
        """`model.1 (ReLU)`; None for what is no layer of a model that was trained."""
        for name, model in self.models.values():
            for path, module in model.named_modules():
                if module is layer and path:
                    return f"{name}.{path} ({type(layer).__name__})"
        return None

    # The report

    def report(self, program, error, place):
        """What is known now; of the error that ended the program, its text and Place."""
        models = self.models.values()
        return Report(
            program,
            error,
            place,
            list(findings),
            models=[describe(name, model) for name, model in models],
            optimizers=[describe_optimizer(*each) for each in self.optimizers],
            passes=self.passes,
            steps=self.steps,
            losses={place_of_line(line): s.thinned() for line, s in self.losses.items()},
            norms={name: s.thinned() for name, s in self.norms.items()},
            dead=list(self.units.dead(self.name_of_layer)),
            shared=shared_storage(models),
            by_op=longest(self.clock.by_op),
            by_line=[(place_of_line(line), s) for line, s in longest(self.clock.by_line)],
            seconds=perf_counter() - self.began,
            memory=peak_memory(),
        )


def longest(table):
    """The rows that took longest, less those that hardly took any time."""
    rows = sorted(table.items(), key=lambda row: -row[1].total)
    return [row for row in rows if row[1].total > 0.002 * rows[0][1].total][:_ROWS]


def describe(name, model):
    parameters = [(path, list(p.shape)) for path, p in model.named_parameters()]
    return Model(name, type(model).__name__, sum(p.numel() for p in model.parameters()), parameters)


def describe_optimizer(optimizer, first_rate):
    """(what it is, number of tensors): `SGD(lr=0.1)`, `SGD(lr=0.1 → 0.01)`."""
    last_rate = optimizer.param_groups[0].get("lr")
    rate = number(first_rate) if first_rate is not None else "?"
    if last_rate is not None and last_rate != first_rate:
        rate += f" → {number(last_rate)}"
    count = sum(len(g["params"]) for g in optimizer.param_groups)
    return f"{type(optimizer).__name__}(lr={rate})", count


def shared_storage(models):
    """Groups of names of parameters and buffers on the same memory."""
    found: dict = defaultdict(list)
    for name, model in models:
        for kind in (model.named_parameters, model.named_buffers):
            for path, tensor in kind(remove_duplicate=False):
                base = tensor._array if tensor._array.base is None else tensor._array.base
                found[id(base)].append(f"{name}.{path}")
    return [names for names in found.values() if len(names) > 1]


def peak_memory():
    """The greatest number of bytes that this process had at once; None if it isn't known."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
