"""A size that is free: native code for batches of any size.

A `Dim` is a size that depends on the free one, B: `scale * B + offset`. It is a number, the one
that it is for an example of B, so whatever plans loops and memory works with it as with any other;
but sums and products of it are Dims again, and where code is written it becomes a register.

What is *decided* by comparing Dims has to hold for every B for which the code is used. So a
comparison notes for which B it comes out the same (`Free.least`, `Free.most`). Two sizes that are
equal for some B only count as different: code for different sizes is right for equal ones too. What
has no answer for all B, such as a quotient that isn't whole, raises `Bound`.

>>> free = Free(example=101)
>>> size = free.dim(1)
>>> 4 * size - 1, (4 * size) // size, size > 16, free.least
(4*B - 1, 4, True, 17)
"""

from __future__ import annotations

import operator

__all__ = ["Bound", "Counter", "Dim", "Free", "has_dim"]


class Bound(Exception):
    """Something depends on the free size in a way that isn't a sum."""


class Free:
    """The free size of a Program.

    Attributes:
        example: a size to plan with.
        least, most: for which sizes holds what was decided; `most` is None if there is no bound.
    """

    name = "B"

    def __init__(self, example):
        self.example = example
        self.least, self.most = 1, None

    def dim(self, scale, offset=0):
        """The size `scale * B + offset`; a plain number if `scale` is 0."""
        return Dim(self, scale, offset) if scale else offset

    def covers(self, size):
        """Whether what was decided holds for a size."""
        return self.least <= size and (self.most is None or size <= self.most)

    def decide(self, scale, offset, relation):
        """Whether `scale * B + offset` has this relation to zero."""
        self.keep_sign(scale, offset)
        return relation(scale * self.example + offset, 0)

    def keep_sign(self, scale, offset):
        """Note for which sizes `scale * B + offset` has the sign that it has for the example."""
        value = scale * self.example + offset
        if not value:
            self.least = self.most = self.example
        elif (value > 0) == (scale > 0):
            self.least = max(self.least, -offset // scale + 1)
        else:
            most = -(offset // scale) - 1
            self.most = most if self.most is None else min(self.most, most)


class Counter(Free):
    """The number of a step of a loop: 0, 1, ... `count - 1`.

    It is free within the loop's body. What isn't the same in all steps raises `Bound`.

    >>> t = Counter(10).dim(1)
    >>> 9 - t, t >= 0, t < 10
    (-1*t + 9, True, True)
    """

    def __init__(self, count, name="t"):
        super().__init__(count - 1)
        self.count, self.name = count, name

    def decide(self, scale, offset, relation):
        first, last = relation(offset, 0), relation(scale * (self.count - 1) + offset, 0)
        if first != last:
            raise Bound(f"{self.dim(scale, offset)} compared")
        return first


class Dim(int):
    """A size that depends on the free one; see the head of this module."""

    def __new__(cls, free, scale, offset):
        made = super().__new__(cls, scale * free.example + offset)
        made.free, made.scale, made.offset = free, scale, offset
        return made

    def at(self, size):
        """The number that this is when B is `size`."""
        return self.scale * size + self.offset

    def __str__(self):
        name = self.free.name
        product = name if self.scale == 1 else f"{self.scale}*{name}"
        if not self.offset:
            return product
        return f"{product} {'-' if self.offset < 0 else '+'} {abs(self.offset)}"

    __repr__ = __str__

    def __format__(self, spec):
        return format(str(self), spec)

    def __float__(self):
        raise Bound(f"{self} as a floating-point number")

    def __reduce__(self):
        raise Bound("a free size can't be stored")

    # Arithmetic

    def __add__(self, other):
        scale, offset = _parts(other)
        return self.free.dim(self.scale + scale, self.offset + offset)

    __radd__ = __add__

    def __neg__(self):
        return self.free.dim(-self.scale, -self.offset)

    def __sub__(self, other):
        return self + -other

    def __rsub__(self, other):
        return -self + other

    def __mul__(self, other):
        if isinstance(other, Dim):
            raise Bound(f"{self} times {other}")
        return self.free.dim(self.scale * other, self.offset * other)

    __rmul__ = __mul__

    def __divmod__(self, other):
        scale, offset = _parts(other)
        if not scale and self.scale % other == 0:
            return self.free.dim(self.scale // other, self.offset // other), self.offset % other
        if scale and self.scale % scale == 0 and self.offset == self.scale // scale * offset:
            return self.scale // scale, 0
        return _small(self, other)

    def __rdivmod__(self, other):
        return _small(other, self)

    def __floordiv__(self, other):
        return divmod(self, other)[0]

    def __rfloordiv__(self, other):
        return divmod(other, self)[0]

    def __mod__(self, other):
        return divmod(self, other)[1]

    def __rmod__(self, other):
        return divmod(other, self)[1]

    def __truediv__(self, other):
        raise Bound(f"{self} divided by {other}")

    __rtruediv__ = __lshift__ = __rshift__ = __truediv__
    __and__ = __or__ = __truediv__
    __pow__ = __rpow__ = __truediv__  # type: ignore[assignment]

    # Comparisons

    def __hash__(self):
        return hash((self.scale, self.offset))

    def __eq__(self, other):
        return isinstance(other, Dim) and _parts(self) == _parts(other)

    def __ne__(self, other):
        return not self == other

    def __bool__(self):
        if isinstance(self.free, Counter):  # to be treated as any number
            return True
        return self.free.decide(self.scale, self.offset, operator.ne)

    def __lt__(self, other):
        return self._compared(other, operator.lt)

    def __gt__(self, other):
        return self._compared(other, operator.gt)

    def __le__(self, other):
        return self._compared(other, operator.le)

    def __ge__(self, other):
        return self._compared(other, operator.ge)

    def _compared(self, other, relation):
        """What a relation says for the example; it holds for all sizes that are covered."""
        scale, offset = _parts(other)
        scale, offset = self.scale - scale, self.offset - offset
        if not scale:
            return relation(offset, 0)
        return self.free.decide(scale, offset, relation)


def _parts(x):
    """(scale, offset) of a number."""
    return (x.scale, x.offset) if isinstance(x, Dim) else (0, x)


def _small(x, y):
    """Quotient and rest where x is smaller than y for all sizes."""
    if 0 <= x < y:
        return 0, x
    raise Bound(f"{x} divided by {y}")


def has_dim(x):
    """Whether there is a Dim in params of an instruction: in a loop, the number of the step."""
    if isinstance(x, dict):
        return any(map(has_dim, x.values()))
    if isinstance(x, (tuple, list)):
        return any(map(has_dim, x))
    return has_dim((x.start, x.stop)) if isinstance(x, slice) else isinstance(x, Dim)
