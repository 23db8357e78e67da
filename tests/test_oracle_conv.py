"""Convolution and pooling against PyTorch: values and derivatives of many geometries."""

import itertools

import numpy as np
import pytest

import rushlight as rl

torch = pytest.importorskip("torch")


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Small convolutions are slow on several threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


SPACE = {1: (7,), 2: (6, 5), 3: (4, 3, 5)}


def some(geometries):
    """All geometries in one and two dimensions, one in three of them in three."""
    cases = [(count, each) for count in (1, 2) for each in geometries]
    return pytest.mark.parametrize(
        ("count", "options"), cases + [(3, each) for each in geometries[::3]], ids=str
    )


def numbers(generator, *shape):
    return generator.uniform(-1, 1, shape)


def outcome(t, function, arrays):
    """The value, the gradients, and the gradients of the sum of their squares."""
    leaves = [t.tensor(x, requires_grad=True) for x in arrays]
    out = function(t, *leaves)
    first = t.autograd.grad(out.sin().sum(), leaves, create_graph=True)
    second = t.autograd.grad(sum((g * g).sum() for g in first), leaves, allow_unused=True)
    return [None if x is None else x.detach().numpy() for x in (out, *first, *second)]


def assert_same(function, *arrays):
    for a, b in zip(outcome(rl, function, arrays), outcome(torch, function, arrays), strict=True):
        if a is None or b is None:
            assert all(x is None or not x.any() for x in (a, b))
        else:
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-10)


CONVOLUTIONS = [
    {"stride": s, "padding": p, "dilation": d, "groups": g}
    for s, p, d, g in itertools.product((1, 2), (0, 2), (1, 2), (1, 2))
]


@some(CONVOLUTIONS)
def test_convolution(count, options):
    generator = np.random.default_rng(0)
    kernel = (3, 2, 2)[:count]
    x = numbers(generator, 2, 4, *SPACE[count])
    weight = numbers(generator, 6, 4 // options["groups"], *kernel)
    if any(n + 2 * options["padding"] < options["dilation"] * (k - 1) + 1
           for n, k in zip(SPACE[count], kernel, strict=True)):  # fmt: skip
        pytest.skip("the window is larger than the input")
    assert_same(
        lambda t, *args: getattr(t.nn.functional, f"conv{count}d")(*args, **options),
        x, weight, numbers(generator, 6),
    )  # fmt: skip


@some(CONVOLUTIONS)
def test_transposed_convolution(count, options):
    generator = np.random.default_rng(0)
    more = {**options, "output_padding": min(1, options["stride"] - 1)}
    assert_same(
        lambda t, *args: getattr(t.nn.functional, f"conv_transpose{count}d")(*args, **more),
        numbers(generator, 2, 4, *(n // 2 + 2 for n in SPACE[count])),
        numbers(generator, 4, 2, *(3, 2, 3)[:count]),
        numbers(generator, 2 * options["groups"]),
    )


POOLS = [
    {"kernel_size": k, "stride": s, "padding": p, "ceil_mode": c}
    for k, s, p, c in itertools.product((2, 3), (None, 1, 2), (0, 1), (False, True))
]


@some(POOLS)
@pytest.mark.parametrize("kind", ["max", "avg"])
def test_pool(count, options, kind):
    x = numbers(np.random.default_rng(0), 2, 2, *SPACE[count])
    assert_same(lambda t, x: getattr(t.nn.functional, f"{kind}_pool{count}d")(x, **options), x)


@some(POOLS[:8])
def test_means_that_leave_the_padding_out(count, options):
    x = numbers(np.random.default_rng(0), 2, 2, *SPACE[count])
    name = f"avg_pool{count}d"
    assert_same(
        lambda t, x: getattr(t.nn.functional, name)(x, **options, count_include_pad=False), x
    )


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", ["max", "avg"])
def test_adaptive_pool(count, size, kind):
    x = numbers(np.random.default_rng(0), 2, 2, *SPACE[count])
    name = f"adaptive_{kind}_pool{count}d"
    assert_same(lambda t, x: getattr(t.nn.functional, name)(x, size), x)


@some(POOLS)
def test_indices_of_maxima(count, options):
    x = np.random.default_rng(0).integers(0, 3, (2, 2, *SPACE[count])).astype(float)
    x[0, 0, 0] = np.nan
    name = f"max_pool{count}d"
    results = [
        getattr(t.nn.functional, name)(t.tensor(x), **options, return_indices=True)
        for t in (rl, torch)
    ]
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


@pytest.mark.parametrize("power", [1, 2, 3])
def test_pool_of_norms(power):
    x = numbers(np.random.default_rng(0), 2, 2, 6, 5) + 2
    assert_same(lambda t, x: t.nn.functional.lp_pool2d(x, power, (2, 3), stride=2), x)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_dtypes(dtype):
    x = np.arange(32).reshape(1, 2, 4, 4).astype(dtype)
    weight = np.arange(8).reshape(1, 2, 2, 2).astype(dtype)
    for name, more in (("conv2d", (weight,)), ("conv_transpose2d", (weight[:, :1],))):
        args = (x, *more) if name == "conv2d" else (x[:, :1], *more)
        ours, theirs = (
            getattr(t.nn.functional, name)(*map(t.tensor, args), padding=1) for t in (rl, torch)
        )
        assert str(ours.dtype) == str(theirs.dtype)
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-6)
