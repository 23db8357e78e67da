"""Straight-line derivatives on Tensors: what passes with `create_graph` and transforms call.

`build_backward_tensors` makes for each operation, when it is first differentiated on Tensors, the
twin of what `fast.build_backward` makes for arrays. For `mul` it reads (shortened)::

    def backward(node, g, edges, restored=at_its_place):
        if intercepted or node.saved is None:
            return backward_tensors(node, g, edges, restored)
        other, input, shapes, = node.saved
        counter0, version0, counter1, version1, = node.guards
        if counter0[0] != version0 or counter1[0] != version1:
            raise_modified(node)
        origins = node.edges
        g_input = g_other = None
        if edges[0] is not None:
            other = restored(other, origins[1], counter0)
            g_input = d_input(g, other)
        ...
        return g_input, g_other

The rules are as they were written, so what they call is recorded itself. `restored` makes a Tensor
of a saved array: one at its place on the tape, or one from below where a transform pulls.
"""

from __future__ import annotations

from rushlight.autograd import saved
from rushlight.ops import fast
from rushlight.ops.shape.views import _expand, _sum_to_size

__all__ = ["first_backward_tensors"]


def first_backward_tensors(node, gradient, edges, restored=saved.at_its_place):
    """Build the derivative of the Node's operation on Tensors, and call it."""
    op = node.op
    built = build_backward_tensors(op)
    for node_class in op.node_classes():
        if node_class.backward_tensors is first_backward_tensors:
            node_class.backward_tensors = built
    return built(node, gradient, edges, restored)


def build_backward_tensors(op):
    """Gradients on Tensors: `backward(node, g, edges, restored)`."""
    source = "\n".join(_source(op))
    names = {**_NAMES, "__name__": __name__}
    names.update((f"d_{name}", rule) for name, rule in op.rules.items())
    exec(compile(source, f"<derivative of {op.name} on Tensors>", "exec"), names)
    backward = names["backward"]
    backward.source = source
    return backward


_NAMES = {
    "backward_tensors": saved.backward_tensors,
    "is_intercepted": fast.is_intercepted,
    "expand": _expand,
    "kept_shape": fast.kept_shape,
    "raise_modified": saved.raise_modified,
    "sum_to_size": _sum_to_size,
    "at_its_place": saved.at_its_place,
}


def _source(op):
    yield "def backward(node, g, edges, restored=at_its_place):"
    yield "    if is_intercepted() or node.saved is None:"
    yield "        return backward_tensors(node, g, edges, restored)"
    if op.saved_names:
        yield f"    {', '.join(op.saved_names)}, = node.saved"
    if op.saved_arrays:
        pairs = [(f"counter_{name}", f"version_{name}") for name in op.saved_arrays]
        yield f"    {', '.join(f'{c}, {v}' for c, v in pairs)}, = node.guards"
        yield f"    if {' or '.join(f'{c}[0] != {v}' for c, v in pairs)}:"
        yield "        raise_modified(node)"
        yield "    origins = node.edges"
    yield from _before_rules_source(op)
    for position, name in enumerate(op.arrays):
        if name in op.rules:
            yield from _rule_source(op, name, position)
    results = (f"g_{name}" if name in op.rules else "None" for name in op.arrays)
    yield f"    return {', '.join(results)},"


def _before_rules_source(op):
    """Tensors of what more than one rule may name, and `g` with its reduced dimensions kept."""
    for name in op.saved_arrays:
        yield from _restore_source(op, name)
    if "keepdim" in op.saved_names:
        # the gradient of a total expands as it is, where the rules name nothing else
        only_g = all(names == ("g",) for names in op.rule_parameters.values())
        total = "g._array.shape if dim is None else " if only_g else ""
        yield f"    kept = {total}kept_shape(input_shape, dim)"
        for name in ("g", "out") if "out" in op.saved_names else ("g",):
            yield f"    if {name}._array.shape != kept:"
            yield f"        {name} = {name}.reshape(kept)"


def _restore_source(op, name):
    origin = f"origins[{op.arrays.index(name)}]" if name in op.arrays else "node"
    rules = op.saved_for[name]
    wanted = " or ".join(f"edges[{op.arrays.index(rule)}] is not None" for rule in rules)
    yield f"    if {name} is not None and ({wanted}):"
    yield f"        {name} = restored({name}, {origin}, counter_{name})"


def _rule_source(op, name, position):
    yield f"    g_{name} = None"
    yield f"    if edges[{position}] is not None:"
    yield f"        g_{name} = d_{name}({', '.join(op.rule_parameters[name])})"
    after = list(_after_rule_source(op, name))
    if after:
        yield f"        if g_{name} is not None:"
        yield from after


def _after_rule_source(op, name):
    if "keepdim" in op.saved_names:
        yield f"            if g_{name}._array.shape != input_shape:"
        yield f"                g_{name} = expand(g_{name}, shape=input_shape)"
    elif "shapes" in op.saved_names:
        place = list(op.rules).index(name)
        yield f"            if shapes is not None and g_{name}._array.shape != shapes[{place}]:"
        yield f"                g_{name} = sum_to_size(g_{name}, shape=shapes[{place}])"
