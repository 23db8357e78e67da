"""Numbers in the registers of a processor: arithmetic on them writes LLVM's instructions.

A `Number` knows its dtype and the name of its register; `Code` collects the text. So whatever is
written for NumPy's scalars (`vectormath`) can be called to generate native code:

>>> code = Code()
>>> x = code.number("%x", "float32")
>>> y = x * x + 1
>>> print(code.text())
  %1 = fmul contract float %x, %x
  %2 = fadd contract float %1, 0x3FF0000000000000

`contract` lets a product and a sum become one instruction; NaN, infinities and the sign of zero
are as IEEE 754 has them. True and False are one bit in a register, and a byte in memory.
"""

from __future__ import annotations

import struct

import numpy as np

__all__ = ["Code", "Number", "literal", "memory_type", "register_type"]

REGISTER_TYPES = {"f4": "float", "f8": "double", "b1": "i1"}
SUPPORTED = {np.dtype(char) for char in "fd?bhilqBHILQ"}


def register_type(dtype) -> str:
    """LLVM's name of a type in a register."""
    return REGISTER_TYPES.get(dtype.str[1:]) or f"i{8 * dtype.itemsize}"


def memory_type(dtype) -> str:
    """LLVM's name of a type in memory."""
    return "i8" if dtype.kind == "b" else register_type(dtype)


def literal(value, dtype) -> str:
    """A number as LLVM's text: floating-point ones by the bits of the float64 that equals them."""
    if dtype.kind == "f":
        return f"0x{struct.unpack('<Q', struct.pack('<d', dtype.type(value)))[0]:016X}"
    return str(bool(value)).lower() if dtype.kind == "b" else str(int(value))


class Code:
    """Lines of LLVM text, in which registers are numbered."""

    def __init__(self):
        self.lines: list[str] = []
        self.count = 0
        self.declared: dict[str, str] = {}

    def text(self):
        """All lines."""
        return "\n".join(self.lines)

    def number(self, name, dtype):
        """A register that is there already."""
        return Number(self, name, np.dtype(dtype))

    def line(self, text):
        """Add an instruction without a result."""
        self.lines.append(f"  {text}")

    def new(self, text):
        """Add an instruction; returns the register of its result."""
        self.count += 1
        self.line(f"%{self.count} = {text}")
        return f"%{self.count}"

    def made(self, text, dtype):
        """The Number that an instruction makes."""
        return Number(self, self.new(text), dtype)

    def call(self, function, dtype, *operands):
        """Call a function of numbers of the dtype, one of LLVM's own or of the C library."""
        kind = register_type(dtype)
        self.declared[function] = (
            f"declare {kind} @{function}({', '.join(kind for _ in operands)}) memory(none)"
        )
        given = ", ".join(f"{kind} {x.name}" for x in operands)
        return self.made(f"call {kind} @{function}({given})", dtype)


def _operator(floating, integer=None, reflected=False):
    def method(self, other):
        other = self.like(other)
        if reflected:
            self, other = other, self
        name = f"{floating} contract" if self.dtype.kind == "f" else integer or floating
        return self.code.made(f"{name} {self.kind} {self.name}, {other.name}", self.dtype)

    return method


def _comparison(floating, signed, unsigned=None):
    def method(self, other):
        other = self.like(other)
        name = f"fcmp {floating}" if self.dtype.kind == "f" else f"icmp {signed}"
        if self.dtype.kind in "ub":
            name = f"icmp {unsigned or signed}"
        return self.code.made(f"{name} {self.kind} {self.name}, {other.name}", np.dtype(bool))

    return method


class Number:
    """A register: its name, its dtype, and the code that it belongs to."""

    __slots__ = ("code", "dtype", "name")
    __array_ufunc__ = None  # NumPy's scalars leave the arithmetic to us

    def __init__(self, code, name, dtype):
        self.code, self.name, self.dtype = code, name, dtype

    @property
    def kind(self):
        """LLVM's name of the type."""
        return register_type(self.dtype)

    def like(self, other):
        """Another operand as a Number of this dtype."""
        if isinstance(other, Number):
            return other
        return Number(self.code, literal(other, self.dtype), self.dtype)

    __add__ = _operator("fadd", "add")
    __sub__ = _operator("fsub", "sub")
    __mul__ = _operator("fmul", "mul")
    __truediv__ = _operator("fdiv")
    __and__ = _operator("and")
    __or__ = _operator("or")
    __xor__ = _operator("xor")
    __lshift__ = _operator("shl")
    __radd__ = _operator("fadd", "add", reflected=True)
    __rsub__ = _operator("fsub", "sub", reflected=True)
    __rmul__ = _operator("fmul", "mul", reflected=True)
    __rtruediv__ = _operator("fdiv", reflected=True)
    __lt__ = _comparison("olt", "slt", "ult")
    __le__ = _comparison("ole", "sle", "ule")
    __gt__ = _comparison("ogt", "sgt", "ugt")
    __ge__ = _comparison("oge", "sge", "uge")
    __eq__ = _comparison("oeq", "eq")
    __ne__ = _comparison("une", "ne")
    __hash__ = None  # type: ignore[assignment]

    def __rshift__(self, other):
        name = "lshr" if self.dtype.kind in "ub" else "ashr"
        return self.code.made(
            f"{name} {self.kind} {self.name}, {self.like(other).name}", self.dtype
        )

    def __neg__(self):
        if self.dtype.kind == "f":
            return self.code.made(f"fneg {self.kind} {self.name}", self.dtype)
        return 0 - self

    def __invert__(self):
        return self ^ (True if self.dtype.kind == "b" else -1)

    def __abs__(self):
        if self.dtype.kind == "f":
            return self.intrinsic("fabs")
        return self if self.dtype.kind in "ub" else (self < 0).select(-self, self)

    def select(self, x, y):
        """x where this is true, y elsewhere: one instruction, no branch."""
        dtype = x.dtype if hasattr(x, "dtype") else y.dtype
        x, y = (Number(self.code, "", dtype).like(z) for z in (x, y))
        text = f"select i1 {self.name}, {x.kind} {x.name}, {y.kind} {y.name}"
        return self.code.made(text, x.dtype)

    def intrinsic(self, name, *others):
        """One of LLVM's own functions of floating-point numbers."""
        return self.code.call(f"llvm.{name}.f{8 * self.dtype.itemsize}", self.dtype, self, *others)

    def library(self, name, *others):
        """A function of the C library."""
        name += "f" if self.dtype.itemsize == 4 else ""
        return self.code.call(name, self.dtype, self, *others)

    def view(self, dtype):
        """The same bits as another type."""
        dtype = np.dtype(dtype)
        return self.code.made(f"bitcast {self.kind} {self.name} to {register_type(dtype)}", dtype)

    def astype(self, dtype):
        """The number in another dtype, converted as C does."""
        dtype = np.dtype(dtype)
        if dtype == self.dtype:
            return self
        if dtype.kind == "b":
            return self != 0
        kind = register_type(dtype)
        return self.code.made(f"{self._conversion(dtype)} {self.kind} {self.name} to {kind}", dtype)

    def _conversion(self, dtype):
        ours, theirs = self.dtype.kind, dtype.kind
        if ours == "f" and theirs == "f":
            return "fpext" if dtype.itemsize > self.dtype.itemsize else "fptrunc"
        if theirs == "f":
            return "uitofp" if ours in "ub" else "sitofp"
        if ours == "f":
            return "fptoui" if theirs == "u" else "fptosi"
        if ours == "b" or dtype.itemsize > self.dtype.itemsize:
            return "zext" if ours in "ub" else "sext"
        return "trunc" if dtype.itemsize < self.dtype.itemsize else "bitcast"
