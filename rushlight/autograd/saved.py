"""What a Node saves for its derivative rules, and how the rules get it back.

An ordinary backward pass reads arrays straight from `node.saved` (see `rushlight.ops.fast`). Where
the gradients are to be differentiated again, or somebody watches, the saved arrays come back as
Tensors with their place on the tape: `unpack`.
"""

from __future__ import annotations

import gc

import numpy as np

from rushlight.autograd.tape import (
    UNSAVED,
    AccumulateGrad,
    Node,
    Output,
    as_function,
    gradient_edge,
    modes,
)
from rushlight.explain import explained
from rushlight.tensor import Tensor, as_array, new_tensor, type_name, wrap

__all__ = ["backward_on_wrapped_arrays", "backward_tensors", "raise_modified", "save", "unpack"]


class Packed:
    """What a pair of saved-tensor hooks keeps in place of a saved array."""

    __slots__ = ("content", "unpack_hook")

    def __init__(self, tensor, pack_hook, unpack_hook):
        self.unpack_hook = unpack_hook
        version = tensor._version
        before, modes.grad_enabled = modes.grad_enabled, False
        try:
            self.content = pack_hook(tensor)
        finally:
            modes.grad_enabled = before
        if tensor._version != version:
            raise RuntimeError(
                "A saved tensor pack hook is modifying its input in place. Tensors provided as "
                "input to pack hook cannot be modified by in-place operations as this can lead "
                "to unexpected side-effects. Please open an issue if you need to perform in-place "
                "operations on the input to a pack hook."
            )

    def unpack(self):
        tensor = self.unpack_hook(self.content)
        if not isinstance(tensor, Tensor):
            raise TypeError(
                "Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
                f"{type_name(tensor)}"
            )
        return tensor


def packing(node):
    """Let the rules of a Node see what `unpack` makes of what hooks keep."""
    node.__class__ = _packed_class(type(node))


def _packed_class(kind):
    """The class of Nodes that keep what hooks made of a saved array."""
    made = _packed_classes.get(kind)
    if made is None:
        body = {
            "__slots__": (),
            "__module__": "builtins",
            "backward": backward_on_wrapped_arrays,
            "backward_tensors": backward_tensors,
        }
        made = _packed_classes[kind] = type(kind.__name__, (kind,), body)
    return made


_packed_classes: dict = {}


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
            if modes.saved_tensors_hooks and tensor._counter is not UNSAVED:
                values.append(Packed(tensor, *modes.saved_tensors_hooks[-1]))
                guards += (UNSAVED, 0)
                packing(node)
                continue
            values.append(tensor._array)
            guards += (tensor._counter, tensor._counter[0])
        elif name in options:
            values.append(options[name])
        elif name == "shapes":
            values.append(_shapes(op, inputs, outputs[0]))
        else:
            values.append(tuple(inputs[name.removesuffix("_shape")].shape))
    node.saved, node.guards = tuple(values), tuple(guards)


def _shapes(op, inputs, output):
    operands = [inputs[name] for name in op.rules]
    shapes = tuple(() if x is None else tuple(x.shape) for x in operands)
    same = all(shape == tuple(output.shape) for shape in shapes)
    return None if same else shapes


def describe(outputs):
    """What is needed to stand in for the gradient of an output that nobody used."""
    return tuple((x._array.shape, x._array.dtype) for x in outputs)


def unpack(node, restored=None):
    """The saved values by name; arrays come back as Tensors at their place on the tape.

    `restored(array, edge, counter)` makes a Tensor of what was saved, instead of the function here.
    """
    if node.saved is None:
        raise_freed()
    op = node.op
    check_guards(node)
    values = {}
    for name, value in zip(op.saved_names, node.saved, strict=True):
        if name in op.saved_arrays and value is not None:
            value = restore(node, name, value, restored or at_its_place)
            if modes.dual_level >= 0:
                from rushlight.autograd.forward_ad import restore_tangent

                restore_tangent(node, name, value)
        values[name] = value
    return values


def restore(node, name, value, restored):
    """A saved array (or what hooks keep of it) as the Tensor that `restored` makes of it."""
    op = node.op
    if value.__class__ is Packed:
        value, counter = value.unpack()._array, [0]
    else:
        counter = node.guards[2 * op.saved_arrays.index(name)]
    return restored(value, _saved_edge(node, name, value), [0] if counter is UNSAVED else counter)


def _saved_edge(node, name, array):
    """Where a saved value came from."""
    op = node.op
    if name in op.arrays:
        return node.edges[op.arrays.index(name)]
    if array.dtype.kind not in "fcV":
        return None
    return node if op.outputs is None else Output(node, op.outputs.index(name))


def at_its_place(array, edge, counter):
    """A saved array as a Tensor that knows where it came from, and counts changes with it."""
    if isinstance(edge, Tensor):
        if edge._array is array:
            return edge
        edge = AccumulateGrad.of(edge)
    tensor = new_tensor(Tensor)
    tensor._array = array
    tensor._node = edge
    tensor._grad = tensor._hooks = tensor._base = None
    tensor._requires_grad = edge is not None
    tensor._counter = counter
    return tensor


def backward_tensors(node, gradient, edges, restored=None):
    """Gradients of the inputs on Tensors, by the rules as they were written."""
    wanted = [edge is not None for edge in edges]
    return apply_rules(node, unpack(node, restored), gradient, wanted)


def apply_rules(node, values, gradient, wanted):
    """The gradients of the wanted arguments, given the values that the rules name."""
    op = node.op
    values.update(_named_gradients(op, node, gradient))
    op.before_rules(values)
    return tuple(
        _apply_rule(op, name, values, node) if is_wanted and name in op.rules else None
        for name, is_wanted in zip(op.arrays, wanted, strict=True)
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
        from rushlight.ops.elementwise.complex_numbers import conjugate

        return conjugate(gradient)
    return gradient


def is_defined(gradient):
    """Whether there is a gradient: None stands for one that a rule left out."""
    if isinstance(gradient, list):
        return any(g is not None for g in gradient)
    return gradient is not None


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
    error = RuntimeError(
        "Trying to backward through the graph a second time (or directly access saved tensors "
        "after they have already been freed). Saved intermediate values of the graph are freed "
        "when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to "
        "backward through the graph a second time or if you need to access saved tensors after "
        "calling backward."
    )
    raise explained(error)


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
            if (op.name, name) == ("linear", "weight"):  # PyTorch saves its transpose, a view
                raise_overwritten(value.T, counter[0], version, "AsStrided")
            function, output = _origin(node, name, counter, value)
            raise_overwritten(value, counter[0], version, function, output)


def raise_overwritten(array, version, expected, function=None, output=0):
    """Refuse a saved array that was modified in place since `function`, a Node or a name, made it.

    That of integers, or of a leaf, is not said to be made by any.
    """
    origin = ""
    if array.dtype.kind in "fcV" and not isinstance(function, AccumulateGrad | None):
        name = function if isinstance(function, str) else function.name()
        origin = f", which is output {output} of {name.partition('Backward')[0]},"
    hint = (
        "the backtrace further above shows the operation that failed to compute its gradient. The "
        "variable in question was changed in there or anywhere later. Good luck!"
        if modes.anomaly
        else "enable anomaly detection to find the operation that failed to compute its gradient, "
        "with torch.autograd.set_detect_anomaly(True, check_nan=False)."
    )
    error = RuntimeError(
        "one of the variables needed for gradient computation has been modified by an inplace "
        f"operation: [{tensor_type(array)} {list(array.shape)}]{origin} is at version {version}; "
        f"expected version {expected} instead. Hint: {hint}"
    )
    raise explained(error)


def tensor_type(array):
    """PyTorch's old name of a type of tensor, which its messages use: `torch.FloatTensor`."""
    from rushlight import dtypes

    title = dtypes.of(array).title
    unnamed = title in ("Bool", "BFloat16") or title.startswith("Complex")
    return f"CPU{title}Type" if unnamed else f"torch.{title}Tensor"


def _origin(node, name, counter, array):
    """The Node that made a saved value, and the number of its output."""
    op = node.op
    if name not in op.arrays:
        return node, 0 if op.outputs is None else op.outputs.index(name)
    return as_function(present_edge(counter, array, node.edges[op.arrays.index(name)]))


def present_edge(counter, array, edge):
    """Where the Tensor of a saved array comes from now, if it lives; else `edge`, as it was.

    The tape holds arrays, not Tensors, so the Tensor is found through its version counter.
    """
    for x in gc.get_referrers(counter):
        if isinstance(x, Tensor) and x._array is array:
            return gradient_edge(x)
    return edge


def replace_saved(leaf, array):
    """Let the Nodes that saved a leaf read other memory. They are found by its version counter.

    Those of linear layers go on reading the old memory, of which PyTorch saves a transposed view.
    """
    guards = [x for x in gc.get_referrers(leaf._counter) if isinstance(x, tuple)]
    for node in gc.get_referrers(*guards):
        if isinstance(node, Node) and node.saved and node.op.name != "linear":
            node.saved = tuple(array if x is leaf._array else x for x in node.saved)


class SavedTensor:
    """A tensor that a Node saved: `grad_fn._raw_saved_self`."""

    __slots__ = ("index", "node")
    __module__ = "torch._C._autograd"

    def __init__(self, node, index):
        self.node = node
        self.index = index

    def register_hooks(self, pack_hook, unpack_hook):
        """Keep `pack_hook(tensor)` instead; `unpack_hook` makes a tensor of it again.

        Raises:
            RuntimeError: nothing is saved (any more), or hooks were registered already.
        """
        node = self.node
        if node.saved is None:
            raise RuntimeError(
                "Calling register_hooks on a saved tensor after it has been freed. Saved "
                "intermediate values of the graph are freed when you call .backward() or "
                "autograd.grad(). Specify retain_graph=True if you need to backward through the "
                "graph a second time or if you need to access saved variables after calling "
                "backward."
            )
        value = node.saved[self.index]
        if value is None:
            raise RuntimeError(
                "Calling register_hooks on a saved tensor with value None is forbidden"
            )
        if holds_packed(value):
            raise RuntimeError(
                "Calling register_hooks on a saved tensor whose hooks have already been set. Hint: "
                "only one pair of hooks is allowed at a time."
            )
        packed = Packed(self.unpack().detach(), pack_hook, unpack_hook)
        node.keep_packed(self.index, packed)

    def unpack(self):
        """The tensor that was saved."""
        return self.node.saved_tensor(self.index)

    data = property(unpack)


def holds_packed(value):
    """Whether hooks keep this saved value (of an operation, or of a Function)."""
    return value.__class__ is Packed or getattr(value, "packed", None) is not None


def apply_node(node, gradients):
    """Call a Node as a function: gradients of its outputs to gradients of its inputs."""
    if node.saved is None:
        raise_freed()
    several = getattr(node, "outputs", None)
    count = len(several) if several else 1
    if len(gradients) != count:
        raise TypeError(f"expected {count} arguments, got {len(gradients)} instead")
    for position, gradient in enumerate(gradients):
        if not isinstance(gradient, Tensor) and gradient is not None:
            raise TypeError(f"argument {position} is not a Variable")
    if not (is_defined(list(gradients)) or node.materializes):
        return None if len(node.edges) == 1 else (None,) * len(node.edges)
    results = node.backward_tensors(list(gradients) if several else gradients[0], node.edges)
    results = tuple(results)
    return results[0] if len(results) == 1 else results
