"""Tensors made from data, from nothing and from chance; casts."""

import numpy as np
import pytest

import rushlight as rl
from rushlight.explain.display import explain


@pytest.mark.parametrize(
    ("data", "dtype", "values"),
    [
        (3, "int64", 3),
        (3.5, "float32", 3.5),
        (True, "bool", True),
        (1j, "complex64", 1j),
        ([True, 1], "int64", [1, 1]),
        ([True, 1.5], "float32", [1.0, 1.5]),
        ([1, 2j], "complex64", [1, 2j]),
        ([], "float32", []),
        ([[], []], "float32", [[], []]),
        (range(3), "int64", [0, 1, 2]),
        (((1, 2), [3, 4]), "int64", [[1, 2], [3, 4]]),
        (np.float64(2), "float64", 2.0),
        ([np.float32(1), np.float64(2)], "float64", [1.0, 2.0]),
        (np.array([1, 2], np.int16), "int16", [1, 2]),
        ([rl.tensor(1), 2.5], "float32", [1.0, 2.5]),
        ([rl.tensor(1.0, requires_grad=True)], "float32", [1.0]),
    ],
)
def test_dtypes_of_data(data, dtype, values):
    made = rl.tensor(data)
    assert made.dtype is getattr(rl, dtype)
    assert made.tolist() == values
    assert made.is_leaf


@pytest.mark.parametrize(
    ("data", "options", "error", "message"),
    [
        ([[1, 2], [3]], {}, ValueError, "expected sequence of length 2 at dim 1 (got 1)"),
        ([1, [2]], {}, TypeError, "'list' object cannot be interpreted as an integer"),
        ([[1], 2], {}, TypeError, "not a sequence"),
        ("a", {}, TypeError, "new(): invalid data type 'str'"),
        (["a"], {}, ValueError, "too many dimensions 'str'"),
        (None, {}, RuntimeError, "Could not infer dtype of NoneType"),
        ([object()], {}, RuntimeError, "Could not infer dtype of object"),
        ({1: 2}, {}, RuntimeError, "Could not infer dtype of dict"),
        (2**63, {}, ValueError, "Overflow when unpacking long long"),
        ([rl.ones(2)] * 2, {}, ValueError, "only one element tensors can be converted to Python"),
        (300, {"dtype": rl.uint8}, RuntimeError, "value cannot be converted to type uint8 without"),
        (1j, {"dtype": rl.float32}, TypeError, "must be real number, not complex"),
        (1, {"device": "cuda"}, AssertionError, "Torch not compiled with CUDA enabled"),
        (1, {"device": "foo"}, RuntimeError, "Expected one of cpu, cuda, ipu, xpu, mkldnn, opengl"),
        ([1], {"requires_grad": True}, RuntimeError, "Only Tensors of floating point and complex"),
        (np.arange(3)[::-1], {}, ValueError, "At least one stride in the given numpy array is neg"),
        (np.array(["a"]), {}, TypeError, "can't convert np.ndarray of type numpy.str_. The only"),
        (np.array([1], ">i4"), {}, ValueError, "given numpy array has byte order different from"),
    ],
)
def test_data_refused(data, options, error, message):
    with pytest.raises(error) as caught:
        rl.tensor(data, **options)
    assert str(caught.value).startswith(message)


def test_lists_of_arrays_are_warned_of():
    from rushlight.ops import warn

    warn._given.clear()
    with pytest.warns(UserWarning, match="Creating a tensor from a list of numpy.ndarrays is extr"):
        assert rl.tensor([np.arange(2), np.arange(2)]).tolist() == [[0, 1], [0, 1]]


def test_unsigned_integers_wrap_round():
    assert rl.tensor([-1], dtype=rl.uint8).tolist() == [255]


def test_copying_a_tensor_is_warned_of():
    with pytest.warns(UserWarning, match="To copy construct from a tensor, it is recommended to"):
        rl.tensor(rl.ones(1))


def test_memory_shared_with_numpy():
    array = np.zeros(3)
    for made in (rl.from_numpy(array), rl.as_tensor(array), rl.asarray(array)):
        made[0] += 1
    assert array[0] == 3
    assert rl.asarray(array, copy=True).data_ptr() != rl.as_tensor(array).data_ptr()
    assert np.asarray(rl.ones(2)).tolist() == [1, 1]
    assert rl.from_numpy(np.array(1.5)).shape == ()
    with pytest.raises(TypeError, match=r"expected np.ndarray \(got list\)"):
        rl.from_numpy([1])


def test_constants():
    assert rl.zeros(2, 3).shape == rl.zeros((2, 3)).shape == rl.zeros(size=(2, 3)).shape
    assert rl.ones(2, dtype=rl.int8).tolist() == [1, 1]
    assert rl.full((2,), 1).dtype is rl.int64
    assert rl.full((2,), True).dtype is rl.bool
    assert rl.full((2,), 1.5, dtype=rl.int64).tolist() == [1, 1]
    assert rl.full_like(rl.ones(2, dtype=rl.int32), 7).dtype is rl.int32
    assert rl.zeros_like(rl.ones(2), dtype=rl.int64).tolist() == [0, 0]
    assert rl.ones(1).new_full((2,), 3).dtype is rl.float32
    assert rl.ones(1).new_tensor([1, 2]).dtype is rl.float32
    assert rl.zeros(2, requires_grad=True).requires_grad
    assert rl.empty_strided((2, 3), (1, 2)).stride() == (1, 2)
    assert rl.empty_permuted((2, 3), (1, 0)).stride() == (1, 2)
    assert rl.scalar_tensor(2).dtype is rl.float32


@pytest.mark.parametrize(
    ("args", "values", "dtype"),
    [
        ((5,), [0, 1, 2, 3, 4], "int64"),
        ((5.0,), [0, 1, 2, 3, 4], "float32"),
        ((1, 2.5), [1, 2], "float32"),
        ((5, 0, -2), [5, 3, 1], "int64"),
        ((0, 1, 0.25), [0, 0.25, 0.5, 0.75], "float32"),
        ((True,), [0], "int64"),
    ],
)
def test_ranges(args, values, dtype):
    made = rl.arange(*args)
    assert made.tolist() == values
    assert made.dtype is getattr(rl, dtype)


def test_spaced_numbers():
    assert rl.linspace(0, 1, 5).tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert rl.linspace(0, 10, 5, dtype=rl.int64).tolist() == [0, 2, 5, 7, 10]
    assert rl.linspace(0, 1, 1).tolist() == [0]
    assert rl.logspace(0, 2, 3, base=2).tolist() == [1, 2, 4]
    assert rl.eye(2, 3).tolist() == [[1, 0, 0], [0, 1, 0]]
    assert rl.tril_indices(2, 2).tolist() == [[0, 1, 1], [0, 0, 1]]
    assert rl.triu_indices(2, 3, 1).tolist() == [[0, 0, 1], [1, 2, 2]]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: rl.zeros(-1), RuntimeError, "zeros: Dimension size must be non-negative."),
        (
            lambda: rl.zeros("a"),
            TypeError,
            "zeros(): argument 'size' (position 1) must be tuple of",
        ),
        (lambda: rl.zeros(), TypeError, 'zeros() missing 1 required positional arguments: "size"'),
        (
            lambda: rl.zeros(2, dtype="a"),
            TypeError,
            "zeros(): argument 'dtype' must be torch.dtype",
        ),
        (
            lambda: rl.zeros(2, names="a"),
            TypeError,
            "zeros() got an unexpected keyword argument 'na",
        ),
        (
            lambda: rl.zeros(2, device="cuda"),
            AssertionError,
            "Torch not compiled with CUDA enabled",
        ),
        (
            lambda: rl.full((2,), 300, dtype=rl.uint8),
            RuntimeError,
            "value cannot be converted to ty",
        ),
        (lambda: rl.arange(0, 5, 0), RuntimeError, "step must be nonzero"),
        (
            lambda: rl.arange(5, 0),
            RuntimeError,
            "upper bound and lower bound inconsistent with step",
        ),
        (lambda: rl.linspace(0, 1, -1), RuntimeError, "number of steps must be non-negative"),
        (lambda: rl.eye(-1), RuntimeError, "n must be greater or equal to 0, got -1"),
        (lambda: rl.zeros_like([1]), TypeError, "zeros_like(): argument 'input' (position 1) must"),
        (
            lambda: rl.randn(2, dtype=rl.int64),
            NotImplementedError,
            '"normal_kernel_cpu" not implem',
        ),
        (
            lambda: rl.randint(5, 2, (2,)),
            RuntimeError,
            "random_ expects 'from' to be less than 'to'",
        ),
        (
            lambda: rl.randint(0, 5),
            TypeError,
            "randint(): argument 'size' (position 2) must be tup",
        ),
        (
            lambda: rl.normal(rl.zeros(2), -1.0),
            RuntimeError,
            "normal expects std >= 0.0, but found",
        ),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value).startswith(message)


def test_old_constructors():
    assert rl.Tensor(2, 3).shape == (2, 3)
    assert rl.Tensor([1, 2]).dtype is rl.float32
    assert rl.LongTensor([1, 2]).dtype is rl.int64
    assert rl.FloatTensor().shape == (0,)
    assert isinstance(rl.zeros(1), rl.FloatTensor)
    assert not isinstance(rl.zeros(1), rl.LongTensor)
    assert repr(rl.FloatTensor) == "<class 'torch.FloatTensor'>"
    assert rl.zeros(1).type() == "torch.FloatTensor"
    assert rl.zeros(1).type("torch.LongTensor").dtype is rl.int64
    assert rl.zeros(1).type(rl.LongTensor).dtype is rl.int64
    assert rl.ones(1).new(2, 3).shape == (2, 3)
    with pytest.raises(TypeError, match=r"new\(\): data must be a sequence \(got float\)"):
        rl.Tensor(3.5)
    with pytest.raises(ValueError, match="invalid type: 'foo'"):
        rl.zeros(1).type("foo")


def test_the_forms_of_to():
    x = rl.ones(2)
    assert x.to(rl.float32) is x
    assert x.to("cpu") is x
    assert x.to(None) is x
    assert x.to("cpu", rl.int32).dtype is rl.int32
    assert x.to(rl.ones(1, dtype=rl.int8)).dtype is rl.int8
    assert x.to(dtype=rl.float16).dtype is rl.float16
    assert x.to(float).dtype is rl.float64
    assert x.to(rl.float32, copy=True) is not x
    assert x.type_as(rl.ones(1, dtype=rl.int64)).dtype is rl.int64
    assert [getattr(x, kind)().dtype.name for kind in ("half", "double", "long", "bool")] == [
        "float16",
        "float64",
        "int64",
        "bool",
    ]
    with pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled"):
        x.cuda()
    y = rl.ones(2, requires_grad=True)
    z = y.double()
    assert type(z.grad_fn).__name__ == "ToCopyBackward0"
    z.sum().backward()
    assert y.grad.dtype is rl.float32


def test_the_default_dtype_is_what_floats_become():
    rl.set_default_dtype(rl.float64)
    assert rl.tensor(1.0).dtype is rl.zeros(1).dtype is rl.arange(1.0).dtype is rl.float64
    assert rl.tensor(1j).dtype is rl.complex128
    with pytest.raises(TypeError, match="only floating-point types are supported as the default"):
        rl.set_default_dtype(rl.int64)


def test_chance_takes_a_generator():
    one, other = (rl.Generator().manual_seed(3) for _ in range(2))
    assert rl.equal(rl.randn(5, generator=one), rl.randn(5, generator=other))
    assert rl.equal(rl.randperm(5, generator=one), rl.randperm(5, generator=other))
    assert rl.equal(rl.rand(2).uniform_(0, 1, generator=one), rl.rand(2, generator=other))
    assert rl.randint_like(rl.ones(3), 5).dtype is rl.float32
    assert rl.randint(2, 3, size=(2,)).tolist() == [2, 2]


def test_random_numbers_end_the_flow_of_gradients():
    x = rl.ones(3, requires_grad=True)
    y = x * 2
    y.normal_()
    y.sum().backward()
    assert x.grad.tolist() == [0, 0, 0]
    p = rl.full((3,), 0.5, requires_grad=True)
    assert type(rl.bernoulli(p).grad_fn).__name__ == "BernoulliBackward0"


def test_deep_copies_are_of_leaves():
    import copy

    x = rl.ones(2, requires_grad=True)
    x.grad = rl.ones(2)
    y = copy.deepcopy({"x": x, "again": x})
    assert y["x"] is y["again"]
    assert y["x"].requires_grad
    assert y["x"].grad.tolist() == [1, 1]
    with pytest.raises(RuntimeError, match="Only Tensors created explicitly by the user"):
        copy.deepcopy(x * 2)


def test_questions():
    assert rl.is_tensor(rl.ones(1))
    assert not rl.is_tensor(np.ones(1))
    assert rl.numel(rl.zeros(2, 3)) == 6
    assert rl.is_floating_point(rl.ones(1))
    assert rl.result_type(rl.tensor([1]), 1.0) is rl.float32
    assert rl.typename(rl.ones(1)) == "torch.FloatTensor"
    with pytest.raises(
        RuntimeError, match="Boolean value of Tensor with more than one value is am"
    ):
        rl.is_nonzero(rl.ones(2))


def test_unknown_names_are_answered_with_the_closest():
    with pytest.raises(AttributeError) as caught:
        rl.zeross
    assert str(caught.value) == "module 'torch' has no attribute 'zeross'"
    explain(caught.value)
    assert "`torch.zeros`?" in caught.value.__notes__[0]
