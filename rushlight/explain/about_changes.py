"""Changes in place that the tape can't follow, and `numpy()` on what requires grad."""

from __future__ import annotations

import ast
import gc

from rushlight.explain import provenance
from rushlight.explain.case import Explanation, explains
from rushlight.explain.catalogue import say
from rushlight.explain.history import evaluate
from rushlight.explain.source import Place, body_nodes, dotted, function_around, statement_at
from rushlight.tensor import Tensor


@explains(r"^one of the variables needed for gradient computation has been modified by an inplace")
def modified(case):
    """A value that was saved for the backward pass was overwritten."""
    found = case.local("node", "counter")
    if found is None:
        return Explanation([say("modified.why", what=say("modified.value"))], case.places())
    node, counter = found
    tensor = _on_memory(case, counter)
    name = case.name_of(tensor) if tensor is not None else None
    saved, written = _line_of(node), _written(case, counter, name, tensor)
    name = name or _name_on_both(saved, written)
    function = node.name().partition("Backward")[0]
    what = say("modified.name", name=name) if name else say("modified.value")
    places = [(saved, say("modified.saved", function=function))] if saved else []
    places += [(written, say("modified.written"))] if written else []
    if written and ".step(" in written.text:
        fix = [say("modified.fix.step", text=written.text)]
    elif written:
        fix = [say("modified.fix.out", **_out_of_place(case, written, name))]
        fix.append(say("modified.fix.clone", name=name or "x"))
    else:
        fix = [say("modified.fix", name=name or "x")]
    return Explanation(
        [say("modified.why", what=what), say("modified.needs", function=function)],
        [*places, *case.places(say("modified.failed"))],
        fix,
        more="" if saved else say("learn.lines"),
    )


def _line_of(node):
    """The line that recorded a Node, where lines are recorded."""
    number = getattr(node, "line", 0)
    return Place(*provenance.lines[number]) if number else None


def _on_memory(case, counter):
    """The tensor, if possible one with a name, whose version this counter counts."""
    holders = [x for x in gc.get_referrers(counter) if isinstance(x, Tensor)]
    named = [x for x in holders if case.name_of(x)]
    return next(iter(named or holders), None)


def _written(case, counter, name, tensor):
    """The line of the change: recorded, or the only one that the source has for that name."""
    if counter[2:] == counter[:1]:  # the latest change was noted
        return Place(*provenance.lines[counter[1]])
    if name is None or case.statement is None:
        return None
    is_parameter = type(tensor).__name__ == "Parameter"
    nodes = body_nodes(function_around(case.statement))
    found = [n for n in nodes if _changes(n, name, is_parameter)]
    return Place(case.here.filename, found[0].lineno) if len(found) == 1 else None


def _name_on_both(saved, written):
    """The variable that one line assigns and the other changes."""
    made = statement_at(saved) if saved else None
    change = statement_at(written) if written else None
    if not isinstance(made, ast.Assign) or change is None:
        return None
    names = {ast.unparse(target) for target in made.targets}
    return next((n for n in names for c in ast.walk(change) if _changes(c, n, False)), None)


def _changes(node, name, is_parameter):
    """Whether a node of the source changes a variable in place."""
    if isinstance(node, ast.AugAssign):
        return _base_name(node.target) == name
    if isinstance(node, ast.Assign):
        return any(isinstance(t, ast.Subscript) and _base_name(t) == name for t in node.targets)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        method = node.func.attr
        if method == "step" and is_parameter:
            return True
        in_place = method.endswith("_") and not method.endswith("__")
        return in_place and _base_name(node.func.value) == name
    return False


def _base_name(node):
    while isinstance(node, ast.Subscript):
        node = node.value
    names = dotted(node)
    return ".".join(names) if names else None


def _out_of_place(case, written, name):
    """What to write instead of the change."""
    statement = statement_at(written)
    text = written.text
    if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
        sign = ast.unparse(statement).split()[1].removesuffix("=")
        target = statement.target.id
        return {
            "text": text,
            "better": f"{target} = {target} {sign} {ast.unparse(statement.value)}",
        }
    call = statement.value if isinstance(statement, ast.Expr) else None
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
        target, method = ast.unparse(call.func.value), call.func.attr.removesuffix("_")
        given = ", ".join(map(ast.unparse, [*call.args]))
        if method not in ("copy", "zero", "fill"):
            return {"text": text, "better": f"{target} = {target}.{method}({given})"}
    target = name or "x"
    return {"text": text, "better": f"{target} = {target}.clone(); {text}"}


@explains(r"^a (?:view of a )?leaf Variable that requires grad is being used in an in-place")
def leaf(case):
    """A parameter is changed in place while operations are recorded."""
    found = case.local("tensor", kind=Tensor)
    tensor = found[0] if found else None
    name = case.name_of(tensor if tensor is None or tensor._base is None else tensor._base)
    name = name or _name_in_statement(case) or "w"
    text = case.here.text if case.here else f"{name} -= ..."
    return Explanation(
        [say("leaf.in_place", name=name)],
        case.places(),
        [say("leaf.in_place.fix", text=text), say("leaf.in_place.data", name=name)],
    )


def _name_in_statement(case):
    node = case.statement
    if isinstance(node, ast.AugAssign):
        return _base_name(node.target)
    if isinstance(node, ast.Assign):
        return _base_name(node.targets[0])
    return None


@explains(r"^Can't call numpy\(\) on Tensor that requires grad")
def numpy_of_recorded(case):
    """`.numpy()`, `np.array(x)`, or plotting a tensor that requires grad."""
    found = case.local("self", kind=Tensor)
    name = case.name_of(found[0]) if found else None
    name = name or _argument(case) or "x"
    return Explanation(
        [say("numpy.why", name=name)],
        case.places(),
        [say("numpy.fix", name=name), say("numpy.fix.block")],
    )


def _argument(case):
    """The expression on which `.numpy()` is called, or that a function of NumPy is given."""
    calls = [n for n in ast.walk(case.statement or ast.Pass()) if isinstance(n, ast.Call)]
    for node in calls:
        if isinstance(node.func, ast.Attribute) and node.func.attr == "numpy":
            return ast.unparse(node.func.value)
    for argument in [each for node in calls for each in node.args]:
        value = evaluate(argument, case.users[0])
        if isinstance(value, Tensor) and value.requires_grad:
            return ast.unparse(argument)
    if len(calls) == 1 and len(calls[0].args) == 1:
        return f"({ast.unparse(calls[0].args[0])})"
    return None
