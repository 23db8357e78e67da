"""The zip archives that `save` writes and `load` reads."""

from __future__ import annotations

import os

import numpy as np

from rushlight.explain import explained
from rushlight.ops.meta import without_elements
from rushlight.serialization.pickling import StorageType
from rushlight.serialization.unpickling import closed_unpickler, open_unpickler, present_name
from rushlight.storage import UntypedStorage, is_storage
from rushlight.tensor import device

__all__ = ["get_unsafe_globals_in_checkpoint", "read_archive"]

_DAMAGED = (
    "PytorchStreamReader failed reading {}. This is an internal miniz error. If you are seeing "
    "this error, there is a high likelihood that your checkpoint file is corrupted. This can "
    "happen if the checkpoint was not saved properly, was transferred incorrectly, or the file was "
    "modified after saving."
)


def read_archive(file, map_location, weights_only, mmap=False):
    """What is saved in an open file."""
    with opened(file) as archive:
        return Archive(archive, file, map_location, mmap).load(weights_only)


def opened(file):
    """The zip archive in an open file."""
    import zipfile

    start = file.tell()
    head = file.read(4)
    file.seek(start)
    if not head:
        raise EOFError("the file is empty")
    if head != b"PK\3\4":
        refuse_old_format(file, head)
    try:
        return zipfile.ZipFile(file)
    except Exception as error:
        raise RuntimeError(
            _DAMAGED.format("zip archive: failed finding central directory")
        ) from error


def refuse_old_format(file, head):
    """Say what a file is that is no zip archive."""
    from pickle import UnpicklingError

    start = file.tell()
    tar = file.read(262)[257:] == b"ustar"
    file.seek(start)
    if tar or head[:1] == b"\x80":
        kind = (
            "a tar archive, as torch.save wrote it before PyTorch 0.4"
            if tar
            else ("a pickle, as torch.save wrote it before PyTorch 1.6")
        )
        raise explained(RuntimeError(f"the file is {kind}"))
    raise UnpicklingError(
        "Weights only load failed. The file is neither a zip archive nor a pickle.\n"
        f"It begins with {head!r}."
    )


def typed(untyped):
    """The elements of a storage that was saved with their type."""
    from rushlight.storage.typed import around

    return around(untyped._elements)


class Archive:
    """An open zip archive, and the storages read from it so far."""

    def __init__(self, archive, file, map_location=None, mmap=False):
        self.archive = archive
        self.file = file
        self.map_location = map_location
        self.storages: dict = {}
        self.mapped = None
        here = file.tell()
        self.size = self.unread = file.seek(0, os.SEEK_END)
        file.seek(here)
        if mmap:
            from mmap import ACCESS_COPY
            from mmap import mmap as mapped

            self.mapped = mapped(file.fileno(), 0, access=ACCESS_COPY)
        names = archive.namelist()
        found = [name for name in names if name.endswith("/data.pkl") and name.count("/") == 1]
        if not found:
            error = "PytorchStreamReader failed locating file data.pkl: file not found"
            raise explained(RuntimeError(error))
        self.folder = found[0].removesuffix("data.pkl")
        if f"{self.folder}constants.pkl" in names:
            error = "the file is a TorchScript archive, which Rushlight cannot run"
            raise explained(RuntimeError(error))
        order = b"little"
        if f"{self.folder}byteorder" in names:
            order = self.record("byteorder").tobytes()
        if order not in (b"little", b"big"):
            raise ValueError(f"Unknown endianness type: {order[:20].decode('latin1')}")
        self.is_big_endian = order == b"big"

    def load(self, weights_only):
        """The object that was saved."""
        import io

        stream = io.BytesIO(self.record("data.pkl"))
        unpickler = closed_unpickler if weights_only else open_unpickler
        return unpickler(stream, self.storage)

    # Records ------------------------------------------------------------------------------------

    def record(self, name):
        """The bytes of a record, of which no more than the file's size are read in all."""
        info = self.info(name)
        self.unread -= info.file_size
        if info.compress_type or info.file_size > self.size or self.unread < 0:
            error = RuntimeError(
                f"PytorchStreamReader failed reading file {name}: it is compressed or larger than "
                "the file"
            )
            raise explained(error)
        contents = np.empty(info.file_size, np.uint8)
        try:
            with self.archive.open(info) as record:
                filled = record.readinto(memoryview(contents)) if contents.size else 0
                complete = filled == contents.size and not record.read(1)
        except Exception as error:
            raise RuntimeError(_DAMAGED.format(f"file {name}: file read failed")) from error
        if not complete:
            raise RuntimeError(_DAMAGED.format(f"file {name}: file read failed"))
        return contents

    def info(self, name):
        """The entry of a record."""
        try:
            return self.archive.getinfo(self.folder + name)
        except KeyError:
            raise RuntimeError(
                f"PytorchStreamReader failed locating file {name}: file not found"
            ) from None

    def mapped_record(self, name):
        """The bytes of a record where they lie in the mapped file."""
        info = self.info(name)
        start = info.header_offset
        header = bytes(self.mapped[start : start + 30])
        lengths = [int.from_bytes(header[at : at + 2], "little") for at in (26, 28)]
        start += 30 + sum(lengths)
        fits = len(header) == 30 and header[:4] == b"PK\3\4"
        if not fits or info.compress_type or start + info.file_size > self.size:
            raise RuntimeError(_DAMAGED.format(f"file {name}: file read failed"))
        return np.frombuffer(self.mapped, np.uint8, info.file_size, start)

    # Storages -----------------------------------------------------------------------------------

    def storage(self, reference):
        """The memory to which a pickle refers."""
        kind, key, location, size = checked_reference(reference)
        known = self.storages.get(key)
        if known is None:
            elements = self.read(kind.kind, key, size)
            untyped = self.placed(UntypedStorage(elements), location)
            known = untyped if kind.kind is None else typed(untyped)
            self.storages[key] = known
        return known

    def read(self, kind, key, size):
        """The record of a storage as a flat array."""
        name = f"data/{key}"
        stored = np.dtype(np.uint8) if kind is None else kind.array_dtype
        found = self.info(name).file_size
        if size < 0 or found != size * stored.itemsize:
            raise RuntimeError(
                f"storage {key} should have {size} elements of {stored.itemsize} bytes, but the "
                f"file has {found} bytes of it"
            )
        contents = self.record(name) if self.mapped is None else self.mapped_record(name)
        elements = contents.view(stored)
        return elements.byteswap() if self.is_big_endian else elements

    def placed(self, storage, location):
        """Memory where `map_location` says."""
        where = self.map_location
        if callable(where):
            chosen = where(storage, location)
            if is_storage(chosen):
                return chosen.untyped()
            where = location
        elif isinstance(where, dict):
            where = where.get(location, location)
        where = location if where is None else where
        if str(where) == "meta":
            storage._elements = without_elements(storage._elements)
        else:
            check_location(where)
        return storage


def checked_reference(reference):
    """The parts of a reference to a storage: its type, number, device, count of elements."""
    if isinstance(reference, tuple) and len(reference) == 5 and reference[0] == "storage":
        _, kind, key, location, size = reference
        texts = isinstance(key, str) and isinstance(location, str)
        if isinstance(kind, StorageType) and texts and type(size) is int:
            return kind, key, location, size
    raise RuntimeError("the pickle in the file refers to something that is no storage")


def check_location(location):
    """Refuse to load to devices that aren't there."""
    if isinstance(location, str) and location.partition(":")[0] not in device._KNOWN:
        raise RuntimeError(
            "don't know how to restore data location of torch.storage.UntypedStorage (tagged with "
            f"{location})"
        )
    kind = device(location).type
    if kind == "cuda":
        error = RuntimeError(
            "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is "
            "False. If you are running on a CPU-only machine, please use torch.load with "
            "map_location=torch.device('cpu') to map your storages to the CPU."
        )
        raise explained(error)
    if kind != "cpu":
        error = f"tensors of the file live on '{location}', and Rushlight computes on the CPU"
        raise explained(RuntimeError(error))


def get_unsafe_globals_in_checkpoint(f):
    """The names in a file that `load(weights_only=True)` would refuse.

    >>> import io
    >>> import rushlight as torch
    >>> file = io.BytesIO()
    >>> torch.save({"a": torch.ones(1), "b": range(3)}, file)
    >>> _ = file.seek(0)
    >>> torch.serialization.get_unsafe_globals_in_checkpoint(file)
    ['range']
    """
    import pickletools
    from contextlib import ExitStack
    from pickle import UnpicklingError

    from rushlight.serialization.unpickling import allowed

    with ExitStack() as stack:
        file = stack.enter_context(open(f, "rb")) if isinstance(f, (str, os.PathLike)) else f
        archive = stack.enter_context(opened(file))
        text = Archive(archive, file).record("data.pkl").tobytes()
    refused, strings = [], []
    for code, value, _ in pickletools.genops(text):
        if "UNICODE" in code.name:
            strings.append(value)
        if code.name not in ("GLOBAL", "STACK_GLOBAL"):
            continue
        module, name = value.split(" ", 1) if code.name == "GLOBAL" else strings[-2:]
        try:
            allowed(module, name)
        except UnpicklingError:
            refused.append(".".join(present_name(module, name)).removeprefix("builtins."))
    return list(dict.fromkeys(refused))
