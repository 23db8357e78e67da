"""Loops over time: what a Program does again and again, as one instruction `loop`.

A loop that the user wrote is traced step by step. This pass finds its steps again (`periods`), sees
whether they are those of a loop (`fitting`), and puts one body in place of them all. What later
instructions read of each step becomes rows of one array; so a second loop, such as that of the
backward pass, finds its operands in slices that move on evenly.
"""

from __future__ import annotations

from math import prod

import numpy as np

from rushlight.compile.passes.algebra import simplify
from rushlight.compile.passes.constants import fold_constants
from rushlight.compile.passes.dead import drop_dead
from rushlight.compile.passes.fitting import fit
from rushlight.compile.passes.hoist import hoisted
from rushlight.compile.passes.periods import Chain, Table, stretches
from rushlight.compile.passes.repeated import merge_repeated
from rushlight.compile.programs.program import Constant, Instruction, Program, Repeated, Value
from rushlight.compile.programs.sizes import Bound, Counter
from rushlight.compile.tracing.calls import axis_of, concatenation

__all__ = ["roll_loops"]

SHORTEST = 200  # instructions that a loop has to save
FEWEST = 4  # steps of a loop
MULTIPLES = 4  # a step may be so many times as long as what seems to repeat
DEEPEST = 4  # loops within loops
LARGE, FEW = 1 << 24, 4  # bytes of an array of rows of which less than a quarter is wanted
NAMES = "tsrq"  # of their counters


def roll_loops(program):
    """The Program with loops in place of what repeats.

    Raises:
        Bound: a size is free, and there is something to be rolled.
    """
    for depth in range(DEEPEST):
        rolled = Roller(program, NAMES[depth]).roll()
        if rolled is None:
            break
        program = rolled
    return program


class Rows:
    """What has become of a result of a loop's body: the row of an array, or what is left."""

    def __init__(self, array, row=None):
        self.array, self.row = array, row

    def seen(self, chain):
        """(the array, a Chain that leads to what `chain` does of the result)."""
        if self.row is None:
            return self.array, chain
        index = {"index": (self.row,)}
        made = Chain().then("slice", index, self.array.shape, self.array.shape[1:])
        return self.array, Chain(
            (*made.steps, *chain.steps),
            (*made.pattern, *chain.pattern),
            (*made.numbers, *chain.numbers),
        )


class Roller:
    """Goes through a Program once."""

    def __init__(self, program, name):
        self.program, self.name = program, name
        self.made: list = []
        self.there = set(program.inputs)
        self.moved: dict = {}  # by number of a result

    def roll(self):
        """The Program with loops; None if there are none."""
        if len(self.program.instructions) < SHORTEST:
            return None
        self.table = table = Table(self.program)
        fits, begin = [], 0
        for stretch in stretches(table.signatures, SHORTEST, FEWEST):
            found = self._fit(*stretch)
            if found is not None:
                fits.append(found)
                self._outside(begin, found.begin)
                self._loop(found)
                begin = found.end
        if not fits:
            return None
        if self.program.free is not None:
            raise Bound("a loop over time")
        self._outside(begin, len(table.sequence))
        outputs = [self.operand(x) for x in self.program.outputs]
        writes = [(i, self.operand(x)) for i, x in self.program.writes]
        return self.program.replace(instructions=self.made, outputs=outputs, writes=writes)

    def _fit(self, start, stop, period):
        for factor in range(1, MULTIPLES + 1):
            if (stop - start) // (period * factor) < FEWEST:
                break
            found = fit(self.table, start, stop, period * factor, self.moved, FEWEST)
            if found is not None and found.period * (found.count - 1) >= SHORTEST:
                return None if self._wastes_memory(found) else found
        return None

    def _wastes_memory(self, found):
        """Whether a large array would have a row for each step, and few of them are wanted."""
        base = self.table.first[found.begin]
        width = self.table.first[found.begin + found.period] - base
        for result, steps in self._used(found, base, width).items():
            x = self.table.made[base + result]
            size = found.count * prod(x.shape) * x.dtype.itemsize
            if steps != {found.count - 1} and FEW * len(steps) < found.count and size > LARGE:
                return True
        return False

    def _outside(self, begin, end):
        for instruction in self.table.sequence[begin:end]:
            self.section = instruction.section
            blocks = self.blocks(instruction)
            if blocks is not None:
                self.put_together(instruction, blocks)
                continue
            operands = tuple(map(self.operand, instruction.operands))
            self.made.append(instruction.replace(operands=operands))
            self.there.update(instruction.results)

    # Operands

    def operand(self, x):
        """An operand, with the views that lead to it made if they aren't there yet."""
        if isinstance(x, Constant) or x in self.there:
            return x
        self.there.add(x)
        maker = self.table.maker.get(x)
        if maker is not None:
            operands = tuple(map(self.operand, maker.operands))
            self.made.append(maker.replace(operands=operands, section=self.section))
            return x
        rows = self.moved[self.table.seen(x)[0]]
        self.add("view", "slice", (rows.array,), x, index=(rows.row,))
        return x

    def add(self, kind, name, operands, result, **params):
        """A further instruction; gives its result."""
        self.made.append(Instruction(kind, name, operands, (result,), params, self.section))
        return result

    section = "forward"

    def viewed(self, x, steps):
        """What a chain's steps make of an operand."""
        for name, params, shape in steps:
            x = self.add("view", name, (x,), Value(shape, x.dtype), **params)
        return x

    def thing(self, root):
        """The operand that a root is: its number, or an array itself."""
        return self.table.thing(root) if isinstance(root, int) else root

    def rooted(self, root):
        """The same, made if it isn't there yet."""
        return self.operand(self.thing(root))

    # A loop

    def _loop(self, found):
        table = self.table
        self.section = table.sequence[found.begin].section
        body = Body(self, found)
        base = table.first[found.begin]
        width = table.first[found.begin + found.period] - base
        last = base + (found.count - 1) * width
        carried = body.slots
        used = self._used(found, base, width)
        for result in body.drawn.keys() & used:
            for step in used.pop(result):
                self.moved[base + step * width + result] = Rows(body.drawn[result], step)
        finals = {
            result: body.carrying(result)
            for result, steps in sorted(used.items())
            if steps == {found.count - 1}
        }
        rows = [result for result in sorted(used) if result not in finals]
        program = body.program(rows)
        self._draw(body)
        starts = [self._start(slot) for slot in carried]
        given = [self._given(x) for x in body.given]
        ends = [Value(s.value.shape, s.value.dtype) for s in carried]
        for result, slot in finals.items():
            ends[carried.index(slot)] = table.made[last + result]
            self.moved[last + result] = Rows(table.made[last + result])
            self.there.add(table.made[last + result])
        stacks = []
        for result in rows:
            x = table.made[base + result]
            stacks.append(Value((found.count, *x.shape), x.dtype))
            for step in used[result]:
                self.moved[base + step * width + result] = Rows(stacks[-1], step)
        first = table.sequence[found.begin]
        before, loop = hoisted(first.replace(
            kind="loop", name="loop", operands=(*starts, *given), results=(*ends, *stacks),
            params={"body": program},
        ))  # fmt: skip
        self.made += [*before, loop]
        self.there.update((*ends, *stacks))

    def _draw(self, body):
        """Draw ahead what all steps of a loop draw."""
        if body.draws:
            function = Repeated(body.counter.count, body.draws)
            params = {"function": function, "args": (), "kwargs": {}}
            results = tuple(body.drawn.values())
            self.made.append(body.draws[0].replace(results=results, params=params))
            self.there.update(results)

    def _used(self, found, base, width):
        """For each result of a step that is wanted behind the loop: the steps of which it is."""
        table = self.table
        behind = table.roots[table.begin[found.end] :]
        wanted = [root for root, _ in table.results]
        roots = np.unique(np.concatenate((behind, np.array(wanted, dtype=behind.dtype))))
        roots = roots[(roots >= base) & (roots < base + found.count * width)] - base
        used: dict = {}
        for step, result in zip(*(x.tolist() for x in divmod(roots, width)), strict=True):
            used.setdefault(result, set()).add(step)
        return used

    def _start(self, slot):
        x = slot.value
        if slot.start is None:  # nobody reads it
            fill = Value(x.shape, x.dtype)
            value = Constant(0, x.dtype)
            return self.add("fill", "fill", (), fill, value=value)
        root, chain = slot.start
        return self.viewed(self.rooted(root), chain.steps)

    def _given(self, given):
        if isinstance(given, Stacked):
            return self._stacked(given)
        root, chain = given
        return self.viewed(self.rooted(root), chain.steps)

    def _stacked(self, table):
        """As many arrays as there are steps, put together."""
        x = table.value
        shape = x.shape[1:]
        parts = []
        for root, chain in table.seen:
            part = self.viewed(self.rooted(root), chain.steps)
            if isinstance(part, Constant):
                part = self.add("fill", "fill", (), Value((1, *shape), x.dtype), value=part)
            else:
                part = self.viewed(part, [("reshape", {"shape": (1, *shape)}, (1, *shape))])
            parts.append(part)
        return self._concatenated(parts, 0, Value(x.shape, x.dtype))

    def _concatenated(self, parts, axis, result):
        params = concatenation(len(parts), axis)
        return self.add("call", "concatenate", tuple(parts), result, **params)

    # Arrays that are put together from rows

    def blocks(self, instruction):
        """What `concatenate` puts together, rows of one array in pieces; None if there are none."""
        if instruction.params.get("function") is not np.concatenate:
            return None
        found: list = []
        for x in instruction.operands:
            root, number = self.table.seen(x)
            rows = self.moved.get(root)
            if rows is None or rows.row is None:
                found.append((None, [], x))
                continue
            chain = self.table.all_chains[number]
            if any(name != "reshape" for name, _, _ in chain.steps):
                return None
            key = rows.array, x.shape
            if found and found[-1][0] == key and goes_on(found[-1][1], rows.row):
                found[-1][1].append(rows.row)
            else:
                found.append((key, [rows.row], x))
        return found if any(len(rows) >= FEWEST for _, rows, _ in found) else None

    def put_together(self, instruction, blocks):
        """`concatenate` of arrays and of rows of arrays that lie together already."""
        result, axis = instruction.result, axis_of(instruction)
        parts = [self._block(*block, axis) for block in blocks]
        if len(parts) == 1:
            self.add("view", "reshape", (parts[0],), result, shape=result.shape)
        else:
            self._concatenated(parts, axis, result)
        self.there.add(result)

    def _block(self, key, rows, x, axis):
        if key is None or len(rows) == 1:
            return self.operand(x)
        array, shape = key
        step = rows[1] - rows[0]
        count, first, end = len(rows), rows[0], rows[-1] + step
        whole = (first, end, step) == (0, array.shape[0], 1)
        index = (slice(None) if whole else slice(first, end if end >= 0 else None, step),)
        order = (*range(1, axis + 1), 0, *range(axis + 1, len(shape) + 1))
        lifted = (count, *shape)
        turned = tuple(lifted[i] for i in order)
        joined = (*shape[:axis], count * shape[axis], *shape[axis + 1 :])
        return self.viewed(array, [
            ("slice", {"index": index}, (count, *array.shape[1:])),
            ("reshape", {"shape": lifted}, lifted),
            ("transpose", {"axes": order}, turned),
            ("reshape", {"shape": joined}, joined),
        ])  # fmt: skip


def goes_on(rows, row):
    """Whether a row is the next one, in the direction in which rows go."""
    step = row - rows[-1]
    return step in (1, -1) and (len(rows) < 2 or step == rows[1] - rows[0])


class Carried:
    """What is carried from step to step: a result of the body, and what it is in the beginning."""

    def __init__(self, value, result, start):
        self.value, self.result, self.start = value, result, start


class Stacked:
    """As many operands as there are steps."""

    def __init__(self, value, seen):
        self.value, self.seen = value, seen


class Body:
    """Makes the body of a loop.

    Attributes:
        slots: what is carried.
        given: what else the loop gets: pairs (root, Chain), and what is Stacked.
        draws: random numbers that don't depend on anything: they are drawn before the loop.
        drawn: by number of a result the arrays of those of all steps.
    """

    def __init__(self, roller, found):
        self.roller, self.found = roller, found
        self.table = roller.table
        self.counter = Counter(found.count, roller.name)
        self.base = self.table.first[found.begin]
        self.slots: list = []
        self.given: list = []
        self.inputs: list = []
        self.known: dict = {}
        self.made: list = []
        self.results: list = []
        self._slots = {}
        self.draws: list = []
        self.drawn: dict = {}
        columns = iter(found.columns)
        for instruction in self.table.sequence[found.begin : found.begin + found.period]:
            self._enter(instruction, columns)

    def _enter(self, instruction, columns):
        if instruction.kind == "draw" and not instruction.operands:
            self.draws.append(instruction)
            for x in instruction.results:
                whole = Value((self.found.count, *x.shape), x.dtype)
                self.drawn[len(self.results)] = whole
                self.results.append(self._row(whole, (whole, Chain()), instruction))
            return
        operands = [self._operand(next(columns), instruction) for _ in instruction.operands]
        results = tuple(Value(x.shape, x.dtype) for x in instruction.results)
        params = dict(instruction.params)
        made = instruction.replace(operands=tuple(operands), results=results, params=params)
        self.made.append(made)
        self.results += results

    def _operand(self, column, like):
        if column.kind == "table":
            return self._row_of_table(column, like)
        if column.kind == "local":
            x = self.results[column.root]
        elif column.kind == "carried":
            x = self.slot(column.root, column.start).value
        elif column.chain.numbers and not any(column.moves):
            return self._viewed_outside(column, column.chain.steps[-1][2])
        else:
            x = self._outside(column.root, like)
        steps = column.chain.steps
        if any(column.moves):
            pairs = zip(column.chain.numbers, column.moves, strict=True)
            steps = column.chain.with_numbers([self.counter.dim(m, n) for n, m in pairs])
        return self._viewed(x, steps, like)

    def _viewed(self, x, steps, like):
        for name, params, shape in steps:
            y = Value(shape, x.dtype)
            self.made.append(like.replace(
                kind="view", name=name, operands=(x,), results=(y,), params=params
            ))  # fmt: skip
            x = y
        return x

    def carrying(self, result):
        """A slot that carries a result of the body, whatever it is in the beginning."""
        known = next((s for s in self.slots if s.result == result), None)
        return known or self.slot(result, None)

    def slot(self, result, start):
        """The slot that carries a result of the body."""
        key = result, start and (start[0], start[1].pattern, start[1].numbers)
        if key not in self._slots:
            x = self.table.made[self.base + result]
            self._slots[key] = Carried(Value(x.shape, x.dtype), result, start)
            self.slots.append(self._slots[key])
        return self._slots[key]

    def _outside(self, root, like):
        """What stands for a root that is the same in all steps."""
        if root in self.known:
            return self.known[root]
        thing = self.roller.thing(root)
        if isinstance(thing, Constant):
            return thing
        maker = self.table.maker.get(thing)
        if maker is not None and maker.kind == "fill":
            made = Value(thing.shape, thing.dtype)
            self.made.append(like.replace(
                kind="fill", name="fill", operands=(), results=(made,), params=maker.params
            ))  # fmt: skip
        else:
            made = self._input(thing.shape, thing.dtype, thing.name, (root, Chain()))
        self.known[root] = made
        return made

    def _viewed_outside(self, column, shape):
        """What the same slice gives in all steps: another loop's steps may have other slices."""
        thing = self.roller.thing(column.root)
        key = column.root, column.chain.pattern, column.chain.numbers
        if key not in self.known:
            given = column.root, column.chain
            self.known[key] = self._input(shape, thing.dtype, None, given)
        return self.known[key]

    def _input(self, shape, dtype, name, given):
        self.given.append(given)
        self.inputs.append(Value(shape, dtype, name))
        return self.inputs[-1]

    def _row_of_table(self, column, like):
        (root, chain), *_ = column.root
        thing = self.roller.thing(root)
        shape = chain.steps[-1][2] if chain.steps else thing.shape
        whole = Value((self.found.count, *shape), thing.dtype)
        return self._row(whole, Stacked(whole, column.root), like)

    def _row(self, whole, given, like):
        """The row for this step of an array with a row for each."""
        x = self._input(whole.shape, whole.dtype, None, given)
        index = {"index": (self.counter.dim(1), *[slice(None)] * (whole.ndim - 1))}
        return self._viewed(x, [("slice", index, whole.shape[1:])], like)

    def program(self, rows):
        """The body, which gives these results as rows."""
        writes = [(i, self.results[slot.result]) for i, slot in enumerate(self.slots)]
        inputs = [*(slot.value for slot in self.slots), *self.inputs]
        outputs = [self.results[result] for result in rows]
        made = Program(inputs, self.made, outputs, writes, self.counter)
        for each in (drop_dead, fold_constants, simplify, merge_repeated, drop_dead):
            made = each(made)
        return made
