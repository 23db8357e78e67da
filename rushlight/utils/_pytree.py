"""Trees of lists, tuples, named tuples and dictionaries: taken apart into leaves, and rebuilt."""

from __future__ import annotations

import functools
import itertools
from collections import OrderedDict, defaultdict

__all__ = [
    "TreeSpec",
    "tree_flatten",
    "tree_leaves",
    "tree_map",
    "tree_map_only",
    "tree_structure",
    "tree_unflatten",
]


class TreeSpec:
    """The structure of a tree.

    Attributes:
        type: the class of the node; None for a leaf.
        context: what else is needed to rebuild it: the keys of a dictionary, for example.
        children: the structures of its entries.
        num_leaves: how many leaves there are.
        is_flat: whether it is a list or tuple of leaves.
    """

    __slots__ = ("children", "context", "is_flat", "num_leaves", "type")

    def __init__(self, type=None, context=None, children=()):
        self.type = type
        self.context = context
        self.children = children = list(children)
        self.num_leaves = 1 if type is None else sum([c.num_leaves for c in children])
        self.is_flat = (type is list or type is tuple) and all([c is LEAF for c in children])

    def is_leaf(self):
        """Whether the tree is just one leaf."""
        return self.type is None

    def __eq__(self, other):
        return (
            isinstance(other, TreeSpec)
            and (self.type, self.context) == (other.type, other.context)
            and self.children == other.children
        )

    __hash__ = None  # type: ignore[assignment]

    def drawn(self):
        """The tree with `*` for each leaf, as text."""
        return repr(tree_unflatten([_Star()] * self.num_leaves, self))

    def __repr__(self, indent=0):
        if self.is_leaf():
            return "*"
        kind = "namedtuple" if is_named_tuple(self.type) else self.type.__name__
        parts = [child.__repr__(indent + 2) for child in self.children]
        entries = (",\n" + " " * (indent + 2)).join(parts)
        return f"TreeSpec({kind}, {self.context}, [{entries}])"


class _Star:
    def __repr__(self):
        return "*"


LEAF = TreeSpec()
#: of what classes nodes are; not all of their subclasses are nodes
NODES = list, tuple, dict


def is_named_tuple(kind):
    """Whether a class is a named tuple."""
    return issubclass(kind, tuple) and hasattr(kind, "_fields")


def entries_of(tree):
    """(entries, context) of a node of a tree; (None, None) for a leaf."""
    kind = type(tree)
    if not issubclass(kind, NODES):
        return None, None
    if kind in (list, tuple):
        return list(tree), None
    if kind in (dict, OrderedDict):
        return list(tree.values()), list(tree)
    if kind is defaultdict:
        return list(tree.values()), [tree.default_factory, list(tree)]
    if is_named_tuple(kind):
        return list(tree), kind
    return None, None


def tree_flatten(tree):
    """(leaves, structure) of a tree.

    >>> tree_flatten({"a": 1, "b": (2, 3)})[0]
    [1, 2, 3]
    """
    leaves: list = []
    if isinstance(tree, NODES):
        return leaves, _collect(tree, leaves)
    return [tree], LEAF


def _collect(tree, leaves):
    """The structure of a tree that is a list, tuple or dict; its leaves are put into a list."""
    kind, context = tree.__class__, None
    entries = tree
    if kind is not tuple and kind is not list:
        entries, context = entries_of(tree)
        if entries is None:
            leaves.append(tree)
            return LEAF
    elif not any([isinstance(entry, NODES) for entry in entries]):
        leaves += entries
        return _flat_spec(kind, len(entries))
    children = []
    for entry in entries:
        if isinstance(entry, NODES):
            children.append(_collect(entry, leaves))
        else:
            leaves.append(entry)
            children.append(LEAF)
    return TreeSpec(kind, context, children)


@functools.lru_cache(maxsize=256)
def _flat_spec(kind, count):
    """The structure of a list or tuple of so many leaves."""
    return TreeSpec(kind, None, [LEAF] * count)


def tree_unflatten(leaves, treespec):
    """The tree of this structure that has these leaves.

    Raises:
        ValueError: there are too few leaves, or too many.
    """
    leaves = list(leaves)
    if len(leaves) != treespec.num_leaves:
        raise ValueError(
            f"treespec.unflatten(leaves): `leaves` has length {len(leaves)} but the spec refers to "
            f"a pytree that holds {treespec.num_leaves} items ({treespec})."
        )
    return treespec.type(leaves) if treespec.is_flat else _rebuilt(iter(leaves), treespec)


def _rebuilt(leaves, spec):
    if spec.type is None:
        return next(leaves)
    if spec.is_flat:
        return spec.type(itertools.islice(leaves, spec.num_leaves))
    entries = [next(leaves) if c is LEAF else _rebuilt(leaves, c) for c in spec.children]
    if spec.type is list or spec.type is tuple:
        return spec.type(entries)
    if spec.type is defaultdict:
        factory, keys = spec.context
        return defaultdict(factory, zip(keys, entries, strict=True))
    if issubclass(spec.type, dict):
        return spec.type(zip(spec.context, entries, strict=True))
    # what `torch.topk` returns has fields, too, but is made of one sequence
    return spec.type(*entries) if hasattr(spec.type, "_make") else spec.type(entries)


def tree_leaves(tree):
    """The leaves of a tree."""
    return tree_flatten(tree)[0]


def tree_structure(tree):
    """The structure of a tree."""
    return tree_flatten(tree)[1]


def tree_map(func, tree, *rests):
    """The tree with `func` applied to each leaf (and to the leaves of others at its place).

    >>> tree_map(lambda x: x + 1, {"a": 1, "b": [2]})
    {'a': 2, 'b': [3]}
    """
    leaves, spec = tree_flatten(tree)
    others = [tree_leaves(rest) for rest in rests]
    return tree_unflatten([func(*each) for each in zip(leaves, *others, strict=True)], spec)


def tree_map_only(type_or_types, func, tree):
    """The tree with `func` applied to the leaves of these types."""
    leaves, spec = tree_flatten(tree)
    return tree_unflatten([func(x) if isinstance(x, type_or_types) else x for x in leaves], spec)


def broadcast_prefix(prefix, treespec):
    """The leaves of `prefix`, each repeated for the part of the tree that it stands for.

    None if the structures don't fit.
    """
    entries, context = entries_of(prefix) if isinstance(prefix, NODES) else (None, None)
    if entries is None:
        return [prefix] * treespec.num_leaves
    if type(prefix) is not treespec.type or len(entries) != len(treespec.children):
        return None
    if isinstance(prefix, dict) and treespec.context != context:
        if set(prefix) != set(treespec.context):
            return None
        entries = [prefix[key] for key in treespec.context]
    found = []
    for entry, child in zip(entries, treespec.children, strict=True):
        if not isinstance(entry, NODES):
            found += [entry] * child.num_leaves
            continue
        part = broadcast_prefix(entry, child)
        if part is None:
            return None
        found += part
    return found
