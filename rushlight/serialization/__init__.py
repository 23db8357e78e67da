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

from rushlight.explain import explained
from rushlight.ops.turned import array_of
from rushlight.serialization.archive import get_unsafe_globals_in_checkpoint, read_archive
from rushlight.serialization.pickling import attributes_of, pickled
from rushlight.serialization.unpickling import (
    add_safe_globals,
    clear_safe_globals,
    get_safe_globals,
    safe_globals,
)
from rushlight.tensor import Tensor, wrap

__all__ = [
    "add_safe_globals",
    "clear_safe_globals",
    "get_safe_globals",
    "get_unsafe_globals_in_checkpoint",
    "load",
    "reduce_tensor",
    "safe_globals",
    "save",
]

# Ordinary pickling --------------------------------------------------------------------------------


def reduce_tensor(tensor):
    """What `pickle` and `copy.copy` make of a tensor: its elements, and if it requires grad."""
    kind = None if type(tensor) is Tensor else type(tensor)
    return restored, (kind, array_of(tensor), tensor._requires_grad, attributes_of(tensor))


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
        raise explained(RuntimeError("torch.save writes zip files only"))
    if not isinstance(f, (str, os.PathLike)):
        if not hasattr(f, "write"):
            raise AttributeError(
                "expected 'f' to be string, path, or a file-like object with a 'write' attribute"
            )
        write_archive(f, "archive", *pickled(obj, pickle_protocol))
        return
    path = os.path.realpath(f)
    folder, name = os.path.split(path)
    if not os.path.isdir(folder):
        raise RuntimeError(f"Parent directory {os.path.dirname(os.fspath(f))} does not exist.")
    contents = pickled(obj, pickle_protocol)
    if os.path.exists(path) and not os.path.isfile(path):  # a pipe, or /dev/null
        with open(path, "wb") as file:
            return write_archive(file, os.path.splitext(name)[0], *contents)
    replace_file(path, lambda file: write_archive(file, os.path.splitext(name)[0], *contents))


def replace_file(path, write):
    """Have `write(file)` make a new file, which takes the place of `path` once it is safe on disk.

    A crash at any moment leaves the old file or the new one, whole.
    """
    from threading import get_ident

    folder = os.path.dirname(path)
    unfinished = os.path.join(folder, f".unfinished.{os.getpid()}.{get_ident()}.tmp")
    try:
        with open(unfinished, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(path):
            os.chmod(unfinished, os.stat(path).st_mode)
        os.replace(unfinished, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(unfinished)
        raise
    if hasattr(os, "O_DIRECTORY"):  # the new name is on disk only when the folder is
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


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
    if isinstance(contents, np.ndarray):
        contents = contents.view(np.uint8) if contents.size else b""
    archive.writestr(info, memoryview(contents))


# Loading ------------------------------------------------------------------------------------------


def load(f, map_location=None, pickle_module=None, *, weights_only=None, mmap=None, **ignored):
    """Read what `save` wrote, here or in PyTorch.

    Args:
        f: a path, or a seekable file open for reading bytes.
        map_location: where tensors from other devices go: `"cpu"`, a device, a dict of locations,
            or a function of a storage and its location.
        weights_only: refuse everything but tensors, numbers, strings and plain containers. Pass
            False only for files that you trust: they can run any code.
        mmap: map storages from the file (which must be given by its path) instead of reading them;
            changes stay in memory.

    Raises:
        pickle.UnpicklingError: the file holds something that is refused; the message names it.
        RuntimeError: the file is damaged, or of a kind from before PyTorch 1.6.
    """
    if pickle_module is not None and weights_only:
        raise RuntimeError("Can not safely load weights when explicit pickle_module is specified")
    closed = weights_only is not False and pickle_module is None
    if isinstance(f, (str, os.PathLike)):
        with open(f, "rb") as file:
            return read_archive(file, map_location, closed, mmap)
    if mmap:
        raise ValueError("f must be a file path in order to use the mmap argument")
    if not hasattr(f, "seek"):
        raise AttributeError(
            f"'{type(f).__name__}' object has no attribute 'seek'. You can only torch.load from a "
            "file that is seekable. Please pre-load the data into a buffer like io.BytesIO and try "
            "to load from it instead."
        )
    return read_archive(f, map_location, closed)
