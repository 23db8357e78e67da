"""Arithmetic of two operands: sums, products, quotients, remainders."""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.kernels.elements import LARGE
from rushlight.ops.elementwise.rounding import floor, trunc
from rushlight.ops.elementwise.unary import reciprocal, refuse_kinds
from rushlight.ops.op import (
    Elementwise,
    declarer,
    elementwise,
    in_dtype,
    meeting_dtype,
    number_as_array,
)
from rushlight.ops.refused import no_such_form, refuse_derivative
from rushlight.ops.shapes import broadcast_shapes
from rushlight.tensor import Tensor

__all__ = [
    "add",
    "div",
    "divide",
    "floor_divide",
    "fmod",
    "mul",
    "multiply",
    "remainder",
    "rsub",
    "sub",
    "subtract",
    "true_divide",
]

BOTH = ("input", "other")

# Sums ---------------------------------------------------------------------------------------------


@elementwise(
    ufunc=np.add,
    fuse=LARGE,
    linear=True,
    node="AddBackward0",
    numbers=BOTH,
    d_input=lambda g: g,
    d_other=lambda g: g,
)
def _add(input, other):
    """Sum, element by element."""


@elementwise(
    title="add",
    linear=True,
    node="AddBackward0",
    numbers=BOTH,
    d_input=lambda g: g,
    d_other=lambda g, alpha: g * alpha,
)
def _add_scaled(input, other, *, alpha):
    """input + alpha * other."""
    return np.add(input, np.multiply(other, _factor(alpha, input)))


def add(input, other, *, alpha=1, out=None):
    """Sum, element by element: `input + alpha * other`.

    >>> import rushlight as torch
    >>> torch.add(torch.tensor([1, 2]), 10)
    tensor([11, 12])
    """
    if alpha.__class__ is int and alpha == 1:
        return _add(input, other, out=out)
    _check_alpha(input, other, alpha)
    return _add_scaled(input, other, alpha=alpha, out=out)


add.op = _add.op  # type: ignore[attr-defined]  # what rules call


def _factor(alpha, array):
    """A number as one of the array's type, where integers wrap around."""
    return number_as_array(alpha, dtypes.of(array))


def _check_alpha(input, other, alpha):
    """Refuse a factor of a higher category than the result's, in PyTorch's words."""
    dtype = meeting_dtype((input, other))
    if isinstance(alpha, bool) and dtype.category != 0:
        raise RuntimeError("Boolean alpha only supported for Boolean results.")
    if isinstance(alpha, (float, complex)) and dtype.category < 2:
        raise RuntimeError(
            "For integral input tensors, argument alpha must not be a floating point number."
        )
    if isinstance(alpha, complex) and dtype.category < 3:
        raise RuntimeError(
            "For non-complex input tensors, argument alpha must not be a complex number."
        )


class Subtraction(Elementwise):
    """An elementwise operation that refuses bools, also among operands that become numbers."""

    def promote(self, args):
        """The arguments in one dtype, unless one of them is bool."""
        bools = [_is_bool(x) for x in args]
        if all(bools):
            raise RuntimeError(
                "Subtraction, the `-` operator, with two bool tensors is not supported. "
                "Use the `^` or `logical_xor()` operator instead."
            )
        if any(bools):
            raise RuntimeError(
                "Subtraction, the `-` operator, with a bool tensor is not supported. If you are "
                "trying to invert a mask, use the `~` or `logical_not()` operator instead."
            )
        return super().promote(args)


def _is_bool(x):
    return x._array.dtype.kind == "b" if isinstance(x, Tensor) else isinstance(x, (bool, np.bool_))


subtraction = declarer(Subtraction)


@subtraction(
    ufunc=np.subtract,
    fuse=LARGE,
    linear=True,
    node="SubBackward0",
    numbers=BOTH,
    d_input=lambda g: g,
    d_other=lambda g: -g,
)
def _sub(input, other):
    """Difference, element by element."""


@subtraction(
    title="sub",
    linear=True,
    node="SubBackward0",
    numbers=BOTH,
    d_input=lambda g: g,
    d_other=lambda g, alpha: g * -alpha,
)
def _sub_scaled(input, other, *, alpha):
    """input - alpha * other."""
    return np.subtract(input, np.multiply(other, _factor(alpha, input)))


def sub(input, other, *, alpha=1, out=None):
    """Difference, element by element: `input - alpha * other`.

    >>> import rushlight as torch
    >>> torch.sub(torch.tensor([1, 2]), torch.tensor([3, 3]))
    tensor([-2, -1])
    """
    if alpha.__class__ is int and alpha == 1:
        return _sub(input, other, out=out)
    _check_alpha(input, other, alpha)
    return _sub_scaled(input, other, alpha=alpha, out=out)


sub.op = _sub.op  # type: ignore[attr-defined]


@subtraction(
    linear=True,
    node=lambda of_number: f"RsubBackward{int(of_number)}",
    d_input=lambda g: -g,
    d_other=lambda g: g,
)
def _rsub(input, other, *, of_number=True):
    """other - input."""
    return np.subtract(other, input)


def rsub(input, other, *, alpha=1):
    """The reversed difference: `other - alpha * input`."""
    if not isinstance(input, Tensor):
        raise no_such_form(
            "rsub",
            (input, other),
            "Tensor input, Tensor other, *, Number alpha = 1",
            "Tensor input, Number other, Number alpha = 1",
        )
    if alpha.__class__ is int and alpha == 1:
        return _rsub(input, other, of_number=not isinstance(other, Tensor))
    return sub(in_dtype(other, meeting_dtype((input, other))), input, alpha=alpha)


# Products and quotients ---------------------------------------------------------------------------


@elementwise(
    ufunc=np.multiply,
    fuse=LARGE,
    numbers=BOTH,
    d_input=lambda g, other: g * other,
    d_other=lambda g, input: g * input,
)
def mul(input, other):
    """Product, element by element.

    >>> import rushlight as torch
    >>> torch.mul(torch.tensor([1.0, 2.0]), 3)
    tensor([3., 6.])
    """


@elementwise(
    title="div",
    ufunc=np.true_divide,
    fuse=LARGE,
    result="float",
    node="DivBackward0",
    numbers=BOTH,
    d_input=lambda g, other: g / other,
    d_other=lambda g, other, out: -g * (out / other),
)
def _true_divide(input, other):
    """Quotient, element by element; integers become floats."""


def _check_division(name):
    refuse = refuse_kinds("bc", name)

    def check(input, other, **options):
        refuse(input, other)
        _check_zero(input, other)

    return check


def _check_zero(input, other):
    if input.dtype.kind in "iu" and not np.all(other):
        raise RuntimeError("ZeroDivisionError")
    broadcast_shapes(input.shape, other.shape)


def _whole(input, other):
    """Refuse in a kernel what only `check` can explain."""
    kind = input.dtype.kind
    if kind != "f" and (kind in "bc" or not np.all(other)):
        raise TypeError("not divisible")


@elementwise(
    title="div",
    node="DivBackward2",
    numbers=BOTH,
    check=_check_division("div_trunc_cpu"),
    d_input=lambda g: g * 0,
    d_other=lambda g: g * 0,
)
def _div_trunc(input, other):
    """The quotient without its fraction."""
    _whole(input, other)
    if input.dtype.kind == "f":
        return np.trunc(np.true_divide(input, other))
    quotient = np.floor_divide(input, other)
    inexact = (quotient < 0) & (quotient * other != input)
    return np.add(quotient, inexact, dtype=input.dtype)


@elementwise(
    title="div",
    node="DivBackward2",
    numbers=BOTH,
    check=_check_division("div_floor_cpu"),
    d_input=lambda g: g * 0,
    d_other=lambda g: g * 0,
)
def _div_floor(input, other):
    """The greatest whole number that is not greater than the quotient."""
    _whole(input, other)
    return _floored(input, other)


def _floored(input, other):
    quotient = np.floor_divide(input, other)
    if quotient.dtype.kind != "f":
        return quotient
    by_zero = np.equal(other, 0)
    return np.where(by_zero, np.true_divide(input, other), quotient) if by_zero.any() else quotient


def div(input, other, *, rounding_mode=None, out=None):
    """Quotient, element by element; integers become floats unless it is rounded.

    Args:
        rounding_mode: None, "trunc" (towards zero) or "floor" (down).

    >>> import rushlight as torch
    >>> torch.div(torch.tensor([7, -7]), 2, rounding_mode="floor")
    tensor([ 3, -4])
    """
    if rounding_mode is None:
        return _true_divide(input, other, out=out)
    if rounding_mode == "trunc":
        return _div_trunc(input, other, out=out)
    if rounding_mode == "floor":
        return _div_floor(input, other, out=out)
    raise RuntimeError(
        "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found "
        f"'{rounding_mode}'"
    )


div.op = _true_divide.op  # type: ignore[attr-defined]


def rdiv(input, other):
    """other / input, for a number `other`."""
    return mul(reciprocal(input), other)


@elementwise(
    node="NotImplemented",
    numbers=BOTH,
    check=_check_division("div_floor_cpu"),
    d_input=lambda g: refuse_derivative("floor_divide"),
    d_other=lambda g: refuse_derivative("floor_divide"),
)
def floor_divide(input, other):
    """The greatest whole number that is not greater than the quotient.

    >>> import rushlight as torch
    >>> torch.floor_divide(torch.tensor([7, -7]), 2)
    tensor([ 3, -4])
    """
    _whole(input, other)
    return _floored(input, other)


def rfloor_divide(input, other):
    """other // input."""
    return floor_divide(other, input)


def _remainder_of(input, other):
    """The remainder; where it is 0, PyTorch gives it the sign of the dividend, NumPy the other."""
    _whole(input, other)
    result = np.remainder(input, other)
    if result.dtype.kind == "f":
        zero = result == 0
        if zero.any():
            return np.where(zero, np.copysign(result, input), result)
    return result


# Two operations for one function: PyTorch's Nodes are named after the kind of the divisor.


@elementwise(
    node="RemainderBackward1",
    overloaded=True,
    numbers=BOTH,
    check=_check_division("remainder_cpu"),
    d_input=lambda g: g,
    d_other=lambda g, input, other: -g * floor(_true_divide(input, other)),
)
def _remainder(input, other):
    """input - other * floor(input / other)."""
    return _remainder_of(input, other)


@elementwise(
    title="remainder",
    overloaded=True,
    node="RemainderBackward0",
    check=_check_division("remainder_cpu"),
    d_input=lambda g: g,
)
def _remainder_number(input, other):
    """input - other * floor(input / other), for a number."""
    return _remainder_of(input, other)


def remainder(input, other, *, out=None):
    """The remainder of the division, with the sign of the divisor, as Python's `%`.

    >>> import rushlight as torch
    >>> torch.remainder(torch.tensor([-3.0, 3.0]), 2)
    tensor([1., 1.])
    """
    if isinstance(other, Tensor):
        return _remainder(input, other, out=out)
    return _remainder_number(input, other, out=out)


def rremainder(input, other):
    """other % input."""
    return _remainder(other, input)


@elementwise(
    node="FmodBackward1",
    overloaded=True,
    check=_check_division("fmod_cpu"),
    d_input=lambda g: g,
    d_other=lambda g, input, other: -g * trunc(_true_divide(input, other)),
)
def _fmod(input, other):
    """input - other * trunc(input / other)."""
    _whole(input, other)
    return np.fmod(input, other)


@elementwise(
    title="fmod",
    overloaded=True,
    node="FmodBackward0",
    check=_check_division("fmod_cpu"),
    d_input=lambda g: g,
)
def _fmod_number(input, other):
    """input - other * trunc(input / other), for a number."""
    _whole(input, other)
    return np.fmod(input, other)


def fmod(input, other, *, out=None):
    """The remainder of the division, with the sign of the dividend, as C's `fmod`.

    >>> import rushlight as torch
    >>> torch.fmod(torch.tensor([-3.0, 3.0]), 2)
    tensor([-1.,  1.])
    """
    if isinstance(other, Tensor):
        return _fmod(input, other, out=out)
    return _fmod_number(input, other, out=out)


multiply, subtract, divide, true_divide = mul, sub, div, div
