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

from rushlight.pickling import (
    StorageType,
    add_safe_globals,
    attributes_of,
    clear_safe_globals,
    closed_unpickler,
    get_safe_globals,
    open_unpickler,
    pickled,
    safe_globals,
)
from rushlight.tensor import Tensor, device, wrap

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


# Saving -------------------------------------------------------------------------------------------


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
