"""Comparisons, logic and bits."""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.ops.elementwise.unary import refuse_kinds
from rushlight.ops.op import elementwise, number_as_array
from rushlight.ops.refused import require_tensors
from rushlight.ops.shapes import broadcast_shapes
from rushlight.ops.turned import array_of

__all__ = [
    "allclose",
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "eq",
    "equal",
    "ge",
    "greater",
    "greater_equal",
    "gt",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "isreal",
    "le",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "lt",
    "ne",
    "not_equal",
    "signbit",
]

BOTH = ("input", "other")


def refuse_complex(kernel_name):
    """A check for comparisons of order, which complex numbers haven't got."""
    refuse = refuse_kinds("c", kernel_name)

    def check(input, other):
        refuse(input, other)
        broadcast_shapes(input.shape, other.shape)

    return check


def ordered(ufunc):
    """The kernel of a comparison of order: NumPy orders complex numbers, PyTorch doesn't."""

    def kernel(input, other):
        if input.dtype.kind == "c":
            raise TypeError("complex")
        if (other.__class__ is int and not -128 <= other < 128) or input.dtype.kind == "u":
            other = _in_dtype_of(input, other)
        return ufunc(input, other)

    return kernel


def _in_dtype_of(input, other):
    """A number as integers of the dtype of `input` hold it: it wraps around, as in C."""
    whole = other.__class__ is int and input.dtype.kind in "iu"
    return number_as_array(other, dtypes.of(input)) if whole else other


# Comparisons --------------------------------------------------------------------------------------


@elementwise(ufunc=np.equal, result="bool", overloaded=True)
def eq(input, other):
    """Whether the elements are equal.

    >>> import rushlight as torch
    >>> torch.eq(torch.tensor([1, 2]), 2)
    tensor([False,  True])
    """


@elementwise(ufunc=np.not_equal, result="bool", overloaded=True)
def ne(input, other):
    """Whether the elements differ."""


@elementwise(ufunc=ordered(np.less), result="bool", overloaded=True, check=refuse_complex("lt_cpu"))
def lt(input, other):
    """Whether the first element is less."""


@elementwise(
    ufunc=ordered(np.less_equal), result="bool", overloaded=True, check=refuse_complex("le_cpu")
)
def le(input, other):
    """Whether the first element is less or equal."""


@elementwise(
    ufunc=ordered(np.greater), result="bool", overloaded=True, check=refuse_complex("gt_cpu")
)
def gt(input, other):
    """Whether the first element is greater."""


@elementwise(
    ufunc=ordered(np.greater_equal), result="bool", overloaded=True, check=refuse_complex("ge_cpu")
)
def ge(input, other):
    """Whether the first element is greater or equal."""


@elementwise(ufunc=np.isnan, result="bool")
def isnan(input):
    """Whether the element is not a number."""


@elementwise(ufunc=np.isinf, result="bool")
def isinf(input):
    """Whether the element is infinite."""


@elementwise(ufunc=np.isfinite, result="bool")
def isfinite(input):
    """Whether the element is neither infinite nor NaN."""


def _check_signed_infinity(input):
    if input.dtype.kind == "c":
        raise RuntimeError("isposinf does not support complex inputs.")


@elementwise(result="bool", check=_check_signed_infinity)
def isposinf(input):
    """Whether the element is +inf."""
    _check_signed_infinity(input)
    return np.isposinf(input)


def _check_negative_infinity(input):
    if input.dtype.kind == "c":
        raise RuntimeError("isneginf does not support complex inputs.")


@elementwise(result="bool", check=_check_negative_infinity)
def isneginf(input):
    """Whether the element is -inf."""
    _check_negative_infinity(input)
    return np.isneginf(input)


@elementwise(ufunc=np.isreal, result="bool", takes_out=False)
def isreal(input):
    """Whether the imaginary part of the element is zero."""


def _check_signbit(input):
    if input.dtype.kind == "c":
        raise NotImplementedError("signbit is not implemented for complex tensors.")


@elementwise(result="bool", check=_check_signbit)
def signbit(input):
    """Whether the element has its sign bit set: negative, or -0.0."""
    _check_signbit(input)
    return np.signbit(input) if input.dtype.kind == "f" else input < 0


def isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether |input - other| <= atol + rtol * |other|, element by element.

    >>> import rushlight as torch
    >>> torch.isclose(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.1]))
    tensor([ True, False])
    """
    require_tensors("isclose", input=input, other=other)
    if input.dtype is not other.dtype:
        raise RuntimeError(f"{input.dtype.title} did not match {other.dtype.title}")
    if rtol < 0 or atol < 0:
        name, value = ("rtol", rtol) if rtol < 0 else ("atol", atol)
        raise RuntimeError(f"{name} must be greater than or equal to zero, but got {value:g}")
    broadcast_shapes(input.shape, other.shape)
    return _isclose(input, other, rtol=rtol, atol=atol, equal_nan=equal_nan)


@elementwise(result="bool", takes_out=False)
def _isclose(input, other, *, rtol, atol, equal_nan):
    """Whether the elements are equal but for a tolerance."""
    if input.dtype.kind == "f":
        input, other = input.astype(np.float64), other.astype(np.float64)
    close = input == other
    if equal_nan and input.dtype.kind in "fc":
        close |= (input != input) & (other != other)
    if rtol == 0 and atol == 0:
        return close
    if input.dtype.kind in "bu":
        input, other = input.astype(np.int64), other.astype(np.int64)
    distance = np.absolute(input - other)
    return close | (np.isfinite(distance) & (distance <= atol + np.absolute(rtol * other)))


def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether all elements are close (see `isclose`), as a bool.

    >>> import rushlight as torch
    >>> torch.allclose(torch.tensor([1.0]), torch.tensor([1.0 + 1e-7]))
    True
    """
    close = isclose(input, other, rtol, atol, equal_nan)
    _refuse_samples(
        close,
        "vmap over torch.allclose isn't supported yet. Please file an issue at "
        "https://github.com/pytorch/pytorch/issues if you need this feature.",
    )
    return bool(close.all())


def equal(input, other):
    """Whether two tensors have the same shape and elements, as a bool.

    >>> import rushlight as torch
    >>> torch.equal(torch.tensor([1, 2]), torch.tensor([1, 2]))
    True
    """
    require_tensors("equal", input=input, other=other)
    for x in (input, other):
        _refuse_samples(
            x,
            "Batching rule not implemented for aten::equal. We could not generate a fallback.",
        )
    return np.array_equal(array_of(input), array_of(other))


def _refuse_samples(x, message):
    """Refuse to make one bool of all samples of a `vmap`."""
    if hasattr(x._array, "given"):
        raise RuntimeError(message)


# Logic --------------------------------------------------------------------------------------------


@elementwise(ufunc=np.logical_and, result="bool", numbers=())
def logical_and(input, other):
    """Whether both elements are true (not zero)."""


@elementwise(ufunc=np.logical_or, result="bool", numbers=())
def logical_or(input, other):
    """Whether one of the elements is true (not zero)."""


@elementwise(ufunc=np.logical_xor, result="bool", numbers=())
def logical_xor(input, other):
    """Whether exactly one of the elements is true (not zero)."""


@elementwise(ufunc=np.logical_not, result="bool")
def logical_not(input):
    """Whether the element is false (zero)."""


# Bits ---------------------------------------------------------------------------------------------


def _bits_only(kernel_name, kinds="fc"):
    refuse = refuse_kinds(kinds, kernel_name)

    def check(*arrays):
        refuse(*arrays)
        broadcast_shapes(*(x.shape for x in arrays))

    return check


@elementwise(
    ufunc=np.bitwise_and, numbers=BOTH, overloaded=True, check=_bits_only("bitwise_and_cpu")
)
def bitwise_and(input, other):
    """Both bits, element by element; of bools, both.

    >>> import rushlight as torch
    >>> torch.bitwise_and(torch.tensor([6, 5]), 3)
    tensor([2, 1])
    """


@elementwise(ufunc=np.bitwise_or, numbers=BOTH, overloaded=True, check=_bits_only("bitwise_or_cpu"))
def bitwise_or(input, other):
    """Either bit, element by element; of bools, either."""


@elementwise(
    ufunc=np.bitwise_xor, numbers=BOTH, overloaded=True, check=_bits_only("bitwise_xor_cpu")
)
def bitwise_xor(input, other):
    """The bits that differ, element by element; of bools, whether they differ."""


@elementwise(ufunc=np.invert, check=_bits_only("bitwise_not_cpu"))
def bitwise_not(input):
    """The bits inverted; of bools, the opposite."""


def _shift(ufunc):
    """A shift that takes counts beyond the number of bits, as NumPy's do."""

    def kernel(input, other):
        if input.dtype.kind not in "iu":
            raise TypeError("not bits")
        return ufunc(input, other)

    return kernel


@elementwise(
    ufunc=_shift(np.left_shift),
    numbers=BOTH,
    overloaded=True,
    check=_bits_only("lshift_cpu", "bfc"),
)
def bitwise_left_shift(input, other):
    """The bits moved to higher places: input * 2**other."""


@elementwise(
    ufunc=_shift(np.right_shift),
    numbers=BOTH,
    overloaded=True,
    check=_bits_only("rshift_cpu", "bfc"),
)
def bitwise_right_shift(input, other):
    """The bits moved to lower places, the sign kept: floor(input / 2**other)."""


def rlshift(input, other):
    """other << input."""
    return bitwise_left_shift(other, input)


def rrshift(input, other):
    """other >> input."""
    return bitwise_right_shift(other, input)


greater, greater_equal, less, less_equal, not_equal = gt, ge, lt, le, ne
