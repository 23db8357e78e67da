"""Small products of matrices as loops: a call of the BLAS takes longer than the work.

A few rows of the result stay in registers while the summed dimension is gone through, each row a
vector; what lies the other way round in memory is turned first. Where the result has one
column, each of its elements is the sum over a vector of products.
"""

from __future__ import annotations

from rushlight.compile.native.llvm_writer import loop
from rushlight.compile.programs.sizes import Dim

__all__ = ["body", "declared", "fits"]

MOST_WORK = 100_000  # multiplications
WIDEST = 64  # columns
TURNED = 4096  # elements of what is turned
REGISTERS = 8  # of 32 bytes, for the rows that are being made
LONGEST = 64  # products that are added up as one vector
FMA, SUM = "llvm.fmuladd.", "llvm.vector.reduce.fadd."


def fits(call, work):
    """Whether a product (see `products.product_call`) is better off as a loop."""
    _, n, k = call["sizes"]
    if call["stack"] or work > 2 * MOST_WORK or isinstance(n, Dim) or n > WIDEST:
        return False
    turned, _ = call["b"]
    return not turned or (not isinstance(k, Dim) and n * k <= TURNED)


def declared(call, kind):
    """What the code refers to: a text for each name."""
    _, n, k = call["sizes"]
    if _is_column(call):
        vector, name = f"<{k} x {kind}>", f"{SUM}v{k}{_letter(kind)}"
        return {name: f"declare {kind} @{name}({kind}, {vector})"}
    vector, name = f"<{n} x {kind}>", f"{FMA}v{n}{_letter(kind)}"
    return {name: f"declare {vector} @{name}({vector}, {vector}, {vector})"}


def _is_column(call):
    """Whether the result is one column, of products of rows with a vector in one piece."""
    _, n, k = call["sizes"]
    (ta, _), (tb, ldb) = call["a"], call["b"]
    in_one_piece = tb or (not isinstance(ldb, Dim) and ldb == 1)
    return n == 1 and in_one_piece and not ta and not isinstance(k, Dim) and k <= LONGEST


def body(call, kind, words, pointers):
    """Lines of code that make a product.

    Args:
        kind: "float" or "double".
        words: m, n, k and the three leading dimensions, as numbers or registers.
        pointers: registers with where operands and result begin.
    """
    _, n, k = call["sizes"]
    if _is_column(call):
        return _dots(k, kind, words, pointers)
    return _rows(call["a"][0], call["b"][0], n, kind, words, pointers)


def _dots(k, kind, words, pointers):
    """The elements of a result of one column."""
    m, _, _, lda, _, ldc = words
    a, b, c = pointers
    vector, name = f"<{k} x {kind}>", f"{SUM}v{k}{_letter(kind)}"
    lines = [
        *_element("%ap", kind, a, f"%i, {lda}"),
        f"%arow = load {vector}, ptr %ap, align {_size(kind)}",
        f"%products = fmul {vector} %arow, %column",
        f"%dot = call reassoc {kind} @{name}({kind} 0.0, {vector} %products)",
        *_element("%cp", kind, c, f"%i, {ldc}"),
        f"store {kind} %dot, ptr %cp",
    ]
    head = [f"%column = load {vector}, ptr {b}, align {_size(kind)}"]
    return [*head, *loop("row", "%i", lines, "0", m)]


def _rows(ta, tb, n, kind, words, pointers):
    """Rows of the result, several at a time, then what is left one by one."""
    m, _, k, lda, ldb, ldc = words
    a, b, c = pointers
    lines = []
    if tb:
        lines, b, ldb = _turned(n, k, kind, ldb, b), "%turned", n
    wide = -(-n * _size(kind) // 32)
    count = max(1, min(8, REGISTERS // wide))
    lines += [f"%whole = udiv i64 {m}, {count}", f"%first = mul i64 %whole, {count}"]
    for name, rows, begin, end, start in (
        ("block", count, "0", "%whole", f"mul i64 %block, {count}"),
        ("rest", 1, "%first", m, "add i64 %rest, 0"),
    ):
        inner = [f"%{name}row = {start}"]
        inner += _block(name, rows, n, kind, (ta, a, lda), (b, ldb), (c, ldc), k)
        lines += [
            f"%{name}any = icmp slt i64 {begin}, {end}",
            f"br i1 %{name}any, label %{name}go, label %{name}end",
            f"{name}go:",
            *loop(name, f"%{name}", inner, begin, end),
            f"br label %{name}end",
            f"{name}end:",
        ]
    return lines


def _block(name, rows, n, kind, first, second, result, k):
    """A few rows: a loop over the summed dimension whose sums are registers."""
    (ta, a, lda), (b, ldb), (c, ldc) = first, second, result
    vector, suffix = f"<{n} x {kind}>", f"v{n}{_letter(kind)}"
    lines = [f"br label %{name}in", f"{name}in:", f"br label %{name}sum", f"{name}sum:"]
    lines.append(f"%{name}k = phi i64 [0, %{name}in], [%{name}k1, %{name}sum]")
    for r in range(rows):
        lines.append(
            f"%{name}s{r} = phi {vector} [zeroinitializer, %{name}in], [%{name}n{r}, %{name}sum]"
        )
    lines += _element(f"%{name}bp", kind, b, f"%{name}k, {ldb}")
    lines.append(f"%{name}b = load {vector}, ptr %{name}bp, align {_size(kind)}")
    for r in range(rows):
        at = f"%{name}{r}"
        lines.append(f"{at}i = add i64 %{name}row, {r}")
        outer, inner = (f"%{name}k", f"{at}i") if ta else (f"{at}i", f"%{name}k")
        lines += _element(f"{at}rp", kind, a, f"{outer}, {lda}")
        lines += [
            f"{at}p = getelementptr {kind}, ptr {at}rp, i64 {inner}",
            f"{at}a = load {kind}, ptr {at}p",
            f"{at}v = insertelement {vector} poison, {kind} {at}a, i64 0",
            f"{at}w = shufflevector {vector} {at}v, {vector} poison, <{n} x i32> zeroinitializer",
            f"%{name}n{r} = call {vector} @{FMA}{suffix}"
            f"({vector} {at}w, {vector} %{name}b, {vector} %{name}s{r})",
        ]
    lines += [
        f"%{name}k1 = add nuw nsw i64 %{name}k, 1",
        f"%{name}more = icmp slt i64 %{name}k1, {k}",
        f"br i1 %{name}more, label %{name}sum, label %{name}out",
        f"{name}out:",
    ]
    for r in range(rows):
        lines += _element(f"%{name}{r}cp", kind, c, f"%{name}{r}i, {ldc}")
        lines.append(f"store {vector} %{name}n{r}, ptr %{name}{r}cp, align {_size(kind)}")
    return lines


def _turned(n, k, kind, ldb, b):
    """Copy the second operand so that what belongs to one row of the result lies together."""
    lines = [
        *_element("%trp", kind, b, f"%tj, {ldb}"),
        f"%tp = getelementptr {kind}, ptr %trp, i64 %tk",
        f"%tx = load {kind}, ptr %tp",
        *_element("%top", kind, "%turned", f"%tk, {n}"),
        f"%tq = getelementptr {kind}, ptr %top, i64 %tj",
        f"store {kind} %tx, ptr %tq",
    ]
    inner = loop("tj", "%tj", lines, "0", n)
    return [
        f"%turned = alloca [{n * int(k)} x {kind}], align 64",
        *loop("tk", "%tk", inner, "0", k),
    ]


def _element(name, kind, base, index):
    """Lines that give a register the address of the row that a product of two numbers says."""
    return [
        f"{name}x = mul nsw i64 {index}",
        f"{name} = getelementptr {kind}, ptr {base}, i64 {name}x",
    ]


def _size(kind):
    return 4 if kind == "float" else 8


def _letter(kind):
    return f"f{8 * _size(kind)}"
