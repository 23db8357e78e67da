"""Reading pickles: one unpickler that makes harmless things only, one that does as it is told.

A pickle is a program for a small machine, and among its instructions are "import this" and "call
that". `closed_unpickler` knows only the instructions that plain objects need, makes tensors and
plain containers, and refuses everything else by its name. It bounds what a hostile file may cost:
no instruction asks for more memory than the file has bytes, and no key takes long to hash.
"""

from __future__ import annotations

import contextlib

from rushlight.serialization.pickling import torch_name
from rushlight.tensor import Tensor

__all__ = [
    "add_safe_globals",
    "clear_safe_globals",
    "closed_unpickler",
    "get_safe_globals",
    "open_unpickler",
    "safe_globals",
]


_PLAIN = {
    ("collections", "OrderedDict"),
    ("collections", "Counter"),
    ("builtins", "set"),
    ("builtins", "bytearray"),
    ("builtins", "complex"),
    ("_codecs", "encode"),
}
_BUILDABLE = {("collections", "OrderedDict"), ("collections", "Counter")}
_BLOCKED = frozenset("sys os posix nt subprocess shutil runpy importlib pty socket".split())
_safe_globals: list = []


def add_safe_globals(safe_globals):
    """Let `load(weights_only=True)` make these classes and call these functions too.

    Args:
        safe_globals: classes and functions, or pairs of one and the name it has in files.
    """
    _safe_globals.extend(safe_globals)


def get_safe_globals():
    """What was allowed by `add_safe_globals`."""
    return list(_safe_globals)


def clear_safe_globals():
    """Forget what was allowed by `add_safe_globals`."""
    _safe_globals.clear()


@contextlib.contextmanager
def safe_globals(safe_globals):
    """A context in which these are allowed too."""
    before = list(_safe_globals)
    add_safe_globals(safe_globals)
    try:
        yield
    finally:
        _safe_globals[:] = before


def allowed(module, name):
    """What a name in a pickle stands for, if it is harmless.

    Raises:
        pickle.UnpicklingError: it is not known to be.
    """
    module, name = present_name(module, name)
    known = torch_name(module, name)
    if known is not None:
        return known
    if (module, name) in _PLAIN:
        from importlib import import_module

        return getattr(import_module(module), name)
    if (module, name) == ("torch.nn.parameter", "Parameter"):
        from rushlight.nn.parameter import Parameter

        return Parameter
    path = f"{module}.{name}"
    if module.partition(".")[0] in _BLOCKED:
        damaged(f"Trying to load unsupported GLOBAL {path} whose module {module} is blocked.")
    for each in _safe_globals:
        value, its_path = each if isinstance(each, tuple) else (each, full_name(each))
        if path in (its_path, f"builtins.{its_path}"):
            return value
    refuse(path.removeprefix("builtins."))


def present_name(module, name):
    """A name of Python 2, which old protocols still write, as today's."""
    from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING

    module, name = NAME_MAPPING.get((module, name), (module, name))
    return IMPORT_MAPPING.get(module, module), name


def full_name(value):
    """The name by which a pickle refers to a class or function."""
    return f"{value.__module__}.{value.__qualname__}"


def refuse(path):
    """Refuse a name in a pickle."""
    from pickle import UnpicklingError

    raise UnpicklingError(
        "Weights only load failed. This file can still be loaded, to do so you have two options, "
        "\033[1mdo those steps only if you trust the source of the checkpoint\033[0m. \n"
        "\t(1) Pass weights_only=False to torch.load: then loading can run any code that is in "
        "the file.\n"
        f"\t(2) Allow this one name: torch.serialization.add_safe_globals([{path}]).\n"
        f"\tWeightsUnpickler error: Unsupported global: GLOBAL {path} was not an allowed global by "
        "default."
    )


def damaged(what):
    """Refuse a pickle that no honest program wrote."""
    from pickle import UnpicklingError

    raise UnpicklingError(f"Weights only load failed. {what}")


# What PyTorch's files and those of protocols up to 4 need: no instruction that makes instances of
# classes by other ways (OBJ, INST, EXT), or that sets memory aside before reading (BYTEARRAY8).
_INSTRUCTIONS = """
    MARK STOP POP POP_MARK DUP FLOAT INT BININT BININT1 LONG BININT2 NONE PERSID BINPERSID REDUCE
    STRING BINSTRING SHORT_BINSTRING UNICODE BINUNICODE APPEND BUILD GLOBAL DICT EMPTY_DICT APPENDS
    GET BINGET LONG_BINGET LIST EMPTY_LIST PUT BINPUT LONG_BINPUT SETITEM TUPLE EMPTY_TUPLE SETITEMS
    BINFLOAT PROTO NEWOBJ TUPLE1 TUPLE2 TUPLE3 NEWTRUE NEWFALSE LONG1 LONG4 BINBYTES SHORT_BINBYTES
    SHORT_BINUNICODE BINUNICODE8 BINBYTES8 EMPTY_SET ADDITEMS FROZENSET STACK_GLOBAL MEMOIZE FRAME
""".split()


def closed_unpickler(stream, storage):
    """Unpickle tensors, numbers, strings and plain containers."""
    import pickle

    class Unpickler(pickle._Unpickler):
        dispatch = {
            code: pickle._Unpickler.dispatch[code]
            for code in (getattr(pickle, name)[0] for name in _INSTRUCTIONS)
        }

        def find_class(self, module, name):
            return allowed(module, name)

        def persistent_load(self, reference):
            return storage(reference)

        def load_build(self):
            check_buildable(type(self.stack[-2]))
            super().load_build()

        def load_reduce(self):
            check_call(*self.stack[-2:])
            super().load_reduce()

        def load_newobj(self):
            check_call(*self.stack[-2:])
            super().load_newobj()

        def load_setitem(self):
            check_key(self.stack[-2])
            super().load_setitem()

        def load_setitems(self):
            for key in self.stack[::2]:
                check_key(key)
            super().load_setitems()

        def load_additems(self):
            for key in self.stack:
                check_key(key)
            super().load_additems()

        def load_dict(self):
            for key in self.stack[::2]:
                check_key(key)
            super().load_dict()

        def load_frozenset(self):
            for key in self.stack:
                check_key(key)
            super().load_frozenset()

        checked = {
            pickle.BUILD: load_build,
            pickle.REDUCE: load_reduce,
            pickle.NEWOBJ: load_newobj,
            pickle.SETITEM: load_setitem,
            pickle.SETITEMS: load_setitems,
            pickle.ADDITEMS: load_additems,
            pickle.DICT: load_dict,
            pickle.FROZENSET: load_frozenset,
        }
        dispatch.update((code[0], function) for code, function in checked.items())

    try:
        return Unpickler(stream).load()
    except (pickle.UnpicklingError, RuntimeError):
        raise
    except Exception as error:
        raise pickle.UnpicklingError(
            "Weights only load failed. The pickle in the file is damaged: "
            f"{type(error).__name__}: {str(error)[:200]}"
        ) from error


def is_safe(kind):
    """Whether the user has allowed this class or function."""
    return any(kind is (each[0] if isinstance(each, tuple) else each) for each in _safe_globals)


def check_buildable(kind):
    """Refuse to set the state of anything but what keeps it in its `__dict__`."""
    if (kind.__module__, kind.__name__) not in _BUILDABLE and not is_safe(kind):
        refuse(f"{kind.__module__}.{kind.__name__} (BUILD)")


def check_call(function, args):
    """Refuse calls of allowed names that no honest file makes, and that may cost any memory."""
    if is_safe(function):
        return
    if function is Tensor:
        damaged("The file calls torch.Tensor, which is only a name in it.")
    if function is bytearray and not all(isinstance(each, (bytes, str)) for each in args):
        damaged("The file asks for a bytearray of a size instead of bytes.")
    if getattr(function, "__module__", "") == "_codecs" and args[1:] != ("latin1",):
        damaged("The file encodes text in another way than latin1.")
    if function in (set, frozenset) or is_mapping(function):
        for key in args[0] if args and isinstance(args[0], (list, tuple, set)) else ():
            check_key(key[0] if is_mapping(function) and isinstance(key, (list, tuple)) else key)


def is_mapping(function):
    """Whether a function is a class of mappings."""
    return isinstance(function, type) and issubclass(function, dict)


def check_key(key):
    """Refuse a key whose hash visits more parts than the file can honestly have."""
    if not isinstance(key, (tuple, frozenset)):
        return
    visited, waiting = 0, [key]
    while waiting:
        part = waiting.pop()
        visited += 1
        if visited > 10_000:
            damaged("A key in the file is a tuple of more than 10,000 parts.")
        if isinstance(part, (tuple, frozenset)):
            waiting.extend(part)


# The open unpickler -------------------------------------------------------------------------------


def open_unpickler(stream, storage):
    """Unpickle anything; PyTorch's names become this package's."""
    import pickle

    class Unpickler(pickle.Unpickler):
        def find_class(self, module, name):
            if module == "torch" or module.startswith("torch."):
                known = torch_name(module, name)
                return own_name(module, name) if known is None else known
            return super().find_class(module, name)

        def persistent_load(self, reference):
            return storage(reference)

    return Unpickler(stream).load()


def own_name(module, name):
    """This package's counterpart of a name of PyTorch's."""
    from importlib import import_module
    from pickle import UnpicklingError

    place = module.replace("torch", "rushlight", 1)
    while place:
        with contextlib.suppress(ImportError, AttributeError):
            value = import_module(place)
            for part in name.split("."):
                value = getattr(value, part)
            return value
        place = place.rpartition(".")[0]
    raise UnpicklingError(f"Rushlight has no {module}.{name}, which the file needs")
