"""Vector instructions for Numba: what `kernels/tiles.py` says in NumPy, in LLVM's words.

It imports Numba, so it is itself imported only when a loop that uses them is compiled.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload, register_jitable

from rushlight.kernels.tiles import VECTOR, _pad, add_tile, turn, width


class _Writer:
    """Vectors of the elements that a pointer points to, written with one builder."""

    def __init__(self, builder, element):
        self.builder = builder
        self.bits = 32 if isinstance(element, ir.FloatType) else 64
        self.lanes = 8 * VECTOR // self.bits
        self.vector = ir.VectorType(element, self.lanes)
        self.none = ir.Constant(self.vector, ir.Undefined)

    def at(self, base, *terms):
        """A pointer to the vector `terms` (whose sum is meant) elements after another."""
        for term in terms:
            base = self.builder.gep(base, [term])
        return self.builder.bitcast(base, self.vector.as_pointer())

    def load(self, pointer):
        """A vector from any address."""
        value = self.builder.load(pointer)
        value.align = self.bits // 8
        return value

    def store(self, value, pointer):
        """A vector to any address."""
        self.builder.store(value, pointer).align = self.bits // 8

    def pick(self, one, other, places):
        """The elements at `places` of two vectors, one after the other."""
        places = ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), places)
        return self.builder.shuffle_vector(one, other, places)

    def spread(self, value):
        """A number in all lanes."""
        first = self.builder.insert_element(self.none, value, ir.Constant(ir.IntType(32), 0))
        return self.pick(first, self.none, [0] * self.lanes)

    def multiply_add(self, x, y, z):
        """x * y + z, rounded once where the processor does that in one instruction."""
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        name = f"llvm.fmuladd.v{self.lanes}f{self.bits}"
        function = cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self.builder.call(function, [x, y, z])


def _data(context, builder, signature, args):
    """Pointers to the arrays' elements, other arguments as they are."""
    return [
        context.make_array(kind)(context, builder, value).data
        if isinstance(kind, types.Array)
        else value
        for kind, value in zip(signature.args, args, strict=True)
    ]


def _add_tile_of(vectors):
    """`add_tile` for channels that fill so many vectors."""

    def code(context, builder, signature, args):
        sums, at, panel, first, image, starts, shifts, count = _data(
            context, builder, signature, args
        )
        write = _Writer(builder, sums.type.pointee)
        word = [ir.Constant(at.type, n) for n in range(vectors * write.lanes + 1)]

        def vectors_of(base, row):
            row = builder.mul(row, word[-1])
            return [write.at(base, row, word[i * write.lanes]) for i in range(vectors)]

        rows = [builder.add(at, ir.Constant(at.type, i)) for i in range(width(vectors, VECTOR))]
        pixels = [builder.gep(image, [builder.load(builder.gep(starts, [row]))]) for row in rows]
        results = [pointer for row in rows for pointer in vectors_of(sums, row)]
        totals = [cgutils.alloca_once_value(builder, write.load(each)) for each in results]
        with cgutils.for_range(builder, count) as step:
            k = builder.add(first, step.index)
            shift = builder.load(builder.gep(shifts, [k]))
            weights = [write.load(pointer) for pointer in vectors_of(panel, k)]
            for i, pixel in enumerate(pixels):
                value = write.spread(builder.load(builder.gep(pixel, [shift])))
                mine = totals[i * vectors : (i + 1) * vectors]
                for total, weight in zip(mine, weights, strict=True):
                    added = write.multiply_add(weight, value, builder.load(total))
                    builder.store(added, total)
        for total, pointer in zip(totals, results, strict=True):
            write.store(builder.load(total), pointer)
        return context.get_dummy_value()

    @intrinsic
    def add(typing, sums, at, panel, first, image, starts, shifts, count):
        word = types.intp
        given = sums, word, panel, word, image, starts, shifts, word
        return types.void(*given), code

    return add


def _write_turn(context, builder, signature, args):
    given, row, column, made = _data(context, builder, signature, args)
    write = _Writer(builder, given.type.pointee)
    lanes = range(write.lanes)
    pitches = [
        builder.extract_value(context.make_array(kind)(context, builder, value).shape, 1)
        for kind, value in zip(signature.args, args, strict=True)
        if isinstance(kind, types.Array)
    ]

    def rows(base, pitch, row, column):
        each = (builder.add(row, ir.Constant(row.type, i)) for i in lanes)
        return [write.at(base, builder.mul(i, pitch), column) for i in each]

    values = [write.load(pointer) for pointer in rows(given, pitches[0], row, column)]
    half = 1
    while half < write.lanes:  # blocks of so many rows and columns change places
        low = [j if not j & half else write.lanes + j - half for j in lanes]
        high = [j + half if not j & half else write.lanes + j for j in lanes]
        for i in (i for i in lanes if not i & half):
            pair = values[i], values[i + half]
            values[i], values[i + half] = write.pick(*pair, low), write.pick(*pair, high)
        half *= 2
    for value, pointer in zip(values, rows(made, pitches[1], column, row), strict=True):
        write.store(value, pointer)
    return context.get_dummy_value()


_add_narrow, _add_wide = _add_tile_of(1), _add_tile_of(2)


@intrinsic
def _turn(typing, given, row, column, made):
    return types.void(given, types.intp, types.intp, made), _write_turn


@overload(add_tile)
def _of_add_tile(sums, at, panel, first, image, starts, shifts, count):
    def call(sums, at, panel, first, image, starts, shifts, count):
        if sums.shape[1] * sums.itemsize == VECTOR:
            _add_narrow(sums, at, panel, first, image, starts, shifts, count)
        else:
            _add_wide(sums, at, panel, first, image, starts, shifts, count)

    return call


@overload(turn)
def _of_turn(given, row, column, made):
    def call(given, row, column, made):
        _turn(given, row, column, made)

    return call


for _each in (width, _pad):
    register_jitable(_each)
