"""The random streams against PyTorch itself: every draw, and the state that it leaves behind."""

import numpy as np
import pytest

from rushlight.random import Generator

torch = pytest.importorskip("torch")

if not hasattr(torch, "_C"):
    pytest.skip("the oracle is real PyTorch", allow_module_level=True)

SIZES = [0, 1, 2, 7, 15, 16, 17, 31, 33, 100, 10007, 100003]
FLOATS = ["float16", "float32", "float64"]


def pair(seed=1234):
    return Generator().manual_seed(seed), torch.Generator().manual_seed(seed)


def same_state(ours, theirs):
    assert ours._dump() == theirs.get_state().numpy().tobytes()


def check(ours, theirs, drawn, expected, exact=True):
    expected = expected.numpy()
    assert drawn.dtype == expected.dtype and drawn.shape == expected.shape
    if exact:
        np.testing.assert_array_equal(drawn, expected)
    else:
        np.testing.assert_allclose(drawn, expected, rtol=1e-6, atol=1e-6)
    same_state(ours, theirs)


def empty(size, dtype):
    return torch.empty(size, dtype=getattr(torch, dtype))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    "bounds", [(0, 1), (-0.3333, 0.7), (2, 6), (-1, 1), (5, 5), (1, 1.0000002)]
)
def test_uniform(dtype, bounds):
    ours, theirs = pair()
    for size in SIZES:
        expected = empty(size, dtype).uniform_(*bounds, generator=theirs)
        check(ours, theirs, ours.uniform((size,), dtype, *bounds), expected)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("parameters", [(0, 1), (0.3, 1.7), (-2, 1), (0, 0.02), (1, 0)])
def test_normal(dtype, parameters):
    ours, theirs = pair()
    for size in SIZES * 2:
        expected = empty(size, dtype).normal_(*parameters, generator=theirs)
        drawn = ours.normal((size,), dtype, *parameters)
        if dtype == "float16" and size >= 16:
            assert np.mean(drawn == expected.numpy()) > 0.9985
            same_state(ours, theirs)
        else:
            check(ours, theirs, drawn, expected, exact=dtype == "float64" or size < 16)


def test_normal_in_float32_stays_within_four_units_in_the_last_place():
    ours, theirs = pair()
    drawn, expected = ours.normal((1 << 18,), "float32"), torch.randn(1 << 18, generator=theirs)
    distance = np.abs(drawn.view(np.int32) - expected.numpy().view(np.int32))
    assert distance.max() <= 4
    assert np.mean(distance == 0) > 0.85


def test_normal_into_an_array_that_is_not_contiguous():
    ours, theirs = pair()
    for dtype in FLOATS:
        for size in (1, 2, 16, 33, 100):
            expected = empty((size, 2), dtype)[:, 1].normal_(0.3, 1.7, generator=theirs)
            drawn = ours.normal((size,), dtype, 0.3, 1.7, contiguous=False)
            check(ours, theirs, drawn, expected)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex(dtype):
    ours, theirs = pair()
    for size in SIZES:
        options = {"dtype": getattr(torch, dtype), "generator": theirs}
        check(ours, theirs, ours.uniform((size,), dtype), torch.rand(size, **options))
        drawn = ours.normal((size,), dtype)
        check(ours, theirs, drawn, torch.randn(size, **options), exact=dtype == "complex128")


@pytest.mark.parametrize("name", ["float16", "float32", "float64", "bfloat16"])
def test_bfloat16_and_the_others_in_one_stream(name):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    dtype = ml_dtypes.bfloat16 if name == "bfloat16" else np.dtype(name)
    ours, theirs = pair()
    for size in (3, 100, 33):
        target = empty(size, name)
        for drawn, expected in (
            (ours.uniform((size,), dtype), target.uniform_(generator=theirs)),
            (
                ours.uniform((size,), dtype, -0.3333, 0.7),
                target.clone().uniform_(-0.3333, 0.7, generator=theirs),
            ),
            (
                ours.exponential((size,), dtype, 1.7),
                target.clone().exponential_(1.7, generator=theirs),
            ),
        ):
            np.testing.assert_array_equal(drawn.astype(float), expected.double().numpy())
        drawn, expected = ours.normal((size,), dtype), target.normal_(generator=theirs)
        np.testing.assert_allclose(drawn.astype(float), expected.double().numpy(), rtol=8e-3)
        same_state(ours, theirs)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32", "int64", "bool", *FLOATS])
def test_integers(dtype):
    ours, theirs = pair()
    for size in (0, 1, 7, 16, 100):
        check(
            ours,
            theirs,
            ours.integers(None, None, (size,), dtype),
            empty(size, dtype).random_(generator=theirs),
        )
        high = 2 if dtype == "bool" else 100
        for low in (0, 1, -50):
            if low < 0 and dtype in ("uint8", "bool"):
                continue
            expected = empty(size, dtype).random_(low, high, generator=theirs)
            check(ours, theirs, ours.integers(low, high, (size,), dtype), expected)
            expected = empty(size, dtype).random_(low, None, generator=theirs)
            check(ours, theirs, ours.integers(low, None, (size,), dtype), expected)


@pytest.mark.parametrize(
    "low, high",
    [
        (0, 2**28 - 1),
        (0, 2**28),
        (5, 2**31),
        (-(2**31), 2**31),
        (0, 2**32 + 1),
        (-(2**62), 2**62 + 7),
        (-(2**63), 2**63 - 1),
        (-(2**63), None),
    ],
)
def test_integers_of_wide_spans(low, high):
    ours, theirs = pair()
    for size in (1, 2, 100):
        expected = empty(size, "int64").random_(low, high, generator=theirs)
        check(ours, theirs, ours.integers(low, high, (size,), "int64"), expected)


def test_permutation():
    ours, theirs = pair()
    for n in [*SIZES, 3, 4, 5, 1999, 2000, 2001, 2002, 2500, 100003]:
        check(ours, theirs, ours.permutation(n), torch.randperm(n, generator=theirs))
    for dtype in ("uint8", "int32", "float16", "float32", "float64"):
        expected = torch.randperm(100, generator=theirs, dtype=getattr(torch, dtype))
        check(ours, theirs, ours.permutation(100, dtype), expected)


@pytest.mark.parametrize("dtype", ["uint8", "bool", "int64", *FLOATS])
def test_bernoulli(dtype):
    ours, theirs = pair()
    for size in SIZES:
        for p in (0, 0.3, 0.5, 1):
            expected = empty(size, dtype).bernoulli_(p, generator=theirs)
            check(ours, theirs, ours.bernoulli(p, (size,), dtype), expected)
        for kind in FLOATS:
            p = torch.linspace(0, 1, size, dtype=getattr(torch, kind))
            expected = empty(size, dtype).bernoulli_(p, generator=theirs)
            check(ours, theirs, ours.bernoulli(p.numpy(), (size,), dtype), expected)
            if kind == dtype:
                expected = torch.bernoulli(p, generator=theirs)
                check(ours, theirs, ours.bernoulli(p.numpy(), (size,), dtype), expected)


def test_dropout_keeps_what_bernoulli_draws():
    for p in (0.1, 0.3, 0.5, 0.9):
        ours = Generator().manual_seed(7)
        torch.manual_seed(7)
        for shape in ((10,), (33, 7)):
            kept = torch.nn.functional.dropout(torch.ones(shape), p).numpy() != 0
            np.testing.assert_array_equal(ours.bernoulli(1 - p, shape, bool), kept)


@pytest.mark.parametrize("dtype", FLOATS)
def test_continuous_distributions(dtype):
    ours, theirs = pair()
    for size in SIZES * 2:
        for method, name, parameters in (
            (ours.exponential, "exponential_", (1,)),
            (ours.exponential, "exponential_", (0.3,)),
            (ours.geometric, "geometric_", (0.2,)),
            (ours.cauchy, "cauchy_", (0.3, 1.7)),
            (ours.cauchy, "cauchy_", (0, 1)),
            (ours.log_normal, "log_normal_", (0.3, 0.7)),
        ):
            expected = getattr(empty(size, dtype), name)(*parameters, generator=theirs)
            check(ours, theirs, method((size,), dtype, *parameters), expected)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(1,), (10,), (100,), (4, 10), (3, 1000)])
def test_multinomial(dtype, shape):
    ours, theirs = pair()
    weights = (torch.rand(shape, dtype=torch.float64, generator=theirs) + 0.01).to(
        getattr(torch, dtype)
    )
    ours._load(theirs.get_state().numpy().tobytes())
    for num_samples in (1, 2, 7, 100):
        for replacement in (True, False):
            if not replacement and num_samples > shape[-1]:
                continue
            expected = torch.multinomial(weights, num_samples, replacement, generator=theirs)
            drawn = ours.multinomial(weights.numpy(), num_samples, replacement)
            if dtype == "float16" and num_samples > 1:  # equal quotients may stand in another order
                drawn, expected = np.sort(drawn, -1), expected.sort(-1).values
            check(ours, theirs, drawn, expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rejection_samplers(dtype):
    ours, theirs = pair()
    rate = torch.tensor([0.0, 0.5, 3, 9.9, 10, 20, 1000, 1e6] * 50, dtype=getattr(torch, dtype))
    check(ours, theirs, ours.poisson(rate.numpy()), torch.poisson(rate, generator=theirs))
    shape = torch.tensor([0.0, 0.01, 0.5, 1, 2.5, 100] * 50, dtype=getattr(torch, dtype))
    check(
        ours,
        theirs,
        ours.standard_gamma(shape.numpy()),
        torch._standard_gamma(shape, generator=theirs),
    )
    count = torch.tensor([0.0, 1, 5, 20, 100, 1000, 12345] * 50, dtype=getattr(torch, dtype))
    for p in (0.0, 0.01, 0.3, 0.5, 0.7, 0.999, 1.0):
        prob = torch.full_like(count, p)
        expected = torch.binomial(count, prob, generator=theirs)
        check(ours, theirs, ours.binomial(count.numpy(), prob.numpy()), expected)


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1), (1, 2, 0), (2, 1, 0)])
@pytest.mark.parametrize("index", [(), (slice(None, None, 2), slice(1, None)), (slice(None), 1)])
def test_fill_goes_along_memory(axes, index):
    ours, theirs = pair()
    expected = torch.zeros(6, 4, 10).permute(axes)[index].uniform_(generator=theirs)
    target = np.zeros((6, 4, 10), np.float32).transpose(axes)[index]
    check(ours, theirs, ours.fill(target, lambda shape: ours.uniform(shape, "float32")), expected)
    p = torch.rand(expected.shape, generator=torch.Generator().manual_seed(5))
    ours.fill(target, lambda shape, p: ours.bernoulli(p, shape, "float32"), p.numpy())
    expected = torch.zeros(6, 4, 10).permute(axes)[index].bernoulli_(p, generator=theirs)
    check(ours, theirs, target, expected)


def test_states_are_exchangeable():
    ours, theirs = pair()
    same_state(ours, theirs)
    for step in (1, 622, 1, 1, 3):
        ours.uniform((step,), "float32"), torch.rand(step, generator=theirs)
        same_state(ours, theirs)
    torch.randn(3, generator=theirs)
    fresh = Generator()
    fresh._load(theirs.get_state().numpy().tobytes())
    check(
        fresh,
        theirs,
        fresh.normal((5,), "float64"),
        torch.randn(5, generator=theirs, dtype=torch.float64),
    )
    state = torch.from_numpy(np.frombuffer(bytearray(fresh._dump()), np.uint8))
    theirs.set_state(state)
    check(fresh, theirs, fresh.permutation(9), torch.randperm(9, generator=theirs))


@pytest.mark.parametrize("seed", [0, 1, -1, -(2**63), 2**32, 2**32 + 1, 2**63, 2**64 - 1])
def test_seeds(seed):
    ours, theirs = pair(seed)
    assert ours.initial_seed() == theirs.initial_seed()
    check(
        ours,
        theirs,
        ours.uniform((5,), "float64"),
        torch.rand(5, generator=theirs, dtype=torch.float64),
    )


def test_a_generator_that_is_not_seeded_starts_as_theirs():
    same_state(Generator(), torch.Generator())


REFUSED = [
    (lambda g, d: g.uniform((3,), d, 2, 1), lambda x: x.uniform_(2, 1)),
    (lambda g, d: g.uniform((3,), d, float("nan"), 1), lambda x: x.uniform_(float("nan"), 1)),
    (lambda g, d: g.uniform((3,), d, 0, float("inf")), lambda x: x.uniform_(0, float("inf"))),
    (lambda g, d: g.uniform((3,), d, -6e4, 6e4), lambda x: x.uniform_(-6e4, 6e4)),
    (lambda g, d: g.normal((3,), d, 0, -1.5), lambda x: x.normal_(0, -1.5)),
    (lambda g, d: g.exponential((3,), d, 0), lambda x: x.exponential_(0)),
    (lambda g, d: g.geometric((3,), d, 1.0), lambda x: x.geometric_(1.0)),
    (lambda g, d: g.cauchy((3,), d, 0, 0), lambda x: x.cauchy_(0, 0)),
    (lambda g, d: g.log_normal((3,), d, 0, -1), lambda x: x.log_normal_(0, -1)),
    (lambda g, d: g.bernoulli(1.5, (3,), d), lambda x: x.bernoulli_(1.5)),
    (lambda g, d: g.integers(5, 5, (3,), d), lambda x: x.random_(5, 5)),
    (lambda g, d: g.integers(0, 10**6, (3,), d), lambda x: x.random_(0, 10**6)),
    (lambda g, d: g.integers(-(10**6), 5, (3,), d), lambda x: x.random_(-(10**6), 5)),
    (lambda g, d: g.permutation(-1, d), lambda x: torch.randperm(-1, dtype=x.dtype)),
    (lambda g, d: g.permutation(3000, d), lambda x: torch.randperm(3000, dtype=x.dtype)),
    *[
        (
            lambda g, d, w=w, n=n, r=r: g.multinomial(np.array(w).astype(d), n, r),
            lambda x, w=w, n=n, r=r: torch.multinomial(torch.tensor(w, dtype=x.dtype), n, r),
        )
        for w, n, r in (
            ([1, -1], 1, False),
            ([0, 0], 1, False),
            ([0, 0], 2, True),
            ([1, -1], 2, True),
            ([1, 1], 3, False),
            ([1, 1], 0, True),
            ([[[1]]], 1, True),
        )
    ],
]


@pytest.mark.parametrize("case", range(len(REFUSED)))
@pytest.mark.parametrize("dtype", ["float16", "float32", "uint8", "int64"])
@pytest.mark.filterwarnings("ignore:to - 1 is out of bounds", "ignore:from is out of bounds")
def test_refusals_read_as_theirs(case, dtype):
    ours, theirs = REFUSED[case]
    try:
        theirs(empty(3, dtype))
    except (RuntimeError, ValueError, OverflowError) as error:
        generator = Generator().manual_seed(3)
        with pytest.raises(type(error)) as caught:
            ours(generator, np.dtype(dtype))
        assert str(caught.value).split("\n")[0] == str(error).split("\n")[0]
        assert generator._dump() == Generator().manual_seed(3)._dump()
    else:
        ours(Generator(), np.dtype(dtype))
