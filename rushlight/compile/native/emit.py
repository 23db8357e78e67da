"""A Program as native code: kernels and products in a row, with NumPy's instructions between.

`build(program)` gives a function of arrays (see `program`). The code gets one table with the
addresses of all array objects, and reads from each where its data is: handing over forty parameters
costs a microsecond. If a size is free, it is in the table too: `Code` is made once, and a
`Compiled` of it serves one size.
"""

from __future__ import annotations

import ctypes
import functools
import sys
import threading
from math import prod

import numpy as np

from rushlight.compile.native import beside, llvm, threads
from rushlight.compile.native.entering import write_run
from rushlight.compile.native.layout import ARENA, POOL, SCALE, SIZE, USUAL, Layout, found_or_made
from rushlight.compile.programs.program import Constant, Fixed, evaluate, view
from rushlight.compile.programs.program import at as with_size
from rushlight.kernels import blas

__all__ = ["Code", "Compiled", "build"]

MANY = 60  # instructions from which on two processes start


def build(program):
    """A function that runs a Program as native code."""
    return Code(program).at()


class Output:
    """New arrays for one result.

    Memory of some size costs more to get than to fill. So an array that was given out is given out
    again when nobody else knows it any more: two take turns where a gradient replaces the last one.
    """

    LARGE = 2**15  # bytes

    def __init__(self, x):
        self.shape, self.dtype = x.shape, x.dtype
        self.large = prod(x.shape) * x.dtype.itemsize >= self.LARGE
        self.given: list[np.ndarray] = []

    def new(self):
        """An array that belongs to the caller."""
        if not self.large:
            return np.empty(self.shape, self.dtype)
        for each in self.given:
            if sys.getrefcount(each) <= UNKNOWN:
                return each
        made = np.empty(self.shape, self.dtype)
        self.given = [*self.given[-1:], made]
        return made


def _references():
    """How many references to an array are counted in `new` if nobody else has one."""
    counts = []
    for each in [np.empty(1)]:
        counts.append(sys.getrefcount(each))
    return counts[0]


UNKNOWN = _references()


class Code:
    """Native code of a Program, whose size may be free.

    What was on disk is called without planning anything; `program`, `fusion`, `plan` and `module`
    are made when somebody asks for them.

    Args:
        given: the Program.
        passes: what makes a better Program of it first, or None.

    Attributes:
        layout: how the code is called.
        loops: functions that are native loops over batches (see `loop`).
    """

    def __init__(self, given, passes=None):
        self.given, self.passes = given, passes
        self.layout, code = found_or_made(given, self._made)
        self.symbols = {threads.SYMBOL: threads.pool().entry} if self.layout.shared else {}
        self.library = llvm.load(code, self.symbols)
        self.lock = threading.Lock()
        self.loops: dict = {}
        self._arena = aligned(self.layout.size)

    def _made(self):
        beside.start(1 + (len(self.given.instructions) > MANY))
        module = self.module
        layout = Layout(module.rows, module.steps(), bool(module.shared), self.plan.size)
        return layout, llvm.machine_code(*module.texts(beside.workers()))

    @functools.cached_property
    def program(self):
        """The Program after the passes."""
        return self.passes(self.given) if self.passes else self.given

    @functools.cached_property
    def fusion(self):
        """Which instructions share a loop."""
        from rushlight.compile.native.fuse import fuse

        return fuse(self.program)

    @functools.cached_property
    def plan(self):
        """Where values lie."""
        from rushlight.compile.native.plan import Plan

        return Plan(self.fusion)

    @functools.cached_property
    def module(self):
        """The text of the code."""
        from rushlight.compile.native.module import Module

        return Module(self.fusion, self.plan)

    def at(self, size=None):
        """A function of arrays: the code for one size, if a size is free."""
        return Compiled(self, size)

    def scale(self, size):
        """How many times as much memory this size may need as was planned for."""
        return 1 if size is None else -(-size // self.given.free.example)

    def arena(self, scale):
        """Working memory, which all sizes share."""
        if len(self._arena) < self.layout.size * scale:
            self._arena = aligned(self.layout.size * scale)
        return self._arena


class Compiled:
    """Native code for one size; calling it runs it, as `run` does.

    Attributes:
        given, results: pairs (number, row of the table) of the arrays given and made.
        steps: native functions, and pairs of instructions that NumPy runs.
    """

    def __init__(self, code, size=None):
        self.code, self.size = code, size
        self.fixed = (lambda x: x) if size is None else Fixed(size)
        self.lock, self.loops = code.lock, {}
        self.arena = code.arena(code.scale(size))
        self.outputs = [Output(self.fixed(x)) for x in code.given.outputs]
        self.inputs = inputs = self.fixed(code.given.inputs)
        self.cells = {i: np.zeros((), x.dtype) for i, x in enumerate(inputs) if x.shape == ()}
        self.strided = [i for i, x in enumerate(inputs) if not x.contiguous]
        self._bind_rows()
        self._bind_segments()
        if not self.strided and not any(isinstance(step, tuple) for step in self.steps):
            self.run = write_run(self)

    @functools.cached_property
    def program(self):
        """The Program for this size."""
        return self.code.program if self.size is None else with_size(self.code.program, self.size)

    @property
    def fusion(self):
        """Which instructions share a loop."""
        return self.code.fusion

    @property
    def source(self):
        """What it does, as Python that a person can read."""
        from rushlight.compile.native.fuse import fuse
        from rushlight.compile.native.source import python_source

        return python_source(self.fusion if self.size is None else fuse(self.program))

    def _bind_rows(self):
        """Which array's address goes into which row of the table."""
        rows = self.code.layout.rows
        self.given = [(place[1], row) for place, row in rows.items() if place[0] == "input"]
        self.results = [(place[1], row) for place, row in rows.items() if place[0] == "output"]
        self.table = (ctypes.c_uint64 * len(rows))()
        self.address = ctypes.addressof(self.table)
        self.table[rows[ARENA]] = id(self.arena)
        self.shared = POOL in rows
        if self.shared:
            self.table[rows[POOL]] = threads.pool().address
        if USUAL in rows:
            self.table[rows[USUAL]] = blas.threads()
        if SIZE in rows:
            self.table[rows[SIZE]] = self.size
        if SCALE in rows:
            self.table[rows[SCALE]] = self.code.scale(self.size)

    def _bind_segments(self):
        self.steps = []
        for segment in self.code.layout.segments:
            if isinstance(segment, int):
                function = self.code.library.function(f"segment{segment}", ctypes.c_void_p)
                self.steps.append(function)
            else:
                params, results = self.fixed(segment.params), self.fixed(segment.results)
                self.steps.append((segment, segment.replace(params=params, results=results)))

    def __call__(self, *arrays):
        return self.run(*arrays)

    def run(self, *arrays):
        """Run it: gives the list of the results."""
        with self.lock:
            return self._in_steps(arrays)

    def _in_steps(self, arrays):
        given = arrays
        if self.cells or self.strided:
            arrays = self._as_arrays(arrays)
        outputs = self.enter(arrays)
        known: dict = {}
        for step in self.steps:
            if isinstance(step, tuple):
                self._outside(*step, arrays, outputs, known)
            else:
                step(self.address)
        for number in self.strided:
            if arrays[number] is not given[number] and self._written(number):
                given[number][...] = arrays[number]
        return outputs

    def enter(self, arrays):
        """Put the addresses of all arrays into the table; returns new ones for the results."""
        table = self.table
        if self.shared:
            threads.pool().set(threads.count())
        for number, row in self.given:
            table[row] = id(arrays[number])
        outputs = [output.new() for output in self.outputs]
        for number, row in self.results:
            table[row] = id(outputs[number])
        return outputs

    def _written(self, number):
        return any(i == number for i, _ in self.code.given.writes)

    def _as_arrays(self, arrays):
        """Numbers in cells of their own, and arrays in C order."""
        arrays = list(arrays)
        for i, cell in self.cells.items():
            if not isinstance(arrays[i], np.ndarray):
                cell[()] = arrays[i]
                arrays[i] = cell
        for i in self.strided:
            arrays[i] = np.ascontiguousarray(arrays[i])
        return arrays

    def _outside(self, instruction, fixed, arrays, outputs, known):
        """Run an instruction by NumPy; `fixed` is the same for this size."""
        operands = [self._array(x, arrays, outputs, known) for x in instruction.operands]
        made = evaluate(fixed, operands)
        for x, like, array in zip(instruction.results, fixed.results, made, strict=True):
            kind, where = self.code.plan.place.get(x, ("outside", x))
            if kind in ("input", "output"):
                (arrays if kind == "input" else outputs)[where][...] = array
                continue
            known[x] = np.ascontiguousarray(array, like.dtype).reshape(like.shape)
            row = self.code.layout.rows.get(("outside", x))
            if row is not None:
                self.table[row] = id(known[x])

    def _array(self, x, arrays, outputs, known):
        """A value as an array, wherever it is."""
        if isinstance(x, Constant):
            return x.value
        made = self.code.fusion.definition.get(x)
        if made is not None and made.kind == "view":
            source = self._array(made.operands[0], arrays, outputs, known)
            return view(source, made.name, self.fixed(made.params))
        if x in known:
            return known[x]
        kind, where = self.code.plan.place[x]
        if kind == "input":
            return arrays[where]
        if kind == "output":
            return outputs[where]
        shape = self.fixed(x.shape)
        where *= self.code.scale(self.size)
        part = self.arena[where : where + prod(shape) * x.dtype.itemsize]
        known[x] = part.view(x.dtype).reshape(shape)
        return known[x]


def aligned(size):
    """Memory that starts where a processor's cache line does."""
    memory = np.empty(size + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + size]
