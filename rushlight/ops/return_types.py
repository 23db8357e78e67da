"""The named tuples that functions with several results return: `torch.return_types.max`, ..."""

from __future__ import annotations

from operator import itemgetter

__all__ = ["named"]


class NamedResult(tuple):
    """A tuple of tensors whose entries also have names, printed as PyTorch prints it."""

    __slots__ = ()
    _fields: tuple = ()

    def __repr__(self):
        entries = ",\n".join(f"{k}={v!r}" for k, v in zip(self._fields, self, strict=True))
        return f"torch.return_types.{type(self).__name__}(\n{entries})"

    def __reduce__(self):
        return restore, (type(self).__name__, self._fields, tuple(self))


_known: dict = {}


def named(name, *fields):
    """The class `torch.return_types.<name>`, with these names for its entries.

    >>> from rushlight.ops.return_types import named
    >>> named("max", "values", "indices")((1, 2)).indices
    2
    """
    made = _known.get(name)
    if made is None:
        body = {field: property(itemgetter(i)) for i, field in enumerate(fields)}
        body.update(__slots__=(), __module__="torch.return_types", _fields=fields)
        made = _known[name] = type(name, (NamedResult,), body)
    return made


def restore(name, fields, entries):
    """Make a named result again, when it is unpickled."""
    return named(name, *fields)(entries)
