"""Operations on elements and reductions held against PyTorch, on PyTorch's own sample inputs."""

import itertools
import warnings

import numpy as np
import pytest
import test_arithmetic
import test_compare
import test_elementwise
import test_reduce
import test_special
from expressions import evaluate

import rushlight as rl
import rushlight.special
from rushlight.tensor import wrap

torch = pytest.importorskip("torch")

TABLES = (test_arithmetic, test_compare, test_elementwise, test_reduce, test_special)


@pytest.mark.parametrize(
    ("expression", "printed"), [entry for table in TABLES for entry in table.VALUES]
)
def test_recorded_values_are_pytorchs(expression, printed):
    assert repr(evaluate(expression, torch)) == printed


@pytest.mark.parametrize(
    ("expression", "kind", "message"), [entry for table in TABLES for entry in table.ERRORS]
)
def test_recorded_errors_are_pytorchs(expression, kind, message):
    with pytest.raises(kind) as caught:
        evaluate(expression, torch)
    assert str(caught.value).split("\n")[0] == message


# PyTorch's samples --------------------------------------------------------------------------------

NAMES = """
abs acos acosh add addcdiv addcmul all amax amin aminmax angle any argmax argmin asin asinh atan
atan2 atanh bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor
ceil clamp clamp_max clamp_min conj_physical copysign cos cosh count_nonzero cummax cummin cumprod
cumsum cumulative_trapezoid deg2rad diff digamma div eq erf erfc erfinv exp exp2 expm1 float_power
floor floor_divide fmax fmin fmod frac frexp gcd ge gradient gt heaviside histc hypot i0 isclose
isfinite isinf isnan isneginf isposinf isreal lcm ldexp le lerp lgamma log log10 log1p log2
log_softmax logaddexp logaddexp2 logcumsumexp logical_and logical_not logical_or logical_xor logit
logsumexp lt maximum mean median min max minimum mul mvlgamma nan_to_num nanmean nanmedian
nanquantile nansum ne neg nextafter polar positive pow prod quantile rad2deg real reciprocal
remainder round rsqrt rsub sgn sigmoid sign signbit sin sinc sinh softmax sqrt square std std_mean
sub sum tan tanh trapezoid trunc true_divide var var_mean xlogy special.entr special.erfcx
special.i1 special.i1e special.log_ndtr special.ndtr special.ndtri special.xlog1py
""".split()


@pytest.fixture(scope="module")
def database():
    """PyTorch's records of operations, by name."""
    module = pytest.importorskip("torch.testing._internal.common_methods_invocations")
    found = {}
    for each in module.op_db:
        found.setdefault(each.name, each)
    return found


def converted(value, pairs):
    """Arguments with our tensors in place of PyTorch's; `pairs` collects both."""
    if isinstance(value, torch.Tensor):
        ours = wrap(value.detach().resolve_conj().numpy().copy())
        ours.requires_grad = value.requires_grad
        pairs.append((value, ours))
        return ours
    if isinstance(value, (list, tuple)):
        return type(value)(converted(each, pairs) for each in value)
    if isinstance(value, dict):
        return {name: converted(each, pairs) for name, each in value.items()}
    if isinstance(value, torch.dtype):
        return getattr(rl, str(value).removeprefix("torch."))
    return value


def compare(theirs, ours, tolerance):
    """Assert that two tensors agree in dtype, shape and values."""
    assert str(theirs.dtype) == str(ours.dtype)
    assert tuple(theirs.shape) == tuple(ours.shape)
    expected = theirs.detach().resolve_conj().numpy(force=True)
    np.testing.assert_allclose(ours._array, expected, rtol=tolerance, atol=tolerance)


def flat(outputs):
    return list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]


def gradients(library, outputs, inputs, weights):
    weighted = [library.tensor(w, dtype=x.dtype) for w, x in zip(weights, outputs)]
    return library.autograd.grad(outputs, inputs, weighted, create_graph=True, allow_unused=True)


def compare_gradients(theirs, ours, inputs, order):
    """Assert that the derivatives of the outputs agree, and those of the derivatives."""
    kept = [
        (a, b)
        for a, b in zip(theirs, ours)
        if a is not None and a.requires_grad and (a.is_floating_point() or a.is_complex())
    ]
    if not kept:
        return
    generator = np.random.default_rng(order)
    weights = [generator.uniform(0.5, 1.5, tuple(a.shape)) for a, _ in kept]
    expected = gradients(torch, [a for a, _ in kept], [x for x, _ in inputs], weights)
    found = gradients(rl, [b for _, b in kept], [x for _, x in inputs], weights)
    for a, b in zip(expected, found):
        assert (a is None) <= (b is None or not np.any(b._array))
        if a is not None:
            compare(a, b if b is not None else rl.zeros(*a.shape, dtype=rl.float64), 1e-6)
    if order < 2:
        compare_gradients(expected, found, inputs, order + 1)


def our_function(name):
    found = rl
    for part in name.split("."):
        found = getattr(found, part)
    return found


@pytest.mark.parametrize("kind", ["float64", "int64"])
@pytest.mark.parametrize("name", NAMES)
def test_operation_on_pytorchs_samples(name, kind, database):
    record = database[name]
    dtype = getattr(torch, kind)
    if dtype not in record.supported_dtypes("cpu"):
        pytest.skip("PyTorch refuses this dtype")
    differentiable = kind == "float64" and record.supports_autograd
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        samples = record.sample_inputs("cpu", dtype, requires_grad=differentiable)
        for sample in itertools.islice(samples, 0, 8, 4):
            pairs = []
            args = converted([sample.input, *sample.args], pairs)
            options = converted(sample.kwargs, pairs)
            theirs = flat(record.op(sample.input, *sample.args, **sample.kwargs))
            ours = flat(our_function(name)(*args, **options))
            assert len(theirs) == len(ours)
            for a, b in zip(theirs, ours):
                compare(a, b, 1e-5 if a.dtype in (torch.float32, torch.complex64) else 1e-7)
            inputs = [(a, b) for a, b in pairs if a.requires_grad]
            if inputs:
                compare_gradients(theirs, ours, inputs, 1 if record.supports_gradgrad else 2)


# Complex numbers ----------------------------------------------------------------------------------

COMPLEX = (
    """
abs(z)|angle(z)|real(z)|imag(z)|conj(z)|sgn(z)|view_as_real(z)|exp(z)|log(z)|sin(z)|tanh(z)|sqrt(z)
z * conj(z)|z / (z + 1)|z ** 2|z ** z|2.0 ** z|reciprocal(z)|rsqrt(z)|acosh(z)|atan(z)|sigmoid(z)
var(z)|std(z)|mean(z)|prod(z)|cumprod(z, 0)|norm(z)|norm(z, 1)|logsumexp(z, 0)|sinc(z)|tan(z)
complex(real(z), imag(z) * 2)|logaddexp(z, z * 2)|addcmul(z, z, z)|where(abs(z) > 1, z, 0.0)
z + real(z)|z * real(z)|lerp(z, z * 2, 0.3)|expm1(z)|log1p(z)|square(z)|cumsum(z, 0)
""".replace("\n", "|")
    .strip("|")
    .split("|")
)


@pytest.mark.parametrize("expression", COMPLEX)
def test_gradients_of_complex_numbers(expression):
    found = []
    for library in (torch, rl):
        z = library.tensor(np.array([1 + 2j, -0.3 + 0.7j, -2 - 0.5j]), requires_grad=True)
        value = eval(expression, {**vars(library), "z": z})
        loss = library.abs(value * (0.7 + 0.2j) + (1 + 1j)).sum()
        (first,) = library.autograd.grad(loss, z, create_graph=True)
        (second,) = library.autograd.grad(library.abs(first + 0.5j).sum(), z)
        found.append((value, first, second))
    for theirs, ours in zip(*found):
        compare(theirs, ours, 1e-7)
