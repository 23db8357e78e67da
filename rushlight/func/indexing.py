"""`x[index]` and `x[index] = value` where tensors in the index are followed by transforms.

The positions can't be read, so they stay tensors: those for several dimensions are combined to
positions in these dimensions laid end to end.
"""

from __future__ import annotations

import math
from itertools import pairwise

from rushlight.autograd.layers import Layered, Lifted
from rushlight.tensor import Tensor

__all__ = ["getitem", "has_layers", "setitem"]

ALL = slice(None)


def has_layers(index):
    """Whether a transform follows a tensor in this index."""
    parts = index if isinstance(index, tuple) else (index,)
    return any(isinstance(p, Tensor) and isinstance(p._array, Layered) for p in parts)


def getitem(input, index):
    """`input[index]`."""
    parts = read(index)
    if not has_layers(parts):
        return input[parts]
    viewed, dims, positions = split(input, parts)
    flat, linear, shape, rest = laid_flat(viewed, dims, positions)
    picked = flat.index_select(0, linear.reshape(-1)).reshape(*shape, *rest)
    first = target_dim(dims)
    count = len(shape)
    if not first or not count:
        return picked
    return picked.movedim(tuple(range(count)), tuple(range(first, first + count)))


def setitem(input, index, value):
    """`input[index] = value`."""
    parts = read(index)
    if not has_layers(parts):
        input[parts] = value
        return
    viewed, dims, positions = split(input, parts)
    flat, linear, shape, rest = laid_flat(viewed, dims, positions)
    first, count = target_dim(dims), len(shape)
    value = value if isinstance(value, Tensor) else input.new_tensor(value)
    value = value.to(input.dtype).expand(*rest[:first], *shape, *rest[first:])
    if first and count:
        value = value.movedim(tuple(range(first, first + count)), tuple(range(count)))
    written = flat.index_copy(0, linear.reshape(-1), value.reshape(-1, *rest))
    sizes = [viewed.shape[d] for d in dims]
    back = written.reshape(*sizes, *rest).movedim(tuple(range(len(dims))), tuple(dims))
    viewed.copy_(back)


def read(index):
    """The parts of an index; what needs no layer to be read is as it is below."""
    parts = index if isinstance(index, tuple) else (index,)
    return tuple(plain(p) if isinstance(p, Tensor) else p for p in parts)


def plain(part):
    """A tensor of an index without the layers that are only tapes."""
    while isinstance(part._array, Lifted):
        part = part._array.value
    if isinstance(part._array, Layered) and part._array.dtype.kind == "b":
        raise RuntimeError(
            "vmap: We do not support batching operators that can support dynamic shape. Attempting "
            "to batch over indexing with a boolean mask."
        )
    return part


def split(input, parts):
    """(what the basic part of an index picks, the dimensions of it that have positions, these)."""
    from rushlight.ops import as_tensor

    taken = sum(p is not None and p is not Ellipsis for p in parts)
    missing = input.dim() - taken
    if Ellipsis not in [p for p in parts if not isinstance(p, Tensor)]:
        parts = (*parts, Ellipsis)
    basic, dims, positions, dim = [], [], [], 0
    for part in parts:
        if part is Ellipsis:
            basic += [ALL] * missing
            dim += missing
        elif isinstance(part, (Tensor, list)):
            basic.append(ALL)
            dims.append(dim)
            positions.append(as_tensor(part))
            dim += 1
        else:
            basic.append(part)
            dim += not isinstance(part, int)
    return input[tuple(basic)], dims, positions


def laid_flat(viewed, dims, positions):
    """(dimensions with positions laid end to end and in front, the positions there as a tensor, its
    shape, the shape of the other dimensions).
    """
    shape = list(viewed.shape)
    sizes = [shape[d] for d in dims]
    rest = [size for d, size in enumerate(shape) if d not in dims]
    front = viewed.movedim(tuple(dims), tuple(range(len(dims))))
    linear = 0
    for i, (size, where) in enumerate(zip(sizes, positions, strict=True)):
        where = (where < 0) * size + where
        linear = where * math.prod(sizes[i + 1 :]) + linear
    return front.reshape(math.prod(sizes), *rest), linear, tuple(linear.shape), rest


def target_dim(dims):
    """Where the dimensions of the positions go: in front, unless their places are neighbours."""
    adjacent = all(b == a + 1 for a, b in pairwise(dims))
    return dims[0] if adjacent else 0
