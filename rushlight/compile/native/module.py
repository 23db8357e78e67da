"""A Program as LLVM's text: functions for kernels, and one for each run of native items."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from rushlight.compile.native import llvm, pieces, threads
from rushlight.compile.native.fuse import Kernel, Outside, Piece, Repeat
from rushlight.compile.native.layout import ARENA, POOL, SCALE, SIZE, USUAL
from rushlight.compile.native.llvm_writer import LLVMWriter, loop, word
from rushlight.compile.native.nest import Nest
from rushlight.compile.native.pieces import DECLARATIONS, MEMCPY, MEMSET
from rushlight.compile.native.products import Product
from rushlight.kernels import blas

__all__ = ["Module"]

#: what `!llvm.loop !0` says of a loop
VECTORIZED = '!0 = distinct !{!0, !1}\n!1 = !{!"llvm.loop.vectorize.enable", i1 true}'
LONGEST = 400  # lines of a segment's body: LLVM takes far longer for one of twice as many
WORTHWHILE = 10_000  # characters of functions for which another process is worth while
DATA = object.__basicsize__  # where an array object says where its data is


class Now:
    """Adds to the body of a Module what integers are worked out by."""

    def __init__(self, module):
        self.new = module.now


class Segment(NamedTuple):
    """Native items in a row: lines before, during and after the work, and where arrays are."""

    head: list[str]
    body: list[str]
    tail: list[str]
    pointers: dict


class Module:
    """The LLVM text of a Program: functions for kernels, and one for each run of native items.

    Attributes:
        rows: for each key the row of the table that it stands in.
        segments: Segments, and between them the instructions that NumPy runs.
    """

    def __init__(self, fusion, plan, rows=None):
        self.fusion, self.plan = fusion, plan
        self.functions: dict[str, str] = {}
        self.pieces: set[str] = set()
        self.declared: dict[str, str] = {}
        self.rows: dict[tuple, int] = {ARENA: 0} if rows is None else rows
        self.segments: list = []
        self._begin_segment()
        self.is_scaled = fusion.program.free is not None
        self.step = ""  # the register of a loop's counter
        self.shared: dict[str, tuple[int, bool]] = {}
        self.count = 0
        for item in fusion.items:
            if isinstance(item, Outside):
                self._end_segment()
                self.segments.append(item.instruction)
            else:
                self._item(item)
            if len(self.body) > LONGEST:
                self._end_segment()
        self._copies()
        self._end_segment()

    @property
    def is_sized(self):
        """Whether functions are given a size: the free one, or the number of a loop's step."""
        return self.fusion.program.free is not None

    def _item(self, item):
        if isinstance(item, Kernel):
            self._kernel(item)
        elif isinstance(item, Piece):
            lines = list(pieces.lines(self, item.instruction))
            self.body += lines
        elif isinstance(item, Repeat):
            self._repeat(item)
        else:
            self._product(item.instruction)

    def _copies(self):
        for x, number in self.plan.copies:
            target = self.plan.place[self.fusion.program.inputs[number]]
            self._copy(self.plan.place[x], target, prod(x.shape) * x.dtype.itemsize)

    def _repeat(self, repeat):
        """A loop: what is carried on lies where its last value is to be, and is overwritten."""
        instruction = repeat.instruction
        body = instruction.params["body"]
        results = instruction.results
        starts = instruction.operands[: len(body.writes)]
        for start, x in zip(starts, results, strict=False):
            size = prod(x.shape) * x.dtype.itemsize
            source = self.plan.place[self.fusion.root(start)]
            self._copy(source, self.plan.place[x], size)
        inside = self.plan.within(repeat)
        stacks = [(("row", x), self.pointer(self.plan.place[x])) for x in results[len(starts) :]]
        outside = self.fusion, self.plan, self.body, self.step, self.words
        self.count += 1
        self.step, number = f"%step{self.count}", f"t{self.count}"
        self.fusion, self.plan, self.body, self.words = repeat.fusion, inside, [], {}
        for (key, base), x in zip(stacks, body.outputs, strict=True):
            far = self.now(f"mul i64 {self.step}, {prod(x.shape) * x.dtype.itemsize}")
            self.pointers[key] = self.now(f"getelementptr i8, ptr {base}, i64 {far}")
        for item in self.fusion.items:
            self._item(item)
        self._copies()
        lines = loop(number, self.step, self.body, "0", str(body.free.count))
        self.fusion, self.plan, self.body, self.step, self.words = outside
        self.body += lines

    def fresh(self):
        self.count += 1
        return f"%t{self.count}"

    def pointer(self, place):
        """A register with the address of a piece of memory."""
        if place in self.pointers:
            return self.pointers[place]
        if place[0] == "arena" and place[1]:
            base, offset = self.pointer(("arena", 0)), place[1]
            if self.is_scaled:
                offset = self.new(f"mul i64 {self.entry(SCALE, 'i64')}, {offset}")
            made = self.new(f"getelementptr i8, ptr {base}, i64 {offset}")
        else:
            thing = self.entry(("arena",) if place[0] == "arena" else place)
            made = self.new(
                f"load ptr, ptr {self.new(f'getelementptr i8, ptr {thing}, i64 {DATA}')}"
            )
        self.pointers[place] = made
        return made

    def moved(self, place, start):
        """A register with the address so many bytes into a piece of memory."""
        pointer = self.pointer(place)
        if self.word(start) == "0":
            return pointer
        return self.now(f"getelementptr i8, ptr {pointer}, i64 {self.word(start)}")

    def entry(self, key, kind="ptr"):
        """A register with what the table has in the row with this key."""
        row = self.rows.setdefault(key, len(self.rows))
        if ("row", key) not in self.pointers:
            place = self.new(f"getelementptr ptr, ptr %table, i64 {row}")
            self.pointers["row", key] = self.new(f"load {kind}, ptr {place}")
        return self.pointers["row", key]

    def new(self, text):
        """Add an instruction to the head; returns the register of its result."""
        made = self.fresh()
        self.head.append(f"{made} = {text}")
        return made

    def now(self, text):
        """Add an instruction to the body; returns the register of its result."""
        made = self.fresh()
        self.body.append(f"{made} = {text}")
        return made

    @property
    def size(self):
        """The register of the size that is free."""
        return self.step or self.entry(SIZE, "i64")

    def word(self, n):
        """An integer; a size that is free is in a register."""
        return word(n, Now(self), self.words, self.size if self.is_sized else "")

    def _kernel(self, kernel):
        nest = Nest(self.fusion, kernel)
        writer = LLVMWriter(self.plan.place.__getitem__)
        text = writer.function(nest)
        self.declared.update(writer.declared)
        name = self.functions.setdefault(text, f"kernel{len(self.functions)}")
        pointers = [self.moved(*buffer) for buffer in writer.buffers]
        if kernel.parts:
            self._clear_sums(kernel)
        end = nest.extents[nest.shared] if nest.shared is not None else 1
        self._call(name, pointers, end, kernel.parts)

    def _call(self, name, pointers, end, parts):
        """Call a function for the whole of its loop, or for parts of it, by several threads."""
        end = self.word(end)
        if parts:
            self._share(name, pointers, end, parts)
        else:
            given = [*(f"ptr {each}" for each in pointers), "i64 0", f"i64 {end}"]
            given += [f"i64 {self.size}"] if self.is_sized else []
            self.body.append(f"call void @{name}({', '.join(given)})")

    def _clear_sums(self, kernel):
        """Sums over all parts grow from zero."""
        summed = ("all", "column") if kernel.apart else ("all",)
        for x, role in kernel.role.items():
            if role in summed:
                size = prod(x.shape) * x.dtype.itemsize
                given = f"ptr {self.pointer(self.plan.place[x])}, i8 0, i64 {size}, i1 false"
                self.body.append(f"call void @{MEMSET}({given})")
                self.declared[MEMSET] = DECLARATIONS[MEMSET]

    def _share(self, name, pointers, end, parts):
        if self.is_sized:
            pointers = [*pointers, self.now(f"inttoptr i64 {self.size} to ptr")]
        given = self.new(f"alloca [{len(pointers)} x ptr]")
        for number, each in enumerate(pointers):
            field = self.new(f"getelementptr ptr, ptr {given}, i64 {number}")
            self.body.append(f"store ptr {each}, ptr {field}")
        self.declared[threads.SYMBOL] = f"declare void @{threads.SYMBOL}(ptr, ptr, ptr, i64, i64)"
        self.shared[name] = len(pointers) - self.is_sized, self.is_sized
        self.body.append(
            f"call void @{threads.SYMBOL}(ptr {self.entry(POOL)}, ptr @{name}.part, ptr {given}, "
            f"i64 {end}, i64 {parts})"
        )

    def _product(self, instruction):
        product = Product(self.fusion, instruction)
        text = product.text(self.is_sized)
        self.declared.update(product.declared)
        name = self.functions.setdefault(text, f"product{len(self.functions)}")
        places = (self.plan.place[x] for x in product.arrays)
        pointers = [*map(self.moved, places, product.starts)]
        self._call(name, pointers, product.extent, product.parts)
        self.has_products |= not product.is_small

    def _copy(self, source, target, size):
        if source == target:
            return
        source, target, size = self.pointer(source), self.pointer(target), self.word(size)
        self.declared[MEMCPY] = DECLARATIONS[MEMCPY]
        self.body.append(f"call void @{MEMCPY}(ptr {target}, ptr {source}, i64 {size}, i1 false)")

    def _end_segment(self):
        if self.body:
            if self.has_products and blas.threads():
                self._one_thread_each()
            self.segments.append(Segment(self.head, self.body, self.tail, self.pointers))
        self._begin_segment()

    def _begin_segment(self):
        self.head: list[str] = []  # addresses
        self.body: list[str] = []  # what is done
        self.tail: list[str] = []
        self.pointers: dict = {}
        self.words: dict = {}
        self.has_products = False

    def _one_thread_each(self):
        """Products share themselves out among our threads: the BLAS's would wait for each other."""
        self.declared[llvm.THREADS] = f"declare void @{llvm.THREADS}(i32)"
        usual = self.new(f"trunc i64 {self.entry(USUAL, 'i64')} to i32")
        self.head.append(f"call void @{llvm.THREADS}(i32 1)")
        self.tail.append(f"call void @{llvm.THREADS}(i32 {usual})")

    def steps(self):
        """The numbers of its functions, and between them the instructions that NumPy runs."""
        return [i if isinstance(s, Segment) else s for i, s in enumerate(self.segments)]

    def texts(self, most=1):
        """The whole module, in so many texts at most, so that several processes may assemble it."""
        shares = divided(self.functions, most)
        last = self.kernels(shares.pop())
        for share in shares:
            for text, name in share.items():
                last += [f"declare hidden void @{name}{text[: text.index(')') + 1]}"]
                if name in self.shared:
                    last += [f"declare hidden void @{name}.part(ptr, i64, i64)"]
        for number, segment in enumerate(self.segments):
            if isinstance(segment, Segment):
                lines = *segment.head, *segment.body, *segment.tail
                body = "\n".join(f"  {line}" for line in lines)
                last.append(f"define void @segment{number}(ptr %table) {{\n{body}\n  ret void\n}}")
        parts = [*(self.kernels(share, "hidden") for share in shares), last]
        attributes = "attributes #0 = { noinline nounwind }"
        return ["\n\n".join([*part, attributes]) for part in parts]

    def kernels(self, functions=None, seen="internal"):
        """Declarations, and the functions of kernels; all, or some that others may call."""
        functions = self.functions if functions is None else functions
        parts = [VECTORIZED, *self.declared.values()]
        parts += [pieces.TEXTS[name] for name in sorted(self.pieces)]
        for text, name in functions.items():
            parts.append(f"define {seen} void @{name}{text}")
            if name in self.shared:
                parts.append(part_function(name, *self.shared[name], seen))
        return parts


def divided(functions, most):
    """Functions (text -> name) in so many dicts of about equal work, or in fewer if there's little.

    >>> divided({"a short one": "f", "another one": "g"}, 2)
    [{'a short one': 'f', 'another one': 'g'}]
    """
    count = max(1, min(most, sum(map(len, functions)) // WORTHWHILE))
    shares: list[dict] = [{} for _ in range(count)]
    for text in sorted(functions, key=len, reverse=True):
        least = min(shares, key=lambda share: sum(map(len, share)))
        least[text] = functions[text]
    return shares


def part_function(name, count, is_sized, seen):
    """A function that runs a part of a kernel, its pointers (and the size) taken from memory."""
    lines, given, last = [], [], []
    if is_sized:
        lines.append(f"  %size.place = getelementptr ptr, ptr %given, i64 {count}")
        lines.append("  %size = load i64, ptr %size.place")
        last = ["i64 %size"]
    for i in range(count):
        lines.append(f"  %p{i} = getelementptr ptr, ptr %given, i64 {i}")
        lines.append(f"  %v{i} = load ptr, ptr %p{i}")
        given.append(f"ptr %v{i}")
    call = f"  call void @{name}({', '.join([*given, 'i64 %begin', 'i64 %end', *last])})"
    body = "\n".join([*lines, call])
    return (
        f"define {seen} void @{name}.part(ptr %given, i64 %begin, i64 %end) {{\n{body}\n"
        "  ret void\n}"
    )
