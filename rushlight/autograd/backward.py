"""The ways into a backward pass, and what a tensor lets its user set and ask about derivatives."""

from __future__ import annotations

import warnings
import weakref

import numpy as np

from rushlight.autograd import engine
from rushlight.autograd.tape import (
    Hooks,
    Output,
    RemovableHandle,
    gradient_edge,
    hooks_exist,
)
from rushlight.tensor import Tensor, type_name, wrap

__all__ = [
    "backward",
    "grad",
    "register_hook",
    "register_post_accumulate_grad_hook",
    "retain_grad",
    "retains_grad",
    "set_data",
    "set_grad",
    "set_requires_grad",
    "warn_grad_of_non_leaf",
]


def backward(
    tensors,
    grad_tensors=None,
    retain_graph=None,
    create_graph=False,
    grad_variables=None,
    inputs=None,
):
    """Add the derivatives of `tensors` by the leaves to the leaves' `.grad`.

    Args:
        tensors: a Tensor or a sequence of them.
        grad_tensors: their gradients; may be left out for tensors of one element.
        retain_graph: keep what was saved for another pass; by default as `create_graph`.
        create_graph: record the pass, so that the gradients can be differentiated.
        inputs: accumulate into these tensors only.

    >>> import rushlight as torch
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> torch.autograd.backward(x * x)
    >>> x.grad
    tensor(6.)
    """
    if grad_tensors is None and inputs is None and not create_graph and engine.is_ordinary():
        tensor = tensors[0] if isinstance(tensors, (tuple, list)) and len(tensors) == 1 else tensors
        if isinstance(tensor, Tensor) and tensor._base is None and tensor._node is not None:
            one = _ONES.get((tensor._array.shape, tensor._array.dtype.char))
            if one is not None and grad_variables is None:
                engine.run_ordinary(tensor._node, one, bool(retain_graph))
                return
    tensors = as_tuple(tensors)
    if inputs is not None and len(as_tuple(inputs)) == 0:
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    grad_tensors = grad_variables if grad_tensors is None else grad_tensors
    gradients = root_gradients(tensors, grad_tensors)
    edges = root_edges(tensors)
    keep = create_graph if retain_graph is None else retain_graph
    if inputs is None:
        engine.run(edges, gradients, keep_graph=keep, create_graph=create_graph)
        return
    targets = as_tuple(inputs)
    found = engine.run(
        edges,
        gradients,
        keep_graph=keep,
        create_graph=create_graph,
        inputs=[_edge_of_input(x) for x in targets],
    )
    for x, gradient in zip(targets, found, strict=True):
        if gradient is not None:
            engine.accumulate(x, gradient, create_graph)


def grad(
    outputs,
    inputs,
    grad_outputs=None,
    retain_graph=None,
    create_graph=False,
    only_inputs=True,
    allow_unused=None,
    is_grads_batched=False,
    materialize_grads=False,
):
    """The derivatives of `outputs` by `inputs`, as a tuple; nothing is accumulated.

    >>> import rushlight as torch
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> torch.autograd.grad(x * x, x)
    (tensor(6.),)
    """
    outputs, inputs = as_tuple(outputs), as_tuple(inputs)
    gradients = root_gradients(outputs, grad_outputs)
    keep = create_graph if retain_graph is None else retain_graph
    found = engine.run(
        root_edges(outputs),
        gradients,
        keep_graph=keep,
        create_graph=create_graph,
        inputs=[_edge_of_input(x) for x in inputs],
    )
    if materialize_grads:
        return tuple(
            wrap(np.zeros_like(x._array)) if g is None else g
            for x, g in zip(inputs, found, strict=True)
        )
    if not allow_unused and None in map(_given, found):
        unused = [_given(g) for g in found].index(None)
        raise RuntimeError(
            f"The differentiated Tensor at index {unused} appears to not have been used in the "
            "graph. Set allow_unused=True if this is the desired behavior."
        )
    return tuple(found)


#: the gradient with which most passes begin, ready made
_ONES = {(shape, char): np.ones(shape, char) for shape in ((), (1,)) for char in ("f", "d")}


def as_tuple(tensors):
    """One tensor or a sequence of them, as a tuple."""
    return (tensors,) if isinstance(tensors, Tensor) else tuple(tensors)


def _given(gradient):
    """None, or something that compares like an ordinary object."""
    return None if gradient is None else id(gradient)


def _edge_of_input(x):
    edge = gradient_edge(x)
    if edge is None:
        raise RuntimeError("One of the differentiated Tensors does not require grad")
    return edge


def root_edges(tensors):
    """Where a pass starts.

    Raises:
        RuntimeError: a tensor has no history.
    """
    edges = [gradient_edge(x) for x in tensors]
    for i, edge in enumerate(edges):
        if edge is None:
            raise RuntimeError(
                f"element {i} of tensors does not require grad and does not have a grad_fn"
            )
    return edges


def root_gradients(tensors, gradients):
    """The gradients to start from: those given, or 1 for tensors of one element."""
    given = [None] * len(tensors) if gradients is None else as_tuple(gradients)
    if len(given) != len(tensors):
        raise RuntimeError(f"got {len(tensors)} tensors and {len(given)} gradients")
    return [_root_gradient(i, x, g) for i, (x, g) in enumerate(zip(tensors, given, strict=True))]


def _root_gradient(position, tensor, gradient):
    array = tensor._array
    if gradient is None:
        if not tensor._requires_grad:
            return wrap(np.ones(array.shape, array.dtype))
        if array.size != 1:
            raise RuntimeError("grad can be implicitly created only for scalar outputs")
        if array.dtype.kind == "c":
            raise RuntimeError(
                "grad can be implicitly created only for real scalar outputs but got "
                f"{tensor.dtype}"
            )
        return wrap(np.ones(array.shape, array.dtype))
    if not isinstance(gradient, Tensor):
        raise TypeError(
            f"gradients can be either Tensors or None, but got {type(gradient).__name__}"
        )
    if gradient._array.shape != array.shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{position}] has a shape of {gradient.shape} and "
            f"output[{position}] has a shape of {tensor.shape}."
        )
    return gradient


# What a tensor lets its user set ------------------------------------------------------------------


_C_NAMES = {"float64": "double", "float32": "float", "float16": "c10::Half", "int64": "long"}


def set_requires_grad(tensor, value):
    """`tensor.requires_grad = value`."""
    if not isinstance(value, bool):
        raise RuntimeError("requires_grad must be a bool")
    if not tensor.is_leaf:
        if not value:
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables. If you want to use a "
                "computed variable in a subgraph that doesn't require differentiation use "
                "var_no_grad = var.detach()."
            )
        return
    if value and tensor._array.dtype.kind not in "fcV":
        raise RuntimeError("only Tensors of floating point dtype can require gradients")
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
    if value.dtype is not tensor.dtype:
        raise RuntimeError(
            f"attempting to assign a gradient with dtype '{_C_NAMES.get(value.dtype.name)}' to a "
            f"tensor with grad_dtype '{tensor.dtype.title}'. The gradient must match the tensor's "
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
    """`tensor.data = value`: other memory, the same place on the tape."""
    if not isinstance(value, Tensor):
        raise TypeError(f"Variable data has to be a tensor, but got {type_name(value)}")
    if tensor._requires_grad and value._array.dtype.kind not in "fcV":
        raise RuntimeError(
            "data set to a tensor that requires gradients must be floating point or complex dtype"
        )
    tensor._array = value._array


def warn_grad_of_non_leaf(tensor):
    """Say that `.grad` of a non-leaf stays None, unless it is retained."""
    if tensor.is_leaf or retains_grad(tensor):
        return
    warnings.warn(
        "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad "
        "attribute won't be populated during autograd.backward(). If you indeed want the .grad "
        "field to be populated for a non-leaf Tensor, use .retain_grad() on the non-leaf Tensor. "
        "If you access the non-leaf Tensor by mistake, make sure you access the leaf Tensor "
        "instead. See github.com/pytorch/pytorch/pull/30531 for more informations.",
        UserWarning,
        stacklevel=3,
    )


# Hooks --------------------------------------------------------------------------------------------


def _hooks_at(tensor):
    """The hooks where this tensor's gradient passes, and its number there."""
    hooks_exist[0] = True
    edge = gradient_edge(tensor)
    holder = tensor if edge is tensor else edge.node if isinstance(edge, Output) else edge
    attribute = "_hooks" if edge is tensor else "hooks"
    if getattr(holder, attribute) is None:
        setattr(holder, attribute, Hooks())
    return getattr(holder, attribute), tensor.output_nr


def register_hook(tensor, hook):
    """Call `hook(grad)` when the gradient of `tensor` is known."""
    if not tensor._requires_grad:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    hooks, number = _hooks_at(tensor)
    return RemovableHandle(hooks.tensor.setdefault(number, {}), hook)


def register_post_accumulate_grad_hook(tensor, hook):
    """Call `hook(tensor)` after each accumulation into the `.grad` of this leaf."""
    if not tensor._requires_grad:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    if tensor.grad_fn is not None:
        raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
    return RemovableHandle(_hooks_at(tensor)[0].accumulated, hook)


def retain_grad(tensor):
    """Keep the gradient of a non-leaf in its `.grad`."""
    if not tensor._requires_grad:
        raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
    if not tensor.is_leaf:
        hooks, number = _hooks_at(tensor)
        hooks.retained[number] = weakref.ref(tensor)


def retains_grad(tensor):
    """Whether a non-leaf keeps its gradient."""
    if tensor.is_leaf:
        return False
    hooks = tensor.grad_fn.hooks
    return hooks is not None and tensor.output_nr in hooks.retained
