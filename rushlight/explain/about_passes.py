"""A second backward pass over a graph whose saved values are gone."""

from __future__ import annotations

import ast

from rushlight.autograd.tape import Node, Output
from rushlight.explain import provenance
from rushlight.explain.case import Explanation, explains
from rushlight.explain.catalogue import say
from rushlight.explain.history import assignments, definition, evaluate, history_of
from rushlight.explain.source import Place, around, place_of
from rushlight.tensor import Tensor


@explains(r"^Trying to backward through the graph a second time")
def twice(case):
    """Something older than the pass before was kept, or two passes were meant."""
    root, freed = _root(case), case.facts.get("node") or _freed(case)
    if root is None or freed is None:
        return Explanation([say("twice.saved")], case.places(), [say("twice.retain.fix")])
    earlier = _pass_that_freed(freed)
    if earlier is None or root.seq <= earlier.number:
        return _on_purpose(case, earlier)
    return _carried(case, root, earlier)


class _Pass:
    """An earlier backward pass."""

    def __init__(self, number, code, instruction):
        self.number = number
        self.place = place_of(code, instruction)


def _root(case):
    """The Node at which the pass that failed began."""
    for name in ("root", "roots"):
        found = case.local(name)
        if found is not None:
            value = found[0]
            if isinstance(value, (list, tuple)):
                value = value[0] if value else None
            value = value.node if isinstance(value, Output) else value
            return value if isinstance(value, Node) else None
    return None


def _freed(case):
    found = case.local("node", kind=Node)
    return found[0] if found else None


def _pass_that_freed(node):
    """The first noted pass that began after a Node was recorded, less the one that runs."""
    for each in list(provenance.passes)[:-1]:
        if each[0] > node.seq:
            return _Pass(*each)
    return None


def _on_purpose(case, earlier):
    """The same graph again, or two losses over one computation."""
    places = [(earlier.place, say("twice.first"))] if earlier else []
    same = earlier is not None and earlier.place == case.here
    if same:
        return Explanation(
            [say("twice.same")],
            [(earlier.place, say("twice.again"))],
            [say("twice.loop.fix"), say("twice.retain.fix")],
        )
    return Explanation(
        [say("twice.shared")],
        [*places, *case.places(say("twice.second"))],
        [say("twice.sum.fix"), say("twice.retain.fix")],
    )


def _carried(case, root, earlier):
    """The root is new, but reaches back across an earlier pass: find over which tensor."""
    name = _boundary(case, root, earlier.number) or _assigned_from_itself(case)
    kept = None if name is not None else _kept_in_object(case)
    if kept is not None:
        name, place = kept
        places = [(place, say("twice.made", name=name)), *case.places(say("twice.first"))]
        return Explanation(
            [say("twice.carried", name=name)], places, [say("twice.carried.fix", name=name)]
        )
    places = [(earlier.place, say("twice.first"))]
    if earlier.place != case.here:
        places += case.places(say("twice.second"))
    if name is None:
        return Explanation(
            [say("twice.carried.unnamed")], places, [say("twice.carried.unnamed.fix")]
        )
    places = [*_assigned(case, name), *places]
    if _accumulates(case, name):
        return Explanation(
            [say("twice.total", name=name)], places, [say("twice.total.fix", name=name)]
        )
    if _crosses_loop(case, name):
        several = isinstance(evaluate(ast.Name(name), case.users[0]), tuple)
        fix = "twice.carried.several.fix" if several else "twice.carried.fix"
        return Explanation([say("twice.carried", name=name)], places, [say(fix, name=name)])
    fix = [say("twice.reused.fix", name=name, line=earlier.place.line), say("twice.retain.fix")]
    if earlier.place == case.here and _loop(case.statement) is not None:
        fix = [say("twice.before_loop.fix", name=name), say("twice.constant.fix", name=name)]
    return Explanation([say("twice.reused", name=name)], places, fix)


def _boundary(case, root, number):
    """The name of the tensor by which the graph of the root reaches back across a pass."""
    old = _old_nodes(root, number)
    for frame in case.users:
        for names in (frame.names, frame.frame.f_globals):
            for name, value in list(names.items()):
                for path, tensor in _tensors(name, value):
                    edge = tensor._node
                    node = edge.node if isinstance(edge, Output) else edge
                    if node is not None and id(node) in old:
                        return path
    return None


def _tensors(name, value):
    """The tensors of a variable: itself, or the members of a tuple, of a list, of `self`."""
    if isinstance(value, Tensor):
        yield name, value
    elif isinstance(value, (tuple, list)) and len(value) < 100:
        for i, each in enumerate(value):
            if isinstance(each, Tensor):
                yield (name if isinstance(value, tuple) else f"{name}[{i}]"), each
    elif name == "self" or hasattr(value, "parameters"):
        for attribute, each in list(getattr(value, "__dict__", {}).items()):
            if isinstance(each, Tensor):
                yield f"{name}.{attribute}", each


def _old_nodes(root, number):
    """The identities of the Nodes, older than a pass, that newer ones lead to at once."""
    old, seen, waiting = set(), set(), [root]
    while waiting:
        node = waiting.pop()
        for edge in node.edges:
            below = edge.node if isinstance(edge, Output) else edge
            if not isinstance(below, Node) or id(below) in seen:
                continue
            seen.add(id(below))
            if below.seq < number:
                old.add(id(below))
            else:
                waiting.append(below)
    return old


def _assigned_from_itself(case):
    """A variable of the loop around that is assigned from its own earlier value."""
    loop = _loop(case.statement)
    if loop is None:
        return None
    for node in ast.walk(loop):
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            if not isinstance(node.value, ast.Constant):
                return node.target.id
        if isinstance(node, ast.Assign):
            targets = {n.id for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name)}
            used = {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}
            if shared := targets & used:
                return min(shared)
    return None


def _kept_in_object(case):
    """(name, Place) of an attribute such as `self.hidden` that a called function renews."""
    roots = [n.func.value for n in ast.walk(case.statement) if _is_backward(n)]
    history = history_of(roots[0], case.users[0]) if roots else None
    for code in history.functions.values() if history is not None else ():
        for node in ast.walk(definition(code)):
            if isinstance(node, ast.Assign):
                targets = {ast.unparse(t) for t in _attributes(node.targets)}
                if shared := targets & {ast.unparse(n) for n in _attributes([node.value])}:
                    return min(shared), Place(code.co_filename, node.lineno)
    return None


def _is_backward(node):
    return isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "backward"


def _attributes(nodes):
    """The attributes of `self` in some expressions."""
    for node in nodes:
        for each in ast.walk(node):
            if isinstance(each, ast.Attribute) and getattr(each.value, "id", "") == "self":
                yield each


def _loop(node):
    loops = [n for n in around(node) if isinstance(n, (ast.For, ast.While))] if node else []
    return loops[0] if loops else None


def _assigned(case, name):
    """The line in the loop that assigns a variable."""
    if case.statement is None:
        return []
    found = assignments(case.statement).get(name.partition(".")[0].partition("[")[0], ())
    loop = _loop(case.statement)
    inside = [s for s, _ in found if loop is not None and loop in around(s)]
    chosen = inside or [s for s, _ in found]
    return [(Place(case.here.filename, s.lineno), say("twice.made", name=name)) for s in chosen[:1]]


def _accumulates(case, name):
    """Whether a variable is a running sum of losses: `total = total + loss`."""
    found = assignments(case.statement).get(name, ()) if case.statement is not None else ()
    for statement, value in found:
        if isinstance(statement, ast.AugAssign):
            return True
        if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
            if any(isinstance(n, ast.Name) and n.id == name for n in (value.left, value.right)):
                return True
    return False


def _crosses_loop(case, name):
    """Whether a variable keeps its value from one iteration to the next."""
    loop = _loop(case.statement)
    if "." in name:
        return True
    if loop is None:
        return False
    stores = [n for n in ast.walk(loop) if _is(n, name, ast.Store)]
    loads = [n for n in ast.walk(loop) if _is(n, name, ast.Load)]
    if not stores:
        return False
    first = min(n.lineno for n in stores)
    return any(n.lineno <= first for n in loads)


def _is(node, name, context):
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, context)
