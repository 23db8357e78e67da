"""Copies: `clone`, `copy_`, `fill_`, and memory that changes its size."""

from __future__ import annotations

import numpy as np

from rushlight.autograd.tape import modes
from rushlight.autograd.views import check_in_place
from rushlight.explain.provenance import here, note_cut, note_write
from rushlight.formats import preserve_format
from rushlight.ops.inplace import (
    check_mapped,
    check_no_overlap,
    check_writable,
    is_straight,
    overwrite,
)
from rushlight.ops.layouts import check_format, contiguous_in, is_contiguous_in
from rushlight.ops.limits import check_fits_dtype
from rushlight.ops.meta import Meta
from rushlight.ops.op import number_as_array, opaque
from rushlight.ops.refused import no_such_form
from rushlight.ops.shape.views import _expand, expanded_shape
from rushlight.ops.straight import set_straight
from rushlight.ops.turned import Turned
from rushlight.tensor import NUMBER_TYPES, Tensor, note_expanded, type_name, wrap

__all__ = [
    "clone",
    "detach",
    "detach_",
    "fill",
    "fill_",
    "zero_",
]


@opaque(linear=True, takes_out=False, node="CloneBackward0", d_input=lambda g: g)
def _clone(input):
    """A copy in the same order of memory."""
    return input.copy(order="K")


@opaque(linear=True, takes_out=False, node="CloneBackward0", d_input=lambda g: g)
def _clone_contiguous(input):
    """A copy in the order of the dimensions."""
    return input.copy()


@opaque(linear=True, takes_out=False, node="CloneBackward0", d_input=lambda g: g)
def _clone_in(input, *, format):
    """A copy in a memory format."""
    return contiguous_in(format, input)


def clone(input, *, memory_format=None):
    """A copy, through which gradients flow.

    >>> import rushlight as torch
    >>> x = torch.zeros(2)
    >>> y = x.clone()
    >>> y[0] = 1
    >>> x
    tensor([0., 0.])
    """
    array = input._array
    if memory_format is None or memory_format is preserve_format:
        if array.flags.c_contiguous or not _overlaps(array):
            return _clone(input)
        return _clone_contiguous(input)
    check_format("clone", memory_format, array.ndim)
    return _clone_in(input, format=memory_format)


def _overlaps(array):
    return any(s == 0 and n > 1 for s, n in zip(array.strides, array.shape, strict=True))


def contiguous(input, memory_format=None):
    """Itself if the elements lie in order in memory, else a copy."""
    if memory_format is None:
        return input if input._array.flags.c_contiguous else _clone_contiguous(input)
    check_format("contiguous", memory_format, input._array.ndim)
    if is_contiguous_in(memory_format, input._array):
        return input
    if memory_format is preserve_format:
        raise RuntimeError("preserve memory format is unsupported by the contiguous operator")
    return _clone_in(input, format=memory_format)


def detach(input):
    """The same memory without history."""
    if input._requires_grad:
        note_cut("detach")
    array = input._array
    made = wrap(array if array.__class__ is np.ndarray else array.detached())
    made._counter = input._counter
    note_expanded(made, input)
    return made


def detach_(input):
    """Forget the history, in place.

    Raises:
        RuntimeError: the tensor is a view.
    """
    if input._base is not None:
        raise RuntimeError(
            "Can't detach views in-place. Use detach() instead. If you are using "
            "DistributedDataParallel (DDP) for training, and gradient_as_bucket_view is set as "
            "True, gradients are views of DDP buckets, and hence detach_() cannot be called on "
            "these gradients. To fix this error, please refer to the Optimizer.zero_grad() "
            "function in torch/optim/optimizer.py as the solution."
        )
    input._node = None
    input._requires_grad = False
    return input


def deep_copy(input, memo):
    """What `copy.deepcopy` makes of a tensor: its own memory, the same `requires_grad`.

    Raises:
        RuntimeError: the tensor is not a leaf.
    """
    if not input.is_leaf:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy "
            "protocol at the moment.  If you were attempting to deepcopy a module, this may be "
            "because of a torch.nn.utils.weight_norm usage, see "
            "https://github.com/pytorch/pytorch/pull/103001"
        )
    if id(input) in memo:
        return memo[id(input)]
    from copy import deepcopy

    made = object.__new__(type(input))
    memo[id(input)] = made
    _fill_slots(made, wrap(_copied_with_its_memory(input._array, memo)))
    made._requires_grad = input._requires_grad
    if input._grad is not None:
        made._grad = deepcopy(input._grad, memo)
    for name, value in input.__dict__.items():
        if name != "_accumulate_grad":
            made.__dict__[name] = deepcopy(value, memo)
    return made


def _copied_with_its_memory(array, memo):
    """A copy of an array; arrays on one memory get copies on one memory."""
    from rushlight.ops.shape.parts import origin_of, storage_of

    if array.__class__ is Turned:
        return Turned(_copied_with_its_memory(array.array, memo), array.turn)
    if array.__class__ is Meta:
        return array.copy("K")
    if not array.size:
        return array.copy()
    memory = storage_of(array).view(np.uint8)
    key = "memory", memory.__array_interface__["data"][0], memory.size
    if key not in memo:
        memo[key] = memory.copy(), array  # kept, so that the address stays its own
    offset = origin_of(array) * array.itemsize
    return np.ndarray(array.shape, array.dtype, memo[key][0], offset, array.strides)


def _fill_slots(made, source):
    for name in ("_array", "_node", "_grad", "_hooks", "_base", "_requires_grad", "_counter"):
        setattr(made, name, getattr(source, name))


# Writing into a tensor ----------------------------------------------------------------------------


@opaque(
    node="CopyBackwards",
    linear=True,
    takes_out=False,
    d_input=lambda g: _zeroed(g),
    d_src=lambda g: g,
)
def copied(input, src):
    """What `input` is after `src` was copied into it."""
    return src


def copy_(input, src, non_blocking=False):
    """`src` (or a number), broadcast and cast, written into `input`."""
    if isinstance(src, NUMBER_TYPES):
        check_writable(input)
        return fill_(input, src)
    if not isinstance(src, Tensor):
        raise TypeError(
            f"copy_(): argument 'other' (position 1) must be Tensor, not {type_name(src)}"
        )
    array = input._array
    if src._base is not None or input._base is not None:
        check_no_overlap(input, src)
    if src._array.dtype is array.dtype and set_straight(input, ..., src):
        return input
    check_in_place(input)
    if src._array.shape != array.shape:
        src = _expand(src, shape=expanded_shape_of_source(src, array.shape))
    if src._array.dtype is not array.dtype:
        src = src.to(input.dtype)
    overwrite(input, copied(input, src))
    return input


def expanded_shape_of_source(src, shape):
    """`shape`, if `src` broadcasts to it.

    Raises:
        RuntimeError: it doesn't.
    """
    if src._array.ndim > len(shape):
        raise RuntimeError(
            f"output with shape {list(shape)} doesn't match the broadcast shape "
            f"{list(_broadcast(shape, src._array.shape))}"
        )
    return expanded_shape_for_copy(src, shape)


def expanded_shape_for_copy(src, shape):
    """The shape to which `src` is expanded."""
    own = src._array.shape
    for i in range(1, len(own) + 1):
        if own[-i] not in (1, shape[-i]):
            raise RuntimeError(
                f"The size of tensor a ({shape[-i]}) must match the size of tensor b ({own[-i]}) "
                f"at non-singleton dimension {len(shape) - i}"
            )
    return expanded_shape(src, shape)


def _broadcast(shape, other):
    from rushlight.ops.shapes import broadcast_shapes

    return broadcast_shapes(shape, other)


@opaque(
    node=lambda value, node: f"FillBackward{node}",
    takes_out=False,
    d_input=lambda g: _zeroed(g),
)
def _filled(input, *, value, node):
    """What `input` is after all its elements were set to a number."""
    return np.full(input.shape, value, input.dtype)


@opaque(node="ZeroBackward0", linear=True, takes_out=False, d_input=lambda g: _zeroed(g))
def _zeroed(input):
    """What `input` is after all its elements were set to zero."""
    return np.zeros(input.shape, input.dtype)


@opaque(
    node=lambda node: f"FillBackward{node}",
    linear=True,
    takes_out=False,
    d_input=lambda g: _zeroed(g),
    d_value=lambda g: _total(g),
)
def _filled_with(input, value, *, node):
    """What `input` is after all its elements were set to a 0-d tensor of its dtype."""
    return np.broadcast_to(value, input.shape).copy()


@opaque(
    node="SumBackward0",
    linear=True,
    takes_out=False,
    d_input=lambda g, input_shape: _expand(g, shape=input_shape),
)
def _total(input):
    """The sum of all elements."""
    return np.add.reduce(input, axis=None)


def fill(input, value):
    """A tensor like `input` with all elements set to `value`.

    >>> import rushlight as torch
    >>> torch.fill(torch.zeros(2), 3)
    tensor([3., 3.])
    """
    return _fill(input, value)


def _fill(input, value, in_place=0):
    """`fill`; PyTorch numbers its Nodes from 2 on where it is done in place."""
    name = "fill_" if in_place else "fill"
    if isinstance(value, Tensor):
        if value._array.ndim:
            raise RuntimeError(
                f"{name} only supports 0-dimension value tensor but got tensor with "
                f"{value._array.ndim} dimensions."
            )
        return _filled_with(input, value.to(input.dtype), node=1 + in_place)
    if not isinstance(value, NUMBER_TYPES):
        given = (value,) if in_place else (input, value)
        raise no_such_form(name, given, "Tensor value", "Number value")
    check_fits_dtype(value, input.dtype)
    return _filled(input, value=number_as_array(value, input.dtype)[()], node=in_place)


def fill_(input, value):
    """Set all elements to `value`, in place."""
    if set_straight(input, ..., value):
        return input
    check_in_place(input)
    check_mapped(input, (value,), "fill")
    overwrite(input, _fill(input, value, 2), expanded=not isinstance(value, Tensor))
    return input


def zero_(input):
    """Set all elements to zero, in place."""
    if is_straight(input) and not modes.layers:
        version = input._counter[0]
        input._array.fill(0)
        input._counter[0] = version + 1
        if here[0]:
            note_write(input._counter)
        return input
    check_in_place(input)
    overwrite(input, _zeroed(input), expanded=True)
    return input
