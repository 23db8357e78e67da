"""What a tensor lets its user set and ask about derivatives: `requires_grad`, `grad`, hooks."""

from __future__ import annotations

import sys
import warnings
import weakref
from collections import OrderedDict

from rushlight import dtypes
from rushlight.autograd.saved import replace_saved
from rushlight.autograd.tape import (
    INFERENCE,
    Hooks,
    Output,
    added_hook,
    gradient_edge,
    hooks_of,
    modes,
)
from rushlight.autograd.views import begin_to_require_grad, retains_grad
from rushlight.explain import explained
from rushlight.tensor import Tensor, type_name

__all__ = [
    "backward_hooks",
    "grad_dtype",
    "register_hook",
    "register_post_accumulate_grad_hook",
    "retain_grad",
    "retains_grad",
    "set_data",
    "set_grad",
    "set_grad_dtype",
    "set_requires_grad",
    "warn_grad_of_non_leaf",
]


def set_requires_grad(tensor, value, what="floating point and complex dtype"):
    """`tensor.requires_grad = value`; `what` is what the refusal of integers says."""
    if not isinstance(value, bool):
        raise RuntimeError("requires_grad must be a bool")
    if not tensor.is_leaf:
        raise RuntimeError(
            "you can only change requires_grad flags of leaf variables."
            + (
                ""
                if value
                else " If you want to use a computed variable in a subgraph that doesn't require "
                "differentiation use var_no_grad = var.detach()."
            )
        )
    if value and tensor._array.dtype.kind not in "fcV":
        raise explained(RuntimeError(f"only Tensors of {what} can require gradients"))
    if value and tensor._counter is INFERENCE and not modes.inference:
        raise RuntimeError(
            "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed."
        )
    if value and not tensor._requires_grad:
        begin_to_require_grad(tensor)
    else:
        tensor._requires_grad = value


def set_grad(tensor, value):
    """`tensor.grad = value`."""
    if value is None:
        tensor._grad = None
        return
    if not isinstance(value, Tensor):
        raise TypeError(
            f"assigned grad expected to be a Tensor or None but got grad of type {type_name(value)}"
        )
    if value is tensor:
        raise RuntimeError("can't assign Variable as its own grad")
    expected = grad_dtype(tensor) if tensor.is_leaf else tensor.dtype
    if expected is not None and value.dtype is not expected:
        raise RuntimeError(
            f"attempting to assign a gradient with dtype '{dtypes.c_name(value.dtype)}' to a "
            f"tensor with grad_dtype '{expected.title}'. The gradient must match the tensor's "
            "grad_dtype (defaults to the tensor's dtype). You can set the tensor's grad_dtype "
            "attribute with a specific dtype, or None to allow any dtype. Set grad_dtype with "
            "caution. Diverging the dtypes of a tensor and its gradient may break downstream "
            "systems that assume they match."
        )
    if value._array.shape != tensor._array.shape:
        raise RuntimeError(
            f"attempting to assign a gradient of size '{list(value.shape)}' to a tensor of size "
            f"'{list(tensor.shape)}'. Please ensure that the gradient and the tensor are the same "
            "size"
        )
    tensor._grad = value


def set_data(tensor, value):
    """`tensor.data = value`: other memory, the same place on the tape, the same version.

    What saved a leaf for its derivative reads the new memory too.
    """
    if not isinstance(value, Tensor):
        raise TypeError(f"Variable data has to be a tensor, but got {type_name(value)}")
    if tensor._requires_grad and value._array.dtype.kind not in "fcV":
        raise RuntimeError(
            "data set to a tensor that requires gradients must be floating point or complex dtype"
        )
    if tensor.is_leaf and sys.getrefcount(tensor._counter) > _UNSAVED_COUNT:
        replace_saved(tensor, value._array)
    tensor._array = value._array


#: references to the version counter of a tensor that no Node saved: the tensor's, the argument's
_UNSAVED_COUNT = 2


def grad_dtype(tensor):
    """The dtype in which gradients of a leaf are accumulated; None for whatever arrives."""
    if not tensor.is_leaf:
        raise RuntimeError("grad_dtype can only be accessed on leaf tensors.")
    return tensor.__dict__.get("_grad_dtype", tensor.dtype)


def set_grad_dtype(tensor, value):
    """`tensor.grad_dtype = value`."""
    if not tensor.is_leaf:
        raise RuntimeError("grad_dtype can only be set on leaf tensors.")
    if value is not None and not isinstance(value, dtypes.dtype):
        raise RuntimeError(f"grad_dtype must be a torch.dtype or None, but got {type_name(value)}")
    if tensor._grad is not None and value not in (None, tensor._grad.dtype):
        raise RuntimeError(
            f"Cannot set grad_dtype to '{value.title}' because there is already a gradient with "
            f"dtype '{dtypes.c_name(tensor._grad.dtype)}'. Please clear the gradient "
            "(.grad = None) before changing grad_dtype, or ensure the new grad_dtype matches the "
            "existing gradient's dtype."
        )
    tensor.__dict__["_grad_dtype"] = value
    if tensor._hooks is None:
        tensor._hooks = Hooks()  # such a leaf is not for the ordinary pass


def warn_grad_of_non_leaf(tensor):
    """Say that `.grad` of a non-leaf stays None, unless it is retained."""
    if tensor.is_leaf or retains_grad(tensor):
        return
    warning = UserWarning(
        "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad "
        "attribute won't be populated during autograd.backward(). If you indeed want the .grad "
        "field to be populated for a non-leaf Tensor, use .retain_grad() on the non-leaf Tensor. "
        "If you access the non-leaf Tensor by mistake, make sure you access the leaf Tensor "
        "instead. See github.com/pytorch/pytorch/pull/30531 for more information."
    )
    warnings.warn(explained(warning, tensor=tensor), stacklevel=3)


# Hooks --------------------------------------------------------------------------------------------


def _hooks_at(tensor):
    """The hooks where this tensor's gradient passes, and its number there."""
    edge = gradient_edge(tensor)
    if edge is tensor:
        if tensor._hooks is None:
            tensor._hooks = Hooks()
        return tensor._hooks, 0
    return hooks_of(edge.node if isinstance(edge, Output) else edge), tensor.output_nr


def register_hook(tensor, hook):
    """Call `hook(grad)` when the gradient of `tensor` is known."""
    if not tensor._requires_grad:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    hooks, number = _hooks_at(tensor)
    return added_hook(hooks.of_tensor(number), hook)


def backward_hooks(tensor):
    """The hooks on the gradient of `tensor` by their numbers; None if there is none."""
    edge = tensor._node if tensor._node is not None else tensor
    node, number = (edge.node, edge.index) if isinstance(edge, Output) else (edge, 0)
    hooks = getattr(node, "_hooks", None) if isinstance(node, Tensor) else node.hooks
    known = None if hooks is None else hooks.tensor.get(number)
    return OrderedDict(known) if known else None


def register_post_accumulate_grad_hook(tensor, hook):
    """Call `hook(tensor)` after each accumulation into the `.grad` of this leaf."""
    if not tensor._requires_grad:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    if tensor.grad_fn is not None:
        raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
    return added_hook(_hooks_at(tensor)[0].accumulated, hook)


def retain_grad(tensor):
    """Keep the gradient of a non-leaf in its `.grad`."""
    if not tensor._requires_grad:
        raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
    if not tensor.is_leaf:
        hooks, number = _hooks_at(tensor)
        hooks.retained[number] = weakref.ref(tensor)
