"""Loops as LLVM's text: one function for each kernel, whose parameters are where arrays lie."""

from __future__ import annotations

from math import prod

from rushlight.compile.native.registers import Code, Number, literal, memory_type, register_type
from rushlight.compile.native.scalar import SCALAR, scalar
from rushlight.compile.programs.sizes import Dim

__all__ = ["LLVMWriter", "loop", "word"]


class Lines(Code):
    """Code whose registers are counted by the writer: LLVM wants names to be unique."""

    def __init__(self, writer):
        super().__init__()
        self.writer = writer
        self.declared = writer.declared

    def new(self, text):
        name = self.writer.fresh("v")
        self.line(f"{name} = {text}")
        return name


class LLVMWriter:
    """Collects the text of one kernel's function.

    Attributes:
        buffers: pairs (key of the memory, where in it to begin), in the order of its parameters.
            What is only read begins where it is read, so that one function serves all steps of a
            loop that was written out.
        written: keys of the memory that it writes to.
        declared: declarations of the functions that it calls.
    """

    def __init__(self, place_of):
        self.place_of = place_of  # value -> key of its memory; same key, same memory
        self.buffers: list = []
        self.written: set = set()
        self.declared: dict[str, str] = {}
        self.count = 0
        self.head, self.sizes = Lines(self), {}
        self.rows: dict = {}  # values that a thread has a row of, on the stack
        self.sums: list = []  # those of them that are added up in the end
        self.before, self.row, self.inner = Lines(self), Lines(self), Lines(self)
        self.after = Lines(self)
        self.positions: list[dict] = [{}, {}, {}]
        self.phase = 0
        self.nest = None

    def fresh(self, letter):
        """A new name."""
        self.count += 1
        return f"%{letter}{self.count}"

    def code(self, scope):
        return self.after if scope is None else (self.before, self.row, self.inner)[scope]

    # Numbers

    def constant(self, value, dtype):
        return Number(self.before, literal(value, dtype), dtype)

    def apply(self, instruction, numbers, scope):
        code = self.code(scope)
        here = [Number(code, x.name, x.dtype) for x in numbers]
        if instruction.kind == "fill":
            return here[0]
        return scalar(instruction.name, instruction.result.dtype, *here)

    def word(self, n):
        """An integer; a size that is free is in a register."""
        return word(n, self.head, self.sizes)

    # Memory

    def pointer(self, x, start=0):
        """The register that says where a value's memory is: a parameter, or a row on the stack."""
        key = self.place_of(x)
        if x in self.rows or key[0] == "stack":
            return self.on_stack(x)
        buffer = key, start * x.dtype.itemsize
        if buffer not in self.buffers:
            self.buffers.append(buffer)
        return f"%b{self.buffers.index(buffer)}"

    def on_stack(self, x):
        """A row's worth of memory, which every call of the function has for itself."""
        if x not in self.rows:
            kernel = self.nest.kernel
            size = prod(kernel.shape[i] for i in kernel.split()[1])
            row = f"[{size} x {memory_type(x.dtype)}]"
            self.rows[x] = self.allocated(row, ", align 64")
        return self.rows[x]

    def allocated(self, kind, alignment=""):
        """The register of memory on the stack; the first lines of a function are for it."""
        place = self.fresh("a")
        self.before.lines.insert(0, f"  {place} = alloca {kind}{alignment}")
        return place

    def variable(self, axis):
        """The register of a loop's variable."""
        return f"%i{axis}" if axis in self.nest.outer else f"%i{axis}.{self.phase}"

    def position(self, term, scope):
        """The register of a position, worked out no further in than it must be."""
        if scope is None:
            return self.word(term[-1])
        axes = {0: [], 1: self.nest.outer, 2: self.nest.inner}[scope]
        widest = term[-1] if scope == 0 else None
        key = (scope, *term)
        if key in self.positions[scope]:
            return self.positions[scope][key]
        base = (
            self.word(widest) if scope == 0 else self.position(self._without(term, axes), scope - 1)
        )
        code = self.code(scope)
        for axis in axes:
            if term[axis]:
                step = self.variable(axis)
                if term[axis] != 1:
                    step = code.new(f"mul nsw i64 {step}, {self.word(term[axis])}")
                base = step if base == "0" else code.new(f"add nsw i64 {base}, {step}")
        self.positions[scope][key] = base
        return base

    @staticmethod
    def _without(term, axes):
        return tuple(0 if i in axes else c for i, c in enumerate(term))

    def address(self, x, term, scope):
        kind, start, key = memory_type(x.dtype), 0, self.place_of(x)
        if x not in self.rows and key[0] != "stack" and key not in self.written:
            *steps, start = term
            term = (*steps, 0)
        position = self.position(term, scope)
        text = f"getelementptr inbounds {kind}, ptr {self.pointer(x, start)}, i64 {position}"
        return self.code(scope).new(text)

    def load(self, x, term, scope):
        address, code = self.address(x, term, scope), self.code(scope)
        return self._read(code, address, x.dtype)

    @staticmethod
    def _read(code, address, dtype):
        name = code.new(f"load {memory_type(dtype)}, ptr {address}")
        if dtype.kind == "b":
            name = code.new(f"icmp ne i8 {name}, 0")
        return Number(code, name, dtype)

    def store(self, x, term, number, scope):
        address = self.address(x, term, scope)
        if scope is None and self.nest.kernel.parts:
            kind = memory_type(x.dtype)
            self.code(scope).line(
                f"atomicrmw {addition(x)} ptr {address}, {kind} {number.name} monotonic"
            )
            return
        self._write(self.code(scope), address, number)

    @staticmethod
    def _write(code, address, number):
        name = number.name
        if number.dtype.kind == "b":
            name = code.new(f"zext i1 {name} to i8")
        code.line(f"store {memory_type(number.dtype)} {name}, ptr {address}")

    # Reductions

    def accumulator(self, start, dtype, scope):
        """A place for a sum, which LLVM will turn into a register."""
        place = self.allocated(register_type(dtype))
        self.code(scope).line(f"store {register_type(dtype)} {literal(start, dtype)}, ptr {place}")
        return place, dtype

    def accumulate(self, accumulator, name, number):
        place, dtype = accumulator
        code = self.inner
        old = Number(code, code.new(f"load {register_type(dtype)}, ptr {place}"), dtype)
        made = self.combined(name, old, Number(code, number.name, dtype))
        code.line(f"store {register_type(dtype)} {made.name}, ptr {place}")

    def total(self, accumulator, scope):
        place, dtype = accumulator
        code = self.code(scope)
        return Number(code, code.new(f"load {register_type(dtype)}, ptr {place}"), dtype)

    def add_to(self, x, term, name, number):
        """Combine a number with what memory holds."""
        code = self.inner
        address = self.address(x, term, 2)
        old = self._read(code, address, x.dtype)
        made = self.combined(name, old, Number(code, number.name, number.dtype))
        self._write(code, address, made)

    @staticmethod
    def combined(name, x, y):
        """x + y (...) in whatever order: otherwise no sum could be vectorised."""
        if x.dtype.kind == "f" and name in ("add", "multiply"):
            operation = "fadd" if name == "add" else "fmul"
            text = f"{operation} reassoc contract {x.kind} {x.name}, {y.name}"
            return x.code.made(text, x.dtype)
        return SCALAR[name](x, y)

    def fill(self, x, start):
        """Set all of a value's memory to a number."""
        if self.nest.kernel.apart and self.nest.kernel.parts:
            self.sums.append((x, self.on_stack(x)))
        bounds = ("0", self.word(prod(x.shape)))
        if self.nest.shared in self.nest.inner:  # only the columns that are this thread's
            bounds = ("%begin", "%end")
        kind, pointer = memory_type(x.dtype), self.pointer(x)
        variable = self.fresh("f")
        body = [
            f"  {variable}p = getelementptr inbounds {kind}, ptr {pointer}, i64 {variable}",
            f"  store {kind} {int(start) if x.dtype.kind == 'b' else literal(start, x.dtype)}, "
            f"ptr {variable}p",
        ]
        self.before.lines += self.loop(variable, body, *bounds)

    def add_up(self, x, row):
        """Add what this thread has summed up in a row of its own to a value's memory."""
        del self.rows[x]
        kind, number = memory_type(x.dtype), self.fresh("s")
        self.after.lines += self.loop(
            number,
            [
                f"  {number}f = getelementptr inbounds {kind}, ptr {row}, i64 {number}",
                f"  {number}t = getelementptr inbounds {kind}, ptr {self.pointer(x)}, i64 {number}",
                f"  {number}v = load {kind}, ptr {number}f",
                f"  atomicrmw {addition(x)} ptr {number}t, {kind} {number}v monotonic",
            ],
            "0",
            self.word(prod(x.shape)),
        )

    # Loops

    def loop(self, variable, body, begin, end):
        """The lines of a loop around others; it runs at least once."""
        self.count += 1
        return loop(self.count, variable, body, begin, end)

    def open_inner(self, phase):
        self.phase = phase
        self.inner = Lines(self)
        self.positions[2] = {}

    def close_inner(self, axes, extents):
        self.row.lines += self.loops(axes, extents, self.inner.lines)

    def close_outer(self, axes, extents):
        self.row.lines = self.loops(axes, extents, self.row.lines)

    def loops(self, axes, extents, lines):
        """Loops around lines, the last axis innermost."""
        for axis in reversed(axes):
            shared = axis == self.nest.shared
            bounds = ("%begin", "%end") if shared else ("0", self.word(extents[axis]))
            lines = self.loop(self.variable(axis), lines, *bounds)
            if axis == self.nest.vectorized:
                lines[-2] += ", !llvm.loop !0"
        return lines

    # The function

    def function(self, nest):
        """Write a nest; returns (parameters and body, as text)."""
        self.nest = nest
        kept = nest.fusion.stored | nest.fusion.local
        self.written = {self.place_of(x) for x in nest.kernel.role if x in kept}
        nest.write(self)
        for x, row in self.sums:
            self.add_up(x, row)
        parameters = [f"ptr noalias %b{i}" for i in range(len(self.buffers))]
        parameters += ["i64 %begin", "i64 %end"]
        parameters += ["i64 %B"] if nest.fusion.program.free else []
        lines = [
            *self.head.lines,
            *self.before.lines,
            *self.row.lines,
            *self.after.lines,
            "  ret void",
        ]
        return f"({', '.join(parameters)}) #0 {{\n" + "\n".join(lines) + "\n}"


def addition(x):
    """LLVM's name of the addition of a value's elements."""
    return "fadd" if x.dtype.kind == "f" else "add"


def word(n, code, known, free="%B"):
    """An integer as LLVM's text; a Dim is worked out once, in `code`, from the free size."""
    if not isinstance(n, Dim):
        return str(n)
    if n not in known:
        made = free if n.scale == 1 else code.new(f"mul nsw i64 {free}, {n.scale}")
        known[n] = code.new(f"add nsw i64 {made}, {n.offset}") if n.offset else made
    return known[n]


def loop(number, variable, body, begin, end):
    """The lines of a loop around others; it runs at least once. `number` tells it from others."""
    k = number
    return [
        f"  br label %pre{k}",
        f"pre{k}:",
        f"  br label %head{k}",
        f"head{k}:",
        f"  {variable} = phi i64 [{begin}, %pre{k}], [%next{k}, %latch{k}]",
        *body,
        f"  br label %latch{k}",
        f"latch{k}:",
        f"  %next{k} = add nuw nsw i64 {variable}, 1",
        f"  %more{k} = icmp slt i64 %next{k}, {end}",
        f"  br i1 %more{k}, label %head{k}, label %done{k}",
        f"done{k}:",
    ]
