"""`out=`: a result written into a tensor that the caller brings."""

from __future__ import annotations

import numpy as np

from rushlight.autograd.tape import modes
from rushlight.ops.inplace import check_places, check_writable
from rushlight.ops.warn import warn
from rushlight.tensor import Tensor, type_name

__all__ = ["replace_memory", "write_out", "written"]


def written(name, result, args, out):
    """`result`, or `out` with it written into it."""
    return result if out is None else write_out(name, result, args, out)


def write_out(name, result, args, out, resize_warns=True):
    """Write `result` (one Tensor or a tuple) into `out`, resized where needed, and return it.

    Raises:
        RuntimeError: something that requires grad is involved, or `out` can't hold the dtype.
        TypeError: `out` is no tensor.
    """
    if isinstance(result, tuple):
        if not isinstance(out, (tuple, list)) or len(out) != len(result):
            raise TypeError(
                f"{name}(): argument 'out' must be tuple of Tensors, not {type_name(out)}"
            )
        for each, target in zip(result, out, strict=True):
            check_out(name, each, args, target)
        for each, target in zip(result, out, strict=True):
            _write(each, target, resize_warns)
        return tuple(out)
    check_out(name, result, args, out)
    _write(result, out, resize_warns)
    return out


def check_out(name, result, args, out):
    """Refuse an `out` that may not be written to."""
    if not isinstance(out, Tensor):
        raise TypeError(f"{name}(): argument 'out' must be Tensor, not {type_name(out)}")
    if hasattr(result._array, "given"):
        raise RuntimeError(
            f"Batching rule not implemented for aten::{name}.out; the fallback path doesn't work "
            "on out= or view ops."
        )
    tensors = [x for x in args if isinstance(x, Tensor)]
    if modes.grad_enabled and (out._requires_grad or any(x._requires_grad for x in tensors)):
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic differentiation, "
            "but one of the arguments requires grad."
        )
    if modes.dual_level >= 0:
        from rushlight.autograd.forward_ad import tangent_of

        if any(tangent_of(x) is not None for x in (*tensors, out)):
            raise NotImplementedError(
                f"Trying to use forward AD with {name}_out that does not support it because it is "
                "an out= function"
            )
    check_writable(out)
    _check_places(name, tensors, out)
    if result.dtype is not out.dtype:
        from rushlight.ops.out_dtypes import refuse_dtype

        refuse_dtype(name, result.dtype, out.dtype)


#: what refuses to write where it reads
_APART = frozenset("cat gather index_select kthvalue masked_select take".split())


def _check_places(name, tensors, out):
    """Refuse memory where several elements lie in one place, or, for some functions, an input."""
    array = out._array
    if array.__class__ is not np.ndarray:
        return
    check_places(array)
    if name in _APART and any(np.may_share_memory(x._array, array) for x in tensors):
        raise RuntimeError(
            "unsupported operation: some elements of the input tensor and the written-to tensor "
            "refer to a single memory location. Please clone() the tensor before performing the "
            "operation."
        )


def _write(result, out, resize_warns):
    shape = result._array.shape
    if out._array.shape != shape:
        if out._array.size and resize_warns:
            warn(
                "An output with one or more elements was resized since it had shape "
                f"{list(out._array.shape)}, which does not match the required output shape "
                f"{list(shape)}. This behavior is deprecated, and in a future PyTorch release "
                "outputs will not be resized unless they have zero elements. You can explicitly "
                "reuse an out tensor t by resizing it, inplace, to zero elements with "
                "t.resize_(0)."
            )
        replace_memory(out, np.empty_like(out._array, shape=shape))
    if out._array.__class__ is np.ndarray:
        np.copyto(out._array, result._array, casting="unsafe")
    else:
        out._array[...] = result._array
    out._counter[0] += 1


def replace_memory(tensor, array):
    """Put other memory behind a tensor; its views keep the old one."""
    tensor._array = array
    tensor._base = None
