"""Programs that are alike but for one size: one native code for batches of any size.

A function that has been traced for two sizes of its batch has left two Programs. Put side by side
(`Template`), the numbers in which they differ become Dims, multiples of the size plus something,
where they are sizes or parts of params; and further inputs (`Hole`) where they are numbers to
compute with, such as the count by which a mean divides.

For each further size the function is traced too, as an ordinary run, and its Program must be the
Template at that size, instruction by instruction. So whatever Python does with a size, nothing is
guessed: a run that differs has a Program of its own.
"""

from __future__ import annotations

import contextlib

import numpy as np

from rushlight.compile.build import build, made_native
from rushlight.compile.programs.program import Constant, Instruction, Program, Value
from rushlight.compile.programs.sizes import Bound, Dim, Free

__all__ = ["Families", "Family", "Template", "build_member"]

MOST = 32  # Programs that are kept to be compared with


class Different(Exception):
    """Two Programs aren't alike."""


class Hole:
    """A number to compute with that isn't the same for all sizes."""

    __slots__ = ("dtype", "number")
    shape, ndim = (), 0

    def __init__(self, number, dtype):
        self.number, self.dtype = number, dtype


class SideBySide:
    """Goes through two Programs, or whatever is in them, at once.

    A subclass says what to do where two integers or two Constants differ.
    """

    def __init__(self):
        self.values: dict = {}

    def program(self, first, second):
        """A Program of what both have in common."""
        if len(first.instructions) != len(second.instructions):
            raise Different
        inputs = self.values_of(first.inputs, second.inputs)
        instructions = list(map(self.instruction, first.instructions, second.instructions))
        outputs = self.both(first.outputs, second.outputs)
        return Program(inputs, instructions, outputs, self.both(first.writes, second.writes))

    def instruction(self, first, second):
        if (first.kind, first.name) != (second.kind, second.name):
            raise Different
        operands = self.both(first.operands, second.operands)
        params = self.both(first.params, second.params)
        results = self.values_of(first.results, second.results)
        line = second.section, second.line
        return Instruction(first.kind, first.name, operands, results, params, *line)

    def values_of(self, first, second):
        """New Values for pairs of them."""
        if len(first) != len(second):
            raise Different
        return tuple(map(self.value, first, second))

    def value(self, first, second):
        if first.dtype != second.dtype or first.contiguous is not second.contiguous:
            raise Different
        shape = self.both(first.shape, second.shape)
        made = Value(shape, first.dtype, second.name, first.contiguous)
        self.values[first] = second, made
        return made

    def both(self, first, second):
        """What two things have in common."""
        kind = type(first)
        if kind is Value:
            partner, made = self.values[first]
            if partner is not second:
                raise Different
            return made
        if kind in (Constant, Hole):
            return self.constant(first, second)
        if isinstance(first, (int, np.integer)) and kind is not bool:
            return self.number(first, second)
        if kind is not type(second):
            raise Different
        if kind in (tuple, list):
            if len(first) != len(second):
                raise Different
            return kind(map(self.both, first, second))
        if kind is dict:
            if first.keys() != second.keys():
                raise Different
            return {name: self.both(x, second[name]) for name, x in first.items()}
        if kind is slice:
            return slice(*self.both(_parts(first), _parts(second)))
        if kind is np.ndarray:
            same = first.shape == second.shape and np.array_equal(first, second)
        else:
            same = first is second or first == second
        if not same:
            raise Different
        return second


class Template(SideBySide):
    """What the Programs of two sizes have in common.

    Attributes:
        pattern: the Program, with Dims and Holes.
        free: its free size.
        place: (number of an input, dimension) that tells the size.
    """

    def __init__(self, first, second):
        super().__init__()
        self.place = _place_of_size(first, second)
        number, dimension = self.place
        self.sizes = first.inputs[number].shape[dimension], second.inputs[number].shape[dimension]
        self.free = Free(_unusual(max(self.sizes)))
        self.holes: dict = {}
        self.pattern = self.program(first, second)
        for _, made in self.values.values():
            if not all(made.shape):  # asks for sizes that aren't zero
                raise Different

    def number(self, first, second):
        """An integer that is a sum of the size and something."""
        if first == second:
            return second
        scale, rest = divmod(first - second, self.sizes[0] - self.sizes[1])
        if rest:
            raise Different
        return self.free.dim(scale, second - scale * self.sizes[1])

    def constant(self, first, second):
        if first.dtype != second.dtype:
            raise Different
        if first == second:
            return second
        key = first.key(), second.key()
        if key not in self.holes:
            self.holes[key] = Hole(len(self.holes), first.dtype)
        return self.holes[key]

    def size_of(self, program):
        """The size that a Program was traced for."""
        number, dimension = self.place
        if len(program.inputs) <= number or program.inputs[number].ndim <= dimension:
            raise Different
        return program.inputs[number].shape[dimension]

    def lowered(self):
        """The Program, with inputs in place of Holes."""
        made = {h.number: Value((), h.dtype, "count") for h in self.holes.values()}
        pattern = self.pattern

        def filled(x):
            return made[x.number] if isinstance(x, Hole) else x

        instructions = []
        for i in pattern.instructions:
            if i.kind == "fill" and isinstance(i.params["value"], Hole):
                params = {"shape": i.result.shape}
                operands = (filled(i.params["value"]),)
                i = i.replace(kind="view", name="broadcast", operands=operands, params=params)
            instructions.append(i.replace(operands=map(filled, i.operands)))
        outputs = [filled(x) for x in pattern.outputs]
        writes = [(n, filled(x)) for n, x in pattern.writes]
        inputs = [*pattern.inputs, *(made[n] for n in sorted(made))]
        return Program(inputs, instructions, outputs, writes, self.free)


class Matched(SideBySide):
    """A Program that must be a Template at a size; `numbers` is what its Holes hold."""

    def __init__(self, template, program):
        super().__init__()
        self.size = template.size_of(program)
        self.found: dict = {}
        self.program(template.pattern, program)
        self.numbers = [self.found[n] for n in range(len(template.holes))]

    def number(self, first, second):
        expected = first.at(self.size) if isinstance(first, Dim) else first
        if type(second) is bool or expected != second:
            raise Different
        return second

    def constant(self, first, second):
        if type(second) is not Constant or first.dtype != second.dtype:
            raise Different
        if isinstance(first, Hole):
            array = np.asarray(second.value, second.dtype)
            known = self.found.setdefault(first.number, array)
            if known.tobytes() != array.tobytes():
                raise Different
        elif first != second:
            raise Different
        return second


def _parts(x):
    return x.start, x.stop, x.step


def _place_of_size(first, second):
    """(number of an input, dimension) in which two Programs differ."""
    if len(first.inputs) != len(second.inputs):
        raise Different
    for number, (x, y) in enumerate(zip(first.inputs, second.inputs, strict=True)):
        for dimension, sizes in enumerate(zip(x.shape, y.shape, strict=False)):
            if sizes[0] != sizes[1]:
                return number, dimension
    raise Different


def _unusual(size):
    """A prime that is no smaller: sizes that others are made of aren't its neighbours."""
    size = max(size, 11) | 1
    while any(size % k == 0 for k in range(3, int(size**0.5) + 1, 2)):
        size += 2
    return size


class Family:
    """Native code for Programs that are alike but for the size."""

    def __init__(self, template):
        self.template = template
        self.code = None
        self.runners: dict = {}

    def member(self, traced):
        """A traced Program as a member; raises Different if it isn't one."""
        return Member(self, self.template.size_of(traced), Matched(self.template, traced).numbers)

    def covers(self, size):
        """Whether the code is for this size too, as far as is known."""
        return self.template.free.covers(size)

    def runner(self, size):
        """What runs for a size; raises Bound if the code isn't for all sizes, or not for this."""
        if self.code is None:
            try:
                self.code = made_native(self.template.lowered())
            except Bound:
                self.template.free.most = 0
                raise
        if not self.covers(size):
            raise Bound(f"a batch of {size}")
        if size not in self.runners:
            self.runners[size] = self.code.at(size)
        return self.runners[size]


class Member:
    """A Program of a Family.

    Attributes:
        size: which one it is.
        numbers: arrays, what is in the Template's Holes for this size.
    """

    def __init__(self, family, size, numbers):
        self.family, self.size, self.numbers = family, size, numbers


class Families:
    """The Programs of one compiled function, and what is alike among them."""

    def __init__(self):
        self.families: list = []
        self.alone: list = []

    def enroll(self, traced):
        """The Member that a traced Program is, or None if it is like no other."""
        for family in self.families:
            with contextlib.suppress(Different):
                return family.member(traced)
        for other in self.alone:
            with contextlib.suppress(Different):
                family = Family(Template(other, traced))
                self.families.append(family)
                return family.member(traced)
        self.alone = [*self.alone[1 - MOST :], traced]
        return None


def build_member(traced, member, backend):
    """(what runs a traced Program, arrays for further inputs)."""
    if member is not None:
        with contextlib.suppress(Bound):
            return member.family.runner(member.size), member.numbers
    return build(traced, backend), []
