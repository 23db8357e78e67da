"""What a function does no more with than return it.

A learning rate that is returned is read anew in each run, and so is a tensor's `item()`. In
arithmetic they would be constants of the Program, and nothing shows that: a product with a float is
a product with a float. So the source is asked. Each mention has to be in what a `return` gives, as
it is or in lists, tuples and dicts::

    return loss, optimizer.param_groups[0]["lr"]          # read anew
    return {"loss": loss.item()}                          # read anew
    lr = optimizer.param_groups[0]["lr"]                  # may be used: a constant, and guarded
    total += loss.item()                                  # can't be compiled
"""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap

from rushlight.compile.tracing.frames import is_ours

__all__ = ["RATES", "lines_of_returned_items", "only_returns_rates"]

#: names by which code gets at the numbers of optimizers
RATES = ("param_groups", "get_last_lr", "_last_lr", "get_lr")
_KEPT = (ast.Return, ast.Tuple, ast.List, ast.Dict, ast.Starred)


def only_returns_rates(function, readers):
    """Whether a function, the only one of these that name rates, only returns them."""
    function = getattr(function, "__func__", function)
    if len(readers) != 1 or readers[0] is not function:
        return False
    found = _mentions(function.__code__, RATES)
    return bool(found) and all(returned for _, returned in found)


def lines_of_returned_items(function):
    """(code, numbers of lines): where a function calls `item()` only to return what it gives."""
    function = getattr(function, "__func__", function)
    while hasattr(function, "__wrapped__") and is_ours(function.__code__.co_filename):
        function = function.__wrapped__  # `no_grad` as a decorator gives back what it is given
    code = getattr(function, "__code__", None)
    if code is None or "item" not in code.co_names:
        return None, frozenset()
    lines: dict = {True: set(), False: set()}
    for node, returned in _mentions(code, ("item",)):
        lines[returned].update(range(node.lineno, node.end_lineno + 1))
    return code, frozenset(n + code.co_firstlineno - 1 for n in lines[True] - lines[False])


@functools.lru_cache(256)
def _mentions(code, names):
    """Pairs (where code mentions an attribute of these names, whether it only returns that)."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(code)))
    except (OSError, TypeError, SyntaxError):
        return ()
    above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    found = [x for x in ast.walk(tree) if isinstance(x, ast.Attribute) and x.attr in names]
    return tuple((x, _is_returned(x, above, tree.body[0])) for x in found)


def _is_returned(node, above, function):
    """Whether what is read here is a function's result, or a part of it."""
    parent = above[node]
    while (isinstance(parent, (ast.Attribute, ast.Subscript)) and parent.value is node) or (
        isinstance(parent, ast.Call) and parent.func is node and not parent.args
    ):
        node, parent = parent, above[parent]
    while isinstance(parent, _KEPT):
        if isinstance(parent, ast.Return):
            return _function_around(parent, above) is function
        parent = above[parent]
    return False


def _function_around(node, above):
    """The definition of the function that a statement is in."""
    while not isinstance(node, (ast.FunctionDef, ast.Module)):
        node = above[node]
    return node
