"""One error, the stack where it came about, and what the user's source says there."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib import import_module
from typing import Any, NamedTuple

from rushlight import explain
from rushlight.explain.catalogue import say
from rushlight.explain.language import language
from rushlight.explain.provenance import is_ours
from rushlight.explain.source import (
    Place,
    expression_at,
    is_library,
    statement_at,
)

__all__ = ["Case", "Explanation", "add_explanation", "explains", "width"]

_FAMILIES = (
    "backward chain changes dtypes indices layers limits names passes shapes state targets".split()
)
_explainers: list = []


def explains(pattern, kinds=Exception):
    """Declare a function `(case) -> Explanation | None` for texts that match `pattern`."""
    expression = re.compile(pattern)

    def declare(function):
        _explainers.append((expression, kinds, function))
        return function

    return declare


@lru_cache(1)
def explainers():
    """All (expression, kinds of exceptions, function); the modules are loaded now."""
    for name in _FAMILIES:
        import_module(f"rushlight.explain.about_{name}")
    return tuple(_explainers)


@dataclass
class Explanation:
    """What is said below an error.

    Attributes:
        why: sentences that say what happened.
        places: lines of the user's source, each with a remark (or "").
        table: lines that show shapes side by side.
        fix: what to type instead.
        more: where to learn more, or nothing.
    """

    why: list[str]
    places: list[tuple[Place, str]] = field(default_factory=list)
    fix: list[str] = field(default_factory=list)
    table: list[str] = field(default_factory=list)
    more: str = ""

    def __str__(self):
        lines = [say("why", text=("" if language() == "zh" else " ").join(self.why))]
        lines += [f"  {line}" for line in _aligned(self.places)]
        lines += [f"    {line}" for line in self.table]
        label = say("fix", text="")
        for number, text in enumerate(self.fix):
            first, *rest = (say("or", text=text) if number else text).splitlines()
            lines.append((label if number == 0 else " " * width(label)) + first)
            lines += [" " * width(label) + line for line in rest]
        return "\n".join([*lines, self.more] if self.more else lines)


def width(text):
    """How many columns a text takes: Chinese characters take two."""
    return sum(2 if ord(c) > 0x2E80 else 1 for c in text)


def _aligned(places):
    """The lines of source, one below the other, with the remarks behind them."""
    remarks: dict = {}
    for place, remark in places:
        remarks[place] = remarks.get(place) or remark
    rows = [(str(place), place.text, remark) for place, remark in remarks.items()]
    names = max((len(name) for name, _, _ in rows), default=0)
    for name, text, remark in rows:
        remark = f"   <- {remark}" if remark else ""
        yield f"{name:{names}}  {text}{remark}".rstrip()


class Frame(NamedTuple):
    """A frame of the stack, and where it is."""

    frame: Any
    instruction: int
    line: int

    @property
    def place(self):
        return Place(self.frame.f_code.co_filename, self.line)

    @property
    def names(self):
        """The local names; of a module, all of it."""
        known = self.frame.f_locals
        if sys.version_info >= (3, 13) or not self.frame.f_code.co_flags & inspect.CO_OPTIMIZED:
            return known
        found = dict(known)
        known.clear()  # the frame would keep it, and what is in it, as long as it runs
        return found


class Case:
    """An error that is to be explained.

    Attributes:
        error: the exception.
        text: its text.
        match: of the pattern with that text.
        facts: what the place that raised it told.
        frames: the stack, innermost first.
    """

    def __init__(self, error, frame, facts):
        self.error = error
        self.text = str(error)
        self.facts = facts
        self.match: Any = None
        self.frames = list(_frames(error, frame))

    @cached_property
    def users(self):
        """The frames of the user's own code, innermost first (else of libraries)."""
        theirs = [f for f in self.frames if not is_ours(f.frame.f_code.co_filename)]
        own = [f for f in theirs if not is_library(f.frame.f_code.co_filename)]
        return own or theirs

    @property
    def here(self):
        """The Place in the user's code where it happened."""
        return self.users[0].place if self.users else None

    @cached_property
    def statement(self):
        """The statement there."""
        return statement_at(self.here) if self.here else None

    @cached_property
    def expression(self):
        """The expression that failed there; None if that isn't known."""
        if not self.users:
            return None
        frame = self.users[0]
        found = expression_at(frame.frame.f_code, frame.instruction)
        if found is None and isinstance(self.statement, ast.stmt):
            calls = [n for n in ast.walk(self.statement) if isinstance(n, (ast.Call, ast.BinOp))]
            return calls[0] if len(calls) == 1 else None
        return found

    def places(self, remark=""):
        """The Place where it happened, as `Explanation` wants it."""
        return [(self.here, remark)] if self.here else []

    def local(self, *names, kind=object):
        """The values of these local names in the first of Rushlight's frames that has them all."""
        for frame in self.frames:
            known = frame.names
            if is_ours(frame.frame.f_code.co_filename):
                if all(isinstance(known.get(n), kind) and n in known for n in names):
                    return tuple(known[n] for n in names)
        return None

    def layer_input(self):
        """The tensor that the user's code gave to the layer or function that failed; or None."""
        found = None
        for frame in self.frames:
            if not is_ours(frame.frame.f_code.co_filename):
                break
            value = frame.names.get("input")
            found = value if hasattr(value, "_array") else found
        return found

    def name_of(self, value, default=None):
        """How the user's source calls a value: a variable, an attribute, a parameter's path."""
        for frame in self.users:
            for names in (frame.names, frame.frame.f_globals):
                for name, known in list(names.items()):
                    if known is value and not name.startswith("_"):
                        return name
        return self._path_of(value) or default

    def _path_of(self, value):
        """The path of a parameter or a layer below a module that the user's code names."""
        for name, module in self.modules():
            for path, part in [*module.named_parameters(), *module.named_modules()]:
                if part is value and path:
                    return name + "".join(
                        f"[{p}]" if p.isdigit() else f".{p}" for p in path.split(".")
                    )
        return None

    def modules(self):
        """The modules that the user's code names, innermost frame first."""
        nn = sys.modules.get("rushlight.nn")
        if nn is None:
            return
        for frame in self.users:
            for names in (frame.names, frame.frame.f_globals):
                for name, known in list(names.items()):
                    if isinstance(known, nn.Module) and not name.startswith("_"):
                        yield name, known

    def operand_texts(self):
        """What the user wrote for the arguments of the operation or layer that failed, in order."""
        node = self.expression
        if isinstance(node, ast.BinOp):
            return [ast.unparse(node.left), ast.unparse(node.right)]
        if isinstance(self.statement, ast.AugAssign) and not isinstance(node, ast.Call):
            return [ast.unparse(self.statement.target), ast.unparse(self.statement.value)]
        if not isinstance(node, ast.Call):
            return []
        given = [ast.unparse(each) for each in [*node.args, *(k.value for k in node.keywords)]]
        if isinstance(node.func, ast.Attribute) and self._is_method(node.func):
            return [ast.unparse(node.func.value), *given]
        return given

    def _is_method(self, function):
        """Whether `x.f` is a method of a tensor."""
        from rushlight.explain.history import evaluate
        from rushlight.tensor import Tensor

        value = evaluate(function.value, self.users[0])
        return value is None or isinstance(value, Tensor)

    def call_of(self, tensor, position, default):
        """How to refer to an argument: its variable, else what the user wrote at its position."""
        if known := self.name_of(tensor):
            return known
        texts = [] if self.is_inside() else self.operand_texts()
        short = position < len(texts) and len(texts[position]) <= 40
        return texts[position] if short else default

    def is_inside(self):
        """Whether it happened in a layer that another module called, not the user's own code."""
        nn = sys.modules.get("rushlight.nn")
        found = set()
        for frame in self.frames:
            if not is_ours(frame.frame.f_code.co_filename):
                break
            this = frame.names.get("self")
            if nn is not None and isinstance(this, nn.Module):
                found.add(id(this))
        return len(found) > 1

    def layer(self):
        """The layer of `nn` whose `forward` failed: (how the user calls it, itself); or None."""
        nn = sys.modules.get("rushlight.nn")
        for frame in self.frames:
            if not is_ours(frame.frame.f_code.co_filename):
                return None
            this = frame.names.get("self")
            if nn is not None and isinstance(this, nn.Module):
                return self.name_of(this) or type(this).__name__, this
        return None


def _frames(error, frame):
    """The frames of the traceback and of the stack below it, innermost first."""
    trace, caught = error.__traceback__, []
    while trace is not None:
        caught.append(Frame(trace.tb_frame, trace.tb_lasti, trace.tb_lineno))
        trace = trace.tb_next
    yield from reversed(caught)
    known = {id(each.frame) for each in caught}
    while frame is not None:
        if id(frame) not in known:
            yield Frame(frame, frame.f_lasti, frame.f_lineno)
        frame = frame.f_back


def add_explanation(error, frame, facts):
    """Attach an explanation to an error, once. Never raises (unless `strict`).

    It becomes `error.explanation`, and a note (PEP 678), which tracebacks show below the error's
    own text. Of a warning nobody shows notes: its text itself is extended.
    """
    try:
        if not _is_plain(error) or language() == "off":
            return error
        found = find_explanation(error, frame, facts)
        if found is not None:
            error.explanation = str(found)
            if isinstance(error, Warning):
                error.args = (f"{error.args[0]}\n\n{found}", *error.args[1:])
            else:  # Python 3.10 has no `add_note`; there `display` shows what is in the list
                error.__notes__ = [*getattr(error, "__notes__", ()), f"\n{found}"]
    except Exception:
        if explain.strict:
            raise
    return error


def _is_plain(error):
    """Whether it has a text that isn't explained yet."""
    known = getattr(error, "explanation", None) is not None
    return not known and bool(error.args) and isinstance(error.args[0], str)


def find_explanation(error, frame, facts):
    """The Explanation of an error, or None."""
    case = None
    for expression, kinds, function in explainers():
        if isinstance(error, kinds) and (match := expression.search(error.args[0])):
            case = case or Case(error, frame, facts)
            case.match = match
            found = function(case)
            if found is not None:
                return found
    return None
