"""Functions of the elements, fused: native code that serves arrays of every size.

Arrays of one shape are as good as flat ones to such a function. So it is traced on flat arrays of
two sizes, and the two Programs put side by side are one whose size is free
(`compile/programs/family.py`).
"""

from __future__ import annotations

from operator import itemgetter

import numpy as np

from rushlight.kernels.fused import Fused, alone, calling, is_straight, traced

__all__ = ["HUGE", "LARGE", "Elements", "added", "copied"]

#: below this many elements a single call of NumPy's is as fast
LARGE = 1 << 17
#: from so many elements on there are pieces of so many without native code: less memory is needed
HUGE, PIECE = 1 << 22, 1 << 16
#: what may be an argument besides arrays
PLAIN = bool, int, float, str
#: from so many elements on native code is another one, whose loops threads may share
MANY = 1 << 14
#: sizes that stand for all below, and for all above, when a function is traced
EXAMPLES = 1 << 13, 1 << 18


class Elements(Fused):
    """A function of the elements of arrays, and of other things, which are constants to it.

    Arrays that aren't in C order are left to NumPy, whose result lies in memory as they do.

    Attributes:
        families: for each kind of call, with few or many elements, native code; or None.
    """

    __slots__ = ("families",)

    def __init__(self, function):
        super().__init__(function)
        self.families: dict = {}

    def by_numpy(self, args, options):
        """The same without native code; of huge arrays a piece at a time."""
        shape, size = args[0].shape, args[0].size
        if size < HUGE or isinstance(self.function, np.ufunc):
            return self.function(*args, **options)
        flat = [_flat(x, shape) if x.__class__ is np.ndarray else x for x in args]
        plain = all(x.__class__ is np.ndarray or x.__class__ in PLAIN for x in flat)
        if not plain or self._gives_back(flat, options):
            return self.function(*args, **options)
        result = np.empty(shape, args[0].dtype)
        target = result.reshape(-1)
        for start in range(0, size, PIECE):
            piece = slice(start, start + PIECE)
            target[piece] = self.function(*_cut(flat, piece), **options)
        return result

    def _gives_back(self, flat, options):
        """Whether what a function returns is an argument, or one number."""
        first = _cut(flat, slice(1))
        made = self.function(*first, **options)
        return made.ndim == 0 or any(made is x for x in first)

    def _found(self, args, options):
        shape, size = args[0].shape, args[0].size
        flat = [_flat(x, shape) if x.__class__ is np.ndarray else x for x in args]
        kind = size >= MANY, *map(_kind, args, flat), *options.items()
        if None in kind:
            return super()._found(args, options) if all(map(_is_in_order, args)) else None
        if kind not in self.families:
            if not self._paid(kind, size):
                return None
            self.families[kind] = _family(self.function, EXAMPLES[size >= MANY], flat, options)
        family = self.families[kind]
        if family is None or not family.covers(size):
            return None
        return calling(alone(family.code.at(size), shape), None, itemgetter(0))


def _flat(x, shape):
    """An array of this shape as a vector; the one number that it holds; or None."""
    if x.shape == shape and x.flags.c_contiguous:
        return x.reshape(-1)
    if x.size == 1 and x.ndim <= len(shape):
        return x.reshape(())
    if x.shape == shape and not any(x.strides):
        return x[(0,) * x.ndim + (...,)]
    return None


def _cut(flat, piece):
    return [x[piece] if getattr(x, "ndim", 0) else x for x in flat]


def _kind(x, flat):
    """What native code depends on besides the size; None for arrays that it can't take."""
    if x.__class__ is not np.ndarray:
        return type(x), x
    return None if flat is None or x.dtype.char not in "fd" else (flat.ndim, x.dtype.char)


def _is_in_order(x):
    return x.__class__ is not np.ndarray or x.flags.c_contiguous or 0 in x.strides


def _family(function, size, flat, options):
    """Native code of a function for sizes like this one; None if there isn't any.

    It is for functions of one result, and without instructions that NumPy runs.
    """
    from rushlight.compile.programs.family import Different, Family, Template
    from rushlight.compile.programs.sizes import Bound

    programs = []
    for n in (size, size + 2):
        given = [np.ones(n, x.dtype) if getattr(x, "ndim", 0) else x for x in flat]
        shapes = [x.shape if x.__class__ is np.ndarray else None for x in given]
        programs.append(traced(function, given, shapes, options))
        if programs[-1] is None or [x.shape for x in programs[-1].outputs] != [(n,)]:
            return None
    try:
        family = Family(Template(*programs))
        straight = is_straight(family.runner(size))
    except (Different, Bound):
        return None
    return family if straight and not family.template.holes else None


#: the sum of two gradients, and one as an array of its own
added, copied = Elements(np.add), Fused(np.positive)
