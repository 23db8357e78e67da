"""Elementary functions without branches: products, sums, selections and bit patterns only.

A loop over `math.exp` calls the C library once for every element. A loop over one of these handles
as many elements at a time as the processor's registers hold, 8 float32 on most. They are plain
Python, and take anything with arithmetic: NumPy's scalars and arrays, or the machine's registers
(`llvm.Number`), for which calling them writes down the instructions.

>>> import numpy as np
>>> from rushlight.compile.native import vectormath
>>> print(vectormath.exp(np.array([0, 1, -1], "f4")))
[1.         2.7182817  0.36787945]

The result has the width of the argument, float32 or float64. NaN, infinities, -0.0 and denormal
numbers are treated as IEEE 754 and the C library do. Largest error found, in units of the last
place (ulp), over the whole range (tests/test_compile_vectormath.py measures it):

==================  =======  =======  ==========================================================
function            float32  float64  method
==================  =======  =======  ==========================================================
exp, exp2           1.2      1.1      2^n * exp(r), |r| <= log(2)/2, r by Cody and Waite
expm1               2.0      2.0      the same, 2^n - 1 added last
log                 1.0      1.0      exponent, and atanh series of f / (2 + f)
log2, log10         2.0      2.0      the same, times a constant
log1p               1.1      1.1      log of 1 + x, and what that sum lost
sigmoid             2.5      2.5      exp(-abs(x)), one division
tanh                2.8      2.8      expm1(-2 abs(x)), one division
sin, cos            1.6      1.6      Cody and Waite modulo pi/2; NaN where abs(x) > 1e12
erf                 1.6      1.6      odd polynomial below 1, 1 - exp(polynomial) above
power               1.0               exp(y * log(x)) in float64
==================  =======  =======  ==========================================================

Sources: W. J. Cody, W. Waite, "Software Manual for the Elementary Functions", 1980 (reduction of
arguments); J.-M. Muller, "Elementary Functions", 3rd ed. 2016 (the forms of expm1, log1p, tanh).
The coefficients are minimax polynomials found by Remez' exchange algorithm in 160 bits.
"""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np

from rushlight.compile.native import polynomials

__all__ = "cos erf exp exp2 expm1 log log10 log1p log2 power sigmoid sin tanh".split()


def _width(dtype, mantissa, table, **constants):
    """A floating-point format: its constants, as numbers of the format."""
    dtype, integer = np.dtype(dtype).type, np.dtype(f"i{np.dtype(dtype).itemsize}").type
    bias = np.finfo(dtype).maxexp - 1
    magic = dtype(1.5 * 2.0**mantissa)
    root_half = int(dtype(math.sqrt(0.5)).view(integer))
    numbers = {name: dtype(value) for name, value in constants.items()}
    return SimpleNamespace(
        float=dtype,
        int=integer,
        mantissa=integer(mantissa),
        bias=integer(bias),
        magic=magic,
        magic_bits=integer(int(magic.view(integer)) - bias),
        one_less_root=integer((bias << mantissa) - root_half),
        exponents=integer((1 << (8 * integer().itemsize - 1 - mantissa)) - 1),
        sign=integer(np.iinfo(integer).min),
        tiny=dtype(2.0 ** (-mantissa - 2)),
        smallest=dtype(2.0 ** (1 - bias)),
        up=dtype(2.0 ** (mantissa + 2)),
        down=dtype(-mantissa - 2),
        log2_e=dtype(math.log2(math.e)),
        log10_e=dtype(math.log10(math.e)),
        ln2=dtype(math.log(2)),
        zero=dtype(0),
        half=dtype(0.5),
        one=dtype(1),
        two=dtype(2),
        inf=dtype(math.inf),
        nan=dtype(math.nan),
        table={name: [dtype(c) for c in row] for name, row in table.items()},
        **numbers,
    )


F32 = _width(
    "f4",
    23,
    polynomials.FLOAT32,
    ln2_high=0.693145751953125,
    ln2_low=1.428606765330187e-06,
    log10_2_high=0.301025390625,
    log10_2_low=4.605038981195214e-06,
    exp_least=-104,
    exp_most=89,
    exp2_least=-151,
    exp2_most=129,
    expm1_least=-20,
    tanh_most=10,
    erf_most=4,
)
F64 = _width(
    "f8",
    52,
    polynomials.FLOAT64,
    ln2_high=0.693147180369123816490,
    ln2_low=1.90821492927058770002e-10,
    log10_2_high=3.01029995663611771306e-01,
    log10_2_low=3.69423907715893078616e-13,
    exp_least=-746,
    exp_most=710,
    exp2_least=-1076,
    exp2_most=1025,
    expm1_least=-40,
    tanh_most=20,
    erf_most=6,
)


def width(x):
    """The format of a number or an array."""
    return F32 if x.dtype == np.float32 else F64


# What a register does otherwise than an array -----------------------------------------------------


def select(condition, x, y):
    """x where the condition holds, y elsewhere; both are there already."""
    if isinstance(condition, (np.ndarray, np.bool_)):
        return np.where(condition, x, y)
    return condition.select(x, y)


def bits(x):
    """The number whose binary form is that of x, as an integer."""
    return x.view(width(x).int)


def from_bits(n):
    """The floating-point number whose binary form is that of an integer."""
    return n.view(np.float32 if n.dtype == np.int32 else np.float64)


# Bits ---------------------------------------------------------------------------------------------


def with_sign(x, other):
    """x, not negative, with the sign of another number."""
    return from_bits(bits(x) | (bits(other) & width(x).sign))


def nearest(x):
    """The nearest integer, for abs(x) < 2**(mantissa - 1): adding `magic` rounds off the rest."""
    magic = width(x).magic
    return (x + magic) - magic


def power_of_two(n):
    """2**n for a whole floating-point number n, made as an exponent; no integer conversion."""
    w = width(n)
    return from_bits((bits(n + w.magic) - w.magic_bits) << w.mantissa)


def scaled(x, n):
    """x * 2**n, in two steps: n may lie below the smallest exponent or above the greatest."""
    first = nearest(n * width(n).half)
    return x * power_of_two(first) * power_of_two(n - first)


def clamped(x, least, most):
    """x between two bounds; NaN stays NaN."""
    x = select(x > most, most, x)
    return select(x < least, least, x)


def polynomial(name, x):
    """c[0] + c[1] x + c[2] x**2 + ..., by Horner's rule."""
    *others, value = width(x).table[name]
    for c in reversed(others):
        value = value * x + c
    return value


# Exponentials -------------------------------------------------------------------------------------


def exp_near_zero(r):
    """exp(r) - 1 for abs(r) <= log(2) / 2."""
    return r + r * r * polynomial("exp", r)


def reduced(x):
    """(n, r) so that x = n log(2) + r, abs(r) <= log(2) / 2."""
    w = width(x)
    n = nearest(x * w.log2_e)
    return n, x - n * w.ln2_high - n * w.ln2_low


def exp(x):
    """e to the power x."""
    w = width(x)
    n, r = reduced(clamped(x, w.exp_least, w.exp_most))
    return scaled(w.one + exp_near_zero(r), n)


def exp2(x):
    """2 to the power x."""
    w = width(x)
    x = clamped(x, w.exp2_least, w.exp2_most)
    n = nearest(x)
    return scaled(w.one + exp_near_zero((x - n) * w.ln2), n)


def expm1(x):
    """exp(x) - 1, accurate near 0 too."""
    w = width(x)
    n, r = reduced(clamped(x, w.expm1_least, w.exp_most))
    s = power_of_two(n - w.one)  # half of 2**n, which may not be a number any more
    y = (exp_near_zero(r) * s + (s - w.half)) * w.two
    return select(abs(x) < w.tiny, x, y)


def sigmoid(x):
    """1 / (1 + exp(-x))."""
    w = width(x)
    e = exp(-abs(x))
    return select(x < w.zero, e, w.one) / (w.one + e)


def tanh(x):
    """The hyperbolic tangent, (1 - t) / (1 + t) with t = exp(-2 abs(x)), and the sign of x."""
    w = width(x)
    size = abs(x)
    n, r = reduced(-w.two * select(size > w.tanh_most, w.tanh_most, size))
    s = power_of_two(n)
    t = exp_near_zero(r) * s + (s - w.one)
    return with_sign(abs(t) / (t + w.two), x)


# Logarithms ---------------------------------------------------------------------------------------


def split(x):
    """(e, f) so that x = 2**e (1 + f), sqrt(1/2) <= 1 + f < sqrt(2); x is positive and finite."""
    w = width(x)
    small = x < w.smallest
    n = bits(select(small, x * w.up, x))
    k = ((n + w.one_less_root) >> w.mantissa) & w.exponents
    e = (from_bits(k + w.magic_bits) - w.magic) + select(small, w.down, w.zero)
    return e, from_bits(n - ((k - w.bias) << w.mantissa)) - w.one


def log_tail(f):
    """log(1 + f) - f, for 1 + f between sqrt(1/2) and sqrt(2)."""
    w = width(f)
    s = f / (w.two + f)
    z = s * s
    h = w.half * f * f
    return s * (h + z * polynomial("log", z)) - h


def log_specials(x, y):
    """The value y of a logarithm of x; or -inf, NaN, inf where x is 0, negative, infinite, NaN."""
    w = width(x)
    y = select(x < w.inf, y, x)
    y = select(x == w.zero, -w.inf, y)
    return select(x < w.zero, w.nan, y)


def log(x):
    """The natural logarithm."""
    w = width(x)
    e, f = split(x)
    return log_specials(x, e * w.ln2_high + (f + (log_tail(f) + e * w.ln2_low)))


def log2(x):
    """The logarithm to base 2; exact for powers of 2."""
    e, f = split(x)
    return log_specials(x, e + (f + log_tail(f)) * width(x).log2_e)


def log10(x):
    """The logarithm to base 10."""
    w = width(x)
    e, f = split(x)
    tail = (f + log_tail(f)) * w.log10_e + e * w.log10_2_low
    return log_specials(x, e * w.log10_2_high + tail)


def log1p(x):
    """log(1 + x), accurate near 0 too."""
    w = width(x)
    u = w.one + x
    lost = select(x > w.one, w.one - (u - x), x - (u - w.one))
    e, f = split(u)
    y = e * w.ln2_high + (f + (log_tail(f) + (e * w.ln2_low + lost / u)))
    return select(abs(x) < w.tiny, x, log_specials(u, y))


# Powers -------------------------------------------------------------------------------------------

EVEN = np.float64(2.0**24)  # a float32 of this size or above is an even number


def power(x, y):
    """x to the power y, float32: exp(y * log(abs(x))) in float64.

    Its 29 more bits are more than y can magnify. Around it the rules of IEEE 754.
    """
    w = F64
    a, b = x.astype(np.float64), y.astype(np.float64)
    size = exp(b * log(abs(a)))
    half = b * w.half
    small = abs(b) < EVEN
    odd = small & (nearest(b) == b) & (nearest(half) != half)
    broken = small & (nearest(b) != b)
    size = select(odd & (bits(a) < np.int64(0)), -size, size)
    size = select((a < w.zero) & (a > -w.inf) & broken, w.nan, size)
    one = (b == w.zero) | (a == w.one) | ((a == -w.one) & (abs(b) == w.inf))
    return select(one, w.one, size).astype(np.float32)


# Angles -------------------------------------------------------------------------------------------

STEP = np.float64(2.0**20)
NEAR, FAR = np.float64(2 / math.pi), np.float64(2 / math.pi * 2.0**-20)
#: pi/2 in parts of 33 bits
PI_PARTS = [
    np.float64(part)
    for part in (1.57079632673412561417, 6.07710050630396597660e-11, 2.02226624879595063154e-21)
]
LARGEST_ANGLE = np.float64(1e12)


def less(x, n):
    """x - n pi/2, as a number and the part of it that rounding lost."""
    first = x - n * PI_PARTS[0]
    step = n * PI_PARTS[1]
    y = first - step
    return y, ((first - y) - step) - n * PI_PARTS[2]


def quadrant(x):
    """(r, q) so that x = r + q pi/2, abs(r) <= pi/4; q counts modulo 4. In float64 for both widths.

    Two steps, by multiples of 2**20 pi/2 and of pi/2: all products with parts of pi/2 are exact.
    Above 1e12, where more parts would be needed, r is NaN.
    """
    y, tail = less(x, nearest(x * FAR) * STEP)
    shifted = y * NEAR + F64.magic
    y, lost = less(y, shifted - F64.magic)
    return select(abs(x) <= LARGEST_ANGLE, y + (tail + lost), F64.nan), bits(shifted)


def turned(x, shift):
    """sin(x + shift pi/2)."""
    w = width(x)
    y, q = quadrant(x.astype(np.float64))
    r, q = y.astype(w.float), q + np.int64(shift)
    z = r * r
    s = r + r * z * polynomial("sin", z)
    c = w.one - (w.half * z - z * z * polynomial("cos", z))
    s = select((q & np.int64(1)) == np.int64(0), s, c)
    return select((q & np.int64(2)) == np.int64(0), s, -s)


def sin(x):
    """The sine."""
    return select(x == width(x).zero, x, turned(x, 0))  # keeps the sign of -0.0


def cos(x):
    """The cosine."""
    return turned(x, 1)


# Error function -----------------------------------------------------------------------------------


def erf(x):
    """The error function: an odd polynomial below 1, and 1 - exp(a polynomial) above."""
    w = width(x)
    size = abs(x)
    a = select(size > w.erf_most, w.erf_most, size)
    small = a + a * polynomial("erf", a * a)
    large = w.one - exp(a * polynomial("log_erfc", a))
    return with_sign(select(a < w.one, small, large), x)
