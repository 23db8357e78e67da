"""Names that aren't there: functions, attributes, keywords; and models that lack something."""

from __future__ import annotations

import ast
import inspect
import sys
from difflib import get_close_matches

from rushlight.explain.case import Explanation, explains
from rushlight.explain.catalogue import say
from rushlight.explain.history import evaluate, history_of

#: names of other libraries for what has another name here
_ELSEWHERE = {
    "concatenate": "torch.cat", "expand_dims": "x.unsqueeze", "astype": "x.to", "copy": "x.clone",
    "array": "torch.tensor", "ndarray": "torch.Tensor", "assign": "x.copy_", "numpy_": "x.numpy",
    "power": "torch.pow", "absolute_value": "torch.abs", "length": "x.numel", "len": "x.numel",
    "fit": "optimizer.step", "predict": "model", "compile": "torch.compile",
}  # fmt: skip
_KEYWORDS = {
    "learning_rate": "lr", "axis": "dim", "dims": "dim", "keepdims": "keepdim", "epsilon": "eps",
    "filters": "out_channels", "units": "out_features", "rate": "p", "batchsize": "batch_size",
    "decay": "weight_decay",
}  # fmt: skip


@explains(
    r"^module '(?:torch|rushlight)([\w.]*)' has no attribute '(\w+)'|"
    r"^cannot import name '(\w+)' from '(?:torch|rushlight)([\w.]*)'",
    (AttributeError, ImportError),
)
def of_module(case):
    """`torch.zeross`: a misspelt name, or one that isn't there yet."""
    path, name = case.match[1] or case.match[4] or "", case.match[2] or case.match[3]
    module = sys.modules.get(f"rushlight{path}")
    if module is None or name.startswith("__"):
        return None
    full = f"torch{path}"
    close = _close(name, [n for n in dir(module) if not n.startswith("_")])
    if close:
        return _misspelt(case, f"{full}.{name}", f"{full}.{close}")
    if elsewhere := _elsewhere(name, path):
        return _misspelt(case, f"{full}.{name}", elsewhere)
    return Explanation(
        [say("name.unknown", name=f"{full}.{name}")], case.places(), [say("name.unknown.fix")]
    )


def _close(name, known):
    """The closest known name, if it is close; the same letters in another case first."""
    for each in known:
        if each.lower() == name.lower():
            return each
    found = get_close_matches(name, known, 1, 0.8)
    return found[0] if found else None


def _elsewhere(name, path):
    """Where a name is that was looked for in a wrong place."""
    for home in ("", ".nn", ".nn.functional", ".optim", ".utils.data", ".nn.utils", ".linalg"):
        if home != path and (module := sys.modules.get(f"rushlight{home}")) is not None:
            if not name.startswith("_") and name in vars(module):
                return f"torch{home}.{name}"
    return _ELSEWHERE.get(name)


def _misspelt(case, name, better):
    return Explanation(
        [say("name.missing", name=name)], case.places(), [say("name.close", better=better)]
    )


@explains(r"^No module named '(?:torch|rushlight)\.([\w.]+)'", ModuleNotFoundError)
def module(case):
    """`import torch.foo`."""
    path = case.match[1]
    parent, _, name = f"torch.{path}".rpartition(".")
    package = sys.modules.get(parent.replace("torch", "rushlight", 1))
    close = _close(name, [n for n in dir(package) if not n.startswith("_")]) if package else None
    if close:
        return _misspelt(case, f"torch.{path}", f"{parent}.{close}")
    return Explanation(
        [say("name.unknown", name=f"torch.{path}")], case.places(), [say("name.unknown.fix")]
    )


@explains(r"^No module named '(torchvision|torchaudio|torchtext)\b", ModuleNotFoundError)
def companion(case):
    """`import torchvision`: a package that needs PyTorch's compiled code."""
    name = case.match[1]
    return Explanation([say("name.companion", name=name)], case.places(), [say(f"name.{name}.fix")])


@explains(r"^'(\w+)' object has no attribute '(\w+)'", AttributeError)
def of_object(case):
    """An attribute of a tensor, a model, an optimizer, a tuple of results."""
    kind, name = case.match[1], case.match[2]
    value = getattr(case.error, "obj", None)
    value = value if value is not None else _object(case)
    text = case.name_of(value) if value is not None else None
    text = text or kind
    if kind in ("tuple", "list") and _is_of_tensor(name):
        return Explanation(
            [say("name.several", kind=kind, text=_value_text(case) or text, name=name)],
            case.places(),
            [say("name.several.fix", text=_value_text(case) or text)],
        )
    if kind == "NoneType":
        return _none(case, name)
    if not type(value).__module__.startswith(("torch", "rushlight")) and not _is_module(value):
        return None
    return _of_ours(case, value, text, kind, name)


def _of_ours(case, value, text, kind, name):
    known = [n for n in dir(value) if not n.startswith("_")]
    if _is_module(value) and (init := _forgotten_in_init(case, value, name)):
        return init
    if kind in ("Tensor", "Parameter") and name in _ELSEWHERE:
        return _misspelt(case, f"{text}.{name}", _ELSEWHERE[name].replace("x.", f"{text}."))
    if close := _close(name, known):
        return _misspelt(case, f"{text}.{name}", f"{text}.{close}")
    function = sys.modules["rushlight"].__dict__.get(name)
    if kind in ("Tensor", "Parameter") and callable(function):
        return _misspelt(case, f"{text}.{name}", f"torch.{name}({text}, ...)")
    if kind in ("Tensor", "Parameter"):
        why, fix = say("name.unknown", name=f"torch.Tensor.{name}"), say("name.unknown.fix")
        return Explanation([why], case.places(), [fix])
    return Explanation(
        [say("name.object", text=text, kind=kind, name=name)],
        case.places(),
        [say("name.object.fix", text=text)],
    )


def _object(case):
    """The object of the attribute that failed, on a Python that doesn't tell."""
    node = case.expression
    return evaluate(node.value, case.users[0]) if isinstance(node, ast.Attribute) else None


def _value_text(case):
    node = case.expression
    node = node.func if isinstance(node, ast.Call) else node
    return ast.unparse(node.value) if isinstance(node, ast.Attribute) else None


def _is_of_tensor(name):
    return hasattr(sys.modules["rushlight"].Tensor, name)


def _is_module(value):
    nn = sys.modules.get("rushlight.nn")
    return nn is not None and isinstance(value, nn.Module)


def _forgotten_in_init(case, value, name):
    """`self.fc2` where `__init__` assigned it to a plain variable."""
    init = type(value).__init__
    code = getattr(init, "__code__", None)
    if code is not None and name in code.co_varnames[code.co_argcount :]:
        return Explanation(
            [say("name.local", name=name, kind=type(value).__name__)],
            case.places(),
            [say("name.local.fix", name=name)],
        )
    return None


def _none(case, name):
    """A function (often `forward`) that returns nothing."""
    node = case.expression
    node = node.func if isinstance(node, ast.Call) else node
    if not isinstance(node, ast.Attribute):
        return None
    text = ast.unparse(node.value)
    history = history_of(node.value, case.users[0])
    if not any(_calls_model(each, case) for each in history.expressions):
        return None
    return Explanation(
        [say("convert.none", text=text, kind="NoneType")],
        case.places(),
        [say("convert.none.fix", text=text)],
    )


def _calls_model(expression, case):
    """Whether an expression is the call of a model, or of a function of the user's."""
    if not isinstance(expression, ast.Call):
        return False
    value = evaluate(expression.func, case.users[0])
    return _is_module(value) or inspect.isfunction(value)


# Arguments ----------------------------------------------------------------------------------------


@explains(r"^([\w.]+)\(\) got an unexpected keyword argument '(\w+)'", TypeError)
def keyword(case):
    """A keyword that the function hasn't got."""
    found, name = _callee(case), case.match[2]
    if found is None:
        return None
    title, function = found
    known = [p for p in _parameters(function) if p not in ("self", "args", "kwargs")]
    alias = _KEYWORDS.get(name)
    close = alias if alias in known else _close(name, known) or _shares_a_part(name, known)
    fix = say("keyword.close", close=close, name=name) if close else say("keyword.drop", name=name)
    why = say("keyword.unknown", function=title, name=name)
    if not close:
        why = say("keyword.known", function=title, name=name, known=", ".join(known))
    return Explanation([why], case.places(), [fix])


def _shares_a_part(name, known):
    parts = set(name.split("_"))
    return next((k for k in known if parts & set(k.split("_")) and len(k) > 2), None)


def _callee(case):
    """(what the user calls it, the function whose call failed), if it is ours or a model's."""
    name = case.match[1]
    for node in ast.walk(case.statement) if case.statement is not None else ():
        if isinstance(node, ast.Call):
            value = evaluate(node.func, case.users[0])
            found = _function_named(value, name)
            if found is not None:
                return ast.unparse(node.func), found
    return _by_name(name) if case.statement is None else None


def _by_name(name):
    """The same for a class of ours, where the source isn't there (a shell before Python 3.13)."""
    kind = name.partition(".")[0]
    for home in ("nn", "optim", "optim.lr_scheduler", "utils.data"):
        value = getattr(sys.modules.get(f"rushlight.{home}"), kind, None)
        if value is not None and (found := _function_named(value, name)) is not None:
            return kind, found
    return None


def _function_named(value, name):
    """`value`, or the method of it that has this (qualified) name."""
    kind = value if isinstance(value, type) else type(value)
    for method in ("__init__", "forward"):
        function = getattr(kind, method, None)
        if getattr(function, "__qualname__", None) == name:
            return function
        if getattr(function, "__name__", None) == name and callable(value) and method == name:
            return function
    last = name.rpartition(".")[2]
    if getattr(value, "__name__", None) == last and not isinstance(value, type):
        return value
    return None


def _parameters(function):
    op = getattr(function, "op", None)
    try:
        found = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []
    return [*op.arrays, *op.options] if op is not None else found


@explains(
    r"^([\w.]+)\(\) missing (\d+) required (?:positional|keyword-only) arguments?: (.*)", TypeError
)
def missing(case):
    """Too few arguments."""
    found = _callee(case)
    if found is None:
        return None
    title, function = found
    return Explanation(
        [say("arguments.missing", function=title, names=case.match[3])],
        case.places(),
        [say("arguments.signature", function=title, known=_required(function))],
    )


def _required(function):
    """The parameters without defaults, as text; `...` for those with."""
    parameters = inspect.signature(function).parameters.values()
    own = [p for p in parameters if p.name not in ("self", "args", "kwargs")]
    names = [p.name for p in own if p.default is p.empty]
    return ", ".join([*names, "..."] if len(names) < len(own) else names)


@explains(
    r"^([\w.]+)\(\) takes (?:from \d+ to )?(\d+) positional arguments? but (\d+) w",
    TypeError,
)
def too_many(case):
    """Too many arguments; often `self` is missing in a definition."""
    found = _callee(case)
    if found is None:
        return None
    title, function = found
    known = [p for p in _parameters(function) if p != "kwargs"]
    given = int(case.match[3])
    if "." in case.match[1] and (not known or known[0] != "self"):
        return Explanation(
            [say("arguments.self", function=case.match[1])],
            case.places(),
            [say("arguments.self.fix", function=case.match[1].rpartition(".")[2])],
        )
    known = [p for p in known if p != "self"]
    return Explanation(
        [say("arguments.many", function=title, count=len(known), given=given - 1)],
        case.places(),
        [say("arguments.signature", function=title, known=", ".join(known))],
    )


# Models and optimizers ----------------------------------------------------------------------------


@explains(r"^cannot assign (?:module|parameters?|buffer) before Module\.__init__\(\) call")
def no_init(case):
    """`super().__init__()` is missing."""
    return Explanation([say("model.no_init")], case.places(), [say("model.no_init.fix")])


@explains(r"^Module \[(\w+)\] is missing the required \"forward\" function")
def no_forward(case):
    """A model without `forward`: misspelt, indented too far, or a plain list of layers."""
    kind = case.match[1]
    if kind in ("ModuleList", "ModuleDict"):
        return Explanation(
            [say("model.list", kind=kind)], case.places(), [say("model.list.fix", kind=kind)]
        )
    named = [(n, m) for n, m in case.modules() if type(m).__name__ == kind]
    layer = case.layer() or next(iter(named), None)
    own = [] if layer is None else [n for n in vars(type(layer[1])) if not n.startswith("__")]
    close = get_close_matches("forward", own, 1, 0.6)
    if close:
        return Explanation(
            [say("model.forward.close", kind=kind, close=close[0])],
            case.places(),
            [say("model.forward.close.fix", close=close[0])],
        )
    return Explanation([say("model.forward", kind=kind)], case.places(), [say("model.forward.fix")])


@explains(r"^optimizer got an empty parameter list")
def nothing_to_train(case):
    """A model whose layers lie in a plain list, or a used-up generator."""
    for name, model in case.modules():
        hidden = [k for k, v in vars(model).items() if _holds_layers(v)]
        if hidden:
            return Explanation(
                [say("model.hidden", name=name, attribute=hidden[0])],
                case.places(),
                [say("model.hidden.fix", attribute=hidden[0])],
            )
    text = (case.operand_texts() or ["parameters"])[0]
    return Explanation(
        [say("optimizer.empty", text=text)], case.places(), [say("optimizer.empty.fix", text=text)]
    )


def _holds_layers(value):
    values = value.values() if isinstance(value, dict) else value
    plain = type(value) in (list, dict, tuple)
    return plain and any(_is_module(each) for each in values)


@explains(r"^'(\w+)' object is not iterable", TypeError)
def not_iterable(case):
    """A model, a loss or a layer where parameters or batches are due."""
    text = None
    for call in ast.walk(case.statement) if case.statement is not None else ():
        if isinstance(call, ast.Call) and call.args:
            value = evaluate(call.args[0], case.users[0])
            if _is_module(value) and type(value).__name__ == case.match[1]:
                text = ast.unparse(call.args[0])
    if text is None:
        return None
    return Explanation(
        [say("optimizer.model", text=text)], case.places(), [say("optimizer.model.fix", text=text)]
    )


@explains(r"^can't optimize a non-leaf Tensor")
def no_leaf(case):
    """A tensor that an operation made."""
    return Explanation([say("optimizer.result")], case.places(), [say("optimizer.result.fix")])
