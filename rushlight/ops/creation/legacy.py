"""Old ways to make tensors: `torch.Tensor(2, 3)`, `torch.FloatTensor([1, 2])`, `x.new(2, 3)`."""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.ops.creation.convert import array_from, native
from rushlight.ops.refused import no_such_form
from rushlight.ops.shape.views import shape_argument
from rushlight.storage import is_storage
from rushlight.tensor import Size, Tensor, type_name, wrap

__all__ = [
    "BoolTensor",
    "ByteTensor",
    "CharTensor",
    "DoubleTensor",
    "FloatTensor",
    "HalfTensor",
    "IntTensor",
    "LongTensor",
    "ShortTensor",
]


_FORMS = (
    "*, torch.device device = None",
    "torch.Storage storage",
    "Tensor other",
    "tuple of ints size, *, torch.device device = None",
    "object data, *, torch.device device = None",
)


def legacy_tensor(cls, *args, device=None, **named):
    """`torch.Tensor(...)`: an uninitialised tensor of these sizes, or a tensor of the data."""
    if cls is not Tensor:
        return _of_subclass(cls, args, named)
    return made_of(args, dtypes.get_default_dtype(), named, keeps_tensor=True)


def _of_subclass(cls, args, named):
    """An instance of a subclass of Tensor that has no constructor of its own."""
    source = made_of(args, dtypes.get_default_dtype(), named, keeps_tensor=True)
    made = object.__new__(cls)
    for name in ("_array", "_node", "_grad", "_hooks", "_base", "_requires_grad", "_counter"):
        setattr(made, name, getattr(source, name))
    return made


def made_of(args, dtype, named, keeps_tensor=False):
    """A tensor of sizes `(2, 3)`, of data `([1, 2],)`, or of no elements `()`.

    Raises:
        TypeError: neither sizes nor data; other names than `size`, `data` and `other`.
    """
    if named:
        if args or len(named) > 1 or not named.keys() <= {"size", "data", "other"}:
            raise no_such_form("new", args, *_FORMS, **named)
        args = tuple(named.values())
        if "size" in named:
            args = (Size(*args),)
    if not args:
        return wrap(np.empty(0, dtype.array_dtype))
    data = args[0]
    is_size = isinstance(data, Size) or (
        hasattr(data, "__index__") and not isinstance(data, (bool, Tensor, np.ndarray))
    )
    if len(args) > 1 and isinstance(data, (list, tuple)):
        raise no_such_form("new", args, *_FORMS)
    if len(args) > 1 or is_size:
        shape = shape_argument("new", args)
        if any(size < 0 for size in shape):
            raise RuntimeError(
                f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)}"
            )
        return wrap(np.empty(shape, dtype.array_dtype))
    if isinstance(data, Tensor):
        if not keeps_tensor and data.dtype is not dtype:
            raise TypeError(f"expected {_options(dtype)} (got {_options(data.dtype)})")
        return data.detach()
    if is_storage(data):
        return _on_storage(data, dtype)
    if isinstance(data, str):
        raise TypeError(f"new(): invalid data type '{type_name(data)}'")
    if not hasattr(data, "__len__"):
        raise TypeError(f"new(): data must be a sequence (got {type_name(data)})")
    if isinstance(data, np.ndarray):
        return wrap(native(data).astype(dtype.array_dtype))
    return wrap(array_from(data, dtype))


def _on_storage(storage, dtype):
    """A flat tensor on the memory of a storage."""
    own = getattr(storage, "dtype", dtype)
    if own is not dtype:
        raise RuntimeError(
            f"Expected a Storage of type {dtype.title} or an UntypedStorage, but got type "
            f"{own.title} for argument 1 'storage'"
        )
    return wrap(storage._bytes.view(dtype.array_dtype))


def _options(dtype):
    return (
        f"TensorOptions(dtype={dtypes.c_name(dtype)}, device=cpu, layout=Strided, "
        "requires_grad=false (default), pinned_memory=false (default), memory_format=(nullopt))"
    )


class _OldType(type):
    """The type of `torch.FloatTensor` and its like: they make and recognise tensors of a dtype."""

    def __instancecheck__(cls, instance):
        return isinstance(instance, Tensor) and instance.dtype is cls.dtype

    def __call__(cls, *args, device=None, **named):
        return made_of(args, cls.dtype, named)

    def __repr__(cls):
        return f"<class 'torch.{cls.__name__}'>"


def _old_type(dtype):
    return _OldType(
        f"{dtype.title}Tensor",
        (),
        {"dtype": dtype, "__module__": "torch", "__doc__": f"Old name of tensors of {dtype!r}."},
    )


FloatTensor = _old_type(dtypes.float32)
DoubleTensor = _old_type(dtypes.float64)
HalfTensor = _old_type(dtypes.float16)
ByteTensor = _old_type(dtypes.uint8)
CharTensor = _old_type(dtypes.int8)
ShortTensor = _old_type(dtypes.int16)
IntTensor = _old_type(dtypes.int32)
LongTensor = _old_type(dtypes.int64)
BoolTensor = _old_type(dtypes.bool_)


def new(input, *args, device=None, **named):
    """`x.new(...)`: like `torch.Tensor(...)`, in the dtype of `input`."""
    return made_of(args, input.dtype, named)
