"""Whether a function does no more with an optimizer's numbers than return them.

Returned, a learning rate is read anew in each run. In arithmetic it would be a constant of the
Program, and nothing shows that: a product with a float is a product with a float. So the source is
asked. Each mention of `param_groups` or of a schedule's rates has to be in what a `return` gives,
as it is or in lists, tuples and dicts::

    return loss, optimizer.param_groups[0]["lr"]          # read anew
    return loss, schedule.get_last_lr()                   # read anew
    lr = optimizer.param_groups[0]["lr"]                  # may be used: a constant, and guarded
"""

from __future__ import annotations

import ast
import inspect
import textwrap

__all__ = ["RATES", "only_returns_rates"]

#: names by which code gets at the numbers of optimizers
RATES = ("param_groups", "get_last_lr", "_last_lr", "get_lr")
_KEPT = (ast.Return, ast.Tuple, ast.List, ast.Dict, ast.Starred)


def only_returns_rates(function, readers):
    """Whether a function, the only one of these that name rates, only returns them."""
    function = getattr(function, "__func__", function)
    return len(readers) == 1 and readers[0] is function and _only_returns(function)


def _only_returns(function):
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return False
    above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    mentions = [x for x in ast.walk(tree) if isinstance(x, ast.Attribute) and x.attr in RATES]
    return bool(mentions) and all(_is_returned(x, above, tree.body[0]) for x in mentions)


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
