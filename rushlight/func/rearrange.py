"""Dimensions split, reordered and joined as a pattern says: `rearrange`."""

from __future__ import annotations

import functools
import math

from rushlight.tensor import Tensor

__all__ = ["rearrange"]

_REST = "\u2026"


def rearrange(tensor, pattern, **axes_lengths):
    """Split, reorder and join dimensions: `"b (h n) c -> b n h c"`.

    Args:
        tensor: a Tensor, or a sequence of Tensors of one shape, which are stacked first.
        pattern: names of dimensions before and after `->`. Those in brackets are, or become, one
            dimension, the first name being the slowest; `1` and `()` stand for a dimension of
            length 1, `...` for all those that aren't named.
        axes_lengths: lengths of named dimensions; in each pair of brackets on the left one may be
            left out.

    Raises:
        ValueError: the pattern can't be read, its sides don't have the same names, or it doesn't
            fit the shape.

    Source: the language of patterns of einops (Rogozhnikov, "Einops: Clear and Reliable Tensor
    Manipulations with Einstein-like Notation", 2022).

    >>> import rushlight as torch
    >>> torch.func.rearrange(torch.arange(6), "(row column) -> column row", row=2)
    tensor([[0, 3],
            [1, 4],
            [2, 5]])
    """
    if not isinstance(tensor, Tensor):
        from rushlight.ops import stack

        tensor = stack(tensor)
    left, right = read_pattern(pattern)
    check_sides(left, right, axes_lengths)
    lengths = named_lengths(left, tensor.shape, axes_lengths)
    split = tensor.reshape([n for each in lengths.values() for n in each])
    places = places_of(lengths)
    moved = split.permute([d for group in right for name in group for d in places[name]])
    return moved.reshape([n for group in right for n in group_lengths(group, lengths)])


@functools.lru_cache(256)
def read_pattern(pattern):
    """The groups of names on both sides of a pattern."""
    sides = pattern.split("->")
    if len(sides) != 2:
        raise ValueError("Pattern must contain a single '->' separator")
    left, right = map(read_side, sides)
    rest_left, rest_right = (any(_REST in group for group in side) for side in (left, right))
    if rest_right and not rest_left:
        raise ValueError(f"Ellipsis found in right side, but not left side of a pattern {pattern}")
    if any(_REST in group and group.bracketed for group in left):
        raise ValueError(f"Ellipsis is parenthesis in the left side is not allowed: {pattern}")
    return left, right


class Group(list):
    """The names of one dimension; more or fewer than one only in brackets, or for `1`."""

    bracketed = False


def read_side(text):
    """One side of a pattern as a list of Groups."""
    if "." in text.replace("...", "", 1):
        raise ValueError(
            "Expression may contain dots only inside ellipsis (...)"
            + ("; only one ellipsis for tensor " if "..." in text else "")
        )
    groups: list = []
    open_group = None
    seen: set = set()
    spaced = text.replace("...", f" {_REST} ").replace("(", " ( ").replace(")", " ) ")
    for word in spaced.split():
        if word == "(":
            if open_group is not None:
                raise ValueError(
                    "Axis composition is one-level (brackets inside brackets not allowed)"
                )
            open_group = Group()
            open_group.bracketed = True
        elif word == ")":
            if open_group is None:
                raise ValueError("Brackets are not balanced")
            groups.append(open_group)
            open_group = None
        else:
            names = read_name(word, seen)
            if open_group is None:
                groups.append(Group(names))
            else:
                open_group.extend(names)
    if open_group is not None:
        raise ValueError(f"Imbalanced parentheses in expression: '{text}'")
    return groups


def read_name(word, seen):
    """A word of a pattern as a list of one name, or of none for `1`."""
    strange = [c for c in word if not (c.isalnum() or c in ("_", _REST))]
    if strange:
        raise ValueError(f"Unknown character '{strange[0]}'")
    if word == "1":
        return []
    if word in seen:
        raise ValueError(f"Indexing expression contains duplicate dimension '{word}'")
    if word.isdecimal():
        raise ValueError("rearrange only supports unnamed axes of size 1")
    if word != _REST and not word.isidentifier():
        raise ValueError(f"Invalid axis identifier: {word}\nnot a valid python identifier")
    if word.startswith("_") or word.endswith("_"):
        raise ValueError(
            f"Invalid axis identifier: {word}\naxis name should should not start or end with "
            "underscore"
        )
    seen.add(word)
    return [word]


def check_sides(left, right, axes_lengths):
    """Both sides must have the same names, and lengths may be given for those only."""
    names, after = ({name for group in side for name in group} for side in (left, right))
    for length in axes_lengths.values():
        if type(length) is not int:
            raise TypeError(f"rearrange axis lengths must be integers, got: {type(length)}")
    if names != after:
        raise ValueError(
            "Identifiers only on one side of rearrange expression (should be on both): "
            f"{names ^ after}"
        )
    if unknown := axes_lengths.keys() - names:
        raise ValueError(f"Identifiers not found in rearrange expression: {unknown}")


def named_lengths(groups, shape, given):
    """The lengths of each name as a tuple: of one number, but for the dimensions without names."""
    rest = len(shape) - (len(groups) - 1) if [_REST] in groups else None
    check_count(groups, len(shape), rest)
    found = {}
    place = 0
    for group in groups:
        if group == [_REST]:
            found[_REST] = tuple(shape[place : place + rest])
            place += rest
        else:
            found.update(split_length(group, shape[place], given))
            place += 1
    return found


def check_count(groups, dims, rest):
    """The pattern must have as many dimensions as the tensor, or leave some over for `...`."""
    if rest is None and len(groups) != dims:
        raise ValueError(
            f"Number of dimensions in pattern ({len(groups)}) must be equal to the number of "
            f"dimensions in the tensor ({dims})"
        )
    if rest is not None and rest < 0:
        raise ValueError(
            f"Number of dimensions in pattern ({len(groups) - 1}) must be less than or equal to "
            f"the number of dimensions in the tensor ({dims})"
        )


def split_length(group, length, given):
    """The length of each name of a group, whose product is that of the dimension."""
    known = math.prod(given[name] for name in group if name in given)
    open_names = [name for name in group if name not in given]
    if len(open_names) > 1:
        raise ValueError(
            f"Cannot infer the lengths of {', '.join(open_names)} from a dimension of {length}: "
            "give all of them but one"
        )
    inferred = length // known if known else 0
    if known * (inferred if open_names else 1) != length:
        raise ValueError(
            f"A dimension of {length} cannot be split into {' x '.join(group) or '1'}"
            + "".join(f", {name} = {given[name]}" for name in group if name in given)
        )
    return {name: (given.get(name, inferred),) for name in group}


def places_of(lengths):
    """Where the dimensions of each name stand once the tensor has been split."""
    places, place = {}, 0
    for name, each in lengths.items():
        places[name] = range(place, place + len(each))
        place += len(each)
    return places


def group_lengths(group, lengths):
    """The dimensions that a group on the right becomes."""
    if group == [_REST] and not group.bracketed:
        return lengths[_REST]
    return (math.prod(n for name in group for n in lengths[name]),)
