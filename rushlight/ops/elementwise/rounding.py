"""Rounding: to whole numbers, or to some decimals."""

from __future__ import annotations

import builtins

import numpy as np

from rushlight import dtypes
from rushlight.ops.elementwise.unary import refuse_complex, refuse_kinds
from rushlight.ops.op import elementwise
from rushlight.ops.refused import refuse

__all__ = [
    "ceil",
    "fix",
    "floor",
    "frac",
    "positive",
    "round",
    "trunc",
]

# Rounding -----------------------------------------------------------------------------------------


def _rounding(name, ufunc):
    """A kernel that leaves integers as they are, and the check that goes with it."""

    def kernel(input):
        if input.dtype.kind in "fV":
            return ufunc(input)
        if input.dtype.kind in "bc":
            raise TypeError(name)
        return input.copy()

    return kernel


@elementwise(
    ufunc=_rounding("floor", np.floor),
    refuses=("b", "floor_vml_cpu"),
    check=refuse_complex("floor is not supported for complex inputs"),
    d_input=lambda g: g * 0,
)
def floor(input):
    """The greatest whole number that is not greater than x."""


@elementwise(
    ufunc=_rounding("ceil", np.ceil),
    refuses=("b", "ceil_vml_cpu"),
    check=refuse_complex("ceil is not supported for complex inputs"),
    d_input=lambda g: g * 0,
)
def ceil(input):
    """The smallest whole number that is not smaller than x."""


@elementwise(
    ufunc=_rounding("trunc", np.trunc),
    refuses=("b", "trunc_vml_cpu"),
    check=refuse_complex("trunc is not supported for complex inputs"),
    d_input=lambda g: g * 0,
)
def trunc(input):
    """x without its fraction."""


@elementwise(check=refuse_kinds("biuc", "frac_cpu"), d_input=lambda g: g)
def frac(input):
    """The fraction of x: x - trunc(x)."""
    if input.dtype.kind not in "fV":
        raise TypeError("frac")
    return input - np.trunc(input)


@elementwise(
    node=lambda decimals: f"RoundBackward{0 if decimals is None else 1}",
    check=refuse_kinds("bc", "round_vml_cpu"),
    d_input=lambda g: g * 0,
)
def _round(input, *, decimals=None):
    """The nearest number with so many decimals; halves go to the even one."""
    if input.dtype.kind in "fV":
        if not decimals:
            return np.rint(input)
        scale = 10.0 ** builtins.abs(decimals)
        if decimals > 0:
            return np.rint(input * scale) / scale
        return np.rint(input / scale) * scale
    if input.dtype.kind in "bc":
        raise TypeError("round")
    return input.copy()


def round(input, *, decimals=None, out=None):
    """The nearest whole number, or with `decimals`, the nearest number with so many decimals.

    Halves go to the even neighbour.

    >>> import rushlight as torch
    >>> torch.round(torch.tensor([0.5, 1.5, -2.4]))
    tensor([ 0.,  2., -2.])
    """
    if decimals and not dtypes.of(input._array).is_floating_point:
        title = dtypes.of(input._array).title
        raise NotImplementedError(f"\"round_cpu\" not implemented for '{title}'")
    if decimals is not None:
        refuse("biu", "round_vml_cpu", input)
    return _round(input, decimals=decimals, out=out)


def positive(input):
    """The tensor itself: +x. Refuses bools."""
    if input._array.dtype.kind == "b":
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


fix = trunc
