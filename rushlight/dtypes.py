"""Element types: their names, the default one, and the one promotion table.

A `dtype` is PyTorch's name for an element type and knows the NumPy dtype that stores it. Which one
two operands meet in is decided here and nowhere else (`promote_types`, `result_type`).

Source: the promotion rules are those of PyTorch's documentation, "Tensor Attributes".
"""

from __future__ import annotations

import numpy as np

from rushlight.explain import explained

__all__ = [
    "dtype",
    "finfo",
    "get_default_dtype",
    "iinfo",
    "promote_types",
    "set_default_dtype",
]


#: what may stand for a 0-d tensor among operands
NUMBER_TYPES = (int, float, complex, bool, np.number, np.bool_)


class dtype:
    """An element type, such as `rushlight.float32`.

    >>> import rushlight as torch
    >>> torch.float32, torch.float32.itemsize, torch.float32.is_floating_point
    (torch.float32, 4, True)
    """

    __slots__ = (
        "array_dtype",
        "is_complex",
        "is_floating_point",
        "is_signed",
        "itemsize",
        "name",
        "title",
    )
    __module__ = "torch"

    def __init__(self, name, title, array_dtype):
        self.name = name
        self.title = title
        self.array_dtype = array_dtype
        self.itemsize = array_dtype.itemsize
        self.is_complex = array_dtype.kind == "c"
        self.is_floating_point = array_dtype.kind == "f" or name == "bfloat16"
        self.is_signed = array_dtype.kind not in "bu"

    def __repr__(self):
        return f"torch.{self.name}"

    def __reduce__(self):
        return by_name, (self.name,)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    @property
    def category(self):
        """0 for bool, 1 for integers, 2 for floats, 3 for complex: higher absorbs lower."""
        return _CATEGORY[self]

    def to_real(self):
        """The float type of the real part: `complex64.to_real()` is `float32`."""
        return {complex64: float32, complex128: float64}.get(self, self)

    def to_complex(self):
        """The complex type whose parts have this float type."""
        return {float32: complex64, float64: complex128}.get(self, self)


_BY_NAME: dict[str, dtype] = {}
_BY_ARRAY: dict[np.dtype, dtype] = {}


def _declare(name, title, array_dtype=None):
    made = dtype(name, title, np.dtype(array_dtype or name))
    _BY_NAME[name] = _BY_ARRAY[made.array_dtype] = made
    return made


bool_ = _declare("bool", "Bool")
uint8 = _declare("uint8", "Byte")
int8 = _declare("int8", "Char")
int16 = _declare("int16", "Short")
int32 = _declare("int32", "Int")
int64 = _declare("int64", "Long")
uint16 = _declare("uint16", "UInt16")
uint32 = _declare("uint32", "UInt32")
uint64 = _declare("uint64", "UInt64")
float16 = _declare("float16", "Half")
float32 = _declare("float32", "Float")
float64 = _declare("float64", "Double")
complex64 = _declare("complex64", "ComplexFloat")
complex128 = _declare("complex128", "ComplexDouble")


class _Bfloat16(dtype):
    """bfloat16, whose arrays come from the optional package ml_dtypes, imported when first used."""

    __slots__ = ()

    def __init__(self):
        self.name = "bfloat16"
        self.title = "BFloat16"
        self.itemsize = 2
        self.is_complex = False
        self.is_floating_point = self.is_signed = True

    def __getattr__(self, name):
        if name != "array_dtype":
            raise AttributeError(f"'torch.dtype' object has no attribute '{name}'")
        try:
            from ml_dtypes import bfloat16 as scalar_type
        except ImportError:
            error = "torch.bfloat16 needs the package ml_dtypes, which is not installed."
            raise explained(ImportError(error)) from None
        self.array_dtype = np.dtype(scalar_type)
        _BY_ARRAY[self.array_dtype] = self
        return self.array_dtype


_Bfloat16.__name__ = _Bfloat16.__qualname__ = "dtype"
bfloat16 = _BY_NAME["bfloat16"] = _Bfloat16()

_CATEGORY = {
    each: 0 if each.name == "bool" else 3 if each.is_complex else 2 if each.is_floating_point else 1
    for each in _BY_NAME.values()
}

ALIASES = {
    "half": float16,
    "float": float32,
    "double": float64,
    "short": int16,
    "int": int32,
    "long": int64,
    "cfloat": complex64,
    "cdouble": complex128,
}


def by_name(name):
    """The dtype called `name`."""
    return _BY_NAME[name]


def by_title(title):
    """The dtype whose tensors were called `torch.<title>Tensor`; None if there is none."""
    return next((each for each in _BY_NAME.values() if each.title == title), None)


def of(array):
    """The dtype of a NumPy array (or of anything that has a NumPy dtype).

    Raises:
        TypeError: NumPy's element type has no counterpart (strings, objects, dates, ...).
    """
    found = _BY_ARRAY.get(array.dtype)
    return found if found is not None else from_array_dtype(array.dtype)


def from_array_dtype(array_dtype):
    """The dtype that stands for a NumPy dtype."""
    array_dtype = np.dtype(array_dtype)
    if array_dtype.name == "bfloat16":
        return _BY_ARRAY.setdefault(bfloat16.array_dtype, bfloat16)
    try:
        return _BY_ARRAY[array_dtype.newbyteorder("=")]
    except KeyError:
        name = f"numpy.{array_dtype.type.__name__}"
        raise TypeError(
            f"can't convert np.ndarray of type {name}. The only supported types are: float64, "
            "float32, float16, complex64, complex128, int64, int32, int16, int8, uint64, uint32, "
            "uint16, uint8, and bool."
        ) from None


# The default float type -------------------------------------------------------------------------

_default = float32


def get_default_dtype():
    """The dtype of tensors made from Python floats, `float32` unless it was changed.

    >>> import rushlight as torch
    >>> torch.get_default_dtype()
    torch.float32
    """
    return _default


def set_default_dtype(d, /):
    """Make `d` (a floating dtype) the one that Python floats become.

    Raises:
        TypeError: `d` is not a floating dtype.
    """
    global _default
    if not isinstance(d, dtype):
        raise TypeError(
            "invalid dtype object: only floating-point types are supported as the default type"
        )
    if not d.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    _default = d


def default_complex():
    """The complex dtype whose parts have the default dtype."""
    return _default.to_complex()


_C_NAMES = {
    "uint8": "unsigned char",
    "int8": "signed char",
    "int16": "short int",
    "int32": "int",
    "int64": "long int",
    "float16": "c10::Half",
    "bfloat16": "c10::BFloat16",
    "float32": "float",
    "float64": "double",
    "complex64": "c10::complex<float>",
    "complex128": "c10::complex<double>",
}


def c_name(dtype):
    """The C++ name of a dtype (ours or NumPy's), which some of PyTorch's messages show."""
    return _C_NAMES.get(dtype.name, dtype.name)


#: what Python's types mean as a `dtype=`
OF_PYTHON = {bool: bool_, int: int64, float: float64, complex: complex128}


# Promotion --------------------------------------------------------------------------------------

_SIGNED = [int8, int16, int32, int64]
_WIDE_UNSIGNED = {uint16, uint32, uint64}


def _refuse_types(name, **types):
    """Refuse what is no dtype among arguments, in their order."""
    for position, (argument, value) in enumerate(types.items(), 1):
        if not isinstance(value, dtype):
            raise TypeError(
                f"{name}(): argument '{argument}' (position {position}) must be torch.dtype, not "
                f"{value.__class__.__name__}"
            )


def promote_types(type1, type2):
    """The smallest dtype, of the higher category, that holds both.

    >>> import rushlight as torch
    >>> torch.promote_types(torch.int32, torch.float32)
    torch.float32
    >>> torch.promote_types(torch.uint8, torch.int8)
    torch.int16
    """
    type1, type2 = OF_PYTHON.get(type1, type1), OF_PYTHON.get(type2, type2)
    if type1 is type2:
        return type1
    try:
        low, high = sorted((type1, type2), key=_CATEGORY.__getitem__)
    except KeyError:
        _refuse_types("promote_types", type1=type1, type2=type2)
        raise
    if low in _WIDE_UNSIGNED or high in _WIDE_UNSIGNED:
        _check_wide_unsigned(type1, type2)
    if _CATEGORY[low] < _CATEGORY[high]:
        widens = low is float64 and high is complex64
        return complex128 if widens else high
    if high.category == 2:
        return float32 if low.itemsize == high.itemsize else max(low, high, key=_itemsize)
    if high.category == 3:
        return complex128
    return _promote_integers(low, high)


def _itemsize(each):
    return each.itemsize


def _check_wide_unsigned(one, other):
    """Refuse to let uint16, uint32 and uint64 meet anything but real floating-point numbers."""
    if one.category != 2 and other.category != 2:
        raise RuntimeError(
            "Promotion for uint16, uint32, uint64 types is not supported, attempted to promote "
            f"{one.title} and {other.title}"
        )


def _promote_integers(one, other):
    if one is uint8 or other is uint8:
        signed = other if one is uint8 else one
        return int16 if signed is int8 else signed
    return max(one, other, key=_SIGNED.index)


def result_type(dimensioned, zero_dim=(), numbers=()):
    """The dtype in which operands meet.

    A 0-d tensor, and even more so a Python number, gives way to tensors with dimensions unless its
    category is higher.

    Args:
        dimensioned: dtypes of the tensors that have dimensions.
        zero_dim: dtypes of the 0-d tensors.
        numbers: dtypes of the Python numbers (bool, int64, the default float or its complex).
    """
    result = None
    for group in (dimensioned, zero_dim, numbers):
        common = None
        for each in group:
            common = each if common is None else promote_types(common, each)
        if common is not None:
            result = common if result is None else _absorb(result, common)
    return result


def _absorb(strong, weak):
    """`strong` unless `weak` is of a higher category."""
    if _CATEGORY[weak] <= _CATEGORY[strong]:
        return strong
    if weak.is_complex and strong.is_floating_point:
        return complex128 if strong is float64 else complex64
    return weak


def of_number(value):
    """The dtype that a Python number stands for among operands."""
    if isinstance(value, (bool, np.bool_)):
        return bool_
    if isinstance(value, (int, np.integer)):
        return int64
    if isinstance(value, (float, np.floating)):
        return _default
    return default_complex()


def can_cast(from_, to):
    """Whether PyTorch's type rules let a value of dtype `from_` be written into dtype `to`.

    >>> import rushlight as torch
    >>> torch.can_cast(torch.float32, torch.int64), torch.can_cast(torch.int64, torch.int8)
    (False, True)
    """
    from_, to = OF_PYTHON.get(from_, from_), OF_PYTHON.get(to, to)
    _refuse_types("can_cast", from_=from_, to=to)
    return _CATEGORY[from_] <= _CATEGORY[to]


# Numeric limits ---------------------------------------------------------------------------------


_UNSET = object()


def _limits_of(name, type):
    type = OF_PYTHON.get(type, type)
    if isinstance(type, dtype):
        return type
    kind = type.__class__.__name__
    raise TypeError(f"{name}(): argument 'type' (position 1) must be torch.dtype, not {kind}")


class finfo:
    """Numeric limits of a floating dtype (the default dtype when none is given).

    >>> import rushlight as torch
    >>> torch.finfo(torch.float32).eps
    1.1920928955078125e-07
    """

    __module__ = "torch"

    def __init__(self, type=_UNSET):
        type = _default if type is _UNSET else _limits_of("finfo", type)
        if not (type.is_floating_point or type.is_complex):
            raise TypeError(
                "torch.finfo() requires a floating point input type. Use torch.iinfo to handle "
                "'torch.finfo'"
            )
        self._type = type.to_real()
        if self._type is bfloat16:
            from ml_dtypes import finfo as limits
        else:
            limits = np.finfo
        info = limits(self._type.array_dtype)
        self.bits = info.bits
        self.dtype = self._type.name
        self.eps = float(info.eps)
        self.max = float(info.max)
        self.min = float(info.min)
        self.tiny = self.smallest_normal = float(info.smallest_normal)
        self.resolution = 10.0**-info.precision

    def __repr__(self):
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, "
            f"eps={self.eps:g}, smallest_normal={self.tiny:g}, tiny={self.tiny:g}, "
            f"dtype={self.dtype})"
        )

    def __eq__(self, other):
        return isinstance(other, finfo) and self._type is other._type

    def __hash__(self):
        return hash(self._type)


class iinfo:
    """Numeric limits of an integer dtype.

    >>> import rushlight as torch
    >>> torch.iinfo(torch.int8).max
    127
    """

    __module__ = "torch"

    def __init__(self, type):
        type = _limits_of("iinfo", type)
        if type.category > 1:
            raise TypeError(
                "torch.iinfo() requires an integer input type. Use torch.finfo to handle "
                "'torch.iinfo'"
            )
        if type is bool_:
            raise TypeError("torch.bool is not supported by torch.iinfo")
        info = np.iinfo(type.array_dtype)
        self._type = type
        self.bits, self.min, self.max = info.bits, int(info.min), int(info.max)
        self.dtype = type.name

    def __repr__(self):
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"

    def __eq__(self, other):
        return isinstance(other, iinfo) and self._type is other._type

    def __hash__(self):
        return hash(self._type)
