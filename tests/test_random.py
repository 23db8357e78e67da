"""The random streams: what PyTorch 2.13 printed for three seeds, and how generators behave."""

import copy
import hashlib
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

import rushlight as rl
from rushlight.random import Generator

PRINTED = {
    0: {
        "uniform": [8325804, 12888623, 1484405, 2215104],
        "uniform64": [0.9700530018065531, 0.707819864399788],
        "normal": [
            1.5409961082440433,
            -0.2934289057609464,
            -2.1787893820745574,
            0.5684312772806678,
            -1.084522342424021,
        ],
        "blocks": [
            -2.310411800234176,
            -0.6332746088675096,
            -0.830510051008449,
            0.23871805816817063,
            -0.8910030351707375,
            0.6748575435940039,
        ],
        "integers": [44, 39, 33, 60, 63, 79, 27, 3],
        "wide": [741280623151, 506137267392, 291447657211],
        "permutation": [4, 1, 7, 5, 3, 9, 0, 8, 6, 2],
        "permutation5000": [1044, 2591, 4111, 666, 2158, 2256],
        "bernoulli": [0, 0, 1, 0, 0, 0, 1, 1, 0, 1, 1, 1],
        "bernoulli_array": [1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1],
        "exponential": [3.508326186707642, 1.2303847641796768],
        "geometric": [1, 1, 3, 1],
        "cauchy": [10.597729326682297, 0.7647672596059],
        "log_normal": [59.26341788010752, 1.5115599370617072],
        "multinomial": [2, 1, 3],
        "multinomial_replaced": [3, 3, 2, 3, 3, 3, 1, 2],
        "poisson": [2, 6, 29, 293],
        "gamma": [0.0007893582063475732, 0.11898370896786938, 2.937235771971711],
        "binomial": [6, 28, 83],
    },
    42: {
        "uniform": [14802022, 15351219, 6423388, 16094478],
        "uniform64": [0.05815448596142969, 0.06291016742457756],
        "normal": [
            0.33669035438385886,
            0.1288094051365897,
            0.23446236336153173,
            0.2303330279146119,
            -1.1228563767381703,
        ],
        "blocks": [
            0.2995562877502637,
            1.504572275678796,
            0.08948016046560357,
            0.038435238263354446,
            0.855215961472287,
            0.2494118796915765,
        ],
        "integers": [42, 67, 76, 14, 26, 35, 20, 24],
        "wide": [441507790259, 395924837646, 458615280711],
        "permutation": [2, 6, 1, 8, 4, 5, 0, 9, 3, 7],
        "permutation5000": [2542, 430, 846, 4113, 2312, 4604],
        "bernoulli": [1, 1, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1],
        "bernoulli_array": [0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 0],
        "exponential": [0.059914015690802146, 0.0649761287933853],
        "geometric": [8, 8, 6, 9],
        "cauchy": [-5.4124872969973135, -4.993701080056364],
        "log_normal": [5.330157080559128, 3.517036776692234],
        "multinomial": [3, 1, 2],
        "multinomial_replaced": [0, 0, 1, 0, 2, 2, 3, 3],
        "poisson": [0, 2, 30, 271],
        "gamma": [1.5588052402318462, 0.841549601940394, 0.326615397651],
        "binomial": [1, 24, 80],
    },
    123: {
        "uniform": [4967934, 8666477, 4222334, 11552066],
        "uniform64": [0.368895870664273, 0.013365949855291825],
        "normal": [
            -0.11146711634581082,
            0.12036294405744884,
            -0.36963450886574944,
            -0.24041797675874255,
            -1.1969243846077398,
        ],
        "blocks": [
            0.9097575322111796,
            -0.7768207765886559,
            0.1820242728888219,
            -1.07450517806488,
            0.954244852808496,
            0.7112651202756335,
        ],
        "integers": [82, 89, 2, 10, 80, 42, 86, 57],
        "wide": [1093983812973, 543006147906, 947860132962],
        "permutation": [2, 0, 8, 1, 3, 7, 4, 9, 5, 6],
        "permutation5000": [2382, 2336, 884, 4797, 3862, 19],
        "bernoulli": [1, 1, 0, 1, 1, 0, 0, 0, 0, 1, 0, 1],
        "bernoulli_array": [1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0],
        "exponential": [0.46028440733661474, 0.013456078164313542],
        "geometric": [3, 13, 2, 7],
        "cauchy": [-0.436863137326101, -23.80098588136389],
        "log_normal": [2.1750807000169026, 3.4581227641315397],
        "multinomial": [1, 3, 2],
        "multinomial_replaced": [2, 0, 2, 0, 2, 2, 3, 2],
        "poisson": [1, 5, 42, 319],
        "gamma": [1.3071651600273813, 0.7626147574560269, 1.0137353695648936],
        "binomial": [1, 31, 80],
    },
}

DRAWS = {
    "uniform": lambda g: g.uniform((4,), "float32") * 2**24,
    "uniform64": lambda g: g.uniform((2,), "float64"),
    "normal": lambda g: g.normal((5,), "float64"),
    "blocks": lambda g: g.normal((17,), "float64")[[0, 1, 7, 8, 15, 16]],
    "integers": lambda g: g.integers(0, 100, (8,), "int64"),
    "wide": lambda g: g.integers(0, 2**40, (3,), "int64"),
    "permutation": lambda g: g.permutation(10),
    "permutation5000": lambda g: g.permutation(5000)[[0, 1, 2, 2500, 4998, 4999]],
    "bernoulli": lambda g: g.bernoulli(0.5, (12,), "int64"),
    "bernoulli_array": lambda g: g.bernoulli(np.full(12, 0.5, np.float32), (12,), "int64"),
    "exponential": lambda g: g.exponential((2,), "float64"),
    "geometric": lambda g: g.geometric((4,), "int64", 0.3),
    "cauchy": lambda g: g.cauchy((2,), "float64"),
    "log_normal": lambda g: g.log_normal((2,), "float64"),
    "multinomial": lambda g: g.multinomial(np.array([0.1, 0.2, 0.3, 0.4], np.float32), 3),
    "multinomial_replaced": lambda g: g.multinomial(
        np.array([0.1, 0.2, 0.3, 0.4], np.float32), 8, True
    ),
    "poisson": lambda g: g.poisson(np.array([1, 5, 30, 300], np.float32)),
    "gamma": lambda g: g.standard_gamma(np.array([0.5, 1, 3])),
    "binomial": lambda g: g.binomial(
        np.array([10, 100, 100], np.float32), np.array([0.3, 0.3, 0.8], np.float32)
    ),
}


@pytest.mark.parametrize("seed", PRINTED)
@pytest.mark.parametrize("name", DRAWS)
def test_what_pytorch_printed(seed, name):
    drawn = DRAWS[name](Generator().manual_seed(seed))
    np.testing.assert_allclose(drawn, PRINTED[seed][name], rtol=1e-14)


def test_normal_numbers_in_float32():
    g = Generator().manual_seed(42)
    expected = [1.9269, 1.4873, 0.9007, -2.1055]
    np.testing.assert_allclose(g.normal((20,), "float32")[:4], expected, atol=6e-5)
    expected = [1.1754, 0.5612, -0.4527, -0.7718]
    np.testing.assert_allclose(g.normal((20,), "float32")[-4:], expected, atol=6e-5)


@pytest.mark.parametrize(
    "seed, digest",
    [
        (0, "1ccf17250133dec5e96478acd63e13d728d0dbbabb30389415a302c6f872f81f"),
        (42, "5feb54a46230d321d888e9b43cf5a57492665f199e4377408d79ee460e36679c"),
        (123, "b04f168bb97ae5f0758f525c6b0e928d866ad2619a254710db893e71bd54e1e5"),
    ],
)
def test_state_of_a_seed(seed, digest):
    state = Generator().manual_seed(seed).get_state()
    assert state.shape == (5056,) and state.dtype == rl.uint8
    assert hashlib.sha256(state.numpy().tobytes()).hexdigest() == digest


def draw(g):
    """One number of each kind; the normal ones leave a spare one behind."""
    return [g.normal((1,), "float64")[0], g.uniform((1,), "float32")[0], g.permutation(5).tolist()]


@pytest.mark.parametrize(
    "copied",
    [
        copy.copy,
        copy.deepcopy,
        Generator.clone_state,
        lambda g: pickle.loads(pickle.dumps(g)),
    ],
)
def test_copies_go_on_from_the_same_state(copied):
    g = Generator().manual_seed(5)
    draw(g)
    other = copied(g)
    assert other is not g and other.initial_seed() == 5
    first = draw(g)
    assert draw(other) == first
    assert draw(other) != first


def test_state_restores_the_spare_normal_number():
    g = Generator().manual_seed(1)
    g.normal((3,), "float64")
    state = g.get_state()
    first = draw(g)
    g.set_state(state)
    assert draw(g) == first
    assert draw(Generator().manual_seed(9)) != first


def test_seed_drops_the_spare_normal_number():
    g = Generator().manual_seed(1)
    first = g.normal((1,), "float64")
    assert g.manual_seed(1).normal((1,), "float64") == first


def test_a_state_that_is_none_changes_nothing():
    g = Generator().manual_seed(1)
    before = g._dump()
    for state, error, message in (
        (None, TypeError, "expected a torch.ByteTensor, but got NoneType"),
        (rl.zeros(5056), TypeError, "RNG state must be a torch.ByteTensor"),
        (
            rl.zeros(8, dtype=rl.uint8),
            RuntimeError,
            "Expected a CPUGeneratorImplState of size 5056 but found the input RNG state size "
            "to be 8",
        ),
        (rl.zeros(5056, dtype=rl.uint8), RuntimeError, "Invalid mt19937 state"),
    ):
        with pytest.raises(error, match=message):
            g.set_state(state)
    assert g._dump() == before


def test_seeds():
    g = Generator()
    assert g.initial_seed() == 67280421310721
    assert g.manual_seed(-1).initial_seed() == 2**64 - 1
    assert g.manual_seed(np.int64(3)).initial_seed() == 3
    assert g.seed() == g.initial_seed() != g.seed()
    for seed in (2**64, -(2**63) - 1):
        with pytest.raises(ValueError, match="Overflow when unpacking long long"):
            g.manual_seed(seed)
    for seed in ("a", 1.5, True, None):
        with pytest.raises(RuntimeError, match="manual_seed expected a long, but got"):
            g.manual_seed(seed)


def test_only_the_low_32_bits_of_a_seed_count():
    drawn = [draw(Generator().manual_seed(seed)) for seed in (7, 2**32 + 7)]
    assert drawn[0] == drawn[1]


def test_default_generator():
    assert rl.manual_seed(3) is rl.default_generator
    assert rl.initial_seed() == 3
    state = rl.get_rng_state()
    first = draw(rl.default_generator)
    rl.set_rng_state(state)
    assert draw(rl.default_generator) == first
    assert rl.manual_seed("4").initial_seed() == 4
    assert rl.seed() == rl.initial_seed()


def test_default_generator_starts_anywhere():
    program = "from rushlight.random import initial_seed; print(initial_seed())"
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
        ).stdout
        for _ in range(2)
    }
    assert len(printed) == 2


def test_fork_rng():
    rl.manual_seed(3)
    first = draw(rl.default_generator)
    rl.manual_seed(3)
    with pytest.raises(KeyError), rl.random.fork_rng():
        draw(rl.default_generator)
        raise KeyError
    assert draw(rl.default_generator) == first
    rl.manual_seed(3)
    with rl.random.fork_rng(enabled=False):
        draw(rl.default_generator)
    assert draw(rl.default_generator) != first


def test_device():
    assert Generator("cpu").device == rl.device("cpu") == Generator(rl.device("cpu")).device
    with pytest.raises(RuntimeError, match="Cannot get CUDA generator"):
        Generator("cuda")


def test_fill_writes_along_memory():
    target = np.zeros((2, 3), np.float32).T
    g = Generator().manual_seed(0)
    assert g.fill(target, lambda shape: g.uniform(shape, "float32")) is target
    expected = Generator().manual_seed(0).uniform((2, 3), "float32").T
    np.testing.assert_array_equal(target, expected)


@pytest.mark.parametrize("n, block", [(501, 7), (502, 2**15), (600, 100), (4000, 999)])
def test_permutation_at_once_is_the_one_step_by_step(n, block, monkeypatch):
    monkeypatch.setattr(rl.random.sampling, "_SWAPS", block)
    words = Generator().manual_seed(n)._words(n - 1)
    left = iter(np.split(words.copy(), range(block, n - 1, block)))
    order = list(range(n))
    for i, word in enumerate(words.tolist()):
        j = i + word % (n - i)
        order[i], order[j] = order[j], order[i]
    assert rl.random.sampling._permuted_in_blocks(n, lambda count: next(left)).tolist() == order


def test_numpy_random_is_imported_when_first_needed():
    program = (
        "import sys, numpy, rushlight.random as r\n"
        "assert 'numpy.random' not in sys.modules\n"
        "r.manual_seed(0)\n"
        "assert 'numpy.random' not in sys.modules\n"
        "print(r.default_generator.uniform((1,), 'float32'))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("[0.4962566]\n", "")


def test_normal_around_numbers_without_dimensions():
    drawn = rl.normal(rl.tensor(1.0), rl.tensor(2.0))
    assert drawn.shape == () and drawn.detach().requires_grad_().requires_grad


def test_multinomial_looks_at_out_before_the_probabilities():
    out = rl.empty(2, dtype=rl.float64)
    with pytest.raises(RuntimeError, match="multinomial expects Long tensor out, got: Double"):
        rl.multinomial(rl.zeros(3), 2, out=out)
    with pytest.raises(RuntimeError, match="prob_dist must be 1 or 2 dim"):
        rl.multinomial(rl.ones(2, 2, 2), 2, out=out)
