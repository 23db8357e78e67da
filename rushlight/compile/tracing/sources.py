"""Where the Tensors of a run come from, and what they have to be like for it to be repeated."""

from __future__ import annotations

import numpy as np

from rushlight.compile.programs.program import view
from rushlight.tensor import Tensor, wrap

__all__ = [
    "Argument",
    "Captured",
    "Fields",
    "GradOf",
    "Held",
    "Item",
    "Names",
    "NewTensor",
    "Place",
    "Seen",
    "ViewOf",
    "fields_of",
]


class Captured:
    """A Tensor that is there: it was found, not given."""

    __slots__ = ("tensor",)

    def __init__(self, tensor):
        self.tensor = tensor

    def of(self, leaves):
        """The Tensor, when the Tensors among the arguments are these."""
        return self.tensor


class Argument:
    """A Tensor that is given: which one."""

    __slots__ = ("number",)

    def __init__(self, number):
        self.number = number

    def of(self, leaves):
        return leaves[self.number]


class GradOf:
    """The gradient that another Tensor has at the beginning."""

    __slots__ = ("owner",)

    def __init__(self, owner):
        self.owner = owner

    def of(self, leaves):
        return self.owner.of(leaves)._grad


class Place:
    """Where Python keeps something: an item of a dict or list, or (no key) a closure's cell."""

    __slots__ = ("holder", "key")

    def __init__(self, holder, key):
        self.holder, self.key = holder, key

    def read(self):
        """What is there; None if nothing is."""
        try:
            return self.holder.cell_contents if self.key is None else self.holder[self.key]
        except (KeyError, IndexError, ValueError):
            return None

    def is_in(self, holder, key):
        """Whether it is this one."""
        return self.holder is holder and self.key == key


class Held:
    """A Tensor that a run finds in a Place, and replaces."""

    __slots__ = ("place",)

    def __init__(self, place):
        self.place = place

    def of(self, leaves):
        return self.place.read()


class Fields:
    """A new instance of a dataclass: the templates of its fields."""

    __slots__ = ("kind", "values")

    def __init__(self, kind, values):
        self.kind, self.values = kind, values

    def make(self, values):
        """An instance with these fields, as if it had been unpickled."""
        made = object.__new__(self.kind)
        for name, value in values.items():
            object.__setattr__(made, name, value)
        return made


def fields_of(x):
    """The fields of an instance of a dataclass, by name; None if that isn't all that it is."""
    if not hasattr(type(x), "__dataclass_fields__"):
        return None
    import dataclasses

    found = {each.name: getattr(x, each.name, None) for each in dataclasses.fields(x)}
    return found if getattr(x, "__dict__", found).keys() == found.keys() else None


class Item:
    """The only element of a Tensor, as a Python number: of which."""

    __slots__ = ("of",)

    def __init__(self, of):
        self.of = of


class NewTensor:
    """A Tensor that the run makes: which one."""

    __slots__ = ("number",)

    def __init__(self, number):
        self.number = number


class ViewOf:
    """A new Tensor on the memory of one that is there: the views that lead to its part."""

    __slots__ = ("path", "source")

    def __init__(self, source, path):
        self.source, self.path = source, path

    def on(self, tensor):
        """The Tensor, on the memory of this one."""
        array = tensor._array
        for name, params in self.path:
            array = view(array, name, params)
        made = wrap(array)
        made._counter = tensor._counter
        return made


class Names:
    """What a written function calls the objects that it uses.

    Attributes:
        bound: the objects by their names; the function's globals.
    """

    def __init__(self):
        self.bound: dict = {}
        self.known: dict = {}

    def bind(self, x, prefix="it"):
        """A name for an object."""
        name = self.known.get(id(x))
        if name is None:
            name = self.known[id(x)] = f"{prefix}{len(self.known)}"
            self.bound[name] = x
        return name

    def place(self, place):
        """How the function names a Place."""
        if place.key is None:
            return f"{self.bind(place.holder, 'cell')}.cell_contents"
        plain = type(place.key) in (int, str)
        key = repr(place.key) if plain else self.bind(place.key, "key")
        return f"{self.bind(place.holder, 'names')}[{key}]"

    def tensor(self, source):
        """How the function, which is given `leaves`, gets at a Tensor that is there before it."""
        if isinstance(source, Argument):
            return f"leaves[{source.number}]"
        if isinstance(source, GradOf):
            return f"{self.tensor(source.owner)}._grad"
        if isinstance(source, Held):
            return self.place(source.place)
        return self.bind(source.tensor, "t")


class Seen:
    """What a Tensor was like in the traced run, and has to be like again."""

    __slots__ = (
        "array", "contiguous", "dtype", "has_grad", "is_leaf", "requires_grad", "shape", "source",
    )  # fmt: skip

    def __init__(self, source, before):
        self.source = source
        self.array = before.array
        self.shape, self.dtype = before.array.shape, before.array.dtype
        self.contiguous = before.array.flags.c_contiguous
        self.requires_grad = before.requires_grad
        self.is_leaf = before.node is None
        self.has_grad = before.grad is not None

    def holds(self, x):
        """Whether it is again what it was."""
        if not isinstance(x, Tensor) or x._requires_grad is not self.requires_grad:
            return False
        if self.requires_grad and (
            (x._grad is not None) is not self.has_grad or (x._node is None) is not self.is_leaf
        ):
            return False
        array = x._array
        if array is self.array:
            return True
        if array.__class__ is not np.ndarray or array.shape != self.shape:
            return False
        if array.dtype != self.dtype or array.flags.c_contiguous is not self.contiguous:
            return False
        if isinstance(self.source, Captured):
            self.array = array
        return True
