"""`vmap`: a function of one sample becomes a function of a batch."""

from __future__ import annotations

import functools

from rushlight.func.batched import BatchLayer
from rushlight.random import default_generator
from rushlight.tensor import Tensor
from rushlight.utils._pytree import (
    broadcast_prefix,
    tree_flatten,
    tree_structure,
    tree_unflatten,
)

__all__ = ["vmap"]


def vmap(func, in_dims=0, out_dims=0, randomness="error", *, chunk_size=None):
    """The function that applies `func` to all samples at once.

    Inside `func`, the mapped dimension isn't there; every operation in it is called once, for all
    samples.

    Args:
        func: takes and returns tensors, or nested lists, tuples, dicts of them.
        in_dims: which dimension of the arguments counts the samples; None for an argument that all
            samples share. An int for all arguments, or a nested structure as that of the arguments.
        out_dims: where the samples are counted in the results.
        randomness: "error" refuses random operations, "different" draws for each sample, "same"
            once for all.
        chunk_size: how many samples are computed together; None for all.

    Raises:
        ValueError: `in_dims` or `out_dims` doesn't fit, or the numbers of samples differ.

    >>> import rushlight as torch
    >>> torch.vmap(torch.dot)(torch.ones(2, 3), torch.ones(2, 3))
    tensor([3., 3.])
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(
            "Only allowed values for randomness are 'error', 'different', or 'same'. Got "
            f"{randomness}"
        )
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")

    @functools.wraps(func)
    def mapped(*args, **kwargs):
        leaves, spec, dims = read_inputs(func, in_dims, args)
        size = batch_size(leaves, dims)
        if chunk_size is not None and size > chunk_size:
            return in_chunks(func, leaves, spec, dims, out_dims, randomness, chunk_size, kwargs)
        layer = BatchLayer(size, randomness)
        with layer:
            inputs = [x if d is None else layer.batch(x, d) for x, d in zip(leaves, dims)]
            outputs = func(*tree_unflatten(inputs, spec), **kwargs)
        return unwrapped(func, layer, outputs, out_dims)

    return mapped


def name_of(func):
    """A function's name for messages."""
    return getattr(func, "__name__", repr(func))


# Arguments ----------------------------------------------------------------------------------------


def read_inputs(func, in_dims, args):
    """(leaves, structure, mapped dimension of each leaf) of the arguments."""
    if not isinstance(in_dims, (int, tuple)):
        raise ValueError(
            f"{call_of(func, in_dims)}expected `in_dims` to be int or a (potentially nested) tuple "
            f"matching the structure of inputs, got: {type(in_dims)}."
        )
    if not args:
        raise ValueError(
            f"vmap({name_of(func)})(<inputs>): got no inputs. Maybe you forgot to add inputs, or "
            "you are trying to vmap over a function with no inputs. The latter is unsupported."
        )
    leaves, spec = tree_flatten(args)
    dims = broadcast_prefix(in_dims, spec)
    if dims is None:
        raise ValueError(
            f"{call_of(func, in_dims)}in_dims is not compatible with the structure of `inputs`. "
            f"in_dims has structure {tree_structure(in_dims)} but inputs has structure {spec}."
        )
    dims = [None if d is None else checked_dim(func, in_dims, x, d) for x, d in zip(leaves, dims)]
    return leaves, spec, dims


def call_of(func, in_dims):
    """How messages begin."""
    return f"vmap({name_of(func)}, in_dims={in_dims}, ...)(<inputs>): "


def checked_dim(func, in_dims, x, dim):
    """A mapped dimension counted from the front."""
    rank = x._array.ndim if isinstance(x, Tensor) else -1
    if isinstance(dim, int) and -rank <= dim < rank:
        return dim + rank if dim < 0 else dim
    called = call_of(func, in_dims)
    if not isinstance(dim, int):
        raise ValueError(
            f"{called}Got in_dim={dim} for an input but in_dim must be either an integer dimension "
            "or None."
        )
    if not isinstance(x, Tensor):
        raise ValueError(
            f"{called}Got in_dim={dim} for an input but the input is of type {type(x)}. We cannot "
            "vmap over non-Tensor arguments, please use None as the respective in_dim"
        )
    raise ValueError(
        f"{called}Got in_dim={dim} for some input, but that input is a Tensor of "
        f"dimensionality {rank} so expected in_dim to satisfy -{rank} <= in_dim < {rank}."
    )


def batch_size(leaves, dims):
    """How many samples there are."""
    sizes = [x._array.shape[d] for x, d in zip(leaves, dims) if d is not None]
    if not sizes:
        raise ValueError("vmap: Expected at least one Tensor to vmap over")
    if sizes.count(sizes[0]) != len(sizes):
        raise ValueError(
            "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
            f"{sizes} for the mapped dimension"
        )
    return sizes[0]


# Results ------------------------------------------------------------------------------------------


def unwrapped(func, layer, outputs, out_dims):
    """The results, with their mapped dimensions where `out_dims` says."""
    leaves, spec = tree_flatten(outputs)
    dims = read_out_dims(func, out_dims, spec)
    return tree_unflatten([unwrap(func, layer, y, d) for y, d in zip(leaves, dims)], spec)


def read_out_dims(func, out_dims, spec):
    """Where each leaf of the results gets its mapped dimension."""
    if out_dims.__class__ is int:
        return [out_dims] * spec.num_leaves
    given, _ = tree_flatten(out_dims)
    called = f"vmap({name_of(func)}, ..., out_dims={out_dims})"
    if not all(d is None or isinstance(d, int) for d in given):
        raise ValueError(
            f"{called}: `out_dims` must be an int, None or a python collection of ints "
            "representing where in the outputs the vmapped dimension should appear."
        )
    if isinstance(out_dims, tuple) and len(out_dims) == 1 and spec.is_leaf():
        out_dims = out_dims[0]
    dims = broadcast_prefix(out_dims, spec)
    if dims is None:
        raise ValueError(
            f"{called}(<inputs>): out_dims is not compatible with the structure of `outputs`. "
            f"out_dims has structure {tree_structure(out_dims)} but outputs has structure {spec}."
        )
    return dims


def unwrap(func, layer, y, dim):
    """One result without its layer."""
    is_tensor = isinstance(y, Tensor)
    if dim is not None and is_tensor:
        below = layer.below(y)
        return below if dim == 0 else below.movedim(0, dim)
    called = f"vmap({name_of(func)}, ...): `{name_of(func)}`"
    if dim is not None:
        raise ValueError(
            f"{called} must only return Tensors, got type {type(y)}. Did you mean to set out_dims= "
            "to None for output?"
        )
    if is_tensor and layer.owns(y):
        raise ValueError(f"{called} can not return a BatchedTensor when out_dim is None")
    return y


def in_chunks(func, leaves, spec, dims, out_dims, randomness, chunk_size, kwargs):
    """The results computed for a number of samples at a time, and joined."""
    from rushlight.ops import cat

    parts = [
        None if d is None else x.split(chunk_size, d) for x, d in zip(leaves, dims, strict=True)
    ]
    count = max(len(part) for part in parts if part is not None)
    outputs = []
    state = default_generator.get_state() if randomness == "same" else None
    for i in range(count):
        if state is not None:
            default_generator.set_state(state)
        inputs = [x if part is None else part[i] for x, part in zip(leaves, parts, strict=True)]
        own = vmap(func, tree_unflatten(dims, spec), out_dims, randomness)
        outputs.append(own(*tree_unflatten(inputs, spec), **kwargs))
    flat, out_spec = zip(*map(tree_flatten, outputs), strict=True)
    joined = [
        each[0] if d is None else cat(each, d)
        for each, d in zip(
            zip(*flat, strict=True), read_out_dims(func, out_dims, out_spec[0]), strict=True
        )
    ]
    return tree_unflatten(joined, out_spec[0])
