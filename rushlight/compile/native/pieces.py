"""Calls that are native loops of their own: rows picked, rows added up, arrays put together.

`supports(instruction)` says whether a `call` is one of them; `lines(module, instruction)` is how it
calls one of the functions in `TEXTS`, which take sizes as arguments and serve all shapes. What they
read lies in memory in one piece. Where an index comes from a tensor that is given, the recorder has
had its elements demanded to be in range; no call here looks at that again.
"""

from __future__ import annotations

from math import prod

import numpy as np

from rushlight.compile.native.registers import register_type
from rushlight.compile.programs.program import Value
from rushlight.compile.tracing.calls import axis_of, rows, rows_added

__all__ = ["DECLARATIONS", "MEMCPY", "MEMSET", "TEXTS", "lines", "supports"]

#: functions of LLVM itself that copy and fill bytes
MEMCPY, MEMSET = "llvm.memcpy.p0.p0.i64", "llvm.memset.p0.i64"
DECLARATIONS = {
    MEMCPY: f"declare void @{MEMCPY}(ptr, ptr, i64, i1)",
    MEMSET: f"declare void @{MEMSET}(ptr, i8, i64, i1)",
}

#: `count` times: copy `bytes`, from where the index says
TAKE = """
define internal void @take_rows(ptr noalias %to, ptr %from, ptr %index, i64 %count, i64 %bytes) #0 {
entry:
  br label %row
row:
  %i = phi i64 [0, %entry], [%i1, %row]
  %kp = getelementptr inbounds i64, ptr %index, i64 %i
  %k = load i64, ptr %kp
  %there = mul i64 %k, %bytes
  %here = mul i64 %i, %bytes
  %source = getelementptr i8, ptr %from, i64 %there
  %target = getelementptr i8, ptr %to, i64 %here
  call void @llvm.memcpy.p0.p0.i64(ptr %target, ptr %source, i64 %bytes, i1 false)
  %i1 = add nuw nsw i64 %i, 1
  %more = icmp slt i64 %i1, %count
  br i1 %more, label %row, label %done
done:
  ret void
}"""

#: the same the other way round: rows are added up where the index says, from zero
ADD = """
define internal void @add_rows_{kind}(ptr noalias %to, ptr noalias %from, ptr noalias %index,
    i64 %count, i64 %width, i64 %all) #0 {{
entry:
  call void @llvm.memset.p0.i64(ptr %to, i8 0, i64 %all, i1 false)
  br label %row
row:
  %i = phi i64 [0, %entry], [%i1, %next]
  %kp = getelementptr inbounds i64, ptr %index, i64 %i
  %k = load i64, ptr %kp
  %there = mul i64 %k, %width
  %here = mul i64 %i, %width
  %target = getelementptr {kind}, ptr %to, i64 %there
  %source = getelementptr {kind}, ptr %from, i64 %here
  br label %element
element:
  %j = phi i64 [0, %row], [%j1, %element]
  %tp = getelementptr inbounds {kind}, ptr %target, i64 %j
  %sp = getelementptr inbounds {kind}, ptr %source, i64 %j
  %t = load {kind}, ptr %tp
  %s = load {kind}, ptr %sp
  %sum = fadd {kind} %t, %s
  store {kind} %sum, ptr %tp
  %j1 = add nuw nsw i64 %j, 1
  %morej = icmp slt i64 %j1, %width
  br i1 %morej, label %element, label %next
next:
  %i1 = add nuw nsw i64 %i, 1
  %more = icmp slt i64 %i1, %count
  br i1 %more, label %row, label %done
done:
  ret void
}}"""

#: `count` times: copy `bytes` to the beginning of each `step` bytes
PUT = """
define internal void @put_rows(ptr noalias %to, ptr %from, i64 %count, i64 %bytes, i64 %step) #0 {
entry:
  br label %row
row:
  %i = phi i64 [0, %entry], [%i1, %row]
  %there = mul i64 %i, %step
  %here = mul i64 %i, %bytes
  %target = getelementptr i8, ptr %to, i64 %there
  %source = getelementptr i8, ptr %from, i64 %here
  call void @llvm.memcpy.p0.p0.i64(ptr %target, ptr %source, i64 %bytes, i1 false)
  %i1 = add nuw nsw i64 %i, 1
  %more = icmp slt i64 %i1, %count
  br i1 %more, label %row, label %done
done:
  ret void
}"""

TEXTS = {"take_rows": TAKE, "put_rows": PUT}
TEXTS |= {f"add_rows_{kind}": ADD.format(kind=kind) for kind in ("float", "double")}


def supports(instruction):
    """Whether a call is native."""
    params, operands = instruction.params, instruction.operands
    if instruction.kind != "call" or not all(isinstance(x, Value) for x in operands):
        return False
    function, (result, *others) = params["function"], instruction.results
    if others or not prod(result.shape):
        return False
    if function is np.concatenate:
        plain = not params["kwargs"].keys() - {"axis"} and result.ndim > 0
        return plain and all(x.dtype == result.dtype and x.ndim for x in operands)
    if function in (rows, rows_added) and operands[-1].dtype == np.int64:
        return function is rows or result.dtype.char in "fd"
    return False


def lines(module, instruction):
    """Calls of the functions that do it."""
    function = instruction.params["function"]
    return _WRITERS[function](module, instruction)


def _take(module, instruction):
    source, index = instruction.operands
    bytes_of_row = prod(source.shape[1:]) * source.dtype.itemsize
    sizes = prod(index.shape), bytes_of_row
    yield from _call(module, "take_rows", (instruction.result, source, index), sizes)


def _add(module, instruction):
    grad, index = instruction.operands
    result = instruction.result
    width = prod(result.shape[1:])
    sizes = prod(index.shape), width, prod(result.shape) * result.dtype.itemsize
    name = f"add_rows_{register_type(result.dtype)}"
    module.declared[MEMSET] = DECLARATIONS[MEMSET]
    yield from _call(module, name, (result, grad, index), sizes)


def _put(module, instruction):
    result, size = instruction.result, instruction.result.dtype.itemsize
    axis = axis_of(instruction)
    inner = prod(result.shape[axis + 1 :]) * size
    step, start = result.shape[axis] * inner, 0
    for x in instruction.operands:
        width = x.shape[axis] * inner
        sizes = prod(x.shape[:axis]), width, step
        yield from _call(module, "put_rows", (result, x), sizes, start)
        start = start + width


def _call(module, name, values, sizes, start=0):
    """The call of a function; what it writes begins `start` bytes into the result's memory."""
    module.pieces.add(name)
    module.declared[MEMCPY] = DECLARATIONS[MEMCPY]
    pointers = [module.pointer(module.plan.place[module.fusion.root(x)]) for x in values]
    if module.word(start) != "0":
        moved = module.fresh()
        yield f"{moved} = getelementptr i8, ptr {pointers[0]}, i64 {module.word(start)}"
        pointers[0] = moved
    given = [*(f"ptr {x}" for x in pointers), *(f"i64 {module.word(n)}" for n in sizes)]
    yield f"call void @{name}({', '.join(given)})"


_WRITERS = {rows: _take, rows_added: _add, np.concatenate: _put}
