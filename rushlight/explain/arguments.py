"""Arguments of the wrong type, count or name: what PyTorch's parser of arguments says of them.

PyTorch looks at the types of all arguments before anything else. Here nothing looks at them: a
call with wrong ones fails somewhere, and `argument_error` then finds the words, from the table of
signatures in `signatures.txt`. A line of it is a name and its forms, separated by "|"; methods
begin with a dot, but for those that are the function without its first argument.
"""

from __future__ import annotations

import pathlib
import re
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from rushlight import dtypes
from rushlight.tensor import Tensor, type_name

__all__ = ["argument_error"]

TABLE = pathlib.Path(__file__).with_name("signatures.txt")
_OPTIONS = (
    "dtype? dtype=None, layout? layout=None, device? device=None, bool? pin_memory=False, "
    "bool? requires_grad=False"
)
#: how messages name the kinds of arguments, where it isn't the name of the kind
_NAMES = {
    "TensorOrNumber": "Tensor",
    "Tensors": "tuple of Tensors",
    "OptionalTensors": "tuple of Tensors",
    "ints": "tuple of ints",
    "ints1": "tuple of ints",
    "floats": "tuple of floats",
    "Numbers": "tuple of Scalars",
    "dtype": "torch.dtype",
    "device": "torch.device",
    "layout": "torch.layout",
    "memory_format": "torch.memory_format",
    "Generator": "torch.Generator",
    "storage": "torch.Storage",
}


class Parameter(NamedTuple):
    """A parameter of one form of a function."""

    kind: str
    name: str
    default: str | None
    takes_none: bool
    keyword_only: bool

    def __str__(self):
        shown = f"{_NAMES.get(self.kind, self.kind)} {self.name}"
        return shown if self.default is None else f"{shown} = {self.default}"


class Form(NamedTuple):
    """One form of a function.

    Attributes:
        hidden: whether it is deprecated, and not shown.
    """

    name: str
    parameters: list[Parameter]
    hidden: bool

    @property
    def positional(self):
        return [p for p in self.parameters if not p.keyword_only]

    @property
    def required(self):
        return [p for p in self.parameters if p.default is None]

    @property
    def takes_many(self):
        """Whether sizes may be given one by one, as in `x.view(2, 3)`."""
        return len(self.positional) == 1 and self.parameters[0].kind in ("ints", "ints1")

    def __str__(self):
        shown, starred = [], False
        for parameter in self.parameters:
            if parameter.keyword_only and not starred:
                shown.append("*")
                starred = True
            shown.append(str(parameter))
        return f"({', '.join(shown)})"


def argument_error(name, args, kwargs, method=False):
    """The TypeError of PyTorch for these arguments, or None if it would take them.

    Args:
        name: the name of a function, or of a method; then `args` are without the tensor itself.

    >>> argument_error("cumsum", (Tensor([1.0]), "a"), {})
    TypeError("cumsum(): argument 'dim' (position 2) must be int, not str")
    """
    known = forms_of(name, method)
    if not known:
        return None
    failures = []
    for form in known:
        try:
            failures.append(_failure(form, args, kwargs))
        except TypeError as error:
            return error
        if failures[-1] is None:
            return _unpacking_error(form, args, kwargs)
    if len(known) == 1:
        return TypeError(failures[0])
    count = len(args) + len(kwargs)
    shown = [form for form in known if not form.hidden]
    plausible = [
        f for f in shown if len(f.required) <= count <= len(f.parameters)
    ]  # as PyTorch counts: a list of sizes is one argument
    if len(plausible) == 1:
        return TypeError(failures[known.index(plausible[0])])
    return TypeError(_wrong_combination(name, shown, args, kwargs))


def _unpacking_error(form, args, kwargs):
    """The TypeError for a list of sizes that only begins with an integer, or None."""
    values = {p.name: value for p, value in zip(form.positional, args, strict=False)} | kwargs
    if form.takes_many and len(args) > 1:
        values[form.parameters[0].name] = args
    for parameter in form.parameters:
        value = values.get(parameter.name)
        if parameter.kind in ("ints", "ints1") and isinstance(value, (tuple, list)):
            for position, each in enumerate(value, 1):
                if not _is_int(each):
                    return TypeError(
                        f"{form.name}(): argument '{parameter.name}' failed to unpack the object "
                        f'at pos {position} with error "type must be tuple of ints,but got '
                        f'{type_name(each)}"'
                    )
    return None


def _wrong_combination(name, shown, args, kwargs):
    given = [type_name(x) for x in args]
    named = [f"{key}={type_name(value)}" for key, value in sorted(kwargs.items())]
    head = f"{name}() received an invalid combination of arguments - got "
    if len(shown) == 1:
        unknown = sorted(kwargs.keys() - {p.name for p in shown[0].parameters})
        if unknown:
            return f"{head}unrecognized keyword arguments: {', '.join(unknown)}"
        if len(given) + len(named) == str(shown[0]).count(", ") + 1:
            given = [_marked(shown[0], position, x) for position, x in enumerate(args)]
    listed = ", ".join([*given, *named]) + (", " if named and not given else "")
    head += f"({listed}), but expected "
    if len(shown) == 1:
        return f"{head}{shown[0]}"
    return f"{head}one of:\n" + "".join(f" * {form}\n" for form in shown)


def _marked(form, position, value):
    """The type of an argument, between exclamation marks if the form doesn't take it there."""
    positional = form.positional
    fits = position < len(positional) and takes(positional[position], value, position)
    return type_name(value) if fits else f"!{type_name(value)}!"


def _failure(form, args, kwargs):
    """What is said of arguments that don't fit one form; None if they do."""
    name, positional = form.name, form.positional
    if len(args) > len(positional) and not (form.takes_many and _is_int(args[0])):
        return _too_many(form, len(args))
    used = set()
    taken = 0
    for index, parameter in enumerate(form.parameters):
        by_name = taken >= len(args)
        if not by_name and parameter.keyword_only:
            return _too_many(form, len(args))
        key = next((k for k in _aliases(parameter.name) if by_name and k in kwargs), None)
        if by_name and key is None:
            if parameter.default is None:
                return _missing(form, index)
            continue
        value = kwargs[key] if by_name else args[taken]
        fits = (value is None and parameter.takes_none) or takes(parameter, value, index)
        if not fits and form.takes_many and not by_name and taken == 0:
            if takes(parameter, args, index):
                taken = len(args)
                continue
        if not fits:
            return _mismatch(name, parameter, value, None if by_name else taken + 1)
        used.add(key)
        taken += not by_name
    return _leftover(form, args, [key for key in kwargs if key not in used])


def _too_many(form, count):
    least, most = len(form.required), len(form.positional)
    head, plural, were = f"{form.name}() takes", "s" * (most != 1), "was" if count == 1 else "were"
    if least != most:
        return f"{head} from {least} to {most} positional arguments but {count} were given"
    return f"{head} {most} positional argument{plural} but {count} {were} given"


def _missing(form, index):
    names = [p.name for p in form.parameters[index:] if p.default is None]
    listed = ", ".join(f'"{name}"' for name in names)
    plural = "s" if len(names) == 1 else ""  # the other way round, as in PyTorch
    return f"{form.name}() missing {len(names)} required positional argument{plural}: {listed}"


def _mismatch(name, parameter, value, position):
    place = "" if position is None else f" (position {position})"
    wanted = _NAMES.get(parameter.kind, parameter.kind)
    head = f"{name}(): argument '{parameter.name}'{place} must be {wanted}, "
    if parameter.kind in ("ints", "ints1") and position and isinstance(value, (tuple, list)):
        return f"{head}but found element of type {type_name(value[0])} at pos 0"
    return f"{head}not {type_name(value)}"


def _leftover(form, args, keys):
    """What is said of keyword arguments that no parameter took."""
    names = [p.name for p in form.parameters]
    for key in keys:
        if key not in names:
            return f"{form.name}() got an unexpected keyword argument '{key}'"
        if names.index(key) < len(args):
            return f"{form.name}() got multiple values for argument '{key}'"
    return None


# What the kinds of parameters take ----------------------------------------------------------------


def takes(parameter, value, index):
    """Whether a parameter takes a value, by its type.

    Raises:
        TypeError: something else than a tensor is in a list of tensors.
    """
    if parameter.kind == "Tensors":
        return _is_list_of_tensors(value, index)
    return _TAKES[parameter.kind](value)


def _is_list_of_tensors(value, index):
    if not isinstance(value, (tuple, list)):
        return False
    for position, each in enumerate(value):
        if not _is_tensor(each):
            raise TypeError(
                f"expected Tensor as element {position} in argument {index}, "
                f"but got {type_name(each)}"
            )
    return True


def _is_tensor(value):
    return isinstance(value, Tensor) or hasattr(type(value), "__torch_function__")


def _is_scalar_tensor(value, kinds):
    return (
        isinstance(value, Tensor)
        and value.dim() == 0
        and not value.requires_grad
        and value.dtype.category in kinds
    )


def _is_number(value):
    return isinstance(value, (int, float, complex, np.number, np.bool_)) or _is_scalar_tensor(
        value, (0, 1, 2, 3)
    )


def _is_float(value):
    numbers = isinstance(value, (int, float, np.integer, np.floating))
    return numbers or _is_scalar_tensor(value, (0, 1, 2, 3))


def _is_int(value):
    if isinstance(value, (bool, np.bool_)):
        return False
    if isinstance(value, Tensor):
        return _is_scalar_tensor(value, (1,))
    return isinstance(value, (int, np.integer)) or hasattr(type(value), "__index__")


def _are_ints(value):
    return isinstance(value, (tuple, list)) and (not value or _is_int(value[0]))


def _is_device(value):
    return isinstance(value, str) or _is_int(value) or _named("device")(value)


def _is_dtype(value):
    return isinstance(value, dtypes.dtype) or value in (float, int, bool, complex)


def _are(is_one):
    return lambda value: isinstance(value, (tuple, list)) and (not value or is_one(value[0]))


def _named(*names):
    """Whether the class of a value, or one that it derives from, goes by one of these names."""
    return lambda value: any(kind.__name__ in names for kind in type(value).__mro__)


_TAKES = {
    "Tensor": _is_tensor,
    "TensorOrNumber": lambda value: _is_tensor(value) or _is_number(value),
    "Number": _is_number,
    "int": _is_int,
    "float": _is_float,
    "bool": lambda value: isinstance(value, (bool, np.bool_)),
    "ints": _are_ints,
    "ints1": lambda value: _are_ints(value) or _is_int(value),
    "floats": _are(_is_float),
    "Numbers": _are(_is_number),
    "dtype": _is_dtype,
    "OptionalTensors": lambda value: isinstance(value, (tuple, list)),
    "device": _is_device,
    "layout": _named("layout"),
    "memory_format": _named("memory_format"),
    "Generator": _named("Generator"),
    "storage": _named("TypedStorage", "UntypedStorage"),
    "str": lambda value: isinstance(value, str),
    "object": lambda value: True,
}


def _aliases(name):
    """The names under which an argument may be given: NumPy's are taken too."""
    return {
        "dim": ("dim", "axis"),
        "keepdim": ("keepdim", "keepdims"),
        "input": ("input", "x", "a", "x1"),
        "other": ("other", "x2"),
    }.get(name, (name,))


# The table ----------------------------------------------------------------------------------------


@lru_cache(1)
def _table():
    lines = (line.partition(" ") for line in TABLE.read_text().splitlines())
    return {name: forms for name, _, forms in lines}


@lru_cache(256)
def forms_of(name, method):
    """The forms of a function or a method; an empty list if it isn't in the table."""
    table = _table()
    text = table.get(f".{name}" if method else name)
    if text is not None:
        return [_form(name, each) for each in text.split("|")]
    text = table.get(name, table.get(name.removesuffix("_"))) if method else None
    forms = [] if text is None else [_form(name, each) for each in text.split("|")]
    return [_of_method(form) for form in forms if not form.hidden]


def _of_method(form):
    kept = [p for p in form.parameters[1:] if p.name != "out"]
    return Form(form.name, kept, form.hidden)


def _form(name, text):
    text = text.strip()
    parameters, keyword_only = [], False
    for part in text.lstrip("!").replace("OPTIONS", _OPTIONS).split(", "):
        keyword_only = keyword_only or part == "*"
        if part not in ("*", ""):
            kind, parameter, default = re.match(r"(\S+) ([^=]+)=?(.*)", part).groups()
            parameters.append(
                Parameter(
                    kind.rstrip("?"), parameter, default or None, kind[-1] == "?", keyword_only
                )
            )
    return Form(name, parameters, text.startswith("!"))
