"""The ways into a backward pass: `backward` and `grad`."""

from __future__ import annotations

import math
import warnings

import numpy as np

from rushlight.autograd import confined, engine, watched
from rushlight.autograd.graph import GradientEdge
from rushlight.autograd.tape import (
    AccumulateGrad,
    Output,
    gradient_edge,
    modes,
    next_sequence_number,
)
from rushlight.explain import explained
from rushlight.explain.provenance import note_pass
from rushlight.tensor import Tensor, wrap

__all__ = ["backward", "grad"]


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
        tensors: a Tensor (or GradientEdge), or a sequence of them.
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
    note_pass(next_sequence_number())
    if grad_tensors is None and inputs is None and not create_graph and engine.is_ordinary():
        tensor = tensors[0] if isinstance(tensors, (tuple, list)) and len(tensors) == 1 else tensors
        if isinstance(tensor, Tensor) and tensor._base is None and tensor._node is not None:
            one = _ONES.get((tensor._array.shape, tensor._array.dtype.char))
            if tensor._array.__class__ is not np.ndarray and tensor.is_meta:
                one = None
            if one is not None and grad_variables is None:
                engine.run_ordinary(tensor._node, one, bool(retain_graph))
                return
    if modes.layers:
        raise RuntimeError(
            "backward() called inside a functorch transform. This is not supported, please use "
            "functorch.grad or functorch.vjp instead or call backward() outside of functorch "
            "transforms."
        )
    if grad_variables is not None:
        grad_tensors = _grad_tensors(grad_tensors, grad_variables)
    if inputs is not None:
        inputs = as_tuple(inputs.values() if isinstance(inputs, dict) else inputs)
        if not inputs:
            raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    tensors = as_tuple(tensors)
    gradients = root_gradients(tensors, grad_tensors)
    keep = create_graph if retain_graph is None else retain_graph
    if create_graph:
        _warn_of_cycle()
    roots = root_edges(tensors)
    targets = None if inputs is None else [_retained_edge(x) for x in inputs]
    watched.run(
        roots,
        gradients,
        keep_graph=keep,
        create_graph=create_graph,
        inputs=targets,
        captures=False,
    )


def _grad_tensors(grad_tensors, grad_variables):
    warnings.warn(
        "`grad_variables` is deprecated. Use `grad_tensors` instead.", FutureWarning, stacklevel=3
    )
    if grad_tensors is not None:
        raise RuntimeError(
            "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to "
            "`backward()`. Please only use `grad_tensors`."
        )
    return grad_variables


def _warn_of_cycle():
    from rushlight.ops.warn import warn_once

    warn_once(
        "Using backward() with create_graph=True will create a reference cycle between the "
        "parameter and its gradient which can cause a memory leak. We recommend using "
        "autograd.grad when creating the graph to avoid this. If you have to use this function, "
        "make sure to reset the .grad fields of your parameters to None after use to break the "
        "cycle and avoid the leak."
    )


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

    Args:
        outputs, inputs: a Tensor (or GradientEdge), or a sequence of them. The inputs may be a
            dictionary too: then so is the result, with the same keys.
        grad_outputs: the gradients of `outputs`; may be left out for tensors of one element.
        retain_graph: keep what was saved for another pass; by default as `create_graph`.
        create_graph: record the pass, so that the gradients can be differentiated.
        only_inputs: deprecated, and ignored.
        allow_unused: give None for inputs that `outputs` don't depend on, instead of an error.
        is_grads_batched: the first dimension of each gradient counts products of vector and
            Jacobian, which are computed in one batched pass.
        materialize_grads: give zeros for inputs that `outputs` don't depend on.

    >>> import rushlight as torch
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> torch.autograd.grad(x * x, x)
    (tensor(6.),)
    """
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, "
            "but got: allow_unused=False."
        )
    outputs, keys = as_tuple(outputs), inputs.keys() if isinstance(inputs, dict) else None
    inputs = as_tuple(inputs if keys is None else inputs.values())
    note_pass(next_sequence_number())
    if not inputs:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
    if not only_inputs:
        warnings.warn(
            "only_inputs argument is deprecated and is ignored now (defaults to True). To "
            "accumulate gradient for other parts of the graph, please use torch.autograd.backward.",
            FutureWarning,
            stacklevel=2,
        )
    keep = create_graph if retain_graph is None else retain_graph
    allow_unused = materialize_grads if allow_unused is None else allow_unused
    gradients = root_gradients(outputs, grad_outputs, is_grads_batched)
    roots = root_edges(outputs)
    targets = [_edge_of_input(x) for x in inputs]

    def run(given):
        if engine.is_ordinary():
            found = confined.gradients_of(targets, roots, given, keep, create_graph)
        else:
            found = watched.run(
                roots, given, keep_graph=keep, create_graph=create_graph, inputs=targets
            )
        return found if allow_unused else _all_used(found)

    found = _run_batched(run, gradients) if is_grads_batched else run(gradients)
    if materialize_grads:
        found = [_zeros_if_none(x, g) for x, g in zip(inputs, found, strict=True)]
    return tuple(found) if keys is None else dict(zip(keys, found, strict=True))


def _run_batched(run, gradients):
    """The pass on batches of gradients."""
    from rushlight.func import vmap

    present = []

    def vjp(*each):
        found = run(list(each))
        present[:] = [g is not None for g in found]
        return tuple(g for g in found if g is not None)

    batched = iter(vmap(vjp, randomness="same")(*gradients))
    return [next(batched) if known else None for known in present]


def _all_used(gradients):
    for index, gradient in enumerate(gradients):
        if gradient is None:
            raise explained(
                RuntimeError(
                    f"The differentiated Tensor at index {index} appears to not have been used in "
                    "the graph. Set allow_unused=True if this is the desired behavior."
                )
            )
    return gradients


def _zeros_if_none(x, gradient):
    if gradient is not None:
        return gradient
    if isinstance(x, GradientEdge):
        raise RuntimeError(
            "materialize_grads cannot be used when the given input is a GradientEdge"
        )
    return wrap(np.zeros_like(x._array))


#: the gradient with which most passes begin, ready made; NumPy's scalars are faster than 0-d arrays
_ONES = {(shape, char): np.ones(shape, char)[()] for shape in ((), (1,)) for char in ("f", "d")}


def as_tuple(tensors):
    """One tensor or a sequence of them, as a tuple."""
    return (tensors,) if isinstance(tensors, (Tensor, GradientEdge)) else tuple(tensors)


def edge_of(x):
    """The edge of a Tensor or GradientEdge; None if it does not require grad."""
    if not isinstance(x, GradientEdge):
        return gradient_edge(x) if x._requires_grad else None
    if isinstance(x.node, AccumulateGrad):
        return x.node.variable
    several = getattr(x.node, "outputs", None)
    return Output(x.node, x.output_nr) if several else x.node


def _edge_of_input(x):
    if not isinstance(x, (Tensor, GradientEdge)):
        raise RuntimeError(
            f"all inputs have to be Tensors or GradientEdges, but got {type(x).__name__}"
        )
    edge = edge_of(x)
    if edge is None:
        error = RuntimeError("One of the differentiated Tensors does not require grad")
        raise explained(error, tensor=x)
    return edge


def _retained_edge(x):
    """The edge of an input of `backward`, which keeps its gradient even if it is no leaf."""
    if isinstance(x, Tensor):
        x.retain_grad()
    return _edge_of_input(x)


def root_edges(tensors):
    """Where a pass starts.

    Raises:
        RuntimeError: a tensor has no history.
    """
    edges = [edge_of(x) for x in tensors]
    for i, edge in enumerate(edges):
        if edge is None:
            error = RuntimeError(
                f"element {i} of tensors does not require grad and does not have a grad_fn"
            )
            raise explained(error, tensor=tensors[i])
    return edges


def root_gradients(tensors, gradients, batched=False):
    """The gradients to start from: those given, or 1 for tensors of one element."""
    if gradients is None:
        gradients = [None] * len(tensors)
    elif isinstance(gradients, Tensor):
        gradients = (gradients,)
    elif not isinstance(gradients, (list, tuple)):
        gradients = tuple(gradients)
    if not all(isinstance(x, (Tensor, GradientEdge)) for x in tensors):
        raise AssertionError("Expected output to be a torch.Tensor")
    checked = [
        _root_gradient(i, x, g, batched)
        for i, (x, g) in enumerate(zip(tensors, gradients, strict=False))
    ]
    if len(checked) != len(tensors):
        raise RuntimeError(f"got {len(tensors)} tensors and {len(checked)} gradients")
    return checked


def _root_gradient(position, tensor, gradient, batched):
    if gradient is None:
        return _first_gradient(tensor)
    if not isinstance(gradient, Tensor):
        raise TypeError(
            f"gradients can be either Tensors or None, but got {type(gradient).__name__}"
        )
    if isinstance(tensor, GradientEdge):
        if tensor.kind() is None:
            return gradient
        tensor = wrap(np.empty(*tensor.kind()))
    array = tensor._array
    if batched and not gradient.shape:
        raise IndexError(
            "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` "
            "in C++ to convert a 0-dim tensor to a number"
        )
    if tuple(gradient.shape[batched:]) != tuple(array.shape):
        if batched:
            raise RuntimeError(
                "If `is_grads_batched=True`, we interpret the first dimension of each grad_output "
                "as the batch dimension. The sizes of the remaining dimensions are expected to "
                "match the shape of corresponding output, but a mismatch was detected: "
                f"grad_output[{position}] has a shape of {gradient.shape[2:]} and "
                f"output[{position}] has a shape of {tensor.shape}. If you only want some tensors "
                "in `grad_output` to be considered batched, consider using vmap."
            )
        error = RuntimeError(
            f"Mismatch in shape: grad_output[{position}] has a shape of {gradient.shape} and "
            f"output[{position}] has a shape of {tensor.shape}."
        )
        raise explained(error, tensor=tensor, gradient=gradient)
    if gradient.dtype.is_complex != tensor.dtype.is_complex:
        raise RuntimeError(
            "For complex Tensors, both grad_output and output are required to have the same dtype. "
            f"Mismatch in dtype: grad_output[{position}] has a dtype of {gradient.dtype} and "
            f"output[{position}] has a dtype of {tensor.dtype}."
        )
    return gradient if gradient.dtype is tensor.dtype else gradient.to(tensor.dtype)


def _first_gradient(tensor):
    """1, for a tensor of one element."""
    if isinstance(tensor, GradientEdge):
        shape, array_dtype = tensor.kind() or ((), np.float32)
        if math.prod(shape) != 1:
            raise RuntimeError("grad can be implicitly created only for scalar outputs")
        return wrap(np.ones(shape, array_dtype))
    array = tensor._array
    if tensor._requires_grad:
        if array.size != 1:
            error = RuntimeError("grad can be implicitly created only for scalar outputs")
            raise explained(error, tensor=tensor)
        if array.dtype.kind == "c":
            raise RuntimeError(
                "grad can be implicitly created only for real scalar outputs but got "
                f"{tensor.dtype}"
            )
    if array.__class__ is not np.ndarray and tensor.is_meta:
        return wrap(np.ones_like(array))
    one = _ONES.get((array.shape, array.dtype.char))
    return wrap(np.ones(array.shape, array.dtype) if one is None else np.array(one))
