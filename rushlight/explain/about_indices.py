"""Positions and dimensions that aren't there, and tensors where one number is due."""

from __future__ import annotations

import ast
import re

from rushlight.explain.case import Explanation, explains
from rushlight.explain.catalogue import say
from rushlight.tensor import Tensor


def _subject(case, *names):
    """(name, tensor) that is indexed or reduced."""
    found = [x for x in case.facts.get("operands", ()) if isinstance(x, Tensor)]
    for name in names:
        found = found or list(case.local(name, kind=Tensor) or ())
    node = case.expression
    text = ast.unparse(node.value) if isinstance(node, ast.Subscript) else None
    texts = case.operand_texts()
    text = text or (texts[0] if texts else "x")
    if not found:
        return text, None
    return case.name_of(found[0]) or text, found[0]


@explains(r"^index (-?\d+) is out of bounds for dimension (\d+) with size (\d+)")
def position(case):
    """`x[5]` where there are 3."""
    name, _ = _subject(case, "input", "self", "target")
    size, dim = int(case.match[3]), case.match[2]
    why = say("index.range", name=name, size=size, dim=dim, last=size - 1, index=case.match[1])
    return Explanation([why], case.places(), [say("index.range.fix", last=size - 1)])


@explains(r"^index out of range in self")
def embedding_row(case):
    """A word whose number the embedding has no row for."""
    found = case.local("input", "weight", kind=Tensor)
    operands = [x for x in case.facts.get("operands", ()) if isinstance(x, Tensor)]
    if found is None and len(operands) < 2:
        return None
    one, other = found or operands[:2]
    weight, indices = (one, other) if one.is_floating_point() else (other, one)
    layer = case.layer()
    name = case.name_of(indices) or (case.operand_texts() or ["input"])[0]
    values = {"low": int(indices.min()), "high": int(indices.max())}
    where = layer[0] if layer else "F.embedding"
    fix = [say("index.embedding.fix", layer=where, count=values["high"] + 1)]
    if values["low"] < 0:
        fix = [say("index.embedding.negative", name=name)]
    return Explanation(
        [say("index.embedding", layer=where, rows=weight.shape[0], name=name, **values)],
        case.places(),
        fix,
    )


@explains(r"^Expected tensor for argument #1 'indices' to have .*; but got torch\.(\w+)Tensor")
def embedding_dtype(case):
    """Words given as floating-point numbers."""
    layer = case.layer()
    name = (case.operand_texts() or ["input"])[0]
    return Explanation(
        [
            say(
                "index.float",
                name=name,
                kind=case.match[1],
                layer=layer[0] if layer else "embedding",
            )
        ],
        case.places(),
        [say("index.float.fix", name=name)],
    )


@explains(r"^tensors used as indices must be long|^one_hot is only applicable to index tensor")
def index_dtype(case):
    """`x[y]` where `y` is a floating-point tensor."""
    node = case.expression
    name = ast.unparse(node.slice) if isinstance(node, ast.Subscript) else None
    name = name or (case.operand_texts() or ["index"])[0]
    return Explanation(
        [say("index.index", name=name)], case.places(), [say("index.float.fix", name=name)]
    )


@explains(
    r"^Dimension out of range \(expected to be in range of \[(-?\d+), (-?\d+)\], but got (-?\d+)\)"
)
def dimension(case):
    """`x.sum(1)` of a vector."""
    name, tensor = _subject(case, "input", "self")
    high = int(case.match[2])
    shape = list(tensor.shape) if tensor is not None else None
    why = say("index.dim", name=name, dim=case.match[3], count=high + 1)
    fix = say("index.dim.fix", low=case.match[1], high=high)
    return Explanation([why], case.places(), [fix], [f"{name}  {shape}"] if shape else [])


@explains(r"^too many indices for tensor of dimension (\d+)")
def too_many(case):
    """`x[0, 1]` of a vector."""
    name, tensor = _subject(case, "input", "self", "target")
    shape = list(tensor.shape) if tensor is not None else None
    why = say("index.many", name=name, count=case.match[1])
    return Explanation(
        [why],
        case.places(),
        [say("index.many.fix", name=name)],
        [f"{name}  {shape}"] if shape else [],
    )


@explains(r"^a Tensor with \d+ elements cannot be converted to Scalar|^only one element tensors")
def no_number(case):
    """`.item()`, `float(x)` of several elements."""
    found = case.local("self", kind=Tensor)
    name = (case.name_of(found[0]) if found else None) or _inside_call(case) or "x"
    shape = list(found[0].shape) if found else []
    return Explanation(
        [say("number.several", name=name, shape=shape)],
        case.places(),
        [say("number.reduce", name=name), say("number.list", name=name)],
    )


def _inside_call(case):
    node = case.expression
    if not isinstance(node, ast.Call):
        return None
    if node.args:
        return ast.unparse(node.args[0])
    return ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else None


@explains(r"^Boolean value of Tensor with (more than one|no) values? is ambiguous")
def no_truth(case):
    """`if x > 0:` of several elements; or a loss that is made with the tensors themselves."""
    loss = _loss_class(case)
    if loss is not None:
        text = case.here.text if case.here else ""
        return Explanation(
            [say("truth.loss", loss=loss, text=text)],
            case.places(),
            [say("truth.loss.fix", loss=loss)],
        )
    condition = _condition(case)
    return Explanation(
        [say("truth.several", text=condition)],
        case.places(),
        [say("truth.any", text=condition), say("truth.where")],
    )


def _loss_class(case):
    """The name of a loss class that is called with tensors: `CrossEntropyLoss(scores, target)`."""
    for node in ast.walk(case.statement) if case.statement is not None else ():
        if isinstance(node, ast.Call) and len(node.args) >= 2:
            name = ast.unparse(node.func)
            if re.search(r"\w+Loss$", name) and name[0] != "(":
                return name
    return None


def _condition(case):
    statement = case.statement
    test = getattr(statement, "test", None)
    node = case.expression
    if isinstance(test, ast.expr):
        return ast.unparse(test)
    return ast.unparse(node) if node is not None else "x > 0"


@explains(r"^(?:len\(\) of|iteration over) a 0-d tensor|^invalid index of a 0-dim tensor")
def zero_dimensional(case):
    """A tensor of one number, used as if it had elements."""
    found = case.local("self", kind=Tensor) or case.local("input", kind=Tensor)
    name = (case.name_of(found[0]) if found else None) or _inside_call(case) or "x"
    return Explanation(
        [say("number.zero_dim", name=name)],
        case.places(),
        [say("number.zero_dim.fix", name=name)],
    )
