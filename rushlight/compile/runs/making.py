"""From a traced run to an Entry: where inputs come from, what it leaves behind, what must hold."""

from __future__ import annotations

from collections import OrderedDict

from numpy.lib.array_utils import byte_bounds

from rushlight.autograd.tape import Node, Output
from rushlight.compile.programs.program import Program, Value
from rushlight.compile.runs.entry import Entry
from rushlight.compile.runs.guards import changed_entry
from rushlight.compile.runs.replay import maker_of
from rushlight.compile.tracing import derivative
from rushlight.compile.tracing.recorder import Number
from rushlight.compile.tracing.sources import (
    Argument,
    Captured,
    Fields,
    GradOf,
    Held,
    Item,
    NewTensor,
    Seen,
    ViewOf,
    fields_of,
)
from rushlight.compile.tracing.symbol import Symbol
from rushlight.compile.tracing.trace import Boundary, mode_settings
from rushlight.tensor import Tensor, wrap

__all__ = ["Unrepeatable", "make_entry"]


class Unrepeatable(Exception):
    """A run did something that a Program can't repeat; the message says what."""


def make_entry(trace, result, leaves, watch, names=()):
    """The Entry of a run that has just ended, while its trace is still on.

    Args:
        leaves, names: the Tensors among the arguments, and what the function calls them.

    Raises:
        Unrepeatable: the run can't be repeated; None is returned if it is not worth a word, because
            it was a first run that made the state for the others, or another thread interfered.
    """
    assigned = assignments(trace, leaves, watch)
    name = watch.used_up()
    if name is not None:
        raise Unrepeatable(f"it draws from {name}")
    if trace.modes != mode_settings():
        raise Unrepeatable("it leaves another grad mode or default dtype behind")
    if trace.recorder.disturbed or makes_state(trace):
        return None
    maker = _Maker(trace, leaves, names, assigned)
    maker.reads_rates = watch.only_returns_rates()
    if not maker.returns_number(result):
        name = changed_entry(watch.rates)
        if name is not None:
            raise Unrepeatable(f"it changes {name}")
        watch.entries += watch.rates
    return maker.make(result, watch)


def assignments(trace, leaves, watch):
    """(Place, what was there, what is there now) for each place where the run left something else.

    A Tensor may be replaced by a new one whose history is over, a flag by the other. What else
    changes makes a run Unrepeatable.
    """
    found = []
    given = set(map(id, leaves))
    for place, before, name in watch.differences():
        after = None if place is None else place.read()
        flag = type(before) is bool and type(after) is bool
        is_new = is_finished(after) and id(after) not in trace.before
        alone = id(before) not in given and is_alone(before, trace, watch)
        replaced = is_new and (before is None or (is_finished(before) and alone))
        if not (flag or replaced):
            raise Unrepeatable(f"it changes {name}")
        found.append((place, before, after))
    for place, before, _ in found:
        if isinstance(before, Tensor):
            watch.forget(place)
    return found


def is_alone(x, trace, watch):
    """Whether the function has one name for a Tensor, and for no other one on its memory."""
    array = trace.before[id(x)].array if id(x) in trace.before else None
    return watch.references.get(id(x), 1) == 1 and not any(
        b.array is array and b.tensor is not x and id(b.tensor) in watch.references
        for b in trace.before.values()
    )


def makes_state(trace):
    """Whether an optimizer made the state of a parameter."""
    return any(
        id(value) not in trace.before
        for optimizer in trace.redirection.optimizers
        for state in optimizer.state.values()
        for value in state.values()
        if isinstance(value, Tensor)
    )


class _Maker:
    def __init__(self, trace, leaves, names, assigned):
        self.trace, self.names, self.assigned = trace, names, assigned
        self.places = {id(x): place for place, x, _ in assigned if isinstance(x, Tensor)}
        self.recorder = trace.recorder
        self.arguments = {id(x): i for i, x in reversed(list(enumerate(leaves)))}
        self.grad_owners = {
            id(b.grad): b.tensor for b in trace.before.values() if b.grad is not None
        }
        self.outputs: list = []
        self.numbers_of_outputs: dict = {}
        self.seen: dict = {}
        self.live: list = []
        self.reads_rates = False
        self.alike: dict = {}

    def source(self, tensor):
        """Where a Tensor that was there before comes from."""
        number = self.arguments.get(id(tensor))
        if number is not None:
            made = Argument(number)
        elif id(tensor) in self.grad_owners:
            made = GradOf(self.source(self.grad_owners[id(tensor)]))
        elif id(tensor) in self.places:
            made = Held(self.places[id(tensor)])
        else:
            made = Captured(tensor)
        if id(tensor) not in self.seen:
            if id(tensor) not in self.trace.before:
                raise Unrepeatable("its result hangs on a leaf that it makes")
            self.seen[id(tensor)] = Seen(made, self.trace.before[id(tensor)])
        return self.seen[id(tensor)].source

    def output(self, tensor):
        """The number of the output for a Tensor that the run made."""
        number = self.numbers_of_outputs.get(id(tensor))
        if number is None:
            number = self.numbers_of_outputs[id(tensor)] = len(self.outputs)
            self.outputs.append((self.recorder.read(self.recorder.symbol_of(tensor)), tensor))
        return number

    def make(self, result, watch):
        recorder = self.recorder
        entry = Entry()
        self.known = watch.seen
        self.check_items(result)
        self.note_shared(result)
        entry.checks = list(self.checks())
        entry.template = self.template(result)
        entry.assigned = [(place, self.new_content(x)) for place, _, x in self.assigned]
        entry.changes = [change for b in self.in_order() for change in self.changes_of(b)]
        entry.counters = [
            (self.source(b.tensor), b.tensor._counter[0] - b.version)
            for b in self.trace.before.values()
            if isinstance(b.counter, list) and b.counter[0] != b.version
        ]
        written = [m for m in recorder.written if m.source is not None]
        for memory in written:
            if memory not in recorder.sources:
                recorder.input(memory)
        self.refuse_overlaps(written)
        builder = recorder.builder
        writes = [(recorder.sources.index(m), m.operand) for m in written]
        live = [x for _, x in self.outputs if is_live(x)]
        entry.derivative = self.trace_backward(live) if live else None
        count = len(recorder.sources)
        instructions = builder.instructions
        if entry.derivative is not None:
            count, instructions = entry.derivative.inputs, entry.derivative.forward
        entry.sources = [self.source_of(m) for m in recorder.sources[:count]]
        outputs = [x for x, _ in self.outputs]
        program = Program(builder.inputs[:count], instructions, outputs, writes)
        known = names_of_tensors(watch, self.trace.redirection.optimizers)
        for value, source in zip(program.inputs, entry.sources, strict=True):
            value.name = self.input_name(source, known)
        self.name_results(entry.changes, program, known)
        entry.count = len(outputs)
        entry.results = [self.described(x, live) for _, x in self.outputs]
        if entry.derivative is not None:
            program = entry.derivative.divide(program)
        entry.traced = program
        entry.host = self.trace.redirection.host
        entry.outcomes = [(n.read, value) for n, value in recorder.numbers.items()]
        entry.outcomes += recorder.outcomes
        entry.demands = [(self.source_of(m), condition) for m, condition in recorder.demands]
        entry.watch = watch
        self.guard_optimizers(watch)
        entry.seen = list(self.seen.values())
        return entry

    def checks(self):
        """Pairs (number of an output, what its truth has to be)."""
        if self.recorder.checks and not all(
            isinstance(each, Number) for each in self.trace.redirection.host
        ):
            raise Unrepeatable("it steps a schedule, which a failing check couldn't undo")
        for check in self.recorder.checks:
            operand, array, found = check
            if isinstance(operand, Value):
                yield self.hidden_output(check, operand, array), found

    def name_results(self, changes, program, known):
        """Call what is made after what it is for."""
        for number, x in program.writes:
            if isinstance(x, Value):
                x.name = x.name or f"new_{program.inputs[number].name}"
        for kind, source, new in changes:
            if kind == "grad" and isinstance(new, NewTensor):
                x, _ = self.outputs[new.number]
                if isinstance(x, Value):
                    x.name = x.name or f"{self.input_name(source, known)}_grad"

    def input_name(self, source, known):
        """The name of an input of the Program."""
        if isinstance(source, Argument):
            known_here = source.number < len(self.names)
            return self.names[source.number] if known_here else f"arg{source.number}"
        if isinstance(source, Number):
            return str(source.key) + ("" if source.position is None else f"_{source.position}")
        if isinstance(source, GradOf):
            return f"{self.input_name(source.owner, known)}_grad"
        if isinstance(source, Held):
            return source.place.key if isinstance(source.place.key, str) else "held"
        if isinstance(source, Captured):
            name = known.get(id(source.tensor), "t")
            return "".join(c if c.isalnum() else "_" for c in name).strip("_")
        return "constant"

    def in_order(self):
        """What was there before, what the run read first: each run gives the same Program."""
        rank = {id(m.source): i for i, m in enumerate(self.recorder.sources)}
        last = len(rank)
        return sorted(self.trace.before.values(), key=lambda b: rank.get(id(b.tensor), last))

    def trace_backward(self, live):
        """The backward pass from the results that have a history."""
        try:
            return derivative.trace_backward(self.recorder, live, self)
        except Unrepeatable:
            raise
        except Exception as error:  # it would come at the user's backward(), which may never be
            raise Unrepeatable(f"its derivative can't be traced: {error}") from error

    def template(self, x):
        """A result with sources and numbers of outputs in place of Tensors."""
        if isinstance(x, Tensor):
            if id(x) in self.trace.before:
                return self.source(x)
            if type(x) is not Tensor:
                raise Unrepeatable(f"it returns a {type(x).__name__}")
            return self.part_of_another(x) or self.part_of_new(x) or NewTensor(self.output(x))
        if type(x) in (tuple, list):
            return type(x)(map(self.template, x))
        if isinstance(x, tuple) and hasattr(x, "_fields"):
            return maker_of(type(x))(map(self.template, x))
        if type(x) in (dict, OrderedDict):
            return type(x)((name, self.template(each)) for name, each in x.items())
        if x is None or isinstance(x, (bool, int, float, str)):
            return self.item(x) or self.number(x) or x
        fields = fields_of(x)
        if fields is not None and id(x) not in self.known:
            return Fields(type(x), {name: self.template(each) for name, each in fields.items()})
        raise Unrepeatable(f"it returns a {type(x).__name__}")

    def new_content(self, x):
        """The template of what is left in a Place."""
        made = self.template(x)
        if isinstance(made, ViewOf):
            raise Unrepeatable("it keeps a part of a tensor that it was given")
        return made

    def part_of_another(self, x):
        """A Tensor without history on the memory of one that was there before; or None."""
        symbol = self.recorder.symbol_of(x)
        owner, moved = symbol.memory.source, True
        if isinstance(owner, Tensor) and isinstance(owner._array, Symbol):
            moved = owner._array.memory is not symbol.memory
        if moved or x._requires_grad:
            return None
        return ViewOf(self.source(owner), symbol.path)

    def note_shared(self, x):
        """Note which results are there, by the memory that they look at."""
        if isinstance(x, Tensor):
            if id(x) not in self.trace.before and not x._requires_grad:
                self.alike.setdefault(self.recorder.symbol_of(x).memory, {})[id(x)] = x
        elif isinstance(x, (tuple, list, dict)):
            for each in x.values() if isinstance(x, dict) else x:
                self.note_shared(each)

    def part_of_new(self, x):
        """A Tensor on the memory of another result: what is done to one is seen in the other."""
        symbol = self.recorder.symbol_of(x)
        beside = self.alike.get(symbol.memory, {})
        if id(x) not in beside or len(beside) == 1 or not symbol.path:
            return None
        wholes = [y for y in beside.values() if not y._array.path]
        if wholes:
            return ViewOf(NewTensor(self.output(wholes[0])), symbol.path)
        memory = symbol.memory
        number = self.hidden_output(memory, self.recorder.whole(memory), memory.array)
        return ViewOf(NewTensor(number), symbol.path)

    def hidden_output(self, key, operand, array):
        """The number of an output that isn't returned itself: results are parts of it."""
        number = self.numbers_of_outputs.get(id(key))
        if number is None:
            number = self.numbers_of_outputs[id(key)] = len(self.outputs)
            self.outputs.append((operand, wrap(array)))
        return number

    def item(self, x):
        """Which element of a Tensor a number is; None if it isn't one."""
        for number, symbol in self.recorder.items:
            if number is x:
                operand = self.recorder.read(symbol)
                return Item(NewTensor(self.hidden_output(symbol, operand, symbol.value)))
        return None

    def check_items(self, result):
        """Refuse a run that doesn't return each `item()` once, to be told from other numbers."""
        for number, _ in self.recorder.items:
            if sum(x is number for x in numbers_in(result)) != 1:
                raise Unrepeatable("it calls item()")

    def number(self, x):
        """Where a number comes from that is one of an optimizer's; None if it isn't."""
        for optimizer in self.trace.redirection.optimizers if self.reads_rates else ():
            for group in optimizer.param_groups:
                for key, value in group.items():
                    if value is x and type(x) is float:
                        return Number(group, key)
        return None

    def returns_number(self, x):
        """Whether a number of an optimizer is returned: it is what it is in each run."""
        if isinstance(x, (tuple, list, dict)):
            return any(map(self.returns_number, x.values() if isinstance(x, dict) else x))
        return type(x) is float and self.number(x) is not None

    def changes_of(self, before):
        """What the run did to the attributes of a Tensor that was there before."""
        x, array = before.tensor, before.tensor._array
        if x._requires_grad is not before.requires_grad or (
            x._node is not before.node and not isinstance(before.node, Boundary)
        ):
            raise Unrepeatable("it changes the history of a tensor from outside")
        if before.memory is not None and (
            not isinstance(array, Symbol) or array.memory is not before.memory or array.path
        ):
            if array.dtype != before.array.dtype or array.shape != before.array.shape:
                raise Unrepeatable("it changes the shape of a tensor from outside")
            yield "data", self.source(x), NewTensor(self.output(x))
        if x._grad is not before.grad:
            yield "grad", self.source(x), None if x._grad is None else self.template(x._grad)

    def refuse_overlaps(self, written):
        """Refuse writing to memory that another input shares."""
        changed = set(map(id, written))
        given = [(*span(m.array), id(m) in changed) for m in self.recorder.sources if m.array.size]
        end_of_all = end_of_written = 0
        for begin, end, is_written in sorted(given):
            if begin < (end_of_all if is_written else end_of_written):
                raise Unrepeatable("it writes to memory that two of its tensors share")
            end_of_all = max(end, end_of_all)
            end_of_written = max(end, end_of_written) if is_written else end_of_written

    def source_of(self, memory):
        """Where the array of an input comes from."""
        if isinstance(memory.source, Tensor):
            return self.source(memory.source)
        return memory.source  # a Number or an array

    @staticmethod
    def described(x, live):
        """What a new Tensor is like: whether it requires grad, and its place on the tape."""
        number = next((i for i, each in enumerate(live) if each is x), None)
        node = x._node if x._requires_grad and number is None else None
        return x._requires_grad, node, number

    def guard_optimizers(self, watch):
        """An optimizer has to have the same parameters, state and settings."""
        numbers = [n for n in self.trace.redirection.host if isinstance(n, Number)]
        for optimizer in self.trace.redirection.optimizers:
            watch.note(vars(optimizer), ["param_groups", "state"], str)
            watch.lengths.append((optimizer.param_groups, len(optimizer.param_groups), "groups"))
            for group in optimizer.param_groups:
                free = {n.key for n in numbers if n.place is group}
                watch.note(group, [key for key in group if key not in free], str)
                watch.visit_items(group["params"], "params")
                for p in group["params"]:
                    if p in optimizer.state:
                        state = optimizer.state[p]
                        watch.entries.append((optimizer.state, p, state, "state"))
                        watch.note(state, list(state), str)


def span(array):
    """(first byte, the one behind the last) of the memory that an array may touch.

    >>> import numpy as np
    >>> begin, end = span(np.zeros((3, 4))[:, ::-2])
    >>> end - begin
    88
    """
    if array.flags.c_contiguous:
        begin = array.__array_interface__["data"][0]
        return begin, begin + array.nbytes
    return byte_bounds(array)


def is_live(x):
    """Whether a Tensor has a history that a backward pass can still take."""
    if not x._requires_grad or x._node is None:
        return False
    waiting, seen = [x._node], set()
    while waiting:
        edge = waiting.pop()
        node = edge.node if isinstance(edge, Output) else edge
        if not isinstance(node, Node) or node in seen:
            continue
        seen.add(node)
        if getattr(node, "saved", ()) is None:
            return False
        waiting.extend(node.edges)
    return True


def numbers_in(x):
    """All numbers in a result."""
    if isinstance(x, (tuple, list, dict)):
        for each in x.values() if isinstance(x, dict) else x:
            yield from numbers_in(each)
    elif isinstance(x, (bool, int, float)):
        yield x


def is_finished(x):
    """Whether this is a Tensor through which no backward pass goes on."""
    return type(x) is Tensor and (not x._requires_grad or not (x._node is None or is_live(x)))


def names_of_tensors(watch, optimizers):
    """By id: the names that the user has for tensors; those of optimizers are their parameters'."""
    known = {id(x): name for _, _, x, name in watch.entries if isinstance(x, Tensor)}
    known.update((id(x), name) for _, x, name in watch.cells if isinstance(x, Tensor))
    known.update((id(x), name) for _, _, x, name in watch.items if isinstance(x, Tensor))
    for optimizer in optimizers:
        for number, p in enumerate(p for g in optimizer.param_groups for p in g["params"]):
            name = known.setdefault(id(p), f"parameter_{number}")
            for key, x in optimizer.state.get(p, {}).items():
                if isinstance(x, Tensor):
                    known[id(x)] = f"{key} of {name}"
    return known
