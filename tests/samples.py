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

from rushlight.formats import channels_last, preserve_format
from rushlight.random import Generator

RECORDS = {}
#: operations without a record: nothing is left to be looked at (`snippets/meta.lines` asks the rest)
WITHOUT_ELEMENTS = {"to_meta"}


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
record("beside", lambda r: [call(r(2, 3), r(2, 3), name="BesideBackward0")], oracle=None)
record(
    "once",
    lambda r: [call(r(2, 3), np.ones((2, 3)), name="some_backward")],
    oracle=None,
    smooth=False,
)
record(
    "differentiable_once",
    lambda r: [call(r(2, 3), name="some_backward")],
    oracle=None,
    second=False,
)
record("doubled", one(), oracle=None)
record("minus_twice", lambda r: [call(r(2, 3), r(2, 3), r(2, 3))], oracle=None)
record("tanh_backward", two(), oracle=None)
record("sigmoid_backward", two(), oracle=None)
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
record("conj_view", lambda r: [call(r(3) + 1j * r(3))], oracle="conj")
record("neg_view", lambda r: [call(r(3)), call(r(3) + 1j * r(3))], oracle="neg")
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


# shape --------------------------------------------------------------------------------------------


def method(name):
    """The method of PyTorch's tensors, called with the options' values one by one."""
    return lambda torch, input, **options: getattr(input, name)(*options.values())


for name in ("view", "reshape"):
    record(
        name,
        lambda r: [call(r(2, 6), shape=(3, 4)), call(r(), shape=(1, 1))],
        oracle=method(name),
        contiguous=name == "view",
    )
record("permute", lambda r: [call(r(2, 3, 4), dims=(2, 0, 1)), call(r(), dims=())])
record("transpose", lambda r: [call(r(2, 3, 4), dim0=0, dim1=2)], oracle=method("transpose"))
record("t", lambda r: [call(r(2, 3)), call(r(3)), call(r())])
record("expand", lambda r: [call(r(2, 1), shape=(4, 2, 3))], oracle=method("expand"))
record("sum_to_size", lambda r: [call(r(2, 3, 4), shape=(3, 1))], oracle=method("sum_to_size"))
record("squeeze", lambda r: [call(r(1, 2, 1), dim=(0,)), call(r(1, 2, 1), dim=2)])
record("unsqueeze", lambda r: [call(r(2, 3), dim=1), call(r(), dim=0)])
record("alias", lambda r: [call(r(2, 3))], oracle=None)
record("diagonal", lambda r: [call(r(3, 4, 2), offset=1, dim1=0, dim2=1)])
record(
    "diagonal_put",
    lambda r: [call(r(2, 3), shape=(3, 2, 4), offset=1, dim1=0, dim2=2)],
    oracle=None,
)
record(
    "unfold",
    lambda r: [call(r(2, 7), dimension=1, size=3, step=2), call(r(), dimension=0, size=1, step=1)],
    oracle=method("unfold"),
)
record(
    "windows_put",
    lambda r: [call(r(2, 3, 3), shape=(2, 7), dimension=1, size=3, step=2)],
    oracle=None,
)
STRIDED = {
    "size": (2, 3),
    "stride": (1, 2),
    "storage_offset": 1,
    "geometry": ((2, 4), (4, 1), 0, 8),
}
record("as_strided", lambda r: [call(r(2, 4), **STRIDED)], oracle=None, contiguous=True)
record("as_strided_put", lambda r: [call(r(2, 3), **STRIDED)], oracle=None)
record("as_strided_pick", lambda r: [call(r(2, 4), **STRIDED)], oracle=None)
record(
    "view_dtype", lambda r: [call(r(2, 3), dtype=np.dtype(np.int32))], oracle=None, contiguous=True
)

# copies and casts ---------------------------------------------------------------------------------

for name in ("clone", "clone_contiguous", "to_copy", "zeroed"):
    record(name, lambda r: [call(r(2, 3)), call(r())], oracle=None)
record(
    "clone_in",
    lambda r: [call(r(2, 3, 2, 2), format=channels_last), call(r(2), format=preserve_format)],
    oracle=None,
)
record("total", lambda r: [call(r(2, 3)), call(r())], oracle=lambda torch, x: x.sum())
record("copied", lambda r: [call(r(2, 3), r(2, 3))], oracle=None)
record("filled", lambda r: [call(r(2, 3), value=2.5, node=0)], oracle=None)
record("filled_with", lambda r: [call(r(2, 3), r(), node=1)], oracle=None)
record(
    "cast",
    lambda r: [call(r.ints(2, 3), dtype=np.dtype(np.int32), input_dtype=np.dtype(np.int64))],
    oracle=None,
)

# join ---------------------------------------------------------------------------------------------

record(
    "cat",
    lambda r: [
        call(r(2, 3), r(2, 1), dim=1, bounds=(0, 3, 4)),
        call(r(1), r(2), dim=0, bounds=(0, 1, 3)),
    ],
    oracle=lambda torch, a, b, dim, bounds: torch.cat((a, b), dim),
)
record(
    "stack",
    lambda r: [call(r(2, 3), r(2, 3), dim=1), call(r(), r(), dim=0)],
    oracle=lambda torch, a, b, dim: torch.stack((a, b), dim),
)
record(
    "block_diag",
    lambda r: [
        call(r(2, 3), r(1, 2), bounds=((slice(0, 2), slice(0, 3)), (slice(2, 3), slice(3, 5))))
    ],
    oracle=lambda torch, a, b, bounds: torch.block_diag(a, b),
)
PIECES = {"name": "SplitBackward0", "dim": 1, "bounds": (0, 2, 3)}
for name in ("split", "unsafe_split"):
    record(
        name,
        lambda r: [call(r(2, 3), **PIECES)],
        oracle=lambda torch, x, name, dim, bounds: torch.split(x, 2, dim),
    )
record("unbind", lambda r: [call(r(2, 3, 2), dim=d) for d in (0, 1, 2)])

# rearrange ----------------------------------------------------------------------------------------

record("flip", lambda r: [call(r(2, 3), dims=(0, 1))])
record(
    "roll", lambda r: [call(r(2, 3), shifts=(1, -1), dims=(0, 1)), call(r(5), shifts=(2,), dims=())]
)
record("rot90", lambda r: [call(r(2, 3), k=1, dims=(0, 1)), call(r(2, 3, 2), k=-1, dims=(2, 0))])
record("tril", lambda r: [call(r(3, 4), diagonal=1), call(r(2, 3, 3), diagonal=-1)])
record("triu", lambda r: [call(r(3, 4), diagonal=1), call(r(2, 3, 3), diagonal=-1)])
record(
    "diag",
    lambda r: [call(r(3, 4), offset=1)],
    oracle=lambda torch, x, offset: torch.diag(x, offset),
)
record("diag_embed", lambda r: [call(r(2, 3), offset=-1, dim1=0, dim2=2)])
record("repeat", lambda r: [call(r(2, 3), repeats=(2, 1, 3))], oracle=method("repeat"))
record("sum_repeats", lambda r: [call(r(2, 2, 9), shape=(2, 3), repeats=(2, 1, 3))], oracle=None)

# index --------------------------------------------------------------------------------------------

BASIC = (slice(None), 1, None, slice(0, 4, 2))
PICKS = (np.array([0, 2, 0]), slice(None), np.array([1, 1, 0]))
record(
    "basic_index",
    lambda r: [call(r(2, 3, 4), index=BASIC), call(r(2, 3), index=(1, 2))],
    oracle=lambda torch, x, index: x[index],
)
record("basic_put", lambda r: [call(r(2, 1, 2), shape=(2, 3, 4), index=BASIC)], oracle=None)
record("index", lambda r: [call(r(3, 2, 2), index=PICKS)], oracle=lambda torch, x, index: x[index])
record("index_add_to_zeros", lambda r: [call(r(3, 2), shape=(3, 2, 2), index=PICKS)], oracle=None)
record(
    "index_put",
    lambda r: [
        call(r(3, 2, 2), r(3, 2), index=PICKS, accumulate=True),
        call(r(4, 2), r(2), index=(np.array([0, 3]),), accumulate=False),
    ],
    oracle=None,
)
record("index_zero", lambda r: [call(r(3, 2, 2), index=PICKS)], oracle=None)
record("sum_index", lambda r: [call(r(3, 2, 2), shape=(1, 2), index=PICKS)], oracle=None)

# scatter ------------------------------------------------------------------------------------------


def places(r):
    return r.ints(2, 3, low=0, high=3)


def neighbors(r):
    return r.ints(2, 2, 3, low=-1, high=3)


def dim_first(name):
    """PyTorch's function, which takes `dim` before the tensors."""
    return lambda torch, input, *args, dim, **o: getattr(torch, name)(input, dim, *args, **o)


record(
    "gather",
    lambda r: [call(r(3, 4), places(r), dim=0), call(r(2, 3), places(r), dim=1)],
    oracle=dim_first("gather"),
)
record("gather_put", lambda r: [call(r(2, 3), places(r), shape=(3, 4), dim=0)], oracle=None)
record("gather_into", lambda r: [call(r(3, 4), places(r), shape=(3, 3), dim=0)], oracle=None)
record("weighted_gather", lambda r: [call(r(2, 3, 3), neighbors(r), r(2, 2, 3))], oracle=None)
record(
    "weighted_scatter", lambda r: [call(r(2, 3, 3), neighbors(r), r(2, 2, 3), size=3)], oracle=None
)
record("gathered_dot", lambda r: [call(r(2, 3, 3), r(2, 3, 3), neighbors(r))], oracle=None)
record(
    "scatter",
    lambda r: [call(r(3, 4), np.array([[0, 1, 2], [1, 2, 0]]), r(2, 4), dim=0)],
    oracle=dim_first("scatter"),
)
record(
    "scatter_value",
    lambda r: [call(r(3, 4), places(r), dim=0, value=1.5)],
    oracle=lambda torch, x, i, dim, value: torch.scatter(x, dim, i, value),
)
record(
    "scatter_add",
    lambda r: [call(r(3, 4), places(r), r(2, 4), dim=0)],
    oracle=dim_first("scatter_add"),
)
record(
    "scatter_reduce",
    lambda r: [
        call(r(3, 4), places(r), r(2, 4), dim=0, reduce=reduce, include_self=own, name="Scatter")
        for reduce in ("sum", "prod", "mean", "amax", "amin")
        for own in (True, False)
    ],
    oracle=lambda torch, x, i, src, dim, reduce, include_self, name: torch.scatter_reduce(
        x, dim, i, src, reduce, include_self=include_self
    ),
)
record(
    "meeting_counts",
    lambda r: [call(r(3, 4), places(r), dim=0, include_self=True)],
    oracle=None,
)
record("indicator", lambda r: [call(r.bools(2, 3), r(2, 3))], oracle=None)

ROWS = np.array([2, 0, 2])
record(
    "index_select",
    lambda r: [call(r(3, 4), ROWS, dim=0), call(r(2, 3, 2), ROWS, dim=1)],
    oracle=dim_first("index_select"),
)
record("index_add_zeros", lambda r: [call(r(3, 4), ROWS, shape=(5, 4), dim=0)], oracle=None)
record(
    "index_add",
    lambda r: [
        call(r(3, 4), ROWS, r(3, 4), dim=0, alpha=2.5),
        call(r(2, 3), ROWS, r(2, 3), dim=1, alpha=1),
    ],
    oracle=dim_first("index_add"),
)
record(
    "index_copy",
    lambda r: [call(r(3, 4), np.array([2, 0]), r(2, 4), dim=0)],
    oracle=dim_first("index_copy"),
)
record(
    "index_fill",
    lambda r: [call(r(3, 4), ROWS, dim=0, value=1.5)],
    oracle=lambda torch, x, i, dim, value: torch.index_fill(x, dim, i, value),
)
record(
    "index_fill_with", lambda r: [call(r(3, 4), ROWS, r(), dim=0)], oracle=dim_first("index_fill")
)

# mask ---------------------------------------------------------------------------------------------

record(
    "masked_fill",
    lambda r: [call(r(2, 3), r.bools(3), value=1.5)],
    oracle=lambda torch, x, mask, value: torch.masked_fill(x, mask, value),
)
record("masked_fill_with", lambda r: [call(r(2, 1), r.bools(2, 3), r())], oracle="masked_fill")
record("masked_select", lambda r: [call(r(2, 3), r.bools(2, 3)), call(r(2, 1), r.bools(3))])
record("masked_put", lambda r: [call(r(2), np.array([True, False, True]), shape=(3,))], oracle=None)
record(
    "masked_scatter",
    lambda r: [call(r(2, 3), r.bools(2, 3), r(7)), call(r(3), r.bools(2, 3), r(2, 4))],
)
record("in_front", lambda r: [call(r(3), shape=(2, 2))], oracle=None)
record("front_of", lambda r: [call(r(2, 2), count=3)], oracle=None)
record("take", lambda r: [call(r(2, 3), np.array([0, -1, 0]))])
record(
    "put",
    lambda r: [
        call(r(2, 3), np.array([0, 0]), r(2), accumulate=True),
        call(r(2, 3), np.array([0, 4]), r(2), accumulate=False),
    ],
)
record("put_zero", lambda r: [call(r(2, 3), np.array([0, 4]))], oracle=None)
record("put_zeros", lambda r: [call(r(3), np.array([0, 4, 0]), shape=(2, 3))], oracle=None)

# sort ---------------------------------------------------------------------------------------------

record(
    "sort",
    lambda r: [
        call(r(3, 4), dim=d, descending=e, stable=True) for d in (0, 1) for e in (True, False)
    ],
)
record(
    "topk",
    lambda r: [call(r(3, 4), k=2, dim=0, largest=True), call(r(3, 4), k=3, dim=1, largest=False)],
)
record(
    "kthvalue",
    lambda r: [call(r(3, 4), k=2, dim=0, keepdim=True), call(r(3, 4), k=3, dim=1, keepdim=False)],
)

# view_copies --------------------------------------------------------------------------------------

record("narrow_copy", lambda r: [call(r(2, 5), dim=1, start=1, stop=4)], oracle=None)
record(
    "scatter_basic",
    lambda r: [call(r(2, 3, 4), r(2, 1, 2), name="SliceScatterBackward0", index=BASIC)],
    oracle=None,
)
record("diagonal_scatter", lambda r: [call(r(3, 4), r(3), offset=1, dim1=0, dim2=1)])
record("strided_scatter", lambda r: [call(r(2, 4), r(2, 3), **STRIDED)], oracle=None)

# sample -------------------------------------------------------------------------------------------

record(
    "bernoulli",
    lambda r: [call(np.array([0.0, 1.0]), generator=Generator())],
    oracle=None,
    smooth=False,
)
record(
    "poisson",
    lambda r: [call(np.array([0.0, 0.0]), generator=Generator())],
    oracle=None,
    smooth=False,
)


class Steady:
    """In place of a Generator: its draws are always the same."""

    def standard_gamma(self, concentration):
        return concentration * 0.7


def draws_of(r):
    return [call(r(2, 3, low=0.5, high=5.0), generator=Steady())]


record("gamma_draws", draws_of, oracle=None, smooth=False, second=False)
record("dirichlet_draws", draws_of, oracle=None, smooth=False, second=False)
record(
    "standard_gamma_grad",
    lambda r: [call(r(2, 3, low=0.5, high=5.0), r(2, 3, low=0.5, high=5.0))],
    oracle="_standard_gamma_grad",
    smooth=False,
    tolerance=1e-3,
)
record(
    "dirichlet_grad",
    lambda r: [call(*(r(2, 3, low=a, high=b) for a, b in ((0.1, 0.9), (0.5, 5.0), (6.0, 9.0))))],
    oracle="_dirichlet_grad",
    smooth=False,
    tolerance=1e-3,
)

# matmul -------------------------------------------------------------------------------------------

record("mm", lambda r: [call(r(2, 3), r(3, 4)), call(r(2, 0), r(0, 4)), call(r(1, 1), r(1, 5))])
record(
    "linear",
    lambda r: [
        call(r(2, 3), r(4, 3), r(4)),
        call(r(3), r(4, 3), None),
        call(r(3), r(4, 3), r(4)),
        call(r(2, 2, 3), r(4, 3), r(4)),
        call(r(2, 3), r(3), None),
    ],
    oracle="nn.functional.linear",
)
record("matmul", lambda r: [call(r(2, 1, 3, 4), r(5, 4, 2)), call(r(3, 4), r(2, 4, 1))])
record("dot", lambda r: [call(r(3), r(3))])
record("mv", lambda r: [call(r(2, 3), r(3))])
record("outer", lambda r: [call(r(2), r(3))])
record(
    "outer_of_samples",
    lambda r: [call(r(2, 2), r(2, 3)), call(r(9, 2), r(9, 2)), call(r(5, 1), r(5, 1))],
    oracle=lambda torch, a, b: torch.einsum("ni,nj->nij", a, b),
)
record("bmm", lambda r: [call(r(2, 3, 4), r(2, 4, 1))])
record(
    "addmm",
    lambda r: [
        call(r(2, 4), r(2, 3), r(3, 4), beta=1, alpha=1),
        call(r(4), r(2, 3), r(3, 4), beta=0.5, alpha=2),
        call(r(2, 1), r(2, 3), r(3, 4), beta=0, alpha=1),
    ],
)

# padding ------------------------------------------------------------------------------------------

record(
    "pad_constant",
    lambda r: [
        call(r(2, 3), pad=((0, 0), (1, 2)), value=1.5),
        call(r(2, 4), pad=((2, 0), (-1, 1)), value=0),
    ],
    oracle=lambda torch, input, pad, value: torch.nn.functional.pad(
        input, [n for pair in reversed(pad) for n in pair], value=value
    ),
)

MIRROR = (None, (2, 1), (1, 2))
WRAP = (None, (2, 1), (3, -1))


def padded(torch, input, pad, mode):
    """PyTorch's padding with elements of the input."""
    return torch.nn.functional.pad(input, [n for p in reversed(pad[1:]) for n in p], mode)


record(
    "pad_with_own",
    lambda r: [
        call(r(2, 3, 4), pad=MIRROR, mode="reflect"),
        call(r(1, 3, 4), pad=WRAP, mode="circular"),
        call(r(1, 3, 2), pad=WRAP, mode="replicate"),
    ],
    oracle=padded,
)
record(
    "pad_with_own_back",
    lambda r: [
        call(r(2, 6, 7), shape=(2, 3, 4), pad=MIRROR, mode="reflect"),
        call(r(1, 6, 6), shape=(1, 3, 4), pad=WRAP, mode="circular"),
        call(r(1, 6, 4), shape=(1, 3, 2), pad=WRAP, mode="replicate"),
    ],
    oracle=None,
)

# window -------------------------------------------------------------------------------------------

LINE = {"stride": (2,), "padding": (1,), "dilation": (2,), "groups": 1}
PLANE = {"stride": (2, 1), "padding": (0, 1), "dilation": (1, 2), "groups": 2}
POINT = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 2}
SPACE = {"stride": (1, 2, 1), "padding": (1, 0, 0), "dilation": (1, 1, 1), "groups": 1}


def convolution_gradient(torch, given, weight, stride, padding, dilation, groups, **sizes):
    """What PyTorch finds as the gradient of a convolution in its input or in its weight."""
    ((name, size),) = sizes.items()
    count = len(stride)
    by_input = name == "space"
    size = (len(given), weight.shape[1] * groups, *size) if by_input else (
        weight.shape[1], given.shape[1] // groups, *size
    )  # fmt: skip
    function = getattr(torch.nn.grad, f"conv{count}d_{'input' if by_input else 'weight'}")
    args = (size, weight, given) if by_input else (given, size, weight)
    return function(*args, stride, padding, dilation, groups)


record(
    "convolve",
    lambda r: [
        call(r(1, 2, 6), r(2, 2, 2), **LINE),
        call(r(2, 2, 4, 3), r(2, 1, 2, 2), **PLANE),
        call(r(2, 2, 4, 3), r(2, 1, 2, 2), r(2), **PLANE),
        call(r(1, 4, 2, 1), r(2, 2, 1, 1), **POINT),
        call(r(1, 1, 2, 4, 1), r(2, 1, 2, 2, 1), **SPACE),
    ],
    oracle=lambda torch, input, *rest, **options: getattr(torch, f"conv{input.ndim - 2}d")(
        input, *rest, **options
    ),
)
record(
    "convolve_input",
    lambda r: [
        call(r(1, 2, 3), r(2, 2, 2), space=(6,), **LINE),
        call(r(2, 2, 2, 3), r(2, 1, 2, 2), space=(4, 3), **PLANE),
        call(r(1, 2, 2, 1), r(2, 2, 1, 1), space=(2, 1), **POINT),
        call(r(1, 2, 3, 2, 1), r(2, 1, 2, 2, 1), space=(2, 4, 1), **SPACE),
    ],
    oracle=convolution_gradient,
)
record(
    "convolve_weight",
    lambda r: [
        call(r(1, 2, 6), r(1, 2, 3), kernel=(2,), **LINE),
        call(r(2, 2, 4, 3), r(2, 2, 2, 3), kernel=(2, 2), **PLANE),
        call(r(1, 4, 2, 1), r(1, 2, 2, 1), kernel=(1, 1), **POINT),
        call(r(1, 1, 2, 4, 1), r(1, 2, 3, 2, 1), kernel=(2, 2, 1), **SPACE),
    ],
    oracle=convolution_gradient,
)
record("add_channels", lambda r: [call(r(2, 3, 4), r(3)), call(r(2, 3), r(3))], oracle=None)

# pool ---------------------------------------------------------------------------------------------

record(
    "max_pool",
    lambda r: [
        call(
            r(1, 2, 5, 4), kernel_size=(2, 2), stride=(2, 2), padding=(0, 0), dilation=(1, 1),
            ceil_mode=True,
        ),
        call(
            r(1, 1, 6, 5), kernel_size=(3, 2), stride=(1, 2), padding=(1, 1), dilation=(1, 2),
            ceil_mode=False,
        ),
        call(
            r(1, 2, 7), kernel_size=(3,), stride=(2,), padding=(1,), dilation=(1,), ceil_mode=False
        ),
    ],
    oracle=lambda torch, input, **options: getattr(
        torch.nn.functional, f"max_pool{input.ndim - 2}d"
    )(input, **options, return_indices=True),
)  # fmt: skip
record(
    "put_places",
    lambda r: [
        call(r(1, 2, 1, 3), indices=PLACES, space=(2, 3), once=False),
        call(r(1, 2, 3), indices=PLACES[:, :, 0] % 5, space=(5,), once=False),
    ],
    oracle=None,
)
PLACES = np.array([[[[0, 5, 0]], [[1, 2, 3]]]])
record("take_places", lambda r: [call(r(1, 2, 2, 3), indices=PLACES)], oracle=None)
WINDOWS = {"kernel_size": (3, 2), "stride": (2, 2), "padding": (1, 0)}
DIVISORS = (6, np.array([[2.0, 3.0, 4.0]]))
record(
    "mean_pool",
    lambda r: [
        call(r(2, 1, 5, 5), **WINDOWS, out=(3, 3), divisor=d, name="PoolBackward0")
        for d in DIVISORS
    ],
    oracle=None,
)
record(
    "spread_windows",
    lambda r: [call(r(2, 1, 3, 3), **WINDOWS, space=(5, 5), divisor=d) for d in DIVISORS],
    oracle=None,
)
WEIGHTS = (np.float32([[1, 2], [3, 4]]), None, np.float32([[0.5, 1, -1]]))
record(
    "weigh",
    lambda r: [call(r(2, 2, 3, 1), weights=WEIGHTS, name="PoolBackward0")],
    oracle=None,
)
record(
    "adaptive_max",
    lambda r: [call(r(2, 1, 5, 4), sizes=(3, 2)), call(r(1, 2, 5), sizes=(3,))],
    oracle=lambda torch, input, sizes: getattr(
        torch.nn.functional, f"adaptive_max_pool{len(sizes)}d"
    )(input, sizes, return_indices=True),
)

PATCHES = {"kernel": (2, 3), "stride": (2, 1), "padding": (1, 0), "dilation": (1, 2)}


def with_pytorchs_names(torch, input, kernel, **options):
    """Options of `nn.functional.unfold`, for ours."""
    return torch.nn.functional.unfold(input, kernel, **options)


record("im2col", lambda r: [call(r(2, 1, 4, 6), **PATCHES)], oracle=with_pytorchs_names)
record(
    "col2im",
    lambda r: [call(r(1, 12, 6), space=(4, 6), **PATCHES)],
    oracle=lambda torch, input, space, kernel, **options: torch.nn.functional.fold(
        input, space, kernel, **options
    ),
)

# activation ---------------------------------------------------------------------------------------

for name in "hardswish hardtanh hardshrink softshrink leaky_relu selu silu mish".split():
    record(
        name, lambda r: [call(r(3, 4, low=-4, high=4)), call(r())], oracle=f"nn.functional.{name}"
    )
record(
    "hardsigmoid",
    lambda r: [call(r(3, 4, low=-4, high=4)), call(r())],
    oracle="nn.functional.hardsigmoid",
    second=False,
)
record("log_sigmoid", one(), oracle="nn.functional.logsigmoid")
record("normal_probability", one(), oracle="special.ndtr")
record(
    "threshold",
    lambda r: [call(r(3, 4), threshold=0.1, value=-7.0)],
    oracle="nn.functional.threshold",
)
record(
    "prelu_kernel",
    lambda r: [call(r(3, 4), r(1, low=0.1, high=0.5))],
    oracle="nn.functional.prelu",
)
record("rrelu", two(), oracle="mul")
record(
    "elu",
    lambda r: [call(r(3, 4), alpha=1.3)],
    oracle="nn.functional.elu",
)
record("celu", lambda r: [call(r(3, 4), alpha=1.3)], oracle="nn.functional.celu")
record(
    "softplus",
    lambda r: [call(r(3, 4), beta=1.5, threshold=20.0), call(r(3, 4) * 4, beta=1.0, threshold=5.0)],
    oracle="nn.functional.softplus",
)
record(
    "gelu",
    lambda r: [call(r(3, 4), approximate=a) for a in ("none", "tanh")],
    oracle="nn.functional.gelu",
)
record(
    "glu",
    lambda r: [call(r(3, 4), r(3, 4))],
    oracle=lambda torch, a, b: torch.nn.functional.glu(torch.cat([a, b], -1), -1),
)

# loss ---------------------------------------------------------------------------------------------

REDUCTIONS = ("mean", "sum", "none")


def losses(**options):
    """Samples of a loss between two tensors, reduced in each way."""
    return lambda r: [call(r(3, 4), r(3, 4), reduction=each, **options) for each in REDUCTIONS]


record("mse_loss", losses(), oracle="nn.functional.mse_loss")
record("smooth_l1_loss", losses(beta=0.7), oracle="nn.functional.smooth_l1_loss")
record("huber_loss", losses(delta=0.7), oracle="nn.functional.huber_loss")
record("soft_margin_loss", losses(), oracle="nn.functional.soft_margin_loss")
record(
    "binary_cross_entropy",
    lambda r: [
        call(r(3, 4, low=0.1, high=0.9), r(3, 4, low=0, high=1), weight, reduction=each)
        for each in REDUCTIONS
        for weight in (None, np.array([0.5, 1.0, 2.0, 1.5]))
    ],
    oracle="nn.functional.binary_cross_entropy",
)
record(
    "binary_cross_entropy_with_logits",
    lambda r: [
        call(r(3, 4), r(3, 4, low=0, high=1), weight, positive, reduction=each)
        for each in REDUCTIONS
        for weight, positive in ((None, None), (np.ones(4) / 2, np.array([0.5, 1.0, 2.0, 1.5])))
    ],
    oracle=lambda torch, input, target, weight, pos_weight, reduction: (
        torch.nn.functional.binary_cross_entropy_with_logits(
            input, target, weight, reduction=reduction, pos_weight=pos_weight
        )
    ),
)
CLASSES = np.array([2, 0, 1])
record(
    "nll_loss",
    lambda r: [
        call(r(3, 4), CLASSES, weight, reduction=each, ignore_index=ignored)
        for each in REDUCTIONS
        for weight in (None, np.array([0.5, 1.0, 2.0, 1.5]))
        for ignored in (-100, 1)
    ],
    oracle=lambda torch, input, target, weight, **options: torch.nn.functional.nll_loss(
        input, target, weight.to(input.dtype) if weight is not None else None, **options
    ),
)
record(
    "nll_loss_gradient",
    lambda r: [call(r(), CLASSES, None, shape=(3, 4), reduction="mean", ignore_index=-100)],
    oracle=None,
)

# normalization, lookup ----------------------------------------------------------------------------

record(
    "layer_norm",
    lambda r: [
        call(r(2, 3, 4), r(3, 4), r(3, 4), dims=(1, 2), eps=1e-5),
        call(r(2, 4), None, None, dims=(1,), eps=1e-5),
    ],
    oracle=lambda torch, input, weight, bias, dims, eps: torch.nn.functional.layer_norm(
        input, input.shape[1:], weight, bias, eps
    ),
)
record(
    "batch_norm_with_statistics",
    lambda r: [call(r(4, 3, 2), r(3), r(3), eps=1e-5), call(r(4, 3), None, None, eps=1e-5)],
    oracle=None,
)

record(
    "embedding",
    lambda r: [call(r(5, 3), r.ints(2, 4, low=0, high=5), padding_idx=-1)],
    oracle=lambda torch, weight, input, padding_idx: torch.nn.functional.embedding(input, weight),
)
record(
    "embedding_gradient",
    lambda r: [
        call(
            r(4, 3),
            np.array([1, 0, 1, 2]),
            shape=(5, 3),
            padding_idx=0,
            scale_grad_by_freq=each,
        )
        for each in (False, True)
    ],
    oracle=None,
)
record(
    "lookup_scale",
    lambda r: [call(np.array([1, 0, 1, 2]), padding_idx=0, scale_grad_by_freq=True)],
    oracle=None,
)

# linear algebra -----------------------------------------------------------------------------------


def regular(r, *shape):
    """Matrices far from singular."""
    return r(*shape) + 5 * np.eye(shape[-1])


def positive(r, *shape):
    """Matrices that are symmetric and positive-definite, by their lower triangles alone."""
    half = r(*shape)
    return half @ np.swapaxes(half, -1, -2) + np.eye(shape[-1])


def as_plain_tuple(name):
    """A function of several results. (Eigenvectors, whose signs are free: `test_linalg`.)"""
    return lambda torch, a, **options: tuple(getattr(torch.linalg, name)(a, **options))


for name in "inv det matrix_exp".split():
    record(name, lambda r: [call(regular(r, 3, 3) / 3), call(r(2, 2, 2))], oracle=f"linalg.{name}")
record(
    "cofactors",
    lambda r: [call(regular(r, 3, 3)), call(regular(r, 2, 2, 2))],
    oracle=lambda torch, a: torch.linalg.det(a)[..., None, None] * torch.linalg.inv(a).mT,
)
record(
    "slogdet",
    lambda r: [call(regular(r, 3, 3)), call(r(2, 2, 2))],
    oracle=as_plain_tuple("slogdet"),
)
record(
    "solve",
    lambda r: [call(regular(r, 3, 3), r(3, 2)), call(regular(r, 2, 2, 2), r(2, 1))],
    oracle="linalg.solve",
)
record(
    "solve_triangular",
    lambda r: [
        call(regular(r, 3, 3), r(3, 2), upper=True, unitriangular=False),
        call(regular(r, 2, 2), r(2, 2, 1), upper=False, unitriangular=True),
    ],
    oracle="linalg.solve_triangular",
)
record(
    "cholesky",
    lambda r: [call(positive(r, 3, 3)), call(positive(r, 2, 2, 2))],
    oracle="linalg.cholesky",
    smooth=False,
)
record("qr", lambda r: [call(r(3, 3)), call(r(2, 3, 2))], oracle=as_plain_tuple("qr"))
record(
    "eigh",
    lambda r: [call(positive(r, 3, 3), UPLO="L")],
    oracle=None,
    smooth=False,
)
record(
    "svd",
    lambda r: [call(r(3, 2)), call(r(2, 2, 3))],
    oracle=None,
)
record("eig", lambda r: [call(r(3, 3) + 0j)], oracle=None, smooth=False)
record(
    "pinv",
    lambda r: [call(r(3, 2), atol=np.asarray(0.0), rtol=np.asarray(1e-12))],
    oracle=lambda torch, a, atol, rtol: torch.linalg.pinv(a, rtol=1e-12),
)
record("cross", lambda r: [call(r(2, 3), r(2, 3), dim=1)], oracle="linalg.cross")
record("blocks", lambda r: [call(r(2, 2), r(2, 2))], oracle=None)
record("diagonal_blocks", lambda r: [call(r(4, 4))], oracle=None)
record("blocks_of_sum", lambda r: [call(r(2, 2))], oracle=None)
record("corner", lambda r: [call(r(4, 4), size=2)], oracle=None)
record("in_corner", lambda r: [call(r(2, 2))], oracle=None)

# Steps of recurrent networks: gates of four (LSTM) or three (GRU) times the width

record("lstm_memory", lambda r: [call(r(2, 12), r(2, 3))], oracle=None)
record("lstm_output", lambda r: [call(r(2, 12), r(2, 3))], oracle=None)
record("gru_step", lambda r: [call(r(2, 9), r(2, 9), r(2, 3))], oracle=None)

# sequences ----------------------------------------------------------------------------------------

ALIGNED = {
    "labels": np.array([[1, 2, 2], [2, 0, 0]]),
    "input_lengths": np.array([5, 4]),
    "target_lengths": np.array([3, 1]),
    "blank": 0,
    "zero_infinity": False,
}


def ctc_by_pytorch(torch, log_probs, labels, input_lengths, target_lengths, blank, zero_infinity):
    lengths = torch.tensor(input_lengths), torch.tensor(target_lengths)
    return torch.ctc_loss(log_probs, torch.tensor(labels), *lengths, blank, 0, zero_infinity)


# the derivative is that of what a log_softmax gave, so it is no derivative of the function alone
record("ctc_losses", lambda r: [call(r(5, 2, 3), **ALIGNED)], oracle=ctc_by_pytorch, smooth=False)
record(
    "ctc_gradient",
    lambda r: [call(r(5, 2, 3), r(2), r(2, low=1.0), **ALIGNED)],
    oracle=None,
    smooth=False,
)


# Fourier transforms and factorizations: what is not declared before it is used ---------------------


def complex_samples(r, *shape):
    return r(*shape) + 1j * r(*shape)


record(
    "c2c",
    lambda r: [
        call(complex_samples(r, 3, 4), dim=(0, 1), scale=0.5, forward=True),
        call(complex_samples(r, 3, 4), dim=(1,), scale=1.0, forward=False),
    ],
    oracle=lambda torch, input, dim, scale, forward: (
        (
            torch.fft.fftn(input, dim=dim)
            if forward
            else torch.fft.ifftn(input, dim=dim, norm="forward")
        )
        * scale
    ),
)
record(
    "r2c",
    lambda r: [call(r(3, 4), dim=1, scale=0.5), call(r(3, 4), dim=0, scale=1.0)],
    oracle=lambda torch, input, dim, scale: torch.fft.rfft(input, dim=dim) * scale,
)
record(
    "c2r",
    lambda r: [
        call(complex_samples(r, 3, 4), dim=0, scale=0.5, size=4),
        call(complex_samples(r, 3, 4), dim=1, scale=1.0, size=7),
    ],
    oracle=lambda torch, input, dim, scale, size: (
        torch.fft.irfft(input, size, dim=dim, norm="forward") * scale
    ),
)
record(
    "weighted",
    lambda r: [call(r(3, 4), dim=0, size=4, divide=False), call(r(3), dim=0, size=5, divide=True)],
    oracle=None,
)
record(
    "lu_factor",
    lambda r: [call(r(2, 3, 3)), call(r(4, 3)), call(r(3, 5))],
    oracle="linalg.lu_factor",
)
record(
    "permute_rows",
    lambda r: [call(r(3, 2), np.array([3, 2, 3], np.int32), back=b) for b in (False, True)],
    oracle=None,
)
record("block", lambda r: [call(r(2, 3, 4), start=(1, 0), stop=(3, 2))], oracle=None)
record("put_block", lambda r: [call(r(2, 2), start=(1, 0), stop=(3, 2), shape=(3, 4))], oracle=None)
record("unit_lower", lambda r: [call(r(3, 2)), call(r(2, 3, 3))], oracle=None)
