"""Functions of the elements, fused: native code that serves arrays of every size.

Arrays of one shape are as good as flat ones to such a function. So it is traced on flat arrays of
two sizes, and the two Programs put side by side are one whose size is free (`compile/family.py`).
"""

from __future__ import annotations

import numpy as np

from rushlight.kernels.fused import Fused, alone, calling, traced

__all__ = ["LARGE", "Elements", "added", "copied"]

#: below this many elements a single call of NumPy's is as fast
LARGE = 1 << 17
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
        run = alone(family.code.at(size))
        return calling(run, None, lambda results: results[0].reshape(shape))


def _flat(x, shape):
    """An array of this shape as a vector; the one number that it holds; or None."""
    if x.shape == shape and x.flags.c_contiguous:
        return x.reshape(-1)
    if x.size == 1 and x.ndim <= len(shape):
        return x.reshape(())
    if x.shape == shape and not any(x.strides):
        return x[(0,) * x.ndim + (...,)]
    return None


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
    from rushlight.compile.family import Different, Family, Template
    from rushlight.compile.sizes import Bound

    programs = []
    for n in (size, size + 2):
        given = [np.ones(n, x.dtype) if getattr(x, "ndim", 0) else x for x in flat]
        shapes = [x.shape if x.__class__ is np.ndarray else None for x in given]
        programs.append(traced(function, given, shapes, options))
        if programs[-1] is None or [x.shape for x in programs[-1].outputs] != [(n,)]:
            return None
    try:
        family = Family(Template(*programs))
        steps = family.runner(size).steps
    except (Different, Bound):
        return None
    straight = len(steps) == 1 and not isinstance(steps[0], tuple)
    return family if straight and not family.template.holes else None


#: the sum of two gradients, and one as an array of its own
added, copied = Elements(np.add), Fused(np.positive)
