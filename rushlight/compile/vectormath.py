"""Elementary functions without branches, in plain Python that LLVM turns into vector code.

Numba's packages have no vector math library: a loop over `math.exp` calls the C library once for
every element. The functions here consist of a few products, sums and selections, so that a loop
over one of them handles 8 float32 (or 4 float64) at a time. Each exists in both widths:

>>> import numpy as np
>>> from rushlight.compile.vectormath import F32
>>> print(f"{F32.exp(np.float32(1)):.6f}")
2.718282

Each takes and gives scalars of its width, and treats NaN, infinities, -0.0 and denormal numbers as
IEEE 754 and the C library do. Largest error found, in units of the last place (ulp), over the whole
range (tests/test_compile_vectormath.py measures it):

==================  =======  =======  ==========================================================
function            float32  float64  method
==================  =======  =======  ==========================================================
exp, exp2           1.1      1.0      2^n * exp(r), |r| <= log(2)/2, r by Cody and Waite
expm1               1.8      1.8      the same, 2^n - 1 added last
log                 1.0      1.0      exponent, and atanh series of f / (2 + f)
log2, log10         2.0      2.0      the same, times a constant
log1p               1.0      1.0      log of 1 + x, and what that sum lost
sigmoid             2.5      2.0      exp(-abs(x)), one division
tanh                2.7      2.7      expm1(-2 abs(x)), one division
sin, cos            1.5      1.5      Cody and Waite modulo pi/2; NaN where abs(x) > 1e12
erf                 1.5      1.5      odd polynomial below 1, 1 - exp(polynomial) above
rsqrt               1.5      1.5      square root, division
pow                 1.0      (libm)   exp(y * log(x)) in float64; float64 isn't vectorised
==================  =======  =======  ==========================================================

Sources: W. J. Cody, W. Waite, "Software Manual for the Elementary Functions", 1980 (reduction of
arguments); J.-M. Muller, "Elementary Functions", 3rd ed. 2016 (the forms of expm1, log1p, tanh).
The coefficients are minimax polynomials found by Remez' exchange algorithm in 160 bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace

import numpy as np

from rushlight.compile import polynomials
from rushlight.compile.native import jit as native_jit
from rushlight.compile.native import select

INF = math.inf
jit = partial(native_jit, inline=True)


class Width(SimpleNamespace):
    """A floating-point format, its constants as scalars of that format, and its functions."""

    def constants(self, *values: float) -> list:
        """Numbers as scalars of this width: a Python float would widen float32 to float64."""
        return [self.float(value) for value in values]

    def polynomial(self, name: str) -> Callable:
        """x -> c[0] + c[1] x + c[2] x**2 + ..., by Horner's rule, without a loop."""
        coefficients = self.table[name]
        names = {f"c{i}": self.float(c) for i, c in enumerate(coefficients)}
        text = f"c{len(coefficients) - 1}"
        for name in reversed(list(names)[:-1]):
            text = f"({text} * x + {name})"
        exec(f"def polynomial(x):\n    return {text}\n", names)
        return jit(names["polynomial"])


F32 = Width(
    float=np.float32,
    int=np.int32,
    mantissa=23,
    magic=1.5 * 2.0**23,
    bias=127,
    ln2=(0.693145751953125, 1.428606765330187e-06),
    log10_2=(0.301025390625, 4.605038981195214e-06),
    exp_range=(-104.0, 89.0),
    exp2_range=(-151.0, 129.0),
    tanh_limit=10.0,
    erf_limit=4.0,
    table=polynomials.FLOAT32,
)
F64 = Width(
    float=np.float64,
    int=np.int64,
    mantissa=52,
    magic=1.5 * 2.0**52,
    bias=1023,
    ln2=(0.693147180369123816490, 1.90821492927058770002e-10),
    log10_2=(3.01029995663611771306e-01, 3.69423907715893078616e-13),
    exp_range=(-746.0, 710.0),
    exp2_range=(-1076.0, 1025.0),
    tanh_limit=20.0,
    erf_limit=6.0,
    table=polynomials.FLOAT64,
)


def both(build: Callable) -> Callable:
    """Build a function in both widths, and enter it into each under its name."""
    for width in (F32, F64):
        function = build(width)
        function.__name__ = build.__name__
        function.__doc__ = build.__doc__
        setattr(width, build.__name__, jit(function))
    return build


# Bits ---------------------------------------------------------------------------------------------


@both
def bits(w):
    """The number whose binary form is that of x, as an integer."""
    F, I = w.float, w.int
    return lambda x: F(x).view(I)


@both
def from_bits(w):
    """The floating-point number whose binary form is that of an integer."""
    F, I = w.float, w.int
    return lambda n: I(n).view(F)


@both
def with_sign(w):
    """x, not negative, with the sign of another number."""
    bits, from_bits, sign = w.bits, w.from_bits, w.int(-(2 ** (8 * w.int().itemsize - 1)))
    return lambda x, other: from_bits(bits(x) | (bits(other) & sign))


@both
def nearest(w):
    """The nearest integer, for abs(x) < 2**(mantissa - 1): adding `magic` rounds off the rest."""
    (magic,) = w.constants(w.magic)
    return lambda x: (x + magic) - magic


@both
def power_of_two(w):
    """2**n for a whole floating-point number n, made as an exponent; no integer conversion."""
    bits, from_bits, mantissa = w.bits, w.from_bits, w.mantissa
    (magic,) = w.constants(w.magic)
    start = w.int(w.bias - int(magic.view(w.int)))
    return lambda n: from_bits((bits(n + magic) + start) << mantissa)


# Exponentials -------------------------------------------------------------------------------------


@both
def scaled(w):
    """x * 2**n, in two steps: n may lie below the smallest exponent or above the greatest."""
    nearest, power_of_two = w.nearest, w.power_of_two
    (half,) = w.constants(0.5)

    def scaled(x, n):
        first = nearest(n * half)
        return x * power_of_two(first) * power_of_two(n - first)

    return scaled


@both
def exp_near_zero(w):
    """exp(r) - 1 for abs(r) <= log(2) / 2."""
    p = w.polynomial("exp")
    return lambda r: r + r * r * p(r)


@both
def exp(w):
    """e to the power x."""
    one, log2_e, high, low, least, most = w.constants(1, math.log2(math.e), *w.ln2, *w.exp_range)
    nearest, exp_near_zero, scaled = w.nearest, w.exp_near_zero, w.scaled

    def exp(x):
        x = most if x > most else x
        x = least if x < least else x
        n = nearest(x * log2_e)
        return scaled(one + exp_near_zero(x - n * high - n * low), n)

    return exp


@both
def exp2(w):
    """2 to the power x."""
    one, log_2, least, most = w.constants(1, math.log(2), *w.exp2_range)
    nearest, exp_near_zero, scaled = w.nearest, w.exp_near_zero, w.scaled

    def exp2(x):
        x = most if x > most else x
        x = least if x < least else x
        n = nearest(x)
        return scaled(one + exp_near_zero((x - n) * log_2), n)

    return exp2


@both
def expm1(w):
    """exp(x) - 1, accurate near 0 too."""
    log2_e, high, low, one, half, two = w.constants(math.log2(math.e), *w.ln2, 1, 0.5, 2)
    least, most, tiny = w.constants(-40, w.exp_range[1], 2.0 ** (-w.mantissa - 2))
    nearest, exp_near_zero, power_of_two = w.nearest, w.exp_near_zero, w.power_of_two

    def expm1(x):
        y = most if x > most else x
        y = least if y < least else y
        n = nearest(y * log2_e)
        q = exp_near_zero(y - n * high - n * low)
        s = power_of_two(n - one)  # half of 2**n, which may not be a number any more
        return x if abs(x) < tiny else (q * s + (s - half)) * two

    return expm1


@both
def sigmoid(w):
    """1 / (1 + exp(-x))."""
    exp = w.exp
    one, zero = w.constants(1, 0)

    def sigmoid(x):
        e = exp(-abs(x))
        return (e if x < zero else one) / (one + e)

    return sigmoid


@both
def tanh(w):
    """The hyperbolic tangent, (1 - t) / (1 + t) with t = exp(-2 abs(x)), and the sign of x."""
    log2_e, high, low, one, two = w.constants(math.log2(math.e), *w.ln2, 1, 2)
    (limit,) = w.constants(w.tanh_limit)
    nearest, exp_near_zero, power_of_two = w.nearest, w.exp_near_zero, w.power_of_two
    with_sign = w.with_sign

    def tanh(x):
        y = abs(x)
        y = -two * (limit if y > limit else y)
        n = nearest(y * log2_e)
        s = power_of_two(n)
        t = exp_near_zero(y - n * high - n * low) * s + (s - one)
        return with_sign(abs(t) / (t + two), x)

    return tanh


# Logarithms ---------------------------------------------------------------------------------------


@both
def split(w):
    """(e, f) so that x = 2**e (1 + f), sqrt(1/2) <= 1 + f < sqrt(2); x is positive and finite."""
    bits, from_bits, mantissa, bias, I = w.bits, w.from_bits, w.mantissa, w.bias, w.int
    smallest, up, down, zero, one = w.constants(
        2.0 ** (1 - bias), 2.0 ** (mantissa + 2), -mantissa - 2, 0, 1
    )
    (magic,) = w.constants(w.magic)
    root = int(w.float(math.sqrt(0.5)).view(I))
    offset = (bias << mantissa) - root  # makes what is shifted positive
    exponents = (1 << (8 * I().itemsize - 1 - mantissa)) - 1
    shifted_magic = int(magic.view(I)) - bias

    def split(x):
        small = x < smallest
        n = bits(x * up if small else x)
        k = ((n + offset) >> mantissa) & exponents
        e = (from_bits(k + shifted_magic) - magic) + (down if small else zero)
        f = from_bits(n - ((k - bias) << mantissa)) - one
        return e, f

    return split


@both
def log_tail(w):
    """log(1 + f) - f, for 1 + f between sqrt(1/2) and sqrt(2)."""
    p = w.polynomial("log")
    half, two = w.constants(0.5, 2)

    def log_tail(f):
        s = f / (two + f)
        z = s * s
        h = half * f * f
        return s * (h + z * p(z)) - h

    return log_tail


@both
def log_specials(w):
    """The value y of a logarithm of x; or -inf, NaN, inf where x is 0, negative, infinite, NaN."""
    zero, inf, nan = w.constants(0, INF, math.nan)

    def log_specials(x, y):
        y = y if x < inf else x
        y = -inf if x == zero else y
        return nan if x < zero else y

    return log_specials


@both
def log(w):
    """The natural logarithm."""
    split, log_tail, log_specials = w.split, w.log_tail, w.log_specials
    high, low = w.constants(*w.ln2)

    def log(x):
        e, f = split(x)
        return log_specials(x, e * high + (f + (log_tail(f) + e * low)))

    return log


@both
def log2(w):
    """The logarithm to base 2; exact for powers of 2."""
    split, log_tail, log_specials = w.split, w.log_tail, w.log_specials
    (log2_e,) = w.constants(math.log2(math.e))

    def log2(x):
        e, f = split(x)
        return log_specials(x, e + (f + log_tail(f)) * log2_e)

    return log2


@both
def log10(w):
    """The logarithm to base 10."""
    split, log_tail, log_specials = w.split, w.log_tail, w.log_specials
    log10_e, high, low = w.constants(math.log10(math.e), *w.log10_2)

    def log10(x):
        e, f = split(x)
        return log_specials(x, e * high + ((f + log_tail(f)) * log10_e + e * low))

    return log10


@both
def log1p(w):
    """log(1 + x), accurate near 0 too."""
    split, log_tail, log_specials = w.split, w.log_tail, w.log_specials
    high, low, one, tiny = w.constants(*w.ln2, 1, 2.0 ** (-w.mantissa - 2))

    def log1p(x):
        u = one + x
        lost = one - (u - x) if x > one else x - (u - one)
        e, f = split(u)
        y = log_specials(u, e * high + (f + (log_tail(f) + (e * low + lost / u))))
        return x if abs(x) < tiny else y

    return log1p


# Powers -------------------------------------------------------------------------------------------


@both
def rsqrt(w):
    """1 / sqrt(x)."""
    sqrt = math.sqrt if w is F64 else np.sqrt
    (one,) = w.constants(1)
    return lambda x: one / sqrt(x)


_exp, _log, _nearest, _bits = F64.exp, F64.log, F64.nearest, F64.bits
EVEN = 2.0**24  # a float32 of this size or above is an even number


def _pow_float32(x, y):
    """exp(y * log(abs(x))) in float64: its 29 more bits are more than y can magnify."""
    a, b = np.float64(x), np.float64(y)
    size = _exp(b * _log(abs(a)))
    whole = (_nearest(b) == b) | (abs(b) >= EVEN)
    odd = (abs(b) < EVEN) & (_nearest(b * 0.5) != b * 0.5) & whole
    size = -size if odd & (_bits(a) < 0) else size
    size = np.nan if (a < 0.0) & (a > -np.inf) & (not whole) else size
    one = (b == 0.0) | (a == 1.0) | ((a == -1.0) & (abs(b) == np.inf))
    return np.float32(1.0 if one else size)


@both
def pow(w):
    """x to the power y, by the rules of IEEE 754; float64 is left to the C library."""
    return _pow_float32 if w is F32 else lambda x, y: x**y


# Angles -------------------------------------------------------------------------------------------


_FAR, _NEAR = F64.constants(2 / math.pi * 2.0**-20, 2 / math.pi)
_STEP, _MAGIC = F64.constants(2.0**20, F64.magic)
#: pi/2 in parts of 33 bits
_PART1, _PART2, _PART3 = F64.constants(
    1.57079632673412561417, 6.07710050630396597660e-11, 2.02226624879595063154e-21
)
LARGEST_ANGLE = 1e12


@jit
def _less(x, n):
    """x - n pi/2, as a number and the part of it that rounding lost."""
    first = x - n * _PART1
    step = n * _PART2
    y = first - step
    return y, ((first - y) - step) - n * _PART3


@jit
def quadrant(x):
    """(r, q) so that x = r + q pi/2, abs(r) <= pi/4; q counts modulo 4. In float64 for both widths.

    Two steps, by multiples of 2**20 pi/2 and of pi/2: all products with parts of pi/2 are exact.
    Above 1e12, where more parts would be needed, r is NaN.
    """
    y = np.float64(x)
    m = _nearest(y * _FAR) * _STEP
    y, tail = _less(y, m)
    shifted = y * _NEAR + _MAGIC
    y, lost = _less(y, shifted - _MAGIC)
    return (y + (tail + lost) if abs(x) <= LARGEST_ANGLE else np.nan), _bits(shifted)


def sine(w, shift):
    """The function x -> sin(x + shift pi/2)."""
    half, one = w.constants(0.5, 1)
    odd_part, even_part = w.polynomial("sin"), w.polynomial("cos")
    F, turned = w.float, quadrant

    def sine(x):
        y, q = turned(x)
        q = q + shift
        r = F(y)
        z = r * r
        s = r + r * z * odd_part(z)
        c = one - (half * z - z * z * even_part(z))
        s = select(q & 1 == 0, s, c)
        return select(q & 2 == 0, s, -s)

    return sine


@both
def sin(w):
    """The sine."""
    shifted = jit(sine(w, 0))
    (zero,) = w.constants(0)
    return lambda x: select(x == zero, x, shifted(x))  # the sign of -0.0


@both
def cos(w):
    """The cosine."""
    return sine(w, 1)


# Error function -----------------------------------------------------------------------------------


@both
def erf(w):
    """The error function: an odd polynomial below 1, and 1 - exp(a polynomial) above."""
    inner, outer = w.polynomial("erf"), w.polynomial("log_erfc")
    exp, with_sign = w.exp, w.with_sign
    one, limit = w.constants(1, w.erf_limit)

    def erf(x):
        a = abs(x)
        a = limit if a > limit else a
        small = a + a * inner(a * a)
        large = one - exp(a * outer(a))
        return with_sign(select(a < one, small, large), x)

    return erf
