"""Forward mode: tangents that travel along with the values.

A *dual* tensor has a tangent: the derivative, in one direction, of what it depends on. Inside a
`dual_level`, every operation on dual tensors gives a dual tensor. How tangents go through an
operation isn't declared; it follows from the operation's derivative rules (`push`):

- an operation that is linear in its arguments treats tangents as it treats values;
- the rules of an elementwise one multiply by the derivative, and so serve tangents as well;
- else the rules, which are linear in the gradient, are transposed: differentiated by it.
"""

from __future__ import annotations

import itertools
from collections import namedtuple

import numpy as np

from rushlight.autograd import saved
from rushlight.autograd.function import call_with_node
from rushlight.autograd.grad_mode import Switch, _Mode
from rushlight.autograd.layers import TapeLayer
from rushlight.autograd.tape import Output, modes
from rushlight.ops import fast
from rushlight.ops.op import Elementwise
from rushlight.tensor import Tensor, type_name, wrap

__all__ = [
    "UnpackedDualTensor",
    "dual_level",
    "enter_dual_level",
    "exit_dual_level",
    "make_dual",
    "unpack_dual",
]


# The interface ------------------------------------------------------------------------------------


def enter_dual_level():
    """Begin a level of forward-mode differentiation, and return its number.

    Raises:
        RuntimeError: there is one already.
    """
    if modes.dual_level >= 0:
        raise RuntimeError("Nested forward mode AD is not supported at the moment")
    modes.dual_level = 0
    modes.dual_session = _next_session()
    fast.intercept(+1)
    return 0


def exit_dual_level(*, level=None):
    """End the level: all tangents are gone.

    Raises:
        RuntimeError: there is none, or `level` isn't the last one.
    """
    if level is None:
        level = modes.dual_level
    if level < 0:
        raise RuntimeError("Dual level must be a positive number.")
    if level != modes.dual_level:
        raise RuntimeError(
            "Trying to exit a forward AD level that was not the last one that was created. This is "
            "not supported."
        )
    modes.dual_level = -1
    fast.intercept(-1)


class dual_level(_Mode):
    """A context in which tensors may have tangents, which end with it.

    >>> import rushlight as torch
    >>> import rushlight.autograd.forward_ad as fwAD
    >>> x = torch.tensor(3.0)
    >>> with fwAD.dual_level():
    ...     dual = fwAD.make_dual(x, torch.tensor(1.0))
    ...     fwAD.unpack_dual(dual * dual).tangent
    tensor(6.)
    """

    def __enter__(self):
        return enter_dual_level()

    def __exit__(self, *exception):
        exit_dual_level()


def make_dual(tensor, tangent, *, level=None):
    """A view of `tensor` that has a tangent, of the same shape.

    Raises:
        RuntimeError: outside of a dual level; the shapes differ; or one of them is dual already.
        ValueError: one of them is not of a floating-point or complex dtype.
    """
    level = modes.dual_level if level is None else level
    if level < 0:
        raise RuntimeError(
            "Trying to create a dual Tensor for forward AD but no level exists, make sure to "
            "enter_dual_level() first."
        )
    for name, x in (("primal", tensor), ("tangent", tangent)):
        if not (x.is_floating_point() or x.is_complex()):
            raise ValueError(f"Expected {name} to be floating point or complex, but got: {x.dtype}")
    if tangent_of(tensor) is not None:
        raise RuntimeError(
            "Making a dual Tensor based on a Tensor that already has a forward gradient at the "
            f"same level {level} is not supported."
        )
    if tangent_of(tangent) is not None:
        raise RuntimeError(
            "Setting a forward grad that itself has a forward gradient at the same level"
            f"{level} is not supported."
        )
    check_tangent(tensor, tangent)
    dual = tensor.view_as(tensor)
    if modes.forward_grad_enabled:
        set_tangent(dual, tangent)
    return dual


def check_tangent(tensor, tangent):
    """Refuse a tangent of another shape."""
    if tuple(tangent.shape) != tuple(tensor.shape):
        raise RuntimeError(
            "Trying to set a forward gradient that has a different size than that of the original "
            "Tensor, this is not supported. Tensor is of size "
            f"{list(tensor.shape)} while the given forward gradient is of size "
            f"{list(tangent.shape)}."
        )


def unpack_dual(tensor, *, level=None):
    """The value and the tangent (None where there is none) of a tensor, as a named tuple."""
    level = modes.dual_level if level is None else level
    tangent = tangent_of(tensor) if level >= 0 and modes.forward_grad_enabled else None
    if tangent is None:
        return UnpackedDualTensor(tensor, None)
    with values_only():
        return UnpackedDualTensor(tensor.view_as(tensor), tangent)


UnpackedDualTensor = namedtuple("UnpackedDualTensor", ["primal", "tangent"])
UnpackedDualTensor.__doc__ = "What `unpack_dual` returns: (primal, tangent)."


class _set_fwd_grad_enabled(Switch):
    """Whether operations compute tangents."""

    name = "forward_grad_enabled"

    def __enter__(self):
        modes.forward_grad_enabled = self.mode


# Where tangents are -------------------------------------------------------------------------------

_next_session = itertools.count(1).__next__


def tangent_of(tensor):
    """The tangent of a tensor in the dual level that is open, or None."""
    known = tensor.__dict__.get("_tangent")
    if known is None or modes.dual_level < 0 or known[0] != modes.dual_session:
        return None
    return known[1]


def set_tangent(tensor, tangent):
    """Give a tensor a tangent, for as long as the dual level is open."""
    tensor.__dict__["_tangent"] = modes.dual_session, tangent


class values_only:
    """Within, operations compute no tangents."""

    def __enter__(self):
        self.before = modes.dual_level
        modes.dual_level = -1

    def __exit__(self, *exception):
        modes.dual_level = self.before


def propagate(op, operands, options, outputs):
    """Give the outputs of an operation their tangents."""
    if not modes.forward_grad_enabled:
        return
    given = [None if x is None else tangent_of(x) for x in operands]
    if all(t is None for t in given):
        return
    with values_only():
        tangents = push(op, operands, given, options, outputs)
    for y, t in zip(outputs, tangents, strict=True):
        if t is not None:
            set_tangent(y, t)
    keep_tangents(op, operands, outputs)


def keep_tangents(op, operands, outputs):
    """Let the Node of this call know the tangents of what it saved: its rules are dual too."""
    recorded = [y._node for y in outputs if y._node is not None]
    if not recorded:
        return
    node = recorded[0].node if isinstance(recorded[0], Output) else recorded[0]
    values = dict(zip(op.arrays, operands, strict=True))
    values.update(zip(("out",) if op.outputs is None else op.outputs, outputs, strict=False))
    marks = {
        name: values[name].__dict__.get("_tangent")
        for name in op.saved_arrays
        if values.get(name) is not None
    }
    node.__dict__["_tangents"] = {name: mark for name, mark in marks.items() if mark is not None}


def restore_tangent(node, name, tensor):
    """Give a saved tensor that comes back the tangent that it had."""
    mark = node.__dict__.get("_tangents", {}).get(name)
    if mark is not None and "_tangent" not in tensor.__dict__:
        tensor.__dict__["_tangent"] = mark


def overwrite_tangent(tensor, result):
    """Write the tangent of `result` into that of a tensor that was changed in place."""
    tangent, own = tangent_of(result), tangent_of(tensor)
    if not modes.forward_grad_enabled or (tangent is None and own is None):
        return
    from rushlight.ops import copy_

    with values_only():
        if own is not None:
            copy_(own, zeros_like(own) if tangent is None else tangent)
            return
        chain = list(views_to_base(tensor))
        base = tensor if tensor._base is None else tensor._base
    if base is tensor:
        set_tangent(tensor, tangent)
        return
    whole = tangent_of(base)
    whole = zeros_like(base) if whole is None else whole
    set_tangent(base, whole)
    with values_only():
        for view, op, options in reversed(chain):
            whole = op.call(whole, *options)
            view.__dict__["_tangent"] = modes.dual_session, whole
        copy_(whole, tangent)


def views_to_base(view):
    """The views that lead from a tensor to its base, each with the operation that made it."""
    while view._base is not None:
        source, op, options = view._replay
        yield view, op, options
        view = source


def zeros_like(x):
    """Zeros in the shape and dtype of a Tensor."""
    return wrap(np.zeros_like(x._array))


# How tangents go through an operation -------------------------------------------------------------


def push(op, primals, tangents, options, outputs):
    """The tangents of an operation's outputs, given those of its arguments (None: zero)."""
    given = {
        name: t
        for name, t in zip(op.arrays, tangents, strict=True)
        if t is not None and name in op.rules
    }
    if not given:
        return [None] * len(outputs)
    if op.linear and (len(op.rules) == 1 or not op.broadcasts):
        found = through_linear(op, primals, given, options)
    elif isinstance(op, Elementwise) and (op.holomorphic or not any_complex(primals, outputs)):
        found = [through_elementwise(op, primals, given, options, outputs)]
    else:
        found = through_transpose(op, primals, given, options, outputs)
    return [t if is_differentiable(y) else None for y, t in zip(outputs, found, strict=True)]


def is_differentiable(x):
    """Whether the elements are floating-point or complex numbers."""
    return x._array.dtype.kind in "fcV"


def any_complex(primals, outputs):
    """Whether complex numbers are involved."""
    return any(x is not None and x._array.dtype.kind == "c" for x in (*primals, *outputs))


def through_linear(op, primals, given, options):
    """The operation itself, on tangents in place of values."""
    arguments = [
        x if x is None or name not in op.rules else tangent_or_zeros(given.get(name), x)
        for name, x in zip(op.arrays, primals, strict=True)
    ]
    result = op.call(*arguments, **options)
    return [result] if op.outputs is None else result


def tangent_or_zeros(tangent, x):
    """A tangent of `x`; without one, zeros."""
    return zeros_like(x) if tangent is None else tangent


def values_of_rules(op, primals, options, outputs):
    """What the rules of an operation name, less the gradients."""
    known = dict(zip(op.arrays, primals, strict=True))
    known.update(zip(("out",) if op.outputs is None else op.outputs, outputs, strict=False))
    known.update(options)
    shapes = tuple(() if known[n] is None else tuple(known[n].shape) for n in op.rules)
    known["shapes"] = shapes
    return {
        name: known[name] if name in known else tuple(known[name.removesuffix("_shape")].shape)
        for name in op.saved_names
    }


def through_elementwise(op, primals, given, options, outputs):
    """The sum of the rules, which multiply by the derivative of each element."""
    values = values_of_rules(op, primals, options, outputs)
    total = None
    for name, tangent in given.items():
        values["g"] = fast.expand_to(tangent, tuple(outputs[0].shape))
        part = op.rules[name](*(values[p] for p in op.rule_parameters[name]))
        total = part if total is None or part is None else total + part
    if total is values["g"]:  # memory that is somebody else's
        return total.clone()
    return total


def through_transpose(op, primals, given, options, outputs):
    """The transpose of the rules: with u the gradient of the outputs, the derivative by u of the
    gradients of the arguments, times the tangents.
    """
    values = values_of_rules(op, primals, options, outputs)
    node = op.node_class_named(op.name, any_complex(primals, outputs))()
    node.outputs = None if op.outputs is None else saved.describe(outputs)
    layer = TapeLayer()
    with layer:
        seeds = [
            layer.lift(zeros_like(y), requires_grad=True) if is_differentiable(y) else None
            for y in outputs
        ]
        wanted = [name in given for name in op.arrays]
        gradients = saved.apply_rules(
            node, values, seeds[0] if op.outputs is None else seeds, wanted
        )
    pairs = [
        (gradient, given[name])
        for name, gradient in zip(op.arrays, gradients, strict=True)
        if gradient is not None
    ]
    live = [seed for seed in seeds if seed is not None]
    found = iter(layer.pull([g for g, _ in pairs], live, [t for _, t in pairs]))
    return [None if seed is None else next(found) for seed in seeds]


# How tangents go through a user's Function --------------------------------------------------------


def call_with_tangents(function, args, kwargs):
    """Call a Function, and give its outputs the tangents that its `jvp` says."""
    given = [tangent_of(x) if isinstance(x, Tensor) else None for x in args]
    with values_only():
        outputs, node = call_with_node(function, args, kwargs)
        if all(t is None for t in given) or not modes.forward_grad_enabled:
            return outputs
        tangents = push_through_function(function, node, args, given)
    several = outputs if isinstance(outputs, tuple) else (outputs,)
    for y, t in zip(several, tangents, strict=True):
        if t is not None and isinstance(y, Tensor):
            known = next((g for x, g in zip(args, given, strict=True) if x is y), None)
            check_returned(y, t, known)
            set_tangent(y, t)
    return outputs


def check_returned(y, tangent, known):
    """Refuse a tangent that `jvp` returned for the output `y`: not its shape, or not a view too.

    That of an input that was changed in place must be `known`, changed in place too.
    """
    if known is not None:
        if tangent is not known:
            raise RuntimeError(
                "An inplace custom Function is not modifying the forward mode gradients inplace. "
                "If the forward is modifying an input inplace, then the jvp function must modify "
                "the corresponding gradient inplace."
            )
        return
    if y._base is not None and tangent._base is None:
        raise RuntimeError(
            "A custom Function's forward is returning a view (or an input as-is) but the jvp is "
            "not returning a view."
        )
    if tangent._array.shape != y._array.shape:
        raise RuntimeError(
            "Trying to set a forward gradient that has a different size than that of the original "
            f"Tensor, this is not supported. Tensor is of size {list(y.shape)} while the given "
            f"forward gradient is of size {list(tangent.shape)}."
        )


def push_through_function(function, node, args, tangents):
    """What a Function's `jvp` makes of these tangents, one for each output."""
    given = [
        zeros_like(x) if t is None and node.materialize_grads and isinstance(x, Tensor) else t
        for x, t in zip(args, tangents, strict=True)
    ]
    node.in_jvp = True
    try:
        found = function.jvp(node, *given)
    finally:
        node.in_jvp = False
    found = found if isinstance(found, tuple) else (found,)
    count = len(node.output_kinds)
    if len(found) != count:
        raise RuntimeError(
            "Function's jvp returned an invalid number of forward gradients (expected "
            f"{count} but got {len(found)})"
        )
    for i, tangent in enumerate(found):
        if tangent is not None and not isinstance(tangent, Tensor):
            raise RuntimeError(
                f"expected Variable or None (got {type_name(tangent)}) for grad output {i}."
            )
    return found
