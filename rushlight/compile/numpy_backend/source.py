"""A Program as Python source that runs on NumPy: straight-line, into planned buffers.

The text is for reading as much as for running: forward, backward and update are marked, each line
says the shape and dtype of what it makes.
"""

from __future__ import annotations

import threading

import numpy as np

from rushlight.compile.numpy_backend.buffers import Plan
from rushlight.compile.programs.printing import head_lines, names_of
from rushlight.compile.programs.program import Constant, Value, call, view
from rushlight.compile.programs.sizes import has_dim

__all__ = ["build"]


def build(program):
    """A function that runs the Program; its attribute `source` is its text."""
    writer = Writer(program)
    lock = threading.Lock()
    inner = writer.function()

    def run(*arrays):
        if not lock.acquire(False):  # another thread is in the buffers
            return program.run(*arrays)
        try:
            with np.errstate(all="ignore"):
                return inner(*arrays)
        finally:
            lock.release()

    run.program = program
    run.source = writer.source
    run.plan = writer.plan
    return run


class Statements:
    """Writes the statements of a Program, or of the body of a loop.

    Attributes:
        names: for each Value the name that it has in the source.
        bound: what the source uses, by name.
        constants: names of numbers.
    """

    def __init__(self, program, names, bound, constants):
        self.program = program
        self.plan = Plan(program)
        self.names, self.bound, self.constants = names, bound, constants
        self.lines: list = []
        for x, array in self.plan.array.items():
            self.bound[self.names[x]] = array

    def write(self, section=None):
        for instruction in self.program.instructions:
            if instruction.section != section:
                section = instruction.section
                self.lines.append(f"# {section}")
            self.statement(instruction)
        self.finish()

    def emit(self, text, instruction):
        kinds = ", ".join(f"{self.names[x]}: {x.kind}" for x in instruction.results)
        line = f"  {instruction.line}" if instruction.line else ""
        self.lines.append(f"{text:<60}  # {kinds}{line}")

    def bind(self, value, prefix):
        """A name for something that the source uses."""
        name = f"{prefix}{len(self.bound)}"
        self.bound[name] = value
        return name

    def operand(self, x):
        if not isinstance(x, Constant):
            return self.names[x]
        known = self.constants.get(x.key())
        if known is None:
            array = np.asarray(x.value, x.dtype)
            text = str(x.value)
            plain = "".join(c if c.isalnum() else {"-": "m", ".": "_"}.get(c, "") for c in text)
            name = f"c_{plain}_{x.dtype.char}" if x.dtype.kind != "c" else f"c_{len(self.bound)}"
            name = name.replace("?", "b")
            while name in self.bound:
                name += "_"
            self.bound[name] = array
            known = self.constants[x.key()] = name
        return known

    def target(self, x):
        """The name of the array in which a result is to lie."""
        if x in self.plan.in_place:
            name = self.names[self.plan.in_place[x]]
            self.names[x] = name
            return name
        name = self.names[x]
        if x in self.plan.fresh:
            self.lines.append(f"{name} = {self.new(x)}")
        return name

    def new(self, x):
        """The text of a new array for a result."""
        return f"np.empty({x.shape}, {self.dtype(x.dtype)})"

    @staticmethod
    def dtype(dtype):
        return f"np.{dtype.name}" if dtype.name != "bool" else "bool"

    def statement(self, instruction):
        getattr(self, f"write_{instruction.kind}")(instruction)

    def write_elementwise(self, instruction):
        operands = [self.operand(x) for x in instruction.operands]
        name = instruction.name
        out = self.target(instruction.result)
        if name in ("cast", "copy"):
            self.emit(f"{out}[...] = {operands[0]}", instruction)
        elif name == "where":
            condition, yes, no = operands
            self.lines.append(f"np.copyto({out}, {no})")
            self.emit(f"np.copyto({out}, {yes}, where={condition})", instruction)
        else:
            out = f"out={out}" if name in ("maximum", "minimum") else out
            self.emit(f"{name}({', '.join([*operands, out])})", instruction)

    def write_reduce(self, instruction):
        x = self.operand(instruction.operands[0])
        axes, keepdims = instruction.params["axes"], instruction.params["keepdims"]
        out = self.target(instruction.result)
        axis = axes[0] if len(axes) == 1 else axes
        if instruction.name.startswith("arg"):
            axis = axis if len(axes) == 1 else None
            text = f"np.{instruction.name}({x}, {axis}, {out}, keepdims={keepdims})"
        else:
            text = f"{instruction.name}.reduce({x}, {axis}, None, {out}, {keepdims})"
        self.emit(text, instruction)

    def write_matmul(self, instruction):
        texts = []
        for x, flag in zip(instruction.operands, ("transpose_a", "transpose_b"), strict=True):
            name = self.operand(x)
            if instruction.params[flag]:
                name = f"{name}.mT" if x.ndim > 2 else f"{name}.T"
            texts.append(name)
        self.emit(f"matmul({', '.join(texts)}, {self.target(instruction.result)})", instruction)

    def write_fill(self, instruction):
        x = instruction.result
        array = np.full(x.shape, instruction.params["value"].value, x.dtype)
        array.flags.writeable = False
        self.plan.array[x] = self.bound[self.names[x]] = array
        self.lines.append(f"# {self.names[x]}: {instruction.params['value']} as {x.kind}")

    def write_view(self, instruction):
        x, result = instruction.operands[0], instruction.result
        known = None if isinstance(x, Constant) else self.plan.array.get(x)
        if known is not None and not has_dim(instruction.params):
            made = view(known, instruction.name, instruction.params)
            if np.may_share_memory(made, known) or not known.flags.writeable:
                self.plan.array[result] = self.bound[self.names[result]] = made
                text = view_text(self.names[x], instruction, self)
                self.lines.append(f"# {self.names[result]} = {text}: {result.kind}")
                return
        text = view_text(self.operand(x), instruction, self)
        self.emit(f"{self.names[result]} = {text}", instruction)

    def write_update(self, instruction):
        whole, part = instruction.operands
        result = instruction.result
        source = self.operand(whole)
        out = self.target(result)
        same = self.plan.block_of.get(result, -1) == self.plan.block_of.get(whole, -2)
        if out != source and not same:
            self.lines.append(f"np.copyto({out}, {source})")
        where = out
        for name, params in instruction.params["path"]:
            step = instruction.replace(kind="view", name=name, params=params)
            where = view_text(where, step, self)
        self.emit(f"{where}[...] = {self.operand(part)}", instruction)

    def write_call(self, instruction):
        name = self.bind(instruction, f"call_{identifier(instruction.name)}_")
        operands = ", ".join(self.operand(x) for x in instruction.operands)
        results = ", ".join(self.names[x] for x in instruction.results)
        self.bound[name] = _Call(instruction)
        self.emit(f"{results}, = {name}({operands})", instruction)

    write_draw = write_call

    def write_loop(self, instruction):
        body = instruction.params["body"]
        for x, operand in zip(body.inputs, instruction.operands, strict=True):
            self.names[x] = self.operand(operand)
        results = [self.target(x) for x in instruction.results]
        for x, result, start in zip(body.inputs, results[: len(body.writes)], instruction.operands):
            self.lines.append(f"np.copyto({result}, {self.operand(start)})")
            self.names[x] = result
        rows = results[len(body.writes) :]
        steps = Steps(body, self.names, self.bound, self.constants, rows)
        steps.write(instruction.section)
        self.lines.append(f"for {body.free.name} in range({body.free.count}):")
        self.lines += [f"    {line}" for line in steps.lines]

    def write_late(self):
        """Write what couldn't be made in its place; gives a text for each place."""
        late = [(i, x) for i, x in self.program.writes if x not in self.plan.in_place]
        written = {self.program.inputs[i] for i, _ in self.program.writes}
        sources = {}
        for i, x in late:
            source = self.operand(x)
            if isinstance(x, Value) and self.plan.owner[x] in written:
                self.lines.append(f"old_{i} = np.array({source})")
                source = f"old_{i}"
            sources[i] = source
        return [f"{self.names[self.program.inputs[i]]}[...] = {sources[i]}" for i, _ in late]


class Writer(Statements):
    """Writes the source of one Program."""

    def __init__(self, program):
        super().__init__(program, names_of(program), {}, {})
        head = head_lines(program, self.names)  # before results take names of inputs
        self.write()
        body = (f"    {line}".rstrip() for line in self.lines)
        self.source = "\n".join([*head, *body, ""])

    def function(self):
        """What the source defines."""
        names = {"__name__": __name__, "np": np, **_UFUNCS, **self.bound}
        exec(compile(self.source, "<compiled program>", "exec"), names)
        return names["run"]

    def finish(self):
        """Write what is left to be written, then return."""
        late = self.write_late()
        outputs, seen = [], set()
        for x in self.program.outputs:
            text = self.operand(x)
            is_own = x in self.plan.fresh and x not in seen
            seen.add(x)
            outputs.append(text if is_own else f"np.array({text})")
        returned = f"[{', '.join(outputs)}]"
        if late:
            self.lines.append(f"returned = {returned}")
            returned = "returned"
        self.lines += [*late, f"return {returned}"]


class Steps(Statements):
    """Writes the body of a loop; `rows` are the names of what its outputs are rows of."""

    def __init__(self, body, names, bound, constants, rows):
        super().__init__(body, names, bound, constants)
        self.rows = rows
        self.placed: set = set()  # outputs that are made where they are to be

    def new(self, x):
        """Where a row is to be made."""
        number = self.program.outputs.index(x)
        self.placed.add(number)
        return self.row(number)

    def row(self, number):
        return f"{self.rows[number]}[{self.program.free.name}, ...]"

    def finish(self):
        """Write the rows that weren't made in their place, and what is carried on."""
        late = self.write_late()
        for number, x in enumerate(self.program.outputs):
            if number not in self.placed:
                self.lines.append(f"{self.row(number)} = {self.operand(x)}")
        self.lines += late


class _Call:
    """An unknown function within the source."""

    def __init__(self, instruction):
        self.instruction = instruction
        self.shapes = [x.shape for x in instruction.results]

    def __call__(self, *arrays):
        made = call(self.instruction, arrays)
        for array, shape in zip(made, self.shapes, strict=True):
            if array.shape != shape:
                raise RuntimeError(
                    f"{self.instruction.name} made an array of shape {list(array.shape)}, and "
                    f"{list(shape)} when it was compiled"
                )
        return made


_UFUNCS = {name: x for name, x in vars(np).items() if isinstance(x, np.ufunc)}


def identifier(name):
    """A text as part of an identifier."""
    return "".join(c if c.isalnum() else "_" for c in name)


def view_text(name, instruction, writer):
    """The source of a view of `name`."""
    params = instruction.params
    if instruction.name == "reshape":
        return f"{name}.reshape({params['shape']})"
    if instruction.name == "transpose":
        axes = params["axes"]
        return f"{name}.T" if axes == tuple(range(len(axes)))[::-1] else f"{name}.transpose({axes})"
    if instruction.name == "broadcast":
        return f"np.broadcast_to({name}, {params['shape']})"
    if instruction.name == "other":
        function = writer.bind(params["function"], "view_")
        args, kwargs = (
            writer.bind(params["args"], "args_"),
            writer.bind(params["kwargs"], "kwargs_"),
        )
        return f"{function}({name}, *{args}, **{kwargs})"
    index = [index_text(x) for x in params["index"]]
    if "..." not in index:
        index.append("...")
    return f"{name}[{', '.join(index)}]"


def index_text(x):
    """One entry of a basic index."""
    if x is Ellipsis:
        return "..."
    if isinstance(x, slice):
        start, stop, step = ("" if e is None else str(e) for e in (x.start, x.stop, x.step))
        return f"{start}:{stop}" + (f":{step}" if step else "")
    return str(x)
