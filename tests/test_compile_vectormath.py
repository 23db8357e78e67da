"""Vector math: the error in units of the last place over the whole range, and special values."""

import math

import numpy as np
import pytest

from rushlight.compile.native import available, jit
from rushlight.compile.vectormath import F32, F64, LARGEST_ANGLE

pytest.importorskip("numba")
pytestmark = pytest.mark.skipif(
    np.finfo(np.longdouble).nmant < 60 or not available(), reason="needs a wider reference"
)

#: the largest errors that vectormath promises, for float32 and float64
PROMISED = {
    "exp": (1.1, 1),
    "exp2": (1.1, 1),
    "expm1": (1.8, 1.8),
    "log": (1, 1),
    "log2": (2, 2),
    "log10": (2, 2),
    "log1p": (1, 1),
    "sigmoid": (2.5, 2),
    "tanh": (2.7, 2.7),
    "sin": (1.5, 1.5),
    "cos": (1.5, 1.5),
    "erf": (1.5, 1.5),
    "rsqrt": (1.5, 1.5),
}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def erf(x):
    return np.vectorize(math.erf, otypes=[np.longdouble])(x)


REFERENCES = {"sigmoid": sigmoid, "erf": erf, "rsqrt": lambda x: 1 / np.sqrt(x)}
SPECIAL = [0.0, -0.0, math.inf, -math.inf, math.nan, 1.0, -1.0, 0.5, 2.0, 1e30, -1e30]


def compiled(function):
    """The function over arrays."""

    def loop(source, target):
        for i in range(target.size):
            target[i] = function(source[i])

    return jit(loop)


def points(dtype):
    """Numbers of every size (bit patterns), numbers of everyday size, denormal and special ones."""
    draw = np.random.default_rng(0)
    integers = np.dtype(f"u{dtype().itemsize}")
    patterns = draw.integers(0, np.iinfo(integers).max, 20_000, integers).view(dtype)
    near = [draw.uniform(-size, size, 10_000) for size in (1, 20, 700)]
    tiny = np.finfo(dtype).smallest_subnormal * np.array([1, -1, 3, 1000, -1000], dtype)
    parts = [patterns, *near, tiny, SPECIAL]
    return np.concatenate([np.asarray(part, dtype) for part in parts])


def errors(got, wanted):
    """Distances in units of the last place; infinite where only one of two is special."""
    with np.errstate(all="ignore"):
        rounded = wanted.astype(got.dtype)
    special = ~np.isfinite(rounded) | ~np.isfinite(got)
    equal = (got == rounded) | (np.isnan(got) & np.isnan(rounded))
    distance = np.abs(got.astype(np.longdouble) - wanted) / np.spacing(np.abs(rounded))
    return np.where(special, np.where(equal, 0, np.inf), distance)


def call(function, source):
    target = np.empty_like(source)
    compiled(function)(source, target)
    return target


#: whose float64 differs from their float32, or from their neighbour's, in constants alone
SAME_IN_FLOAT64 = "exp2 log2 log10 cos rsqrt".split()


@pytest.mark.parametrize(
    "name, width",
    [(name, F32) for name in PROMISED]
    + [(name, F64) for name in PROMISED if name not in SAME_IN_FLOAT64],
    ids=lambda x: x if isinstance(x, str) else x.float.__name__,
)
def test_error_over_the_whole_range(name, width):
    x = points(width.float)
    if name in ("sin", "cos"):
        x = x[(np.abs(x) <= LARGEST_ANGLE) | ~np.isfinite(x)]
    reference = REFERENCES.get(name) or getattr(np, name)
    with np.errstate(all="ignore"):
        wanted = reference(x.astype(np.longdouble))
        got = call(getattr(width, name), x)
        found = errors(got, wanted)
    worst = int(np.argmax(found))
    assert found[worst] <= PROMISED[name][width is F64], (x[worst], got[worst], wanted[worst])
    zeros = (x == 0) & (wanted == 0)
    assert np.array_equal(np.signbit(got[zeros]), np.signbit(wanted[zeros]))


def test_power_follows_ieee():
    x, y = np.meshgrid(
        np.array([*SPECIAL, 3.0, -3.0, 0.7, -0.7, 1e-40], "f4"),
        np.array([*SPECIAL, 3.0, -3.0, 4.0, -2.5, 16777217.0], "f4"),
    )
    draw = np.random.default_rng(1)
    x = np.concatenate([x.ravel(), draw.uniform(0, 30, 20_000).astype("f4")])
    y = np.concatenate([y.ravel(), draw.uniform(-20, 20, 20_000).astype("f4")])
    got = np.empty_like(x)
    power = F32.pow

    @jit
    def loop(x, y, out):
        for i in range(out.size):
            out[i] = power(x[i], y[i])

    with np.errstate(all="ignore"):
        loop(x, y, got)
        wanted = np.power(x.astype(np.longdouble), y.astype(np.longdouble))
        found = errors(got, wanted)
    worst = int(np.argmax(found))
    assert found[worst] <= 1, (x[worst], y[worst], got[worst], wanted[worst])
    zeros = got == 0
    assert np.array_equal(np.signbit(got[zeros]), np.signbit(wanted[zeros]))


def test_angles_out_of_reach_are_nan():
    assert np.isnan(call(F32.sin, np.array([2e12, 1e38], "f4"))).all()


def test_loops_are_vectorised():
    """The machine code of a loop works on packed numbers and calls nothing."""
    loop = compiled(F32.tanh)
    loop(np.ones(3, "f4"), np.empty(3, "f4"))
    (text,) = loop.inspect_llvm().values()
    assert "x float>" in text
