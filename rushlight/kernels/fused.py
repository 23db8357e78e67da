"""Chains of NumPy calls, fused: one pass over memory in place of one for each call.

`Fused(function)` is that function of arrays. Calls on large arrays are counted for each shape; once
they have worked through enough elements to pay for it, the function is traced on such arrays
(`compile.symbol`) and compiled to native code (`compile.emit`), which later calls run. So there is
one definition, in NumPy, which serves small arrays, machines without LLVM, and traced steps.
"""

from __future__ import annotations

import functools

import numpy as np

from rushlight import kernels

__all__ = ["Fused", "fused_if_large"]

#: so many shapes of one function are compiled, and no more
MOST = 32
#: below this many elements a few NumPy calls are as fast, and operations don't ask
LEAST = 1 << 12


class Fused:
    """A function of arrays and of other things, which are constants to it.

    Attributes:
        function: the Python function.
        worked: for each kind of call, how many elements its calls have worked through.
        native: for each kind of call, the native code; None if there can't be any.
    """

    __slots__ = ("__dict__", "function", "native", "worked")

    def __init__(self, function):
        functools.update_wrapper(self, function)
        self.function = function
        self.worked: dict = {}
        self.native: dict = {}

    def __call__(self, *args, **options):
        first = args[0]
        if first.__class__ is np.ndarray:
            kind = tuple(map(_kind, args)), tuple(options.items())
            run = self.native.get(kind) or self._earned(kind, args, options)
            if run is not None:
                made = run(*kernels.in_order(*(x for x in args if x.__class__ is np.ndarray)))
                return made[0] if len(made) == 1 else tuple(made)
        return self.function(*args, **options)

    def _earned(self, kind, args, options):
        if kind in self.native or not _usable() or None in kind[0]:
            return None
        worked = self.worked[kind] = self.worked.get(kind, 0) + args[0].size
        if worked < kernels.PRICE and not kernels.at_once():
            return None
        del self.worked[kind]
        if len(self.native) < MOST:
            self.native[kind] = _compiled(self.function, args, options)
        return self.native.get(kind)


def fused_if_large(function):
    """The decorator: a function of arrays that is native code where its first array is large."""
    fused = Fused(function)

    @functools.wraps(function)
    def choose(first, *args):
        return (function if first.size < LEAST else fused)(first, *args)

    return choose


def _kind(x):
    """What native code depends on; None for arrays that it can't take."""
    if x.__class__ is not np.ndarray:
        return type(x), x
    return (x.shape, x.dtype.char) if x.dtype.char in "fd" else None


def _usable():
    from rushlight.compile import native

    return kernels.allowed() and native.available()


def _compiled(function, args, options):
    """Native code for calls of this kind; None if the function does what can't be traced."""
    from rushlight.compile import emit
    from rushlight.compile.recorder import Leak, Recorder
    from rushlight.compile.symbol import Memory, Symbol

    recorder = Recorder()
    recorder.recording, recorder.in_kernel = True, 1
    symbols = []
    for x in args:
        if x.__class__ is np.ndarray:
            x = np.ascontiguousarray(x)
            x = Symbol(recorder, x, Memory(x, source=x))
            recorder.read(x)  # so the inputs have the order of the arguments
        symbols.append(x)
    try:
        made = function(*symbols, **options)
    except Leak:
        return None
    results = made if isinstance(made, tuple) else (made,)
    if not all(isinstance(x, Symbol) for x in results):
        return None
    return emit.build(recorder.builder.finish(*map(recorder.read, results)))
