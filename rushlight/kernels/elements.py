"""Functions of the elements, fused: native code that serves arrays of every size.

Arrays of one shape are as good as flat ones to such a function. So it is traced on flat arrays of
two sizes, and the two Programs put side by side are one whose size is free (`compile/family.py`).
"""

from __future__ import annotations

import numpy as np

from rushlight.kernels.fused import Fused, alone, traced

__all__ = ["Elements", "added"]

#: below this many elements a single call of NumPy's is as fast
LARGE = 1 << 17
#: from so many elements on native code is another one, whose loops threads may share
MANY = 1 << 14
#: sizes that stand for all below, and for all above, when a function is traced
EXAMPLES = 1 << 13, 1 << 18
#: so many sizes of one kind of call are remembered
MOST_SIZES = 64


class Elements(Fused):
    """A function of the elements of arrays, and of other things, which are constants to it.

    Arrays that aren't in C order are left to NumPy, whose result lies in memory as they do.

    Attributes:
        families: for each kind of call, with few or many elements, native code; or None.
        runners: the same for each kind and size.
    """

    __slots__ = ("families", "runners")

    def __init__(self, function):
        super().__init__(function)
        self.families: dict = {}
        self.runners: dict = {}

    def __call__(self, *args, **options):
        shape = args[0].shape
        flat = [_flat(x, shape) if x.__class__ is np.ndarray else x for x in args]
        kind = args[0].size, *map(_kind, args, flat), *options.items()
        run = self.runners.get(kind)
        if run is None:
            if None in kind:
                ordered = all(map(_is_in_order, args))
                return (super().__call__ if ordered else self.function)(*args, **options)
            run = self._sized(kind, flat, options)
            if run is None:
                return self.function(*args, **options)
        made = [x.reshape(shape) for x in run(*(x for x in flat if x.__class__ is np.ndarray))]
        return made[0] if len(made) == 1 else tuple(made)

    def _sized(self, kind, flat, options):
        """Native code for a size; None if there is none, or not yet."""
        size, *rest = kind
        key = size >= MANY, *rest
        if key not in self.families:
            if not self._paid(key, size):
                return None
            self.families[key] = _family(self.function, EXAMPLES[size >= MANY], flat, options)
        family = self.families[key]
        if family is None or not family.covers(size):
            return None
        if len(self.runners) >= MOST_SIZES:
            self.runners.clear()
        run = self.runners[kind] = alone(family.runner(size))
        return run


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
    """Native code of a function for sizes like this one; None if there isn't any."""
    from rushlight.compile.family import Different, Family, Template
    from rushlight.compile.sizes import Bound

    programs = []
    for n in (size, size + 2):
        given = [np.ones(n, x.dtype) if getattr(x, "ndim", 0) else x for x in flat]
        shapes = [x.shape if x.__class__ is np.ndarray else None for x in given]
        programs.append(traced(function, given, shapes, options))
        if programs[-1] is None or any(x.shape != (n,) for x in programs[-1].outputs):
            return None
    try:
        family = Family(Template(*programs))
        family.runner(size)
    except (Different, Bound):
        return None
    return None if family.template.holes else family


#: the sum of two gradients
added = Elements(np.add)
