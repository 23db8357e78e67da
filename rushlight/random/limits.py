"""What PyTorch's random functions refuse, and in which words.

`random.Generator` checks its parameters here before it draws anything, so that a refused call
consumes nothing of the stream.
"""

from __future__ import annotations

import numpy as np

from rushlight import dtypes

# NumPy's letters for the floating-point dtypes; "E" is the bfloat16 of ml_dtypes.
_DIGITS = {"e": 11, "E": 8, "f": 24, "d": 53}
_LARGEST = {
    "e": 65504.0,
    "E": (2 - 2**-7) * 2.0**127,
    "f": (2 - 2**-23) * 2.0**127,
    "d": (2 - 2**-52) * 2.0**1023,
}


def check(holds, message, value):
    if not holds:
        raise RuntimeError(message.format(value))


def title(dtype):
    return dtypes.from_array_dtype(dtype).title


def _is_floating(dtype):
    return dtype.char in _DIGITS


def check_floating(dtype, kernel):
    if not _is_floating(dtype):
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{title(dtype)}'")


def check_continuous(dtype, distribution, name):
    if not _is_floating(dtype):
        raise RuntimeError(
            f"{distribution} distribution is a continuous probability distribution. "
            f"dtype must be a floating point but you specified {name(dtype)}"
        )


def check_bounds(dtype, bounds):
    low, high = _limits(dtype)
    for name, bound in bounds:
        if not low <= bound <= high:
            raise RuntimeError(f"{name} is out of bounds for {dtypes.c_name(dtype)}")


def _limits(dtype):
    if dtype.kind == "b":
        return 0, 1
    if dtype.kind in "iu":
        return np.iinfo(dtype).min, np.iinfo(dtype).max
    return -_LARGEST[dtype.char], _LARGEST[dtype.char]


def check_uniform(low, high, dtype):
    check_floating(dtype, "check_uniform_bounds")
    check_bounds(dtype, (("from", low), ("to", high)))
    if low > high:
        raise RuntimeError(
            f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}"
        )
    if high - low > _LARGEST[dtype.char]:
        raise RuntimeError(
            f"uniform_ expects to-from <= std::numeric_limits<{title(dtype)}>::max(), but found "
            f"to={high:g} and from={low:g} which result in to-from to exceed the limit"
        )


def greatest_integer(dtype):
    """The greatest integer of a dtype; of a float, the one up to which it has them all."""
    if dtype.kind == "c":
        raise RuntimeError(
            "check_random_bounds handles only integral, floating-point and boolean types"
        )
    return 2 ** _DIGITS[dtype.char] if dtype.char in _DIGITS else _limits(dtype)[1]


def first_drawn(dtype, low):
    """Where drawing begins: at `low`, or above it where what follows is rounded below it."""
    after = _rounded(dtype, low + 1)
    return low if after >= low else after + _spacing(dtype, low + 1)


def end_of_drawn(dtype, high):
    """Where drawing ends: at `high`, or below it where the last integer is rounded up to it."""
    last = _rounded(dtype, high - 1)
    return high if last < high else last - _spacing(dtype, high - 1)


def _rounded(dtype, number):
    exact = dtype.char not in _DIGITS or abs(number) > _LARGEST[dtype.char]
    return number if exact else int(dtype.type(number))


def _spacing(dtype, number):
    return 2 ** (abs(number).bit_length() - _DIGITS[dtype.char])


def check_permutation(n, dtype):
    if dtype.kind in "bc":
        raise NotImplementedError(f"\"randperm\" not implemented for '{title(dtype)}'")
    if dtype.kind in "iu" and n > _limits(dtype)[1] + 1:
        raise RuntimeError(f"value cannot be converted to type {dtype.name}_t without overflow")
    digits = _DIGITS.get(dtype.char, 64)
    if dtype.kind == "f" and n > 2**digits + 1:
        bound = "2049" if digits == 11 else f"2^{digits}+1"
        raise RuntimeError(f"n cannot be greater than {bound} for {title(dtype)} type.")


def check_multinomial(weights, num_samples, replacement):
    check_distributions(weights)
    if num_samples <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if not replacement and num_samples > weights.shape[-1]:
        raise RuntimeError(
            "cannot sample n_sample > prob_dist.size(-1) samples without replacement"
        )
    if weights.shape[-1] > 2**24:
        raise RuntimeError("number of categories cannot exceed 2^24")
    _check_weights(weights, one_draw=num_samples == 1 or not replacement)


def check_distributions(weights):
    """Refuse what are no rows of probabilities."""
    if weights.ndim not in (1, 2):
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if not _is_floating(weights.dtype):
        raise RuntimeError(
            "multinomial only supports floating-point dtypes for input, "
            f"got: {title(weights.dtype)}"
        )


def _check_weights(weights, one_draw):
    if one_draw and not np.all((weights >= 0) & (weights < np.inf)):
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if not np.all(weights >= 0):
        raise RuntimeError("invalid multinomial distribution (encountering probability entry < 0)")
    if not np.all(np.isfinite(weights)):
        raise RuntimeError(
            "invalid multinomial distribution (encountering probability entry = infinity or NaN)"
        )
    if np.any(weights.sum(axis=-1) == 0):
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
