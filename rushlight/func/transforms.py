"""Derivatives of functions: `grad`, `vjp` backwards, `jvp` and `linearize` forwards."""

from __future__ import annotations

import functools

import numpy as np

from rushlight.autograd.forward_ad import check_tangent
from rushlight.autograd.layers import Layered, TangentLayer, TapeLayer
from rushlight.autograd.tape import modes
from rushlight.tensor import Tensor, wrap
from rushlight.utils._pytree import (
    NODES,
    tree_flatten,
    tree_map_only,
    tree_unflatten,
)

__all__ = ["debug_unwrap", "grad", "grad_and_value", "jvp", "linearize", "vjp"]


# Which arguments ----------------------------------------------------------------------------------


def read_argnums(argnums, count):
    """The positions of the arguments to differentiate, as a tuple, counted from the front.

    Raises:
        RuntimeError: they are no ints, out of range, or named twice.
    """
    if argnums.__class__ is int and 0 <= argnums < count:
        return (argnums,)
    if not isinstance(argnums, (int, tuple)) or (
        isinstance(argnums, tuple) and not all(isinstance(i, int) for i in argnums)
    ):
        raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {type(argnums)}")
    given = (argnums,) if isinstance(argnums, int) else argnums
    if not given:
        raise RuntimeError("argnums must be non-empty")
    for i in given:
        if not -count <= i < count:
            raise RuntimeError(f"Got argnum={i}, but only {count} positional inputs")
    positions = tuple(i % count for i in given)
    if len(set(positions)) != len(positions):
        raise RuntimeError(f"argnums elements must be unique, got {positions}")
    return positions


def chosen(args, argnums):
    """The arguments at `argnums`: one, or a tuple of them."""
    positions = read_argnums(argnums, len(args))
    if isinstance(argnums, int):
        return args[positions[0]]
    return tuple([args[i] for i in positions])


def replaced(args, argnums, values):
    """The arguments, with others at `argnums`."""
    args = list(args)
    values = (values,) if isinstance(argnums, int) else values
    for i, value in zip(read_argnums(argnums, len(args)), values, strict=True):
        args[i] = value
    return args


def split_aux(name, returned):
    """(output, aux), if a function returned that."""
    if not isinstance(returned, tuple) or len(returned) != 2:
        raise RuntimeError(
            f"{name}: output of function f should be a tuple: (output, aux) if has_aux is True"
        )
    return returned


def lowered(layer, aux):
    """What a function returned besides, without the layer.

    Raises:
        RuntimeError: it holds something else than tensors.
    """
    leaves, spec = tree_flatten(aux)
    for x in leaves:
        if not isinstance(x, Tensor):
            raise RuntimeError(f"Expected tensors, got unsupported type {type(x)}")
    return tree_unflatten([layer.lower(x) for x in leaves], spec)


def zeros_if_none(gradient, x):
    """A gradient of `x`; zeros where nothing depends on it."""
    return wrap(np.zeros_like(x._array)) if gradient is None else gradient


def lifted(layer, tree):
    """A tree whose Tensors are seen from this layer."""
    if isinstance(tree, Tensor):
        return layer.lift(tree)
    return tree_map_only(Tensor, layer.lift, tree) if isinstance(tree, NODES) else tree


def lifted_leaf(layer, x):
    """A Tensor of this layer to differentiate by."""
    if not isinstance(x, Tensor):
        raise ValueError(f"Thing passed to transform API must be Tensor, got {type(x)}")
    if x._array.dtype.kind not in "fcV":
        raise RuntimeError("only Tensors of floating point dtype can require gradients")
    return layer.lift(x, requires_grad=True)


def debug_unwrap(tensor, *, recurse=True):
    """What lies below a tensor that transforms follow: below all of them, or (not) just one.

    >>> import rushlight as torch
    >>> def shown(x):
    ...     print(torch.func.debug_unwrap(x))
    ...     return x
    >>> _ = torch.vmap(shown)(torch.tensor([1.0, 2.0]))
    tensor([1., 2.])
    """
    while isinstance(tensor._array, Layered):
        tensor = tensor._array.value
        if not recurse:
            break
    return tensor


# Backwards ----------------------------------------------------------------------------------------


def grad(func, argnums=0, has_aux=False):
    """The function that gives the gradient of a scalar function by one argument, or by several.

    Args:
        func: returns a tensor with one element, or (that, aux) with `has_aux`.
        argnums: the position of the argument, or a tuple of positions. Arguments may be nested
            structures of tensors.
        has_aux: whether `func` returns something else besides, which is returned besides.

    Raises:
        RuntimeError: `func` returns something else than one number.

    >>> import rushlight as torch
    >>> torch.func.grad(torch.func.grad(torch.sin))(torch.tensor(0.5))
    tensor(-0.4794)
    """
    differentiate = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def gradient(*args, **kwargs):
        found, value = differentiate(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def grad_and_value(func, argnums=0, has_aux=False):
    """`grad` that returns (gradient, value), or (gradient, (value, aux)) with `has_aux`.

    >>> import rushlight as torch
    >>> torch.func.grad_and_value(lambda x: x * x)(torch.tensor(3.0))
    (tensor(6.), tensor(9.))
    """

    @functools.wraps(func)
    def differentiated(*args, **kwargs):
        layer = TapeLayer()
        inputs, spec = tree_flatten(chosen(args, argnums))
        leaves = [lifted_leaf(layer, x) for x in inputs]
        positions = read_argnums(argnums, len(args))
        with layer:
            others = [None if i in positions else lifted(layer, x) for i, x in enumerate(args)]
            given = replaced(others, argnums, tree_unflatten(leaves, spec))
            output = func(*given, **(lifted(layer, kwargs) if kwargs else {}))
        aux = None
        if has_aux:
            output, aux = split_aux("grad_and_value(f)(*args)", output)
        check_scalar(output)
        one = wrap(np.asarray(1, output._array.dtype))
        found = layer.pull([output], leaves, [one])
        gradients = [zeros_if_none(g, x) for g, x in zip(found, inputs)]
        gradient = tree_unflatten(gradients, spec)
        value = layer.lower(output)
        if has_aux:
            return gradient, (value, lowered(layer, aux))
        return gradient, value

    return differentiated


def check_scalar(output):
    """Refuse what has no gradient because it isn't one number."""
    if not isinstance(output, Tensor):
        raise RuntimeError(
            f"grad_and_value(f)(*args): Expected f(*args) to return a Tensor, got {type(output)}"
        )
    if output._array.ndim:
        raise RuntimeError(
            "grad_and_value(f)(*args): Expected f(*args) to return a scalar Tensor, got tensor "
            f"with {output._array.ndim} dims. Maybe you wanted to use the vjp or jacrev APIs "
            "instead?"
        )
    if output._array.dtype.kind == "c":
        raise RuntimeError(
            f"grad can be implicitly created only for real scalar outputs but got {output.dtype}"
        )


def check_tensors(name, leaves):
    """Refuse results that aren't tensors."""
    for y in leaves:
        if not isinstance(y, Tensor):
            raise RuntimeError(
                f"{name}: expected f(*primals) to return only tensors, got unsupported type "
                f"{type(y)}"
            )


def check_differentiable(outputs):
    """Refuse outputs of integers and bools."""
    for y in outputs:
        if y._array.dtype.kind not in "fcV":
            raise RuntimeError(
                "vjp(f, ...): All outputs of f must be floating-point or complex Tensors, got "
                f"Tensor with dtype {y.dtype}"
            )


def check_some(name, output, leaves):
    """Refuse an output without tensors."""
    if not leaves:
        raise RuntimeError(
            f"{name}: Expected f to be a function that has non-empty output (got output = {output})"
        )


def vjp(func, *primals, has_aux=False):
    """The value of a function, and the function that gives products of vectors and its Jacobian.

    Returns (output, vjp_fn), or (output, vjp_fn, aux) with `has_aux`. `vjp_fn(cotangents)` takes
    what has the structure of the output, and returns a tuple, one entry per argument (or the entry,
    if there is one argument). It can be called several times.

    >>> import rushlight as torch
    >>> y, pull = torch.func.vjp(torch.sin, torch.tensor([0.0, 1.0]))
    >>> pull(torch.ones(2))
    (tensor([1.0000, 0.5403]),)
    """
    layer = TapeLayer()
    inputs, spec = tree_flatten(primals)
    leaves = [lifted_leaf(layer, x) for x in inputs]
    with layer:
        returned = func(*tree_unflatten(leaves, spec))
    aux = None
    if has_aux:
        returned, aux = split_aux("vjp(f, *primals)", returned)
        aux = lowered(layer, aux)
    outputs, out_spec = tree_flatten(returned)
    check_some("vjp(f, *primals)", returned, outputs)
    check_tensors("vjp(f, *primals)", outputs)
    check_differentiable(outputs)
    value = tree_unflatten([layer.lower(y) for y in outputs], out_spec)

    def vjp_fn(cotangents, retain_graph=True, create_graph=None):
        given, given_spec = tree_flatten(cotangents)
        if given_spec != out_spec:
            raise RuntimeError(
                "Expected pytree structure of cotangents to be the same as pytree structure of "
                f"outputs to the function. cotangents: {given_spec.drawn()}, primal output: "
                f"{out_spec.drawn()}"
            )
        for i, (y, v) in enumerate(zip(outputs, given, strict=True)):
            check_cotangent(i, y, v)
        given = [v.to(y.dtype) if y.dtype != v.dtype else v for y, v in zip(outputs, given)]
        found = layer.pull(outputs, leaves, given)
        gradients = [zeros_if_none(g, x) for g, x in zip(found, inputs, strict=True)]
        return tree_unflatten(gradients, spec)

    return (value, vjp_fn, aux) if has_aux else (value, vjp_fn)


def check_cotangent(position, output, cotangent):
    """Refuse what is no gradient of an output."""
    if not isinstance(cotangent, Tensor):
        raise TypeError(
            f"gradients can be either Tensors or None, but got {type(cotangent).__name__}"
        )
    if tuple(cotangent.shape) != tuple(output.shape):
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{position}] has a shape of {cotangent.shape} and "
            f"output[{position}] has a shape of {output.shape}."
        )


# Forwards -----------------------------------------------------------------------------------------


def jvp(func, primals, tangents, *, strict=False, has_aux=False):
    """The value of a function and the product of its Jacobian and a vector.

    Args:
        primals: a tuple, the arguments.
        tangents: a tuple of the same structure and shapes, the vector.
        strict: refuse outputs that don't depend on the arguments, instead of giving zeros.

    Returns (output, product), or (output, product, aux) with `has_aux`.

    >>> import rushlight as torch
    >>> torch.func.jvp(torch.sin, (torch.tensor(0.0),), (torch.tensor(2.0),))
    (tensor(0.), tensor(2.))
    """
    if not isinstance(primals, tuple):
        raise RuntimeError(
            "jvp(f, primals, tangents): Expected primals to be a tuple. E.g. it should be valid to "
            "call f(*primals)."
        )
    inputs, spec = tree_flatten(primals)
    directions, given_spec = tree_flatten(tangents)
    if given_spec != spec:
        raise RuntimeError(
            "jvp(f, primals, tangents): Expected primals and tangents to have the same python "
            "structure. For example, if primals is a tuple of 3 tensors, tangents also must be. "
            f"Got primals with structure {spec} and tangents with structure {given_spec}"
        )
    for name, leaves in (("primals", inputs), ("tangents", directions)):
        check_all_tensors(name, leaves)
    if modes.dual_level >= 0:
        raise RuntimeError("Nested forward mode AD is not supported at the moment")
    layer = TangentLayer()
    with layer:
        duals = [lifted_dual(layer, x, t) for x, t in zip(inputs, directions, strict=True)]
        returned = func(*tree_unflatten(duals, spec))
    aux = None
    if has_aux:
        returned, aux = split_aux("jvp(f, primals, tangents)", returned)
    outputs, out_spec = tree_flatten(returned)
    check_tensors("jvp(f, primals, tangents)", outputs)
    value = tree_unflatten([layer.lower(y) for y in outputs], out_spec)
    product = tree_unflatten([tangent_in(layer, y, strict) for y in outputs], out_spec)
    if has_aux:
        return value, product, lowered(layer, aux)
    return value, product


def check_all_tensors(name, leaves):
    """Refuse arguments that aren't tensors, or none."""
    if not leaves:
        raise RuntimeError(
            f"jvp(f, primals, tangents): Expected {name} to contain at least one Tensor."
        )
    for x in leaves:
        if not isinstance(x, Tensor):
            raise RuntimeError(
                f"jvp(f, primals, tangents): Expected {name} to only contain Tensors, got {type(x)}"
            )


def lifted_dual(layer, x, tangent):
    """A Tensor of this layer with a tangent."""
    for name, each in (("primal", x), ("tangent", tangent)):
        if each._array.dtype.kind not in "fcV":
            raise ValueError(
                f"Expected {name} to be floating point or complex, but got: {each.dtype}"
            )
    check_tangent(x, tangent)
    return layer.lift(x, tangent=tangent)


def tangent_in(layer, y, strict):
    """The tangent of a result in this layer."""
    tangent = y._array.tangent if layer.owns(y) else None
    if tangent is None:
        if strict:
            raise RuntimeError(
                "jvp(f, primals, tangents, strict=True): The output of f is independent of the "
                "inputs. This is not allowed with strict=True."
            )
        return wrap(np.zeros_like(layer.lower(y)._array))
    return tangent


def linearize(func, *primals):
    """The value of a function, and the function that gives products of its Jacobian and vectors.

    Returns (output, jvp_fn); `func` is called once, `jvp_fn(*tangents)` doesn't call it again. It
    runs the tape backwards for a gradient u that stays open, which is linear in u, and
    differentiates that by u.

    >>> import rushlight as torch
    >>> y, push = torch.func.linearize(torch.sin, torch.tensor(0.0))
    >>> push(torch.tensor(2.0))
    tensor(2.)
    """
    inputs, spec = tree_flatten(primals)
    layer = TapeLayer()
    leaves = [lifted_leaf(layer, x) if isinstance(x, Tensor) else x for x in inputs]
    with layer:
        returned = func(*tree_unflatten(leaves, spec))
    outputs, out_spec = tree_flatten(returned)
    check_tensors("linearize(f, *primals)", outputs)

    def jvp_fn(*tangents):
        given, given_spec = tree_flatten(tangents)
        if given_spec != spec:
            raise RuntimeError(
                f"Expected the tangents {given_spec} to have the same argspec as the primals {spec}"
            )
        for i, (x, t) in enumerate(zip(inputs, given, strict=True)):
            check_linear_tangent(i, x, t)
        open_layer = TapeLayer()
        seeds = [
            open_layer.lift(wrap(np.zeros_like(layer.lower(y)._array)), requires_grad=True)
            for y in outputs
        ]
        with open_layer:
            gradients = layer.pull(outputs, leaves, seeds)
        pairs = [(g, t) for g, t in zip(gradients, given, strict=True) if g is not None]
        found = open_layer.pull([g for g, _ in pairs], seeds, [t for _, t in pairs])
        products = [zeros_if_none(p, layer.lower(y)) for p, y in zip(found, outputs, strict=True)]
        return tree_unflatten(products, out_spec)

    return tree_unflatten([layer.lower(y) for y in outputs], out_spec), jvp_fn


def check_linear_tangent(position, primal, tangent):
    """Refuse a tangent of another shape or dtype."""
    for what in ("shape", "dtype"):
        own, given = getattr(primal, what), getattr(tangent, what)
        if own != given:
            raise RuntimeError(
                f"tangent:{position} with {what} {given} in flattened pytree doesn't match the "
                f"{what} {own} of the corresponding primal."
            )
