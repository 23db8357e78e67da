"""Chains of NumPy calls, fused: one pass over memory in place of one for each call.

`Fused(function)` is that function of arrays. Calls on large arrays are counted for each shape; once
they have worked through enough elements to pay for it, the function is traced on such arrays
(`compile.symbol`) and compiled to native code (`compile.emit`), which later calls run. So there is
one definition, in NumPy, which serves small arrays, machines without LLVM, and traced steps.
"""

from __future__ import annotations

import functools
from operator import itemgetter

import numpy as np
from numpy import ndarray

from rushlight import kernels
from rushlight.kernels.memory import keep_freed, note_work

__all__ = ["Fused", "fused_if_large"]

#: so many shapes of one function are compiled, and no more
MOST = 32
#: so many ways in which arguments lie in memory are remembered
MOST_READY = 256
#: below this many elements a few NumPy calls are as fast, and operations don't ask
LEAST = 1 << 12


class Fused:
    """A function of arrays and of other things, which are constants to it.

    Arrays may be expanded: what lies in memory is read, and nothing is copied.

    Attributes:
        function: the Python function.
        worked: for each kind of call, how many elements its calls have worked through.
        native: for each kind of call, the native code; None if there can't be any.
        ready: for arrays of known shapes and strides, a function of them that runs native code.
    """

    __slots__ = ("__dict__", "function", "native", "ready", "worked")

    def __init__(self, function):
        functools.update_wrapper(self, function)
        self.function = function
        self.worked: dict = {}
        self.native: dict = {}
        self.ready: dict = {}

    def __call__(self, *args, **options):
        if args[0].__class__ is ndarray:
            key = [
                (x.shape, x.strides, x.dtype.char) if x.__class__ is ndarray else (x.__class__, x)
                for x in args
            ]
            key = (*key, *options.items())
            run = self.ready.get(key) or self._prepared(key, args, options)
            if run is not None:
                return run(*[x for x in args if x.__class__ is ndarray])
        return self.by_numpy(args, options)

    def by_numpy(self, args, options):
        """The same without native code."""
        return self.function(*args, **options)

    def _prepared(self, key, args, options):
        """What runs for such arguments; None if there is no native code, or not yet."""
        run = self._found(args, options)
        if run is not None:
            if len(self.ready) >= MOST_READY:
                self.ready.clear()
            self.ready[key] = run
        return run

    def _found(self, args, options):
        given = [_compact(x) if x.__class__ is ndarray else x for x in args]
        kind = tuple(map(_kind, args, given)), tuple(options.items())
        run = self.native.get(kind) or self._earned(kind, args, given, options)
        if run is None:
            return None
        plain = all(x is y or x.ctypes.data == y.ctypes.data for x, y in zip(args, given))
        finish = itemgetter(0) if len(run.outputs) == 1 else tuple
        return calling(run, None if plain else _compact, finish)

    def _earned(self, kind, args, given, options):
        if kind in self.native or None in kind[0] or not self._paid(kind, args[0].size):
            return None
        if len(self.native) < MOST:
            shapes = [x.shape if x.__class__ is ndarray else None for x in args]
            program = traced(self.function, given, shapes, options)
            self.native[kind] = None if program is None else alone(emit().build(program))
        return self.native.get(kind)

    def _paid(self, kind, elements):
        """Whether the calls of a kind have paid for its native code; counts this one."""
        note_work(elements)
        if not _usable():
            return False
        worked = self.worked[kind] = self.worked.get(kind, 0) + elements
        if worked < kernels.PRICE and not kernels.at_once():
            return False
        del self.worked[kind]
        keep_freed()
        return True


def calling(run, prepare, finish):
    """A function of arrays that runs native code; `finish` makes its results what is returned.

    Native code reads memory, whatever shape an array says that it has. So nothing has to `prepare`
    those that lie as it expects them, unless there are instructions in it that NumPy runs.
    """
    if prepare is None and is_straight(run):
        run = run.run
        return lambda *arrays: finish(run(*arrays))
    return lambda *arrays: finish(run(*map(prepare or _compact, arrays)))


def fused_if_large(function):
    """The decorator: a function of arrays that is native code where its first array is large."""
    fused = Fused(function)

    @functools.wraps(function)
    def choose(first, *args):
        return (function if first.size < LEAST else fused)(first, *args)

    return choose


def _compact(x):
    """An array in C order, its size 1 along the dimensions that it was expanded along."""
    if x.flags.c_contiguous:
        return x
    if 0 in x.strides:
        x = x[tuple(slice(None if stride else 1) for stride in x.strides)]
    return np.ascontiguousarray(x)


def _kind(x, given):
    """What native code depends on; None for arrays that it can't take."""
    if x.__class__ is not ndarray:
        return type(x), x
    return (x.shape, given.shape, x.dtype.char) if x.dtype.char in "fd" else None


def _usable():
    """Whether there can be native code; to find out, nothing is imported."""
    return kernels.allowed() and _has_llvm()


@functools.cache
def _has_llvm():
    return kernels.is_installed("llvmlite")


def emit():
    """What makes native code; it is imported when first used."""
    from rushlight.compile.native import emit

    return emit


def alone(run, shape=None):
    """Native code whose results, of this shape, are the caller's: nothing of them is kept."""
    from rushlight.compile.native.entering import write_run

    for each in run.outputs:
        each.large = False
        each.shape = shape or each.shape
    if is_straight(run):
        run.run = write_run(run)
    return run


def is_straight(run):
    """Whether native code has no instructions in it that NumPy runs."""
    return len(run.steps) == 1 and not isinstance(run.steps[0], tuple)


def traced(function, given, shapes, options):
    """The Program of a function's call; None if it does what can't be traced, or nothing.

    `given` are the arguments, and `shapes` those to which the arrays among them are expanded.
    """
    from rushlight.compile.tracing.recorder import Leak, Recorder
    from rushlight.compile.tracing.symbol import Memory, Symbol

    recorder = Recorder()
    recorder.recording, recorder.in_kernel = True, 1
    symbols = []
    for x, shape in zip(given, shapes, strict=True):
        if x.__class__ is ndarray:
            x = Symbol(recorder, x, Memory(x, source=x))
            recorder.read(x)  # so the inputs have the order of the arguments
            x = x if x.shape == shape else np.broadcast_to(x, shape)
        symbols.append(x)
    try:
        with np.errstate(all="ignore"):
            made = function(*symbols, **options)
    except Leak:
        return None
    results = made if isinstance(made, tuple) else (made,)
    if not all(isinstance(x, Symbol) for x in results) or any(
        x is y for x in results for y in symbols
    ):
        return None
    return recorder.builder.finish(*map(recorder.read, results))
