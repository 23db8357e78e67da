"""Sample inputs of every operation in the registry, one record per operation.

A record says on which inputs `test_ops_registry` tries an operation::

    record("mul", lambda r: [call(r(2, 3), r(3)), call(r(2, 3), 2.5)])
    record("sum", lambda r: [call(r(2, 3), dim=1, keepdim=True)], oracle="sum")

The function gets `r` and returns calls. `r(2, 3)` is a float64 array of that shape with random
elements in [-2, 2] that are all different; `r(2, 3, low=0.1, high=1)` has them elsewhere,
`r.ints(2, 3, low=0, high=5)` are integers (int64, below `high`), `r.bools(2, 3)` truth values.
`call(*arrays, **options)` is one call of the operation, as it was declared: float64 arrays are
differentiated, numbers and None stay as they are.

What a record may say besides:

- `oracle`: what in PyTorch computes the same: a dotted name ("nn.functional.elu"), or a function
  of (torch, the arrays as torch tensors, **options). By default the operation's own name, with the
  same arguments; None where PyTorch has nothing like it.
- `smooth=False`: not differentiable at (or near) the samples, so no numerical derivatives.
- `second=False`: no second derivative (it is not continuous, or PyTorch has none).
- `contiguous=True`: a view that only some layouts of memory allow.
- `tolerance`: for the comparison with PyTorch in float64 (default 1e-10, relative and absolute).

An operation without a record fails the tests. Records are in families, as in `rushlight.ops`.
"""

import numpy as np

RECORDS = {}


class Random:
    """A source of arrays, the same each time."""

    def __init__(self, seed=0):
        self.generator = np.random.default_rng(seed)

    def __call__(self, *shape, low=-2.0, high=2.0):
        """Evenly spread elements in random order, so that no two are close to each other."""
        count = int(np.prod(shape))
        grid = (np.arange(count) + 0.5 + 0.3 * self.generator.uniform(-1, 1, count)) / max(count, 1)
        return np.asarray(low + (high - low) * self.generator.permutation(grid).reshape(shape))

    def ints(self, *shape, low=-5, high=6):
        return self.generator.integers(low, high, shape)

    def bools(self, *shape):
        return self.generator.integers(0, 2, shape).astype(bool)


class Call:
    """The arguments of one call."""

    def __init__(self, args, options):
        self.args = args
        self.options = options

    def __repr__(self):
        shapes = [str(getattr(x, "shape", x)) for x in self.args]
        return f"({', '.join(shapes + [f'{k}={v}' for k, v in self.options.items()])})"


def call(*args, **options):
    return Call(args, options)


class Record:
    def __init__(
        self, name, samples, oracle="", smooth=True, second=True, tolerance=1e-10, contiguous=False
    ):
        self.name = name
        self.samples = samples
        self.oracle = name if oracle == "" else oracle
        self.smooth = smooth
        self.second = second
        self.tolerance = tolerance
        self.contiguous = contiguous

    def calls(self):
        return self.samples(Random())


def record(name, samples, **more):
    assert name not in RECORDS, f"two records for {name}"
    RECORDS[name] = Record(name, samples, **more)


def one(**bounds):
    """Samples of a function of one element."""
    return lambda r: [call(r(2, 3, **bounds)), call(r(**bounds))]


def two(**bounds):
    """Samples of a function of two elements: equal shapes, broadcast ones, and a 0-d tensor."""
    return lambda r: [
        call(r(2, 3, **bounds), r(2, 3, **bounds)),
        call(r(2, 1, **bounds), r(3, **bounds)),
        call(r(3, **bounds), r(**bounds)),
    ]


def folded(**options):
    """Samples of a reduction: of all, along each side, kept and not."""
    return lambda r: [
        call(r(2, 3, 2), dim=None, keepdim=False, **options),
        call(r(2, 3, 2), dim=1, keepdim=False, **options),
        call(r(2, 3, 2), dim=(0, -1), keepdim=True, **options),
    ]


def with_number(name):
    """The function of PyTorch, for an operation whose second argument is a number."""
    return lambda torch, input, other: getattr(torch, name)(input, other)


# elementwise --------------------------------------------------------------------------------------

POSITIVE = {"low": 0.2, "high": 3.0}
UNIT = {"low": -0.9, "high": 0.9}

for name in "neg abs sgn sign square exp exp2 expm1 sin cos tan atan sinh cosh tanh asinh".split():
    record(name, one(**({"low": -1.4, "high": 1.4} if name == "tan" else {})))
for name in "sqrt rsqrt reciprocal log log2 log10 log1p".split():
    record(name, one(**POSITIVE))
for name in "asin acos atanh".split():
    record(name, one(**UNIT))
record("acosh", one(low=1.2, high=3.0))
for name in "deg2rad rad2deg sigmoid relu sinc".split():
    record(name, one())
for name in "floor ceil trunc frac".split():
    record(name, lambda r: [call(r(4) * 3 + 0.05), call(r())])
record("round", lambda r: [call(r(4) * 3, decimals=0), call(r(4) * 30, decimals=1)])
record(
    "where",
    lambda r: [call(r.bools(2, 3), r(2, 3), r(2, 3)), call(r.bools(2, 1), r(3), r())],
)

# arithmetic ---------------------------------------------------------------------------------------

record("add", two())
record("sub", two())
record("mul", two())
record("true_divide", two(**POSITIVE))
for name in ("add_scaled", "sub_scaled"):
    record(
        name,
        lambda r: [call(r(2, 3), r(3), alpha=2.5)],
        oracle=lambda torch, a, b, alpha, f=name[:3]: getattr(torch, f)(a, b, alpha=alpha),
    )
record("rsub", two())
for mode in ("trunc", "floor"):
    record(
        f"div_{mode}",
        two(**POSITIVE),
        oracle=lambda torch, a, b, m=mode: torch.div(a, b, rounding_mode=m),
        smooth=False,
    )
record("floor_divide", two(**POSITIVE), smooth=False)
for name in ("remainder", "fmod"):
    record(name, lambda r: [call(r(2, 3) * 5, r(2, 3, **POSITIVE)), call(r(3) * 5, r(**POSITIVE))])
    record(f"{name}_number", lambda r: [call(r(2, 3) * 5, 1.7)], oracle=name)
record(
    "power_of_number",
    lambda r: [
        call(r(2, 3, **POSITIVE), exponent=e) for e in (2, 3, 1, 0, 0.5, -0.5, -1, -2, 2.5, -1.5)
    ],
    oracle=lambda torch, input, exponent: torch.pow(input, exponent),
)
record("power_of_tensors", two(**POSITIVE), oracle="pow")
record("power_of_base", lambda r: [call(2.5, r(2, 3))], oracle="pow")
record("addcmul", lambda r: [call(r(2, 3), r(3), r(2, 1), value=1.5)])
record("addcdiv", lambda r: [call(r(2, 3), r(3), r(2, 1, **POSITIVE), value=1.5)])
record(
    "lerp_number",
    lambda r: [call(r(2, 3), r(3), weight=w) for w in (0.2, 0.8)],
    oracle="lerp",
)
record("lerp", lambda r: [call(r(2, 3), r(3), r(2, 1, low=0, high=1))])

# compare ------------------------------------------------------------------------------------------

for name in "eq ne lt le gt ge logical_and logical_or logical_xor".split():
    record(
        name, lambda r: [call(r.ints(3, 4, low=0, high=2) * 1.0, r.ints(4, low=0, high=2) * 1.0)]
    )
for name in "isnan isinf isfinite isposinf isneginf".split():
    record(name, lambda r: [call(np.array([1.0, np.nan, np.inf, -np.inf]))])
for name in "isreal signbit logical_not".split():
    record(name, lambda r: [call(np.array([1.0, 0.0, -2.0]))])
record("isclose", lambda r: [call(r(3), r(3), rtol=0.1, atol=0.5, equal_nan=True)])
for name in "bitwise_and bitwise_or bitwise_xor".split():
    record(name, lambda r: [call(r.ints(2, 3), r.ints(3)), call(r.bools(3), r.bools(3))])
record("bitwise_not", lambda r: [call(r.ints(2, 3)), call(r.bools(3))])
for name in "bitwise_left_shift bitwise_right_shift".split():
    record(name, lambda r: [call(r.ints(2, 3), r.ints(3, low=0))])
for name in "maximum minimum fmax fmin".split():
    record(name, two())
record(
    "clamp_to_numbers",
    lambda r: [
        call(r(2, 3), min=-0.5, max=1.1),
        call(r(2, 3), min=0.3, max=None),
        call(r(2, 3), min=None, max=0.1),
    ],
    oracle="clamp",
)
record("clamp_min_number", lambda r: [call(r(2, 3), min=0.3)], oracle="clamp_min")
record("clamp_max_number", lambda r: [call(r(2, 3), max=0.3)], oracle="clamp_max")
record(
    "clamp_to_tensors",
    lambda r: [
        call(r(2, 4), r(4, low=-2, high=0), r(2, 1, low=-0.4, high=1)),
        call(r(2, 3), r(3), None),
        call(r(2, 3), None, r(3)),
    ],
    oracle="clamp",
)
record("clamp_min_tensor", two(), oracle="clamp_min")
record("clamp_max_tensor", two(), oracle="clamp_max")
record(
    "nan_to_num",
    lambda r: [call(r(2, 3)), call(np.array([np.nan, np.inf, -np.inf]), nan=1.0, posinf=2.0)],
    smooth=False,
)
record("heaviside", lambda r: [call(np.array([-1.0, 0.0, 2.0]), r(3))], smooth=False)

# complex_numbers ----------------------------------------------------------------------------------

record("real_part", lambda r: [call(r(3) + 1j * r(3))], oracle="real")
record("imaginary_part", lambda r: [call(r(3) + 1j * r(3))], oracle="imag")
record("complex", two())
record("polar", two(**POSITIVE))
record("angle", one())
record("conj", lambda r: [call(r(3)), call(r(3) + 1j * r(3))])
record("conj_physical", lambda r: [call(r(3)), call(r(3) + 1j * r(3))])
record("view_as_real", lambda r: [call(r(2, 3) + 1j * r(2, 3)), call(np.array(1 + 2j))])
record("view_as_complex", lambda r: [call(r(3, 2)), call(r(2))], contiguous=True)
record("as_real", lambda r: [call(r(3) + 1j * r(3))], oracle="view_as_real")
record("as_complex", lambda r: [call(r(3, 2))], oracle="view_as_complex")

# pairs --------------------------------------------------------------------------------------------

for name in "atan2 hypot copysign logaddexp logaddexp2 nextafter ldexp".split():
    record(name, two(), smooth=name != "nextafter")
record("copysign_number", lambda r: [call(r(3), -1.0)], oracle="copysign")
record("xlogy", two(**POSITIVE))
record("number_xlogy", lambda r: [call(1.5, r(3, **POSITIVE))], oracle="xlogy")
record("xlogy_number", lambda r: [call(r(3), 1.5)], oracle="xlogy")
record("xlog1py", two(**POSITIVE), oracle="special.xlog1py")
for name in ("gcd", "lcm"):
    record(name, lambda r: [call(r.ints(2, 3), r.ints(3))])
record("frexp", lambda r: [call(r(3))])

# reduce -------------------------------------------------------------------------------------------

record("sum", folded())
record("mean", folded())
record("nansum", folded())
record("var", folded(correction=1))
record("std", folded(correction=0))
record(
    "vector_norm",
    lambda r: [
        call(r(2, 3), dim=dim, keepdim=False, ord=ord)
        for dim in (None, 1)
        for ord in (2, 1, 0, 3, 1.5, float("inf"), -float("inf"))
    ],
    oracle="linalg.vector_norm",
)
record(
    "logsumexp",
    folded(),
    oracle=lambda torch, x, dim, keepdim: torch.logsumexp(
        x, tuple(range(x.ndim)) if dim is None else dim, keepdim
    ),
)
for name in ("softmax", "log_softmax"):
    record(name, lambda r: [call(r(2, 3), dim=d) for d in (0, 1, -1)] + [call(r(), dim=0)])
for name in ("any", "all"):
    record(name, lambda r: [call(r.bools(2, 3), dim=d, keepdim=False) for d in (None, 1)])
record(
    "count_nonzero",
    lambda r: [call(r.ints(2, 3, low=0, high=2), dim=d, keepdim=False) for d in (None, 1)],
    oracle=lambda torch, x, dim, keepdim: torch.count_nonzero(x, dim),
)

# extremes -----------------------------------------------------------------------------------------

record("amax", folded(), oracle=lambda torch, x, dim, keepdim: torch.amax(x, dim or (), keepdim))
record("amin", folded(), oracle=lambda torch, x, dim, keepdim: torch.amin(x, dim or (), keepdim))
for name in ("max", "min", "median", "nanmedian"):
    record(
        f"{name}_of_all",
        lambda r: [call(r(2, 3), dim=None, keepdim=False)],
        oracle=lambda torch, x, dim, keepdim, f=name: getattr(torch, f)(x),
    )
for name in ("max", "min", "median", "nanmedian", "mode"):
    record(
        f"{name}_along",
        lambda r: [call(r(2, 5), dim=d, keepdim=k) for d in (0, 1) for k in (False, True)],
        oracle=name,
    )
for name in ("argmax", "argmin"):
    record(name, lambda r: [call(r(2, 3), dim=d, keepdim=False) for d in (None, 0, 1)])
record(
    "take_along",
    lambda r: [call(r(2, 5), np.array([[3], [0]]), dim=1)],
    oracle="take_along_dim",
)
record("put_along", lambda r: [call(r(2, 1), np.array([[3], [0]]), dim=1, size=5)], oracle=None)

# scan ---------------------------------------------------------------------------------------------

record("shifted", lambda r: [call(r(2, 3), dim=1, by=b, fill=0) for b in (1, -1)], oracle=None)
record(
    "recurrence",
    lambda r: [call(r(2, 4), r(2, 4), dim=1, reverse=b) for b in (False, True)],
    oracle=None,
)
record("reversed", lambda r: [call(r(2, 3), dim=1)], oracle=None)
record(
    "cumsum",
    lambda r: [call(r(2, 3), dim=d, reverse=False) for d in (0, 1)] + [call(r(), dim=0)],
    oracle=lambda torch, x, dim, reverse=False: torch.cumsum(x, dim),
)
record("logcumsumexp", lambda r: [call(r(2, 3), dim=d) for d in (0, 1)])
WITH_ZEROS = np.array([[1.5, 0.0, -2.0], [0.0, 3.0, 0.0]])
for name in ("cumprod", "prod"):
    record(
        name,
        lambda r: [call(r(2, 3), dim=1), call(WITH_ZEROS, dim=1), call(WITH_ZEROS, dim=0)],
    )
for name in ("cummax", "cummin"):
    record(name, lambda r: [call(r(2, 5), dim=d) for d in (0, 1)])
record(
    "gather_along",
    lambda r: [call(r(2, 3), r.ints(2, 5, low=0, high=3), dim=1)],
    oracle=lambda torch, x, index, dim: torch.gather(x, dim, index),
)
record(
    "add_along", lambda r: [call(r(2, 5), r.ints(2, 5, low=0, high=3), dim=1, size=3)], oracle=None
)

# quantiles ----------------------------------------------------------------------------------------

record("histc", lambda r: [call(r(20), bins=5, min=-1, max=1), call(r(20), bins=7, min=0, max=0)])
record("bincount", lambda r: [call(r.ints(20, low=0, high=7), None, minlength=9)])

# special ------------------------------------------------------------------------------------------

for name in "erf erfc erfinv digamma lgamma i0".split():
    record(name, one(**(UNIT if name == "erfinv" else {"low": 0.3, "high": 4.0})))
for name in "erfcx ndtr log_ndtr ndtri entr i0e i1 i1e".split():
    bounds = {"low": 0.05, "high": 0.95} if name == "ndtri" else {"low": 0.1, "high": 3.0}
    record(name, one(**bounds), oracle=f"special.{name}")
record("logit", lambda r: [call(r(5, low=0.1, high=0.9), eps=e) for e in (None, 0.2)])
record(
    "polygamma",
    lambda r: [call(r(4, low=0.3, high=4), n=n) for n in (0, 1, 2, 3)],
    tolerance=1e-8,
    oracle=lambda torch, x, n: torch.polygamma(n, x),
)
record("mvlgamma", lambda r: [call(r(3, low=2.0, high=4.0), p=p) for p in (1, 3)])
record("zeta", lambda r: [call(3.5, r(3, **POSITIVE))], oracle=None)
for name in ("igamma", "igammac"):
    record(name, lambda r: [call(r(3, low=1, high=3), r(3, low=0.5, high=3))], smooth=False)
for name in (
    "airy_ai bessel_j0 bessel_j1 bessel_y0 bessel_y1 modified_bessel_i0 modified_bessel_i1 "
    "modified_bessel_k0 modified_bessel_k1 scaled_modified_bessel_k0 scaled_modified_bessel_k1 "
    "spherical_bessel_j0"
).split():
    record(name, one(**POSITIVE), oracle=f"special.{name}")
for name in (
    "chebyshev_polynomial_t chebyshev_polynomial_u chebyshev_polynomial_v chebyshev_polynomial_w "
    "hermite_polynomial_h hermite_polynomial_he laguerre_polynomial_l legendre_polynomial_p "
    "shifted_chebyshev_polynomial_t shifted_chebyshev_polynomial_u shifted_chebyshev_polynomial_v "
    "shifted_chebyshev_polynomial_w"
).split():
    record(
        name,
        lambda r: [call(r(2, 4, low=0.05, high=0.95), np.array([0.0, 1.0, 3.0, 8.0]))],
        oracle=f"special.{name}",
    )
