"""Parameters that are left out: held by an optimizer and never reached, or the other way round."""

from __future__ import annotations

import gc
from weakref import ref

import numpy as np

from rushlight import nn
from rushlight.explain.catalogue import say
from rushlight.explain.mistakes import ParameterNotOptimized, ParameterNotReached
from rushlight.explain.mistakes.graph import leaves_below, node_of
from rushlight.explain.mistakes.report import line_now, place_of_line, report
from rushlight.explain.mistakes.watch import ByOptimizer, Check

__all__ = ["CHECKS"]

#: after how many steps something is told, if the program doesn't end before
_STEPS = 50


class Held:
    """One optimizer: where it was made, and which parameters never had a gradient."""

    def __init__(self):
        self.line = line_now()
        self.steps = 0
        self.pending = None
        self.names: dict = {}


class NotReached(Check):
    """Parameters that have no gradient at any step of their optimizer, while others have."""

    def __init__(self):
        self.held = ByOptimizer()
        self.all: list = []

    def made(self, optimizer):
        held = Held()
        self.held.put(optimizer, held)
        if len(self.all) < 100:
            self.all.append(held)

    def after_step(self, optimizer, args, kwargs):
        held = self.held.of(optimizer)
        if held is None:
            return not self.held
        held.steps += 1
        if held.pending is None:
            held.pending = [p for g in optimizer.param_groups for p in g["params"]]
            if all(p._grad is None for p in held.pending):
                held.pending = None  # nothing has any: not a step to judge by
                return False
        held.pending = [p for p in held.pending if p._grad is None]
        if held.pending and held.steps == 1:
            held.names = names_of(held.pending)
        if held.steps == _STEPS:
            self.tell(held)
        if not held.pending:
            self.held.forget(id(optimizer))
        return not self.held

    def at_end(self):
        for held in self.all:
            if held.pending and held.steps < _STEPS:
                self.tell(held)

    def tell(self, held):
        missing = [p for p in held.pending if p._requires_grad]
        held.pending = []
        if missing:
            names = ", ".join(held.names.get(id(p), f"{list(p.shape)}") for p in missing[:5])
            names += ", ..." if len(missing) > 5 else ""
            fixes = [say("unreached.fix"), say("unreached.remove")]
            place = place_of_line(held.line)
            report(ParameterNotReached, place, say("unreached.why", names=names), fixes)


class Parameters:
    """A set of parameters by their identity, which doesn't keep them."""

    def __init__(self):
        self.known: dict = {}

    def update(self, parameters):
        """Add these."""
        self.known.update((id(p), ref(p)) for p in parameters)

    def __contains__(self, parameter):
        known = self.known.get(id(parameter))
        return known is not None and known() is parameter

    def __bool__(self):
        return bool(self.known)


class NotOptimized(Check):
    """Fresh parameters of a model that get gradients, while an optimizer holds others of the model.

    Not told are those that somebody has chosen to leave as they are: loaded from a file, held by an
    optimizer before, or changed by the program itself.
    """

    def __init__(self):
        self.held = Parameters()
        self.loaded = Parameters()
        self.candidates: dict = {}
        self.passes = 0
        self.line = 0

    def made(self, optimizer):
        self.held.update(p for g in optimizer.param_groups for p in g["params"])
        self.line = line_now()

    def wrapped(self):
        """What is to be replaced: (owner, name, wrapper)."""
        return [(nn.Module, "load_state_dict", self.watched_load)]

    def watched_load(self, load):
        def watched(module, *args, **kwargs):
            self.loaded.update(module.parameters())
            return load(module, *args, **kwargs)

        return watched

    def before_backward(self, root):
        self.passes += 1
        if self.passes <= 2 and (node := node_of(root._node)) is not None:
            for leaf in leaves_below(node):
                if isinstance(leaf, nn.Parameter) and leaf not in self.held:
                    self.candidates.setdefault(id(leaf), (leaf, leaf._array.copy()))
        elif self.passes == _STEPS:
            self.tell()
        return self.passes >= _STEPS

    def at_end(self):
        if self.passes < _STEPS:
            self.tell()

    def tell(self):
        left = [
            p
            for p, before in self.candidates.values()
            if p not in self.held and p not in self.loaded and p._requires_grad
            if np.array_equal(p._array, before)
        ]
        self.candidates.clear()
        names = names_of(left, beside=self.held) if left and self.held else {}
        if names:
            shown = ", ".join(list(names.values())[:5]) + (", ..." if len(names) > 5 else "")
            fixes = [say("unheld.fix"), say("unheld.freeze")]
            place = place_of_line(self.line)
            report(ParameterNotOptimized, place, say("unheld.why", names=shown), fixes)


def names_of(parameters, beside=None):
    """identity -> the name of a parameter below the largest module that has it.

    Args:
        beside: count only modules that have one of these, too.
    """
    wanted = {id(p) for p in parameters}
    best: dict = {}
    for module in [m for m in gc.get_objects() if issubclass(type(m), nn.Module)]:
        own = dict(with_lists(module))
        if beside is not None and not any(p in beside for p in own.values()):
            continue
        for path, p in own.items():
            if id(p) in wanted and len(own) > best.get(id(p), (0, ""))[0]:
                best[id(p)] = len(own), f"{type(module).__name__}.{path}"
    return {key: name for key, (_, name) in best.items()}


def with_lists(module):
    """The parameters of a module, and of modules in its plain lists, which `parameters()` lacks."""
    yield from module.named_parameters()
    for name, value in vars(module).items():
        if isinstance(value, (list, tuple)):
            for i, each in enumerate(value):
                if isinstance(each, nn.Module):
                    for path, p in each.named_parameters():
                        yield f"{name}[{i}].{path}", p


CHECKS = [NotReached, NotOptimized]
