"""Printed tensors. Every expected text is what PyTorch 2.13 prints."""

from math import inf, nan

import numpy as np
import pytest

import rushlight as rl
from rushlight.printing import get_printoptions, printoptions, set_printoptions, tensor_str

SINGLE = [
    (np.float32(3.14159), "tensor(3.1416)"),
    (np.float32(2), "tensor(2.)"),
    (np.float32(nan), "tensor(nan)"),
    (np.float32(-inf), "tensor(-inf)"),
    (np.float32(1e-5), "tensor(1.0000e-05)"),
    (np.float64(123456789), "tensor(1.2346e+08)"),
    (np.int64(-7), "tensor(-7)"),
    (np.uint64(2**64 - 1), "tensor(18446744073709551615)"),
    (np.bool_(True), "tensor(True)"),
    (np.complex64(1 - 2j), "tensor(1.-2.j)"),
]

ROWS = [
    ([1, 2.5, -3], "f4", "tensor([ 1.0000,  2.5000, -3.0000])"),
    ([0, nan, -inf], "f4", "tensor([0., nan, -inf])"),
    ([0.5, inf], "f4", "tensor([0.5000,    inf])"),
    ([0.0, -0.0, 1], "f4", "tensor([0., -0., 1.])"),
    ([0.00011, -0.1], "f4", "tensor([ 0.0001, -0.1000])"),
    ([1e-4, 1], "f4", "tensor([1.0000e-04, 1.0000e+00])"),
    ([1e-5, 0], "f4", "tensor([1.0000e-05, 0.0000e+00])"),
    ([1000, 1], "f4", "tensor([1000.,    1.])"),
    ([1001, 1], "f4", "tensor([1.0010e+03, 1.0000e+00])"),
    ([100000000], "f4", "tensor([100000000.])"),
    ([100000008], "f4", "tensor([1.0000e+08])"),
    ([65504, 6e-8], "f2", "tensor([6.5504e+04, 5.9605e-08])"),
    ([1e308, 5e-324], "f8", "tensor([1.0000e+308, 4.9407e-324])"),
    ([1, -200, 3], "i8", "tensor([   1, -200,    3])"),
    ([1, 2, 253], "u1", "tensor([  1,   2, 253])"),
    ([True, False], "?", "tensor([ True, False])"),
    ([1 + 2j, -3.5 - 1e-6j], "c8", "tensor([ 1.0000+2.0000e+00j, -3.5000-1.0000e-06j])"),
    ([1, complex(nan, -inf)], "c8", "tensor([1.+0.j, nan-infj])"),
    ([], "f4", "tensor([])"),
]

BLOCKS = [
    (np.zeros((0, 3)), "tensor([], size=(0, 3))"),
    (np.eye(2), "tensor([[1., 0.],\n        [0., 1.]])"),
    (
        np.arange(8.0).reshape(2, 1, 2, 2) - 4,
        "tensor([[[[-4., -3.],\n          [-2., -1.]]],\n\n\n"
        "        [[[ 0.,  1.],\n          [ 2.,  3.]]]])",
    ),
    (
        np.arange(15) / 8,
        "tensor([0.0000, 0.1250, 0.2500, 0.3750, 0.5000, 0.6250, 0.7500, 0.8750, 1.0000,\n"
        "        1.1250, 1.2500, 1.3750, 1.5000, 1.6250, 1.7500])",
    ),
    (
        np.full(13, 1j),
        "tensor([0.+1.j, 0.+1.j, 0.+1.j, 0.+1.j, 0.+1.j, 0.+1.j, 0.+1.j, 0.+1.j, 0.+1.j, 0.+1.j, "
        "0.+1.j, 0.+1.j,\n        0.+1.j])",
    ),
    (np.arange(1001), "tensor([   0,    1,    2,  ...,  998,  999, 1000])"),
    (
        np.arange(6000.0).reshape(2, 3000),
        "tensor([[0.0000e+00, 1.0000e+00, 2.0000e+00,  ..., 2.9970e+03, 2.9980e+03,\n"
        "         2.9990e+03],\n"
        "        [3.0000e+03, 3.0010e+03, 3.0020e+03,  ..., 5.9970e+03, 5.9980e+03,\n"
        "         5.9990e+03]])",
    ),
]


@pytest.mark.parametrize(("number", "expected"), SINGLE)
def test_no_dimensions(number, expected):
    assert tensor_str(np.asarray(number)) == expected


@pytest.mark.parametrize(("values", "dtype", "expected"), ROWS)
def test_one_dimension(values, dtype, expected):
    assert tensor_str(np.array(values, dtype)) == expected


@pytest.mark.parametrize(("array", "expected"), BLOCKS)
def test_many_dimensions(array, expected):
    assert tensor_str(array) == expected


def test_a_summary_cuts_only_what_is_longer_than_its_ends():
    with printoptions(edgeitems=1, threshold=2):
        assert tensor_str(np.arange(4.0).reshape(2, 2)) == "tensor([[0., 1.],\n        [2., 3.]])"
        assert tensor_str(np.arange(3.0)) == "tensor([0.,  ..., 2.])"
        assert tensor_str(np.arange(27.0).reshape(3, 3, 3)) == (
            "tensor([[[ 0.,  ...,  2.],\n         ...,\n         [ 6.,  ...,  8.]],\n\n"
            "        ...,\n\n"
            "        [[18.,  ..., 20.],\n         ...,\n         [24.,  ..., 26.]]])"
        )


def test_a_summary_looks_only_at_what_it_shows():
    array = np.ones(2000)
    array[1000] = 1e-9
    assert tensor_str(array) == "tensor([1., 1., 1.,  ..., 1., 1., 1.])"


def test_without_edgeitems_the_size_is_told():
    with printoptions(edgeitems=0):
        assert tensor_str(np.array(1.0)) == "tensor(1., size=())"
        assert tensor_str(np.arange(2)) == "tensor([0, 1], size=(2,))"
        assert tensor_str(np.ones((40, 50))) == "tensor([...], size=(40, 50))"


def test_a_suffix_that_does_not_fit_gets_a_line():
    row = np.ones(3) / 3
    suffixes = ["dtype=torch.float64", "grad_fn=<MulBackward0>"]
    with printoptions(linewidth=77):
        assert tensor_str(row, suffixes=suffixes) == (
            "tensor([0.3333, 0.3333, 0.3333], dtype=torch.float64,\n       grad_fn=<MulBackward0>)"
        )
    with printoptions(linewidth=78):
        assert tensor_str(row, suffixes=suffixes) == (
            "tensor([0.3333, 0.3333, 0.3333], dtype=torch.float64, grad_fn=<MulBackward0>)"
        )


def test_precision():
    with printoptions(precision=2):
        assert tensor_str(np.array([1 / 3, 1e-5])) == "tensor([3.33e-01, 1.00e-05])"
    with printoptions(precision=0):
        assert tensor_str(np.array([1.5, 2.5])) == "tensor([2, 2])"


def test_sci_mode():
    with printoptions(sci_mode=True):
        assert tensor_str(np.array([nan, 1])) == "tensor([       nan, 1.0000e+00])"
        assert tensor_str(np.zeros(2)) == "tensor([0., 0.])"
        assert tensor_str(np.array([1, 2])) == "tensor([1, 2])"
    with printoptions(sci_mode=False):
        assert tensor_str(np.array([0, 1e-10])) == "tensor([0.0000, 0.0000])"
        assert tensor_str(np.array([1e9, 2])) == "tensor([1000000000.,          2.])"


DEFAULT = {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80, "sci_mode": None}


def test_profiles():
    with printoptions():
        set_printoptions(profile="short", linewidth=100)
        assert get_printoptions() == DEFAULT | {"precision": 2, "edgeitems": 2, "linewidth": 100}
        set_printoptions(profile="full")
        assert get_printoptions() == DEFAULT | {"threshold": inf}
        set_printoptions(profile="default")
        assert get_printoptions() == DEFAULT


def test_sci_mode_lasts_until_the_next_call():
    with printoptions(sci_mode=True):
        set_printoptions(precision=3)
        assert get_printoptions() == DEFAULT | {"precision": 3}


def test_printoptions_are_restored_after_an_error():
    with pytest.raises(ZeroDivisionError), printoptions(precision=1):
        1 / 0
    assert get_printoptions() == DEFAULT
    with pytest.raises(TypeError, match="unexpected keyword argument 'digits'"):
        printoptions(digits=3).__enter__()


DTYPES = [
    (rl.float32, "tensor([1.])", "tensor([])"),
    (rl.float64, "tensor([1.], dtype=torch.float64)", "tensor([], dtype=torch.float64)"),
    (rl.float16, "tensor([1.], dtype=torch.float16)", "tensor([], dtype=torch.float16)"),
    (rl.complex64, "tensor([1.+0.j])", "tensor([], dtype=torch.complex64)"),
    (rl.complex128, "tensor([1.+0.j], dtype=torch.complex128)", None),
    (rl.int64, "tensor([1])", "tensor([], dtype=torch.int64)"),
    (rl.int32, "tensor([1], dtype=torch.int32)", "tensor([], dtype=torch.int32)"),
    (rl.uint16, "tensor([1], dtype=torch.uint16)", "tensor([], dtype=torch.uint16)"),
    (rl.bool, "tensor([True])", "tensor([], dtype=torch.bool)"),
]


@pytest.mark.parametrize(("dtype", "one", "none"), DTYPES)
def test_dtype_is_told_unless_evident(dtype, one, none):
    assert repr(rl.ones(1, dtype=dtype)) == one
    assert none is None or repr(rl.ones(0, dtype=dtype)) == none


def test_bfloat16():
    pytest.importorskip("ml_dtypes")
    tensor = rl.tensor([1e-5, 2.0], dtype=rl.bfloat16)
    assert repr(tensor) == "tensor([1.0014e-05, 2.0000e+00], dtype=torch.bfloat16)"


def test_default_dtype_decides_what_is_evident():
    rl.set_default_dtype(rl.float64)
    assert repr(rl.ones(1)) == "tensor([1.])"
    assert repr(rl.ones(0)) == "tensor([])"
    assert repr(rl.ones(1, dtype=rl.float32)) == "tensor([1.], dtype=torch.float32)"
    assert repr(rl.ones(1, dtype=rl.complex128)) == "tensor([1.+0.j])"
    assert repr(rl.ones(1, dtype=rl.complex64)) == "tensor([1.+0.j], dtype=torch.complex64)"


def test_history():
    leaf = rl.ones(2, requires_grad=True)
    assert repr(leaf) == str(leaf) == "tensor([1., 1.], requires_grad=True)"
    assert repr(leaf + 1) == "tensor([2., 2.], grad_fn=<AddBackward0>)"
    assert repr(leaf.detach()) == "tensor([1., 1.])"
    assert repr(leaf.double() + 1) == (
        "tensor([2., 2.], dtype=torch.float64, grad_fn=<AddBackward0>)"
    )
    empty = rl.zeros(2, 0, requires_grad=True)
    assert repr(empty * 2) == "tensor([], size=(2, 0), grad_fn=<MulBackward0>)"


def test_the_history_of_a_function_of_the_users():
    class Twice(rl.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2

    result = Twice.apply(rl.ones(2, requires_grad=True))
    assert repr(result) == "tensor([2., 2.], grad_fn=<TwiceBackward>)"


def test_parameter():
    parameter = rl.nn.Parameter(rl.ones(2))
    expected = "Parameter containing:\ntensor([1., 1.], requires_grad=True)"
    assert repr(parameter) == str(parameter) == f"{parameter}" == expected


def test_format():
    assert f"{rl.tensor(3.14159):.4f}" == "3.1416"
    assert f"{rl.tensor(3.14159)}" == "3.141590118408203"
    assert f"{rl.tensor(3):>8}" == "       3"
    assert f"{rl.tensor(True)}" == "True"
    assert f"{rl.tensor(1 + 2j):.4f}" == "1.0000+2.0000j"
    assert f"{rl.tensor(2.5, requires_grad=True):e}" == "2.500000e+00"
    assert f"{rl.ones(1)}" == "tensor([1.])"
    with pytest.raises(ValueError, match="Unknown format code 'd' for object of type 'float'"):
        format(rl.tensor(1.0), "d")
    message = r"unsupported format string passed to {}\.__format__"
    with pytest.raises(TypeError, match=message.format("Tensor")):
        format(rl.ones(1), ".4f")
    with pytest.raises(TypeError, match=message.format("Parameter")):
        format(rl.nn.Parameter(rl.tensor(1.0)), ".4f")


@pytest.mark.parametrize("two", [2.0, [2.0]])
def test_percent(two):
    tensor = rl.tensor(two)
    assert "%.3f %d" % (tensor, tensor) == "2.000 2"  # noqa: UP031
    assert "%s" % tensor == repr(tensor)  # noqa: UP031
