"""Vector math: the error in units of the last place over the whole range, and special values."""

import math

import numpy as np
import pytest

from rushlight.compile.native import vectormath

pytestmark = pytest.mark.skipif(
    np.finfo(np.longdouble).nmant < 60, reason="needs a reference wider than float64"
)

#: the largest errors that vectormath promises, for float32 and float64
PROMISED = {
    "exp": (1.2, 1.1),
    "exp2": (1.2, 1.1),
    "expm1": (2, 2),
    "log": (1, 1),
    "log2": (2, 2),
    "log10": (2, 2),
    "log1p": (1.1, 1.1),
    "sigmoid": (2.5, 2.5),
    "tanh": (2.8, 2.8),
    "sin": (1.6, 1.6),
    "cos": (1.6, 1.6),
    "erf": (1.6, 1.6),
}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def erf(x):
    return np.vectorize(math.erf, otypes=[np.longdouble])(x)


REFERENCES = {"sigmoid": sigmoid, "erf": erf}
SPECIAL = [0.0, -0.0, math.inf, -math.inf, math.nan, 1.0, -1.0, 0.5, 2.0, 1e30, -1e30]


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


@pytest.mark.parametrize("name", PROMISED)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_error_over_the_whole_range(name, dtype):
    x = points(dtype)
    if name in ("sin", "cos"):
        x = x[(np.abs(x) <= vectormath.LARGEST_ANGLE) | ~np.isfinite(x)]
    reference = REFERENCES.get(name) or getattr(np, name)
    with np.errstate(all="ignore"):
        wanted = reference(x.astype(np.longdouble))
        got = getattr(vectormath, name)(x)
        found = errors(got, wanted)
    assert got.dtype == dtype
    worst = int(np.argmax(found))
    promised = PROMISED[name][dtype is np.float64]
    assert found[worst] <= promised, (x[worst], got[worst], wanted[worst])
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
    with np.errstate(all="ignore"):
        got = vectormath.power(x, y)
        wanted = np.power(x.astype(np.longdouble), y.astype(np.longdouble))
        found = errors(got, wanted)
    worst = int(np.argmax(found))
    assert found[worst] <= 1, (x[worst], y[worst], got[worst], wanted[worst])
    zeros = got == 0
    assert np.array_equal(np.signbit(got[zeros]), np.signbit(wanted[zeros]))


def test_angles_out_of_reach_are_nan():
    assert np.isnan(vectormath.sin(np.array([2e12, 1e38], "f4"))).all()
