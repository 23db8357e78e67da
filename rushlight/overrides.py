"""Who answers calls instead of the library: the tools of `torch.overrides`.

Classes with a `__torch_function__` answer calls with their instances, and the modes that are
entered answer all calls. `rushlight.torch_function` says how they come to be asked.
"""

from __future__ import annotations

import functools
import types
from contextlib import contextmanager

from rushlight.tensor import Tensor
from rushlight.torch_function import (
    MAKERS,
    NAMESPACES,
    UNASKED,
    answering,
    asked_functions,
    asking,
    dispatch,
    have_all_ask,
    methods,
    namespace,
    nowrap_functions,
    only,
    open_modes,
)

__all__ = [
    "BaseTorchFunctionMode",
    "DisableTorchFunctionSubclass",
    "TorchFunctionMode",
    "enable_reentrant_dispatch",
    "get_default_nowrap_functions",
    "get_ignored_functions",
    "get_overridable_functions",
    "get_testing_overrides",
    "handle_torch_function",
    "has_torch_function",
    "has_torch_function_unary",
    "has_torch_function_variadic",
    "is_tensor_like",
    "is_tensor_method_or_property",
    "redispatch_function",
    "resolve_name",
    "wrap_torch_function",
]

get_default_nowrap_functions = nowrap_functions

have_all_ask()  # who imports this wants to be asked


# Asking -------------------------------------------------------------------------------------------


def has_torch_function(relevant_args) -> bool:
    """Whether somebody answers a call with these arguments: the class of one, or a mode."""
    if not asking.anybody:
        return False
    return bool(asking.modes) or (asking.classes and bool(answering(relevant_args)))


def has_torch_function_variadic(*relevant_args) -> bool:
    """`has_torch_function` of its arguments."""
    return has_torch_function(relevant_args)


has_torch_function_unary = has_torch_function_variadic


def handle_torch_function(public_api, relevant_args, *args, **kwargs):
    """What the first that knows the function makes of a call.

    Args:
        public_api: the function that was called.
        relevant_args: those of its arguments whose classes may answer.
        *args, **kwargs: all its arguments.

    Raises:
        TypeError: nobody knows the function.
    """
    return dispatch(public_api, answering(relevant_args), args, kwargs)


def redispatch_function(func, types, args, kwargs):
    """Call `func` from within a `__torch_function__`, as `super().__torch_function__` does."""
    with only(classes=False):
        return func(*args, **(kwargs or {}))


def wrap_torch_function(dispatcher):
    """Decorator: let the arguments that `dispatcher` names answer calls of a function.

    >>> import rushlight as torch
    >>> @torch.overrides.wrap_torch_function(lambda x: (x,))
    ... def double(x):
    ...     return x * 2
    >>> double(torch.tensor(2.0))
    tensor(4.)
    """

    def decorate(func):
        @functools.wraps(func)
        def wrapped(*args, **kwargs):
            relevant = dispatcher(*args, **kwargs)
            if has_torch_function(relevant):
                return handle_torch_function(wrapped, relevant, *args, **kwargs)
            return func(*args, **kwargs)

        return wrapped

    return decorate


def is_tensor_like(inp) -> bool:
    """Whether it is a Tensor, or its class has a `__torch_function__`."""
    return type(inp) is Tensor or hasattr(inp, "__torch_function__")


class TorchFunctionMode:
    """Within `with` this mode is asked about every public call, whatever its arguments are.

    Subclasses override `__torch_function__`. While one answers, the modes outside it are asked.

    >>> import rushlight as torch
    >>> class Count(torch.overrides.TorchFunctionMode):
    ...     calls = 0
    ...     def __torch_function__(self, func, types, args=(), kwargs=None):
    ...         self.calls += 1
    ...         return func(*args, **(kwargs or {}))
    >>> with Count() as count:
    ...     y = torch.ones(2).sum()
    >>> count.calls
    2
    """

    def __torch_function__(self, func, types, args=(), kwargs=None):
        """The result of the call, or NotImplemented."""
        raise NotImplementedError

    def __enter__(self):
        asking.modes.append(self)
        open_modes[0] += 1
        return self

    def __exit__(self, *exception):
        asking.modes.pop()
        open_modes[0] -= 1

    @classmethod
    def push(cls, *args, **kwargs):
        """A new mode."""
        return cls(*args, **kwargs)


class BaseTorchFunctionMode(TorchFunctionMode):
    """A mode that calls every function as it is."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        """What `func` returns."""
        return func(*args, **(kwargs or {}))


def DisableTorchFunctionSubclass():
    """A block within which no class is asked."""
    return only(classes=False)


@contextmanager
def enable_reentrant_dispatch():
    """A block within which classes are asked again, inside an answer."""
    with only(classes=True, anybody=True):
        yield


def _get_current_function_mode():
    return asking.modes[-1] if asking.modes else None


def _get_current_function_mode_stack():
    return list(asking.modes)


def _len_torch_function_stack():
    return len(asking.modes)


# What asks ----------------------------------------------------------------------------------------


def get_overridable_functions():
    """The functions that ask, by namespace: {torch: [torch.add, ...], torch.Tensor: [...], ...}."""
    found = {}
    for name in NAMESPACES:
        functions = asked_functions(namespace(name))
        found[namespace(name)] = [f for n, f in functions.items() if n not in MAKERS]
    found[Tensor] = [_public(attribute) for attribute in methods().values()]
    return found


def get_ignored_functions():
    """The public functions that never ask a class: they make tensors, or deal with none."""
    module = namespace("")
    names = (*sorted(MAKERS | UNASKED), "set_default_dtype", "set_num_threads", "set_printoptions")
    found = (getattr(owner, name, None) for name in names for owner in (module, Tensor))
    return {f for f in found if isinstance(f, types.FunctionType)}


def get_testing_overrides():
    """For each function that asks, one with the same parameters that returns -1."""
    return {f: _minus_one(f) for group in get_overridable_functions().values() for f in group}


def _minus_one(function):
    def stand_in(*args, **kwargs):
        return -1

    stand_in.__wrapped__ = getattr(function, "__wrapped__", function)
    return stand_in


def _public(attribute):
    return attribute.__get__ if isinstance(attribute, property) else attribute


def resolve_name(f):
    """The name under which a function is known, such as "torch.Tensor.add"; None if it has none.

    >>> import rushlight as torch
    >>> torch.overrides.resolve_name(torch.nn.functional.relu)
    'torch.nn.functional.relu'
    """
    return None if isinstance(f, str) else _names().get(f)


@functools.lru_cache(1)
def _names():
    names = {}
    for name in NAMESPACES:
        prefix = f"torch.{name}".rstrip(".")
        for own, function in asked_functions(namespace(name)).items():
            names.setdefault(function, f"{prefix}.{own}")
    for own, attribute in methods().items():
        if isinstance(attribute, property):
            names[attribute.__get__] = f"torch.Tensor.{own}.__get__"
            names[attribute.__set__] = f"torch.Tensor.{own}.__set__"
        else:
            names[attribute] = f"torch.Tensor.{own}"
    for function in ("constant_", "kaiming_uniform_", "normal_", "uniform_"):
        names[getattr(namespace("nn.init"), function)] = f"torch.nn.init.{function}"
    return names


def is_tensor_method_or_property(func):
    """Whether it is a method of Tensor, or what reads or writes one of its properties."""
    name = resolve_name(func) or ""
    return name.startswith("torch.Tensor.") or getattr(func, "__name__", "") == "__get__"
