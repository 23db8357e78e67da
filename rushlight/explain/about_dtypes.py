"""Types of elements that don't go together, and where they came from."""

from __future__ import annotations

import ast
import re

from rushlight.explain.case import Explanation, explains
from rushlight.explain.catalogue import say
from rushlight.explain.history import evaluate, history_of
from rushlight.explain.source import Place
from rushlight.tensor import Tensor


@explains(
    r"must have the same dtype, but got|^expected m1 and m2 to have the same dtype|"
    r"^expected scalar type \w+ but found|^Input type \(\w+\) and bias type|"
    r"have same dtype, but found"
)
def mixed(case):
    """A product, a layer, a convolution of tensors of two dtypes."""
    layer = case.layer()
    operands = [(x, i) for i, x in enumerate(case.facts.get("operands", ())) if _is_tensor(x)]
    if len(operands) < 2:
        return None
    first = operands[0][0]
    other, position = next(((x, i) for x, i in operands if x.dtype is not first.dtype), (None, 0))
    if other is None:
        return None
    if layer is not None:
        given = _input_text(case, first)
        return _layer_and_tensor(case, layer[0], given, first, other)
    one = case.call_of(first, operands[0][1], "a")
    two = case.call_of(other, position, "b")
    width = max(len(one), len(two))
    rows = [f"{one:{width}}  {first.dtype}", f"{two:{width}}  {other.dtype}"]
    odd, name, wanted = _odd_one(first, one, other, two)
    return Explanation(
        [say("dtype.mixed", a=one, x=first.dtype, b=two, y=other.dtype)],
        [*_origin(case, name, odd), *case.places()],
        [say("dtype.cast", name=name, dtype=wanted, cast=_cast(wanted))],
        rows,
    )


def _is_tensor(value):
    return isinstance(value, Tensor)


def _input_text(case, tensor):
    texts = case.operand_texts()
    return case.name_of(tensor) or (texts[0] if texts and len(texts[0]) < 40 else "input")


def _odd_one(first, one, other, two):
    """Which of two to cast, and to what: integers to the floats, float64 to float32."""
    for tensor, name, partner in ((first, one, other), (other, two, first)):
        if not tensor.is_floating_point() and partner.is_floating_point():
            return tensor, name, partner.dtype
    if str(first.dtype) == "torch.float64":
        return first, one, other.dtype
    return other, two, first.dtype


def _cast(dtype):
    """The method that casts to a dtype."""
    name = str(dtype).removeprefix("torch.")
    short = {"float32": "float", "float64": "double", "int64": "long", "float16": "half"}
    return f".{short[name]}()" if name in short else f".to(torch.{name})"


def _layer_and_tensor(case, name, given, tensor, weight):
    fix = [say("dtype.cast", name=given, dtype=weight.dtype, cast=_cast(weight.dtype))]
    if str(tensor.dtype) == "torch.float64":
        fix.append(say("dtype.model", cast=".double()"))
    return Explanation(
        [say("dtype.layer", name=given, x=tensor.dtype, layer=name, y=weight.dtype)],
        [*_origin(case, given, tensor), *case.places()],
        fix,
    )


# Where a dtype came from --------------------------------------------------------------------------


def _origin(case, name, tensor):
    """The line that gave a tensor its dtype, as `Explanation` wants it."""
    if case.statement is None or str(tensor.dtype) not in ("torch.float64", "torch.int64"):
        return []
    found = _source_of(case, name, str(tensor.dtype).removeprefix("torch."))
    return [found] if found else []


def _source_of(case, name, dtype):
    for frame in case.users:
        try:
            expression = ast.parse(name, mode="eval").body
        except SyntaxError:
            return None
        here = _statement_of(frame)
        if here is None:
            continue
        expression = _placed(expression, here)
        history = history_of(expression, frame)
        for statement in history.statements:
            remark = _gives(statement, dtype, frame)
            if remark:
                return Place(history.filename, statement.lineno), remark
    return None


def _statement_of(frame):
    from rushlight.explain.source import statement_at

    return statement_at(frame.place)


def _placed(expression, statement):
    """An expression as if it stood in a statement."""
    for node in ast.walk(expression):
        node.parent = statement
    return expression


def _gives(statement, dtype, frame):
    """What in a statement makes its result float64 (or int64)."""
    value = getattr(statement, "value", getattr(statement, "iter", None))
    if value is None:
        return None
    text = ast.unparse(value)
    if dtype == "float64":
        if re.search(r"\.double\(\)|float64", text):
            return say("dtype.from.explicit")
        if "from_numpy" in text or _has_array(value, frame):
            return say("dtype.from.numpy")
        return None
    if re.search(r"\.long\(\)|int64|\.int\(\)", text):
        return say("dtype.from.explicit")
    if re.search(r"(tensor|arange|randint)\(", text) and "." not in re.sub(r"\w+\.\w+\(", "", text):
        return say("dtype.from.integers")
    return None


def _has_array(value, frame):
    """Whether an expression names a NumPy array of float64, or calls NumPy."""
    import numpy as np

    for node in ast.walk(value):
        if isinstance(node, ast.Name):
            known = evaluate(node, frame)
            if known is np or (isinstance(known, np.ndarray) and known.dtype == np.float64):
                return True
            if isinstance(known, list) and known and isinstance(known[0], np.float64):
                return True
    return False


# Integers where floats are due --------------------------------------------------------------------


@explains(r"^result type (\w+) can't be cast to the desired output type (\w+)")
def into_integers(case):
    """An in-place operation whose result the tensor can't hold."""
    found = case.local("self", kind=Tensor)
    name = (case.name_of(found[0]) if found else None) or (case.operand_texts() or ["x"])[0]
    return Explanation(
        [say("dtype.holds", name=name, result=case.match[1], own=case.match[2])],
        [*(_origin(case, name, found[0]) if found else []), *case.places()],
        [say("dtype.holds.fix", name=name)],
    )


@explains(r"^[Oo]nly Tensors of floating point (?:and complex )?dtype can require gradients")
def integer_parameter(case):
    """`requires_grad` of whole numbers."""
    text = case.here.text if case.here else ""
    return Explanation(
        [say("dtype.integers", text=text)],
        case.places(),
        [say("dtype.integers.point"), say("dtype.integers.dtype")],
    )


@explains(
    r"^(\w+)\(\): could not infer output dtype.*Got: (\w+)|^\"(\w+)\" not implemented for '(\w+)'"
)
def needs_floats(case):
    """A mean, a softmax, a layer of whole numbers or booleans."""
    kind = case.match[2] or case.match[4]
    if kind not in ("Long", "Int", "Short", "Char", "Byte", "Bool"):
        return None
    operation = case.facts.get("operation") or case.match[1] or case.match[3]
    operands = [x for x in case.facts.get("operands", ()) if _is_tensor(x)]
    found = operands[:1] or [x for x in (case.local("input", kind=Tensor) or ())]
    name = (case.name_of(found[0]) if found else None) or (case.operand_texts() or ["x"])[0]
    return Explanation(
        [say("dtype.floats", operation=operation.strip("_"), name=name, kind=kind)],
        [*(_origin(case, name, found[0]) if found else []), *case.places()],
        [say("dtype.floats.fix", name=name)],
    )


@explains(r"^masked_fill_? only supports boolean masks, but got (?:mask with )?dtype (\w+)")
def mask(case):
    """A mask of numbers."""
    return Explanation(
        [say("dtype.mask", dtype=case.match[1])],
        case.places(),
        [say("dtype.mask.fix")],
    )


@explains(r"^expected sequence of length (\d+) at dim (\d+) \(got (\d+)\)")
def ragged(case):
    """`tensor` of lists of different lengths."""
    return Explanation(
        [say("convert.ragged", a=case.match[1], b=case.match[3])],
        case.places(),
        [say("convert.ragged.fix")],
    )


@explains(r"^too many dimensions 'str'|^new\(\): invalid data type 'str'")
def strings(case):
    """`tensor` of texts."""
    return Explanation([say("convert.text")], case.places(), [say("convert.text.fix")])


@explains(r"^expected np\.ndarray \(got (\w+)\)")
def no_array(case):
    """`from_numpy` of a list."""
    text = (case.operand_texts() or ["x"])[-1]
    return Explanation(
        [say("convert.no_array", kind=case.match[1])],
        case.places(),
        [say("convert.no_array.fix", text=text)],
    )


@explains(r"argument '(\w+)' \(position (\d+)\) must be Tensor, not ([\w.]+)")
def no_tensor(case):
    """An array, a list, a tuple or None where a tensor is due."""
    kind, position = case.match[3], int(case.match[2])
    texts, node = case.operand_texts(), case.expression
    if isinstance(node, ast.Call):
        position += len(texts) > len(node.args) + len(node.keywords)  # a method's own tensor
    text = texts[min(position, len(texts)) - 1] if texts else case.match[1]
    key = {
        "numpy.ndarray": "array",
        "ndarray": "array",
        "list": "list",
        "tuple": "tuple",
        "NoneType": "none",
        "Linear": "module",
    }.get(kind, "other")
    return Explanation(
        [say(f"convert.{key}", text=text, kind=kind)],
        case.places(),
        [say(f"convert.{key}.fix", text=text)],
    )
