"""How a variable of the user's program came about, read from its source.

A tensor without history doesn't know where it came from, so the source is asked: the assignments
to the variable, those to the variables in them, and so on (a program slice, as in M. Weiser,
"Program slicing", 1984, without regard to the order of statements), and the functions called
there. What the source can't tell, which of several suspects it was, the notes of `provenance` do.
"""

from __future__ import annotations

import ast
import inspect
import sys
from typing import Any, NamedTuple

from rushlight.explain import provenance
from rushlight.explain.source import (
    Place,
    around,
    body_nodes,
    dotted,
    function_around,
    parsed,
    place_of,
)

__all__ = [
    "Cut",
    "History",
    "assignments",
    "cuts_in",
    "definition",
    "enclosing_no_grad",
    "evaluate",
    "history_of",
]

#: methods that cut a chain, and what the notes call that
_METHODS = {
    "detach": "detach",
    "detach_": "detach",
    "item": "item",
    "tolist": "item",
    "numpy": "numpy",
    "argmax": "argmax",
    "argmin": "argmax",
    "argsort": "argmax",
    **dict.fromkeys("long int short byte char bool".split(), "cast"),
}
_FUNCTIONS = {
    **dict.fromkeys(
        "tensor as_tensor from_numpy Tensor FloatTensor DoubleTensor".split(), "tensor"
    ),
    **dict.fromkeys("argmax argmin argsort".split(), "argmax"),
}
_INTEGER_TYPES = {"long", "int", "short", "bool", "uint8", "int8", "int16", "int32", "int64"}


class Cut(NamedTuple):
    """A point in the source where a chain of derivatives is cut."""

    kind: str
    place: Place
    #: the expression, as the user wrote it
    text: str
    #: the variable to which the result goes, or None
    target: Any
    #: whether a note says that the chain was indeed cut here
    noted: bool


class History(NamedTuple):
    """The source behind a variable.

    Attributes:
        names: the variables in it.
        statements: the assignments.
        expressions: the expressions that are assigned.
        functions: the code of the user's functions that are called.
        filename: where all this stands.
    """

    names: set
    statements: list
    expressions: list
    functions: dict
    filename: str


def history_of(expression, frame):
    """The History of an expression in the function that a frame runs."""
    filename = frame.frame.f_code.co_filename
    assigned = assignments(expression)
    names: set = set()
    statements, expressions, waiting = [], [expression], [expression]
    while waiting:
        for name in _names_in(waiting.pop()):
            if name in names:
                continue
            names.add(name)
            for statement, value in assigned.get(name, ()):
                if value not in expressions:
                    statements.append(statement)
                    expressions.append(value)
                    waiting.append(value)
    functions: dict = {}
    for each in expressions:
        _called(each, frame, functions)
    return History(names, statements, expressions, functions, filename)


def _names_in(expression):
    return {n.id for n in ast.walk(expression) if isinstance(n, ast.Name)}


def assignments(node):
    """name -> [(statement, expression)], as a node sees them: in its function, or in the module."""
    *_, module = around(node)
    scope = function_around(node)
    return {**_assignments(module), **(_assignments(scope) if scope is not module else {})}


def _assignments(scope):
    """name -> [(statement, expression)], of one function."""
    found: dict = {}
    for node in body_nodes(scope):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                for name, value in _pairs(target, node.value):
                    found.setdefault(name, []).append((node, value))
        elif isinstance(node, (ast.AugAssign, ast.AnnAssign, ast.NamedExpr)) and node.value:
            for name in _names_in(node.target):
                found.setdefault(name, []).append((node, node.value))
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            for name in _names_in(node.target):
                found.setdefault(name, []).append((node, node.iter))
        elif _is_append(node):
            name = node.func.value.id
            found.setdefault(name, []).append((node, node.args[0]))
    return found


def _pairs(target, value):
    """(name, expression) of an assignment; tuples go element by element where they can."""
    if isinstance(target, (ast.Tuple, ast.List)):
        several = isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts)
        for i, each in enumerate(target.elts):
            yield from _pairs(each, value.elts[i] if several else value)
    elif isinstance(target, ast.Name):
        yield target.id, value


def _is_append(node):
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("append", "add_")
        and isinstance(node.func.value, ast.Name)
        and len(node.args) == 1
    )


def _called(expression, frame, found, depth=0):
    """Collect the code of the user's functions that an expression calls: identity -> code."""
    for node in ast.walk(expression):
        if isinstance(node, ast.Call):
            _add_code(evaluate(node.func, frame), frame, found, depth)


def _add_code(value, frame, found, depth):
    nn = sys.modules.get("rushlight.nn")
    codes = []
    if nn is not None and isinstance(value, nn.Module):
        codes = [getattr(type(m).forward, "__code__", None) for m in value.modules()]
    elif value is not None:
        value = getattr(value, "__wrapped__", value)
        codes = [getattr(value, "__code__", None)]
    for code in codes:
        if code is None or id(code) in found or provenance.is_ours(code.co_filename):
            continue
        found[id(code)] = code
        if depth < 3:
            for node in ast.walk(definition(code)):
                if isinstance(node, ast.Call):
                    _add_code(evaluate(node.func, frame), frame, found, depth + 1)


def definition(code):
    """The definition of a function, from its code."""
    for node in ast.walk(parsed(code.co_filename)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            if node.name == code.co_name and code.co_firstlineno in (node.lineno, first):
                return node
    return ast.Module([], [])


def evaluate(node, frame):
    """The value of a name, of attributes of modules and of `self`, of `x["key"]`; None if none."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        whole = evaluate(node.value, frame)
        return whole.get(node.slice.value) if type(whole) is dict else None
    names = dotted(node)
    if names is None:
        return None
    known = frame.names
    value = known.get(names[0], frame.frame.f_globals.get(names[0]))
    for name in names[1:]:
        value = None if value is None else inspect.getattr_static(value, name, None)
    return value


# The points where a chain is cut ------------------------------------------------------------------


def cuts_in(history):
    """The Cuts that may have cut the variable off, those that notes confirm first."""
    found = []
    for expression in history.expressions:
        found += _cuts(expression, history.filename)
    for code in history.functions.values():
        found += _cuts(definition(code), code.co_filename)
    return sorted(dict.fromkeys(found), key=lambda cut: not cut.noted)


def _cuts(tree, filename):
    noted = _noted_lines(filename)
    for node in ast.walk(tree):
        kind = cut_kind(node)
        if kind is None:
            continue
        place = Place(filename, getattr(node, "end_lineno", None) or node.lineno)
        is_noted = any(line in noted for line in range(node.lineno, place.line + 1))
        yield Cut(kind, place, ast.unparse(node), _target(node), is_noted)


def _noted_lines(filename):
    """The lines of a file on which a chain was cut."""
    return {
        place_of(code, instruction).line
        for (_, instruction), (_, code) in list(provenance.cuts.items())
        if code.co_filename == filename
    }


def cut_kind(node):
    """How a node of the source cuts a chain of derivatives; None if it doesn't."""
    if isinstance(node, ast.Compare):
        return None if _compares_no_tensors(node) else "compare"
    if isinstance(node, ast.Attribute):
        return "data" if node.attr == "data" and isinstance(node.ctx, ast.Load) else None
    if not isinstance(node, ast.Call):
        return None
    if isinstance(node.func, ast.Name):
        return {"float": "item", "int": "item"}.get(node.func.id) or _FUNCTIONS.get(node.func.id)
    if not isinstance(node.func, ast.Attribute):
        return None
    name = node.func.attr
    if name in ("to", "type") and any(_is_integer_type(x) for x in [*node.args, *node.keywords]):
        return "cast"
    if name in _FUNCTIONS and not (name.startswith("arg") and not node.args):
        return _FUNCTIONS[name]
    return _METHODS.get(name)


def _compares_no_tensors(node):
    return not all(
        isinstance(o, (ast.Gt, ast.GtE, ast.Lt, ast.LtE, ast.Eq, ast.NotEq)) for o in node.ops
    )


def _is_integer_type(node):
    node = node.value if isinstance(node, ast.keyword) else node
    name = getattr(node, "attr", getattr(node, "id", ""))
    return name in _INTEGER_TYPES or name in ("LongTensor", "IntTensor", "BoolTensor", "ByteTensor")


def _target(node):
    for each in around(node):
        if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name):
            return each.targets[0].id
        if isinstance(each, ast.stmt):
            return None
    return None


_BLOCKS = ("no_grad", "inference_mode")


def enclosing_no_grad(node):
    """(line, text) of the `with` block or decorator that keeps a node from being recorded."""
    for each in around(node):
        if isinstance(each, (ast.With, ast.AsyncWith)):
            contexts = [item.context_expr for item in each.items]
        elif isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)):
            contexts = each.decorator_list
        else:
            continue
        for context in contexts:
            if _switches_off(context):
                return context.lineno, ast.unparse(context)
    return None


def _switches_off(node):
    call = node.func if isinstance(node, ast.Call) else node
    name = (dotted(call) or [""])[-1]
    if name == "set_grad_enabled" and isinstance(node, ast.Call):
        return bool(node.args) and isinstance(node.args[0], ast.Constant) and not node.args[0].value
    return name in _BLOCKS
