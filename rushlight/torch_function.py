"""`__torch_function__`: what a class of the user answers when the library is asked.

Nobody is asked until somebody wants to be: a subclass of Tensor is made, a mode is entered, a class
with a `__torch_function__` is seen. Then `have_all_ask` gives every public function, method and
property code that asks first and calls what was there before. The function objects stay what they
are, so that all names for them see the change, and until then nothing of this costs anything.

    >>> import rushlight as torch
    >>> class Length(torch.Tensor):
    ...     @classmethod
    ...     def __torch_function__(cls, func, types, args=(), kwargs=None):
    ...         print(func.__name__)
    ...         return super().__torch_function__(func, types, args, kwargs)
    >>> type(Length([3.0]) + 1).__name__
    add
    'Length'
"""

from __future__ import annotations

import functools
import threading
from contextlib import contextmanager
from importlib import import_module
from types import FunctionType

from rushlight.detour import detour
from rushlight.tensor import Tensor

__all__ = ["answering", "answers", "convert", "default_answer", "dispatch", "have_all_ask"]


class _Asking(threading.local):
    """Who is asked in this thread."""

    classes = True
    anybody = True

    def __init__(self):
        self.modes = []


asking = _Asking()

#: how many modes are entered, in all threads together
open_modes = [0]


def not_asked(func, types, args=(), kwargs=None):
    """The `__torch_function__` of a class that is not asked."""
    with only(classes=False):
        return func(*args, **(kwargs or {}))


@contextmanager
def only(**who):
    """Ask only these within the block (`classes=False`: modes; `anybody=False`: nobody)."""
    before = {name: getattr(asking, name) for name in who}
    vars(asking).update(who)
    try:
        yield
    finally:
        vars(asking).update(before)


# Who answers --------------------------------------------------------------------------------------


def answers(kind):
    """Whether a class answers calls with its instances; a Tensor's subclass does."""
    return kind is not Tensor and getattr(kind, "__torch_function__", not_asked) is not not_asked


def answering(values):
    """The values, and those in lists of them, whose class answers: one for each class.

    A subclass comes before the classes that it is made from, else the first comes first.
    """
    found: list = []
    for value in _with_contents(values):
        kind = type(value)
        if kind in _SILENT or not answers(kind) or any(type(x) is kind for x in found):
            continue
        place = (i for i, x in enumerate(found) if issubclass(kind, type(x)))
        found.insert(next(place, len(found)), value)
    return found


_SILENT = frozenset({Tensor, int, float, bool, str, type(None)})


def _with_contents(values):
    for value in values:
        if isinstance(value, (tuple, list)):
            yield from value
        else:
            yield value


def default_answer(cls, func, types, args=(), kwargs=None):
    """What Tensor itself answers: the result of the call, its tensors as instances of `cls`."""
    if not all(issubclass(cls, kind) for kind in types):
        return NotImplemented
    result = not_asked(func, types, args, kwargs)
    return result if func in nowrap_functions() else convert(result, cls)


@functools.lru_cache(1)
def nowrap_functions():
    """The functions whose result stays a plain Tensor."""
    return {Tensor._base.__get__, Tensor.grad.__get__}


def convert(result, cls):
    """A result whose tensors are instances of `cls`, those in tuples and lists included."""
    if isinstance(result, Tensor) and not isinstance(result, cls):
        return result.as_subclass(cls)
    if isinstance(result, (tuple, list)):
        parts = [convert(part, cls) for part in result]
        return getattr(result, "_make", type(result))(parts)
    return result


# Asking -------------------------------------------------------------------------------------------


def dispatch(public, relevant, args, kwargs):
    """What the innermost mode, or else the first class that knows `public`, makes of a call.

    Raises:
        TypeError: nobody knows it.
    """
    types = tuple(type(value) for value in relevant)
    if asking.modes:
        mode = asking.modes.pop()
        try:
            result = mode.__torch_function__(public, types, args, kwargs)
        finally:
            asking.modes.append(mode)
        if result is not NotImplemented:
            return result
    for value in relevant:
        result = type(value).__torch_function__(public, types, args, kwargs)
        if result is not NotImplemented:
            return result
    raise TypeError(_nobody_knows(public, types))


def _nobody_knows(public, types):
    from rushlight.overrides import resolve_name

    name = resolve_name(public) or f"{public.__module__}.{public.__name__}"
    if name.startswith("torch.nn."):
        return (
            f"no implementation found for '{name}' on types that implement __torch_function__: "
            f"{list(types)}"
        )
    handlers = f"  - mode object {asking.modes[-1]}\n" if asking.modes else ""
    handlers += "".join(f"  - tensor subclass {kind}\n" for kind in types)
    return (
        f"Multiple dispatch failed for '{name}'; all __torch_function__ handlers returned "
        f"NotImplemented:\n\n{handlers}\n"
        "For more information, try re-running with TORCH_LOGS=not_implemented"
    )


class _Question:
    """Who answers for a function, asked at each of its calls.

    Attributes:
        public: the function that is named to those who are asked.
        direct: what happens if nobody is.
        to_modes_only: only modes are asked (it makes tensors from data).
        is_operator: a TypeError lets Python try the other operand.
    """

    __slots__ = ("direct", "is_operator", "public", "to_modes_only")

    def __init__(self, public, direct, to_modes_only=False, is_operator=False):
        self.public, self.direct = public, direct
        self.to_modes_only, self.is_operator = to_modes_only, is_operator

    def __call__(self, args, kwargs):
        if not (kwargs or open_modes[0]):
            for value in args:
                if type(value) not in _SILENT:
                    break
            else:
                return self.direct(*args)
        return self._ask(args, kwargs)

    def _ask(self, args, kwargs):
        if not asking.anybody:
            return self.direct(*args, **kwargs)
        relevant = ()
        if asking.classes and not self.to_modes_only:
            relevant = answering((*args, *kwargs.values()) if kwargs else args)
        if not relevant and not asking.modes:
            return self.direct(*args, **kwargs)
        try:
            return dispatch(self.public, relevant, args, kwargs)
        except TypeError:
            if self.is_operator:
                return NotImplemented
            raise


def have_ask(function, public, **how):
    """Let `function` ask before it does what it does now."""
    detour(function, lambda direct: _Question(public, direct, **how))


# Everything public --------------------------------------------------------------------------------

#: namespaces whose functions ask
NAMESPACES = ("", "nn.functional", "linalg", "fft", "special")

#: functions of `torch` that make tensors from data: only modes are asked
MAKERS = frozenset(
    """
    arange as_tensor asarray bartlett_window blackman_window empty empty_permuted empty_strided eye
    from_file from_numpy frombuffer full hamming_window hann_window kaiser_window linspace logspace
    ones rand randint randn randperm range scalar_tensor sparse_coo_tensor tensor tril_indices
    triu_indices zeros fftfreq rfftfreq
    """.split()
)

#: functions and methods of tensors, or of none, that nobody is asked about
UNASKED = frozenset(
    """
    __array_namespace__ __init_subclass__ __iter__ __str__ __torch_function__ _number as_subclass
    broadcast_shapes can_cast from_dlpack get_default_device get_default_dtype
    get_deterministic_debug_mode get_float32_matmul_precision get_num_interop_threads
    get_num_threads get_rng_state initial_seed is_storage is_tensor load manual_seed promote_types
    save seed to_dlpack typename unflatten use_deterministic_algorithms vmap upsample
    upsample_bilinear upsample_nearest
    """.split()
)

#: methods that are known under another name to those who are asked
_KNOWN_AS = {
    "__abs__": "abs",
    "__add__": "add",
    "__ge__": "ge",
    "__gt__": "gt",
    "__iadd__": "add_",
    "__imul__": "mul_",
    "__ipow__": "pow_",
    "__isub__": "sub_",
    "__itruediv__": "div_",
    "__le__": "le",
    "__lt__": "lt",
    "__matmul__": "matmul",
    "__mod__": "remainder",
    "__mul__": "mul",
    "__ne__": "ne",
    "__neg__": "neg",
    "__pos__": "positive",
    "__pow__": "pow",
    "__radd__": "add",
    "__rmul__": "mul",
    "__rtruediv__": "__rdiv__",
    "__sub__": "sub",
    "__truediv__": "div",
}

_OPERATORS = frozenset(
    f"__{reflected}{name}__"
    for name in "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift".split()
    for reflected in ("", "r")
)

_lock = threading.Lock()
_all_ask = False


def have_all_ask():
    """Let all public functions, methods and properties ask from now on; whether that is new."""
    global _all_ask
    with _lock:
        if _all_ask:
            return False
        _all_ask = True
        for function in public_functions():
            _have_function_ask(function)
        for name, attribute in methods().items():
            _have_method_ask(name, attribute)
        return True


def _have_function_ask(function):
    have_ask(function, function, to_modes_only=function.__name__ in MAKERS)


def _have_method_ask(name, attribute):
    if isinstance(attribute, property):
        for accessor, function in (("__get__", attribute.fget), ("__set__", attribute.fset)):
            if function is not None:
                have_ask(function, getattr(attribute, accessor))
    else:
        public = getattr(Tensor, _KNOWN_AS.get(name, name))
        have_ask(attribute, public, is_operator=name in _OPERATORS)


def namespace(name):
    """The module `torch.<name>`."""
    return import_module(f"rushlight.{name}".rstrip("."))


def asked_functions(module):
    """The functions of a namespace that ask, by name; set_... and the like do not."""
    return {
        name: value
        for name in sorted({*dir(module)} - getattr(module, "_SUBMODULES", frozenset()))
        if not name.startswith(("_", "set_", "are_"))
        and not name.endswith("_enabled")
        and name not in UNASKED
        and isinstance(value := getattr(module, name), FunctionType)
    }


def public_functions():
    """All functions that ask, once each."""
    found = (asked_functions(namespace(name)).values() for name in NAMESPACES)
    init, autograd = namespace("nn.init"), namespace("autograd")
    passes = (autograd.backward, autograd.grad)
    initializers = (init.constant_, init.kaiming_uniform_, init.normal_, init.uniform_)
    return list(dict.fromkeys([*(f for group in found for f in group), *initializers, *passes]))


def methods():
    """The methods and properties of Tensor that ask, by name; what has two names, once."""
    names = dict.fromkeys(name for kind in reversed(Tensor.__mro__[:-1]) for name in vars(kind))
    found = {}
    for name in names:
        attribute = next(vars(kind)[name] for kind in Tensor.__mro__ if name in vars(kind))
        if isinstance(attribute, (FunctionType, property)) and name not in UNASKED:
            found.setdefault(attribute, name)
    return {name: attribute for attribute, name in found.items()}
