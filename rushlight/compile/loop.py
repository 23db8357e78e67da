"""A compiled step again and again, without Python in between.

`Loop(compiled, feeds, loss)` is native code that, for each step, gathers the rows of the batch,
runs the Program, and notes the loss. It goes in stretches of a fraction of a second, so that Ctrl-C
is heard; between stretches all parameters are whole.
"""

from __future__ import annotations

import ctypes
from math import prod
from time import perf_counter

import numpy as np

from rushlight.compile import native

__all__ = ["Loop", "can_loop"]

STRETCH = 0.2  # seconds
FIRST = 16  # steps of the first stretch


def can_loop(compiled, loss):
    """Whether a compiled Program is native from end to end, and the loss is one number."""
    if not hasattr(compiled, "module"):  # NumPy runs it
        return False
    whole = len(compiled.module.segments) == 1 and isinstance(compiled.module.segments[0], tuple)
    outputs = compiled.fusion.program.outputs
    return (
        whole
        and not compiled.strided
        and prod(outputs[loss].shape) == 1
        and outputs[loss].dtype.char in "fd"
        and ("output", loss) in compiled.module.segments[0][2]
    )


class Loop:
    """Native code for many steps.

    Args:
        compiled: what `emit.build` made.
        feeds: the numbers of the inputs that are batches.
        loss: the number of the output that is the loss.
    """

    def __init__(self, compiled, feeds, loss):
        self.compiled, self.feeds, self.loss = compiled, feeds, loss
        self.inputs = [compiled.program.inputs[i] for i in feeds]
        self.batch = self.inputs[0].shape[0] if feeds else 0
        self.pace = FIRST
        loops, key = compiled.code.loops, (*feeds, loss)
        if key not in loops:
            library = native.load(native.machine_code(self.text()), compiled.code.symbols)
            address, number = ctypes.c_void_p, ctypes.c_int64
            kinds = address, address, address, number, number, address
            loops[key] = library, library.function("over", *kinds)
        self.library, self.function = loops[key]

    def text(self):
        """The module: kernels, and the loop over steps."""
        module = self.compiled.module
        ((head, body, pointers),) = module.segments
        gather = self.gather(pointers)
        dtype = self.compiled.fusion.program.outputs[self.loss].dtype
        kind = "float" if dtype.char == "f" else "double"
        result = pointers["output", self.loss]
        wide = "%lossd = fpext float %loss to double" if dtype.char == "f" else ""
        lines = [
            "define void @over(ptr %table, ptr %sources, ptr %order, i64 %batch, i64 %count, "
            "ptr %losses) {",
            "entry:",
            *head,
            *(f"%s{i}p = getelementptr ptr, ptr %sources, i64 {i}" for i in range(len(self.feeds))),
            *(f"%s{i} = load ptr, ptr %s{i}p" for i in range(len(self.feeds))),
            "br label %step",
            "step:",
            "%n = phi i64 [0, %entry], [%n1, %latch]",
            *gather,
            *body,
            f"%loss = load {kind}, ptr {result}",
            wide,
            "%lossp = getelementptr double, ptr %losses, i64 %n",
            f"store double {'%lossd' if wide else '%loss'}, ptr %lossp",
            "br label %latch",
            "latch:",
            "%n1 = add nuw nsw i64 %n, 1",
            "%more = icmp slt i64 %n1, %count",
            "br i1 %more, label %step, label %end",
            "end:",
            "ret void",
            "}",
        ]
        copy = "declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)"
        declared = [] if copy in module.declared.values() else [copy]
        attributes = "attributes #0 = { nounwind }"
        return "\n\n".join([*declared, *module.kernels(), "\n".join(lines), attributes])

    def gather(self, pointers):
        """Copy the rows of a batch from where the data are, in the order that is given."""
        if not self.feeds:
            return []
        lines = [
            "%base = mul i64 %n, %batch",
            "br label %row",
            "row:",
            "%r = phi i64 [0, %step], [%r1, %row]",
            "%place = add i64 %base, %r",
            "%whichp = getelementptr i64, ptr %order, i64 %place",
            "%which = load i64, ptr %whichp",
        ]
        for i, (number, x) in enumerate(zip(self.feeds, self.inputs)):
            size = prod(x.shape[1:]) * x.dtype.itemsize
            target = pointers.get(("input", number))
            if target is None:
                continue  # the step doesn't look at it
            lines += [
                f"%from{i}o = mul i64 %which, {size}",
                f"%from{i} = getelementptr i8, ptr %s{i}, i64 %from{i}o",
                f"%to{i}o = mul i64 %r, {size}",
                f"%to{i} = getelementptr i8, ptr {target}, i64 %to{i}o",
                f"call void @llvm.memcpy.p0.p0.i64(ptr %to{i}, ptr %from{i}, i64 {size}, i1 false)",
            ]
        return [
            *lines,
            "%r1 = add nuw nsw i64 %r, 1",
            "%rmore = icmp slt i64 %r1, %batch",
            "br i1 %rmore, label %row, label %ready",
            "ready:",
        ]

    def run(self, arrays, data, order, count):
        """Run so many steps; yields the losses of each stretch.

        Args:
            arrays: for each input; what is fed is replaced by batches.
            data: for each feed, the array whose rows are gathered.
            order: int64 array, the rows of one batch after the other.
        """
        compiled = self.compiled
        arrays = compiled._as_arrays(arrays)
        for number, x in zip(self.feeds, self.inputs):
            arrays[number] = np.empty(x.shape, x.dtype)
        sources = (ctypes.c_void_p * max(len(data), 1))(*(x.ctypes.data for x in data))
        done = 0
        while done < count:
            n = min(self.pace, count - done)
            losses = np.empty(n)
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
                    losses.ctypes.data,
                )
            seconds = perf_counter() - start
            self.pace = int(min(max(FIRST, n * STRETCH / max(seconds, 1e-9)), 10 * n + FIRST))
            done += n
            del outputs
            yield losses
