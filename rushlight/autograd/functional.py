"""Derivatives of functions of tensors: Jacobians, Hessians, and their products with vectors.

Each takes a function and its inputs (a tensor or a tuple of them). Of `inputs` a tuple makes the
result a tuple, one entry per input; of outputs, likewise.
"""

from __future__ import annotations

import numpy as np

from rushlight.autograd.backward import grad
from rushlight.autograd.grad_mode import enable_grad
from rushlight.autograd.reach import reachable
from rushlight.autograd.tape import gradient_edge
from rushlight.tensor import Tensor, wrap

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]


# Inputs and outputs -------------------------------------------------------------------------------


def as_tensors(given, name, function):
    """(whether a tuple was given, the tensors as a tuple).

    Raises:
        TypeError: something is no tensor.
    """
    several = isinstance(given, tuple)
    tensors = given if several else (given,)
    for i, x in enumerate(tensors):
        if not isinstance(x, Tensor):
            what = f"value at index {i}" if several else f"given {name}"
            raise TypeError(
                f"The {name} given to {function} must be either a Tensor or a tuple of Tensors but "
                f"the {what} has type {type(x)}."
            )
    return several, tensors


def prepared(inputs, create_graph):
    """Tensors to differentiate by: on the tape of the inputs with `create_graph`, else leaves."""
    if create_graph:
        return tuple(
            x.view_as(x) if x.requires_grad else x.detach().requires_grad_() for x in inputs
        )
    return tuple(x.detach().requires_grad_() for x in inputs)


def called(func, inputs, function):
    """(whether the outputs are a tuple, the outputs as a tuple)."""
    return as_tensors(func(*inputs), "outputs of the user-provided function", function)


def single_output(func, inputs, function):
    """The output of a function that must return one number."""
    several, outputs = called(func, inputs, function)
    check_single(several, outputs, function)
    return outputs[0]


def check_single(several, outputs, function):
    """Refuse anything but one number.

    Raises:
        RuntimeError: several tensors, or a tensor of several elements.
    """
    if several:
        raise RuntimeError(f"The function given to {function} should return a single Tensor")
    if outputs[0].numel() != 1:
        raise RuntimeError(
            f"The Tensor returned by the function given to {function} should contain a single "
            "element"
        )


def read_vector(v, like, several, refusal, function):
    """The vector `v` as a tuple of tensors like those of `like`; 1 where it is None.

    Raises:
        RuntimeError: it has another length or other sizes; or it is None, and `like` isn't one
            number.
    """
    if v is None:
        if len(like) != 1 or like[0].numel() != 1:
            raise RuntimeError(f"The vector v can only be None if {refusal}.")
        return (wrap(np.ones(like[0].shape, like[0]._array.dtype)),)
    _, v = as_tensors(v, "v", function)
    if len(v) != len(like):
        if several:
            raise RuntimeError(
                f"v is a tuple of invalid length: should be {len(like)} but got {len(v)}."
            )
        raise RuntimeError("The given v should contain a single Tensor.")
    for i, (x, y) in enumerate(zip(v, like, strict=True)):
        if x.shape != y.shape:
            entry = f"Entry {i} in " if several else ""
            raise RuntimeError(f"{entry}v has invalid size: should be {y.shape} but got {x.shape}.")
    return v


def as_given(tensors, several, create_graph):
    """A result in the form of what was given, without history unless `create_graph`."""
    if not create_graph:
        tensors = tuple(x.detach() for x in tensors)
    return tuple(tensors) if several else tensors[0]


def gradients(outputs, inputs, vectors, create_graph):
    """Products of vectors and the Jacobian; None for inputs that no output depends on."""
    pairs = [
        (y, v) for y, v in zip(outputs, vectors, strict=True) if y is not None and y.requires_grad
    ]
    if not pairs:
        return (None,) * len(inputs)
    outputs, vectors = zip(*pairs, strict=True)
    return grad(
        outputs, inputs, vectors, retain_graph=True, create_graph=create_graph, allow_unused=True
    )


def filled(found, like, strict, stage, create_graph):
    """Gradients, zeros where there is none; with `strict` that is refused.

    `stage` says what the gradients are: a key of `_INDEPENDENT`.
    """
    if strict:
        for i, g in enumerate(found):
            if g is None:
                raise RuntimeError(_INDEPENDENT[stage].format(i=i))
            if create_graph and not g.requires_grad:
                what = "hessian" if stage.startswith("double") else "jacobian"
                raise RuntimeError(
                    f"The {what} of the user-provided function is independent of input {i}. This "
                    "is not allowed in strict mode when create_graph=True."
                )
    return tuple(
        wrap(np.zeros_like(x._array)) if g is None else g for g, x in zip(found, like, strict=True)
    )


_INDEPENDENT = {
    "back": "The output of the user-provided function is independent of input {i}. This is not "
    "allowed in strict mode.",
    "back_trick": "The gradient with respect to the input is independent of entry {i} in the "
    "grad_outputs when using the double backward trick to compute forward mode gradients. This is "
    "not allowed in strict mode.",
    "double_back": "The jacobian of the user-provided function is independent of input {i}. This "
    "is not allowed in strict mode.",
    "double_back_trick": "The hessian of the user-provided function is independent of entry {i} in "
    "the grad_jacobian. This is not allowed in strict mode as it prevents from using the double "
    "backward trick to replace forward mode AD.",
}


def check_requires_grad(tensors, kind):
    """Refuse, in strict mode, what doesn't depend on the inputs."""
    for i, x in enumerate(tensors):
        if x is None:
            raise RuntimeError(
                f"The output of the user-provided function is independent of input {i}. This is "
                "not allowed in strict mode."
            )
        if x.requires_grad:
            continue
        if kind == "outputs":
            raise RuntimeError(
                f"Output {i} of the user-provided function does not require gradients. The outputs "
                "must be computed in a differentiable manner from the input when running in strict "
                "mode."
            )
        if kind == "jacobian":
            raise RuntimeError(
                "While computing the hessian, found that the jacobian of the user-provided "
                f"function with respect to input {i} is independent of the input. This is not "
                "allowed in strict mode. You should ensure that your function is twice "
                "differentiable and that the jacobian depends on the inputs (this would be "
                "violated by a linear function for example)."
            )
        raise RuntimeError(
            f"The gradient with respect to input {i} is independent of the inputs of the "
            "user-provided function. This is not allowed in strict mode."
        )


# Products -----------------------------------------------------------------------------------------


def vjp(func, inputs, v=None, create_graph=False, strict=False):
    """The outputs, and the product of a vector `v` and the Jacobian.

    `v` is like the outputs; it may be None for one output of one element. With `create_graph` the
    result can be differentiated; with `strict`, inputs that no output depends on are refused
    instead of giving zeros.

    >>> import rushlight as torch
    >>> torch.autograd.functional.vjp(torch.exp, torch.zeros(2), torch.ones(2))
    (tensor([1., 1.]), tensor([1., 1.]))
    """
    with enable_grad():
        several, inputs = as_tensors(inputs, "inputs", "vjp")
        inputs = prepared(inputs, create_graph)
        several_out, outputs = called(func, inputs, "vjp")
        if strict:
            check_requires_grad(outputs, "outputs")
        v = read_vector(
            v,
            outputs,
            several_out,
            "the user-provided function returns a single Tensor with a single element",
            "vjp",
        )
        found = gradients(outputs, inputs, v, create_graph)
        product = filled(found, inputs, strict, "back", create_graph)
    return as_given(outputs, several_out, create_graph), as_given(product, several, create_graph)


def jvp(func, inputs, v=None, create_graph=False, strict=False):
    """The outputs, and the product of the Jacobian and a vector `v`, by two backward passes.

    `v` is like the inputs; it may be None for one input of one element.

    >>> import rushlight as torch
    >>> torch.autograd.functional.jvp(torch.exp, torch.zeros(2), torch.ones(2))
    (tensor([1., 1.]), tensor([1., 1.]))
    """
    with enable_grad():
        several, inputs = as_tensors(inputs, "inputs", "jvp")
        v = read_vector(
            v,
            inputs,
            several,
            "the input to the user-provided function is a single Tensor with a single element",
            "jvp",
        )
        inputs = prepared(inputs, create_graph)
        several_out, outputs = called(func, inputs, "jvp")
        if strict:
            check_requires_grad(outputs, "outputs")
        open_vector = tuple(wrap(np.zeros_like(y._array)).requires_grad_() for y in outputs)
        pulled = gradients(outputs, inputs, open_vector, True)
        if strict:
            check_requires_grad(pulled, "grad_inputs")
        found = gradients(pulled, open_vector, v, create_graph)
        product = filled(found, outputs, strict, "back_trick", create_graph)
    return as_given(outputs, several_out, create_graph), as_given(
        product, several_out, create_graph
    )


def vhp(func, inputs, v=None, create_graph=False, strict=False):
    """The output of a scalar function, and the product of a vector and its Hessian.

    >>> import rushlight as torch
    >>> torch.autograd.functional.vhp(lambda x: (x**3).sum(), torch.ones(2), torch.ones(2))
    (tensor(2.), tensor([6., 6.]))
    """
    with enable_grad():
        several, inputs = as_tensors(inputs, "inputs", "vhp")
        v = read_vector(
            v,
            inputs,
            several,
            "the input to the user-provided function is a single Tensor with a single element",
            "vhp",
        )
        inputs = prepared(inputs, create_graph)
        output = single_output(func, inputs, "vhp")
        jacobian = first_gradients(output, inputs, strict)
        found = gradients(jacobian, inputs, v, create_graph)
        product = filled(found, inputs, strict, "double_back", create_graph)
    return as_given((output,), False, create_graph), as_given(product, several, create_graph)


def hvp(func, inputs, v=None, create_graph=False, strict=False):
    """The output of a scalar function, and the product of its Hessian and a vector.

    `vhp` gives the same for functions whose second derivatives are continuous, and is cheaper.

    >>> import rushlight as torch
    >>> torch.autograd.functional.hvp(lambda x: (x**3).sum(), torch.ones(2), torch.ones(2))
    (tensor(2.), tensor([6., 6.]))
    """
    with enable_grad():
        several, inputs = as_tensors(inputs, "inputs", "hvp")
        v = read_vector(
            v,
            inputs,
            several,
            "the input to the user-provided function is a single Tensor with a single element",
            "hvp",
        )
        inputs = prepared(inputs, create_graph)
        output = single_output(func, inputs, "hvp")
        jacobian = first_gradients(output, inputs, strict)
        open_vector = tuple(wrap(np.zeros_like(x._array)).requires_grad_() for x in inputs)
        pulled = gradients(jacobian, inputs, open_vector, True)
        if strict:
            check_requires_grad(pulled, "jacobian")
        found = gradients(pulled, open_vector, v, create_graph)
        product = filled(found, inputs, strict, "double_back_trick", create_graph)
    return as_given((output,), False, create_graph), as_given(product, several, create_graph)


def first_gradients(output, inputs, strict):
    """The gradients of one number, to be differentiated again."""
    if strict:
        check_requires_grad((output,), "outputs")
    one = wrap(np.ones(output.shape, output._array.dtype))
    found = gradients((output,), inputs, (one,), True)
    if strict:
        check_requires_grad(found, "jacobian")
    return found


# Whole matrices -----------------------------------------------------------------------------------


def jacobian(
    func, inputs, create_graph=False, strict=False, vectorize=False, strategy="reverse-mode"
):
    """The Jacobian of a function: for each output and each input, a tensor (*out, *in).

    Where no hook and no user's Function is involved, or with `vectorize`, all rows are computed in
    one batched backward pass.

    Args:
        create_graph: whether the result can be differentiated.
        strict: refuse inputs that no output depends on, instead of giving zeros.
        vectorize: compute all rows at once in any case.
        strategy: "reverse-mode", or (with `vectorize`) "forward-mode", which is cheaper where there
            are fewer inputs than outputs.

    >>> import rushlight as torch
    >>> torch.autograd.functional.jacobian(torch.square, torch.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    check_strategy(strategy)
    if strategy == "forward-mode":
        if create_graph:
            raise NotImplementedError(
                "torch.autograd.functional.jacobian: `create_graph=True` and "
                '`strategy="forward-mode"` are not supported together (yet). Please either set '
                '`create_graph=False` or `strategy="reverse-mode"`.'
            )
        return forward_jacobian(func, inputs, strict, vectorize)
    with enable_grad():
        several, inputs = as_tensors(inputs, "inputs", "jacobian")
        inputs = prepared(inputs, create_graph)
        several_out, outputs = called(func, inputs, "jacobian")
        if strict:
            check_requires_grad(outputs, "outputs")
        if vectorize:
            check_not_strict(strict)
        if not vectorize:
            check_real(outputs)
        if not vectorize and create_graph and not strict and can_be_batched(outputs):
            # apart, so that zeros of what doesn't depend on an input have no graph
            rows = [batched_rows((y,), inputs, create_graph)[0] for y in outputs]
        elif vectorize or (not strict and can_be_batched(outputs)):
            rows = batched_rows(outputs, inputs, create_graph)
        else:
            rows = [
                rows_one_by_one(i, y, inputs, create_graph, strict) for i, y in enumerate(outputs)
            ]
    result = tuple(as_given(of_output, several, create_graph) for of_output in rows)
    return result if several_out else result[0]


def check_strategy(strategy, hint=True):
    """Refuse an unknown strategy, with a hint of what each is good for."""
    if strategy not in ("forward-mode", "reverse-mode"):
        more = (
            ' Hint: If your function has more outputs than inputs, "forward-mode" tends to be more '
            'performant. Otherwise, prefer to use "reverse-mode".'
        )
        raise AssertionError(
            'Expected strategy to be either "forward-mode" or "reverse-mode".' + more * hint
        )


def check_real(outputs):
    """Refuse complex outputs: the gradient of one isn't a row of the Jacobian."""
    for y in outputs:
        if y.is_complex():
            raise RuntimeError(
                f"grad can be implicitly created only for real scalar outputs but got {y.dtype}"
            )


def check_not_strict(strict):
    """Refuse `strict` where all rows are computed at once."""
    if strict:
        raise RuntimeError(
            "torch.autograd.functional.jacobian: `strict=True` and `vectorized=True` are not "
            "supported together. Please either set `strict=False` or `vectorize=False`."
        )


def can_be_batched(outputs):
    """Whether only operations were recorded: no hooks, and no Functions of the user."""
    edges = [gradient_edge(y) for y in outputs]
    nodes = reachable([edge for edge in edges if edge is not None])
    return all(getattr(n, "op", None) is not None and n.hooks is None for n in nodes)


def batched_rows(outputs, inputs, create_graph):
    """All rows of the Jacobian in one batched pass: for each output, its part for each input."""
    from rushlight.func.jacobians import basis_for, split_rows

    vectors = basis_for(outputs)
    pairs = [(y, v) for y, v in zip(outputs, vectors, strict=True) if y.requires_grad]
    if pairs:
        ys, vs = zip(*pairs, strict=True)
        found = grad(
            ys,
            inputs,
            vs,
            retain_graph=True,
            create_graph=create_graph,
            allow_unused=True,
            is_grads_batched=True,
        )
    else:
        found = (None,) * len(inputs)
    count = len(vectors[0]) if vectors else 0
    rows = [
        wrap(np.zeros((count, *x.shape), x._array.dtype)) if g is None else g
        for g, x in zip(found, inputs, strict=True)
    ]
    parts = [split_rows(r, outputs, x) for r, x in zip(rows, inputs, strict=True)]
    return list(zip(*parts, strict=True))


def rows_one_by_one(number, output, inputs, create_graph, strict):
    """The Jacobian of one output by each input, one backward pass per row."""
    from rushlight.ops import stack

    rows = [[] for _ in inputs]
    for element in output.reshape(-1):
        found = gradients(
            (element,), inputs, (wrap(np.ones((), element._array.dtype)),), create_graph
        )
        for i, (g, x) in enumerate(zip(found, inputs, strict=True)):
            if strict:
                check_row(number, i, g, create_graph)
            rows[i].append(wrap(np.zeros_like(x._array)) if g is None else g)
    return tuple(
        stack(of_input).reshape(*output.shape, *x.shape)
        if of_input
        else wrap(np.zeros((*output.shape, *x.shape), x._array.dtype))
        for of_input, x in zip(rows, inputs, strict=True)
    )


def check_row(output, input, g, create_graph):
    """Refuse a row of a Jacobian that is 0 for want of dependence."""
    if g is None:
        raise RuntimeError(
            f"Output {output} of the user-provided function is independent of input {input}. This "
            "is not allowed in strict mode."
        )
    if create_graph and not g.requires_grad:
        raise RuntimeError(
            "The jacobian of the user-provided function is independent of input "
            f"{input}. This is not allowed in strict mode when create_graph=True."
        )


def forward_jacobian(func, inputs, strict, vectorize):
    """The Jacobian by forward mode: one batch of tangents."""
    if strict:
        raise RuntimeError(
            'torch.autograd.functional.jacobian: `strict=True` and `strategy="forward-mode"` are '
            "not supported together (yet). Please either set `strict=False` or "
            '`strategy="reverse-mode"`.'
        )
    if not vectorize:
        raise NotImplementedError(
            "Computing Jacobian using forward-AD or forward-over-reverse Hessian is"
            "only implemented for `vectorize=True`."
        )
    from rushlight.func.jacobians import jacfwd

    several, inputs = as_tensors(inputs, "inputs", "jacobian")
    seen = {}

    def of_inputs(*each):
        seen["several"], outputs = called(func, each, "jacobian")
        return outputs

    found = jacfwd(of_inputs, tuple(range(len(inputs))))(*inputs)
    result = tuple(as_given(of_output, several, False) for of_output in found)
    return result if seen["several"] else result[0]


def hessian(
    func,
    inputs,
    create_graph=False,
    strict=False,
    vectorize=False,
    outer_jacobian_strategy="reverse-mode",
):
    """The matrix of second derivatives of a scalar function: the Jacobian of its gradient.

    >>> import rushlight as torch
    >>> torch.autograd.functional.hessian(lambda x: (x**3).sum(), torch.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    several, inputs = as_tensors(inputs, "inputs", "hessian")
    check_strategy(outer_jacobian_strategy, hint=False)

    def checked(*each):
        output = func(*each)
        is_several, outputs = as_tensors(output, "outputs of the user-provided function", "hessian")
        if strict:
            check_requires_grad(outputs, "outputs")
        check_single(is_several, outputs, "hessian")
        return output.squeeze()

    def gradient(*each):
        if outer_jacobian_strategy == "forward-mode":
            from rushlight.func.transforms import grad as transformed

            return transformed(checked, tuple(range(len(each))))(*each)
        found = jacobian(checked, each, create_graph=True)
        if strict:
            check_requires_grad(found, "jacobian")
        return found

    found = jacobian(
        gradient,
        inputs,
        create_graph=create_graph,
        strict=strict,
        vectorize=vectorize,
        strategy=outer_jacobian_strategy,
    )
    return tuple(found) if several else found[0][0]
