"""Gradients at the wrong time: never zeroed, or not there when the optimizer steps."""

from __future__ import annotations

import numpy as np

from rushlight.explain.catalogue import say
from rushlight.explain.mistakes import GradientsNotZeroed, StepWithoutGradients
from rushlight.explain.mistakes.graph import leaves_below, node_of
from rushlight.explain.mistakes.report import line_now, place_of_line, report, situation
from rushlight.explain.mistakes.watch import ByOptimizer, Check

__all__ = ["CHECKS"]

#: elements of a leaf that is compared with a copy at each pass
_SMALL = 10_000
#: steps after which an optimizer is known to be used well
_ENOUGH = 50


class Used:
    """What one optimizer's latest step used: the gradient of one of its parameters, the witness.

    Attributes:
        parameter: the witness; None before the first step that has gradients.
        gradient: what its `.grad` was; None if there was none, or if it was zeroed since.
        version: the version of that after the step.
        is_stale: whether a pass has added to it since.
        in_a_row: how many steps in a row began with a stale gradient.
        steps: how many steps were looked at.
    """

    def __init__(self):
        self.parameter = None
        self.gradient = None
        self.version = 0
        self.is_stale = False
        self.in_a_row = 0
        self.steps = 0

    def is_zeroed(self):
        """Whether the gradient is no longer what the step left."""
        return self.parameter._grad is not self.gradient or not self.gradient._array.any()


class NeverZeroed(Check):
    """Each step begins with the gradients of all steps before.

    `backward()` adds to a gradient that the latest step has used and that is not zero. One such
    pass may be meant (a GAN's generator leaves gradients in the discriminator, and those are zeroed
    before they are used), so what counts is that two steps in a row use such a gradient. After
    enough steps an optimizer is known to be used well.
    """

    def __init__(self):
        self.used = ByOptimizer()

    def made(self, optimizer):
        self.used.put(optimizer, Used())

    def before_backward(self, root):
        for used in tuple(self.used.values()):
            if used.gradient is not None and used.is_zeroed():
                used.gradient = None
        return not self.used

    def after_backward(self, root):
        for used in tuple(self.used.values()):
            if used.gradient is not None:
                used.is_stale = used.gradient._counter[0] != used.version
        return not self.used

    def before_step(self, optimizer, args, kwargs):
        used = self.used.of(optimizer)
        if used is None or has_closure(args, kwargs):
            return not self.used
        is_stale = used.gradient is not None and used.is_stale and not used.is_zeroed()
        used.in_a_row = used.in_a_row + 1 if is_stale else 0
        used.steps += 1
        if used.in_a_row == 2:
            case = situation()
            name = case.name_of(optimizer, "optimizer")
            why, fix = say("zeroed.why"), say("zeroed.fix", name=name)
            report(GradientsNotZeroed, case.here, why, [fix])
        return False

    def after_step(self, optimizer, args, kwargs):
        used = self.used.of(optimizer)
        if used is None:
            return not self.used
        if used.steps >= _ENOUGH:
            self.used.forget(id(optimizer))
            return not self.used
        if used.parameter is None:
            used.parameter = smallest_with_gradient(optimizer)
        if used.parameter is not None:
            used.gradient = used.parameter._grad
            used.version = 0 if used.gradient is None else used.gradient._counter[0]
            used.is_stale = False
        return False


class NeverZeroedByHand(Check):
    """The same without an optimizer: a leaf was changed, and its gradient is still what it was.

    As above, what counts is that this happens twice in a row.
    """

    def __init__(self):
        self.has_optimizer = False
        self.leaf = None
        self.array = None
        self.gradient = None
        self.in_a_row = 0

    def made(self, optimizer):
        self.has_optimizer = True

    def before_backward(self, root):
        if self.has_optimizer or self.in_a_row == 2:
            return True
        if self.leaf is None or self.gradient is None:
            leaves = [x for x in leaves_below(node_of(root._node)) if x._array.size <= _SMALL]
            self.leaf = min(leaves, key=lambda x: x._array.size, default=None)
        elif self.gradient is not self.leaf._grad or not self.gradient._array.any():
            self.in_a_row = 0
        elif not np.array_equal(self.array, self.leaf._array):
            self.in_a_row += 1
            if self.in_a_row == 2:
                self.tell()
        return False

    def after_backward(self, root):
        if self.leaf is not None and not self.has_optimizer:
            self.gradient = self.leaf._grad
            self.array = self.leaf._array.copy()
        return self.has_optimizer or self.in_a_row == 2

    def tell(self):
        case, counter = situation(), self.leaf._counter
        name = case.name_of(self.leaf, "w")
        is_noted = counter[2:] == counter[:1]
        place = place_of_line(counter[1]) if is_noted else case.here
        why, fix = say("zeroed.hand", name=name), say("zeroed.hand.fix", name=name)
        report(GradientsNotZeroed, place, why, [fix])


def smallest_with_gradient(optimizer):
    """The smallest parameter whose gradient isn't all zeros; None if there is none."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for p in sorted(parameters, key=lambda p: p._array.size):
        if p._grad is not None and type(p._grad._array) is np.ndarray and p._grad._array.any():
            return p
    return None


def has_closure(args, kwargs):
    """Whether a step evaluates the model itself."""
    return len(args) > 1 or bool(kwargs)


class NoGradients(Check):
    """A step that finds no gradients, where passes do give some: too early, or zeroed before."""

    def __init__(self):
        #: number of the line of a pass that gave gradients, 0: not since its step
        self.passed = ByOptimizer()
        #: place and name of its first step, if that found no gradients
        self.empty = ByOptimizer()

    def made(self, optimizer):
        self.passed.put(optimizer, 0)

    def after_backward(self, root):
        for key in list(self.passed):
            optimizer = self.passed.optimizers[key]()
            if not self.passed[key] and optimizer is not None and not is_empty(optimizer):
                self.passed[key] = line_now()
                if key in self.empty:
                    self.tell_early(self.empty.pop(key))
        return not self.passed

    def tell_early(self, place_and_name):
        place, name = place_and_name
        here = situation().here
        why, fix = say("early.why", name=name), say("early.fix", name=name)
        report(StepWithoutGradients, place, why, [fix], [(here, say("early.pass"))])

    def before_step(self, optimizer, args, kwargs):
        line = self.passed.of(optimizer)
        if line is None or has_closure(args, kwargs):
            return not self.passed
        self.passed[id(optimizer)] = 0
        if is_empty(optimizer):
            case = situation()
            name = case.name_of(optimizer, "optimizer")
            if line:
                why, fix = say("emptied.why"), say("emptied.fix", name=name)
                places = [(place_of_line(line), say("early.pass"))]
                report(StepWithoutGradients, case.here, why, [fix], places)
            elif not optimizer.state:
                self.empty.put(optimizer, (case.here, name))
        else:
            self.passed.forget(id(optimizer))  # this optimizer knows how it is done
        return not self.passed


def is_empty(optimizer):
    """Whether none of an optimizer's parameters has a gradient."""
    return all(p._grad is None for group in optimizer.param_groups for p in group["params"])


CHECKS = [NeverZeroed, NeverZeroedByHand, NoGradients]
