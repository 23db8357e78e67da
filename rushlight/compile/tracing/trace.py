"""Tracing: run a function once, for real, and keep what it did as a Program.

While it runs, every Tensor that was there before holds a Symbol in place of its array, so the same
operations, rules and update methods that always run are recorded. Afterwards each holds an array
again; what has become of it is described in the `Trace`: which Tensors the run read, wrote to, gave
a new gradient.
"""

from __future__ import annotations

import gc

import numpy as np

import rushlight
from rushlight.autograd import watched
from rushlight.autograd.function_node import SavedTensor
from rushlight.autograd.tape import AccumulateGrad, Node, modes, next_sequence_number
from rushlight.compile.tracing.recorder import Recorder
from rushlight.compile.tracing.redirect import Redirection, with_subclasses
from rushlight.compile.tracing.symbol import Memory, Symbol
from rushlight.dtypes import get_default_dtype
from rushlight.ops import fast
from rushlight.tensor import Tensor

__all__ = ["Boundary", "Trace", "fail", "is_tracing"]

_current: list = []


def is_tracing():
    """Whether a run is being traced."""
    return bool(_current)


def fail(reason):
    """Give up tracing, if a run is being traced."""
    if _current and _current[-1].recorder.is_recording():
        _current[-1].recorder.fail(reason)


class Boundary(Node):
    """Stands for the history of an argument while a function is traced."""

    __slots__ = ("before", "fail")

    def __init__(self, before, fail):
        self.before, self.fail = before, fail
        self.edges = self.saved = self.guards = ()
        self.hooks = None
        self.seq = next_sequence_number()

    def backward_tensors(self, gradient, edges):
        """A backward pass within the function goes on into the history of its argument."""
        self.fail("a backward pass that goes on into the history of an argument")
        watched.run([self.before], [gradient])
        return ()

    backward = backward_tensors


class Before:
    """What a Tensor was before the run."""

    __slots__ = ("array", "counter", "grad", "memory", "node", "requires_grad", "tensor", "version")

    def __init__(self, tensor):
        self.tensor = tensor
        self.array = tensor._array
        self.grad = tensor._grad
        self.node = tensor._node
        self.requires_grad = tensor._requires_grad
        self.counter = tensor._counter
        self.version = tensor._counter[0] if isinstance(tensor._counter, list) else 0
        self.memory = None


class Trace:
    """One traced run: a context in which to run the function.

    An argument that has a history gets a stand-in for it (`Boundary`) meanwhile.

    Args:
        arguments: the Tensors that the function is given.
        native: whether native code will be made of it.
        known: the ids of Tensors that the function has a name for: where several Tensors are on
            one memory, it is found by one of these.

    Attributes:
        recorder: what was recorded.
        redirection: what else was seen.
        before: by id, what each Tensor was that was there before.
    """

    def __init__(self, arguments=(), native=False, known=()):
        self.given = set(map(id, arguments))
        self.known = known
        self.arguments = [(x, x._node) for x in arguments if x._node is not None]
        self.recorder = Recorder(native)
        self.recorder.on_failure = self.stop
        self.redirection = Redirection(self.recorder)
        self.before: dict = {}
        self.modes = mode_settings()
        self.running = False

    def __enter__(self):
        self.newcomers = Newcomers()
        for x, node in self.arguments:
            x._node = Boundary(node, self.recorder.fail)
        memories: dict = {}
        for x in instances(Tensor):
            if not hasattr(x, "_array"):
                continue
            before = self.before[id(x)] = Before(x)
            if not isinstance(x._array, np.ndarray):  # what a transform follows
                continue
            # another call may be given something else: an argument is no other tensor's memory
            key = id(x) if id(x) in self.given else id(x._array)
            memory = memories.get(key)
            if memory is None:
                memory = memories[key] = Memory(x._array, source=x)
            elif self.rank(x) > self.rank(memory.source):
                memory.source = x
            before.memory = memory
        for before in self.before.values():
            if before.memory is not None:
                before.tensor._array = Symbol(self.recorder, before.array, before.memory)
        fast.intercept(+1)
        self.redirection.start()
        _current.append(self)
        self.running = self.recorder.recording = True
        return self

    def rank(self, x):
        """Of several Tensors on one memory, the highest says where the memory is found."""
        return id(x) in self.known, x._requires_grad

    def __exit__(self, kind, error, traceback):
        self.stop()

    def stop(self):
        """Let everything be as it is without a trace."""
        if not self.running:
            return
        self.note_changes()
        self.running = self.recorder.recording = False
        _current.remove(self)
        self.redirection.stop()
        fast.intercept(-1)
        for x, node in self.arguments:
            x._node = node
        for before in self.before.values():
            self.restore(before.tensor)
        for x in self.newcomers.of(Tensor, Node, SavedTensor):
            self.restore(x)

    def note_changes(self):
        """What the run made of the Tensors that were there before."""
        self.changed = []
        for before in self.before.values():
            x, array = before.tensor, before.tensor._array
            moved = not isinstance(array, Symbol) or array.memory is not before.memory
            if (
                moved
                or x._grad is not before.grad
                or x._node is not before.node
                or x._requires_grad is not before.requires_grad
                or (before.memory is not None and before.memory.version)
            ):
                self.changed.append((before, array, x._grad, grad_array(x)))

    def restore(self, x):
        """Put the array back in place of a Symbol that something holds."""
        kind = type(x)
        if issubclass(kind, Tensor):
            if hasattr(x, "_array") and isinstance(x._array, Symbol):
                x._array = x._array.value
        elif issubclass(kind, Node):
            if kind not in (Boundary, AccumulateGrad) and getattr(x, "edges", None):
                if any(type(e) is Boundary for e in x.edges):
                    x.edges = tuple(e.before if type(e) is Boundary else e for e in x.edges)
            saved = getattr(x, "saved", None)
            if saved and any(isinstance(each, Symbol) for each in saved):
                x.saved = tuple(e.value if isinstance(e, Symbol) else e for e in saved)
        elif kind is SavedTensor and isinstance(x.array, Symbol):
            x.array = x.array.value


def mode_settings():
    """What holds for all that follows."""
    return modes.grad_enabled, modes.inference, get_default_dtype()


class Newcomers:
    """What is made from now on: the collector, held back meanwhile, keeps it apart as its youngest.

    >>> import rushlight as torch
    >>> x = torch.zeros(2)
    >>> newcomers = Newcomers()
    >>> y = torch.ones(2)
    >>> any(each is y for each in newcomers.of(torch.Tensor))
    True
    """

    def __init__(self):
        self.collects = gc.isenabled()
        gc.disable()
        self.collected = collections()

    def of(self, *kinds):
        """The instances of these classes, some older ones perhaps; the collector goes on."""
        classes = family(kinds)
        if self.collected == collections():
            found = [x for x in gc.get_objects(generation=0) if type(x) in classes]
        else:  # the function called gc.collect()
            found = [x for x in unhidden(gc.get_objects) if type(x) in classes]
        if self.collects:
            gc.enable()
        return found


def collections():
    """How often the collector has run."""
    return [each["collections"] for each in gc.get_stats()]


def instances(kind):
    """All instances of a class, and of classes that derive from it, wherever they are.

    The collector finds what refers to a class in a third of the time that a list of all takes.
    """
    classes = family([kind])
    return [x for x in unhidden(gc.get_referrers, *classes) if type(x) in classes]


def family(kinds):
    """These classes and all that derive from them."""
    return {each for kind in kinds for each in with_subclasses(kind)}


def unhidden(ask, *args):
    """What the collector answers, `gc.freeze` having hidden nothing from it."""
    if gc.get_freeze_count() <= rushlight._frozen_before:
        return ask(*args)
    gc.unfreeze()
    found = ask(*args)
    gc.freeze()
    return found


def grad_array(x):
    """What the gradient of a Tensor holds."""
    return None if x._grad is None else x._grad._array
