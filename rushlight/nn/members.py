"""The registered members of a module: its parameters, buffers and submodules.

They are ordinary attributes, so that reading one costs no more than any other attribute. Beside
them the module keeps `_kinds`, a dictionary from the name of each registered member to its kind, in
the order of registration. `Members` shows those of one kind as a live dictionary, which is what
`module._parameters`, `module._buffers` and `module._modules` are.
"""

from __future__ import annotations

from collections.abc import MutableMapping

PARAMETER, BUFFER, MODULE = "parameter", "buffer", "module"


def members(module, kind):
    """The registered (name, member) pairs of one kind, None included, as a list."""
    own = module.__dict__
    return [(name, own.get(name)) for name, k in own["_kinds"].items() if k == kind]


class Members(MutableMapping):
    """The members of one kind, as a dictionary; changing it changes the module."""

    __slots__ = ("_kind", "_kinds", "_own")

    def __init__(self, module, kind):
        self._own = module.__dict__
        self._kinds = self._own.get("_kinds")
        if self._kinds is None:
            name = f"_{kind}s"
            raise AttributeError(f"'{type(module).__name__}' object has no attribute '{name}'")
        self._kind = kind

    def __contains__(self, name):
        return self._kinds.get(name) == self._kind

    def __getitem__(self, name):
        if name not in self:
            raise KeyError(name)
        return self._own.get(name)

    def __setitem__(self, name, member):
        if name not in self:
            self._kinds.pop(name, None)  # it goes to the end
        self._kinds[name] = self._kind
        self._own[name] = member

    def __delitem__(self, name):
        if name not in self:
            raise KeyError(name)
        del self._kinds[name]
        self._own.pop(name, None)

    def __iter__(self):
        return (name for name, kind in self._kinds.items() if kind == self._kind)

    def __reversed__(self):
        return reversed(list(self))

    def __len__(self):
        return sum(kind == self._kind for kind in self._kinds.values())

    def copy(self):
        """An ordinary dictionary of the members."""
        return {name: self._own.get(name) for name in self}

    def keys(self):
        """The names, as a dictionary shows them."""
        return self.copy().keys()

    def __repr__(self):
        return repr(self.copy())


class members_property:
    """The attribute of a module that is its Members of one kind; assigning replaces them all."""

    def __init__(self, kind):
        self.kind = kind

    def __get__(self, module, owner=None):
        return self if module is None else Members(module, self.kind)

    def __set__(self, module, given):
        shown = Members(module, self.kind)
        given = dict(given)
        shown.clear()
        shown.update(given)
