"""How operations act on batches: one call for all samples, by the kind of operation.

A *rule* calls an operation on values whose dimension 0 counts the samples: `rule(op, size, values,
batched, options)`, where `batched[i]` says whether `values[i]` has that dimension, gives a result
that has it. Elementwise operations and reductions have one rule each. Other operations are listed
by name, in a module for each family; one that isn't is called for one sample after another, with a
warning.
"""

from __future__ import annotations

import numpy as np

from rushlight.ops.op import Elementwise, Reduction
from rushlight.ops.shapes import normalize_dims
from rushlight.tensor import wrap

__all__ = ["has_rule", "rule_of"]

_rules: dict = {}


def rule(*names):
    """Declare the batching rule of these operations."""

    def declare(function):
        for name in names:
            _rules[name] = function
        return function

    return declare


def has_rule(op):
    """Whether an operation is called once for a whole batch."""
    return op.name in _rules or isinstance(op, (Elementwise, Reduction))


def rule_of(op):
    """The rule of an operation, which remembers it."""
    by_kind = elementwise if isinstance(op, Elementwise) else one_by_one
    by_kind = reduction if isinstance(op, Reduction) else by_kind
    op.batching_rule = _rules.get(op.name, by_kind)
    return op.batching_rule


# What rules are made of ---------------------------------------------------------------------------


def ndim_of(value, is_batched):
    """The number of dimensions of one sample."""
    return value._array.ndim - is_batched


def all_batched(size, values, batched):
    """The values, each with a batch dimension, repeated where there was none."""
    return [
        x if x is None or own else x.expand(size, *x.shape)
        for x, own in zip(values, batched, strict=True)
    ]


def of_rank(value, rank):
    """A batched value whose samples have `rank` dimensions, new ones of size 1 in front."""
    shape = value._array.shape
    if len(shape) > rank:
        return value
    return value.reshape(shape[0], *(1,) * (rank + 1 - len(shape)), *shape[1:])


def offsets(size, extent, rank):
    """Where each sample begins when samples of `extent` positions are laid end to end."""
    return wrap((np.arange(size) * extent).reshape(size, *(1,) * rank))


# Kinds --------------------------------------------------------------------------------------------


def elementwise(op, size, values, batched, options):
    """Dimensions of size 1 after the batch dimension make the samples' dimensions meet."""
    ranks = [0 if x is None else x._array.ndim - own for x, own in zip(values, batched)]
    rank = max(ranks)
    if min(ranks) == rank:
        return op.call(*values, **options)
    aligned = [
        of_rank(x, rank) if own and x._array.ndim <= rank else x for x, own in zip(values, batched)
    ]
    return op.call(*aligned, **options)


def reduction(op, size, values, batched, options):
    """The dimensions to reduce move up by one; all dimensions are all but the first."""
    (value,) = values
    rank = value._array.ndim - 1
    if rank == 0:
        options = {**options, "dim": (1,), "keepdim": False}
        return op.call(value.reshape(size, 1), **options)
    dims = tuple(d + 1 for d in normalize_dims(options["dim"], rank))
    return op.call(value, **{**options, "dim": dims})


def one_by_one(op, size, values, batched, options):
    """One sample after another."""
    from rushlight.ops import stack
    from rushlight.ops.warn import warn

    warn(
        f"There is a performance drop because we have not yet implemented the batching rule for "
        f"aten::{op.name}. Please file us an issue on GitHub so that we can prioritize its "
        "implementation."
    )
    if size == 0:
        raise RuntimeError(f"vmap over {op.name} of no samples: the shape of the result is unknown")
    results = []
    for i in range(size):
        sample = [x[i] if own else x for x, own in zip(values, batched, strict=True)]
        results.append(op.call(*sample, **options))
    if op.outputs is None:
        return stack(results)
    return tuple(map(stack, zip(*results, strict=True)))


@rule("as_strided")
def as_strided(op, size, values, batched, options):
    """One sample after another, each in memory of its own."""
    from rushlight.ops import stack

    return stack([op.call(values[0][i].clone(), **options) for i in range(size)])


@rule("as_strided_pick", "as_strided_put")
def through_storage(op, size, values, batched, options):
    """All samples at once: their storages lie one after another."""
    own, own_stride, offset, count = options["geometry"]
    return op.call(
        values[0],
        size=(size, *options["size"]),
        stride=(count, *options["stride"]),
        storage_offset=options["storage_offset"],
        geometry=((size, *own), (count, *own_stride), offset, size * count),
    )


# Where dimensions are options ---------------------------------------------------------------------


def with_options(change):
    """The rule of an operation on one array of which only the options change.

    `change(options, rank, size)` gives those that do; `rank` counts the samples' dimensions.
    """

    def call_with(op, size, values, batched, options):
        changed = change(options, values[0]._array.ndim - 1, size)
        return op.call(values[0], **{**options, **changed})

    return call_with


def up(dim, rank):
    """A dimension (or several) of a sample as one of the batched value."""
    if isinstance(dim, (tuple, list)):
        return tuple(up(d, rank) for d in dim)
    return dim + 1 if dim >= 0 else dim + (rank or 1) + 1


def moved_up(*names, extra=0):
    """A rule that moves the dimensions in these options up by one.

    They are dimensions of the sample, or of something that has `extra` more.
    """

    def change(options, rank, size):
        return {name: up(options[name], rank + extra) for name in names}

    return with_options(change)


def scalar_safe(function):
    """The rule `function`, whose samples without dimensions are treated as having one."""

    def call_with(op, size, values, batched, options):
        pairs = list(zip(values, batched, strict=True))
        if all(x is None or ndim_of(x, own) for x, own in pairs):
            return function(op, size, values, batched, options)
        widened = [
            x if x is None or ndim_of(x, own) else x.reshape(*x.shape, 1) for x, own in pairs
        ]
        result = function(op, size, widened, batched, options)
        if op.outputs is None:
            return result.reshape(size)
        return tuple(each.reshape(size) for each in result)

    return call_with


def declare(function, *names):
    """Make a function the rule of these operations."""
    _rules.update(dict.fromkeys(names, function))
