"""Losses that are kept with their graphs from step to step."""

from __future__ import annotations

import ast
import gc
import weakref
from collections import deque

from rushlight.autograd.tape import Node
from rushlight.explain.catalogue import say
from rushlight.explain.history import evaluate
from rushlight.explain.mistakes import GraphKept
from rushlight.explain.mistakes.graph import is_named, node_of, place_of_node
from rushlight.explain.mistakes.report import line_now, report, situation
from rushlight.explain.mistakes.watch import Check
from rushlight.explain.source import Place, parsed, statement_at
from rushlight.tensor import Tensor

__all__ = ["CHECKS"]

#: how many losses of one line, one after the other, must be alive
_KEPT = 5
#: and of so many losses one is looked at; odd, as two lines may take turns
_EVERY = 5


class LossKept(Check):
    """The latest losses of one line are all alive after their backward passes: somebody has them.

    A graph whose loss nobody keeps is freed at once. That a few are alive (the loss in a variable,
    those of one batch) says nothing; and reference cycles are collected before anything is said.
    """

    def __init__(self):
        self.passes = 0
        self.roots: dict = {}
        self.looked: set = set()

    def before_backward(self, root):
        self.passes += 1
        if self.passes % _EVERY:
            return
        node = node_of(root._node)
        if node is None or line_now() in self.looked:
            return
        roots = self.roots.get(line_now())
        if roots is None:
            roots = self.roots[line_now()] = deque(maxlen=_KEPT)
        if len(roots) == _KEPT and roots[0]() is not None and all(r() for r in roots):
            self.looked.add(line_now())
            self.look(roots)
        roots.append(weakref.ref(node))

    def look(self, roots):
        """Find who keeps the losses."""
        gc.collect()
        if not all(r() for r in roots):
            return
        case = situation()
        for holder in gc.get_referrers(roots[0]()):
            found = _sum_of(holder) if isinstance(holder, tuple) else _list_of(holder, case)
            if found is not None:
                place, text, name = found
                why, fix = say("kept.why", name=name), say("kept.fix", text=text)
                report(GraphKept, place, why, [fix])


def _sum_of(edges):
    """(line, text of the fix, variable) of the running sum to which a loss was added, or None."""
    for holder in gc.get_referrers(edges):
        if isinstance(holder, Node) and is_named(holder, "Add"):
            place = place_of_node(holder)
            statement = _statement(place, ast.AugAssign, ast.Assign)
            if statement is None:
                return None
            if isinstance(statement, ast.AugAssign):
                name, value = ast.unparse(statement.target), ast.unparse(statement.value)
                return place, f"{name} += {_item(value)}", name
            name = ast.unparse(statement.targets[0])
            return place, ast.unparse(statement).replace("loss", "loss.item()"), name
    return None


def _list_of(tensor, case):
    """The same, of a list to which a loss was appended."""
    if not isinstance(tensor, Tensor):
        return None
    for frame in case.users:
        filename = frame.frame.f_code.co_filename
        for call in ast.walk(parsed(filename)):
            if _is_append(call):
                kept = evaluate(call.func.value, frame)
                if isinstance(kept, list) and any(each is tensor for each in kept):
                    name = ast.unparse(call.func.value)
                    text = f"{name}.append({_item(ast.unparse(call.args[0]))})"
                    return Place(filename, call.lineno), text, name
    return None


def _is_append(node):
    """Whether a node is `x.append(y)`."""
    if not isinstance(node, ast.Call) or len(node.args) != 1:
        return False
    return isinstance(node.func, ast.Attribute) and node.func.attr == "append"


def _statement(place, *kinds):
    found = place and statement_at(place)
    return found if isinstance(found, kinds) else None


def _item(text):
    is_name = text.replace(".", "_").isidentifier()
    return f"{text}.item()" if is_name else f"({text}).item()"


CHECKS = [LossKept]
