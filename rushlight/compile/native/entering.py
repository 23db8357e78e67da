"""The call of native code, as a function that is written for it.

For a step of a small net it reads (shortened)::

    def run(a0, a1, a2):
        if a2.__class__ is not array0:
            cell1[()] = a2
            a2 = cell1
        with lock2:
            o0 = empty(shape3, dtype4)
            o1 = new5()
            pack6(table7, 0, it8, id(a0), id(a1), id(a2), id(o0), id(o1))
            native9(it10)
        return [o0, o1]
"""

from __future__ import annotations

import struct

import numpy as np

from rushlight.compile.native import threads
from rushlight.compile.tracing.sources import Names

__all__ = ["write_run"]


def write_run(compiled):
    """The function of arrays for native code without NumPy's instructions in it."""
    names = Names()
    bind = names.bind
    lines = []
    for i, cell in compiled.cells.items():
        name = bind(cell, "cell")
        lines += [
            f"if a{i}.__class__ is not {bind(np.ndarray, 'array')}:",
            f"    {name}[()] = a{i}",
        ]
        lines += [f"    a{i} = {name}"]
    lines.append(f"with {bind(compiled.lock, 'lock')}:")
    if compiled.shared:
        lines.append(f"    {bind(threads.pool().set, 'share')}({bind(threads.count, 'count')}())")
    for i, output in enumerate(compiled.outputs):
        made = f"{bind(output.new, 'new')}()"
        if not output.large:
            shape, dtype = bind(output.shape, "shape"), bind(output.dtype, "dtype")
            made = f"{bind(np.empty, 'empty')}({shape}, {dtype})"
        lines.append(f"    o{i} = {made}")
    rows = [bind(word, "word") for word in compiled.table]
    for letter, places in (("a", compiled.given), ("o", compiled.results)):
        for number, row in places:
            rows[row] = f"id({letter}{number})"
    pack = bind(struct.Struct(f"{len(rows)}Q").pack_into, "pack")
    lines.append(f"    {pack}({bind(compiled.table, 'table')}, 0, {', '.join(rows)})")
    for step in compiled.steps:
        lines.append(f"    {bind(step, 'native')}({bind(compiled.address)})")
    lines.append(f"return [{', '.join(f'o{i}' for i in range(len(compiled.outputs)))}]")
    parameters = ", ".join(f"a{i}" for i in range(len(compiled.inputs)))
    text = f"def run({parameters}):\n" + "\n".join(f"    {line}" for line in lines)
    exec(compile(text, "<call of native code>", "exec"), names.bound)
    return names.bound["run"]
