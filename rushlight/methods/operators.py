"""Python's operators: arithmetic, comparisons, bits."""

from __future__ import annotations

import numpy as np

from rushlight.dtypes import NUMBER_TYPES

ops = None


class Operators:
    """Python's operators: arithmetic, comparisons, bits."""

    __slots__ = ()

    def __add__(self, other):
        try:
            return ops._add(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __sub__(self, other):
        try:
            return ops._sub(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __mul__(self, other):
        try:
            return ops.mul(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __truediv__(self, other):
        try:
            return ops._true_divide(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __floordiv__(self, other):
        try:
            return ops.floor_divide(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __mod__(self, other):
        try:
            return ops.remainder(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __pow__(self, other):
        try:
            return ops._pow(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __matmul__(self, other):
        try:
            return ops.matmul(self, other)
        except TypeError:
            if isinstance(other, Operators):
                raise
            return NotImplemented

    def __and__(self, other):
        try:
            return ops.bitwise_and(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __or__(self, other):
        try:
            return ops.bitwise_or(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __xor__(self, other):
        try:
            return ops.bitwise_xor(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __lshift__(self, other):
        try:
            return ops.bitwise_left_shift(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __rshift__(self, other):
        try:
            return ops.bitwise_right_shift(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    __radd__ = __add__
    __rmul__ = __mul__

    def __rand__(self, other):
        return self.__and__(other)

    def __ror__(self, other):
        return self.__or__(other)

    def __rxor__(self, other):
        return self.__xor__(other)

    def __rsub__(self, other):
        try:
            return ops.rsub(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __rtruediv__(self, other):
        try:
            return ops.rdiv(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __rdiv__(self, other):
        """`other / self`, by its name in Python 2."""
        return self.__rtruediv__(other)

    def __rfloordiv__(self, other):
        try:
            return ops.rfloor_divide(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __rmod__(self, other):
        try:
            return ops.rremainder(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __rpow__(self, other):
        try:
            return ops.rpow(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __rmatmul__(self, other):
        try:
            return ops.rmatmul(self, other)
        except TypeError:
            if isinstance(other, Operators):
                raise
            return NotImplemented

    def __rlshift__(self, other):
        try:
            return ops.rlshift(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __rrshift__(self, other):
        try:
            return ops.rrshift(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __eq__(self, other):
        try:
            return ops.eq(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            if isinstance(other, np.ndarray):
                return ops.eq(self, ops.as_tensor(other))
            return NotImplemented

    def __ne__(self, other):
        try:
            return ops.ne(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            if isinstance(other, np.ndarray):
                return ops.ne(self, ops.as_tensor(other))
            return NotImplemented

    def __lt__(self, other):
        try:
            return ops.lt(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __le__(self, other):
        try:
            return ops.le(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __gt__(self, other):
        try:
            return ops.gt(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __ge__(self, other):
        try:
            return ops.ge(self, other)
        except TypeError:
            if isinstance(other, OPERANDS):
                raise
            return NotImplemented

    def __neg__(self):
        return ops.neg(self)

    def __pos__(self):
        return ops.positive(self)

    def __abs__(self):
        return ops.abs(self)

    def __invert__(self):
        if self._array.dtype.kind in "fcV":
            raise TypeError(
                "~ (operator.invert) is only implemented on integer and Boolean-type tensors"
            )
        return ops.bitwise_not(self)

    def __iadd__(self, other):
        return ops.in_place(ops._add, self, other)

    def __isub__(self, other):
        return ops.in_place(ops._sub, self, other)

    def __imul__(self, other):
        return ops.in_place(ops.mul, self, other)

    def __itruediv__(self, other):
        return ops.in_place(ops._true_divide, self, other)

    def __ifloordiv__(self, other):
        return ops.in_place(ops.floor_divide, self, other)

    def __imod__(self, other):
        return ops.in_place(ops.remainder, self, other)

    def __iand__(self, other):
        return ops.in_place(ops.bitwise_and, self, other)

    def __ior__(self, other):
        return ops.in_place(ops.bitwise_or, self, other)

    def __ixor__(self, other):
        return ops.in_place(ops.bitwise_xor, self, other)

    def __ipow__(self, other):
        return ops.in_place(ops.pow, self, other)

    def __ilshift__(self, other):
        return ops.in_place(ops.bitwise_left_shift, self, other)

    def __irshift__(self, other):
        return ops.in_place(ops.bitwise_right_shift, self, other)


#: types for which an operator's TypeError is ours to explain
OPERANDS = (Operators, *NUMBER_TYPES)
