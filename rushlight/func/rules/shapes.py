"""Rules of operations on shapes, and of others that are called almost as they were."""

from __future__ import annotations

import math

import numpy as np

from rushlight.func.rules.table import (
    all_batched,
    declare,
    elementwise,
    moved_up,
    ndim_of,
    of_rank,
    offsets,
    rule,
    scalar_safe,
    up,
    with_options,
)
from rushlight.ops.op import registry
from rushlight.tensor import wrap

declare(
    elementwise,
    *("alias", "clone", "clone_contiguous", "cast", "real_part", "imaginary_part", "view_as_real"),
    *(
        "conj",
        "conj_view",
        "neg_view",
        "view_as_complex",
        "view_dtype",
        "as_complex",
        "as_real",
        "complex",
        "polar",
        "tril",
        "triu",
    ),
    *("zeroed", "filled", "glu", "to_copy", "frexp", "indicator", "masked_fill", "weigh"),
    *("inv", "det", "cofactors", "slogdet", "cholesky", "qr", "eigh", "svd", "eig", "pinv"),
    *("matrix_exp", "diagonal_blocks", "blocks_of_sum", "corner", "in_corner"),
    *("solve", "solve_triangular", "lu_factor", "block", "unit_lower"),
)
declare(
    with_options(lambda options, rank, size: {"shape": (size, *options["shape"])}),
    "view",
    "reshape",
    "put_block",
)
declare(
    with_options(lambda options, rank, size: {"dims": (0, *up(options["dims"], rank))}), "permute"
)
declare(moved_up("dim0", "dim1"), "transpose")
declare(moved_up("dim1", "dim2"), "diagonal")
declare(moved_up("dim1", "dim2", extra=1), "diag_embed")
declare(moved_up("dim", extra=1), "unsqueeze")
declare(moved_up("dim"), "split", "unbind", "unsafe_split", "narrow_copy")
declare(moved_up("dim"), "c2c", "r2c", "c2r", "weighted")
declare(
    with_options(lambda options, rank, size: {"pad": ((0, 0), *options["pad"])}), "pad_constant"
)
declare(with_options(lambda options, rank, size: {"pad": (None, *options["pad"])}), "pad_with_own")
declare(
    scalar_safe(moved_up("dim")),
    *("softmax", "log_softmax", "max_along", "min_along", "median_along", "nanmedian_along"),
    *("mode_along", "cumsum", "logcumsumexp", "cumprod", "cummax", "cummin", "shifted"),
    *("reversed", "sort", "topk", "kthvalue"),
)
declare(scalar_safe(moved_up("dims")), "flip", "rot90")


@rule("lstm_memory", "lstm_output", "gru_step", "blocks", "permute_rows")
def gates(op, size, values, batched, options):
    return op.call(*all_batched(size, values, batched), **options)


@rule("cross")
def cross(op, size, values, batched, options):
    dim = options["dim"] + 1
    return op.call(*all_batched(size, values, batched), dim=dim)


@rule("squeeze")
def squeeze(op, size, values, batched, options):
    (value,), dim = values, options["dim"]
    rank = value._array.ndim - 1
    dims = tuple(range(1, rank + 1)) if dim is None else up(dim, rank)
    return op.call(value, dim=dims)


@rule("t")
def t(op, size, values, batched, options):
    (value,) = values
    if value._array.ndim < 3:
        return registry["alias"].call(value)
    return registry["transpose"].call(value, dim0=1, dim1=2)


@rule("expand")
def expand(op, size, values, batched, options):
    shape = options["shape"]
    return op.call(of_rank(values[0], len(shape)), shape=(size, *shape))


@rule("sum_to_size")
def sum_to_size(op, size, values, batched, options):
    (value,), shape = values, options["shape"]
    missing = value._array.ndim - 1 - len(shape)
    return op.call(value, shape=(size, *(1,) * missing, *shape)).reshape(size, *shape)


@rule("diagonal_put")
def diagonal_put(op, size, values, batched, options):
    shape = options["shape"]
    dims = {name: up(options[name], len(shape)) for name in ("dim1", "dim2")}
    return op.call(values[0], shape=(size, *shape), offset=options["offset"], **dims)


@rule("pad_with_own_back")
def pad_with_own_back(op, size, values, batched, options):
    changed = {"shape": (size, *options["shape"]), "pad": (None, *options["pad"])}
    return op.call(values[0], **{**options, **changed})


@rule("unfold")
def unfold(op, size, values, batched, options):
    (value,) = values
    if value._array.ndim == 1:
        return value.reshape(size, 1)[:, : options["size"]]
    dim = up(options["dimension"], value._array.ndim - 1)
    return op.call(value, **{**options, "dimension": dim})


@rule("windows_put")
def windows_put(op, size, values, batched, options):
    shape = options["shape"]
    if not shape:
        return values[0].sum(1)
    changed = {"shape": (size, *shape), "dimension": up(options["dimension"], len(shape))}
    return op.call(values[0], **{**options, **changed})


@rule("scatter_basic")
def scatter_basic(op, size, values, batched, options):
    values = all_batched(size, values, batched)
    return op.call(*values, **{**options, "index": (slice(None), *options["index"])})


@rule("diagonal_scatter")
def diagonal_scatter(op, size, values, batched, options):
    values = all_batched(size, values, batched)
    rank = values[0]._array.ndim - 1
    changed = {name: up(options[name], rank) for name in ("dim1", "dim2")}
    return op.call(*values, **{**options, **changed})


@rule("masked_fill_with")
def masked_fill_with(op, size, values, batched, options):
    rank = max(ndim_of(x, own) for x, own in zip(values, batched, strict=True))
    source, mask, value = (
        of_rank(x, rank) if own else x for x, own in zip(values, batched, strict=True)
    )
    return registry["where"].call(mask, value, source)


@rule("in_front")
def in_front(op, size, values, batched, options):
    shape = options["shape"]
    flat = values[0].reshape(size, -1)
    missing = math.prod(shape) - flat._array.shape[1]
    zeros = wrap(np.zeros((size, missing), flat._array.dtype))
    return registry["cat"].call(flat, zeros, dim=1, bounds=None).reshape(size, *shape)


@rule("front_of")
def front_of(op, size, values, batched, options):
    return values[0].reshape(size, -1)[:, : options["count"]].clone()


@rule("take")
def take(op, size, values, batched, options):
    source, index = all_batched(size, values, batched)
    count = max(math.prod(source.shape[1:]), 1)
    laid = index + offsets(size, count, index._array.ndim - 1) + (index < 0) * count
    return op.call(source, laid)


@rule("put_zeros")
def put_zeros(op, size, values, batched, options):
    source, index = all_batched(size, values, batched)
    shape = options["shape"]
    count = max(math.prod(shape), 1)
    laid = index + offsets(size, count, index._array.ndim - 1) + (index < 0) * count
    return op.call(source, laid, shape=(size, *shape))


@rule("clone_in")
def clone_in(op, size, values, batched, options):
    return values[0].clone()  # a format orders the memory of one, not of a batch


@rule("diag")
def diag(op, size, values, batched, options):
    return values[0].diagonal(options["offset"], 1, 2).clone()


@rule("roll")
def roll(op, size, values, batched, options):
    (value,), dims = values, options["dims"]
    if dims:
        dims = up(dims, value._array.ndim - 1)
        return op.call(value, shifts=options["shifts"], dims=dims)
    flat = op.call(value.reshape(size, -1), shifts=options["shifts"], dims=(1,))
    return flat.reshape(value.shape)


@rule("repeat")
def repeat(op, size, values, batched, options):
    repeats = options["repeats"]
    return op.call(of_rank(values[0], len(repeats)), repeats=(1, *repeats))


@rule("sum_repeats")
def sum_repeats(op, size, values, batched, options):
    shape, repeats = options["shape"], options["repeats"]
    padded = (size, *(1,) * (len(repeats) - len(shape)), *shape)
    return op.call(values[0], shape=padded, repeats=(1, *repeats)).reshape(size, *shape)


@rule("total")
def total(op, size, values, batched, options):
    (value,) = values
    return value.reshape(size, -1).sum(1)


@rule("median_of_all", "nanmedian_of_all")
def median_of_all(op, size, values, batched, options):
    flat = values[0].reshape(size, -1)
    along = registry[op.name.replace("of_all", "along")].call(flat, dim=1, keepdim=False)[0]
    return along.reshape(size, *kept(values[0], options))


def kept(value, options):
    """The shape of a sample that was reduced to one element."""
    return (1,) * (value._array.ndim - 1) if options["keepdim"] else ()


@rule("argmax", "argmin")
def argmax(op, size, values, batched, options):
    (value,), dim = values, options["dim"]
    if dim is None or value._array.ndim == 1:
        found = op.call(value.reshape(size, -1), dim=1, keepdim=False)
        return found.reshape(size, *kept(value, options))
    dim = up(dim, value._array.ndim - 1)
    return op.call(value, dim=dim, keepdim=options["keepdim"])


@rule("copied", "filled_with")
def copied(op, size, values, batched, options):
    into, source = all_batched(size, values, batched)
    return of_rank(source, into._array.ndim - 1).expand(into.shape).clone()


@rule("cat", "stack")
def join(op, size, values, batched, options):
    values = all_batched(size, values, batched)
    extra = op.name.startswith("stack")
    dim = up(options["dim"], values[0]._array.ndim - 1 + extra)
    return op.call(*values, **{**options, "dim": dim})


@rule("bernoulli", "poisson")
def random(op, size, values, batched, options):
    draws = options["generator"]
    draws.check(from_samples=True)
    return op.call(values[0], generator=draws.below)
