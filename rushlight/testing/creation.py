"""`make_tensor`: a tensor of any dtype with random values."""

from __future__ import annotations

import math
import warnings

import rushlight as torch


def make_tensor(
    *shape,
    dtype,
    device="cpu",
    low=None,
    high=None,
    requires_grad=False,
    noncontiguous=False,
    exclude_zero=False,
    memory_format=None,
):
    """A tensor of values drawn evenly from [low, high), on PyTorch's stream of random numbers.

    Without limits: [-9, 9) for floating, complex and signed integers, [0, 9) for unsigned ones, and
    both values of bool. `noncontiguous` spreads the values over twice the memory; `exclude_zero`
    puts a small number (1 for integers) in the place of each zero.

    >>> import rushlight as torch
    >>> torch.manual_seed(0) and torch.testing.make_tensor(3, dtype=torch.float32, low=-1, high=1)
    tensor([-0.0075,  0.5364, -0.8230])
    """
    if len(shape) == 1 and not isinstance(shape[0], int):
        shape = tuple(shape[0])
    if noncontiguous and memory_format is not None:
        raise ValueError(
            "The parameters `noncontiguous` and `memory_format` are mutually exclusive, "
            f"but got {noncontiguous=} and {memory_format=}"
        )
    if requires_grad and not (dtype.is_floating_point or dtype.is_complex):
        raise ValueError(
            "`requires_grad=True` is not supported for boolean and integral dtypes, "
            f"but got dtype={dtype}"
        )
    low, high = limits(dtype, low, high)
    spread = noncontiguous and math.prod(shape) > 1
    result = draw((*shape[:-1], 2 * shape[-1]) if spread else shape, dtype, device, low, high)
    if spread:
        result = result[..., 1::2]
    elif memory_format is not None:
        result = result.clone(memory_format=memory_format)
    if exclude_zero:
        integral = not (dtype.is_floating_point or dtype.is_complex)
        result[result == 0] = 1 if integral else torch.finfo(dtype).tiny
    return result.requires_grad_(requires_grad)


def limits(dtype, low, high):
    """The interval to draw from, within what the dtype holds; a ValueError if there is none."""
    if dtype == torch.bool:
        default, lowest, highest = (0, 2), 0, 2
    elif dtype.is_floating_point or dtype.is_complex:
        info = torch.finfo(dtype)
        default, lowest, highest = (-9, 9), info.min, info.max
    else:
        info = torch.iinfo(dtype)
        # `randint` counts up to int64's greatest, and no further
        default, lowest, highest = (-9, 10), info.min, info.max + (dtype != torch.int64)
    low, high = (
        d if given is None else given for given, d in zip((low, high), default, strict=True)
    )
    if math.isnan(low) or math.isnan(high):
        raise ValueError(f"`low` and `high` cannot be NaN, but got {low=} and {high=}")
    inexact = dtype.is_floating_point or dtype.is_complex
    if low == high and inexact:
        warnings.warn(
            "Passing `low==high` to `torch.testing.make_tensor` for floating or complex types is "
            "deprecated since 2.1 and will be removed in 2.3. Use `torch.full(...)` instead.",
            FutureWarning,
            stacklevel=3,
        )
    elif low >= high:
        raise ValueError(f"`low` must be less than `high`, but got {low} >= {high}")
    if high < lowest or low >= highest:
        raise ValueError(
            f"The value interval specified by `low` and `high` is [{low}, {high}), "
            f"but {dtype} only supports [{lowest}, {highest})"
        )
    low, high = max(low, lowest), min(high, highest)
    return (low, high) if inexact else (math.ceil(low), math.ceil(high))


def draw(shape, dtype, device, low, high):
    if not (dtype.is_floating_point or dtype.is_complex):
        return torch.randint(int(low), int(high), shape, dtype=dtype, device=device)
    result = torch.empty(shape, dtype=dtype, device=device)
    parts = torch.view_as_real(result) if dtype.is_complex else result
    if high - low >= torch.finfo(dtype).max:  # further than `uniform_` reaches
        parts.uniform_(low / 2, high / 2).mul_(2)
    else:
        parts.uniform_(low, high)
    return result
