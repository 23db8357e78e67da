"""What a compiled function depends on besides its arguments: the state of Python that it sees.

`Watch(function)` finds what the function can reach by name: the contents of its closure, the
globals that its code names, and from there the attributes of modules (layers) and of the user's
objects, the items of lists and dicts, other functions of the user. It notes what is there.
`changed()` says what isn't as it was, in words, or None. Tensors, classes and what libraries define
count as they are (by identity): what is in a Tensor is an input of the Program.

The same notes serve twice: before each run, to see whether a Program still fits; and right after
the traced run, to see whether the function itself changes Python's state, which a Program can't.
"""

from __future__ import annotations

import collections
import functools
import itertools
import os
import random
import sys
import sysconfig
import types
from opcode import EXTENDED_ARG, opmap
from operator import length_hint

import numpy as np

from rushlight.compile.runs.returned import RATES, only_returns_rates
from rushlight.compile.tracing.sources import Place
from rushlight.nn.module import Module
from rushlight.optim.lr_scheduler.base import LRScheduler
from rushlight.optim.optimizer import Optimizer
from rushlight.tensor import Tensor

__all__ = ["Watch", "changed_entry", "is_users", "same_bytes"]

_MISSING = object()
_SCALARS = (int, float, complex, str, bytes, bool, type(None))
_LIBRARIES = tuple(
    path.rstrip("/") + "/"
    for path in (
        __file__.rpartition("/compile/")[0],
        sysconfig.get_path("stdlib"),
        sysconfig.get_path("purelib"),
        sysconfig.get_path("platlib"),
    )
)
#: tables of a module's hooks that take part in a call
_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
_LIMIT = 20000
#: bytes of an array of NumPy's that is compared each time
_LARGE = 2**24
#: (place, whether a number is left over) in the state of a generator that nobody has drawn from
_FRESH = (623, 0)
#: instructions that look a name up, by how many bits its number is shifted
_LOOKUPS = {opmap["LOAD_GLOBAL"]: int(sys.version_info >= (3, 11)), opmap["LOAD_NAME"]: 0}


def is_users(function):
    """Whether a function is the user's own, not a library's."""
    if (function.__module__ or "").partition(".")[0] in ("rushlight", "numpy"):
        return False  # what is built at run time has no file
    return not function.__code__.co_filename.startswith(_LIBRARIES)


def is_users_class(kind):
    """Whether a class is the user's own, not a library's."""
    module = sys.modules.get(kind.__module__)
    file = getattr(module, "__file__", None)
    known = kind.__module__ in ("__main__", "__mp_main__") or file is None
    ours = kind.__module__.partition(".")[0] in ("rushlight", "torch", "numpy", "builtins")
    return not ours and (known or not file.startswith(_LIBRARIES))


def _is_code(x):
    return isinstance(x, (types.FunctionType, property, classmethod, staticmethod))


class Watch:
    """Notes on the state that a function can reach; see the head of this module.

    Attributes:
        entries: (dictionary, key, what it held, name for messages).
        iterators: (iterator, how much was left, name).
        chances: (source of random numbers that aren't ours, its state, name).
        cells: (cell of a closure, what it held, name).
        lengths: (container, its length, name).
        items: (list, position, what it held, name).
        arrays: (array of NumPy's, a copy of what it held, name); huge ones aren't looked at.
        optimizers: those that were found.
        counting: schedules and other compiled functions, on which the user may count.
        attributes: (object, attribute, what it was, name).
        rates: like entries, for their numbers, if the user's code may read or set them.
        readers: the user's functions that may.
        references: how many places were found to hold a Tensor, by its id.
    """

    def __init__(self, *roots):
        self.entries: list = []
        self.iterators: list = []
        self.chances = [(random, chance(random), "the module random")]
        self.numpys = numpys_chance()
        self.cells: list = []
        self.lengths: list = []
        self.items: list = []
        self.optimizers: list = []
        self.counting: list = []
        self.attributes: list = []
        self.arrays: list = []
        self.rates: list = []
        self.references: dict = {}
        self.seen: set = set()
        self.kept: list = []
        self.names: set = set()
        self.root = roots[0]
        self.readers: list = []
        self.skipped: set = set()
        waiting = [(root, getattr(root, "__name__", "?")) for root in roots]
        while waiting:
            x, name = waiting.pop()
            if isinstance(x, Tensor):
                self.references[id(x)] = self.references.get(id(x), 0) + 1
            if isinstance(x, _SCALARS) or id(x) in self.seen or len(self.entries) > _LIMIT:
                continue
            self.seen.add(id(x))
            self.kept.append(x)
            waiting.extend(self.visit(x, name))
        if self.readers:
            self.note_rates()
        self.note_numbers()
        if not self.names.isdisjoint(("environ", "getenv")):
            self.visit(os.environ._data, "os.environ")

    def only_returns_rates(self):
        """Whether the function that is watched does no more with optimizers' numbers."""
        return only_returns_rates(self.root, self.readers)

    def note_numbers(self):
        """What objects of ours count or have been given, if the user's code names it."""
        for x in (*self.optimizers, *self.counting):
            self.note_scalars(x, vars(x), [key for key in vars(x) if key in self.names])
            if "defaults" in self.names:
                defaults = vars(x).get("defaults", {})
                self.note_scalars(x, defaults, defaults)

    def note_scalars(self, x, holder, keys):
        """The numbers and texts under these keys, which are said to be attributes of `x`."""
        scalars = [key for key in keys if isinstance(holder[key], _SCALARS)]
        self.note(holder, scalars, lambda key: f"{type(x).__name__}.{key}")

    def note_rates(self):
        """Where the user's code reads or sets an optimizer's numbers, what they are."""
        for optimizer in self.optimizers:
            for i, group in enumerate(optimizer.param_groups):
                keys = [key for key, x in group.items() if isinstance(x, _SCALARS)]
                self.rates += [(group, k, group[k], f"param_groups[{i}][{k!r}]") for k in keys]

    def visit(self, x, name):
        """Note what is within `x`; gives what is to be visited next."""
        if isinstance(x, types.MethodType):
            return [(x.__func__, name), (x.__self__, "self")]
        if isinstance(x, types.FunctionType):
            return self.visit_function(x)
        if isinstance(x, Module):
            return self.visit_module(x, name)
        if isinstance(x, Optimizer):
            self.optimizers.append(x)
            return self.visit_hooks(name, x._optimizer_step_pre_hooks, x._optimizer_step_post_hooks)
        if isinstance(x, LRScheduler):
            self.counting.append(x)
            return ()
        if isinstance(x, Tensor):
            own = getattr(x, "_hooks", None)
            tables = () if own is None else (own.before, *own.tensor.values(), own.accumulated)
            return self.visit_hooks(name, *tables)
        if isinstance(x, type):
            return self.visit_class(x)
        if isinstance(x, random.Random) or is_numpys_generator(x):
            self.chances.append((x, chance(x), name))
            return ()
        if isinstance(x, np.ndarray):
            if x.nbytes <= _LARGE:
                self.arrays.append((x, x.copy(), name))
            return ()
        if type(x) is itertools.repeat and length_hint(x, -1) < 0:
            return ()  # always the same
        if hasattr(type(x), "__next__"):
            self.iterators.append((x, length_hint(x, -1), name))
            return ()
        if isinstance(x, types.ModuleType):
            return self.visit_python_module(x, name)
        if isinstance(x, dict):
            self.lengths.append((x, len(x), name))
            return self.note(x, list(x), lambda key: f"{name}[{key!r}]")
        if isinstance(x, functools.partial):
            return [(x.func, name), (x.args, name), (x.keywords, name)]
        if isinstance(x, (list, tuple, set, frozenset, collections.deque)):
            return self.visit_items(x, name)
        if hasattr(x, "__dict__") and not type(x).__module__.startswith(("rushlight", "numpy")):
            self.lengths.append((vars(x), len(vars(x)), f"the attributes of {name}"))
            found = self.note(vars(x), list(vars(x)), lambda key: f"{name}.{key}")
            return [*found, *self.visit_slots(x, name), (type(x), name), *_methods(x)]
        if is_users_class(type(x)):
            return [*self.visit_slots(x, name), (type(x), name), *_methods(x)]
        if "__wrapped__" in getattr(x, "__dict__", ()):  # another compiled function
            self.counting.append(x)
            return [(x.__wrapped__, name)]
        return ()

    def visit_slots(self, x, name):
        """What an object holds in slots."""
        names = [y for kind in type(x).__mro__ for y in vars(kind).get("__slots__", ())]
        self.attributes += [(x, y, getattr(x, y), f"{name}.{y}") for y in names if hasattr(x, y)]
        return [(getattr(x, y), f"{name}.{y}") for y in names if hasattr(x, y)]

    def visit_hooks(self, name, *tables):
        """The user's functions that are called when something happens."""
        self.lengths += [(table, len(table), f"the hooks of {name}") for table in tables]
        return [(hook, f"a hook of {name}") for table in tables for hook in table.values()]

    def visit_class(self, kind):
        """What the user's classes hold."""
        found = []
        for each in kind.__mro__:
            if is_users_class(each):
                keys = [key for key, x in vars(each).items() if key[:2] != "__" or _is_code(x)]
                found += self.note(
                    vars(each), keys, lambda key, each=each: f"{each.__name__}.{key}"
                )
        return found

    def note(self, dictionary, keys, named):
        found = []
        for key in keys:
            value = dictionary.get(key, _MISSING)
            self.entries.append((dictionary, key, value, named(key)))
            found.append((value, named(key)))
        return found

    def visit_items(self, x, name):
        if isinstance(x, (tuple, frozenset)):
            return [(each, name) for each in x]
        self.lengths.append((x, len(x), name))
        if isinstance(x, set):
            return [(each, name) for each in x]
        self.items += [(x, i, each, f"{name}[{i}]") for i, each in enumerate(x)]
        return [(each, f"{name}[{i}]") for i, each in enumerate(x)]

    def visit_function(self, function):
        if hasattr(function, "__wrapped__") and not is_users(function):
            return [(function.__wrapped__, function.__name__), *self.visit_closure(function)]
        if not is_users(function):
            return self.visit_closure(function) if function.__closure__ else ()
        found = self.visit_closure(function)
        codes = list(_codes(function.__code__))
        names = {name for code in codes for name in code.co_names}
        self.names |= names
        if not names.isdisjoint(RATES):
            self.readers.append(function)
        own = function.__globals__
        keys = sorted({name for code in codes for name in _globals(code) if name in own})
        found += self.note(own, keys, lambda key: key)
        found += self.note(vars(function), list(vars(function)), f"{function.__name__}.{{}}".format)
        for key in ("__defaults__", "__kwdefaults__"):
            if getattr(function, key) is not None:
                self.attributes.append((function, key, getattr(function, key), key))
                found.append((function.__kwdefaults__, key))
        defaults = (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
        return [*found, *((each, function.__name__) for each in defaults)]

    def visit_closure(self, function):
        found = []
        for name, cell in zip(
            function.__code__.co_freevars, function.__closure__ or (), strict=False
        ):
            value = _content(cell)
            self.cells.append((cell, value, name))
            found.append((value, name))
        return found

    def visit_module(self, module, name):
        own = vars(module)
        ours = type(module).__module__.startswith(("rushlight.", "torch."))
        keys = [
            key for key, x in own.items() if isinstance(x, Tensor) or key[:1] != "_" or not ours
        ]
        keys = [key for key in keys if not key.endswith(("_hooks", "_hooks_with_kwargs"))]
        found = self.note(own, keys, lambda key: f"{name}.{key}")
        self.lengths.append((own, len(own), f"the attributes of {name}"))
        self.lengths += [(own[key], len(own[key]), f"{name}.{key}") for key in _HOOKS if key in own]
        for key in _HOOKS:
            found += [(hook, f"{name}.{key}") for hook in own.get(key, {}).values()]
        return [*found, (type(module), name), *_methods(module)]

    def visit_python_module(self, module, name):
        file = getattr(module, "__file__", None) or ""
        if not file or file.startswith(_LIBRARIES):
            return ()
        keys = [key for key in sorted(self.names) if key in vars(module)]
        return self.note(vars(module), keys, lambda key: f"{name}.{key}")

    def used_up(self):
        """The name of a source of chance, or of an iterator, that was drawn from; or None."""
        found = numpys_chance()
        if found != self.numpys and not (self.numpys is None and found[2:4] == _FRESH):
            return "numpy.random"
        for x, before, name in self.chances:
            if chance(x) != before:
                return name
        for x, before, name in self.iterators:
            pure = type(x).__module__ in ("builtins", "itertools")  # not a file, say
            if length_hint(x, -1) != before if before >= 0 else pure or "next" in self.names:
                return name
        return None

    def changed(self):
        """The name of something that is neither the same nor equal, or None."""
        return next((name for *_, name in self.differences()), None)

    def differences(self):
        """(Place, what it held, name) for each that holds something else; no Place for others."""
        for dictionary, key, expected, name in differing(self.entries):
            yield Place(dictionary, key), expected, name
        for cell, expected, name in self.cells:
            if _differ(_content(cell), expected):
                yield Place(cell, None), expected, name
        for container, length, name in self.lengths:
            if len(container) != length:
                yield None, None, name
        for container, i, expected, name in self.items:
            if _differ(container[i] if i < len(container) else _MISSING, expected):
                yield Place(container, i), expected, name
        for x, key, expected, name in self.attributes:
            if _differ(getattr(x, key, _MISSING), expected):
                yield None, None, name
        for array, expected, name in self.arrays:
            if not same_bytes(array, expected):
                yield None, None, name

    def forget(self, place):
        """Let a place hold whatever it will."""
        self.entries = [x for x in self.entries if not place.is_in(x[0], x[1])]
        self.cells = [x for x in self.cells if x[0] is not place.holder]
        self.items = [x for x in self.items if not place.is_in(x[0], x[1])]


def differing(entries):
    """Those whose dictionary holds something else now."""
    for dictionary, key, expected, name in entries:
        if _differ(dictionary.get(key, _MISSING), expected):
            yield dictionary, key, expected, name


def changed_entry(entries):
    """The name of an entry whose dictionary holds something else now, or None."""
    return next((name for *_, name in differing(entries)), None)


def same_bytes(array, expected):
    """Whether an array of NumPy's holds what it held."""
    if array.dtype.hasobject:
        return True
    return np.array_equal(array, expected) or array.tobytes() == expected.tobytes()


def chance(x):
    """The state of a source of random numbers, to be compared."""
    if x is random or isinstance(x, random.Random):
        return x.getstate()
    if isinstance(x, np.random.Generator):
        return repr(x.bit_generator.state)
    kind, words, *rest = x.get_state()
    return kind, words.tobytes(), *rest


def is_numpys_generator(x):
    """Whether this is a source of random numbers of NumPy's."""
    loaded = "numpy.random" in sys.modules
    return loaded and isinstance(x, (np.random.Generator, np.random.RandomState))


def numpys_chance():
    """The state of `numpy.random`; None if it isn't loaded, which takes a hundredth of a second."""
    return chance(np.random) if "numpy.random" in sys.modules else None


def _differ(found, expected):
    """Whether two things are neither the same object nor equal numbers or texts."""
    if found is expected:
        return False
    if type(found) is not type(expected):
        return True
    if isinstance(found, _SCALARS):
        return found != expected
    if type(found) is types.MethodType:
        return found != expected
    if type(found) is tuple:
        return len(found) != len(expected) or any(
            _differ(a, b) for a, b in zip(found, expected, strict=True)
        )
    return True


def _content(cell):
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return _MISSING


def _codes(code):
    """Code and that of functions nested in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _globals(code):
    """The names that code looks up among the globals; attributes of the same name are no such.

    Each instruction is two bytes, the second its argument (documentation of Python's `dis`).
    """
    further = 0
    for operation, argument in zip(code.co_code[::2], code.co_code[1::2], strict=True):
        argument |= further
        if operation in _LOOKUPS:
            yield code.co_names[argument >> _LOOKUPS[operation]]
        further = argument << 8 if operation == EXTENDED_ARG else 0


def _methods(x):
    """The functions of an object's class that are the user's own."""
    for kind in type(x).__mro__:
        if kind.__module__.startswith("rushlight") or kind is object:
            continue
        for each in vars(kind).values():
            function = getattr(each, "__func__", getattr(each, "fget", each))
            if isinstance(function, types.FunctionType) and is_users(function):
                yield function, function.__name__
