"""Chains of derivatives that are cut: a loss without history, a lost leaf, a gradient of None."""

from __future__ import annotations

import ast
import re

from rushlight.autograd.tape import modes
from rushlight.explain.case import Explanation, explains
from rushlight.explain.catalogue import say
from rushlight.explain.history import (
    assignments,
    cuts_in,
    definition,
    enclosing_no_grad,
    evaluate,
    history_of,
)
from rushlight.explain.provenance import blocks, is_ours
from rushlight.explain.source import Place, around, is_library, parsed, place_of
from rushlight.tensor import Tensor


@explains(r"^element \d+ of tensors does not require grad|^One of the differentiated Tensors does")
def without_history(case):
    """A backward pass from a tensor that nothing leads back from."""
    root = _root_expression(case)
    name = ast.unparse(root) if root is not None else case.name_of(_root_tensor(case), "loss")
    if root is None:
        return _nothing_required(case, name, None)
    if case.text.startswith("One of"):
        return _input_without_grad(case, name)
    history = history_of(root, case.users[0])
    for explain in (_lost_leaf, _unrecorded, _cut, _frozen):
        if found := explain(case, name, history):
            return found
    return _nothing_required(case, name, history)


def _root_tensor(case):
    return case.facts.get("tensor")


def _root_expression(case):
    """What the user's source calls `backward` on."""
    if case.statement is None:
        return None
    for node in ast.walk(case.statement):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "backward" and not node.args and node.func.value is not None:
                return node.func.value
            if node.func.attr in ("backward", "grad"):
                return node.args[0] if node.args else None
    return None


def _input_without_grad(case, name):
    tensor = case.facts.get("tensor")
    name = case.name_of(tensor, "input")
    return Explanation(
        [say("chain.input", name=name)],
        case.places(),
        [say("chain.input.fix", name=name)],
    )


def _lost_leaf(case, name, history):
    """`w = w - lr * w.grad` under `no_grad` made a new tensor that does not require grad."""
    for statement in history.statements:
        if rebound := rebinding(statement):
            value = evaluate(ast.Name(rebound), case.users[0])
            if isinstance(value, Tensor) and not value.requires_grad:
                place = Place(history.filename, statement.lineno)
                return Explanation(
                    [say("leaf.lost", name=rebound, root=name)],
                    [(place, say("leaf.lost.here", name=rebound)), *case.places()],
                    [say("leaf.fix", name=rebound, update=in_place_form(statement))],
                )
    return None


def rebinding(statement):
    """The name `w` of a statement `w = w - ...`, where the gradient of `w` is on the right."""
    if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
        return None
    name = statement.targets[0].id
    parts = list(ast.walk(statement.value))
    uses_itself = any(isinstance(n, ast.Name) and n.id == name for n in parts)
    uses_gradient = any(isinstance(n, ast.Attribute) and n.attr == "grad" for n in parts)
    return name if uses_itself and uses_gradient else None


def in_place_form(statement):
    """`w -= lr * w.grad` for `w = w - lr * w.grad`."""
    target, value = statement.targets[0].id, statement.value
    if isinstance(value, ast.BinOp) and isinstance(value.op, (ast.Add, ast.Sub)):
        if isinstance(value.left, ast.Name) and value.left.id == target:
            sign = "-" if isinstance(value.op, ast.Sub) else "+"
            return f"{target} {sign}= {ast.unparse(value.right)}"
    return f"{target}.copy_({ast.unparse(value)})"


def _unrecorded(case, name, history):
    """The loss was computed inside `no_grad`."""
    if not modes.grad_enabled:
        found = enclosing_no_grad(case.statement)
        if found is not None:
            line, block = found
            places = [(Place(history.filename, line), say("unrecorded.begins")), *case.places()]
            return Explanation(
                [say("unrecorded.here", block=block, name=name)],
                places,
                [say("unrecorded.here.fix", block=block)],
            )
    for node in [*history.statements, *_definitions(history)]:
        found = enclosing_no_grad(node)
        if found is not None:
            line, block = found
            filename = getattr(node, "filename", history.filename)
            places = [(Place(filename, line), say("unrecorded.begins"))]
            if isinstance(node, ast.stmt) and node.lineno != line:
                places.append((Place(filename, node.lineno), say("unrecorded.made")))
            return Explanation(
                [say("unrecorded.block", block=block, name=name)],
                [*places, *case.places()],
                [say("unrecorded.fix", block=block)],
            )
    if not modes.grad_enabled:
        switches = [(place, say("unrecorded.switched")) for place in _switches(history.filename)]
        return Explanation(
            [say("unrecorded.off", name=name)],
            [*switches, *case.places()],
            [say("unrecorded.off.fix")],
        )
    return None


def _switches(filename):
    """The lines of a file that say `set_grad_enabled(False)`."""
    for node in ast.walk(parsed(filename)):
        if isinstance(node, ast.Call) and ast.unparse(node).endswith("set_grad_enabled(False)"):
            yield Place(filename, node.lineno)


def _definitions(history):
    """The statements that return something from the functions called."""
    for code in history.functions.values():
        for node in ast.walk(definition(code)):
            if isinstance(node, ast.Return):
                node.filename = code.co_filename
                yield node


def _cut(case, name, history):
    """Something on the way cut the chain."""
    cuts = cuts_in(history)
    noted = [cut for cut in cuts if cut.noted]
    if not cuts or not (noted or _something_requires_grad(case, history)):
        return None
    cut = (noted or cuts)[0]
    places = [(cut.place, say("cut.here"))]
    if case.here and case.here != cut.place:
        places += case.places()
    values = {"name": cut.target or name, "text": cut.text, "line": cut.place.line}
    return Explanation(
        [say(f"cut.{cut.kind}", **values), say("cut.so", root=name)],
        places,
        [say(f"cut.{cut.kind}.fix", **values)],
    )


def _something_requires_grad(case, history):
    """Whether a variable or a module behind the loss requires grad."""
    return any(_requires_grad(evaluate(ast.Name(n), case.users[0])) for n in history.names)


def _requires_grad(value):
    if isinstance(value, Tensor):
        return value.requires_grad
    parameters = getattr(type(value), "parameters", None)
    return callable(parameters) and any(p.requires_grad for p in value.parameters())


def _frozen(case, name, history):
    """All parameters of the module behind the loss have requires_grad=False."""
    nn_names = {n: m for n, m in case.modules() if n in history.names}
    for module_name, module in nn_names.items():
        parameters = list(module.parameters())
        if parameters and not any(p.requires_grad for p in parameters):
            return Explanation(
                [say("chain.frozen", module=module_name, name=name, count=len(parameters))],
                [*_freezing_lines(history.filename, case), *case.places()],
                [say("chain.frozen.fix", module=module_name)],
            )
    return None


def _freezing_lines(filename, case):
    for node in ast.walk(parsed(filename)):
        if (
            isinstance(node, ast.Assign) and ast.unparse(node).endswith("requires_grad = False")
        ) or (isinstance(node, ast.Call) and ast.unparse(node).endswith("requires_grad_(False)")):
            yield Place(filename, node.lineno), say("chain.frozen.here")


def _nothing_required(case, name, history):
    """Nothing in the loss requires grad: parameters that were never marked, or never entered."""
    trained = [n for n, m in case.modules() if any(p.requires_grad for p in m.parameters())]
    if trained:
        return Explanation(
            [say("chain.never", name=name, module=trained[0])],
            [*_origin(history), *case.places()],
            [say("chain.never.fix", module=trained[0])],
        )
    names = sorted(_float_tensors(case, history)) if history is not None else []
    if not names and (found := list(_noted_blocks())):
        place, block = found[-1]
        return Explanation(
            [say("unrecorded.maybe", name=name, block=block)],
            [(place, say("unrecorded.begins")), *case.places()],
            [say("unrecorded.fix", block=block)],
        )
    listed = ", ".join(f"`{n}`" for n in names)
    return Explanation(
        [say("chain.nothing", name=name, names=listed) if names else say("chain.none", name=name)],
        [*_origin(history), *case.places()],
        [say("chain.nothing.fix", name=names[0] if names else "x")],
    )


def _noted_blocks():
    """(Place, text) of the blocks without recording that the user's own code went through."""
    for code, instruction in list(blocks):
        place = place_of(code, instruction)
        if not (is_ours(place.filename) or is_library(place.filename)):
            found = re.search(r"(\w+\.)?(no_grad|inference_mode)\(.*?\)", place.text)
            if found is not None:
                yield place, found[0]


def _float_tensors(case, history):
    for each in history.names:
        value = evaluate(ast.Name(each), case.users[0])
        if isinstance(value, Tensor) and value.is_floating_point():
            made = [s for s in history.statements if each in _targets(s)]
            if made and any(_creates(s) for s in made):
                yield each


def _targets(statement):
    targets = getattr(statement, "targets", [])
    return {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}


def _creates(statement):
    """Whether the right side makes a tensor of numbers, such as `torch.randn(3)`."""
    value = statement.value
    makers = "tensor randn rand zeros ones full arange linspace eye empty normal from_numpy".split()
    return isinstance(value, ast.Call) and getattr(value.func, "attr", "") in makers


def _origin(history):
    """The line where the loss was last assigned."""
    if history is None or not history.statements:
        return []
    statement = history.statements[0]
    return [(Place(history.filename, statement.lineno), "")]


# A gradient that is None --------------------------------------------------------------------------


@explains(r"NoneType|^The \.grad attribute of a Tensor that is not a leaf")
def gradient_is_none(case):
    """`.grad` is None: of a leaf that was lost, of a result, or before any backward pass."""
    reading = _gradient_read(case)
    if reading is None:
        return None
    name = ast.unparse(reading.value)
    value = case.facts.get("tensor")
    value = evaluate(reading.value, case.users[0]) if value is None else value
    if not isinstance(value, Tensor):
        return None
    if value.grad_fn is not None:
        return _gradient_of_result(case, name, value)
    if not value.requires_grad:
        return _plain_tensor(case, name)
    return Explanation(
        [say("grad.unset", name=name)], case.places(), [say("grad.unset.fix", name=name)]
    )


def _gradient_read(case):
    """`x.grad` in the statement that failed."""
    if case.statement is None:
        return None
    for node in ast.walk(case.statement):
        if isinstance(node, ast.Attribute) and node.attr == "grad":
            value = evaluate(node.value, case.users[0])
            if isinstance(value, Tensor) and value._grad is None:
                return node
    return None


def _gradient_of_result(case, name, value):
    """A tensor that an operation made: often it was a leaf once, and its name was bound anew."""
    for place, statement in _rebindings(case, name):
        if statement is not None:
            return Explanation(
                [say("leaf.rebound", name=name)],
                [(place, say("leaf.lost.here", name=name)), *case.places()],
                [say("leaf.fix", name=name, update=in_place_form(statement))],
            )
    made = _made_with_operation(case, name)
    if made is not None:
        place, expression = made
        return Explanation(
            [say("grad.computed_leaf", name=name, text=ast.unparse(expression))],
            [(place, ""), *case.places()],
            [say("grad.computed_leaf.fix", name=name, text=ast.unparse(expression))],
        )
    return Explanation(
        [say("grad.result", name=name, function=value.grad_fn.name())],
        case.places(),
        [say("grad.result.fix", name=name)],
    )


def _plain_tensor(case, name):
    for place, statement in _rebindings(case, name):
        return Explanation(
            [say("leaf.lost.grad", name=name)],
            [(place, say("leaf.lost.here", name=name)), *case.places()],
            [say("leaf.fix", name=name, update=in_place_form(statement))],
        )
    return Explanation(
        [say("grad.plain", name=name)], case.places(), [say("grad.plain.fix", name=name)]
    )


def _statements_about(case, name):
    frame = case.users[0]
    for statement, value in assignments(case.statement).get(name, ()):
        yield Place(frame.frame.f_code.co_filename, statement.lineno), statement, value


def _rebindings(case, name):
    for place, statement, _ in _statements_about(case, name):
        if rebinding(statement) == name:
            yield place, statement


def _made_with_operation(case, name):
    """`w = torch.randn(3, requires_grad=True) * 0.1`: the leaf is inside the expression."""
    for place, _, value in _statements_about(case, name):
        for node in ast.walk(value):
            if isinstance(node, ast.keyword) and node.arg == "requires_grad" and node is not value:
                inner = next(n for n in around(node) if isinstance(n, ast.Call))
                if inner is not value:
                    return place, value
    return None
