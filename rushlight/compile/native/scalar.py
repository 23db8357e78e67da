"""What the elementwise instructions of a Program do to numbers in registers.

The table `SCALAR` has a function for each name; `supports` tells whether native code can be made of
an instruction. What isn't here is left to NumPy.
"""

from __future__ import annotations

import numpy as np

from rushlight.compile.native import vectormath
from rushlight.compile.native.registers import SUPPORTED

__all__ = ["SCALAR", "scalar", "supports"]


def _bool_or(logical, other):
    """A function of truth values for booleans, another one for numbers."""
    return lambda x, *rest: (logical if x.dtype.kind == "b" else other)(x, *rest)


def _truth(x):
    return x if x.dtype.kind == "b" else x != 0


def _bound(intrinsic, comparison):
    """maximum or minimum: NaN if one operand is."""

    def function(x, y):
        if x.dtype.kind == "f":
            return x.intrinsic(intrinsic, y)
        return getattr(x, comparison)(y).select(x, y)

    return function


def _sign(x):
    y = (x > 0).select(x.like(1), (x < 0).select(x.like(-1), x.like(0)))
    return (x != x).select(x, y) if x.dtype.kind == "f" else y


def _reciprocal(x):
    return 1 / x


def _power(x, y):
    if x.dtype == np.float32:
        return vectormath.power(x, y)
    return x.library("pow", y)


def _signbit(x):
    return vectormath.bits(x) < 0


def _copysign(x, y):
    return vectormath.with_sign(abs(x), y)


def _library(name):
    return lambda x, *others: x.library(name, *others)


def _intrinsic(name):
    return lambda x, *others: x.intrinsic(name, *others)


SCALAR = {
    "add": _bool_or(lambda x, y: x | y, lambda x, y: x + y),
    "subtract": lambda x, y: x - y,
    "multiply": _bool_or(lambda x, y: x & y, lambda x, y: x * y),
    "divide": lambda x, y: x / y,
    "true_divide": lambda x, y: x / y,
    "negative": lambda x: -x,
    "positive": lambda x: x,
    "conjugate": lambda x: x,
    "absolute": abs,
    "fabs": abs,
    "sign": _sign,
    "square": _bool_or(lambda x: x, lambda x: x * x),
    "reciprocal": _reciprocal,
    "sqrt": _intrinsic("sqrt"),
    "maximum": _bool_or(lambda x, y: x | y, _bound("maximum", "__gt__")),
    "minimum": _bool_or(lambda x, y: x & y, _bound("minimum", "__lt__")),
    "greater": lambda x, y: x > y,
    "greater_equal": lambda x, y: x >= y,
    "less": lambda x, y: x < y,
    "less_equal": lambda x, y: x <= y,
    "equal": lambda x, y: x == y,
    "not_equal": lambda x, y: x != y,
    "logical_and": lambda x, y: _truth(x) & _truth(y),
    "logical_or": lambda x, y: _truth(x) | _truth(y),
    "logical_xor": lambda x, y: _truth(x) ^ _truth(y),
    "logical_not": lambda x: ~_truth(x),
    "bitwise_and": lambda x, y: x & y,
    "bitwise_or": lambda x, y: x | y,
    "bitwise_xor": lambda x, y: x ^ y,
    "invert": lambda x: ~x,
    "isnan": lambda x: x != x,
    "isfinite": lambda x: abs(x) < np.inf,
    "isinf": lambda x: abs(x) == np.inf,
    "signbit": _signbit,
    "copysign": _copysign,
    "floor": _intrinsic("floor"),
    "ceil": _intrinsic("ceil"),
    "trunc": _intrinsic("trunc"),
    "rint": _intrinsic("rint"),
    "power": _power,
    "float_power": _power,
    "tan": _library("tan"),
    "arcsin": _library("asin"),
    "arccos": _library("acos"),
    "arctan": _library("atan"),
    "arctan2": _library("atan2"),
    "sinh": _library("sinh"),
    "cosh": _library("cosh"),
    "arcsinh": _library("asinh"),
    "arccosh": _library("acosh"),
    "arctanh": _library("atanh"),
    "hypot": _library("hypot"),
    "cbrt": _library("cbrt"),
    "where": lambda condition, x, y: condition.select(x, y),
    "copy": lambda x: x,
    **{name: getattr(vectormath, name) for name in vectormath.__all__ if name != "power"},
}

#: of these, integers and booleans are left to NumPy
ROUNDING = set("floor ceil trunc rint isnan isfinite isinf signbit copysign fabs sign".split())
FLOATING = ROUNDING | set(vectormath.__all__).union(
    "divide true_divide reciprocal sqrt power float_power tan arcsin arccos arctan arctan2 sinh "
    "cosh arcsinh arccosh arctanh hypot cbrt".split()
)
#: what takes so long that it is computed once and kept, rather than where it is needed
EXPENSIVE = FLOATING - ROUNDING


def scalar(name, dtype, *numbers):
    """The result of an elementwise instruction on registers, as a register of the dtype."""
    if name == "cast":
        return numbers[0].astype(dtype)
    return SCALAR[name](*numbers)


def supports(instruction):
    """Whether native code can be made of an elementwise instruction or a reduction."""
    dtypes = [x.dtype for x in (*instruction.operands, *instruction.results)]
    if not SUPPORTED.issuperset(dtypes):
        return False
    if instruction.name == "cast":
        return True
    if instruction.name == "where" and instruction.operands[0].dtype.kind != "b":
        return False
    floating = all(dtype.kind == "f" for dtype in dtypes[: len(instruction.operands)])
    return instruction.name in SCALAR and (floating or instruction.name not in FLOATING)
