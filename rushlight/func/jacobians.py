"""Whole Jacobians and Hessians: all products with basis vectors, in one batch."""

from __future__ import annotations

import functools
import math

import numpy as np

from rushlight.func.transforms import check_tensors, chosen, jvp, replaced, split_aux, vjp
from rushlight.func.vmap import vmap
from rushlight.tensor import wrap
from rushlight.utils._pytree import tree_flatten, tree_unflatten

__all__ = ["hessian", "jacfwd", "jacrev"]


def basis_for(tensors):
    """The standard basis of the space of these tensors: for each, its part of all basis vectors."""
    sizes = [math.prod(x.shape) for x in tensors]
    total, start, parts = sum(sizes), 0, []
    for x, size in zip(tensors, sizes, strict=True):
        part = np.zeros((total, size), x._array.dtype)
        part[np.arange(start, start + size), np.arange(size)] = 1
        parts.append(wrap(part.reshape(total, *x.shape)))
        start += size
    return parts


def jacrev(func, argnums=0, *, has_aux=False, chunk_size=None):
    """The function that gives the Jacobian, backwards: one batched pass for all outputs.

    The Jacobian of an output of shape (*out) by an argument of shape (*in) has the shape
    (*out, *in). It is nested: for each output, for each argument.

    Args:
        func: returns tensors; with `has_aux`, (tensors, aux).
        argnums: the position of the argument to differentiate by, or a tuple of positions.
        chunk_size: how many rows of the Jacobian are computed at a time; None for all.

    >>> import rushlight as torch
    >>> torch.func.jacrev(lambda x: x * x)(torch.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError("jacrev: `chunk_size` should be greater than 0.")

    @functools.wraps(func)
    def jacobian(*args, **kwargs):
        def of_chosen(*picked):
            return func(*replaced(args, argnums, picked if several else picked[0]), **kwargs)

        several = not isinstance(argnums, int)
        picked = chosen(args, argnums)
        primals = picked if several else (picked,)
        output, pull, *aux = vjp(of_chosen, *primals, has_aux=has_aux)
        outputs, out_spec = tree_flatten(output)
        cotangents = basis_for(outputs)

        def rows_of(*each):
            return tree_flatten(pull(tree_unflatten(each, out_spec)))[0]

        rows = vmap(rows_of, chunk_size=chunk_size)(*cotangents)
        inputs, in_spec = tree_flatten(picked)
        parts = [split_rows(r, outputs, x) for r, x in zip(rows, inputs, strict=True)]
        found = [tree_unflatten(of_output, in_spec) for of_output in zip(*parts, strict=True)]
        result = tree_unflatten(found, out_spec)
        return (result, *aux) if has_aux else result

    return jacobian


def split_rows(rows, outputs, x):
    """All rows of a Jacobian by `x`, as one tensor (*out, *in) for each output."""
    pieces = rows.split([math.prod(y.shape) for y in outputs], 0)
    return [p.reshape(*y.shape, *x.shape) for p, y in zip(pieces, outputs, strict=True)]


def jacfwd(func, argnums=0, has_aux=False, *, randomness="error"):
    """The function that gives the Jacobian, forwards: one batched pass for all inputs.

    Shapes and arguments are those of `jacrev`; `randomness` is that of `vmap`.

    >>> import rushlight as torch
    >>> torch.func.jacfwd(lambda x: x * x)(torch.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """

    @functools.wraps(func)
    def jacobian(*args, **kwargs):
        picked = chosen(args, argnums)
        inputs, in_spec = tree_flatten(picked)
        seen = {}

        def of_leaves(*leaves):
            values = tree_unflatten(leaves, in_spec)
            returned = func(*replaced(args, argnums, values), **kwargs)
            if has_aux:
                return split_aux("jvp(f, primals, tangents)", returned)
            return returned, ()

        def column(*directions):
            value, product, seen["aux"] = jvp(of_leaves, tuple(inputs), directions, has_aux=True)
            outputs, seen["spec"] = tree_flatten(value)
            check_tensors("jvp(f, primals, tangents)", outputs)
            return tree_flatten(product)[0]

        columns = vmap(column, randomness=randomness)(*basis_for(inputs))
        found = [tree_unflatten(split_columns(each, inputs), in_spec) for each in columns]
        result = tree_unflatten(found, seen["spec"])
        return (result, seen["aux"]) if has_aux else result

    return jacobian


def split_columns(columns, inputs):
    """All columns of a Jacobian, (columns, *out), as one tensor (*out, *in) for each input."""
    pieces = columns.split([math.prod(x.shape) for x in inputs], 0)
    return [
        p.movedim(0, -1).reshape(*p.shape[1:], *x.shape)
        for p, x in zip(pieces, inputs, strict=True)
    ]


def hessian(func, argnums=0):
    """The function that gives the matrix of second derivatives: `jacfwd` of `jacrev`.

    >>> import rushlight as torch
    >>> torch.func.hessian(lambda x: (x**3).sum())(torch.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)
