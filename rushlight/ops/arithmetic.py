"""Arithmetic of two or three operands: sums, products, quotients, remainders, powers."""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.ops.elementwise import (
    floor,
    log,
    reciprocal,
    refuse_kinds,
    trunc,
    where,
)
from rushlight.ops.op import (
    Elementwise,
    declarer,
    elementwise,
    in_dtype,
    meeting_dtype,
    number_as_array,
)
from rushlight.ops.shapes import broadcast_shapes
from rushlight.tensor import NUMBER_TYPES, Tensor, type_name

__all__ = [
    "add",
    "addcdiv",
    "addcmul",
    "div",
    "divide",
    "float_power",
    "floor_divide",
    "fmod",
    "lerp",
    "mul",
    "multiply",
    "pow",
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
    if isinstance(alpha, float) and dtype.category < 2:
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
    if alpha.__class__ is int and alpha == 1:
        return _rsub(input, other, of_number=not isinstance(other, Tensor))
    return sub(in_dtype(other, meeting_dtype((input, other))), input, alpha=alpha)


# Products and quotients ---------------------------------------------------------------------------


@elementwise(
    ufunc=np.multiply,
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


def refuse_derivative(name):
    """What the derivative of a function without one raises."""
    raise RuntimeError(f"derivative for aten::{name} is not implemented")


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


# Two operations for one function: PyTorch's Nodes are named after the kind of the divisor.


@elementwise(
    node="RemainderBackward1",
    numbers=BOTH,
    check=_check_division("remainder_cpu"),
    d_input=lambda g: g,
    d_other=lambda g, input, other: -g * floor(_true_divide(input, other)),
)
def _remainder(input, other):
    """input - other * floor(input / other)."""
    _whole(input, other)
    return np.remainder(input, other)


@elementwise(
    title="remainder",
    node="RemainderBackward0",
    check=_check_division("remainder_cpu"),
    d_input=lambda g: g,
)
def _remainder_number(input, other):
    """input - other * floor(input / other), for a number."""
    _whole(input, other)
    return np.remainder(input, other)


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
    check=_check_division("fmod_cpu"),
    d_input=lambda g: g,
    d_other=lambda g, input, other: -g * trunc(_true_divide(input, other)),
)
def _fmod(input, other):
    """input - other * trunc(input / other)."""
    _whole(input, other)
    return np.fmod(input, other)


@elementwise(
    title="fmod", node="FmodBackward0", check=_check_division("fmod_cpu"), d_input=lambda g: g
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


# Powers -------------------------------------------------------------------------------------------


def _check_power_of_number(input, *, exponent):
    if input.dtype.kind in "iu" and exponent < 0:
        raise RuntimeError("Integers to negative integer powers are not allowed.")


def _power_slope(input, exponent):
    """The derivative of the power in its base."""
    if exponent == 2:
        return input * 2
    if exponent == 0:
        return _power_of_number(input, exponent=0) * 0
    return _power_of_number(input, exponent=exponent - 1) * exponent


@elementwise(
    title="pow",
    node="PowBackward0",
    check=_check_power_of_number,
    d_input=lambda g, input, exponent: g * _power_slope(input, exponent),
)
def _power_of_number(input, *, exponent):
    """Power with a number as the exponent."""
    if exponent == 2:
        return input * input
    if input.dtype.kind in "fc":
        known = _EASY_POWERS.get(exponent)
        if known is not None:
            return known(input)
    elif exponent < 0:
        _check_power_of_number(input, exponent=exponent)
    return np.power(input, exponent)


_EASY_POWERS = {
    1: np.positive,
    0.5: np.sqrt,
    3: lambda x: x * x * x,
    -0.5: lambda x: 1 / np.sqrt(x),
    -1: lambda x: 1 / x,
    -2: lambda x: 1 / (x * x),
}


def _power(input, exponent):
    """A power, element by element; of integers it wraps around, as in C."""
    if input.dtype.kind == "b":
        raise NotImplementedError("\"pow\" not implemented for 'Bool'")
    if input.dtype.kind in "iu" and np.any(np.less(exponent, 0)):
        return _integer_power(input, exponent)
    return np.power(input, exponent)


def _integer_power(input, exponent):
    """Powers of integers where exponents may be negative: those are 0, but for 1 and -1."""
    power = np.power(input, np.maximum(exponent, 0))
    sign = np.where(np.remainder(exponent, 2) == 0, 1, -1)
    inverse = np.where(input == 1, 1, np.where(input == -1, sign, 0))
    return np.where(np.less(exponent, 0), inverse, power).astype(input.dtype, copy=False)


def _exponent_slope(input, exponent, out):
    """The derivative of the power in its exponent, 0 where the base is 0."""
    vanishes = (input == 0) & _not_negative(exponent)
    return where(vanishes, 0.0, out * log(where(vanishes, 1.0, input)))


def _not_negative(exponent):
    return exponent == exponent if _is_complex(exponent) else exponent >= 0


def _is_complex(x):
    return x.dtype.is_complex if isinstance(x, Tensor) else x.dtype.kind == "c"


def _base_slope(input, exponent):
    """The derivative of the power in its base, 0 where the exponent is 0."""
    power = _power_of_tensors(input, where(exponent == 0, 1.0, exponent - 1))
    return where(exponent == 0, 0.0, exponent * power)


@elementwise(
    title="pow",
    node="PowBackward1",
    ufunc=_power,
    d_input=lambda g, input, exponent: g * _base_slope(input, exponent),
    d_exponent=lambda g, input, exponent, out: g * _exponent_slope(input, exponent, out),
)
def _power_of_tensors(input, exponent):
    """Power with a tensor as the exponent."""


@elementwise(
    title="pow",
    node="PowBackward2",
    ufunc=_power,
    numbers=("input",),
    d_exponent=lambda g, input, exponent, out: g * _exponent_slope(input, exponent, out),
)
def _power_of_base(input, exponent):
    """Power of a number, with a tensor as the exponent."""


def pow(input, exponent, *, out=None):
    """Power, element by element: `input ** exponent`.

    Of integers with integer exponents it is an integer, which wraps around; a negative number as
    the exponent is refused then.

    >>> import rushlight as torch
    >>> torch.pow(torch.tensor([1.0, 2.0, 3.0]), 2)
    tensor([1., 4., 9.])
    """
    if isinstance(exponent, Tensor):
        if isinstance(input, Tensor):
            return _power_of_tensors(input, exponent, out=out)
        return _power_of_base(input, exponent, out=out)
    if not isinstance(exponent, NUMBER_TYPES) or not isinstance(input, Tensor):
        raise TypeError(
            "pow() received an invalid combination of arguments - got "
            f"({type_name(input)}, {type_name(exponent)}), but expected one of:\n"
            " * (Tensor input, Tensor exponent, *, Tensor out = None)\n"
            " * (Number self, Tensor exponent, *, Tensor out = None)\n"
            " * (Tensor input, Number exponent, *, Tensor out = None)\n"
        )
    if input._array.dtype.kind != "f" or exponent.__class__ is complex:
        input = in_dtype(input, meeting_dtype((input, exponent)))
    return _power_of_number(input, exponent=exponent, out=out)


def rpow(input, other):
    """other ** input."""
    return pow(other, input)


def float_power(input, exponent, *, out=None):
    """Power in double precision (complex128 for complex numbers)."""
    operands = (input, exponent)
    is_complex = any(
        _is_complex(x) if isinstance(x, Tensor) else isinstance(x, complex) for x in operands
    )
    dtype = dtypes.complex128 if is_complex else dtypes.float64
    base, exponent = (in_dtype(x, dtype) if isinstance(x, Tensor) else x for x in operands)
    if not isinstance(base, Tensor):
        base = complex(base) if is_complex else float(base)
    return pow(base, exponent, out=out)


# Three operands -----------------------------------------------------------------------------------


@elementwise(
    node="AddcmulBackward0",
    d_input=lambda g: g,
    d_tensor1=lambda g, tensor2, value: g * (tensor2 * value),
    d_tensor2=lambda g, tensor1, value: g * (tensor1 * value),
    numbers=(),
)
def addcmul(input, tensor1, tensor2, *, value=1):
    """input + value * tensor1 * tensor2.

    >>> import rushlight as torch
    >>> torch.addcmul(torch.ones(2), torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]), value=2)
    tensor([ 7., 17.])
    """
    if input.dtype.kind in "iu":
        value = int(value)
    return input + value * tensor1 * tensor2


class Division(Elementwise):
    """`addcdiv`, which refuses to divide integers."""

    def promote(self, args):
        """The arguments in one dtype, unless the divided ones are integers."""
        if all(isinstance(x, Tensor) and x._array.dtype.kind in "biu" for x in args[1:]):
            raise RuntimeError(
                "Integer division with addcdiv is no longer supported, and in a future  release "
                "addcdiv will perform a true division of tensor1 and tensor2. The historic addcdiv "
                "behavior can be implemented as (input + value * torch.trunc(tensor1 / tensor2))."
                "to(input.dtype) for integer inputs and as (input + value * tensor1 / tensor2) for "
                "float inputs. The future addcdiv behavior is just the latter implementation: "
                "(input + value * tensor1 / tensor2), for all dtypes."
            )
        return super().promote(args)


@declarer(Division)(
    d_input=lambda g: g,
    d_tensor1=lambda g, tensor2, value: g * value / tensor2,
    d_tensor2=lambda g, tensor1, tensor2, value: -g * (value * tensor1 / (tensor2 * tensor2)),
    numbers=(),
)
def addcdiv(input, tensor1, tensor2, *, value=1):
    """input + value * tensor1 / tensor2."""
    return input + value * tensor1 / tensor2


class Mixture(Elementwise):
    """`lerp`, which promotes nothing."""

    def promote(self, args):
        """The arguments, which must have one dtype already."""
        for name, x in zip(("end", "weight"), args[1:], strict=False):
            if isinstance(x, Tensor) and x.dtype is not args[0].dtype:
                expected, got = (c_name(each.dtype) for each in (args[0], x))
                raise RuntimeError(f"expected dtype {expected} for `{name}` but got dtype {got}")
        return super().promote(args)


_C_NAMES = {
    "bool": "bool",
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
    """The C++ name of a dtype, which PyTorch's messages show."""
    return _C_NAMES[dtype.name]


def _mix(input, end, weight):
    """The weighted mean, from the nearer end so that it arrives there exactly."""
    if input.dtype.kind not in "fc":
        raise NotImplementedError(
            f"\"lerp_kernel_scalar\" not implemented for '{dtypes.of(input).title}'"
        )
    difference = end - input
    near = np.abs(weight) < 0.5
    if near.ndim == 0:
        return input + weight * difference if near else end - difference * (1 - weight)
    return np.where(near, input + weight * difference, end - difference * (1 - weight))


@declarer(Mixture)(
    title="lerp",
    node="LerpBackward0",
    ufunc=lambda input, end, *, weight: _mix(input, end, weight),
    linear=True,
    numbers=(),
    d_input=lambda g, weight: g * (1 - weight),
    d_end=lambda g, weight: g * weight,
)
def _lerp_number(input, end, *, weight):
    """input + weight * (end - input), for a number."""


@declarer(Mixture)(
    node="LerpBackward1",
    ufunc=_mix,
    numbers=(),
    d_input=lambda g, weight: g * (1 - weight),
    d_end=lambda g, weight: g * weight,
    d_weight=lambda g, input, end: g * (end - input),
)
def _lerp(input, end, weight):
    """input + weight * (end - input)."""


def lerp(input, end, weight, *, out=None):
    """Linear interpolation: input + weight * (end - input).

    >>> import rushlight as torch
    >>> torch.lerp(torch.zeros(2), torch.tensor([10.0, 20.0]), 0.25)
    tensor([2.5000, 5.0000])
    """
    if isinstance(end, Tensor) and isinstance(weight, NUMBER_TYPES):
        return _lerp_number(input, end, weight=weight, out=out)
    if not isinstance(end, Tensor) or not isinstance(weight, Tensor):
        raise TypeError(
            "lerp() received an invalid combination of arguments - got "
            f"({', '.join(map(type_name, (input, end, weight)))}), but expected one of:\n"
            " * (Tensor input, Tensor end, Tensor weight, *, Tensor out = None)\n"
            " * (Tensor input, Tensor end, Number weight, *, Tensor out = None)\n"
        )
    return _lerp(input, end, weight, out=out)


multiply, subtract, divide, true_divide = mul, sub, div, div
