"""rushlight.testing: what assert_close accepts, and what it says about what it doesn't."""

import numpy as np
import pytest

import rushlight as rl
from rushlight.testing import assert_allclose, assert_close, make_tensor

NAN = float("nan")

#: actual, expected, keyword arguments, what PyTorch says (its first lines)
DIFFERENT = [
    ([1.0, 2, 3], [1.0, 2.1, 4], {}, "Tensor-likes are not close!\n\nMismatched elements: 2 / 3 (66.7%)\n"
     "Greatest absolute difference: 1.0 at index (2,) (up to 1e-05 allowed)\n"
     "Greatest relative difference: 0.25 at index (2,) (up to 1.3e-06 allowed)"),
    ([[1.0, NAN]], [[1.0, NAN]], {}, "Tensor-likes are not close!\n\nMismatched elements: 1 / 2 (50.0%)\n"
     "Greatest absolute difference: nan at index (0, 1) (up to 1e-05 allowed)"),
    (1.0, 1.5, {}, "Scalars are not close!\n\nExpected 1.5 but got 1.0.\n"
     "Absolute difference: 0.5 (up to 1e-05 allowed)\n"
     "Relative difference: 0.3333333333333333 (up to 1.3e-06 allowed)"),
    ([1, 2], [1, 3], {}, "Tensor-likes are not equal!\n\nMismatched elements: 1 / 2 (50.0%)\n"
     "Greatest absolute difference: 1 at index (1,)\n"
     "Greatest relative difference: 0.3333333432674408 at index (1,)"),
    ([True], [False], {}, "Tensor-likes are not equal!\n\nMismatched elements: 1 / 1 (100.0%)\n"
     "Greatest absolute difference: 1 at index (0,)\nGreatest relative difference: inf at index (0,)"),
    ([1.0, 2], [1.0, 3], {"rtol": 0, "atol": 0}, "Tensor-likes are not equal!"),
    ([1.0, 2], [1.0, 3], {"msg": "hello"}, "hello"),
    ([1.0, 2], [1.0, 3], {"msg": lambda usual: f"In all: {usual}"}, "In all: Tensor-likes are not"),
    ([1.0, 2], [1, 2], {}, "The values for attribute 'dtype' do not match: torch.float32 != torch.int64."),
    ([1.0], [1.0, 2], {},
     "The values for attribute 'shape' do not match: torch.Size([1]) != torch.Size([2])."),
]  # fmt: skip

OTHERS = [
    (1, 2, AssertionError, "Scalars are not equal!\n\nExpected 2 but got 1.\nAbsolute difference: 1\n"),
    (1 + 1j, 1 + 2j, AssertionError, "Relative difference: 0.4472135954999579 (up to 1e-07 allowed)"),
    (True, False, AssertionError, "Booleans mismatch: True is not False"),
    (None, 3, AssertionError, "None mismatch: None is not 3"),
    (1, 1.0, AssertionError, "The (d)types do not match: <class 'int'> != <class 'float'>."),
    ([1, 2], [1], AssertionError, "The length of the sequences mismatch: 2 != 1"),
    ({"a": 1}, {"b": 1}, AssertionError, "The keys of the mappings do not match:\nMissing keys in the "
     "actual mapping: ['b']\nAdditional keys in the actual mapping: ['a']"),
    ({"a": 1, "b": [2]}, {"a": 1, "b": [3]}, AssertionError, "\n\nThe failure occurred for item ['b'][0]"),
    ("a", "b", TypeError, "No comparison pair was able to handle inputs of type <class 'str'> and"),
    (np.ones(2), np.zeros(2), AssertionError, "Mismatched elements: 2 / 2 (100.0%)"),
]  # fmt: skip


@pytest.mark.parametrize(("actual", "expected", "options", "message"), DIFFERENT)
def test_different_tensors_are_described(actual, expected, options, message):
    with pytest.raises(AssertionError) as raised:
        assert_close(rl.tensor(actual), rl.tensor(expected), **options)
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(("actual", "expected", "error", "message"), OTHERS)
def test_other_things_are_described(actual, expected, error, message):
    with pytest.raises(error) as raised:
        assert_close(actual, expected)
    assert message in str(raised.value)


def test_what_is_close_passes():
    x = rl.tensor([1.0, 2.0])
    assert_close(x, x + 1e-6)
    assert_close(x, rl.tensor([1, 2]), check_dtype=False)
    assert_close(rl.tensor([NAN]), rl.tensor([NAN]), equal_nan=True)
    assert_close((1, [x]), [1, (x,)])
    assert_allclose([1.0, NAN], rl.tensor([1, NAN]))
    with pytest.raises(AssertionError, match=r"'stride\(\)' do not match: \(3, 2\) != \(2, 1\)"):
        assert_close(rl.zeros(2, 3)[:, ::2], rl.zeros(2, 2), check_stride=True)


def test_tolerances_come_in_pairs_and_are_not_negative():
    with pytest.raises(ValueError, match="Both 'rtol' and 'atol' must be either specified or"):
        assert_close(1.0, 1.0, rtol=0)
    with pytest.raises(RuntimeError, match="must not be negative"):
        assert_close(rl.ones(1), rl.ones(1), rtol=0, atol=-1)
    with pytest.raises(TypeError, match="No comparison pair was able"):
        assert_close(rl.nn.Parameter(rl.ones(1)), rl.ones(1), allow_subclasses=False)


def test_make_tensor_draws_as_pytorch():
    rl.manual_seed(0)
    assert make_tensor((3,), dtype=rl.float32).tolist() == pytest.approx(
        [-0.0674, 4.8280, -7.4074], abs=1e-4
    )
    rl.manual_seed(0)
    spread = make_tensor(5, dtype=rl.int64, low=0, high=2, noncontiguous=True, exclude_zero=True)
    assert spread.stride() == (2,) and spread.tolist() == [1] * 5
    assert make_tensor(2, 2, dtype=rl.float64, requires_grad=True).requires_grad
    assert make_tensor(2, 2, dtype=rl.complex64).dtype == rl.complex64


@pytest.mark.parametrize(
    ("dtype", "options", "message"),
    [
        (rl.float32, {"low": 3, "high": 1}, r"`low` must be less than `high`, but got 3 >= 1"),
        (rl.float32, {"low": NAN}, r"cannot be NaN, but got low=nan and high=9"),
        (
            rl.int8,
            {"low": 300, "high": 400},
            r"is \[300, 400\), but torch.int8 only supports \[-128,",
        ),
        (
            rl.int8,
            {"requires_grad": True},
            r"not supported for boolean and integral dtypes, but got",
        ),
    ],
)
def test_make_tensor_refuses(dtype, options, message):
    with pytest.raises(ValueError, match=message):
        make_tensor(3, dtype=dtype, **options)
