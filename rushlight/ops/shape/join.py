"""Tensors put together (`cat`, `stack`) and cut into several (`split`, `chunk`, `unbind`)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from rushlight.autograd.tape import modes
from rushlight.explain import explained
from rushlight.ops import fast
from rushlight.ops.indexing.brackets import _basic_index, select_dim, slice_dim
from rushlight.ops.op import Op, in_dtype, meeting_dtype, opaque, registry, view
from rushlight.ops.refused import no_such_form
from rushlight.ops.shape.expand import atleast_1d, atleast_2d, atleast_3d
from rushlight.ops.shape.views import reshape
from rushlight.ops.shapes import normalize_dim, ordered, ordered_or_channels_last
from rushlight.tensor import Tensor, make_view, type_name, wrap

__all__ = [
    "cat",
    "chunk",
    "column_stack",
    "concat",
    "concatenate",
    "dsplit",
    "dstack",
    "hsplit",
    "hstack",
    "row_stack",
    "split",
    "split_with_sizes",
    "stack",
    "tensor_split",
    "unbind",
    "unsafe_chunk",
    "unsafe_split",
    "unsafe_split_with_sizes",
    "vsplit",
    "vstack",
]

# Together -----------------------------------------------------------------------------------------


class Join(Op):
    """An operation on a number of tensors that was fixed where it was declared.

    Code built for many tensors takes longer to compile than it ever saves: there both ways are
    loops.
    """

    promotes = True

    def __init__(self, function, rules, piece, **declared):
        super().__init__(function, rules, **declared)
        self.piece = fast.bind_to_kernels(piece)
        if len(self.arrays) > _BUILT:
            self.call = _general_call(self)

    def _array_backward(self):
        return _pieces_for

    def promote(self, args):
        """The tensors in the dtype in which they meet."""
        dtype = meeting_dtype(args)
        return [in_dtype(x, dtype) for x in args]


#: for so many tensors a straight-line call is built
_BUILT = 4


def _general_call(op):
    def call(*tensors, out=None, **options):
        return op.general(tensors, options, out)

    call.op = op
    return call


def _pieces_for(node, g, edges):
    """The gradients of the joined arrays: pieces of the gradient of the whole."""
    piece, options = node.op.piece, node.saved
    return [None if edge is None else piece(g, i, *options) for i, edge in enumerate(edges)]


def _cat_kernel(*arrays, dim, bounds):
    return ordered_or_channels_last(np.concatenate(arrays, dim))


def _stack_kernel(*arrays, dim):
    shape = arrays[0].shape
    new = (*shape[:dim], 1, *shape[dim:])
    return ordered(np.concatenate([array.reshape(new) for array in arrays], dim))


def _block_diag_kernel(*arrays, bounds):
    rows, columns = bounds[-1]
    result = np.zeros((rows.stop, columns.stop), arrays[0].dtype)
    for array, place in zip(arrays, bounds, strict=True):
        result[place] = array
    return result


def _cat_piece(g, i, dim, bounds):
    return slice_dim(g, dim, bounds[i], bounds[i + 1])


def _stack_piece(g, i, dim):
    return select_dim(g, dim, i)


def _block_diag_piece(g, i, bounds):
    return _basic_index(g, index=bounds[i])


def _cat_rule(i):
    return lambda g, dim, bounds: _cat_piece(g, i, dim, bounds)


def _stack_rule(i):
    return lambda g, dim: _stack_piece(g, i, dim)


def _block_diag_rule(i):
    return lambda g, bounds: _block_diag_piece(g, i, bounds)


_KERNELS = {
    "cat": (_cat_kernel, _cat_rule, _cat_piece),
    "stack": (_stack_kernel, _stack_rule, _stack_piece),
    "block_diag": (_block_diag_kernel, _block_diag_rule, _block_diag_piece),
}
_declared: dict = {}


def joining(name, count):
    """The operation that joins so many tensors, declared when first needed."""
    op = _declared.get((name, count))
    if op is None:
        kernel, rule, piece = _KERNELS[name]
        arrays = [f"x{i}" for i in range(count)]
        rules = {f"d_{array}": rule(i) for i, array in enumerate(arrays)}
        function = _with_parameters(kernel, name, arrays)
        of_two = registry.get(name)
        op = _declared[name, count] = Join(function, rules, piece, linear=True, result="same").call
        registry[name] = of_two or op.op  # the operation on two tensors stands for all
    return op


def _with_parameters(kernel, name, arrays):
    """A kernel of a fixed number of arrays."""
    options = kernel.__code__.co_varnames[: kernel.__code__.co_kwonlyargcount]
    passed = ", ".join(f"{option}={option}" for option in options)
    names = ", ".join(arrays)
    source = f"def {name}({names}, *, {', '.join(options)}): return kernel({names}, {passed})"
    made: dict = {}
    exec(source, {"kernel": kernel, "__name__": __name__}, made)
    made[name].__doc__ = f"`{name}` of {len(arrays)} tensors."
    return made[name]


def _plain_arrays(tensors):
    """The arrays of tensors of one dtype, where nothing is to be recorded; None otherwise."""
    plain = tensors.__class__ is list or tensors.__class__ is tuple
    if not plain or fast.is_intercepted() or modes.dual_level >= 0:
        return None
    recording = modes.grad_enabled
    try:
        dtype = tensors[0]._array.dtype
        arrays = []
        for x in tensors:
            array = x._array
            if (x._requires_grad and recording) or array.__class__ is not np.ndarray:
                return None
            if array.dtype is not dtype:
                return None
            arrays.append(array)
    except Exception:
        return None  # the ordinary way says what is wrong
    return arrays


def cat(tensors, dim=0, *, axis=None, out=None):
    """The tensors one after another along an existing dimension.

    >>> import rushlight as torch
    >>> torch.cat([torch.zeros(1, 2), torch.ones(2, 2)])
    tensor([[0., 0.],
            [1., 1.],
            [1., 1.]])
    """
    dim = dim if axis is None else axis
    if out is None:
        made = _cat_alike(tensors, dim)
        if made is not None:
            return made
    tensors = sequence_of_tensors("cat", tensors)
    kept = [x for x in tensors if x._array.shape != (0,)] or tensors
    first = kept[0]._array.shape
    dim = normalize_dim(dim, len(first))
    bounds = _bounds(kept, dim, first)
    dtype = meeting_dtype(tensors) if len(kept) != len(tensors) else None
    if dtype is not None:
        kept = [x.to(dtype) for x in kept]
    return joining("cat", len(kept))(*kept, dim=dim, bounds=bounds, out=out)


def _cat_alike(tensors, dim):
    """`cat` of tensors about which there is nothing to say; None for others."""
    arrays = _plain_arrays(tensors)
    if arrays is not None:
        return _cat_arrays(arrays, dim)
    if isinstance(tensors, Tensor):
        return None  # refused, though it could be iterated over
    bounds = [0]
    try:
        for x in tensors:
            shape = x._array.shape
            bounds.append(bounds[-1] + shape[dim])
            if len(shape) < 2:
                return None
        dim = dim + len(shape) if dim < 0 else dim
        return joining("cat", len(tensors))(*tensors, dim=dim, bounds=tuple(bounds))
    except Exception:
        return None  # the ordinary way says what is wrong


def _cat_arrays(arrays, dim):
    try:
        return wrap(ordered_or_channels_last(np.concatenate(arrays, dim)))
    except Exception:
        return None  # an empty vector goes with everything, or the ordinary way says what is wrong


def concat(tensors, dim=0, *, axis=None, out=None):
    """Another name of `cat`."""
    return cat(tensors, dim, axis=axis, out=out)


def concatenate(tensors, dim=0, *, axis=None, out=None):
    """Another name of `cat`."""
    return cat(tensors, dim, axis=axis, out=out)


def sequence_of_tensors(name, tensors):
    """The argument `tensors` as a list of Tensors."""
    if not isinstance(tensors, (list, tuple)):
        raise TypeError(
            f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not "
            f"{type_name(tensors)}"
        )
    for i, x in enumerate(tensors):
        if not isinstance(x, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type_name(x)}")
    if not tensors:
        if name == "cat":
            raise ValueError("torch.cat(): expected a non-empty list of Tensors")
        raise RuntimeError(f"{name} expects a non-empty TensorList")
    return list(tensors)


def _bounds(tensors, dim, first):
    bounds = [0]
    for i, x in enumerate(tensors):
        shape = x._array.shape
        if not shape:
            raise RuntimeError(f"zero-dimensional tensor (at position {i}) cannot be concatenated")
        if shape != first:
            _check_joins(first, shape, dim, i)
        bounds.append(bounds[-1] + shape[dim])
    return tuple(bounds)


def _check_joins(first, shape, dim, position):
    if len(first) != len(shape):
        raise explained(
            RuntimeError(
                f"Tensors must have same number of dimensions: got {len(first)} and {len(shape)}"
            )
        )
    for d, (a, b) in enumerate(zip(first, shape, strict=True)):
        if d != dim and a != b:
            raise explained(
                RuntimeError(
                    f"Sizes of tensors must match except in dimension {dim}. Expected size {a} "
                    f"but got size {b} for tensor number {position} in the list."
                )
            )


def stack(tensors, dim=0, *, out=None, axis=None):
    """The tensors, all of one shape, side by side along a new dimension.

    >>> import rushlight as torch
    >>> torch.stack([torch.tensor([1, 2]), torch.tensor([3, 4])], 1)
    tensor([[1, 3],
            [2, 4]])
    """
    dim = dim if axis is None else axis
    if out is None:
        made = _stack_alike(tensors, dim)
        if made is not None:
            return made
    tensors = sequence_of_tensors("stack", tensors)
    first = tensors[0]._array.shape
    dim = normalize_dim(dim, len(first) + 1)
    for i, x in enumerate(tensors):
        if x._array.shape != first:
            raise explained(
                RuntimeError(
                    f"stack expects each tensor to be equal size, but got {list(first)} at entry 0 "
                    f"and {list(x._array.shape)} at entry {i}"
                )
            )
    return joining("stack", len(tensors))(*tensors, dim=dim, out=out)


def _stack_alike(tensors, dim):
    """`stack` of tensors about which there is nothing to say; None for others."""
    arrays = _plain_arrays(tensors)
    if arrays is None:
        return None
    shape = arrays[0].shape
    if any(array.shape != shape for array in arrays):
        return None
    if dim == 0 and shape:
        return wrap(ordered_or_channels_last(np.concatenate(arrays)).reshape(len(arrays), *shape))
    dim = normalize_dim(dim, len(shape) + 1)
    return wrap(_stack_kernel(*arrays, dim=dim))


for _name in _KERNELS:
    joining(_name, 2)


def hstack(tensors, *, out=None):
    """Joined along the second dimension; vectors end to end."""
    tensors = atleast_1d(sequence_of_tensors("hstack", tensors))
    return cat(tensors, 0 if tensors[0]._array.ndim == 1 else 1, out=out)


def vstack(tensors, *, out=None):
    """Joined along the first dimension; vectors as rows."""
    return cat(atleast_2d(sequence_of_tensors("vstack", tensors)), 0, out=out)


def row_stack(tensors, *, out=None):
    """Another name of `vstack`."""
    return vstack(tensors, out=out)


def dstack(tensors, *, out=None):
    """Joined along the third dimension."""
    return cat(atleast_3d(sequence_of_tensors("dstack", tensors)), 2, out=out)


def column_stack(tensors, *, out=None):
    """Joined along the second dimension; vectors as columns."""
    tensors = sequence_of_tensors("column_stack", tensors)
    columns = [x if x._array.ndim > 1 else reshape(x, (x._array.size, 1)) for x in tensors]
    return hstack(columns, out=out)


# Apart --------------------------------------------------------------------------------------------


def _pieces(input, dim, bounds):
    before = (slice(None),) * dim
    return tuple(input[(*before, slice(*pair))] for pair in pairwise(bounds))


@view(
    linear=True,
    outputs="many",
    node=lambda name, dim, bounds: name,
    d_input=lambda g, dim: cat(g, dim),
)
def _split(input, *, name, dim, bounds):
    """The pieces of a dimension between `bounds`."""
    return _pieces(input, dim, bounds)


@view(
    linear=True,
    outputs="many",
    node="UnbindBackward0",
    d_input=lambda g, dim, input_shape: stack(g, dim),
)
def _unbind(input, *, dim):
    """The parts at all positions of a dimension."""
    moved = input.swapaxes(0, dim) if dim == 1 else np.moveaxis(input, dim, 0) if dim else input
    return tuple(moved[i, ...] for i in range(moved.shape[0]))


def several_views(call, input, **options):
    """The views that an operation makes: at once where nothing is recorded or watched."""
    if modes.layers or fast.is_intercepted() or (input._requires_grad and modes.grad_enabled):
        return call(input, **options)
    if input._array.__class__ is not np.ndarray:
        return call(input, **options)
    op = call.op
    replay = input, op, tuple(options.values())
    made = tuple(map(wrap, op.kernel(input._array, **options)))
    for each in made:
        make_view(each, input, replay, "several")
    return made


def unbind(input, dim=0):
    """The parts at all positions of a dimension, as a tuple of views.

    >>> import rushlight as torch
    >>> torch.unbind(torch.tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    ndim = input._array.ndim
    if not ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return several_views(_unbind, input, dim=normalize_dim(dim, ndim))


def split(tensor, split_size_or_sections, dim=0):
    """Pieces of `split_size` along a dimension (the last may be smaller), or of the sizes given.

    >>> import rushlight as torch
    >>> torch.split(torch.arange(5), 2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    if isinstance(split_size_or_sections, (list, tuple)):
        if not tensor._array.ndim:
            raise RuntimeError("split expects at least a 1-dimensional tensor")
        return split_with_sizes(tensor, split_size_or_sections, dim)
    if not hasattr(split_size_or_sections, "__index__"):
        raise TypeError(
            "split_with_sizes(): argument 'split_sizes' (position 2) must be tuple of ints, not "
            f"{type_name(split_size_or_sections)}"
        )
    return _split_evenly(tensor, split_size_or_sections, dim, "SplitBackward0")


def _split_evenly(input, size, dim, name):
    shape = input._array.shape
    if not shape:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    size = size.__index__()
    if size < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={size}")
    dim = normalize_dim(dim, len(shape))
    whole = shape[dim]
    if size == 0 and whole:
        raise RuntimeError(
            f"split_size can only be 0 if dimension size is 0, but got dimension size of {whole}"
        )
    count = max(-(-whole // size), 1) if size else 1
    bounds = tuple(min(i * size, whole) for i in range(count + 1))
    return several_views(_split, input, name=name, dim=dim, bounds=bounds)


def split_with_sizes(input, split_sizes, dim=0):
    """Pieces of the sizes given, which must sum to the size of the dimension."""
    return _split_with_sizes(input, split_sizes, dim, "SplitWithSizesBackward0")


def _split_with_sizes(input, split_sizes, dim, name):
    shape = input._array.shape
    if not shape:
        raise RuntimeError("split_with_sizes expects at least a 1-dimensional tensor")
    dim = normalize_dim(dim, len(shape))
    sizes = [size.__index__() for size in split_sizes]
    bounds = [0]
    for size in sizes:
        if size < 0:
            raise RuntimeError(
                "split_with_sizes expects split_sizes have only non-negative entries, but got "
                f"split_sizes={sizes}"
            )
        bounds.append(bounds[-1] + size)
    if bounds[-1] != shape[dim]:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {shape[dim]} (input tensor's "
            f"size at dimension {dim}), but got split_sizes={sizes}"
        )
    return several_views(_split, input, name=name, dim=dim, bounds=tuple(bounds))


def chunk(input, chunks, dim=0):
    """Up to `chunks` pieces of equal size along a dimension; the last may be smaller.

    >>> import rushlight as torch
    >>> torch.chunk(torch.arange(5), 2)
    (tensor([0, 1, 2]), tensor([3, 4]))
    """
    return _chunk(input, chunks, dim, "SplitBackward0")


def _chunk(input, chunks, dim, name):
    shape = input._array.shape
    if not shape:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    dim = normalize_dim(dim, len(shape))
    size = -(-shape[dim] // chunks)
    if size == 0:
        return _split(input, name=name, dim=dim, bounds=(0,) * (chunks + 1))
    return _split_evenly(input, size, dim, name)


@opaque(
    linear=True,
    outputs="many",
    takes_out=False,
    node=lambda name, dim, bounds: name,
    d_input=lambda g, dim: cat(g, dim),
)
def _unsafe_split(input, *, name, dim, bounds):
    """The pieces of a dimension between `bounds`: the same memory, but no views to the tape."""
    return tuple(_pieces(input, dim, bounds))


def _let_go(pieces):
    """The pieces that a `split` gave, as tensors that may be changed in place."""
    if modes.layers:
        return pieces  # a transform's are followed by themselves
    source, _, (name, dim, bounds) = pieces[0]._replay
    return _unsafe_split(source, name=name, dim=dim, bounds=bounds)


def unsafe_chunk(input, chunks, dim=0):
    """`chunk`, whose pieces may be changed in place: to the tape they are no views."""
    return _let_go(_chunk(input, chunks, dim, "UnsafeSplitBackward0"))


def unsafe_split(tensor, split_size, dim=0):
    """`split`, whose pieces may be changed in place: to the tape they are no views."""
    return _let_go(_split_evenly(tensor, split_size, dim, "UnsafeSplitBackward0"))


def unsafe_split_with_sizes(input, split_sizes, dim=0):
    """`split_with_sizes`, whose pieces may be changed in place: to the tape they are no views."""
    name = "UnsafeSplitWithSizesBackward0"
    return _let_go(_split_with_sizes(input, split_sizes, dim, name))


def tensor_split(input, indices_or_sections, dim=0):
    """A number of pieces of nearly equal size, or the pieces between the indices given.

    >>> import rushlight as torch
    >>> torch.tensor_split(torch.arange(5), 2)
    (tensor([0, 1, 2]), tensor([3, 4]))
    """
    shape = input._array.shape
    if not shape:
        raise RuntimeError(
            "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims"
        )
    dim = normalize_dim(dim, len(shape))
    size = shape[dim]
    if isinstance(indices_or_sections, Tensor):
        indices_or_sections = _split_points(indices_or_sections)
    if isinstance(indices_or_sections, (list, tuple)):
        points = [i.__index__() for i in indices_or_sections]
        starts, stops = [0, *points], [*points, size]
    else:
        sections = indices_or_sections
        if sections <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {sections}")
        short, longer = divmod(size, sections)
        stops = [(i + 1) * short + min(i + 1, longer) for i in range(sections)]
        starts = [0, *stops[:-1]]
    return tuple(slice_dim(input, dim, a, b) for a, b in zip(starts, stops, strict=True))


def _split_points(tensor):
    array = tensor._array
    if array.dtype != np.int64:
        raise RuntimeError(
            "tensor_split expected tensor_indices_or_sections to have dtype of long, but got "
            f"{tensor.dtype.title}"
        )
    if array.ndim > 1:
        raise RuntimeError(
            "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or "
            f"one-dimensional tensor, but got a tensor with {array.ndim} dims"
        )
    return array.tolist()


def hsplit(input, indices_or_sections):
    """Cut along the second dimension; a vector along its only one."""
    return _split_along("hsplit", input, indices_or_sections, 1)


def vsplit(input, indices_or_sections):
    """Cut along the first dimension."""
    return _split_along("vsplit", input, indices_or_sections, 0)


def dsplit(input, indices_or_sections):
    """Cut along the third dimension."""
    return _split_along("dsplit", input, indices_or_sections, 2)


_LEAST = {"hsplit": 1, "vsplit": 2, "dsplit": 3}


def _split_along(name, input, indices_or_sections, dim):
    shape = input._array.shape
    if len(shape) < _LEAST[name]:
        raise RuntimeError(
            f"torch.{name} requires a tensor with at least {_LEAST[name]} dimension, but got a "
            f"tensor with {len(shape)} dimensions!"
        )
    dim = 0 if len(shape) == 1 else dim
    if not isinstance(indices_or_sections, (int, list, tuple)):
        raise no_such_form(
            name,
            (input, indices_or_sections),
            "Tensor input, int sections",
            "Tensor input, tuple of ints indices",
        )
    if isinstance(indices_or_sections, int):
        if indices_or_sections == 0 or shape[dim] % indices_or_sections:
            raise RuntimeError(
                f"torch.{name} attempted to split along dimension {dim}, but the size of the "
                f"dimension {shape[dim]} is not divisible by the split_size {indices_or_sections}!"
            )
    return tensor_split(input, indices_or_sections, dim)
