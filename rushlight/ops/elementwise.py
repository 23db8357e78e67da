"""Operations on elements: arithmetic, functions, comparisons, choices."""

from __future__ import annotations

import numpy as np

from rushlight.ops.op import elementwise

# Arithmetic ---------------------------------------------------------------------------------------


@elementwise(ufunc=np.add, linear=True, node="AddBackward0", d_input=lambda g: g, d_other=lambda g: g)
def _add(input, other):
    """Sum, element by element."""


@elementwise(
    ufunc=np.multiply,
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
    ufunc=np.true_divide,
    result="float",
    node="DivBackward0",
    d_input=lambda g, other: g / other,
    d_other=lambda g, other, out: -g * (out / other),
)
def _true_divide(input, other):
    """Quotient, element by element; integers become floats."""


@elementwise(ufunc=np.negative, linear=True, d_input=lambda g: -g)
def neg(input):
    """The elements with the other sign."""


@elementwise(ufunc=np.exp, result="float", d_input=lambda g, out: g * out)
def exp(input):
    """e to the power of each element.

    >>> import rushlight as torch
    >>> torch.exp(torch.tensor([0.0, 1.0]))
    tensor([1.0000, 2.7183])
    """


@elementwise(ufunc=np.cos, result="float", d_input=lambda g, input: -g * sin(input))
def cos(input):
    """Cosine of each element, in radians."""


@elementwise(ufunc=np.sin, result="float", d_input=lambda g, input: g * cos(input))
def sin(input):
    """Sine of each element, in radians."""


@elementwise(ufunc=np.tanh, result="float", d_input=lambda g, out: g * (1 - out * out))
def tanh(input):
    """Hyperbolic tangent of each element."""


@elementwise(ufunc=np.subtract, linear=True, node="SubBackward0", d_input=lambda g: g, d_other=lambda g: -g)
def _sub(input, other):
    """Difference, element by element."""


def add(input, other, *, alpha=1, out=None):
    """Sum, element by element: `input + alpha * other`.

    >>> import rushlight as torch
    >>> torch.add(torch.tensor([1, 2]), 10)
    tensor([11, 12])
    """
    return _add(input, other if alpha == 1 else mul_number(other, alpha), out=out)


def sub(input, other, *, alpha=1, out=None):
    """Difference, element by element: `input - alpha * other`."""
    return _sub(input, other if alpha == 1 else mul_number(other, alpha), out=out)


def mul_number(other, alpha):
    """`alpha * other`, for a tensor or a number."""
    return other * alpha


def rsub(input, other, *, alpha=1):
    """`other - alpha * input`."""
    return _add(neg(input if alpha == 1 else input * alpha), other)


def div(input, other, *, rounding_mode=None, out=None):
    """Quotient, element by element."""
    return _true_divide(input, other, out=out)


@elementwise(
    ufunc=np.power,
    node="PowBackward0",
    d_input=lambda g, input, other: g * (other * power(input, other - 1)),
    d_other=lambda g, input, out: g * (out * log(input)),
)
def power(input, other):
    """Power, element by element."""


def pow(input, exponent, *, out=None):
    """Power, element by element."""
    if exponent.__class__ is int or exponent.__class__ is float:
        if exponent == 2:
            return square_(input)
    return power(input, exponent, out=out)


@elementwise(node="PowBackward0", d_input=lambda g, input: g * (2 * input))
def square_(input):
    """The square of each element."""
    return input * input


@elementwise(ufunc=np.log, result="float", d_input=lambda g, input: g / input)
def log(input):
    """Natural logarithm of each element."""


@elementwise(node="ReluBackward0", d_input=lambda g, out: g * (out > 0))
def relu(input):
    """The positive part of each element: max(x, 0)."""
    return np.maximum(input, 0)


@elementwise(ufunc=np.greater, result="bool")
def gt(input, other):
    """Whether the first element is greater, element by element."""


@elementwise(ufunc=np.less, result="bool")
def lt(input, other):
    """Whether the first element is less, element by element."""


@elementwise(ufunc=np.equal, result="bool")
def eq(input, other):
    """Whether the elements are equal, element by element."""
