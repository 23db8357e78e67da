"""What a Node saves for its derivative rules, and how the rules get it back.

An ordinary backward pass reads arrays straight from `node.saved` (see `rushlight.ops.fast`). Where
the gradients are to be differentiated again, or somebody watches, the saved arrays come back as
Tensors with their place on the tape: `unpack`.
"""

from __future__ import annotations

import numpy as np

from rushlight.autograd.tape import UNSAVED, AccumulateGrad, Output, modes
from rushlight.tensor import Tensor, as_array, wrap

__all__ = ["backward_on_wrapped_arrays", "backward_tensors", "raise_modified", "save", "unpack"]


class Packed:
    """What a pair of saved-tensor hooks keeps in place of a saved array."""

    __slots__ = ("content", "unpack_hook")

    def __init__(self, tensor, pack_hook, unpack_hook):
        self.unpack_hook = unpack_hook
        version = tensor._counter
        before = version[0]
        self.content = pack_hook(tensor)
        if version[0] != before:
            raise RuntimeError(
                "A saved tensor pack hook is modifying its input in place. Tensors provided as "
                "input to pack hook can not be modified by in-place operations as this can lead "
                "to unexpected side-effects. Please open an issue if you need to perform in-place "
                "operations on the input to a pack hook."
            )

    def unpack(self):
        tensor = self.unpack_hook(self.content)
        if not isinstance(tensor, Tensor):
            raise TypeError(
                "Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
                f"{type(tensor).__name__}"
            )
        return tensor


def save(op, node, operands, options, outputs, flags):
    """Fill `node.saved` and `node.guards`; what no wanted rule needs is not kept alive."""
    wanted = dict(zip(op.arrays, flags, strict=True))
    inputs = dict(zip(op.arrays, operands, strict=True))
    results = dict(
        zip(("out",) if op.outputs in (None, "many") else op.outputs, outputs, strict=False)
    )
    values, guards = [], []
    for name, rules in op.saved_for.items():
        if name in op.saved_arrays:
            tensor = inputs.get(name, results.get(name))
            if tensor is None or not any(wanted[rule] for rule in rules):
                values.append(None)
                guards += (UNSAVED, 0)
                continue
            is_result = name not in inputs
            values.append(_pack(tensor, node, is_result))
            guards += (tensor._counter, tensor._counter[0])
        elif name in options:
            values.append(options[name])
        elif name == "shapes":
            values.append(_shapes(op, inputs, outputs[0]))
        else:
            values.append(tuple(inputs[name.removesuffix("_shape")].shape))
    node.saved, node.guards = tuple(values), tuple(guards)


def _pack(tensor, node, is_result):
    if not modes.saved_tensors_hooks:
        return tensor._array
    shown = tensor
    if is_result or tensor._node is not None:
        shown = wrap(tensor._array)
        shown._counter = tensor._counter
    return Packed(shown, *modes.saved_tensors_hooks[-1])


def _shapes(op, inputs, output):
    operands = [inputs[name] for name in op.rules]
    shapes = tuple(() if x is None else tuple(x.shape) for x in operands)
    same = all(shape == tuple(output.shape) for shape in shapes)
    return None if same else shapes


def describe(outputs):
    """What is needed to stand in for the gradient of an output that nobody used."""
    return tuple((x._array.shape, x._array.dtype) for x in outputs)


def unpack(node):
    """The saved values by name; arrays come back as Tensors at their place on the tape."""
    if node.saved is None:
        raise_freed()
    op = node.op
    check_guards(node)
    values = {}
    for name, value in zip(op.saved_names, node.saved, strict=True):
        if name in op.saved_arrays and value is not None:
            value = restore(node, name, value)
        values[name] = value
    return values


def restore(node, name, value):
    """A saved array (or what hooks keep of it) as a Tensor that knows where it came from."""
    op = node.op
    if isinstance(value, Packed):
        with_history = value.unpack()
        array = with_history._array
        if with_history._requires_grad and name in op.arrays:
            return with_history
    else:
        array = value
    if name not in op.arrays:
        return _with_edge(array, node, op, name)
    edge = node.edges[op.arrays.index(name)]
    if isinstance(edge, Tensor) and edge._array is array:
        return edge
    tensor = wrap(array)
    if edge is not None:
        tensor._requires_grad = True
        tensor._node = AccumulateGrad.of(edge) if isinstance(edge, Tensor) else edge
    return tensor


def _with_edge(array, node, op, name):
    tensor = wrap(array)
    if array.dtype.kind in "fcV":
        tensor._requires_grad = True
        tensor._node = node if op.outputs is None else Output(node, op.outputs.index(name))
    return tensor


def backward_tensors(node, gradient, edges):
    """Gradients of the inputs on Tensors, by the rules as they were written."""
    op = node.op
    values = unpack(node)
    values.update(_named_gradients(op, node, gradient))
    op.before_rules(values)
    return tuple(
        _apply_rule(op, name, values, node) if edge is not None and name in op.rules else None
        for name, edge in zip(op.arrays, edges, strict=True)
    )


def _named_gradients(op, node, gradient):
    if op.outputs is None:
        return {"g": _conjugate(gradient, node)}
    filled = [
        wrap(np.zeros(shape, dtype)) if g is None else _conjugate(g, node)
        for g, (shape, dtype) in zip(gradient, node.outputs, strict=True)
    ]
    if op.outputs == "many":
        return {"g": tuple(filled)}
    return {f"g_{name}": g for name, g in zip(op.outputs, filled, strict=True)}


def _apply_rule(op, name, values, node):
    result = op.rules[name](*(values[p] for p in op.rule_parameters[name]))
    if result is None:
        return None
    return _conjugate(op.after_rule(result, name, values), node)


def _conjugate(gradient, node):
    if node.conjugates and gradient._array.dtype.kind == "c":
        return gradient.conj()
    return gradient


def backward_on_wrapped_arrays(node, gradient, edges):
    """Gradients of the inputs on arrays, by way of Tensors: complex numbers, several outputs."""
    if isinstance(gradient, (list, tuple)):
        wrapped = [None if g is None else wrap(as_array(g)) for g in gradient]
    else:
        wrapped = wrap(as_array(gradient))
    results = node.backward_tensors(wrapped, edges)
    return tuple(None if r is None else r._array for r in results)


# Refusals -----------------------------------------------------------------------------------------


def raise_freed():
    """Refuse a second backward pass over a freed Node."""
    raise RuntimeError(
        "Trying to backward through the graph a second time (or directly access saved tensors "
        "after they have already been freed). Saved intermediate values of the graph are freed "
        "when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to "
        "backward through the graph a second time or if you need to access saved tensors after "
        "calling backward."
    )


def check_guards(node):
    """Refuse saved values that were overwritten since."""
    guards = node.guards
    for i in range(0, len(guards), 2):
        if guards[i][0] != guards[i + 1]:
            raise_modified(node)


def raise_modified(node):
    """Say which saved value was modified in place."""
    op = node.op
    guards = node.guards
    for i, name in enumerate(op.saved_arrays):
        counter, version = guards[2 * i], guards[2 * i + 1]
        if counter[0] != version:
            value = node.saved[op.saved_names.index(name)]
            array = value.unpack()._array if isinstance(value, Packed) else value
            raise_overwritten(array, counter[0], version, *_origin(node, name))


def raise_overwritten(array, version, expected, function=None, output=0):
    """Refuse a saved array that was modified in place since `function` made it."""
    origin = ""
    if function is not None and not isinstance(function, AccumulateGrad):
        origin = f", which is output {output} of {function.name().partition('Backward')[0]},"
    raise RuntimeError(
        "one of the variables needed for gradient computation has been modified by an inplace "
        f"operation: [{tensor_type(array)} {list(array.shape)}]{origin} is at version {version}; "
        f"expected version {expected} instead. Hint: enable anomaly detection to find the "
        "operation that failed to compute its gradient, with "
        "torch.autograd.set_detect_anomaly(True, check_nan=False)."
    )


def tensor_type(array):
    """PyTorch's old name of a type of tensor, which its messages use: `torch.FloatTensor`."""
    from rushlight import dtypes

    return f"torch.{dtypes.of(array).title}Tensor"


def _origin(node, name):
    """The Node that made a saved value, and the number of its output."""
    op = node.op
    if name not in op.arrays:
        return node, 0 if op.outputs is None else op.outputs.index(name)
    return node.next_functions[op.arrays.index(name)]


_ATTRIBUTE_NAMES = {"self": "input", "result": "out"}


def saved_attribute(node, attribute):
    """`node._saved_x`: what was saved of argument `x`; `self` is the first, `result` the output."""
    name = attribute.removeprefix("_saved_")
    op = getattr(type(node), "op", None)
    names = node.saved_names
    name = name if name in names else _ATTRIBUTE_NAMES.get(name, name)
    if op is None or name not in names:
        raise AttributeError(f"'{type(node).__name__}' object has no attribute '{attribute}'")
    if node.saved is None:
        raise_freed()
    return unpack(node)[name]
