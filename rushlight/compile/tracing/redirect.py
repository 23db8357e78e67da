"""What is redirected while a run is traced.

Operations come to the Recorder by themselves, because their arguments hold Symbols. A few places
besides touch arrays, or the state of Python objects that a run changes each time:

- `tensor.wrap`: a tensor that is made of an array is followed from its birth, since it may be
  written to later;
- random generators: what is drawn becomes a `draw`, so that each run draws anew;
- the numbers of an optimizer's groups become inputs; so do those that a schedule computes, and its
  `step()` is called in each run (`host`), since it counts in Python;
- printing a tensor shows its elements; printing and logging at all is to be seen in each run, and
  so are other batches of a DataLoader.

Class attributes and `wrap.__code__` are replaced, and put back: nothing of this costs anything
where no run is traced.
"""

from __future__ import annotations

import builtins
import functools
import logging
import sys

import numpy as np

from rushlight import printing
from rushlight.compile.tracing.frames import user_line
from rushlight.compile.tracing.recorder import Number
from rushlight.compile.tracing.symbol import Memory, Symbol, real
from rushlight.kernels import Loop
from rushlight.optim.lr_scheduler.base import LRScheduler
from rushlight.optim.optimizer import Optimizer
from rushlight.random import Generator
from rushlight.random.stream import Stream
from rushlight.tensor import Tensor, wrap
from rushlight.utils.data import loader

__all__ = ["Redirection", "with_subclasses"]

_DRAWS = (
    "bernoulli binomial cauchy exponential geometric integers log_normal multinomial normal "
    "permutation poisson standard_gamma uniform"
).split()
_STATE = "_dump _load manual_seed seed next_seed next_uniform next_normal".split()


#: the names that the code of `wrap` sees (the package has a function `tensor` too)
_names = vars(sys.modules[wrap.__module__])


def _followed_wrap(array):  # runs among the names of `wrap`
    made = new_tensor(Tensor)  # noqa: F821
    made._array = follow(array)  # noqa: F821
    made._node = made._grad = made._hooks = made._base = None
    made._requires_grad = False
    made._counter = new_counter() if inference_blocks[0] else [0]  # noqa: F821
    return made


class Redirection:
    """The redirections for one Recorder.

    Attributes:
        host: what has to be done on the side of Python before each run, in order: Numbers that are
            read, and functions that are called.
        optimizers: those that stepped, in order.
    """

    def __init__(self, recorder):
        self.recorder = recorder
        self.host: list = []
        self.optimizers: list = []
        self.numbers: dict = {}
        self.replaced: list = []
        self.scheduling = 0

    def start(self):
        self.wrap_code = wrap.__code__
        _names["follow"] = self.follow
        wrap.__code__ = _followed_wrap.__code__
        for name in _DRAWS:
            self.replace(Stream, name, self.draw)
        self.replace(Stream, "fill", self.fill)
        for name in _STATE:
            owner = Generator if name in vars(Generator) else Stream
            self.replace(owner, name, self.refuse)
        self.replace(Optimizer, "numbers_of", self.numbers_of)
        self.replace(Optimizer, "_update_all", self.update_all)
        self.replace(Loop, "earned", lambda *_, **__: False)  # its parts can be fused
        for kind in with_subclasses(LRScheduler):
            if "step" in vars(kind):
                self.replace(kind, "step", self.schedule)
        self.replace(printing, "tensor_repr", self.shown)
        self.replace(printing, "format_tensor", self.shown)
        self.replace(builtins, "print", self.printed)
        self.replace(logging.Logger, "_log", self.printed)
        for name in ("_SingleProcessDataLoaderIter", "_MultiProcessingDataLoaderIter"):
            self.replace(getattr(loader, name), "__next__", self.loaded)

    def stop(self):
        wrap.__code__ = self.wrap_code
        del _names["follow"]
        for owner, name, original in reversed(self.replaced):
            setattr(owner, name, original)
        self.replaced = []

    def replace(self, owner, name, redirected):
        original = getattr(owner, name) if owner is printing else vars(owner)[name]

        @functools.wraps(original)
        def replacement(*args, **kwargs):
            if not self.recorder.is_recording():
                return original(*args, **kwargs)
            return redirected(original, *args, **kwargs)

        setattr(owner, name, replacement)
        self.replaced.append((owner, name, original))

    def follow(self, array):
        if array.__class__ is np.ndarray and self.recorder.is_recording():
            return self.recorder.constant(array)
        return array

    # Chance

    def draw(self, original, generator, *args, **kwargs):
        recorder = self.recorder
        if recorder.drawing:
            return original(generator, *args, **kwargs)
        self.remember(generator)
        recorder.drawing += 1
        try:
            name = original.__name__
            return recorder.call(name, original, (generator, *args), kwargs, kind="draw")
        finally:
            recorder.drawing -= 1

    def remember(self, generator):
        """The state before a kernel draws, in case that the kernel is to be called again."""
        recorder = self.recorder
        if recorder.in_kernel:
            recorder.recording = False
            recorder.drawn_from.append((generator, generator._dump()))
            recorder.recording = True

    def fill(self, original, generator, target, draw, *parameters):
        recorder = self.recorder
        if recorder.drawing:
            return original(generator, target, draw, *parameters)
        made = self.draw(_Filled(original, real(target)), generator, draw, *parameters)
        if not isinstance(target, Symbol):
            return made
        recorder.write(target, made)
        return target

    def refuse(self, original, generator, *args, **kwargs):
        if not self.recorder.drawing:
            self.recorder.fail(f"{original.__name__}() of a random generator")
        return original(generator, *args, **kwargs)

    # Optimizers and schedules

    def numbers_of(self, original, optimizer, group):
        recorder = self.recorder
        if not self.recorder.is_recording():
            return original(optimizer, group)
        if any(isinstance(v, Tensor) for v in group.values()):
            recorder.fail("a learning rate that is a Tensor")
            return original(optimizer, group)
        return {key: self.number(group, key, value) for key, value in group.items()}

    def number(self, group, key, value):
        """An entry of a group, with a Symbol in place of each float."""
        if type(value) is tuple and any(type(x) is float for x in value):
            return tuple(
                self.symbol(group, key, x, i) if type(x) is float else x
                for i, x in enumerate(value)
            )
        return self.symbol(group, key, value) if type(value) is float else value

    def symbol(self, group, key, value, position=None):
        known = self.numbers.get((id(group), key, position))
        if known is None:
            source = Number(group, key, position)
            memory = Memory(np.asarray(value), source=source)
            known = Symbol(self.recorder, memory.array, memory, weak=True)
            self.numbers[id(group), key, position] = known
            self.host.append(source)
        return known

    def update_all(self, original, optimizer):
        builder = self.recorder.builder
        self.optimizers.append(optimizer)
        before, builder.section = builder.section, "update"
        self.recorder.line = user_line()
        try:
            original(optimizer)
        finally:
            builder.section, self.recorder.line = before, None

    def schedule(self, original, scheduler, *args, **kwargs):
        if not self.scheduling:
            self.numbers.clear()  # what is read from now on is read after this step
            self.host.append(functools.partial(original, scheduler, *args, **kwargs))
        self.scheduling += 1
        try:
            return original(scheduler, *args, **kwargs)
        finally:
            self.scheduling -= 1

    # Text

    def shown(self, original, shown, *args, **kwargs):
        self.recorder.fail("printing a tensor")
        return original(shown, *args, **kwargs)

    def printed(self, original, *args, **kwargs):
        self.recorder.fail("it prints or logs")
        return original(*args, **kwargs)

    def loaded(self, original, iterator):
        self.recorder.fail("it takes a batch from a DataLoader")
        return original(iterator)


class _Filled:
    """`Stream.fill` into a new array that is like another; those for like arrays are equal."""

    __name__ = "fill"

    def __init__(self, original, like):
        self.original, self.like = original, np.empty_like(like)
        self.key = original, like.shape, self.like.strides, like.dtype

    def __call__(self, generator, draw, *parameters):
        return self.original(generator, np.empty_like(self.like), draw, *parameters)

    def __eq__(self, other):
        return isinstance(other, _Filled) and self.key == other.key

    def __hash__(self):
        return hash(self.key)


def with_subclasses(kind):
    """A class and all that derive from it."""
    yield kind
    for each in kind.__subclasses__():
        yield from with_subclasses(each)
