"""In-place forms: an operation's result written into its first argument, with its history."""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.autograd.tape import INFERENCE, UNSAVED, gradient_edge, modes
from rushlight.autograd.views import check_in_place, check_not_inference, rebase
from rushlight.explain import explained
from rushlight.explain.provenance import here, note_write
from rushlight.ops import fast
from rushlight.ops.op import special_array
from rushlight.ops.warn import warn
from rushlight.tensor import Tensor, wrap

__all__ = ["check_mapped", "count_write", "in_place", "is_straight", "overwrite"]


def in_place(function, self, *args, **kwargs):
    """`self = function(self, ...)` in the memory of `self`: what `add_`, `mul_`, ... do.

    Raises:
        RuntimeError: `self` is a leaf that requires grad; or the result has another shape, or a
            dtype that `self` can't hold. Then `self` is unchanged.
    """
    if _straight(function, self, args, kwargs):
        return self
    check_in_place(self)
    check_mapped(self, args, function.__name__)
    op = getattr(function, "op", None)
    if op is not None and op.broadcasts:
        check_no_overlap(self, *args)
    elif function.__name__ in _AT_POSITIONS:
        check_no_overlap(self, *args, same=True)
    result = function(_as_operand(self), *args, **kwargs)
    check_holds(self, result, function.__name__)
    overwrite(self, result, expanded=_may_be_expanded(self, function.__name__))
    return self


def check_mapped(self, others, name):
    """Refuse the in-place operation `name` where a transform can't follow it."""
    if modes.layers:
        modes.layers[-1].check_write(self, others, name.strip("_"))


def _may_be_expanded(self, name):
    """Whether places that lie in one may be written to, of which PyTorch only warns here."""
    if name not in ("masked_fill", "index_fill"):
        return False
    if is_expanded(self):
        warn(
            f"Use of {name}_ on expanded tensors is deprecated. Please clone() the tensor before "
            "performing this operation. This also applies to advanced indexing e.g. "
            "tensor[mask] = scalar"
        )
    return True


def _straight(function, self, args, kwargs):
    """Where nothing is recorded or watched, let NumPy write the result where it belongs."""
    op = getattr(function, "op", None)
    if op is None or op.ufunc is None or not is_straight(self):
        return False
    array = self._array
    operands = [array]
    for x in args:
        if x.__class__ is bool and not op.counts_bools:
            return False
        operand = _exact(x, array.dtype)
        if kwargs:
            operand = _times_alpha(operand, array.dtype, **kwargs)
        if operand is None:
            return False
        operands.append(operand)
    version = self._counter[0]
    try:
        if array.ndim:
            op.ufunc(*operands, array)
        else:  # NumPy takes longer to change one number in place
            result = op.ufunc(*operands)
            if result.dtype is not array.dtype:
                return False
            array[()] = result
    except (TypeError, ValueError):
        return False  # nothing was written; the ordinary way says what is wrong
    self._counter[0] = version + 1
    if here[0]:
        note_write(self._counter)
    return True


def _exact(x, dtype):
    """An operand as an array of the dtype, if it is one or becomes one in the same way; or None."""
    if isinstance(x, Tensor):
        array = x._array
        recorded = x._requires_grad and modes.grad_enabled
        return None if recorded or array.dtype is not dtype else array
    if dtype.kind == "i":
        small = x.__class__ is int and -128 <= x < 128
        return np.asarray(x, dtype) if small else None
    made = None if x.__class__ is complex else fast.number_array(x, dtype)
    return made if getattr(made, "dtype", None) is dtype else None


def _times_alpha(operand, dtype, alpha=None, **others):
    """What `add_` and `sub_` scale an operand to; None if it isn't as simple as that."""
    if others or operand is None:
        return None
    if alpha.__class__ is int and alpha == 1:
        return operand
    simple = dtype.kind == "f" and alpha.__class__ in (int, float)
    return np.multiply(operand, fast.number_array(alpha, dtype)) if simple else None


def is_straight(self):
    """Whether `self` can be written to at once: no view, no history, nobody watching."""
    flags = self._array.flags
    if self._base is not None or fast.is_intercepted():
        return False
    if not flags.carray and (not flags.writeable or is_expanded(self)):
        return False
    if self._counter is INFERENCE:
        return False
    return not (self._requires_grad and modes.grad_enabled)


def count_write(self):
    """Count that the memory of `self` was written to, and remember where."""
    self._counter[0] += 1
    if here[0]:
        note_write(self._counter)


def overwrite(self, result, expanded=False):
    """Write a result into `self`, with its history; `self` may be `expanded` if it is constant."""
    both = self._array.__class__ is result._array.__class__ is np.ndarray
    if both and is_straight(self) and not result._requires_grad:
        np.copyto(self._array, result._array, casting="unsafe")
        count_write(self)
        return
    check_in_place(self, recorded=result._requires_grad)
    special = special_array((self, result))
    if special is None:
        check_writable(self, expanded)
    edge = result._node
    if edge is not None:
        _keep_saved_values(edge, self)
    elif self._requires_grad and modes.grad_enabled:
        edge = _edge_of_constant(self)
    if special is None:
        np.copyto(self._array, result._array, casting="unsafe")
    else:
        special.write(self, result)
    if modes.dual_level >= 0:
        from rushlight.autograd.forward_ad import overwrite_tangent

        overwrite_tangent(self, result)
    count_write(self)
    if edge is not None and modes.grad_enabled:
        if self._array is not result._array:
            _move_saved_result(edge, self, result)
        rebase(self, edge)


def _edge_of_constant(self):
    """The history of `self` once it is overwritten with what depends on nothing."""
    from rushlight.ops.creation.copies import _zeroed

    return _zeroed(self)._node


def _as_operand(self):
    """`self` as an ordinary operand, which keeps its history when `self` moves on."""
    if not modes.grad_enabled:
        return self
    array = self._array
    # what hooks keep must not change with `self`, nor what tangents were computed from
    kept = modes.saved_tensors_hooks or modes.dual_level >= 0 or array.__class__ is not np.ndarray
    operand = wrap(copy_of(array) if kept else array)
    operand._requires_grad = self._requires_grad
    edge = gradient_edge(self)
    operand._node = None if edge is self else edge
    if not kept:
        operand._counter = self._counter
    if modes.dual_level >= 0:
        operand.__dict__.update(self.__dict__)
    return operand


def _keep_saved_values(node, self):
    """What the Node saved of its first argument is about to be overwritten: save a copy instead.

    If `self` is another argument too, that one is lost, and a backward pass will say so.
    """
    op = getattr(node, "op", None)
    if op is None or op.arrays[0] not in op.saved_arrays:
        return
    name = op.arrays[0]
    place = op.saved_names.index(name)
    if node.saved[place] is not self._array:
        return
    values, guards = list(node.saved), list(node.guards)
    values[place] = copy_of(self._array)
    place = 2 * op.saved_arrays.index(name)
    guards[place : place + 2] = UNSAVED, 0
    node.saved, node.guards = tuple(values), tuple(guards)


def copy_of(array):
    """A copy of an array, or of what stands for one."""
    return array.copy() if array.__class__ is np.ndarray else array.duplicate()


def _move_saved_result(node, self, result):
    """What the Node saved of its output now lies in `self`, and is guarded by its counter."""
    if not getattr(node, "saved", None):
        return
    node.saved = tuple(self._array if v is result._array else v for v in node.saved)
    guards = list(node.guards)
    for i in range(0, len(guards), 2):
        if guards[i] is result._counter:
            guards[i : i + 2] = self._counter, self._counter[0]
    node.guards = tuple(guards)


def check_holds(self, result, name=None):
    """Refuse a result of the function `name` that `self` can't hold."""
    if result._array.dtype is not self._array.dtype:
        into, of = dtypes.of(self._array), dtypes.of(result._array)
        if not dtypes.can_cast(of, into) or name == "float_power":
            from rushlight.ops.out_dtypes import in_place_refusal

            raise explained(RuntimeError(in_place_refusal(name, of, into)))
    if result._array.shape != self._array.shape:
        if name in ("addmm", "addmv", "baddbmm"):
            raise RuntimeError(
                f"Bad in-place call: input tensor size {list(self.shape)} and output tensor size "
                f"{list(result.shape)} should match"
            )
        raise RuntimeError(
            f"output with shape {list(self.shape)} doesn't match the broadcast shape "
            f"{list(result.shape)}"
        )


def check_no_overlap(self, *others, same=False):
    """Refuse to write where another operand lies in other places of the same memory.

    Only arrays without gaps are compared, as in PyTorch: others would have to be searched.

    Args:
        self: what is to be written to.
        others: the operands; what is no Tensor is left out.
        same: whether to refuse operands in the very same places too.
    """
    for other in others:
        if isinstance(other, Tensor) and (same or other is not self):
            if _overlap(self._array, other._array, same):
                raise RuntimeError(
                    "unsupported operation: some elements of the input tensor and the written-to "
                    "tensor refer to a single memory location. Please clone() the tensor before "
                    "performing the operation."
                )


#: what writes at positions, and so may not read where it writes
_AT_POSITIONS = frozenset(
    "index_add index_copy index_fill index_reduce put scatter scatter_add scatter_reduce".split()
)


def _overlap(one, other, same):
    if one.__class__ is not np.ndarray or other.__class__ is not np.ndarray:
        return False
    if not np.may_share_memory(one, other) or not (_has_no_gaps(one) and _has_no_gaps(other)):
        return False
    if same or one.ctypes.data != other.ctypes.data or one.nbytes != other.nbytes:
        return True
    return not (one.strides == other.strides or one.size < 2)


def _has_no_gaps(array):
    expected = array.itemsize
    sizes = zip(array.strides, array.shape, strict=True)
    for stride, size in sorted((stride, size) for stride, size in sizes if size != 1):
        if stride != expected:
            return False
        expected *= size
    return True


def check_writable(self, expanded=False):
    """Refuse memory where several elements lie in one place, as `expand` makes it.

    Unless `expanded`: all elements become the same.
    """
    check_not_inference(self)
    if modes.mutation is not None:
        modes.mutation.before_write(self)
    array = self._array
    if not expanded and is_expanded(self):
        check_places(array)
    if not array.flags.writeable:
        raise RuntimeError("the memory of this tensor is read-only: clone() it before changing it")


def is_expanded(self):
    """Whether the user made elements share their places, as `expand` does; gradients may, too."""
    made = self._base is not None or getattr(self, "_creation", None) == "expanded"
    return made and has_shared_places(self._array)


def has_shared_places(array):
    """Whether several elements lie in one place, as `expand` makes it."""
    return bool(array.size) and any(
        stride == 0 and size > 1 for stride, size in zip(array.strides, array.shape, strict=True)
    )


def check_places(array):
    """Refuse to write where several elements lie in one place, as `expand` makes it."""
    if has_shared_places(array):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a "
            "single memory location. Please clone() the tensor before performing the operation."
        )
