"""Products of matrices for the BLAS: how operands lie in memory, and who makes which part.

A large product is shared out among our own threads, by rows, columns or the matrices of a stack,
and each thread calls the BLAS for its part. The BLAS's own threads wait for each other without end:
on a busy machine a product of 0.2 ms then takes 20.
"""

from __future__ import annotations

from rushlight.compile.native import index as at
from rushlight.compile.native import llvm, small
from rushlight.compile.native.fuse import layout
from rushlight.compile.native.llvm_writer import loop, word
from rushlight.compile.native.registers import Code, register_type

__all__ = ["Product"]

SHARED = 4_000_000  # operations from which on threads are worth while
MOST_PARTS = 64


class _Lines(Code):
    """Code whose registers have names, so that it may be put together in any order."""

    def __init__(self, letter):
        super().__init__()
        self.letter = letter

    def new(self, text):
        self.count += 1
        self.line(f"%{self.letter}{self.count} = {text}")
        return f"%{self.letter}{self.count}"


class Product:
    """One product as a function of three pointers.

    Attributes:
        arrays: two operands and the result: the values whose memory it gets.
        starts: where in that memory each begins, in bytes.
        parts: how many threads may share it at most; 0 if it is too small.
        extent: how many rows, columns or matrices there are to share.
        is_small: whether it is a loop, without the BLAS.
    """

    def __init__(self, fusion, instruction):
        call = self.call = product_call(fusion, instruction)
        result = instruction.result
        self.arrays = (*call["roots"], result)
        self.starts = [steps[-1] * result.dtype.itemsize for steps in call["steps"]]
        self.letter = register_type(result.dtype)
        self.gemm = llvm.GEMM[result.dtype.char]
        kinds = f"i32, i32, i32, i64, i64, i64, {self.letter}, ptr, i64, ptr, i64, "
        self.declared = {self.gemm: f"declare void @{self.gemm}({kinds}{self.letter}, ptr, i64)"}
        extents = *call["stack"], *call["sizes"]
        work = 2
        for extent in extents:
            work *= int(extent)
        m, n, _ = call["sizes"]
        self.parts = MOST_PARTS if work >= SHARED else 0
        self.is_small = small.fits(call, work)
        if self.is_small:
            self.declared = small.declared(call, self.letter)
        self.axis = "stack" if call["stack"] else "m" if int(m) >= int(n) else "n"
        self.extent = {"stack": extents[0], "m": m, "n": n}[self.axis] if self.parts else 1

    def text(self, is_sized):
        """Parameters and body of the function."""
        code, inner, known = _Lines("v"), _Lines("i"), {}
        (ta, lda), (tb, ldb), ldc = self.call["a"], self.call["b"], self.call["ldc"]
        numbers = *self.call["sizes"], lda, ldb, ldc
        m, n, k, lda, ldb, ldc = (word(x, code, known) for x in numbers)
        pointers = ["%a", "%b", "%c"]
        if self.is_small:
            lines = small.body(self.call, self.letter, (m, n, k, lda, ldb, ldc), pointers)
            return self._function([*code.lines, *lines], is_sized)
        if self.parts and self.axis != "stack":
            count = code.new("sub i64 %end, %begin")
            of_rows = self.axis == "m"
            operand, step = (0, "1" if ta else lda) if of_rows else (1, ldb if tb else "1")
            pointers[operand] = self._moved(code, pointers[operand], step)
            pointers[2] = self._moved(code, "%c", ldc if of_rows else "1")
            m, n = (count, n) if of_rows else (m, count)
        stack = [(f"%s{i}", word(x, code, known)) for i, x in enumerate(self.call["stack"])]
        for i, steps in enumerate(self.call["steps"]):
            pointers[i] = self._within_stack(inner, pointers[i], steps, stack, known, code)
        a, b, c = pointers
        inner.line(
            f"call void @{self.gemm}(i32 101, i32 {111 + ta}, i32 {111 + tb}, i64 {m}, i64 {n}, "
            f"i64 {k}, {self.letter} 1.0, ptr {a}, i64 {lda}, ptr {b}, i64 {ldb}, "
            f"{self.letter} 0.0, ptr {c}, i64 {ldc})"
        )
        lines = inner.lines
        for i, (variable, extent) in reversed(list(enumerate(stack))):
            shared = self.parts and not i and self.axis == "stack"
            bounds = ("%begin", "%end") if shared else ("0", extent)
            lines = loop(i, variable, lines, *bounds)
        return self._function([*code.lines, *lines], is_sized)

    @staticmethod
    def _function(lines, is_sized):
        parameters = ["ptr %a", "ptr %b", "ptr noalias %c", "i64 %begin", "i64 %end"]
        parameters += ["i64 %B"] if is_sized else []
        body = "\n".join([*lines, "  ret void"])
        return f"({', '.join(parameters)}) #0 {{\n{body}\n}}"

    def _moved(self, code, pointer, step):
        """A pointer to where this thread's part begins."""
        place = "%begin" if step == "1" else code.new(f"mul i64 %begin, {step}")
        return code.new(f"getelementptr {self.letter}, ptr {pointer}, i64 {place}")

    def _within_stack(self, inner, pointer, steps, stack, known, code):
        """A pointer to one matrix of a stack."""
        place = "0"
        for step, (variable, _) in zip(steps[:-1], stack, strict=True):
            if step:
                moved = inner.new(f"mul nsw i64 {variable}, {word(step, code, known)}")
                place = inner.new(f"add nsw i64 {place}, {moved}") if place != "0" else moved
        if place == "0":
            return pointer
        return inner.new(f"getelementptr {self.letter}, ptr {pointer}, i64 {place}")


def product_call(fusion, instruction):
    """How the BLAS makes a product: sizes, layouts, and how far apart matrices of a stack start."""
    a, b = instruction.operands
    flags = instruction.params["transpose_a"], instruction.params["transpose_b"]
    result = instruction.result
    shape = list(result.shape)
    m = 1 if a.ndim == 1 else shape.pop(-1 if b.ndim == 1 else -2)
    n = 1 if b.ndim == 1 else shape.pop(-1)
    k = a.shape[-2] if flags[0] else a.shape[-1]
    extents = (*shape, m, n, k)
    count = len(shape)
    units = at.unit(count + 3)
    batch, (row, column, inner) = units[:count], units[count:]
    first = (inner,) if a.ndim == 1 else (inner, row) if flags[0] else (row, inner)
    second = (inner,) if b.ndim == 1 else (column, inner) if flags[1] else (inner, column)
    roots, terms = [], []
    for x, last in ((a, first), (b, second)):
        index = at.broadcast((*batch, *last)[-x.ndim :] if x.ndim > len(last) else last, x.shape)
        index = (*at.broadcast(batch, x.shape[: x.ndim - len(last)]), *last)
        root, term = _followed(fusion, x, index, extents)
        roots.append(root)
        terms.append(term)
    steps = (*[s * m * n for s in at.strides(tuple(shape))], n, 1, 0, 0)
    extents, terms = _merged(extents, [*terms, steps])
    *stack, m, n, k = extents
    (first, second, _), i = terms, len(stack)
    return {
        "roots": roots,
        "sizes": (m, n, k),
        "a": layout(first[i], first[i + 2], m, k),
        "b": layout(second[i + 2], second[i + 1], k, n),
        "ldc": n,
        "stack": stack,
        "steps": [(*t[:i], t[-1]) for t in terms],
    }


def _followed(fusion, x, index, extents):
    """(what is in memory, position in it) of an operand at an index."""
    while x in fusion.definition and fusion.definition[x].kind == "view":
        seen = fusion.definition[x]
        (source,) = seen.operands
        inner = fusion.seen(seen, index, extents)
        if inner is None:
            return source, at.flat(index, x.shape, len(extents))
        x, index = source, inner
    return x, at.flat(index, x.shape, len(extents))


def _merged(extents, terms):
    """The last dimension of a stack as more rows of one product, where memory allows it."""
    extents = list(extents)
    while len(extents) > 3:
        i = len(extents) - 4
        a, b, c = terms
        if b[i] or a[i] != a[i + 1] * extents[i + 1] or c[i] != c[i + 1] * extents[i + 1]:
            break
        extents[i : i + 2] = [extents[i] * extents[i + 1]]
        terms = [(*t[:i], *t[i + 1 :]) for t in terms]
    return extents, terms
