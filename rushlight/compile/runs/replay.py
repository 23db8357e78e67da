"""How an Entry repeats its run: a function written for it, line by line.

For a step of a small net it reads (shortened)::

    def replay(leaves):
        n0 = place0['lr']
        made = run(t0._array, leaves[0]._array, leaves[1]._array, n0)
        v0 = wrap(made[0])
        v0._requires_grad, v0._node = True, node0
        v1 = wrap(made[1])
        t0._counter[0] += 2
        t0._grad = v1
        return v0
"""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

from rushlight.autograd.tape import Output, modes
from rushlight.compile.tracing.checks import OTHERWISE
from rushlight.compile.tracing.recorder import Number
from rushlight.compile.tracing.sources import (
    Argument,
    Captured,
    Fields,
    GradOf,
    Held,
    Item,
    Names,
    NewTensor,
    ViewOf,
)
from rushlight.random import Generator
from rushlight.tensor import wrap

__all__ = ["maker_of", "write_replay"]


def write_replay(entry, runner):
    """The function `replay(leaves)` of an Entry: effects happen, the result is returned."""
    writer = _Writer(entry)
    source = writer.write()
    names = {
        "wrap": wrap,
        "run": getattr(runner, "run", runner),
        "modes": modes,
        "Output": Output,
        **writer.bound,
    }
    exec(compile(source, "<replay of a compiled function>", "exec"), names)
    return names["replay"]


def maker_of(kind):
    """What makes a tuple of this kind of its elements."""
    return getattr(kind, "_make", kind)


class _Writer(Names):
    def __init__(self, entry):
        super().__init__()
        self.entry = entry

    def write(self):
        entry = self.entry
        lines = list(self.host())
        arrays = ", ".join(self.array(s) for s in entry.sources)
        if entry.derivative is not None:
            lines.append(f"arrays = [{arrays}]")
            arrays = "*arrays"
        run = f"made = run({arrays})"
        lines += self.checked(run) if entry.checks else [run]
        lines += self.tensors()
        lines += [
            f"{self.tensor(source)}._counter[0] += {count}" for source, count in entry.counters
        ]
        for kind, source, new in entry.changes:
            if kind == "grad":
                lines.append(f"{self.tensor(source)}._grad = {self.value(new)}")
            else:
                lines.append(f"{self.tensor(source)}._array = {self.value(new)}._array")
        lines += [f"{self.place(place)} = {self.value(new)}" for place, new in entry.assigned]
        lines.append(f"return {self.value(entry.template)}")
        body = "\n".join(f"    {line}" for line in lines)
        return f"def replay(leaves):\n{body}\n"

    def host(self):
        """Read numbers and step schedules, in the order of the traced run."""
        for each in self.entry.host:
            if isinstance(each, Number):
                position = "" if each.position is None else f"[{each.position}]"
                place = self.bind(each.place, "place")
                yield f"{self.number(each)} = {place}[{each.key!r}]{position}"
            else:
                yield f"{self.bind(each, 'host')}()"

    def generators(self):
        """The streams of random numbers that a run moves on."""
        draws = [x for x in self.entry.traced.instructions if x.kind == "draw"]
        given = [x for draw in draws for x in draw.params["args"] if isinstance(x, Generator)]
        found = {id(g): g for g in given}
        return [self.bind(g, "generator") for g in found.values()]

    def written(self):
        return [self.array(self.entry.sources[i]) for i, _ in self.entry.traced.writes]

    def checked(self, run):
        """Run, and undo that where a check fails or what comes after it can't be done."""
        generators, written = self.generators(), self.written()
        yield f"states = [{', '.join(f'{g}._dump()' for g in generators)}]"
        yield f"kept = [{', '.join(f'{x}.copy()' for x in written)}]"
        failed = (f"{'not ' * found}made[{i}]" for i, found in self.entry.checks)
        yield from ("try:", f"    {run}", f"    failed = {' or '.join(failed)}")
        yield from ("except Exception:", "    failed = True", "if failed:")
        yield from (f"    {g}._load(states[{i}])" for i, g in enumerate(generators))
        yield from (f"    {x}[...] = kept[{i}]" for i, x in enumerate(written))
        yield f"    return {self.bind(OTHERWISE, 'otherwise')}"

    def number(self, source):
        return f"n{self.entry.host.index(source)}"

    def array(self, source):
        if isinstance(source, np.ndarray):
            return self.bind(source, "constant")
        return (
            self.number(source) if isinstance(source, Number) else f"{self.tensor(source)}._array"
        )

    def tensors(self):
        """New Tensors around what the Program made, with their place on the tape."""
        entry = self.entry
        if entry.derivative is not None:
            name = self.bind(entry.derivative.node, "node")
            kept = f"made[{entry.count}:]"
            yield f"node = {name}({kept}, arrays, leaves, {self.bind(entry, 'entry')})"
        for i, (requires_grad, node, number) in enumerate(entry.results):
            yield f"v{i} = wrap(made[{i}])"
            if number is not None:
                yield f"v{i}._requires_grad, v{i}._node = True, Output(node, {number})"
            elif requires_grad:
                yield f"v{i}._requires_grad, v{i}._node = True, {self.bind(node, 'node')}"

    def items(self, templates):
        """The source of a dict."""
        pairs = (f"{self.bind(k, 'key')}: {self.value(v)}" for k, v in templates.items())
        return f"{{{', '.join(pairs)}}}"

    def value(self, template):
        """The source of a result."""
        if isinstance(template, Number):
            return f"{self.bind(template.place, 'place')}[{template.key!r}]"
        if isinstance(template, Item):
            return f"{self.value(template.of)}.item()"
        if isinstance(template, NewTensor):
            return f"v{template.number}"
        if isinstance(template, ViewOf):
            return f"{self.bind(template.on, 'view')}({self.value(template.source)})"
        if isinstance(template, (Captured, Argument, GradOf, Held)):
            return self.tensor(template)
        if type(template) is list:
            return f"[{', '.join(map(self.value, template))}]"
        if type(template) is tuple:
            return f"({''.join(f'{self.value(x)}, ' for x in template)})"
        if isinstance(template, tuple):
            make = self.bind(maker_of(type(template)), "make")
            return f"{make}(({''.join(f'{self.value(x)}, ' for x in template)}))"
        if type(template) is dict:
            return self.items(template)
        if type(template) is OrderedDict:
            return f"{self.bind(OrderedDict)}({self.items(template)})"
        if isinstance(template, Fields):
            return f"{self.bind(template.make, 'make')}({self.items(template.values)})"
        return self.bind(template, "constant")
