"""The Program: what a function does to arrays, as a list of instructions.

This page is the contract between those who make Programs (`trace.py`, the passes) and those who run
them (`numpy_source.py`, `emit.py`).

A Program is pure: each instruction makes new values from older ones, none is changed. What a traced
function did in place has become a new value, and the Program says at its end which values are to be
written over which inputs (`writes`). So a pass may move, merge or drop instructions freely, and
only who runs the Program decides what lies in whose memory.

A `Value` has a shape and a dtype. An operand is a Value or a `Constant` (a number with a dtype).
The instructions:

=========== ===================== ==================================================================
kind        name                  meaning; params
=========== ===================== ==================================================================
elementwise a ufunc, `where`,     operands broadcast against each other and have *exactly* the
            `cast`, `copy`        dtypes of the loop that NumPy would take: nothing is promoted,
                                  casts are instructions. `cast` converts as `astype` does
reduce      a ufunc (`add`, ...), over `axes` (sorted, not negative), keeping them if `keepdims`.
            `argmax`, `argmin`    One operand, of the dtype of the loop
view        `reshape`,            the same elements otherwise arranged. `shape`; `axes` (a
            `transpose`,          permutation); `shape`; `index` (a tuple of slices, integers, None
            `broadcast`,          and Ellipsis); `function`, `args`, `kwargs` of a function of the
            `slice`, `other`      array that gives a view. Sharing memory is up to who runs it
matmul      `matmul`              product of matrices (1-d, 2-d or stacked) as `np.matmul`, the last
                                  two dimensions of an operand exchanged before it if `transpose_a`,
                                  `transpose_b`
fill        `fill`                `value` (a Constant) everywhere; no operands
update      `update`              the first operand with a part replaced by the second, which
                                  broadcasts to it; `path` is a tuple of views (name, params) that
                                  lead from the whole to the part
call        any                   `function(*args, **kwargs)` of arrays, pure, unknown to the
                                  passes: one operand for each `Slot` in `args` and `kwargs`
draw        any                   the same, but it draws from a random generator: may not be
                                  dropped, merged or moved across another draw
loop        `loop`                `body`, a Program with a `Counter` for its free size, run for each
                                  of its numbers t. Its inputs are the operands; what it writes over
                                  the first of them is there in the next step. Results: what those
                                  hold in the end, then for each output of the body an array with
                                  one row for each step
=========== ===================== ==================================================================

All but `call`, `draw` and `loop` have one result. The meaning of each, in NumPy, is `evaluate`;
whoever runs Programs is tested against `Program.run`.

**Running.** `build(program)` returns `run(*arrays)`, which takes one array for each input (of the
input's dtype and shape, C-contiguous if `input.contiguous`; numbers as 0-d float64 arrays or Python
floats), overwrites the inputs named in `writes` in their own memory, and returns a list with
one new array for each of `outputs`, which belongs to the caller. All reads of an input that is
written see its old value. No two inputs that are written share memory with any other input.

**Sizes.** If `free` isn't None, one size is free: sizes that depend on it, and integers within
params, are Dims (see `sizes.py`). `at(program, size)` puts numbers in their place.
"""

from __future__ import annotations

import functools

import numpy as np

from rushlight.compile.programs.sizes import Counter, Dim

__all__ = [
    "Builder",
    "Constant",
    "Instruction",
    "Program",
    "Repeated",
    "Slot",
    "Value",
    "at",
    "check",
    "written",
]


class Value:
    """An array that a Program takes or makes: shape, dtype, and a name for readers, or None."""

    __slots__ = ("contiguous", "dtype", "name", "shape")

    def __init__(self, shape, dtype, name=None, contiguous=True):
        self.shape = tuple(shape)
        self.dtype = np.dtype(dtype)
        self.name = name
        self.contiguous = contiguous

    def __repr__(self):
        return f"{self.name or '_'}: {self.kind}"

    @property
    def kind(self):
        """Dtype and shape as one text: `float32[2, 3]`."""
        return kind_text(self.dtype, self.shape)

    @property
    def ndim(self):
        """The number of dimensions."""
        return len(self.shape)


@functools.lru_cache(4096)
def kind_text(dtype, shape):
    """A dtype and a shape as one text; many values of a Program share one."""
    return f"{dtype}[{', '.join(map(str, shape))}]"


class Constant:
    """A number with a dtype that is known when the Program is made."""

    __slots__ = ("_key", "dtype", "value")
    shape = ()
    ndim = 0

    def __init__(self, value, dtype):
        self.dtype = np.dtype(dtype)
        self.value = self.dtype.type(value)

    def __repr__(self):
        return str(self.value)

    def __eq__(self, other):
        return (
            isinstance(other, Constant) and self.dtype == other.dtype and self.key() == other.key()
        )

    def __hash__(self):
        return hash(self.key())

    def key(self):
        """What tells constants apart: -0.0 from 0.0, and a NaN from nothing."""
        try:
            return self._key
        except AttributeError:
            self._key = repr(self.value), self.dtype.str
            return self._key


class Slot:
    """Within the arguments of a call: the place of an operand."""

    __slots__ = ("number",)

    def __init__(self, number):
        self.number = number

    def __repr__(self):
        return f"#{self.number}"

    def __eq__(self, other):
        return isinstance(other, Slot) and self.number == other.number

    def __hash__(self):
        return hash(("slot", self.number))


class Instruction:
    """One step of a Program.

    Attributes:
        kind, name, params: see the table above; params is a dict.
        operands: Values and Constants.
        results: Values.
        section: "forward", "backward" or "update".
        line: where in the user's program it comes from, `file.py:12`, or None.
    """

    __slots__ = ("kind", "line", "name", "operands", "params", "results", "section")

    def __init__(self, kind, name, operands, results, params, section="forward", line=None):
        self.kind, self.name, self.params = kind, name, params
        self.operands, self.results = tuple(operands), tuple(results)
        self.section, self.line = section, line

    @property
    def result(self):
        """The only result."""
        (result,) = self.results
        return result

    def replace(self, **changes):
        """The same with some attributes changed."""
        kept = {name: getattr(self, name) for name in self.__slots__}
        return Instruction(**{**kept, **changes})


class Program:
    """A function of arrays: see the head of this module.

    Attributes:
        inputs: the Values that it is given.
        instructions: in an order in which they can run.
        outputs: operands whose arrays are returned.
        writes: pairs (number of an input, operand): what the input's memory holds afterwards.
        free: the free size, or None.
    """

    def __init__(self, inputs, instructions, outputs=(), writes=(), free=None):
        self.inputs = tuple(inputs)
        self.instructions = list(instructions)
        self.outputs = tuple(outputs)
        self.writes = tuple(writes)
        self.free = free

    def replace(self, **changes):
        """The same Program with some attributes changed."""
        return Program(**{**vars(self), **changes})

    def results(self):
        """All operands that are wanted when it ends."""
        return [*self.outputs, *(operand for _, operand in self.writes)]

    def run(self, *arrays):
        """Run it, one instruction after the other: what running means, not how it gets fast."""
        known = dict(zip(self.inputs, arrays, strict=True))
        for instruction in self.instructions:
            operands = [value_of(x, known) for x in instruction.operands]
            known.update(zip(instruction.results, evaluate(instruction, operands), strict=True))
        outputs = [np.array(value_of(x, known)) for x in self.outputs]
        written = [(arrays[i], np.array(value_of(x, known))) for i, x in self.writes]
        for target, value in written:
            target[...] = value
        return outputs

    def __str__(self):
        from rushlight.compile.programs.printing import program_text

        return program_text(self)

    __repr__ = __str__


def value_of(operand, known):
    """The array (or number) of an operand."""
    return operand.value if isinstance(operand, Constant) else known[operand]


# The meaning of instructions ----------------------------------------------------------------------


def evaluate(instruction, arrays):
    """The results of an instruction, as a tuple, given the arrays of its operands."""
    with np.errstate(all="ignore"):
        made = _MEANINGS[instruction.kind](instruction, arrays)
    return made if isinstance(made, tuple) else (np.asarray(made),)


def _elementwise(instruction, arrays):
    dtype = instruction.result.dtype
    if instruction.name == "cast":
        return np.asarray(arrays[0]).astype(dtype)
    if instruction.name == "copy":
        return np.array(arrays[0])
    arrays = [np.asarray(a, x.dtype) for a, x in zip(arrays, instruction.operands, strict=True)]
    return getattr(np, instruction.name)(*arrays)


def _reduce(instruction, arrays):
    axes, keepdims = instruction.params["axes"], instruction.params["keepdims"]
    if instruction.name.startswith("arg"):
        function = getattr(np, instruction.name)
        axis = axes[0] if len(axes) == 1 else None
        return function(arrays[0], axis=axis, keepdims=keepdims)
    ufunc = getattr(np, instruction.name)
    return ufunc.reduce(arrays[0], axis=axes, keepdims=keepdims, dtype=instruction.result.dtype)


def _view(instruction, arrays):
    return view(arrays[0], instruction.name, instruction.params)


def view(array, name, params):
    """An array otherwise arranged; shares memory where NumPy can."""
    if name == "reshape":
        return array.reshape(params["shape"])
    if name == "transpose":
        return array.transpose(params["axes"])
    if name == "broadcast":
        return np.broadcast_to(array, params["shape"])
    if name == "other":
        return params["function"](array, *params["args"], **params["kwargs"])
    part = array[params["index"]]
    return part if isinstance(part, np.ndarray) else array[(*params["index"], ...)]


def _matmul(instruction, arrays):
    a, b = arrays
    a = np.swapaxes(a, -1, -2) if instruction.params["transpose_a"] else a
    b = np.swapaxes(b, -1, -2) if instruction.params["transpose_b"] else b
    return np.matmul(a, b)


def _fill(instruction, arrays):
    made = instruction.result
    return np.full(made.shape, instruction.params["value"].value, made.dtype)


def _update(instruction, arrays):
    whole = part = np.array(arrays[0])
    for name, params in instruction.params["path"]:
        part = view(part, name, params)
    part[...] = arrays[1]
    return whole


def _call(instruction, arrays):
    return call(instruction, arrays)


def _loop(instruction, arrays):
    body = instruction.params["body"]
    carried = [np.array(array, x.dtype) for x, array in zip(written(body), arrays, strict=False)]
    stacks = [np.empty(x.shape, x.dtype) for x in instruction.results[len(carried) :]]
    for t in range(body.free.count):
        rows = at(body, t).run(*carried, *arrays[len(carried) :])
        for stack, row in zip(stacks, rows, strict=True):
            stack[t] = row
    return (*carried, *stacks)


def written(program):
    """The inputs that a Program writes to."""
    return [program.inputs[i] for i, _ in program.writes]


def call(instruction, arrays):
    """The results of a `call` or `draw`, as a tuple of arrays.

    `params["function"]` gets `params["args"]` and `params["kwargs"]`, in which Slots stand for
    operands. It may return an array, or a tuple of them.
    """
    params = instruction.params
    args, kwargs = filled(params["args"], arrays), filled(params["kwargs"], arrays)
    made = params["function"](*args, **kwargs)
    made = made if isinstance(made, (tuple, list)) else (made,)
    return tuple(np.asarray(x) for x in made)


class Repeated:
    """Draws that come again and again, as the function of one `draw`: each gives an array of all.

    Args:
        count: how many times.
        draws: the instructions, in order; without operands.
    """

    __name__ = "repeated"

    def __init__(self, count, draws):
        self.count, self.draws = count, draws

    def __call__(self):
        made = [[x for each in self.draws for x in call(each, ())] for _ in range(self.count)]
        return tuple(np.stack(arrays) for arrays in zip(*made, strict=True))


def filled(arguments, arrays):
    """Arguments with the arrays in place of their Slots."""
    if isinstance(arguments, Slot):
        return arrays[arguments.number]
    if type(arguments) in (tuple, list):
        return type(arguments)(filled(x, arrays) for x in arguments)
    if type(arguments) is dict:
        return {name: filled(x, arrays) for name, x in arguments.items()}
    if type(arguments) is slice:
        return slice(*filled((arguments.start, arguments.stop, arguments.step), arrays))
    return arguments


_MEANINGS = {
    "elementwise": _elementwise,
    "reduce": _reduce,
    "view": _view,
    "matmul": _matmul,
    "fill": _fill,
    "update": _update,
    "call": _call,
    "draw": _call,
    "loop": _loop,
}


# A free size --------------------------------------------------------------------------------------


class Fixed:
    """Replaces Dims by the numbers that they are for one size, in whatever holds them.

    Values become new ones, but for those without a Dim.
    """

    def __init__(self, size):
        self.size = size
        self.known: dict = {}

    def __call__(self, x):
        if isinstance(x, Dim):
            return x.at(self.size)
        if isinstance(x, Value):
            return self.value(x)
        if isinstance(x, slice):
            return slice(self(x.start), self(x.stop), self(x.step))
        if type(x) in (tuple, list):
            return type(x)(map(self, x))
        if type(x) is dict:
            return {name: self(each) for name, each in x.items()}
        return x

    def value(self, x):
        """A Value of fixed shape."""
        if not any(isinstance(n, Dim) for n in x.shape):
            return x
        if x not in self.known:
            self.known[x] = Value(self(x.shape), x.dtype, x.name, x.contiguous)
        return self.known[x]

    def instruction(self, i):
        """An instruction on Values of fixed shapes."""
        operands, results, params = self(i.operands), self(i.results), self(i.params)
        return i.replace(operands=operands, results=results, params=params)


def at(program, size):
    """The Program with a number for its free size."""
    fixed = Fixed(size)
    instructions = [fixed.instruction(i) for i in program.instructions]
    inputs, outputs, writes = fixed(program.inputs), fixed(program.outputs), fixed(program.writes)
    return Program(inputs, instructions, outputs, writes)


# The checker --------------------------------------------------------------------------------------


def check(program):
    """Refuse a Program that isn't well formed; returns it. Tests call this after every pass.

    Raises:
        ValueError: a value is used before it is made, or made twice; a shape or dtype isn't what
            the instruction makes; an elementwise operand hasn't got the dtype of the loop.
    """
    if program.free is not None:
        first = program.free.example
        last = 0 if isinstance(program.free, Counter) else first + 1
        for size in (first, last):
            check(at(program, size))
        return program
    known = set(program.inputs)
    for instruction in program.instructions:
        for x in instruction.operands:
            if isinstance(x, Value) and x not in known:
                raise ValueError(f"{instruction.name} uses a value that isn't made yet: {x!r}")
        if not known.isdisjoint(instruction.results):
            raise ValueError(f"{instruction.name} makes a value that is there already")
        known.update(instruction.results)
        _check_kind(instruction)
    for x in program.results():
        if isinstance(x, Value) and x not in known:
            raise ValueError(f"a result is never made: {x!r}")
    for number, x in program.writes:
        target = program.inputs[number]
        if (target.shape, target.dtype) != (x.shape, x.dtype):
            raise ValueError(f"{x!r} can't be written over {target!r}")
    return program


def _check_kind(instruction):
    """Compare shape and dtype of the result with what NumPy makes of stand-ins."""
    if instruction.kind in ("call", "draw"):
        return
    if instruction.kind == "loop":
        _check_loop(instruction)
        return
    stand_ins = [stand_in(x) for x in instruction.operands]
    if instruction.kind == "elementwise" and isinstance(
        ufunc := getattr(np, instruction.name, 0), np.ufunc
    ):
        dtypes = tuple(x.dtype for x in instruction.operands)
        if ufunc.resolve_dtypes((*dtypes, None))[:-1] != dtypes:
            raise ValueError(f"{instruction.name}: operands {dtypes} aren't those of a loop")
    (made,) = evaluate(instruction, stand_ins)
    if (made.shape, made.dtype) != (instruction.result.shape, instruction.result.dtype):
        raise ValueError(
            f"{instruction.name} makes {made.dtype}{list(made.shape)}, "
            f"not {instruction.result.kind}"
        )


def _check_loop(instruction):
    """Compare operands and results with what the body takes and makes; check the body."""
    body, operands = check(instruction.params["body"]), instruction.operands
    if [i for i, _ in body.writes] != list(range(len(body.writes))):
        raise ValueError("a loop's first inputs are those that are carried on")
    count = body.free.count
    rows = [((count, *x.shape), x.dtype) for x in body.outputs]
    made = [(x.shape, x.dtype) for x in written(body)] + rows
    for x, expected in (
        *zip(operands, ((x.shape, x.dtype) for x in body.inputs), strict=True),
        *zip(instruction.results, made, strict=True),
    ):
        if (x.shape, x.dtype) != expected:
            raise ValueError(f"a loop has {x!r} where its body has {expected}")


def stand_in(operand):
    """An array of an operand's shape and dtype, of no use but to see what comes out."""
    return np.ones(operand.shape, operand.dtype)


# Building -----------------------------------------------------------------------------------------


class Builder:
    """Makes a Program step by step; each method returns the new Value.

    Shapes and dtypes of results are found by evaluating the instruction on stand-ins, unless the
    caller knows an array that it makes (`example=`).

    >>> b = Builder()
    >>> x = b.input((2, 3), "float32", "x")
    >>> y = b.elementwise("tanh", x)
    >>> print(b.finish(b.reduce("add", y, (1,))))
    program(x: float32[2, 3])
      v0 = tanh(x)                                  # float32[2, 3]
      v1 = add.reduce(v0, axes=(1,))                # float32[2]
      return v1
    """

    def __init__(self):
        self.inputs: list = []
        self.instructions: list = []
        self.section = "forward"
        self.line = None

    def input(self, shape, dtype, name=None, contiguous=True):
        """One more input."""
        self.inputs.append(Value(shape, dtype, name, contiguous))
        return self.inputs[-1]

    def add(self, kind, name, operands, params=None, examples=None):
        """One more instruction, of any kind; returns its results."""
        section, line = self.section, self.line
        made = Instruction(kind, name, operands, (), params or {}, section, line)
        if examples is None:
            made.results = (Value((), "float32"),)  # for who asks for the dtype
            examples = evaluate(made, [stand_in(x) for x in operands])
        made.results = tuple(Value(x.shape, x.dtype) for x in examples)
        self.instructions.append(made)
        return made.results

    def elementwise(self, name, *operands, example=None):
        """A ufunc or `where` of operands that have the loop's dtypes; numbers take the first's."""
        dtype = next(x.dtype for x in operands if isinstance(x, Value))
        operands = [x if hasattr(x, "dtype") else Constant(x, dtype) for x in operands]
        return self._one("elementwise", name, operands, None, example)

    def cast(self, x, dtype):
        """`x.astype(dtype)`."""
        example = np.broadcast_to(np.zeros((), dtype), x.shape)
        return self._one("elementwise", "cast", (x,), None, example)

    def reduce(self, name, x, axes, keepdims=False, example=None, dtype=None):
        """`np.<name>.reduce` over `axes`."""
        if example is None:
            kept = [1 if i in axes else n for i, n in enumerate(x.shape)]
            shape = kept if keepdims else [n for i, n in enumerate(x.shape) if i not in axes]
            dtype = np.intp if name.startswith("arg") else x.dtype if dtype is None else dtype
            example = np.broadcast_to(np.zeros((), dtype), shape)
        params = {"axes": tuple(axes), "keepdims": keepdims}
        return self._one("reduce", name, (x,), params, example)

    def view(self, name, x, example=None, **params):
        """`reshape(shape=)`, `transpose(axes=)`, `broadcast(shape=)`, `slice(index=)`."""
        return self._one("view", name, (x,), params, example)

    def matmul(self, a, b, transpose_a=False, transpose_b=False, example=None):
        """`a @ b`."""
        params = {"transpose_a": transpose_a, "transpose_b": transpose_b}
        return self._one("matmul", "matmul", (a, b), params, example)

    def fill(self, shape, value, dtype):
        """The same number everywhere."""
        example = np.broadcast_to(np.zeros((), dtype), shape)
        return self._one("fill", "fill", (), {"value": Constant(value, dtype)}, example)

    def update(self, whole, part, path):
        """`whole` with the part at `path` replaced."""
        example = np.broadcast_to(np.zeros((), whole.dtype), whole.shape)
        return self._one("update", "update", (whole, part), {"path": tuple(path)}, example)

    def call(self, name, function, operands, args, kwargs, examples, kind="call"):
        """A call of an unknown function."""
        params = {"function": function, "args": args, "kwargs": kwargs}
        return self.add(kind, name, operands, params, examples)

    def _one(self, kind, name, operands, params, example):
        examples = None if example is None else (example,)
        (result,) = self.add(kind, name, operands, params, examples)
        return result

    def finish(self, *outputs, writes=()):
        """The Program that returns these operands."""
        return Program(self.inputs, self.instructions, outputs, writes)
