"""A model that is evaluated while its dropout or batch norm is in training mode."""

from __future__ import annotations

import ast
import re

from rushlight import nn
from rushlight.autograd.tape import modes
from rushlight.explain.catalogue import say
from rushlight.explain.history import enclosing_no_grad
from rushlight.explain.mistakes import EvaluationInTrainingMode
from rushlight.explain.mistakes.report import report, situation
from rushlight.explain.mistakes.watch import Check
from rushlight.explain.source import Place, around, statement_at
from rushlight.nn.batchnorm import _BatchNorm
from rushlight.nn.dropout import _DropoutNd

__all__ = ["CHECKS"]

_MEASURES = re.compile(r"loss|criterion|entropy|accuracy|correct|metric|score|error", re.IGNORECASE)
_EVALUATES = re.compile(r"eval|valid|test|accuracy", re.IGNORECASE)
#: how often one layer is looked at
_TIMES = 20


class InTrainingMode(Check):
    """Forward passes that nothing records, of a model that an optimizer trains, to measure it.

    What a `no_grad` block computes may also be part of training (fake images, targets), where
    training mode is right. So the block must measure something: compare the output (`==`), or call
    a loss or a metric; or be in a function whose name says that it evaluates.
    """

    def __init__(self):
        self.has_stepped = False
        self.looked: dict = {}

    def after_step(self, optimizer, args, kwargs):
        self.has_stepped = True
        return True

    def wrapped(self):
        """What is to be replaced: (owner, name, wrapper)."""
        kinds = [_BatchNorm, *_DropoutNd.__subclasses__()]
        return [(kind, "forward", self.watched_forward) for kind in kinds]

    def watched_forward(self, forward):
        def watched(layer, input):
            if not modes.grad_enabled and layer.training and self.has_stepped:
                self.look(layer)
            return forward(layer, input)

        return watched

    def look(self, layer):
        """Tell if the forward pass that runs is an evaluation."""
        times = self.looked[id(layer)] = self.looked.get(id(layer), 0) + 1
        if times > _TIMES or (isinstance(layer, _DropoutNd) and layer.p == 0):
            return
        case = situation()
        model = None
        for frame in case.users:
            this = frame.names.get("self")
            model = this if isinstance(this, nn.Module) else model
            statement = statement_at(Place(frame.frame.f_code.co_filename, frame.line))
            block = statement and enclosing_no_grad(statement)
            if block:
                self.tell(case, frame, statement, block)
                return

    def tell(self, case, frame, statement, block):
        scope = _scope(statement, block[0])
        if scope is None or not _measures(scope) or _sets_mode(scope):
            return
        name = _called(statement, frame) or "model"
        places = [(Place(frame.place.filename, block[0]), "")]
        why, fix = say("training.why", name=name), say("training.fix", name=name)
        report(EvaluationInTrainingMode, frame.place, why, [fix], places)


def _scope(statement, line):
    """The `with` block that begins at a line, or the function with a decorator there."""
    for node in around(statement):
        if isinstance(node, (ast.With, ast.AsyncWith)):
            if any(item.context_expr.lineno == line for item in node.items):
                return node
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if any(each.lineno == line for each in node.decorator_list):
                return node
    return None


def _measures(scope):
    """Whether a block measures how good a model is."""
    functions = [n for n in (scope, *around(scope)) if isinstance(n, ast.FunctionDef)]
    if functions and _EVALUATES.search(functions[0].name):
        return True
    for node in ast.walk(scope):
        if isinstance(node, ast.Compare) and any(isinstance(o, ast.Eq) for o in node.ops):
            if any(isinstance(s, ast.Call) for s in ast.walk(node)) or _is_counted(node):
                return True
        if isinstance(node, ast.Call) and _MEASURES.search(ast.unparse(node.func)):
            return True
    return False


def _is_counted(node):
    """Whether a comparison is followed by `.sum()`, `.float()`, `.mean()`."""
    parent = getattr(node, "parent", None)
    return isinstance(parent, ast.Attribute) and parent.attr in ("sum", "float", "mean", "all")


def _sets_mode(scope):
    """Whether a block calls `.train()`: then training mode is meant."""
    return any(
        isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr == "train"
        for n in ast.walk(scope)
    )


def _called(statement, frame):
    """How the user calls the module that a statement calls."""
    from rushlight.explain.history import evaluate

    for node in ast.walk(statement):
        if isinstance(node, ast.Call) and isinstance(evaluate(node.func, frame), nn.Module):
            return ast.unparse(node.func)
    return None


CHECKS = [InTrainingMode]
