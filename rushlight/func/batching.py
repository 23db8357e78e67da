"""How operations act on batches: one call for all samples, by the kind of operation.

A *rule* calls an operation on values whose dimension 0 counts the samples: `rule(op, size, values,
batched, options)`, where `batched[i]` says whether `values[i]` has that dimension, gives a result
that has it. Elementwise operations and reductions have one rule each. Other operations are listed
here by name; what isn't is called for one sample after another, with a warning.
"""

from __future__ import annotations

import math

import numpy as np

from rushlight.ops.op import Elementwise, Reduction, registry
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


# The same call, or almost -------------------------------------------------------------------------

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


# Positions ----------------------------------------------------------------------------------------


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


def offsets(size, extent, rank):
    """Where each sample begins when samples of `extent` positions are laid end to end."""
    return wrap((np.arange(size) * extent).reshape(size, *(1,) * rank))


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
        return one_by_one(op, size, values, batched, options)
    raise RuntimeError(
        "vmap: Attempted to vmap over `mask` in torch.masked_select(self, mask) We cannot support "
        "this because for each batch this would return a differently shaped Tensor. Please file an "
        "issue at https://github.com/pytorch/pytorch/issues if you need this feature."
    )


# Products -----------------------------------------------------------------------------------------


@rule("mm")
def mm(op, size, values, batched, options):
    a, b = values
    if all(batched):
        if a._array.shape[2] != 1:
            return registry["matmul"].call(a, b)
        return registry["outer_of_samples"].call(a.squeeze(2), b.squeeze(1))
    if batched[0]:
        _, rows, depth = a._array.shape
        flat = op.call(a.reshape(size * rows, depth), b)
        return flat.reshape(size, rows, flat._array.shape[1])
    flat = b.transpose(1, 2).flatten(0, 1)
    return op.call(flat, a.t()).unflatten(0, (size, -1)).transpose(1, 2)


@rule("outer")
def outer(op, size, values, batched, options):
    return registry["outer_of_samples"].call(*all_batched(size, values, batched))


@rule("outer_of_samples")
def outer_of_samples(op, size, values, batched, options):
    columns, rows = (x.flatten(0, 1) for x in all_batched(size, values, batched))
    return op.call(columns, rows).unflatten(0, (size, -1))


@rule("matmul", "bmm")
def matmul(op, size, values, batched, options):
    a, b = values
    product = registry["matmul"].call
    if not batched[1] and b._array.ndim == 2:
        return product(a, b)
    ranks = [ndim_of(x, own) for x, own in zip(values, batched, strict=True)]
    if ranks[0] == 1:
        a = a.unsqueeze(-2)
    a, b = (
        of_rank(x, max(*ranks, 2)) if own else x for x, own in zip((a, b), batched, strict=True)
    )
    result = product(a, b)
    return result.squeeze(-2) if ranks[0] == 1 else result


@rule("dot")
def dot(op, size, values, batched, options):
    a, b = values
    if all(batched):
        return (a * b).sum(1)
    return registry["mv"].call(a, b) if batched[0] else registry["mv"].call(b, a)


@rule("mv")
def mv(op, size, values, batched, options):
    matrix, vector = values
    if all(batched):
        return registry["matmul"].call(matrix, vector.unsqueeze(2)).squeeze(2)
    if batched[0]:
        return op.call(matrix.flatten(0, 1), vector).unflatten(0, (size, -1))
    return registry["mm"].call(vector, matrix.t())


@rule("linear")
def linear(op, size, values, batched, options):
    x, weight, bias = values
    if not batched[1] and not batched[2]:
        return op.call(x, weight, bias)
    if not batched[1]:
        result = op.call(x, weight)
    elif not batched[0] and weight._array.ndim == 3:
        flat = op.call(x, weight.flatten(0, 1))
        result = flat.unflatten(-1, (size, -1)).movedim(-2, 0)
    else:
        result = with_own_weights(x, weight, batched[0])
    if bias is None:
        return result
    rank = ndim_of(result, batched[0] or batched[1])
    return result + (of_rank(bias, rank) if batched[2] else bias)


@rule("addmm")
def addmm(op, size, values, batched, options):
    source, a, b = values
    own = batched[1] or batched[2]
    product = mm(registry["mm"], size, [a, b], batched[1:], {}) if own else a.mm(b)
    source = of_rank(source, 2) if batched[0] else source
    return product * options["alpha"] + source * options["beta"]


def with_own_weights(x, weight, is_batched):
    """`x @ weight.T`, each sample with a weight of its own."""
    product = registry["matmul"].call
    rank = ndim_of(x, is_batched)
    if weight._array.ndim == 2:
        return (x * of_rank(weight, rank)).sum(-1)
    rows = x.unsqueeze(-2) if rank == 1 else x
    result = product(rows, of_rank(weight, max(rank, 2)).transpose(-2, -1))
    return result.squeeze(-2) if rank == 1 else result


# Convolutions: the samples are further images, or further groups of channels ----------------------


def as_groups(value):
    """The batch dimension merged into the channels of images (batch, n, channels, ...)."""
    return value.movedim(0, 1).flatten(1, 2)


def from_groups(value, size):
    """What `as_groups` did undone."""
    return value.unflatten(1, (size, -1)).movedim(1, 0)


@rule("convolve")
def convolve(op, size, values, batched, options):
    *values, bias = values
    own = any(batched[:2])
    if own:
        result = convolve_input(op, size, values, batched[:2], options)
    else:
        result = op.call(*values, **options)
    if bias is None:
        return result
    return add_channels(registry["add_channels"], size, (result, bias), (own, batched[2]), {})


@rule("convolve_input")
def convolve_input(op, size, values, batched, options):
    images, weight = values
    if not batched[1]:
        return op.call(images.flatten(0, 1), weight, **options).unflatten(0, (size, -1))
    if not batched[0] and options["groups"] == 1 and op.name == "convolve":
        return from_groups(op.call(images, weight.flatten(0, 1), **options), size)
    images, weight = all_batched(size, values, batched)
    changed = {**options, "groups": size * options["groups"]}
    return from_groups(op.call(as_groups(images), weight.flatten(0, 1), **changed), size)


@rule("convolve_weight")
def convolve_weight(op, size, values, batched, options):
    images, grad = values
    if not batched[0] and options["groups"] == 1:
        return op.call(images, as_groups(grad), **options).unflatten(0, (size, -1))
    images, grad = all_batched(size, values, batched)
    changed = {**options, "groups": size * options["groups"]}
    return op.call(as_groups(images), as_groups(grad), **changed).unflatten(0, (size, -1))


@rule("add_channels")
def add_channels(op, size, values, batched, options):
    images, bias = values
    if not batched[1]:
        return op.call(images.flatten(0, 1), bias).unflatten(0, (size, -1))
    images = images if batched[0] else images.expand(size, *images.shape)
    trailing = (1,) * (images._array.ndim - 3)
    return images + bias.reshape(size, 1, bias.shape[1], *trailing)


# Pools: the samples are further images ------------------------------------------------------------


@rule("max_pool", "adaptive_max", "mean_pool", "spread_windows", "im2col", "col2im")
def pool(op, size, values, batched, options):
    result = op.call(values[0].flatten(0, 1), **options)
    if op.outputs is None:
        return result.unflatten(0, (size, -1))
    return tuple(each.unflatten(0, (size, -1)) for each in result)


@rule("put_places", "take_places")
def at_places(op, size, values, batched, options):
    indices = options["indices"]
    if isinstance(indices, np.ndarray):
        indices = np.broadcast_to(indices, (size, *indices.shape)).reshape(-1, *indices.shape[1:])
    else:
        indices = indices.value.flatten(0, 1)._array
    (images,) = all_batched(size, values, batched)
    result = op.call(images.flatten(0, 1), **{**options, "indices": indices})
    return result.unflatten(0, (size, -1))


# Losses -------------------------------------------------------------------------------------------


def reduced(losses, reduction):
    """The losses of samples' elements as `reduction` asks for them, for each sample."""
    if reduction == "none" or losses._array.ndim == 1:
        return losses
    flat = losses.flatten(1)
    return flat.sum(1) if reduction == "sum" else flat.mean(1)


@rule(
    "mse_loss",
    "smooth_l1_loss",
    "huber_loss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "soft_margin_loss",
)
def loss(op, size, values, batched, options):
    rank = max(ndim_of(x, own) for x, own in zip(values, batched, strict=True) if x is not None)
    pair = all_batched(size, values[:2], batched[:2])
    weights = [
        of_rank(x, rank) if own else x for x, own in zip(values[2:], batched[2:], strict=True)
    ]
    losses = op.call(*pair, *weights, **{**options, "reduction": "none"})
    return reduced(losses, options["reduction"])


@rule("ctc_losses", "ctc_gradient")
def aligned_loss(op, size, values, batched, options):
    scores, *vectors = all_batched(size, values, batched)
    again = {
        name: np.concatenate([value] * size) if isinstance(value, np.ndarray) else value
        for name, value in options.items()
    }
    scores = scores.movedim(0, 1).flatten(1, 2)
    result = op.call(scores, *(x.flatten() for x in vectors), **again)
    if vectors:
        return result.unflatten(1, (size, -1)).movedim(1, 0)
    return result.unflatten(0, (size, -1))


@rule("nll_loss")
def nll_loss(op, size, values, batched, options):
    if batched[2]:
        return one_by_one(op, size, values, batched, options)
    scores, target = all_batched(size, values[:2], batched[:2])
    weight, each = values[2], {**options, "reduction": "none"}
    is_flat = scores._array.ndim == 2
    if not is_flat:
        scores, target = scores.flatten(0, 1), target.flatten(0, 1)
    losses = op.call(scores, target, weight, **each)
    if options["reduction"] == "mean":
        ones = wrap(np.full(scores.shape, -1, scores._array.dtype))
        weights = op.call(ones, target, weight, **each).reshape(size, -1).sum(1)
        return losses.reshape(size, -1).sum(1) / weights
    losses = losses if is_flat else losses.unflatten(0, (size, -1))
    return reduced(losses, options["reduction"])


@rule("nll_loss_gradient")
def nll_loss_gradient(op, size, values, batched, options):
    if batched[2]:
        return one_by_one(op, size, values, batched, options)
    grad, target = all_batched(size, values[:2], batched[:2])
    weight, shape = values[2], options["shape"]
    is_flat = len(shape) == 1
    laid = target if is_flat else target.flatten(0, 1)
    whole = (size, *shape) if is_flat else (size * shape[0], *shape[1:])
    each = {**options, "reduction": "none"}
    if options["reduction"] == "mean":
        ones = wrap(np.full(whole, -1, grad._array.dtype))
        counted = registry["nll_loss"].call(
            ones, laid, weight, reduction="none", ignore_index=options["ignore_index"]
        )
        grad = grad / counted.reshape(size, -1).sum(1)
    grad = of_rank(grad, target._array.ndim - 1).expand(target.shape)
    grad = grad if is_flat else grad.flatten(0, 1)
    result = op.call(grad, laid, weight, **{**each, "shape": whole})
    return result.reshape(size, *shape)


# Normalization ------------------------------------------------------------------------------------


@rule("layer_norm")
def layer_norm(op, size, values, batched, options):
    x = values[0] if batched[0] else values[0].expand(size, *values[0].shape)
    rank = x._array.ndim - 1
    options = {**options, "dims": up(options["dims"], rank)}
    if not any(batched[1:]):
        return op.call(x, *values[1:], **options)
    weight, bias = (
        of_rank(each, rank) if own else each
        for each, own in zip(values[1:], batched[1:], strict=True)
    )
    result = op.call(x, **options)
    result = result if weight is None else result * weight
    return result if bias is None else result + bias


@rule("batch_norm_with_statistics")
def batch_norm_with_statistics(op, size, values, batched, options):
    x, *others = all_batched(size, values, batched)
    others = [None if each is None else each.flatten(0, 1) for each in others]
    out, mean, var = op.call(as_groups(x), *others, **options)
    return from_groups(out, size), mean.unflatten(0, (size, -1)), var.unflatten(0, (size, -1))
