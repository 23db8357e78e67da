"""Arithmetic of three operands: products and quotients added, weighted means."""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.ops.op import Elementwise, declarer, elementwise
from rushlight.ops.refused import no_such_form
from rushlight.tensor import NUMBER_TYPES, Tensor

__all__ = [
    "addcdiv",
    "addcmul",
    "lerp",
]

# Three operands -----------------------------------------------------------------------------------


@elementwise(
    refuses=("b", "addcmul_cpu_out"),
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
                expected, got = (dtypes.c_name(each.dtype) for each in (args[0], x))
                raise RuntimeError(f"expected dtype {expected} for `{name}` but got dtype {got}")
        return super().promote(args)


def _mix(input, end, weight):
    """The weighted mean, from the nearer end so that it arrives there exactly."""
    if input.dtype.kind not in "fcV":
        raise NotImplementedError(
            f"\"lerp_kernel_scalar\" not implemented for '{dtypes.of(input).title}'"
        )
    difference = end - input
    near = np.abs(weight) < 0.5
    if near.ndim:
        result = np.where(near, input + weight * difference, end - difference * (1 - weight))
    else:
        result = input + weight * difference if near else end - difference * (1 - weight)
    return result.astype(input.dtype, copy=False)


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
        raise no_such_form(
            "lerp",
            (input, end, weight),
            "Tensor input, Tensor end, Tensor weight, *, Tensor out = None",
            "Tensor input, Tensor end, Number weight, *, Tensor out = None",
        )
    return _lerp(input, end, weight, out=out)
