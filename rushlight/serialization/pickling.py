"""Pickles as PyTorch's files have them: tensors as references to storages, names of PyTorch's tree.

Writing them, and what they call to make tensors again; `unpickling` reads them.
"""

from __future__ import annotations

import numpy as np

from rushlight import dtypes, formats
from rushlight.dtypes import dtype
from rushlight.ops.meta import plain
from rushlight.storage import UntypedStorage, is_storage
from rushlight.tensor import Size, Tensor, device, wrap

__all__ = ["Name", "SavedStorage", "attributes_of", "pickled", "torch_name"]

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
_REBUILD_WITH_ATTRIBUTES = Name("torch._tensor", "_rebuild_from_type_v2")
_UNTYPED = Name("torch.storage", "UntypedStorage")
_WITHOUT_STORAGE_TYPE = {dtypes.uint16, dtypes.uint32, dtypes.uint64}


class SavedStorage:
    """Memory to be written, under a number."""

    __slots__ = ("elements", "key", "kind")

    def __init__(self, key, elements):
        self.key = key
        self.elements = elements
        self.kind = dtypes.of(elements)

    def reference(self, untyped=False):
        """What the pickle says instead of the memory."""
        if untyped or self.kind in _WITHOUT_STORAGE_TYPE:
            return "storage", _UNTYPED, self.key, "cpu", self.elements.nbytes
        name = Name("torch", f"{self.kind.title}Storage")
        return "storage", name, self.key, "cpu", self.elements.size


def pickled(obj, protocol):
    """The pickle of an object, and the storages that it refers to."""
    import io
    import pickle
    from types import FunctionType

    storages: dict = {}

    class Pickler(pickle._Pickler):
        dispatch = dict(pickle._Pickler.dispatch)

        def persistent_id(self, obj):
            if is_storage(obj):
                return storage_for(obj._elements, storages).reference(type(obj) is UntypedStorage)
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

        def save_value(self, obj):
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
        for kind in (dtype, type(dtypes.bfloat16), formats.layout, formats.memory_format):
            dispatch[kind] = save_value
        dispatch[FunctionType] = save_global

    buffer = io.BytesIO()
    Pickler(buffer, protocol).dump(obj)
    return buffer.getvalue(), [storage for storage, _ in storages.values()]


def reduced(tensor, storages):
    """A tensor as the pickle has it."""
    from rushlight.ops.shape.parts import origin_of
    from rushlight.ops.turned import array_of
    from rushlight.utils.hooks import warn_if_has_hooks

    if type(tensor) is Tensor:
        warn_if_has_hooks(tensor)
    if type(tensor).__reduce_ex__ is not Tensor.__reduce_ex__:
        return reduced_parameter(tensor)
    if tensor.is_meta:
        args = tensor.dtype, tuple(tensor.shape), tensor.stride(), tensor._requires_grad
        return Name("torch._utils", "_rebuild_meta_tensor_no_storage"), args
    array = array_of(tensor)
    storage = storage_for(array, storages)
    strides = wrap(array).stride()
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
    name = Name("torch._utils", function.__name__)
    if name.name.startswith("_rebuild_parameter"):
        return name, (args[0], args[1], hooks(), *args[3:])
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
    from rushlight.ops.shape.parts import storage_of

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
    check_geometry(offset, size, stride)
    step = elements.itemsize
    try:
        array = np.ndarray(
            tuple(size), elements.dtype, plain(elements), offset * step, [n * step for n in stride]
        )
    except (TypeError, ValueError):
        raise RuntimeError(
            f"a tensor with size {tuple(size)}, stride {tuple(stride)} and offset {offset} does "
            f"not lie within its storage of {elements.size} elements"
        ) from None
    made = wrap(array if elements.__class__ is np.ndarray else elements.around(array))
    if requires_grad:
        made.requires_grad = True
    return made


def check_geometry(offset, size, stride):
    """Refuse sizes, strides or an offset that are no counts."""
    if isinstance(size, tuple) and isinstance(stride, tuple) and len(size) == len(stride) <= 64:
        numbers = (offset, *size, *stride)
        if all(type(n) is int and 0 <= n < 2**63 for n in numbers):
            return
    raise RuntimeError("a tensor in the file has sizes, strides or an offset that are no counts")


def rebuild_without_elements(kind, size, stride, requires_grad):
    """A tensor of the device "meta"."""
    from rushlight.ops.creation.constants import empty_strided

    check_geometry(0, size, stride)
    if not isinstance(kind, dtype):
        raise RuntimeError("a tensor in the file has a dtype that is none")
    return empty_strided(size, stride, dtype=kind, device="meta", requires_grad=bool(requires_grad))


def rebuild_parameter(data, requires_grad, hooks):
    """A parameter."""
    from rushlight.nn.parameter import Parameter

    return Parameter(data, requires_grad)


def rebuild_parameter_with_state(data, requires_grad, hooks, state):
    """A parameter on which a user had set attributes."""
    made = rebuild_parameter(data, requires_grad, hooks)
    if isinstance(state, dict):
        made.__dict__.update(state)
    return made


def rebuild_with_attributes(function, kind, args, attributes):
    """A tensor on which a user had set attributes."""
    made = function(*args)
    if isinstance(attributes, dict):
        made.__dict__.update(attributes)
    return made


_FUNCTIONS = {
    ("torch._utils", "_rebuild_tensor_v2"): rebuild_tensor,
    ("torch._utils", "_rebuild_tensor_v3"): rebuild_tensor_of_dtype,
    ("torch._utils", "_rebuild_meta_tensor_no_storage"): rebuild_without_elements,
    ("torch._utils", "_rebuild_parameter"): rebuild_parameter,
    ("torch._utils", "_rebuild_parameter_with_state"): rebuild_parameter_with_state,
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
    if name in formats.__all__ and not isinstance(formats.by_name(name), type):
        return formats.by_name(name)
    if name.endswith("Storage"):
        kind = dtypes.by_title(name.removesuffix("Storage"))
        return None if kind is None else StorageType(kind)
    try:
        return dtypes.by_name(name)
    except KeyError:
        return None
