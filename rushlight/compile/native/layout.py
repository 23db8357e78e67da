"""Machine code kept by the Program that it was made of, so that a second start plans nothing anew.

Passes, fusion and planning take longer than loading the code. So where a Program is native from
end to end, what has to be known to call its code (`Layout`) is kept on disk with the code, under a
text that says all that both follow from: the Program as it was traced (`fingerprint`), the
processor, and the sources of the compiler.
"""

from __future__ import annotations

import ast
import functools
import os
from typing import NamedTuple

import numpy as np

from rushlight.compile.native import llvm
from rushlight.compile.native.cache import Cache, folder
from rushlight.compile.programs.program import Constant, Slot, Value
from rushlight.compile.tracing.calls import rows, rows_added
from rushlight.kernels import blas

__all__ = [
    "ARENA", "POOL", "SCALE", "SIZE", "USUAL", "Layout", "fingerprint", "found_or_made",
]  # fmt: skip

# what is in the table besides arrays: working memory and how many times as much as was planned,
# the free size, the threads' pool, how many threads the BLAS has otherwise
ARENA, SCALE, SIZE, POOL, USUAL = ("arena",), ("scale",), ("size",), ("pool",), ("usual",)
_NAMED = {np.concatenate: "concatenate", rows: "rows", rows_added: "rows_added"}


class Layout(NamedTuple):
    """How machine code is called.

    Attributes:
        rows: for each key the row of the table that it stands in (see `Module`).
        segments: for each function its number; between them the instructions that NumPy runs.
        shared: whether threads share its loops.
        size: bytes of working memory.
    """

    rows: dict
    segments: list
    shared: bool
    size: int


class Unnamed(Exception):
    """A Program calls something that has no name of its own."""


def fingerprint(program):
    """A text that Programs share if they do the same in the same way; None if there is none.

    Names of values and lines of the user's program are left out.
    """
    if program.free is not None:
        return None
    numbers = {x: i for i, x in enumerate(program.inputs)}
    lines = [f"{x.kind} {x.contiguous}" for x in program.inputs]
    try:
        for i in program.instructions:
            made = ",".join(x.kind for x in i.results)
            operands = ",".join([_text(x, numbers) for x in i.operands])
            lines.append(f"{i.kind} {i.name}({operands}){_text(i.params, numbers)}:{made}")
            for x in i.results:
                numbers[x] = len(numbers)
        lines.append(_text(program.outputs, numbers))
        lines.append(_text(program.writes, numbers))
    except Unnamed:
        return None
    return "\n".join(lines)


def _text(x, numbers):
    kind = type(x)
    if kind is Value:
        return f"v{numbers[x]}"
    if kind is Constant:
        return f"{x.dtype.str}{x.value!r}"
    if kind is tuple or kind is list:
        return f"({','.join([_text(each, numbers) for each in x])})"
    if kind is dict:
        return f"{{{','.join([f'{name}={_text(each, numbers)}' for name, each in x.items()])}}}"
    if x is None or x is Ellipsis or isinstance(x, (bool, int, float, str, slice, Slot, np.dtype)):
        return repr(x)
    name = _NAMED.get(x) if callable(x) else None
    if name is None:
        raise Unnamed
    return name


@functools.cache
def _signature():
    """What code follows from besides the Program: the compiler itself, and the machine."""
    compiler = os.path.dirname(os.path.dirname(__file__))
    folders = [compiler, *(e.path for e in os.scandir(compiler) if e.is_dir())]
    files = [e for folder in folders for e in os.scandir(folder) if e.name.endswith(".py")]
    sources = sorted((e.name, e.stat().st_size, e.stat().st_mtime_ns) for e in files)
    known = bool(blas.product("f")), blas.can_be_told()
    return f"layout {llvm.signature()} {known} {sources}"


def found_or_made(program, make):
    """(Layout, machine code) from disk, or what `make()` gives, which is kept if it can be."""
    name = fingerprint(program)
    if name is None:
        return make()
    made = []

    def packed():
        made.append(make())
        layout, code = made[0]
        is_native = all(isinstance(each, int) for each in layout.segments)
        return repr(tuple(layout)).encode() + b"\n" + code if is_native else None

    found = Cache(folder()).get(f"{_signature()}\n{name}", packed)
    if made:
        return made[0]
    head, _, code = found.partition(b"\n")
    return Layout(*ast.literal_eval(head.decode())), code
