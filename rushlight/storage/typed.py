"""Storages whose elements have a type: `x.storage()`, `torch.FloatStorage`, ... (deprecated)."""

from __future__ import annotations

from rushlight import dtypes
from rushlight.ops.creation.cast import dtype_argument
from rushlight.ops.warn import warn_once
from rushlight.storage import UntypedStorage, _Storage

__all__ = ["TypedStorage", "around", "legacy_storage"]

_FORMS = (
    "TypedStorage.__init__ received an invalid combination of arguments. Expected one of:",
    "(*, torch.device device, torch.dtype dtype)",
    "(int size, *, torch.device device, torch.dtype dtype)",
    "(Sequence data, *, torch.device device, torch.dtype dtype)",
    "(*, UntypedStorage wrap_storage, torch.dtype dtype)",
)


class TypedStorage(_Storage):
    """The elements that one or several tensors lie in, in a row.

    Args:
        args: nothing, how many elements, or their values.
        wrap_storage: the bytes to be looked at.
        dtype: the type of the elements; the default dtype.

    >>> import rushlight as torch
    >>> torch.tensor([[1, 2], [3, 4]]).t().storage().tolist()
    [1, 2, 3, 4]
    """

    __slots__ = ()
    __module__ = "torch.storage"

    def __init__(self, *args, wrap_storage=None, dtype=None, device=None):
        warn_of_types()
        if wrap_storage is not None and (args or device is not None):
            argument = "No positional arguments" if args else "Argument 'device'"
            rest = "should be given" if args else "should not be specified"
            reason = f"{argument} {rest} when using 'wrap_storage'"
            raise RuntimeError("\n * ".join(_FORMS) + f"\n{reason}")
        if wrap_storage is not None and dtype is None:
            raise RuntimeError("\n * ".join(_FORMS) + "\nArgument 'dtype' must be specified")
        if wrap_storage is not None:
            self._elements = wrap_storage._bytes.view(dtype.array_dtype)
        else:
            self._elements = _made_of(args, dtype_argument(dtype or dtypes.get_default_dtype()))

    @property
    def dtype(self):
        """The type of the elements."""
        return dtypes.of(self._elements)

    def untyped(self):
        """The same memory as bytes."""
        return UntypedStorage(self._elements)

    def size(self):
        """The number of elements."""
        return self._elements.size

    __len__ = size

    def element_size(self):
        """Bytes per element."""
        return self._elements.itemsize

    def fill_(self, value):
        """Set all elements, in place."""
        self[:] = value
        return self

    def tolist(self):
        """The elements as Python numbers."""
        return self._elements.tolist()

    def type(self, dtype=None, non_blocking=False):
        """The name of the type; or the elements in another, given by its name or its class."""
        if dtype is None:
            return f"torch.{self.pickle_storage_type()}"
        name = dtype if isinstance(dtype, str) else f"torch.{dtype.__name__}"
        return self._to(dtypes.by_title(name.removeprefix("torch.").removesuffix("Storage")))

    def pickle_storage_type(self):
        """The name by which files know the type."""
        return f"{self.dtype.title}Storage"

    def _to(self, dtype):
        same = self._elements.dtype is dtype.array_dtype
        return self if same else around(self._elements.astype(dtype.array_dtype))

    def float(self):
        """The elements in float32."""
        return self._to(dtypes.float32)

    def double(self):
        """The elements in float64."""
        return self._to(dtypes.float64)

    def half(self):
        """The elements in float16."""
        return self._to(dtypes.float16)

    def bfloat16(self):
        """The elements in bfloat16."""
        return self._to(dtypes.bfloat16)

    def long(self):
        """The elements in int64."""
        return self._to(dtypes.int64)

    def int(self):
        """The elements in int32."""
        return self._to(dtypes.int32)

    def short(self):
        """The elements in int16."""
        return self._to(dtypes.int16)

    def char(self):
        """The elements in int8."""
        return self._to(dtypes.int8)

    def byte(self):
        """The elements in uint8."""
        return self._to(dtypes.uint8)

    def bool(self):
        """The elements as truth values."""
        return self._to(dtypes.bool_)

    def complex_float(self):
        """The elements in complex64."""
        return self._to(dtypes.complex64)

    def complex_double(self):
        """The elements in complex128."""
        return self._to(dtypes.complex128)

    def __getitem__(self, index):
        if isinstance(index, slice):
            raise RuntimeError("slices are only supported in UntypedStorage.__getitem__")
        self._check_index(index, int)
        if not -len(self) <= index < len(self):
            raise IndexError(f"index {index} out of range for storage of size {len(self)}")
        return self._elements[index].tolist()

    def __setitem__(self, index, value):
        self._check_index(index, (int, slice))
        if isinstance(index, int) and not -len(self) <= index < len(self):
            raise IndexError(
                f"index {index} is out of bounds for dimension 0 with size {len(self)}"
            )
        if not isinstance(value, dtypes.NUMBER_TYPES):
            raise TypeError(
                f"can't assign a {type(value).__name__} to a torch.{self.dtype.title}Tensor"
            )
        self._elements[index] = value

    def _check_index(self, index, kinds):
        if isinstance(index, bool) or not isinstance(index, kinds):
            error = TypeError if isinstance(index, bool) else RuntimeError
            raise error(f"can't index a {type(self)} with {type(index)}")

    def __reduce__(self):
        return around, (self._elements,)

    def __repr__(self):
        rows = "\n".join(f" {each}" for each in self.tolist())
        kind = f"torch.storage.TypedStorage(dtype={self.dtype!r}, device=cpu)"
        return f"{rows}\n[{kind} of size {len(self)}]"


def warn_of_types():
    """Say, once, that typed storages are deprecated."""
    warn_once(
        "TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be "
        "the only storage class. This should only matter to you if you are using storages "
        "directly.  To access UntypedStorage directly, use tensor.untyped_storage() instead of "
        "tensor.storage()"
    )


def _made_of(args, dtype):
    """The elements of a new storage: none, arbitrary ones, or those of a sequence."""
    from rushlight.ops.creation.legacy import made_of

    if len(args) > 1:
        raise RuntimeError("\n * ".join(_FORMS) + "\nToo many positional arguments")
    return made_of(args, dtype, {})._array.reshape(-1)


def around(elements):
    """A storage of these elements, unannounced; a pickle can name this, but not the class."""
    made = object.__new__(TypedStorage)
    made._elements = elements
    return made


# Classes by dtype ---------------------------------------------------------------------------------


class _Legacy(type):
    """The type of `torch.FloatStorage`, ...: they make and recognise storages of a dtype."""

    def __instancecheck__(cls, instance):
        return isinstance(instance, TypedStorage) and instance.dtype is cls.dtype

    def __call__(cls, *args, wrap_storage=None, **unknown):
        if unknown or len(args) > 1:
            raise cls._no_such_form(_what_is_wrong(args, unknown))
        if args and not hasattr(args[0], "__len__") and not isinstance(args[0], int):
            raise TypeError(
                str(cls._no_such_form(f"Argument type not recognized: {type(args[0])}"))
            )
        return TypedStorage(*args, wrap_storage=wrap_storage, dtype=cls.dtype)

    def _no_such_form(cls, reason):
        forms = "no arguments", "(int size)", "(Sequence data)", "(*, UntypedStorage wrap_storage)"
        return RuntimeError(
            f"{cls}.__new__ received an invalid combination of arguments. Expected one of:\n * "
            + "\n * ".join(forms)
            + f"\n{reason}"
        )

    def from_buffer(cls, buffer, byte_order=None, count=-1, offset=0):
        """A copy of what an object with the buffer protocol holds."""
        if byte_order is None and cls.dtype.itemsize > 1:
            raise RuntimeError("function missing required argument 'byte_order' (pos 2)")
        untyped = UntypedStorage.from_buffer(
            buffer, byte_order, dtype=cls.dtype, count=count, offset=offset
        )
        return around(untyped._elements)


def _what_is_wrong(args, unknown):
    for name in unknown:
        return f"Keyword argument '{name}' cannot be specified"
    return "Too many positional arguments"


def legacy_storage(name):
    """The class `torch.FloatStorage`, `torch.LongStorage`, ... by its name."""
    dtype = dtypes.by_title(name.removesuffix("Storage"))
    body = {"dtype": dtype, "__slots__": (), "__module__": "torch"}
    return _Legacy(name, (TypedStorage,), body | {"__doc__": f"Storages of {dtype!r}."})


def __getattr__(name):
    if name == "Storage":
        name = "FloatStorage"
    if name.endswith("Storage") and dtypes.by_title(name.removesuffix("Storage")):
        made = globals()[name] = legacy_storage(name)
        return made
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
