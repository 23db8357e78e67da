"""Powers, with numbers and tensors as base and exponent."""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.ops.elementwise.unary import beside, is_complex, log, where
from rushlight.ops.op import elementwise, in_dtype, meeting_dtype
from rushlight.ops.output import write_out
from rushlight.ops.refused import no_such_form
from rushlight.tensor import NUMBER_TYPES, Tensor

__all__ = [
    "float_power",
    "pow",
]

# Powers -------------------------------------------------------------------------------------------


def _check_power_of_number(input, *, exponent):
    if input.dtype.kind in "iu" and exponent < 0:
        raise RuntimeError("Integers to negative integer powers are not allowed.")


def _power_slope(input, exponent):
    """The derivative of the power in its base."""
    if exponent == 2:
        return _doubled(input)
    if exponent == 0:
        return _power_of_number(input, exponent=0) * 0
    return _power_of_number(input, exponent=exponent - 1) * exponent


@elementwise(
    node="MulBackward0",
    takes_out=False,
    d_input=lambda g, input: beside(g + g, input, name="MulBackward0"),
)
def _doubled(input):
    """The derivative of the square; its own derivative is constant, but not nothing."""
    return input + input


@elementwise(
    title="pow",
    overloaded=True,
    node="PowBackward0",
    check=_check_power_of_number,
    d_input=lambda g, input, exponent: g * _power_slope(input, exponent),
)
def _power_of_number(input, *, exponent):
    """Power with a number as the exponent."""
    if exponent == 2:
        return input * input
    if input.dtype.kind in "fcV":
        known = _EASY_POWERS.get(exponent)
        if known is not None:
            return known(input)
    elif input.dtype.kind == "b":
        return input | (not exponent)
    elif exponent < 0:
        _check_power_of_number(input, exponent=exponent)
    result = np.power(input, exponent)
    return result.astype(input.dtype) if input.dtype.kind == "V" else result


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
    return exponent == exponent if is_complex(exponent) else exponent >= 0


def _base_slope(input, exponent):
    """The derivative of the power in its base, 0 where the exponent is 0."""
    power = _power_of_tensors(input, where(exponent == 0, 1.0, exponent - 1))
    return where(exponent == 0, 0.0, exponent * power)


@elementwise(
    title="pow",
    overloaded=True,
    node="PowBackward1",
    ufunc=_power,
    d_input=lambda g, input, exponent: g * _base_slope(input, exponent),
    d_exponent=lambda g, input, exponent, out: g * _exponent_slope(input, exponent, out),
)
def _power_of_tensors(input, exponent):
    """Power with a tensor as the exponent."""


@elementwise(
    title="pow",
    overloaded=True,
    node="PowBackward2",
    ufunc=_power,
    numbers=("input",),
    d_exponent=lambda g, input, exponent, out: g * _exponent_slope(input, exponent, out),
)
def _power_of_base(input, exponent):
    """Power of a number, with a tensor as the exponent."""


_FORMS = (
    "Tensor input, Tensor exponent, *, Tensor out = None",
    "Number self, Tensor exponent, *, Tensor out = None",
    "Tensor input, Number exponent, *, Tensor out = None",
)


def pow(input, exponent, *, out=None):
    """Power, element by element: `input ** exponent`.

    Of integers with integer exponents it is an integer, which wraps around; a negative number as
    the exponent is refused then.

    >>> import rushlight as torch
    >>> torch.pow(torch.tensor([1.0, 2.0, 3.0]), 2)
    tensor([1., 4., 9.])
    """
    if exponent.__class__ is int and isinstance(input, Tensor) and input._array.dtype.kind == "f":
        return _power_of_number(input, exponent=exponent, out=out)
    if isinstance(exponent, Tensor):
        if isinstance(input, Tensor):
            return _power_of_tensors(input, exponent, out=out)
        return _power_of_base(input, exponent, out=out)
    if not isinstance(exponent, NUMBER_TYPES) or not isinstance(input, Tensor):
        raise no_such_form("pow", (input, exponent), *_FORMS)
    if input._array.dtype.kind != "f" or exponent.__class__ is complex:
        input = in_dtype(input, meeting_dtype((input, exponent)))
    return _power_of_number(input, exponent=exponent, out=out)


def rpow(input, other):
    """other ** input."""
    return pow(other, input)


def float_power(input, exponent, *, out=None):
    """Power in double precision (complex128 for complex numbers)."""
    operands = (input, exponent)
    if not any(isinstance(x, Tensor) for x in operands):
        raise no_such_form("float_power", operands, *_FORMS)
    complex_valued = any(
        is_complex(x) if isinstance(x, Tensor) else isinstance(x, complex) for x in operands
    )
    dtype = dtypes.complex128 if complex_valued else dtypes.float64
    base, exponent = (in_dtype(x, dtype) if isinstance(x, Tensor) else x for x in operands)
    if not isinstance(base, Tensor):
        base = complex(base) if complex_valued else float(base)
    result = pow(base, exponent)
    return result if out is None else write_out("float_power", result, operands, out)
