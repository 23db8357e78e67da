"""Backward passes that can't begin: no scalar, gradients of the wrong shape, unused inputs."""

from __future__ import annotations

import ast

from rushlight.explain.case import Explanation, explains
from rushlight.explain.catalogue import say


@explains(r"^grad can be implicitly created only for scalar outputs")
def no_scalar(case):
    """`backward()` on a tensor of several elements."""
    tensor = case.facts["tensor"]
    root = _called_on(case)
    name = root or case.name_of(tensor, "loss")
    return Explanation(
        [say("scalar.why", name=name, shape=list(tensor.shape), count=tensor.numel())],
        case.places(),
        [
            say("scalar.reduce", name=name),
            say("scalar.gradient", name=name),
            say("scalar.jacobian"),
        ],
    )


def _called_on(case):
    if case.statement is None:
        return None
    for node in ast.walk(case.statement):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "backward" and not node.args:
                return ast.unparse(node.func.value)
            if node.func.attr in ("backward", "grad") and node.args:
                return ast.unparse(node.args[0])
    return None


@explains(r"^Mismatch in shape: grad_output\[(\d+)\]")
def wrong_gradient(case):
    """`backward(gradient)` with a gradient of another shape."""
    tensor, gradient = case.facts["tensor"], case.facts["gradient"]
    name, given = case.name_of(tensor, "loss"), case.name_of(gradient, "gradient")
    return Explanation(
        [say("gradient.shape", name=name, shape=list(tensor.shape), given=list(gradient.shape))],
        case.places(),
        [say("gradient.shape.fix", name=name, gradient=given)],
    )


@explains(r"^The differentiated Tensor at index (\d+) appears to not have been used")
def unused(case):
    """`grad(loss, x)` where `x` isn't in the graph of the loss."""
    found = case.local("outputs", "inputs")
    if found is None or not found[0]:
        return None
    outputs, inputs = found
    index = int(case.match[1])
    name = case.name_of(inputs[index], f"inputs[{index}]")
    root = case.name_of(outputs[0], _called_on(case) or "loss")
    return Explanation(
        [say("unused.why", name=name, root=root)],
        case.places(),
        [say("unused.fix", name=name)],
    )
