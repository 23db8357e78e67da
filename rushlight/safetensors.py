"""Files in the safetensors format, by the package `safetensors`.

For programs that import Rushlight by its own name. Under `rushlight run`, the package's own
`safetensors.torch` works as it is.

>>> import rushlight as torch
>>> from rushlight.safetensors import load, save
>>> load(save({"w": torch.ones(2)}))
{'w': tensor([1., 1.])}
"""

from __future__ import annotations

import os

import numpy as np

from rushlight import dtypes
from rushlight.tensor import Tensor, wrap

__all__ = ["load", "load_file", "save", "save_file"]

_CODES = {
    "BOOL": "bool",
    "U8": "uint8",
    "I8": "int8",
    "U16": "uint16",
    "I16": "int16",
    "U32": "uint32",
    "I32": "int32",
    "U64": "uint64",
    "I64": "int64",
    "F16": "float16",
    "BF16": "bfloat16",
    "F32": "float32",
    "F64": "float64",
    "C64": "complex64",
}


def _package():
    try:
        import safetensors
    except ImportError:
        raise ImportError(
            "rushlight.safetensors needs the package safetensors, which is not installed.\n"
            "Install it with: pip install 'rushlight[safetensors]'"
        ) from None
    return safetensors


def save(tensors, metadata=None):
    """The bytes of a file with a dict of tensors, and of strings as `metadata`."""
    package, arrays = _package(), {}
    for name, tensor in tensors.items():
        if not isinstance(tensor, Tensor):
            raise ValueError(
                f"Key `{name}` is invalid, expected torch.Tensor but received {type(tensor)}"
            )
        arrays[name] = np.asarray(tensor.detach()._array, order="C")
    specs = {
        name: package.TensorSpec(
            dtype=tensors[name].dtype.name,
            shape=list(array.shape),
            data_ptr=array.__array_interface__["data"][0],
            data_len=array.nbytes,
        )
        for name, array in arrays.items()
    }
    return bytes(package.serialize(specs, metadata=metadata))


def save_file(tensors, filename, metadata=None):
    """Write a dict of tensors to a file, which is replaced at the end, in one step."""
    from rushlight.serialization import replace_file

    contents = save(tensors, metadata)
    replace_file(os.path.realpath(filename), lambda file: file.write(contents))


def load(data):
    """The tensors in the bytes of a file.

    Raises:
        safetensors.SafetensorError: the bytes are damaged.
    """
    return {name: _tensor(**entry) for name, entry in _package().deserialize(bytes(data))}


def load_file(filename, device="cpu"):
    """The tensors in a file."""
    with open(filename, "rb") as file:
        return load(file.read())


def _tensor(shape, dtype, data):
    kind = dtypes.by_name(_CODES[dtype]).array_dtype
    elements = np.frombuffer(bytearray(data), np.uint8) if data else np.empty(0, np.uint8)
    return wrap(elements.view(kind).reshape(shape))
