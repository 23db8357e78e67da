"""Which instructions of a Program share a loop.

`fuse(program)` makes a list of items to be run in order:

- a `Kernel`, one loop nest in which elementwise instructions and reductions of arrays of one shape
  are done together, element after element;
- a `Product`, a product of matrices for the BLAS;
- a `Piece`, a call that is a native loop of its own (see `pieces`);
- a `Repeat`, a loop over the items of its body;
- an `Outside`, an instruction for which there is no native code: NumPy's.

Views, fills and cheap elementwise instructions are *virtual*: they have no place of their own but
are worked out wherever their elements are needed. Every other instruction joins the latest kernel
that it can: the same shape, what it needs made before, or made in that kernel for the same element.

Within a kernel a reduction is one of three. Along a *row*: the axes that stay are the outer loops,
and its result is there for what follows in that row (softmax: the greatest, the sum, the quotient
are three inner loops in one outer loop; its `phases`). Along a *column*: the axes that stay are the
inner loops, and sums grow in memory (the gradient of a bias). Or over all.
"""

from __future__ import annotations

from math import prod

from rushlight.compile.native import index as at
from rushlight.compile.native import pieces
from rushlight.compile.native.scalar import EXPENSIVE, supports
from rushlight.compile.passes.lower import lower
from rushlight.compile.passes.sink import sink_reshapes
from rushlight.compile.programs.program import Constant, Instruction, Program, Value
from rushlight.compile.programs.sizes import Bound, Dim
from rushlight.kernels import blas

__all__ = ["Fusion", "Kernel", "Outside", "Piece", "Product", "Repeat", "fuse"]

REDUCTIONS = {"add", "multiply", "maximum", "minimum", "logical_and", "logical_or"}
SHARED = 200_000  # elements times instructions from which on threads are worth while
MOST_PARTS = 64
SMALL = 32  # an array so many times smaller than another costs nothing to read beside it
MOST_ON_STACK = 1 << 16  # bytes of a row that a thread has for itself
DEEPEST = 64  # virtual values that one needs after the other
NUMBERS_OF_ROWS = 8  # the same of such with one number for each row
MOST_LOOKED_AT = 64  # kernels of one shape that an instruction may join
MOST_ARRAYS = 24  # in one kernel: more streams than that don't help


class Kernel:
    """A loop nest.

    Attributes:
        shape: the extents of its axes; sizes of 1 are left out.
        members: its instructions, in order.
        reads: for each of them the pairs (value, position in its memory) that it reads.
        role: for each value made here "element", "row", "column" or "all".
        phase: for each value the number of inner loops that must be through before it.
        outer: the set of axes of the outer loops, or None while there's no reason for one.
        arrays: what it reads.
        parts: how many threads may share its loop at most; 0 if it is too small.
        apart: whether each of them adds columns up in memory of its own first.
    """

    def __init__(self, shape):
        self.shape = shape
        self.members: list[Instruction] = []
        self.reads: list[list] = []
        self.role: dict[Value, str] = {}
        self.phase: dict[Value, int] = {}
        self.outer: frozenset[int] | None = None
        self.arrays: dict[Value, None] = {}  # a set in the order of entering
        self.parts = 0
        self.apart = False

    def share(self):
        """Decide how many threads may share the loop.

        Sums over all, and columns in a loop over rows, are added up by each thread: two, so that
        the order makes no difference.
        """
        names = [i.name for i in self.members]
        cost = int(prod(self.shape)) * (len(names) + 8 * sum(name in EXPENSIVE for name in names))
        roles = set(self.role.values())
        if cost < SHARED or {"column", "all"} <= roles:
            return
        if "column" in roles and ("row" in roles or len(self.split()[1]) != 1):
            self.apart = self._columns_are_small()
            self.parts = 2 if self.apart and self._adds("column") else 0
        elif self._adds("all"):
            self.parts = 2 if "all" in roles else MOST_PARTS

    def _adds(self, role):
        return all(i.name == "add" for i in self.members if self.role[i.result] == role)

    def _columns_are_small(self):
        columns = [x for x, role in self.role.items() if role == "column"]
        sizes = [prod(x.shape) * x.dtype.itemsize for x in columns]
        return not any(isinstance(n, Dim) for n in sizes) and sum(sizes) <= MOST_ON_STACK

    def axes(self, value):
        """The axes that a value made here extends along."""
        axes = range(len(self.shape))
        outer = self.outer or frozenset()
        role = self.role[value]
        if role == "all":
            return []
        return [i for i in axes if role == "element" or (i in outer) == (role == "row")]

    def place(self, value):
        """The index of a value made here at the loop's element."""
        return placed(value.shape, self.axes(value), len(self.shape))

    def split(self):
        """The axes of the outer and of the inner loops, each in order."""
        axes = list(range(len(self.shape)))
        if self.outer is None:
            return axes[:-1], axes[-1:]
        return [i for i in axes if i in self.outer], [i for i in axes if i not in self.outer]


class Product:
    """A product of matrices."""

    shape = None  # no loop that others could join

    def __init__(self, instruction):
        self.instruction = instruction


class Piece:
    """A call that is a native loop of its own."""

    shape = None  # no loop that others could join

    def __init__(self, instruction):
        self.instruction = instruction


class Repeat:
    """A loop over the items of a body.

    Attributes:
        fusion: the items.
        plan: where they have their values (see `plan`).
        scratch: a value that stands for the memory that a step needs.
    """

    shape = None  # no loop that others could join

    def __init__(self, instruction):
        self.instruction = instruction
        self.fusion = Fusion(instruction.params["body"])
        self.plan = self.scratch = None
        if any(isinstance(item, Outside) for item in self.fusion.items):
            raise Bound("a loop with steps that aren't native")


class Outside:
    """An instruction that NumPy runs."""

    shape = None  # no loop that others could join

    def __init__(self, instruction):
        self.instruction = instruction


def placed(shape, axes, n):
    """An index whose dimensions of more than one element are these axes."""
    units, left = at.unit(n), iter(axes)
    zero = (0,) * (n + 1)
    return tuple(zero if size == 1 else units[next(left)] for size in shape)


def compact(shape):
    """A shape without its sizes of 1."""
    return tuple(size for size in shape if size != 1)


class Fusion:
    """The items of a Program, and what is known of its values.

    Attributes:
        program: the Program, with a few copies added.
        items: Kernels, Products, Pieces and Outsides, in order.
        definition: the instruction that makes each value.
        position: the number of the item that makes it; -1 for inputs.
        stored: the values that must be in memory.
        local: values of which a row's worth is kept, for a later inner loop (see `plan`).
    """

    def __init__(self, program):
        self.program = _wanted(_with_copies(sink_reshapes(lower(program))))
        self.definition = {x: i for i in self.program.instructions for x in i.results}
        self.stored = _required(self.program, self.definition)
        self.uses: dict[Value, list[Instruction]] = {}
        for instruction in self.program.instructions:
            for x in instruction.operands:
                self.uses.setdefault(x, []).append(instruction)
        self.local: set[Value] = set()
        self._virtual: dict[Value, bool] = {}
        self.depth: dict[Value, int] = {}  # of virtual values: how many are worked out before
        self.items: list = []
        self.kernels: dict = {}  # by shape: the numbers of those items
        self.position = dict.fromkeys(self.program.inputs, -1)
        for instruction in self.program.instructions:
            self._enter(instruction)
        self._store_what_others_read()
        for item in self.items:
            if isinstance(item, Kernel):
                item.share()

    # What is virtual

    def virtual(self, x):
        """Whether a value is worked out wherever it is needed."""
        if x not in self._virtual:
            made = self.definition.get(x)
            self._virtual[x] = made is not None and self._is_virtual(x, made)
            if self._virtual[x]:
                self.depth[x] = 1 + max((self.depth.get(y, 0) for y in made.operands), default=0)
        return self._virtual[x]

    def _is_virtual(self, x, instruction):
        if instruction.kind == "view":
            return True
        if instruction.kind not in ("elementwise", "fill") or not is_native(instruction):
            return False
        if x in self.stored or any(self.depth.get(y, 0) >= DEEPEST for y in instruction.operands):
            return False
        if instruction.kind == "fill" or prod(x.shape) == 1:
            return True
        if self._only_in_larger(x):
            return True
        sizes = {u: size_of(u) for u, _ in self._leaves(instruction)}
        arrays = [u for u, size in sizes.items() if size > 1 and size * SMALL > size_of(x)]
        return (
            instruction.name not in EXPENSIVE
            and len(arrays) <= 1
            and x.shape == (arrays[0].shape if arrays else x.shape)
        )

    def _only_in_larger(self, x, steps=NUMBERS_OF_ROWS):
        """Whether only larger loops need a value; numbers for each row may be on its way."""
        is_row = x.ndim > 1 and x.shape[-1] == 1
        for user in self.uses.get(x, ()):
            for result in user.results:
                if size_of(result) > size_of(x):
                    continue
                free = user.kind == "elementwise" and is_native(user) and result not in self.stored
                if not (is_row and free and steps and self._only_in_larger(result, steps - 1)):
                    return False
        return True

    def _leaves(self, instruction):
        """What an instruction reads, at the index of its own loop."""
        shape = instruction.operands[0].shape if instruction.kind == "reduce" else None
        shape = instruction.result.shape if shape is None else shape
        sizes = compact(shape)
        index = placed(shape, range(len(sizes)), len(sizes))
        return self.leaves(instruction, index, sizes)

    def leaves(self, instruction, index, extents):
        """Pairs (value, position in its memory): what an instruction reads at an index."""
        found: list = []
        for x in instruction.operands:
            if isinstance(x, Value):
                self._find(x, at.broadcast(index, x.shape), extents, found)
        return found

    def _find(self, x, index, extents, found):
        if not self.virtual(x):
            found.append((x, at.flat(index, x.shape, len(extents))))
            return
        instruction = self.definition[x]
        if instruction.kind != "view":
            found.extend(self.leaves(instruction, index, extents))
            return
        (source,) = instruction.operands
        if isinstance(source, Constant):
            return
        inner = self.seen(instruction, index, extents)
        if inner is None:
            found.append((source, at.flat(index, x.shape, len(extents))))
        else:
            self._find(source, inner, extents, found)

    @staticmethod
    def seen(view, index, extents):
        """The index into what a view looks at."""
        shapes = view.operands[0].shape, view.result.shape
        return at.through(view.name, view.params, index, *shapes, extents)

    # Who shares a loop

    def _enter(self, instruction):
        if not is_native(instruction):
            return self._append(Outside(instruction), instruction)
        if instruction.kind == "call":
            return self._append(Piece(instruction), instruction)
        if instruction.kind == "loop":
            self.stored.update(instruction.results)
            return self._append(Repeat(instruction), instruction)
        if instruction.kind == "matmul":
            return self._append(Product(instruction), instruction)
        if self.virtual(instruction.result):
            return None
        shape = domain(instruction)
        read = self._read(instruction, shape)
        first = max((self.position[x] for x, _ in read), default=-1)
        alike = self.kernels.setdefault(shape, [])
        for number in reversed(alike[-MOST_LOOKED_AT:]):
            if number < first:
                break
            kernel = self.items[number]
            if self._fits(instruction, read, kernel, number):
                return self._join(instruction, read, kernel, number)
        kernel = Kernel(shape)
        alike.append(len(self.items))
        self.items.append(kernel)
        return self._join(instruction, read, kernel, len(self.items) - 1)

    def _append(self, item, instruction):
        self.items.append(item)
        self.position.update(dict.fromkeys(instruction.results, len(self.items) - 1))

    def _read(self, instruction, extents):
        """What an instruction reads, at the element of a loop with these extents."""
        (first, *_) = instruction.operands or [instruction.result]
        shape = first.shape if instruction.kind == "reduce" else instruction.result.shape
        n = len(extents)
        return self.leaves(instruction, placed(shape, range(n), n), extents)

    def _fits(self, instruction, read, kernel, number):
        if len(kernel.arrays) > MOST_ARRAYS:
            return False
        related = kernel.shape == ()
        for x, where in read:
            if x in kernel.role:
                related = True
                index = kernel.place(x)
                if kernel.role[x] not in ("element", "row"):
                    return False
                if where != at.flat(index, x.shape, len(kernel.shape)):
                    return False
            elif self.position[x] >= number:
                return False
            related = related or (size_of(x) > 1 and x in kernel.arrays)
        return related and _role(instruction, kernel) is not None

    def _join(self, instruction, read, kernel, number):
        phases = [kernel.phase[x] + (kernel.role[x] == "row") for x, _ in read if x in kernel.role]
        x = instruction.result
        kernel.role[x], kernel.outer = _role(instruction, kernel)
        kernel.phase[x] = max(phases, default=0)
        kernel.members.append(instruction)
        kernel.reads.append(read)
        kernel.arrays.update(dict.fromkeys(y for y, _ in read))
        self.position[x] = number

    # What must be in memory

    def _store_what_others_read(self):
        for number, item in enumerate(self.items):
            if isinstance(item, Kernel):
                read = {x for each in item.reads for x, _ in each}
                self.stored |= {x for x in read if self.position[x] != number}
            else:
                roots = (self.root(x) for x in item.instruction.operands if isinstance(x, Value))
                self.stored.update(roots)
        for kernel in self.items:
            if isinstance(kernel, Kernel):
                self.stored |= {x for x, r in kernel.role.items() if r == "column"}

    def root(self, x):
        """What a chain of views looks at in the end."""
        while x in self.definition and self.definition[x].kind == "view":
            (x,) = self.definition[x].operands
        return x


def fuse(program: Program) -> Fusion:
    """The items of a Program."""
    return Fusion(program)


def size_of(x):
    """How many elements a value has, for the example of a free size."""
    return int(prod(x.shape))


def domain(instruction):
    """The shape of the loop that an instruction needs."""
    reduces = instruction.kind == "reduce"
    return compact((instruction.operands[0] if reduces else instruction.result).shape)


def _role(instruction, kernel):
    """(role, outer axes) of an instruction's result in a kernel; None if it doesn't fit in."""
    if instruction.kind != "reduce":
        return "element", kernel.outer
    shape = instruction.operands[0].shape
    numbers = iter(range(len(kernel.shape)))
    axes = [None if size == 1 else next(numbers) for size in shape]
    gone = frozenset(axes[i] for i in instruction.params["axes"]) - {None}
    kept = frozenset(range(len(kernel.shape))) - gone
    if not kept:
        return "all", kernel.outer
    if kernel.outer is None:
        leading = gone == frozenset(range(len(gone)))
        return ("column", gone) if leading else ("row", kept)
    if kept == kernel.outer:
        return "row", kernel.outer
    return ("column", kernel.outer) if gone == kernel.outer else None


def is_native(instruction):
    """Whether there is native code for an instruction; none for arrays without elements."""
    if instruction.kind == "call":
        return pieces.supports(instruction)
    operands = [x for x in instruction.operands if isinstance(x, Value)]
    if not all(prod(x.shape) for x in (*operands, *instruction.results)):
        return instruction.kind == "view"
    if instruction.kind == "elementwise":
        return supports(instruction)
    if instruction.kind == "reduce":
        name, (x,) = instruction.name, instruction.operands
        logical = name.startswith("logical") == (x.dtype.kind == "b")
        numbers = (
            x.dtype.kind in "fiub" and x.dtype.itemsize in (1, 2, 4, 8) and x.dtype.char != "e"
        )
        return name in REDUCTIONS and logical and numbers and isinstance(x, Value)
    if instruction.kind == "matmul":
        kind = instruction.result.dtype.char
        return kind in "fd" and len(operands) == 2 and bool(blas.product(kind))
    return instruction.kind in ("view", "fill", "loop")


# Copies -------------------------------------------------------------------------------------------


def _with_copies(program):
    """The Program with copies where memory is needed for what else has none of its own.

    Results must be made by an instruction that has room to write to, once for each place; a reshape
    that isn't a sum of loop variables, and the BLAS, need what they look at in memory.
    """
    made = {x: i for i in program.instructions for x in i.results}
    instructions: list[Instruction] = []

    def copied(x, section):
        shape, dtype = x.shape, x.dtype
        result = Value(shape, dtype)
        copy = Instruction("elementwise", "copy", (x,), (result,), {}, section)
        instructions.append(copy)
        made[result] = copy
        return result

    for instruction in program.instructions:
        if instruction.kind == "view" and instruction.name == "reshape":
            (x,) = instruction.operands
            if _is_hard(instruction) and made.get(x) and made[x].kind == "view":
                operands = (copied(x, instruction.section),)
                instruction = instruction.replace(operands=operands)
        if instruction.kind == "matmul" and is_native(instruction):
            operands = [
                x if _is_plain(x, made) else copied(x, instruction.section)
                for x in instruction.operands
            ]
            instruction = instruction.replace(operands=operands)
        if instruction.kind in ("call", "loop") and is_native(instruction):
            operands = [
                x if _is_whole(x, made) else copied(x, instruction.section)
                for x in instruction.operands
            ]
            instruction = instruction.replace(operands=operands)
        made.update(dict.fromkeys(instruction.results, instruction))
        instructions.append(instruction)
    taken: set = set()

    def own(x):
        if isinstance(x, Value) and x in made and made[x].kind != "view" and x not in taken:
            if is_native(made[x]):
                taken.add(x)
                return x
        return copied(x, "update")

    outputs = [own(x) for x in program.outputs]
    writes = [(i, own(x)) for i, x in program.writes if x is not program.inputs[i]]
    return program.replace(instructions=instructions, outputs=outputs, writes=writes)


def _wanted(program):
    """The Program without instructions of whose results nobody hears; draws move a generator."""
    wanted, kept = set(program.results()), []
    for instruction in reversed(program.instructions):
        if instruction.kind == "draw" or not wanted.isdisjoint(instruction.results):
            wanted.update(instruction.operands)
            kept.append(instruction)
    return program.replace(instructions=kept[::-1])


def _is_whole(x, made):
    """Whether an array lies in memory in one piece, as it is."""
    while x in made and made[x].kind == "view" and made[x].name == "reshape":
        (x,) = made[x].operands
    return isinstance(x, Value) and (x not in made or made[x].kind != "view")


def _is_hard(reshape):
    shapes = reshape.operands[0].shape, reshape.result.shape
    outer = shapes[1]
    index = at.unit(len(outer))
    return at.through("reshape", reshape.params, index, *shapes, outer) is None


def _is_plain(x, made):
    """Whether a matrix lies in memory so that the BLAS can read it."""
    n = x.ndim
    index = at.unit(n)
    shape = x.shape
    while x in made and made[x].kind == "view":
        view = made[x]
        (source,) = view.operands
        if isinstance(source, Constant):
            return False
        inner = Fusion.seen(view, index, shape)
        if inner is None:
            return at.flat(index, x.shape, n)[-2] == 1 and n > 0
        x, index = source, inner
    term = at.flat(index, x.shape, n)
    return n == 1 or layout(term[-3], term[-2], *shape[-2:]) is not None


def layout(row, column, rows, columns):
    """(transposed, leading dimension) of a matrix with these steps for the BLAS, or None."""
    if columns == 1 and row >= 1:
        return False, row
    if rows == 1 and column >= 1:
        return (False, columns) if column == 1 else (True, column)
    if column == 1 and row >= columns:
        return False, row
    if row == 1 and column >= rows:
        return True, column
    return None


def _required(program, made):
    """The values that must be in memory whoever uses them."""
    needed = {x for x in program.results() if isinstance(x, Value)}

    def look(x):
        while x in made and made[x].kind == "view":
            (x,) = made[x].operands
        if isinstance(x, Value):
            needed.add(x)

    for instruction in program.instructions:
        if instruction.kind in ("matmul", "call", "draw", "loop") or not is_native(instruction):
            for x in instruction.operands:
                look(x)
        elif instruction.name == "reshape" and instruction.kind == "view":
            if _is_hard(instruction):
                needed.update(x for x in instruction.operands if isinstance(x, Value))
    return needed
