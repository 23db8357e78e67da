"""`assert_close`: are two results the same, up to rounding, and if not, where do they differ?"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence

import numpy as np

import rushlight as torch
from rushlight.tensor import Tensor

#: relative and absolute tolerance; what is not here has to be equal
TOLERANCES = {
    torch.float16: (1e-3, 1e-5),
    torch.bfloat16: (1.6e-2, 1e-5),
    torch.float32: (1.3e-6, 1e-5),
    torch.float64: (1e-7, 1e-7),
    torch.complex64: (1.3e-6, 1e-5),
    torch.complex128: (1e-7, 1e-7),
}


def assert_close(
    actual,
    expected,
    *,
    allow_subclasses=True,
    rtol=None,
    atol=None,
    equal_nan=False,
    check_device=True,
    check_dtype=True,
    check_layout=True,
    check_stride=False,
    msg=None,
):
    """Raise an AssertionError unless |actual - expected| <= atol + rtol * |expected| everywhere.

    Tensors, numbers and arrays are compared, also within sequences and mappings, item by item. The
    tolerances follow from the dtypes (1.3e-6 and 1e-5 for float32) unless both are given. `msg` is
    the message, or a function that makes it from the usual one.

    >>> import rushlight as torch
    >>> torch.testing.assert_close([torch.ones(2), 1.0], [torch.ones(2), 1.5])
    Traceback (most recent call last):
        ...
    AssertionError: Scalars are not close!
    <BLANKLINE>
    Expected 1.5 but got 1.0.
    Absolute difference: 0.5 (up to 1e-07 allowed)
    Relative difference: 0.3333333333333333 (up to 1e-07 allowed)
    <BLANKLINE>
    The failure occurred for item [1]
    """
    if (rtol is None) != (atol is None):
        missing = "rtol" if rtol is None else "atol"
        raise ValueError(
            f"Both 'rtol' and 'atol' must be either specified or omitted, but got no {missing}."
        )
    comparison = Comparison(
        allow_subclasses=allow_subclasses,
        tolerances=None if rtol is None else (rtol, atol),
        equal_nan=equal_nan,
        attributes={
            "device": check_device,
            "dtype": check_dtype,
            "layout": check_layout,
            "stride()": check_stride,
        },
    )
    try:
        comparison.compare(actual, expected, ())
    except Mismatch as mismatch:
        text = mismatch.text()
        text = text if msg is None else msg(text) if callable(msg) else msg
    else:
        return
    raise AssertionError(text)


def assert_allclose(actual, expected, rtol=None, atol=None, equal_nan=True, msg=""):
    """The older form: values alone are compared, NaN equals NaN, and other types become tensors."""
    actual, expected = (x if isinstance(x, Tensor) else torch.tensor(x) for x in (actual, expected))
    assert_close(
        actual,
        expected,
        rtol=rtol,
        atol=atol,
        equal_nan=equal_nan,
        check_device=True,
        check_dtype=False,
        check_stride=False,
        msg=msg or None,
    )


class Mismatch(Exception):
    """A difference, and the keys that lead to the item where it was found."""

    def __init__(self, message: str, keys: tuple):
        self.message, self.keys = message, keys

    def text(self) -> str:
        if not self.keys:
            return self.message
        place = "".join(f"[{key!r}]" for key in self.keys)
        return f"{self.message}\n\nThe failure occurred for item {place}"


class Comparison:
    """How two things are compared: with which tolerances, and what else has to agree."""

    def __init__(self, *, allow_subclasses, tolerances, equal_nan, attributes):
        self.allow_subclasses = allow_subclasses
        self.tolerances = tolerances
        self.equal_nan = equal_nan
        self.attributes = attributes

    def compare(self, actual, expected, keys):
        """Raise a Mismatch for the first difference; a TypeError for what can't be compared."""
        if is_sequence(actual) and is_sequence(expected):
            self.compare_sequences(actual, expected, keys)
        elif isinstance(actual, Mapping) and isinstance(expected, Mapping):
            self.compare_mappings(actual, expected, keys)
        elif actual is None or expected is None:
            if actual is not expected:
                raise Mismatch(f"None mismatch: {actual} is not {expected}", keys)
        elif both(actual, expected, (bool, np.bool_)):
            if bool(actual) is not bool(expected):
                raise Mismatch(f"Booleans mismatch: {actual} is not {expected}", keys)
        elif both(actual, expected, (int, float, complex, np.number)):
            self.compare_numbers(actual, expected, keys)
        elif both(actual, expected, np.ndarray):
            self.compare_tensors(torch.from_numpy(actual), torch.from_numpy(expected), keys)
        elif self.are_tensors(actual, expected):
            self.compare_tensors(actual, expected, keys)
        else:
            raise TypeError(
                "No comparison pair was able to handle inputs of type "
                f"{type(actual)} and {type(expected)}."
            )

    def are_tensors(self, actual, expected):
        if not both(actual, expected, Tensor):
            return False
        return self.allow_subclasses or type(actual) is type(expected)

    def compare_sequences(self, actual, expected, keys):
        if len(actual) != len(expected):
            raise Mismatch(
                f"The length of the sequences mismatch: {len(actual)} != {len(expected)}", keys
            )
        for i, (x, y) in enumerate(zip(actual, expected, strict=True)):
            self.compare(x, y, (*keys, i))

    def compare_mappings(self, actual, expected, keys):
        if actual.keys() != expected.keys():
            missing = sorted(expected.keys() - actual.keys(), key=str)
            additional = sorted(actual.keys() - expected.keys(), key=str)
            raise Mismatch(
                "The keys of the mappings do not match:\n"
                f"Missing keys in the actual mapping: {missing}\n"
                f"Additional keys in the actual mapping: {additional}",
                keys,
            )
        for key in actual:
            self.compare(actual[key], expected[key], (*keys, key))

    def compare_numbers(self, actual, expected, keys):
        kinds = [number_type(x) for x in (actual, expected)]
        if self.attributes["dtype"] and kinds[0] is not kinds[1]:
            raise Mismatch(f"The (d)types do not match: {kinds[0]} != {kinds[1]}.", keys)
        dtypes = [NUMBER_DTYPES[kind] for kind in kinds]
        rtol, atol = self.tolerances_for(*dtypes)
        actual, expected = (x.item() if isinstance(x, np.number) else x for x in (actual, expected))
        if not close_numbers(actual, expected, rtol, atol, self.equal_nan):
            raise Mismatch(scalar_report(actual, expected, rtol, atol), keys)

    def compare_tensors(self, actual, expected, keys):
        """Compare what describes them, then their values, in the dtype where they meet."""
        actual, expected = actual.detach(), expected.detach()
        if actual.shape != expected.shape:
            raise attribute_mismatch("shape", actual.shape, expected.shape, keys)
        for name, wanted in self.attributes.items():
            read = (
                operator.methodcaller("stride") if name == "stride()" else operator.attrgetter(name)
            )
            if wanted and read(actual) != read(expected):
                raise attribute_mismatch(name, read(actual), read(expected), keys)
        rtol, atol = self.tolerances_for(actual.dtype, expected.dtype)
        if rtol < 0 or atol < 0:
            raise RuntimeError(f"rtol and atol must not be negative, but got {rtol} and {atol}.")
        meeting = torch.promote_types(actual.dtype, expected.dtype)
        actual, expected = actual.to(meeting), expected.to(meeting)
        close = torch.isclose(actual, expected, rtol=rtol, atol=atol, equal_nan=self.equal_nan)
        if not close.all():
            if actual.ndim == 0:
                report = scalar_report(actual.item(), expected.item(), rtol, atol)
            else:
                report = tensor_report(actual, expected, ~close, rtol, atol)
            raise Mismatch(report, keys)

    def tolerances_for(self, *dtypes):
        """The given tolerances, or the widest of those of the dtypes."""
        if self.tolerances is not None:
            return self.tolerances
        each = [TOLERANCES.get(dtype, (0.0, 0.0)) for dtype in dtypes]
        return max(rtol for rtol, _ in each), max(atol for _, atol in each)


NUMBER_DTYPES = {int: torch.int64, float: torch.float64, complex: torch.complex128}


def both(actual, expected, kinds):
    return isinstance(actual, kinds) and isinstance(expected, kinds)


def is_sequence(x):
    return isinstance(x, Sequence) and not isinstance(x, str)


def number_type(x):
    if isinstance(x, np.number):
        return type(x.item())
    return next(kind for kind in NUMBER_DTYPES if isinstance(x, kind))


def attribute_mismatch(name, actual, expected, keys):
    return Mismatch(
        f"The values for attribute '{name}' do not match: {actual} != {expected}.", keys
    )


def close_numbers(actual, expected, rtol, atol, equal_nan):
    if actual == expected:
        return True
    if actual != actual and expected != expected:
        return equal_nan
    difference = abs(actual - expected)
    return difference != float("inf") and difference <= atol + rtol * abs(expected)


def scalar_report(actual, expected, rtol, atol):
    """The difference of two numbers, in PyTorch's words."""
    equal = rtol == atol == 0
    absolute = abs(actual - expected)
    relative = float("inf") if expected == 0 else absolute / abs(expected)
    return (
        f"Scalars are not {'equal' if equal else 'close'}!\n\n"
        f"Expected {expected} but got {actual}.\n"
        f"Absolute difference: {absolute}{'' if equal else f' (up to {atol} allowed)'}\n"
        f"Relative difference: {relative}{'' if equal else f' (up to {rtol} allowed)'}"
    )


def tensor_report(actual, expected, differs, rtol, atol):
    """How many elements differ, and where most, in PyTorch's words."""
    equal = rtol == atol == 0
    if actual.dtype == torch.bool:
        actual, expected = actual.long(), expected.long()
    count, total = int(differs.sum()), differs.numel()
    absolute = (actual - expected).abs()
    relative = ((actual - expected) / expected).abs()

    def greatest(differences, allowed):
        differences = differences.masked_fill(~differs, 0).flatten()
        place = int(differences.argmax())
        index = tuple(int(i) for i in np.unravel_index(place, tuple(actual.shape)))
        limit = "" if equal else f" (up to {allowed} allowed)"
        return f"{differences[place].item()} at index {index}{limit}"

    return (
        f"Tensor-likes are not {'equal' if equal else 'close'}!\n\n"
        f"Mismatched elements: {count} / {total} ({count / total:.1%})\n"
        f"Greatest absolute difference: {greatest(absolute, atol)}\n"
        f"Greatest relative difference: {greatest(relative, rtol)}"
    )
