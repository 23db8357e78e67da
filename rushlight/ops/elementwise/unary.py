"""Functions of one element: signs, roots, exponentials, logarithms; and `where`.

Arithmetic is in `arithmetic`, angles are in `trigonometry`, what needs a series in `special`.
"""

from __future__ import annotations

import math

import numpy as np

from rushlight import dtypes
from rushlight.kernels.elements import LARGE
from rushlight.ops.creation.copies import _zeroed
from rushlight.ops.deprecated import deprecated
from rushlight.ops.fast import number_array
from rushlight.ops.op import (
    Elementwise,
    check_broadcast,
    declarer,
    elementwise,
    in_dtype,
    meeting_dtype,
)
from rushlight.ops.refused import refuse, refuse_derivative
from rushlight.tensor import NUMBER_TYPES, Tensor, type_name

__all__ = [
    "abs",
    "absolute",
    "exp",
    "exp2",
    "expm1",
    "log",
    "log10",
    "log1p",
    "log2",
    "neg",
    "negative",
    "reciprocal",
    "relu",
    "rsqrt",
    "sgn",
    "sigmoid",
    "sign",
    "sqrt",
    "square",
    "tanh",
    "where",
]

#: numbers as arrays: NumPy takes them faster than Python's
ZEROS = {np.dtype(name): np.zeros((), name) for name in ("float32", "float64")}
ONES = {np.dtype(name): np.ones((), name) for name in ("float32", "float64")}

LOG_2 = math.log(2)
LOG_10 = math.log(10)


def refuse_kinds(kinds, kernel_name):
    """A check that refuses arrays of these NumPy kinds, naming PyTorch's kernel."""

    def check(*arrays, **options):
        check_broadcast(*arrays)
        for array in arrays:
            refuse(kinds, kernel_name, array)

    return check


def refuse_complex(text, error=NotImplementedError):
    """A check that refuses complex numbers, with this text."""

    def check(input, **options):
        if input.dtype.kind == "c":
            raise error(text)

    return check


def like(x, other):
    """x in the dtype of another one; on arrays and on Tensors."""
    return x.to(other.dtype) if isinstance(x, Tensor) else np.asarray(x, other.dtype)


# Signs --------------------------------------------------------------------------------------------


def _check_neg(input):
    if input.dtype.kind == "b":
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to "
            "invert a mask, use the `~` or `logical_not()` operator instead."
        )


@elementwise(ufunc=np.negative, fuse=LARGE, linear=True, check=_check_neg, d_input=lambda g: -g)
def neg(input):
    """The elements with the other sign: -x.

    >>> import rushlight as torch
    >>> torch.neg(torch.tensor([1.0, -2.0]))
    tensor([-1.,  2.])
    """


@elementwise(
    result=None,
    holomorphic=False,
    check=refuse_kinds("b", "abs_cpu"),
    d_input=lambda g, input: g * sgn(input),
)
def abs(input):
    """The distance of each element from zero: |x|. Of complex numbers it is real.

    >>> import rushlight as torch
    >>> torch.abs(torch.tensor([-1, 2]))
    tensor([1, 2])
    """
    if input.dtype.kind == "b":
        raise TypeError("bool")
    return np.absolute(input)


def _check_sign(input):
    if input.dtype.kind == "c":
        raise NotImplementedError(
            "Unlike NumPy, torch.sign is not intended to support complex numbers. "
            "Please use torch.sgn instead."
        )


@elementwise(check=_check_sign, d_input=lambda g: g * 0)
def sign(input):
    """-1, 0 or 1, as the element is negative, zero or positive."""
    if input.dtype.kind == "f":
        # not np.sign, which keeps NaN: PyTorch has 0 there
        return np.subtract(input > 0, input < 0, dtype=input.dtype)
    if input.dtype.kind == "b":
        return input.copy()
    _check_sign(input)
    return np.sign(input)


def _sgn_slope(g, input, out):
    """The gradient of z / |z|: the part of g / |z| that is orthogonal to z."""
    if not is_complex(g):
        return g * 0
    distance = abs(input)
    along = out * (out.conj() * g).real
    return where(distance == 0, 0.0, (g - along) / where(distance == 0, 1.0, distance))


def is_complex(x):
    """Whether an array or a Tensor holds complex numbers."""
    return x.dtype.is_complex if isinstance(x, Tensor) else x.dtype.kind == "c"


@elementwise(holomorphic=False, d_input=_sgn_slope)
def sgn(input):
    """z / |z|, and 0 for 0; of real numbers, the sign."""
    if input.dtype.kind == "c":
        distance = np.absolute(input)
        unit = input / np.where(distance == 0, 1, distance)
        return unit.astype(input.dtype, copy=False)
    return sign.op.kernel(input)


# Powers and roots ---------------------------------------------------------------------------------


@elementwise(ufunc=np.sqrt, fuse=LARGE, result="float", d_input=lambda g, out: g / (2 * out))
def sqrt(input):
    """Square root of each element.

    >>> import rushlight as torch
    >>> torch.sqrt(torch.tensor([4.0, 9.0]))
    tensor([2., 3.])
    """


@elementwise(result="float", d_input=lambda g, out: -0.5 * g * (out * out * out))
def rsqrt(input):
    """1 / sqrt(x)."""
    return 1 / np.sqrt(input)


@elementwise(node="PowBackward0", result=None, d_input=lambda g, input: g * (2 * input))
def square(input):
    """x * x.

    >>> import rushlight as torch
    >>> torch.square(torch.tensor([3, -2]))
    tensor([9, 4])
    """
    return input * input if input.dtype.kind != "b" else input.astype(np.int64)


@elementwise(result="float", d_input=lambda g, out: -g * (out * out))
def reciprocal(input):
    """1 / x."""
    return 1 / input


# Exponentials and logarithms ----------------------------------------------------------------------


@elementwise(ufunc=np.exp, result="float", d_input=lambda g, out: g * out, fuse=True)
def exp(input):
    """e to the power of each element.

    >>> import rushlight as torch
    >>> torch.exp(torch.tensor([0.0, 1.0]))
    tensor([1.0000, 2.7183])
    """


@elementwise(result="float", d_input=lambda g, out: g * out * LOG_2)
def exp2(input):
    """2 to the power of each element."""
    return np.exp2(input)


@elementwise(ufunc=np.expm1, result="float", d_input=lambda g, out: g * (out + 1))
def expm1(input):
    """exp(x) - 1, exact near zero too."""


@elementwise(ufunc=np.log, result="float", d_input=lambda g, input: g / input, fuse=True)
def log(input):
    """Natural logarithm of each element.

    >>> import rushlight as torch
    >>> torch.log(torch.tensor([1.0, 10.0]))
    tensor([0.0000, 2.3026])
    """


@elementwise(ufunc=np.log2, result="float", d_input=lambda g, input: g / (input * LOG_2))
def log2(input):
    """Logarithm to base 2."""


@elementwise(ufunc=np.log10, result="float", d_input=lambda g, input: g / (input * LOG_10))
def log10(input):
    """Logarithm to base 10."""


@elementwise(
    ufunc=np.log1p,
    result="float",
    node="Log1PBackward0",
    d_input=lambda g, input: g / (input + 1),
)
def log1p(input):
    """log(1 + x), exact near zero too."""


# Squashing ----------------------------------------------------------------------------------------


@elementwise(
    node="MulBackward0",
    d_one=lambda g, two, out_: _minus_twice(g, two, out_),
    d_two=lambda g, one, out_: _minus_twice(g, one, out_),
    d_out_=lambda g, one, two: _minus_twice(g, one, two),
)
def _minus_twice(one, two, out_):
    """-2 times the product of all three: how the derivative of tanh changes with its value."""
    return one * two * (out_ * number_array(-2, out_.dtype))


@elementwise(
    d_grad=lambda g, out_: _tanh_backward(g, out_),
    d_out_=lambda g, grad, out_: _minus_twice(g, grad, out_),
)
def _tanh_backward(grad, out_):
    """The derivative of tanh from its value, as one operation: it is differentiated often."""
    return grad * (ONES.get(out_.dtype, 1) - out_ * out_)


@elementwise(
    d_grad=lambda g, out_: _sigmoid_backward(g, out_),
    d_out_=lambda g, grad, out_: g * grad * (1 - 2 * out_),
)
def _sigmoid_backward(grad, out_):
    """The derivative of sigmoid from its value, as one operation: it is differentiated often."""
    return grad * (out_ * (ONES.get(out_.dtype, 1) - out_))


@elementwise(
    ufunc=np.tanh, result="float", d_input=lambda g, out: _tanh_backward(g, out), fuse=True
)
def tanh(input):
    """Hyperbolic tangent.

    >>> import rushlight as torch
    >>> torch.tanh(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7616])
    """


@elementwise(result="float", d_input=lambda g, out: _sigmoid_backward(g, out), fuse=True)
def sigmoid(input):
    """1 / (1 + exp(-x)): between 0 and 1.

    >>> import rushlight as torch
    >>> torch.sigmoid(torch.tensor([0.0, 2.0]))
    tensor([0.5000, 0.8808])
    """
    one = ONES.get(input.dtype)
    if one is None:
        if input.dtype.kind in "biu":
            raise TypeError("integers")
        wide = input.astype(np.promote_types(input.dtype, np.float32))
        return (1 / (1 + np.exp(-wide))).astype(input.dtype)
    result = np.negative(input)
    result = np.exp(result, result if result.ndim else None)
    result += one
    return np.divide(one, result, result if result.ndim else None)


@elementwise(
    node=lambda name: name,
    d_gradient=lambda g, input, name: beside(g, input, name=name),
    d_input=lambda g: _zeroed(g),
    takes_out=False,
)
def beside(gradient, input, *, name):
    """A gradient that is constant in pieces, and so has zeros, not nothing, as its own gradient.

    `name` is that of its Node in PyTorch.
    """
    return gradient[...]  # what holds no array raises here, and goes the general way


@elementwise(
    node=lambda name: name,
    d_gradient=lambda g, name: refuse_derivative(name),
    d_input=lambda g, name: refuse_derivative(name),
    takes_out=False,
)
def once(gradient, input, *, name):
    """A gradient that can't be differentiated further; `name` is what PyTorch calls it."""
    return gradient[...]


def _check_relu(input):
    if input.dtype.kind == "b":
        raise RuntimeError("Boolean inputs not supported for relu")
    if input.dtype.kind == "c":
        raise NotImplementedError("clamp is not supported for complex types")


def _relu_slope(g, out):
    """The gradient where something came through (NaN did).

    A product with the mask, not a choice: the choice takes NumPy ten times as long.
    """
    return beside(g * (out != 0), out, name="ThresholdBackwardBackward0")


@elementwise(check=_check_relu, d_input=lambda g, out: _relu_slope(g, out))
def relu(input):
    """The positive part of each element: max(x, 0).

    >>> import rushlight as torch
    >>> torch.relu(torch.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    if input.size > 2048 and input.dtype.kind == "f":
        return input.clip(0, np.inf)  # NumPy's maximum is slow where one side is a number
    zero = ZEROS.get(input.dtype)
    if zero is None:
        _check_relu(input)
        return np.maximum(input, 0)
    return np.maximum(input, zero)


# Choices ------------------------------------------------------------------------------------------


class Choice(Elementwise):
    """`where`: its first argument is a condition and takes no part in promotion."""

    promotes = False

    def promote(self, args):
        """The condition as it is, what is chosen from in the dtype in which it meets."""
        dtype = meeting_dtype(args[1:])
        return args[0], *(in_dtype(x, dtype) for x in args[1:])


def _check_where(condition, input, other):
    if condition.dtype.kind != "b" and condition.dtype != np.uint8:
        raise RuntimeError(
            "where expected condition to be a boolean tensor, but got a tensor with dtype "
            f"{dtypes.of(condition).title}"
        )
    check_broadcast(condition, input, other)


@declarer(Choice)(
    result=None,
    check=_check_where,
    linear=True,
    d_input=lambda g, condition: _where(condition, g, 0.0),
    d_other=lambda g, condition: _where(condition, 0.0, g),
)
def _where(condition, input, other):
    """`input` where the condition holds, else `other`."""
    if condition.dtype.kind != "b":
        _check_where(condition, input, other)
        condition = condition != 0
    result = np.where(condition, input, other)
    for chosen in (input, other):
        if isinstance(chosen, np.ndarray) and chosen.dtype is not result.dtype:
            raise TypeError("dtypes differ")
    return result


def where(condition, input=None, other=None, *, out=None):
    """`input` where the condition holds, else `other`; the three broadcast.

    With the condition alone: the indices of its true elements, one tensor per dimension.

    >>> import rushlight as torch
    >>> x = torch.tensor([-1.0, 2.0])
    >>> torch.where(x > 0, x, 0.0)
    tensor([0., 2.])
    """
    if input is None and other is None:
        from rushlight.ops import nonzero

        if hasattr(condition._array, "dynamic"):
            condition._array.dynamic("where")
        return nonzero(condition, as_tuple=True)
    if not isinstance(condition, Tensor):
        raise TypeError(
            f"where(): argument 'condition' (position 1) must be Tensor, not {type_name(condition)}"
        )
    if condition._array.dtype == np.uint8:
        deprecated("where")
    if isinstance(input, NUMBER_TYPES) and isinstance(other, NUMBER_TYPES):
        dtype = meeting_dtype((input, other))
        input = in_dtype(input, dtype)
    return _where(condition, input, other, out=out)


where.op = _where.op  # type: ignore[attr-defined]  # what rules call

absolute, negative = abs, neg
