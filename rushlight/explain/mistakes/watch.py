"""What looks on while a program trains, and the moments at which checks are asked."""

from __future__ import annotations

import functools
from importlib import import_module
from weakref import ref

import numpy as np

from rushlight import autograd, explain
from rushlight.explain.mistakes import Mistake, report
from rushlight.optim import optimizer as optimizers
from rushlight.tensor import Tensor

__all__ = ["ByOptimizer", "Check", "install", "uninstall"]

_FAMILIES = "gradients graph numbers kept evaluation parameters".split()


class Check:
    """What one family of mistakes looks at; a subclass has those methods that it needs.

    Each method that is there is called at its moment. One that returns True has seen enough: it is
    not called again until another optimizer is made.
    """

    def made(self, optimizer):
        """An optimizer has been made."""

    def before_backward(self, root):
        """A backward pass from the tensor `root` begins."""

    def after_backward(self, root):
        """It has ended, maybe by an error."""

    def before_step(self, optimizer, args, kwargs):
        """An optimizer's step begins."""

    def after_step(self, optimizer, args, kwargs):
        """It has ended."""

    def at_end(self):
        """The program has ended without an error."""


class ByOptimizer(dict):
    """identity of an optimizer -> what a check remembers, no longer than the optimizer lives.

    A plain dictionary, as it is read at each step: those of `weakref` are several times slower.
    """

    def __init__(self):
        super().__init__()
        self.optimizers: dict = {}

    def put(self, optimizer, value):
        """Remember `value`."""
        key = id(optimizer)
        self[key] = value
        self.optimizers[key] = ref(optimizer, lambda _: self.forget(key))

    def of(self, optimizer):
        """What is remembered of an optimizer, or None."""
        return self.get(id(optimizer))

    def forget(self, key):
        """Forget the optimizer of this identity."""
        self.pop(key, None)
        self.optimizers.pop(key, None)


class Watch:
    """The checks, and what is wrapped so that they are asked."""

    def __init__(self, checks):
        self.checks = checks
        self.made = self.listeners("made")
        self.at_end = self.listeners("at_end")
        self.before_backward: list = []
        self.after_backward: list = []
        self.before_step: list = []
        self.after_step: list = []
        self.undo: list = []

    def listeners(self, moment):
        """The methods of checks that want to know of a moment."""
        wanted = (c for c in self.checks if getattr(type(c), moment) is not getattr(Check, moment))
        return [getattr(check, moment) for check in wanted]

    def install(self):
        """Wrap `backward` and the making of optimizers, and hook their steps."""
        self.replace(autograd, "backward", self.watched_backward)
        self.replace(optimizers.Optimizer, "__init__", self.watched_init)
        for check in self.checks:
            for owner, name, wrapper in getattr(check, "wrapped", list)():
                self.replace(owner, name, wrapper)
        self.undo.append(self.unhook)
        self.listen()

    def listen(self):
        """Ask all checks from now on."""
        for moment in ("before_backward", "after_backward", "before_step", "after_step"):
            getattr(self, moment)[:] = self.listeners(moment)
        # not registered: handles are numbered, and programs may print the numbers of theirs
        optimizers._global_pre_hooks[self] = self.pre_step
        optimizers._global_post_hooks[self] = self.post_step

    def unhook(self):
        """Don't ask at steps: nobody wants to know any more."""
        optimizers._global_pre_hooks.pop(self, None)
        optimizers._global_post_hooks.pop(self, None)

    def replace(self, owner, name, wrapper):
        """Put `wrapper(function)` in the place of a function."""
        function = getattr(owner, name)
        setattr(owner, name, functools.wraps(function)(wrapper(function)))
        self.undo.append(lambda: setattr(owner, name, function))

    def watched_backward(self, backward):
        before, after = self.before_backward, self.after_backward

        def watched(tensors, *args, **kwargs):
            if tensors.__class__ is not Tensor or tensors._array.__class__ is not np.ndarray:
                return backward(tensors, *args, **kwargs)
            if before:
                tell(before, tensors)
            try:
                backward(tensors, *args, **kwargs)
            finally:
                if after:
                    tell(after, tensors)

        return watched

    def watched_init(self, init):
        def watched(optimizer, *args, **kwargs):
            init(optimizer, *args, **kwargs)
            self.listen()
            tell(self.made, optimizer)

        return watched

    def pre_step(self, optimizer, args, kwargs):
        tell(self.before_step, optimizer, args, kwargs)

    def post_step(self, optimizer, args, kwargs):
        tell(self.after_step, optimizer, args, kwargs)
        if not (self.before_step or self.after_step):
            self.unhook()


def tell(listeners, *news):
    """Ask checks; what goes wrong in one, other than a mistake that is an error, stays unsaid."""
    satisfied = None
    for listener in listeners:
        try:
            if listener(*news):
                satisfied = [*(satisfied or ()), listener]
        except Mistake:
            raise
        except Exception:
            if explain.strict:
                raise
    if satisfied:
        for listener in satisfied:
            listeners.remove(listener)


_watches: list[Watch] = []


def install(strict=False, also=()):
    """Watch from now on; with `strict`, mistakes are errors. `also`: more Checks."""
    report.strict[0] = strict
    if not _watches:
        modules = [import_module(f"rushlight.explain.mistakes.{name}") for name in _FAMILIES]
        watch = Watch([*also, *(check() for m in modules for check in m.CHECKS)])
        watch.install()
        _watches.append(watch)


def finish():
    """What can be told only now that the program has ended."""
    for watch in _watches:
        tell(watch.at_end)


def uninstall():
    """Undo `install`, and forget what was found."""
    report.strict[0] = False
    report.findings.clear()
    while _watches:
        for undo in reversed(_watches.pop().undo):
            undo()
