"""Rules of products of matrices and vectors."""

from __future__ import annotations

from rushlight.func.rules.table import all_batched, ndim_of, of_rank, rule
from rushlight.ops.op import registry


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
