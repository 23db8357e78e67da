"""A compiled step again and again, without Python in between.

`Loop(compiled, feeds, loss)` is native code that, for each step, runs the Program on the rows of
its batch and notes the loss. Rows are gathered for several small batches at a time. What is small
lives in the function's own memory while it runs, so a number that is trained stays in a register.
It goes in stretches of a fraction of a second, so that Ctrl-C is heard; between stretches all
parameters are whole.
"""

from __future__ import annotations

import ctypes
from math import prod
from time import perf_counter

import numpy as np

from rushlight.compile.native import llvm
from rushlight.compile.native.llvm_writer import loop
from rushlight.compile.native.module import Module
from rushlight.compile.native.pieces import DECLARATIONS, MEMCPY
from rushlight.compile.programs.sizes import Dim

__all__ = ["Loop", "can_loop"]

STRETCH = 0.2  # seconds
FIRST = 16  # steps of the first stretch
SMALL = 256  # bytes of an array that the loop keeps to itself
SMALL_ARENA = 4096
GATHERED = 16384  # bytes of rows that are gathered at a time, if a batch isn't larger


def can_loop(compiled, loss):
    """Whether a compiled Program is native from end to end, and the loss is one number."""
    if not hasattr(compiled, "code"):  # NumPy runs it
        return False
    (first, *others), output = compiled.code.layout.segments, compiled.outputs[loss]
    return (
        isinstance(first, int)
        and not others
        and not compiled.strided
        and prod(output.shape) == 1
        and output.dtype.char in "fd"
        and ("output", loss) in compiled.code.layout.rows
    )


class Steps(Module):
    """The text of a Program that reads batches where they are gathered and keeps what is small.

    After the last step small arrays go back to where they came from.
    """

    def __init__(self, fusion, plan, rows, feeds):
        self.feeds = {("input", number): f"%at{i}" for i, number in enumerate(feeds)}
        self.program, self.arena = fusion.program, plan.size
        super().__init__(fusion, plan, rows)
        ((self.head, self.body, self.tail, self.pointers),) = self.segments

    def pointer(self, place):
        if place in self.feeds:
            return self.feeds[place]
        if place in self.pointers:
            return self.pointers[place]
        size = self._own_size(place)
        if not size:
            return super().pointer(place)
        own = self.new(f"alloca [{size} x i8], align 32")
        if place[0] != "arena":
            self._mirror(super().pointer(place), own, size, place)
        self.pointers[place] = own
        return own

    def _own_size(self, place):
        """How many bytes of the loop's own memory stand for a place; 0 if none do."""
        kind, number = place
        if kind == "arena":
            return self.arena if not number and self.arena <= SMALL_ARENA else 0
        if kind == "outside":
            return 0
        x = getattr(self.program, f"{kind}s")[number]
        size = prod(x.shape) * x.dtype.itemsize
        return size if not isinstance(size, Dim) and size <= SMALL else 0

    def _mirror(self, place, own, size, key):
        copy = f"call void @{MEMCPY}(ptr {{}}, ptr {{}}, i64 {{}}, i1 false)"
        self.declared[MEMCPY] = DECLARATIONS[MEMCPY]
        self.head.append(copy.format(own, place, size))
        if key[0] == "output" or any(key[1] == i for i, _ in self.program.writes):
            self.tail.append(copy.format(place, own, size))


class Loop:
    """Native code for many steps.

    Args:
        compiled: what `emit.build` made.
        feeds: the numbers of the inputs that are batches.
        loss: the number of the output that is the loss.
    """

    def __init__(self, compiled, feeds, loss):
        self.compiled, self.feeds, self.loss = compiled, feeds, loss
        self.inputs = [compiled.inputs[i] for i in feeds]
        self.batch = self.inputs[0].shape[0] if feeds else 0
        self.sizes = [prod(x.shape[1:]) * x.dtype.itemsize for x in self.inputs]
        self.block = max(1, GATHERED // max(1, sum(self.sizes) * self.batch))
        self.pace = FIRST
        loops, key = compiled.code.loops, (*feeds, loss)
        if key not in loops:
            library = llvm.load(llvm.machine_code(self.text()), compiled.code.symbols)
            address, number = ctypes.c_void_p, ctypes.c_int64
            kinds = address, address, address, number, number, number, address
            loops[key] = library, library.function("over", *kinds)
        self.library, self.function = loops[key]

    def text(self):
        """The module: kernels, and the loop over steps."""
        code = self.compiled.code
        steps = Steps(code.fusion, code.plan, code.layout.rows, self.feeds)
        steps.declared[MEMCPY] = DECLARATIONS[MEMCPY]
        lines = [
            "define void @over(ptr %table, ptr %sources, ptr %order, i64 %batch, i64 %count, "
            "i64 %block, ptr %losses) {",
            "entry:",
            *steps.head,
            *self._addresses(),
            *self._in_blocks(self._gathering(), self._stepping(steps)),
            *steps.tail,
            "ret void",
            "}",
        ]
        attributes = "attributes #0 = { nounwind }"
        return "\n\n".join([*steps.kernels(), "\n".join(lines), attributes])

    def _addresses(self):
        """Where the data are, and where their rows are gathered."""
        n = len(self.feeds)
        for i, name in enumerate([*(f"s{i}" for i in range(n)), *(f"g{i}" for i in range(n))]):
            yield f"%{name}p = getelementptr ptr, ptr %sources, i64 {i}"
            yield f"%{name} = load ptr, ptr %{name}p"
        for i, size in enumerate(self.sizes):
            yield f"%size{i} = mul i64 %batch, {size}"

    @staticmethod
    def _in_blocks(gathering, stepping):
        """A loop over blocks of steps, for each of which rows are gathered."""
        return [
            "br label %blocks",
            "blocks:",
            "%first = phi i64 [0, %entry], [%after, %blocksdone]",
            "%full = add nuw nsw i64 %first, %block",
            "%isfull = icmp slt i64 %full, %count",
            "%after = select i1 %isfull, i64 %full, i64 %count",
            *gathering,
            *loop("step", "%n", stepping, "%first", "%after"),
            "br label %blocksdone",
            "blocksdone:",
            "%again = icmp slt i64 %after, %count",
            "br i1 %again, label %blocks, label %end",
            "end:",
        ]

    def _gathering(self):
        """Copy the rows of a block from where the data are, in the order that is given."""
        if not self.feeds:
            return []
        lines = [
            "%placep = getelementptr i64, ptr %order, i64 %place",
            "%which = load i64, ptr %placep",
            "%nth = sub i64 %place, %firstrow",
        ]
        for i, size in enumerate(self.sizes):
            lines += [
                f"%from{i}o = mul i64 %which, {size}",
                f"%from{i} = getelementptr i8, ptr %s{i}, i64 %from{i}o",
                f"%to{i}o = mul i64 %nth, {size}",
                f"%to{i} = getelementptr i8, ptr %g{i}, i64 %to{i}o",
                f"call void @{MEMCPY}(ptr %to{i}, ptr %from{i}, i64 {size}, i1 false)",
            ]
        begin = ["%firstrow = mul i64 %first, %batch", "%lastrow = mul i64 %after, %batch"]
        return [*begin, *loop("row", "%place", lines, "%firstrow", "%lastrow")]

    def _stepping(self, steps):
        """One step, and its loss."""
        kind = "float" if self.dtype.char == "f" else "double"
        lines = ["%nthstep = sub i64 %n, %first"] if self.feeds else []
        for i in range(len(self.feeds)):
            lines.append(f"%at{i}o = mul i64 %nthstep, %size{i}")
            lines.append(f"%at{i} = getelementptr i8, ptr %g{i}, i64 %at{i}o")
        return [
            *lines,
            *steps.body,
            f"%loss = load {kind}, ptr {steps.pointers['output', self.loss]}",
            f"%lossp = getelementptr {kind}, ptr %losses, i64 %n",
            f"store {kind} %loss, ptr %lossp",
        ]

    @property
    def dtype(self):
        """The loss's."""
        return self.compiled.outputs[self.loss].dtype

    def run(self, arrays, data, order, count, losses):
        """Run so many steps; yields how many it has done in each stretch.

        Args:
            arrays: for each input, for what is fed too.
            data: for each feed, the array whose rows are gathered.
            order: int64 array, the rows of one batch after the other.
            losses: takes the losses (see `over.Losses`).
        """
        compiled = self.compiled
        arrays = compiled._as_arrays(arrays)
        gathered = [np.empty(size * self.batch * self.block, np.uint8) for size in self.sizes]
        places = [x.ctypes.data for x in (*data, *gathered)]
        sources = (ctypes.c_void_p * max(len(places), 1))(*places)
        done = 0
        while done < count:
            n = min(self.pace, count - done)
            room = losses.room(n, self.dtype)
            made = room if room.dtype == self.dtype else np.empty(n, self.dtype)
            rows = order[done * self.batch : (done + n) * self.batch]
            start = perf_counter()
            with compiled.lock:
                outputs = compiled.enter(arrays)
                self.function(
                    compiled.address,
                    ctypes.addressof(sources),
                    rows.ctypes.data,
                    self.batch,
                    n,
                    self.block,
                    made.ctypes.data,
                )
            seconds = perf_counter() - start
            self.pace = int(min(max(FIRST, n * STRETCH / max(seconds, 1e-9)), 10 * n + FIRST))
            done += n
            del outputs
            if made is not room:
                room[...] = made
            yield n
