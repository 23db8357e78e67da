"""`save` and `load`, in PyTorch's file format, both ways.

A file is a zip archive, nothing in it compressed: `data.pkl` is a pickle of the object, in which a
tensor is its sizes, strides and the number of its storage; `data/<number>` are the storages. So
tensors that shared memory share it again, and files of PyTorch load here and the other way round.

A pickle can run any code when it is loaded. Unless it is told `weights_only=False`, `load` uses an
unpickler that knows tensors and plain containers and refuses everything else by its name.
"""

from __future__ import annotations

import contextlib
import os

import numpy as np

from rushlight import dtypes
from rushlight.dtypes import dtype
from rushlight.tensor import Size, Tensor, device, wrap

__all__ = [
    "add_safe_globals",
    "clear_safe_globals",
    "get_safe_globals",
    "load",
    "reduce_tensor",
    "safe_globals",
    "save",
]

# Ordinary pickling --------------------------------------------------------------------------------


def reduce_tensor(tensor):
    """What `pickle` and `copy.copy` make of a tensor: its elements, and if it requires grad."""
    kind = None if type(tensor) is Tensor else type(tensor)
    return restored, (kind, tensor._array, tensor._requires_grad, attributes_of(tensor))


def restored(kind, array, requires_grad, attributes):
    """The tensor that `reduce_tensor` described."""
    made = wrap(array.view(np.dtype(array.dtype.type)))  # operations tell dtypes apart by identity
    if kind is not None:
        from rushlight.nn.parameter import _tensor_of_class

        made = _tensor_of_class(kind, made)
    made._requires_grad = requires_grad
    made.__dict__.update(attributes)
    return made


def attributes_of(tensor):
    """What a user has set on a tensor."""
    return {k: v for k, v in tensor.__dict__.items() if not k.startswith("_accumulate")}


# Names of PyTorch's in pickles --------------------------------------------------------------------


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


# Saving -------------------------------------------------------------------------------------------


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


def save(
    obj,
    f,
    pickle_module=None,
    pickle_protocol=2,
    _use_new_zipfile_serialization=True,
    _disable_byteorder_record=False,
):
    """Write an object, and all tensors in it, to a file.

    A file given by its path is replaced at the end, in one step: whatever happens, it holds what it
    held before or all of the new contents.

    Args:
        obj: a tensor, a state dict, any object that can be pickled.
        f: a path, or a file open for writing bytes.

    >>> import io
    >>> import rushlight as torch
    >>> file = io.BytesIO()
    >>> torch.save({"w": torch.ones(2)}, file)
    >>> _ = file.seek(0)
    >>> torch.load(file)
    {'w': tensor([1., 1.])}
    """
    if not _use_new_zipfile_serialization:
        raise RuntimeError(
            "torch.save writes zip files only\nThe format from before PyTorch 1.6 is not written: "
            "leave out _use_new_zipfile_serialization=False."
        )
    if not isinstance(f, (str, os.PathLike)):
        if not hasattr(f, "write"):
            raise AttributeError(
                "expected 'f' to be string, path, or a file-like object with a 'write' attribute"
            )
        write_archive(f, "archive", *pickled(obj, pickle_protocol))
        return
    path = os.fspath(f)
    folder, name = os.path.split(os.path.abspath(path))
    if not os.path.isdir(folder):
        raise RuntimeError(f"Parent directory {os.path.dirname(path)} does not exist.")
    contents = pickled(obj, pickle_protocol)
    unfinished = os.path.join(folder, f".{name}.{os.getpid()}.tmp")
    try:
        with open(unfinished, "wb") as file:
            write_archive(file, os.path.splitext(name)[0], *contents)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(unfinished)
        raise


def write_archive(file, folder, pickle_bytes, storages):
    """Write the zip archive."""
    import sys
    import zipfile

    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        records = [
            ("data.pkl", pickle_bytes),
            (".format_version", b"1"),
            (".storage_alignment", b"64"),
            ("byteorder", sys.byteorder.encode()),
        ]
        records += [(f"data/{each.key}", each.elements) for each in storages]
        for name, contents in [*records, ("version", b"3\n")]:
            write_aligned(archive, f"{folder}/{name}", contents)


def write_aligned(archive, name, contents):
    """Write one record, whose bytes begin at a multiple of 64, so that they can be mapped."""
    import struct
    import zipfile

    info = zipfile.ZipInfo(name)
    header = archive.fp.tell() + 30 + len(name.encode()) + 4
    padding = -header % 64
    info.extra = struct.pack("<2sH", b"FB", padding) + b"Z" * padding
    archive.writestr(info, memoryview(contents).cast("B") if len(contents) else b"")


# Loading ------------------------------------------------------------------------------------------


class LoadedStorage:
    """Memory that was read; what `map_location` functions get and return."""

    def __init__(self, elements, location):
        self._elements = elements
        self.location = location

    def nbytes(self):
        """The number of bytes."""
        return self._elements.nbytes

    __len__ = size = nbytes


class StorageType:
    """What stands in a pickle for the type of a storage: its dtype (None: bytes)."""

    __slots__ = ("kind",)

    def __init__(self, kind):
        self.kind = kind


def load(f, map_location=None, pickle_module=None, *, weights_only=None, mmap=None, **ignored):
    """Read what `save` wrote, here or in PyTorch.

    Args:
        f: a path, or a seekable file open for reading bytes.
        map_location: where tensors from other devices go: `"cpu"`, a device, a dict of locations,
            or a function of a storage and its location.
        weights_only: refuse everything but tensors, numbers, strings and plain containers. Pass
            False only for files that you trust: they can run any code.

    Raises:
        pickle.UnpicklingError: the file holds something that is refused; the message names it.
        RuntimeError: the file is damaged, or of a kind from before PyTorch 1.6.
    """
    if isinstance(f, (str, os.PathLike)):
        with open(f, "rb") as file:
            return read_archive(file, map_location, weights_only is not False)
    if not hasattr(f, "seek"):
        raise AttributeError(
            f"'{type(f).__name__}' object has no attribute 'seek'. You can only torch.load from a "
            "file that is seekable. Please pre-load the data into a buffer like io.BytesIO and try "
            "to load from it instead."
        )
    return read_archive(f, map_location, weights_only is not False)


_NO_DIRECTORY = (
    "PytorchStreamReader failed reading zip archive: failed finding central directory. This is an "
    "internal miniz error. If you are seeing this error, there is a high likelihood that your "
    "checkpoint file is corrupted. This can happen if the checkpoint was not saved properly, was "
    "transferred incorrectly, or the file was modified after saving."
)


def read_archive(file, map_location, weights_only):
    """Read the zip archive."""
    import zipfile

    start = file.tell()
    head = file.read(4)
    file.seek(start)
    if not head:
        raise EOFError("the file is empty")
    if head != b"PK\3\4":
        refuse_old_format(head)
    try:
        with zipfile.ZipFile(file) as archive:
            return Archive(archive, file, map_location).load(weights_only)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError) as error:
        raise RuntimeError(_NO_DIRECTORY) from error


def refuse_old_format(head):
    """Say what a file is that is no zip archive."""
    from pickle import UnpicklingError

    if head[:1] == b"\x80":
        raise RuntimeError(
            "the file is a pickle, as torch.save wrote it before PyTorch 1.6\nLoad it with PyTorch "
            "and save it again: torch.save(torch.load(old), new)."
        )
    raise UnpicklingError(
        "Weights only load failed. The file is neither a zip archive nor a pickle.\n"
        f"It begins with {head!r}."
    )


class Archive:
    """An open zip archive, and the storages read from it so far."""

    def __init__(self, archive, file, map_location):
        self.archive = archive
        self.map_location = map_location
        self.storages: dict = {}
        here = file.tell()
        self.size = file.seek(0, os.SEEK_END)
        file.seek(here)
        names = archive.namelist()
        found = [name for name in names if name.endswith("/data.pkl") and name.count("/") == 1]
        if not found:
            raise RuntimeError(
                "PytorchStreamReader failed locating file data.pkl: file not found\nThe zip file "
                "was not written by torch.save."
            )
        self.folder = found[0].removesuffix("data.pkl")
        if f"{self.folder}constants.pkl" in names:
            raise RuntimeError(
                "the file is a TorchScript archive, which Rushlight cannot run\nSave the model's "
                "state_dict() instead."
            )
        order = f"{self.folder}byteorder"
        self.byteorder = archive.read(order).decode() if order in names else "little"

    def load(self, weights_only):
        """The object that was saved."""
        import io

        stream = io.BytesIO(self.archive.read(f"{self.folder}data.pkl"))
        unpickler = closed_unpickler if weights_only else open_unpickler
        return unpickler(stream, self.storage)

    def storage(self, reference):
        """The memory to which a pickle refers."""
        if not (isinstance(reference, tuple) and len(reference) == 5 and reference[0] == "storage"):
            raise RuntimeError(f"Unknown reference in the file: {str(reference)[:60]}")
        _, kind, key, location, size = reference
        if not (isinstance(kind, StorageType) and isinstance(key, str) and type(size) is int):
            raise RuntimeError(f"Unknown reference in the file: {str(reference)[:60]}")
        known = self.storages.get(key)
        if known is None:
            known = self.storages[key] = self.placed(self.read(kind.kind, key, size), location)
        return known

    def read(self, kind, key, size):
        """The record of a storage as a flat array."""
        name = f"{self.folder}data/{key}"
        try:
            info = self.archive.getinfo(name)
        except KeyError:
            raise RuntimeError(
                f"PytorchStreamReader failed locating file data/{key}: file not found"
            ) from None
        stored = np.dtype(np.uint8) if kind is None else kind.array_dtype
        if info.compress_type or info.file_size > self.size:
            raise RuntimeError(f"storage {key} is compressed or larger than the file")
        if size < 0 or info.file_size != size * stored.itemsize:
            raise RuntimeError(
                f"storage {key} should have {size} elements of {stored.itemsize} bytes, but the "
                f"file has {info.file_size} bytes of it"
            )
        elements = np.empty(size, stored)
        if size:
            with self.archive.open(info) as record:
                filled = record.readinto(memoryview(elements).cast("B"))
            if filled != elements.nbytes:
                raise EOFError
        return elements.byteswap() if self.byteorder == "big" else elements

    def placed(self, elements, location):
        """Memory where `map_location` says."""
        made = LoadedStorage(elements, location)
        where = self.map_location
        if callable(where):
            chosen = where(made, location)
            where = location if chosen is None else "cpu"
        elif isinstance(where, dict):
            where = where.get(location, location)
        check_location(location if where is None else where)
        return made


def check_location(location):
    """Refuse to load to devices that aren't there."""
    kind = device(location).type
    if kind == "cuda":
        raise RuntimeError(
            "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is "
            "False. If you are running on a CPU-only machine, please use torch.load with "
            "map_location=torch.device('cpu') to map your storages to the CPU."
        )
    if kind != "cpu":
        raise RuntimeError(
            f"tensors of the file live on '{location}', and Rushlight computes on the CPU\nPass "
            "map_location='cpu'."
        )


# What pickles call to make tensors ----------------------------------------------------------------


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


_BUILDABLE = {("collections", "OrderedDict"), ("collections", "Counter")}

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
