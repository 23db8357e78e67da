"""Rules of operations that read and write at positions."""

from __future__ import annotations

import numpy as np

from rushlight.func.rules.shapes import sum_to_size
from rushlight.func.rules.table import (
    all_batched,
    declare,
    elementwise,
    of_rank,
    offsets,
    one_by_one,
    rule,
    scalar_safe,
    up,
)
from rushlight.ops.indexing.mask import check_enough
from rushlight.ops.op import registry
from rushlight.tensor import wrap


@scalar_safe
def along_dim(op, size, values, batched, options):
    """Positions along `dim`, one for each element of the result: everything gets the batch."""
    values = all_batched(size, values, batched)
    rank = max(x._array.ndim for x in values if x is not None) - 1
    changed = {"dim": up(options["dim"], rank)}
    if "shape" in options:
        changed["shape"] = (size, *(options["shape"] or (1,)))
    return op.call(*values, **{**options, **changed})


declare(
    along_dim,
    *("take_along", "put_along", "gather_along", "add_along", "gather", "gather_put"),
    *("gather_into", "scatter", "scatter_value", "scatter_add", "scatter_reduce"),
    *("meeting_counts", "recurrence"),
)


@rule("index_select", "index_add_zeros", "index_add", "index_copy", "index_fill")
def at_positions(op, size, values, batched, options):
    """Positions along `dim`, a vector: if the samples differ in them, they become positions along
    the samples laid end to end.
    """
    where = op.arrays.index("index")
    index = values[where]
    others = all_batched(size, values, batched)
    rank = max(x._array.ndim for i, x in enumerate(others) if i != where) - 1
    if rank == 0:
        return scalar_safe(at_positions)(op, size, values, batched, options)
    dim = up(options["dim"], rank)
    if not batched[where]:
        others[where] = index
        changed = {"dim": dim}
        if "shape" in options:
            changed["shape"] = (size, *options["shape"])
        return op.call(*others, **{**options, **changed})
    shape = options.get("shape") or values[0].shape[batched[0] :]
    extent = shape[dim - 1]
    laid = [x.movedim(dim, 1).flatten(0, 1) for i, x in enumerate(others) if i != where]
    laid.insert(where, (others[where] + offsets(size, extent, 1)).reshape(-1))
    changed = {"dim": 0}
    if "shape" in options:
        changed["shape"] = (size * extent, *shape[: dim - 1], *shape[dim:])
    result = op.call(*laid, **{**options, **changed})
    return result.unflatten(0, (size, -1)).movedim(1, dim)


@rule("basic_index")
def basic_index(op, size, values, batched, options):
    return op.call(values[0], index=(slice(None), *options["index"]))


@rule("basic_put")
def basic_put(op, size, values, batched, options):
    shape, index = (size, *options["shape"]), (slice(None), *options["index"])
    return op.call(values[0], shape=shape, index=index)


def picked_first(index):
    """How many dimensions of an indexed array come before the batch, where NumPy puts them first.

    That is so where slices part the arrays of positions.
    """
    places = [i for i, part in enumerate(index) if isinstance(part, np.ndarray)]
    if places[-1] - places[0] + 1 == len(places):
        return 0
    return max(1 if a.dtype.kind == "b" else a.ndim for a in index if isinstance(a, np.ndarray))


@rule("index")
def index(op, size, values, batched, options):
    index = options["index"]
    return op.call(values[0], index=(slice(None), *index)).movedim(picked_first(index), 0)


@rule("sum_index")
def sum_index(op, size, values, batched, options):
    picked = index(registry["index"], size, values, batched, options)
    return sum_to_size(registry["sum_to_size"], size, [picked], [True], options)


@rule("index_add_to_zeros")
def index_add_to_zeros(op, size, values, batched, options):
    index = options["index"]
    picked = values[0].movedim(0, picked_first(index))
    return op.call(picked, shape=(size, *options["shape"]), index=(slice(None), *index))


@rule("index_zero")
def index_zero(op, size, values, batched, options):
    return op.call(values[0], index=(slice(None), *options["index"]))


@rule("index_put")
def index_put(op, size, values, batched, options):
    index = options["index"]
    target, source = all_batched(size, values, batched)
    first = picked_first(index)
    picked = np.empty(target.shape[1:], np.bool_)[index].ndim
    source = of_rank(source, picked).movedim(0, first)
    changed = {"index": (slice(None), *index)}
    return op.call(target, source, **{**options, **changed})


@rule("embedding")
def embedding(op, size, values, batched, options):
    weight, numbers = values
    if not batched[0]:
        return op.call(weight, numbers, **options)
    if options["padding_idx"] >= 0 or options["scale_grad_by_freq"]:
        return one_by_one(op, size, values, batched, options)
    weight, numbers = all_batched(size, values, batched)
    shifted = numbers + offsets(size, weight.shape[1], numbers._array.ndim - 1)
    return op.call(weight.flatten(0, 1), shifted, **options)


@rule("embedding_gradient")
def embedding_gradient(op, size, values, batched, options):
    if options["scale_grad_by_freq"]:
        return one_by_one(op, size, values, batched, options)
    grad, numbers = all_batched(size, values, batched)
    rows, *rest = options["shape"]
    shifted = numbers + offsets(size, rows, numbers._array.ndim - 1)
    changed = {"shape": (size * rows, *rest), "padding_idx": -1}
    result = op.call(grad, shifted, **{**options, **changed}).reshape(size, rows, *rest)
    padding = options["padding_idx"]
    if padding < 0:
        return result
    counted = np.ones((rows, 1), grad._array.dtype)
    counted[padding] = 0
    return result * wrap(counted)


@rule("lookup_scale")
def lookup_scale(op, size, values, batched, options):
    if options["scale_grad_by_freq"]:
        return one_by_one(op, size, values, batched, options)
    return op.call(values[0], **options)


@rule("masked_select")
def masked_select(op, size, values, batched, options):
    if not batched[1]:
        value, mask = values
        rank = max(value._array.ndim - 1, mask._array.ndim)
        return op.call(of_rank(value, rank), mask).reshape(size, -1)
    raise RuntimeError(
        "vmap: Attempted to vmap over `mask` in torch.masked_select(self, mask) We cannot support "
        "this because for each batch this would return a differently shaped Tensor. Please file an "
        "issue at https://github.com/pytorch/pytorch/issues if you need this feature."
    )


@rule("masked_put")
def masked_put(op, size, values, batched, options):
    values, mask = all_batched(size, values, batched)
    shape, rank = options["shape"], mask._array.ndim - 1
    whole = (size, *(1,) * (rank - len(shape)), *shape)
    flat = op.call(values.flatten(), of_rank(mask, len(shape)), shape=whole)
    return flat.reshape(size, *shape)


@rule("masked_scatter")
def masked_scatter(op, size, values, batched, options):
    """The n-th true element of a mask gets the n-th element of the source."""
    result, mask, source = all_batched(size, values, batched)
    rank = max(result._array.ndim, mask._array.ndim) - 1
    result, mask = of_rank(result, rank), of_rank(mask, rank)
    shape = np.broadcast_shapes(result.shape, mask.shape)
    result, mask = result.expand(shape).reshape(size, -1), mask.expand(shape).reshape(size, -1)
    source = source.reshape(size, -1)
    if size:
        check_enough(source.shape[1], mask.sum(1)._array.max())
    if not source.shape[1]:
        return result.reshape(shape).clone()
    place = (mask.cumsum(1) - 1).clamp(0, source.shape[1] - 1)
    picked = source.gather(1, place)
    return registry["where"].call(mask, picked, result).reshape(shape)


@rule("put", "put_zero")
def put(op, size, values, batched, options):
    target, index, *source = all_batched(size, values, batched)
    count = max(target[0].numel(), 1)
    laid = index + offsets(size, count, index._array.ndim - 1) + (index < 0) * count
    return op.call(target, laid, *source, **options)


@rule("index_fill_with")
def index_fill_with(op, size, values, batched, options):
    """Where a mask is filled at the positions, the value is."""
    target, index, value = values
    shape = target.shape[batched[0] :]
    blank = wrap(np.zeros(shape, np.bool_))
    fill = registry["index_fill"]
    if batched[1]:
        given = [blank, index], [False, True], {**options, "value": True}
        mask = at_positions(fill, size, *given)
    else:
        mask = fill.call(blank, index, **options, value=True)
    value = of_rank(value, len(shape)) if batched[2] else value
    return elementwise(
        registry["where"], size, [mask, value, target], [batched[1], batched[2], batched[0]], {}
    )


@rule("block_diag")
def block_diag(op, size, values, batched, options):
    from rushlight.ops import cat

    bounds = options["bounds"]
    width = bounds[-1][1].stop
    padded = [
        registry["pad_constant"].call(
            x, pad=((0, 0), (0, 0), (columns.start, width - columns.stop)), value=0
        )
        for x, (_, columns) in zip(all_batched(size, values, batched), bounds, strict=True)
    ]
    return cat(padded, 1)
