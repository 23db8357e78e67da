"""Pickles as PyTorch's files have them: tensors as references to storages, names of PyTorch's tree.

`closed_unpickler` knows tensors and plain containers and refuses everything else by its name.
"""

from __future__ import annotations

import contextlib

import numpy as np

from rushlight import dtypes
from rushlight.dtypes import dtype
from rushlight.tensor import Size, Tensor, device, wrap

__all__ = [
    "Name",
    "SavedStorage",
    "StorageType",
    "add_safe_globals",
    "attributes_of",
    "clear_safe_globals",
    "closed_unpickler",
    "get_safe_globals",
    "open_unpickler",
    "pickled",
    "safe_globals",
]

# Writing ------------------------------------------------------------------------------------------


class Name:
    """A name in PyTorch's tree, written into a pickle without being imported."""

    __slots__ = ("module", "name")

    def __init__(self, module, name):
        self.module = module
        self.name = name

    def __call__(self, *args):
        raise TypeError(f"{self.module}.{self.name} is only a name")


_REBUILD = Name("torch._utils", "_rebuild_tensor_v2")
_REBUILD_ANY_DTYPE = Name("torch._utils", "_rebuild_tensor_v3")
_REBUILD_PARAMETER = Name("torch._utils", "_rebuild_parameter")
_REBUILD_WITH_ATTRIBUTES = Name("torch._tensor", "_rebuild_from_type_v2")
_UNTYPED = Name("torch.storage", "UntypedStorage")
_WITHOUT_STORAGE_TYPE = {dtypes.uint16, dtypes.uint32, dtypes.uint64}


def storage_type_name(kind):
    """The name of the storage type of a dtype."""
    return _UNTYPED if kind in _WITHOUT_STORAGE_TYPE else Name("torch", f"{kind.title}Storage")


class SavedStorage:
    """Memory to be written, under a number."""

    __slots__ = ("elements", "key", "kind")

    def __init__(self, key, elements):
        self.key = key
        self.elements = elements
        self.kind = dtypes.of(elements)

    def reference(self):
        """What the pickle says instead of the memory."""
        size = self.elements.nbytes if self.kind in _WITHOUT_STORAGE_TYPE else self.elements.size
        return "storage", storage_type_name(self.kind), self.key, "cpu", size


def pickled(obj, protocol):
    """The pickle of an object, and the storages that it refers to."""
    import io
    import pickle
    from types import FunctionType

    storages: dict = {}

    class Pickler(pickle._Pickler):
        dispatch = dict(pickle._Pickler.dispatch)

        def persistent_id(self, obj):
            return obj.reference() if isinstance(obj, SavedStorage) else None

        def reducer_override(self, obj):
            if isinstance(obj, Tensor):
                return reduced(obj, storages)
            if isinstance(obj, Size):
                return Name("torch", "Size"), (tuple(obj),)
            if isinstance(obj, device):
                return Name("torch", "device"), (str(obj),)
            if type(obj).__module__.startswith("torch.nn."):
                return object.__reduce_ex__(obj, 2)
            return NotImplemented

        def save_name(self, obj):
            self.write(pickle.GLOBAL + f"{obj.module}\n{obj.name}\n".encode())
            self.memoize(obj)

        def save_dtype(self, obj):
            self.write(pickle.GLOBAL + f"torch\n{obj.name}\n".encode())
            self.memoize(obj)

        def save_global(self, obj, name=None):
            module = getattr(obj, "__module__", None) or ""
            if module == "torch" or module.startswith("torch."):
                path = name or getattr(obj, "__qualname__", obj.__name__)
                self.write(pickle.GLOBAL + f"{module}\n{path}\n".encode())
                self.memoize(obj)
            else:
                super().save_global(obj, name)

        dispatch[Name] = save_name
        dispatch[dtype] = dispatch[type(dtypes.bfloat16)] = save_dtype
        dispatch[FunctionType] = save_global

    buffer = io.BytesIO()
    Pickler(buffer, protocol).dump(obj)
    return buffer.getvalue(), [storage for storage, _ in storages.values()]


def reduced(tensor, storages):
    """A tensor as the pickle has it."""
    from rushlight.ops.parts import origin_of

    if type(tensor).__reduce_ex__ is not Tensor.__reduce_ex__:
        return reduced_parameter(tensor)
    array = tensor._array
    storage = storage_for(array, storages)
    strides = tuple(each // array.itemsize for each in array.strides)
    args = (storage, origin_of(array), array.shape, strides, tensor._requires_grad, hooks())
    function = _REBUILD
    if storage.kind in _WITHOUT_STORAGE_TYPE:
        function, args = _REBUILD_ANY_DTYPE, (*args, storage.kind)
    attributes = attributes_of(tensor)
    if attributes:
        return _REBUILD_WITH_ATTRIBUTES, (function, Name("torch", "Tensor"), args, attributes)
    return function, args


def reduced_parameter(tensor):
    """A parameter (or a tensor that knows better than this module how it is pickled)."""
    function, args = tensor.__reduce_ex__(2)[:2]
    if function.__name__ == "_rebuild_parameter":
        return _REBUILD_PARAMETER, (args[0], args[1], hooks())
    return function, args


def attributes_of(tensor):
    """What a user has set on a tensor."""
    return {k: v for k, v in tensor.__dict__.items() if not k.startswith("_accumulate")}


def hooks():
    """The place where old files kept backward hooks."""
    from collections import OrderedDict

    return OrderedDict()


def storage_for(array, storages):
    """The memory in which an array lies, among those to be written."""
    from rushlight.ops.parts import storage_of

    owner = array
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    known = storages.get(id(owner))
    if known is None:
        known = storages[id(owner)] = SavedStorage(str(len(storages)), storage_of(array)), owner
    storage = known[0]
    if storage.elements.dtype != array.dtype:
        raise RuntimeError(
            "Cannot save multiple tensors or storages that view the same data as different types"
        )
    return storage


# What pickles call to make tensors ----------------------------------------------------------------


class StorageType:
    """What stands in a pickle for the type of a storage: its dtype (None: bytes)."""

    __slots__ = ("kind",)

    def __init__(self, kind):
        self.kind = kind


def rebuild_tensor(storage, storage_offset, size, stride, requires_grad, hooks, metadata=None):
    """A tensor on a storage."""
    return rebuild(storage, storage._elements, storage_offset, size, stride, requires_grad)


def rebuild_tensor_of_dtype(
    storage, storage_offset, size, stride, requires_grad, hooks, kind, metadata=None
):
    """A tensor of a dtype that has no type of storage."""
    elements = storage._elements.view(kind.array_dtype)
    return rebuild(storage, elements, storage_offset, size, stride, requires_grad)


def rebuild(storage, elements, offset, size, stride, requires_grad):
    """A tensor on the elements of a storage; numpy checks that it lies within."""
    numbers = (offset, *size, *stride)
    if len(size) != len(stride) or any(type(n) is not int or n < 0 for n in numbers):
        raise RuntimeError(f"a tensor with size {size}, stride {stride}, offset {offset}")
    step = elements.itemsize
    try:
        array = np.ndarray(
            tuple(size), elements.dtype, elements, offset * step, tuple(n * step for n in stride)
        )
    except (TypeError, ValueError):
        raise RuntimeError(
            f"a tensor with size {tuple(size)}, stride {tuple(stride)} and offset {offset} does "
            f"not lie within its storage of {elements.size} elements"
        ) from None
    made = wrap(array)
    if requires_grad:
        made.requires_grad = True
    return made


def rebuild_parameter(data, requires_grad, hooks):
    """A parameter."""
    from rushlight.nn.parameter import Parameter

    return Parameter(data, requires_grad)


def rebuild_with_attributes(function, kind, args, attributes):
    """A tensor on which a user had set attributes."""
    made = function(*args)
    if isinstance(attributes, dict):
        made.__dict__.update(attributes)
    return made


_FUNCTIONS = {
    ("torch._utils", "_rebuild_tensor_v2"): rebuild_tensor,
    ("torch._utils", "_rebuild_tensor_v3"): rebuild_tensor_of_dtype,
    ("torch._utils", "_rebuild_parameter"): rebuild_parameter,
    ("torch._tensor", "_rebuild_from_type_v2"): rebuild_with_attributes,
    ("torch.storage", "UntypedStorage"): StorageType(None),
    ("torch", "Size"): Size,
    ("torch", "device"): device,
    ("torch", "Tensor"): Tensor,
}


def torch_name(module, name):
    """What a name of PyTorch's in a file of tensors stands for; None if it is another one."""
    known = _FUNCTIONS.get((module, name))
    if known is not None or module != "torch":
        return known
    if name.endswith("Storage"):
        kind = dtypes.by_title(name.removesuffix("Storage"))
        return None if kind is None else StorageType(kind)
    try:
        return dtypes.by_name(name)
    except KeyError:
        return None


# The closed unpickler -----------------------------------------------------------------------------


_PLAIN = {
    ("collections", "OrderedDict"),
    ("collections", "Counter"),
    ("builtins", "set"),
    ("builtins", "bytearray"),
    ("builtins", "complex"),
    ("_codecs", "encode"),
}
_BUILDABLE = {("collections", "OrderedDict"), ("collections", "Counter")}
_OLD_MODULES = {"__builtin__": "builtins", "copy_reg": "copyreg"}
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
    module = _OLD_MODULES.get(module, module)
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
    for each in _safe_globals:
        value, its_path = each if isinstance(each, tuple) else (each, full_name(each))
        if path in (its_path, f"builtins.{its_path}"):
            return value
    refuse(path.removeprefix("builtins."))


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


def closed_unpickler(stream, storage):
    """Unpickle tensors, numbers, strings and plain containers."""
    import pickle

    class Unpickler(pickle._Unpickler):
        dispatch = dict(pickle._Unpickler.dispatch)

        def find_class(self, module, name):
            return allowed(module, name)

        def persistent_load(self, reference):
            return storage(reference)

        def load_build(self):
            made = self.stack[-2]
            kind = type(made)
            if kind is dict or (
                (kind.__module__, kind.__name__) not in _BUILDABLE
                and not any(
                    kind is (each[0] if isinstance(each, tuple) else each) for each in _safe_globals
                )
            ):
                refuse(f"{kind.__module__}.{kind.__name__} (BUILD)")
            super().load_build()

        dispatch[pickle.BUILD[0]] = load_build

    try:
        return Unpickler(stream).load()
    except (IndexError, KeyError, AttributeError, TypeError, ValueError, EOFError) as error:
        raise pickle.UnpicklingError(
            f"Weights only load failed. The pickle in the file is damaged: {error}"
        ) from error


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
