"""Functions of elements, what folds dimensions, and order."""

from __future__ import annotations

ops = None


class Functions:
    """Functions of elements, what folds dimensions, and order."""

    __slots__ = ()

    @property
    def real(self):
        """The real parts, as a view; of a real tensor, itself."""
        return ops.real(self)

    @real.setter
    def real(self, value):
        ops.copy_(ops.real(self), value)

    @property
    def imag(self):
        """The imaginary parts, as a view."""
        return ops.imag(self)

    @imag.setter
    def imag(self, value):
        ops.copy_(ops.imag(self), value)

    def is_conj(self):
        """Whether this is a view that conjugates."""
        return ops.is_conj(self)

    def is_neg(self):
        """Whether this is a view that negates."""
        return ops.is_neg(self)

    def resolve_conj(self):
        """The tensor itself, or a copy of a view that conjugates."""
        return ops.resolve_conj(self)

    def _conj(self):
        return ops.conj(self)

    def _neg_view(self):
        return ops.neg_view(self)

    def resolve_neg(self):
        """The tensor itself, or a copy of a view that negates."""
        return ops.resolve_neg(self)

    def abs(self):
        """|x|, element by element."""
        return ops.abs(self)

    def absolute(self):
        """|x|, element by element."""
        return ops.abs(self)

    def acos(self):
        """The angle whose cosine is x."""
        return ops.acos(self)

    def acosh(self):
        """Inverse of cosh."""
        return ops.acosh(self)

    def add(self, other, *, alpha=1):
        """self + alpha * other."""
        return ops.add(self, other, alpha=alpha)

    def addcdiv(self, tensor1, tensor2, *, value=1):
        """self + value * tensor1 / tensor2."""
        return ops.addcdiv(self, tensor1, tensor2, value=value)

    def addcmul(self, tensor1, tensor2, *, value=1):
        """self + value * tensor1 * tensor2."""
        return ops.addcmul(self, tensor1, tensor2, value=value)

    def all(self, dim=None, keepdim=False, **names):
        """Whether all elements are true."""
        return ops.all(self, dim, keepdim, **names)

    def allclose(self, other, rtol=1e-05, atol=1e-08, equal_nan=False):
        """Whether all elements are close, as a bool."""
        return ops.allclose(self, other, rtol, atol, equal_nan)

    def amax(self, dim=(), keepdim=False, **names):
        """The greatest element, or along the dimensions `dim`."""
        return ops.amax(self, dim, keepdim, **names)

    def amin(self, dim=(), keepdim=False, **names):
        """The smallest element, or along the dimensions `dim`."""
        return ops.amin(self, dim, keepdim, **names)

    def aminmax(self, *, dim=None, keepdim=False):
        """The smallest and the greatest element."""
        return ops.aminmax(self, dim=dim, keepdim=keepdim)

    def angle(self):
        """The angle of each (complex) element."""
        return ops.angle(self)

    def any(self, dim=None, keepdim=False, **names):
        """Whether some element is true."""
        return ops.any(self, dim, keepdim, **names)

    def arccos(self):
        """The angle whose cosine is x."""
        return ops.acos(self)

    def arccosh(self):
        """Inverse of cosh."""
        return ops.acosh(self)

    def arcsin(self):
        """The angle whose sine is x."""
        return ops.asin(self)

    def arcsinh(self):
        """Inverse of sinh."""
        return ops.asinh(self)

    def arctan(self):
        """The angle whose tangent is x."""
        return ops.atan(self)

    def arctan2(self, other):
        """The angle of the point (other, self)."""
        return ops.atan2(self, other)

    def arctanh(self):
        """Inverse of tanh."""
        return ops.atanh(self)

    def argmax(self, dim=None, keepdim=False, **names):
        """The index of the greatest element."""
        return ops.argmax(self, dim, keepdim, **names)

    def argmin(self, dim=None, keepdim=False, **names):
        """The index of the smallest element."""
        return ops.argmin(self, dim, keepdim, **names)

    def asin(self):
        """The angle whose sine is x."""
        return ops.asin(self)

    def asinh(self):
        """Inverse of sinh."""
        return ops.asinh(self)

    def atan(self):
        """The angle whose tangent is x."""
        return ops.atan(self)

    def atan2(self, other):
        """The angle of the point (other, self)."""
        return ops.atan2(self, other)

    def atanh(self):
        """Inverse of tanh."""
        return ops.atanh(self)

    def bincount(self, weights=None, minlength=0):
        """How often each non-negative integer occurs."""
        return ops.bincount(self, weights, minlength)

    def bitwise_and(self, other):
        """Both bits."""
        return ops.bitwise_and(self, other)

    def bitwise_left_shift(self, other):
        """The bits moved to higher places."""
        return ops.bitwise_left_shift(self, other)

    def bitwise_not(self):
        """The bits inverted; of bools, the opposite."""
        return ops.bitwise_not(self)

    def bitwise_or(self, other):
        """Either bit."""
        return ops.bitwise_or(self, other)

    def bitwise_right_shift(self, other):
        """The bits moved to lower places."""
        return ops.bitwise_right_shift(self, other)

    def bitwise_xor(self, other):
        """The bits that differ."""
        return ops.bitwise_xor(self, other)

    def ceil(self):
        """The smallest whole number that is not smaller."""
        return ops.ceil(self)

    def clamp(self, min=None, max=None):
        """The elements cut off below `min` and above `max`."""
        return ops.clamp(self, min, max)

    def clamp_max(self, max):
        """The elements cut off above `max`."""
        return ops.clamp_max(self, max)

    def clamp_min(self, min):
        """The elements cut off below `min`."""
        return ops.clamp_min(self, min)

    def clip(self, min=None, max=None):
        """The elements cut off below `min` and above `max`."""
        return ops.clamp(self, min, max)

    def conj(self):
        """The complex conjugates."""
        return ops.conj(self)

    def conj_physical(self):
        """The complex conjugates, computed now."""
        return ops.conj_physical(self)

    def copysign(self, other):
        """The size of this, the sign of other."""
        return ops.copysign(self, other)

    def cos(self):
        """Cosine."""
        return ops.cos(self)

    def cosh(self):
        """Hyperbolic cosine."""
        return ops.cosh(self)

    def count_nonzero(self, dim=None):
        """How many elements are not zero."""
        return ops.count_nonzero(self, dim)

    def cummax(self, dim=None, *, axis=None):
        """Running maxima along `dim`, with their indices."""
        return ops.cummax(self, dim, axis=axis)

    def cummin(self, dim=None, *, axis=None):
        """Running minima along `dim`, with their indices."""
        return ops.cummin(self, dim, axis=axis)

    def cumprod(self, dim=None, *, dtype=None, axis=None):
        """Running products along `dim`."""
        return ops.cumprod(self, dim, dtype=dtype, axis=axis)

    def cumsum(self, dim=None, *, dtype=None, axis=None):
        """Running sums along `dim`."""
        return ops.cumsum(self, dim, dtype=dtype, axis=axis)

    def deg2rad(self):
        """Degrees as radians."""
        return ops.deg2rad(self)

    def diff(self, n=1, dim=-1, prepend=None, append=None):
        """Differences of neighbours along `dim`."""
        return ops.diff(self, n, dim, prepend, append)

    def digamma(self):
        """The derivative of lgamma."""
        return ops.digamma(self)

    def div(self, other, *, rounding_mode=None):
        """The quotient, rounded if asked."""
        return ops.div(self, other, rounding_mode=rounding_mode)

    def divide(self, other, *, rounding_mode=None):
        """The quotient, rounded if asked."""
        return ops.div(self, other, rounding_mode=rounding_mode)

    def eq(self, other):
        """Whether equal, element by element."""
        return ops.eq(self, other)

    def equal(self, other):
        """Whether shape and elements are equal, as a bool."""
        return ops.equal(self, other)

    def erf(self):
        """The error function."""
        return ops.erf(self)

    def erfc(self):
        """1 - erf(x)."""
        return ops.erfc(self)

    def erfinv(self):
        """The inverse of erf."""
        return ops.erfinv(self)

    def exp(self):
        """e to the power of each element."""
        return ops.exp(self)

    def exp2(self):
        """2 to the power of each element."""
        return ops.exp2(self)

    def expm1(self):
        """exp(x) - 1."""
        return ops.expm1(self)

    def fix(self):
        """x without its fraction."""
        return ops.trunc(self)

    def float_power(self, exponent):
        """Power in double precision."""
        return ops.float_power(self, exponent)

    def floor(self):
        """The greatest whole number that is not greater."""
        return ops.floor(self)

    def floor_divide(self, other):
        """The quotient, rounded down."""
        return ops.floor_divide(self, other)

    def fmax(self, other):
        """The greater; NaN counts as missing."""
        return ops.fmax(self, other)

    def fmin(self, other):
        """The smaller; NaN counts as missing."""
        return ops.fmin(self, other)

    def fmod(self, other):
        """The remainder, with the sign of this tensor."""
        return ops.fmod(self, other)

    def frac(self):
        """The fraction of x."""
        return ops.frac(self)

    def frexp(self):
        """Mantissa and exponent: self = mantissa * 2**exponent."""
        return ops.frexp(self)

    def gcd(self, other):
        """The greatest common divisor."""
        return ops.gcd(self, other)

    def ge(self, other):
        """Whether greater or equal."""
        return ops.ge(self, other)

    def greater(self, other):
        """Whether greater."""
        return ops.gt(self, other)

    def greater_equal(self, other):
        """Whether greater or equal."""
        return ops.ge(self, other)

    def gt(self, other):
        """Whether greater."""
        return ops.gt(self, other)

    def heaviside(self, values):
        """0, `values` or 1, as the element is negative, zero or positive."""
        return ops.heaviside(self, values)

    def histc(self, bins=100, min=0, max=0):
        """How many elements lie in each of `bins` equal intervals."""
        return ops.histc(self, bins, min, max)

    def hypot(self, other):
        """sqrt(self**2 + other**2)."""
        return ops.hypot(self, other)

    def i0(self):
        """The modified Bessel function of order 0."""
        return ops.i0(self)

    def igamma(self, other):
        """The lower incomplete gamma function."""
        return ops.igamma(self, other)

    def igammac(self, other):
        """The upper incomplete gamma function."""
        return ops.igammac(self, other)

    def isclose(self, other, rtol=1e-05, atol=1e-08, equal_nan=False):
        """Whether the elements are equal but for a tolerance."""
        return ops.isclose(self, other, rtol, atol, equal_nan)

    def isfinite(self):
        """Whether each element is neither infinite nor NaN."""
        return ops.isfinite(self)

    def isinf(self):
        """Whether each element is infinite."""
        return ops.isinf(self)

    def isnan(self):
        """Whether each element is NaN."""
        return ops.isnan(self)

    def isneginf(self):
        """Whether each element is -inf."""
        return ops.isneginf(self)

    def isposinf(self):
        """Whether each element is +inf."""
        return ops.isposinf(self)

    def isreal(self):
        """Whether each imaginary part is zero."""
        return ops.isreal(self)

    def lcm(self, other):
        """The least common multiple."""
        return ops.lcm(self, other)

    def ldexp(self, other):
        """self * 2**other."""
        return ops.ldexp(self, other)

    def le(self, other):
        """Whether less or equal."""
        return ops.le(self, other)

    def lerp(self, end, weight):
        """self + weight * (end - self)."""
        return ops.lerp(self, end, weight)

    def less(self, other):
        """Whether less."""
        return ops.lt(self, other)

    def less_equal(self, other):
        """Whether less or equal."""
        return ops.le(self, other)

    def lgamma(self):
        """The logarithm of |gamma(x)|."""
        return ops.lgamma(self)

    def log(self):
        """Natural logarithm."""
        return ops.log(self)

    def log10(self):
        """Logarithm to base 10."""
        return ops.log10(self)

    def log1p(self):
        """log(1 + x)."""
        return ops.log1p(self)

    def log2(self):
        """Logarithm to base 2."""
        return ops.log2(self)

    def log_softmax(self, dim=None, dtype=None, *, axis=None):
        """log(softmax(x)) along `dim`."""
        return ops.log_softmax(self, dim, dtype, axis=axis)

    def logaddexp(self, other):
        """log(exp(self) + exp(other))."""
        return ops.logaddexp(self, other)

    def logaddexp2(self, other):
        """log2(2**self + 2**other)."""
        return ops.logaddexp2(self, other)

    def logcumsumexp(self, dim=None, *, axis=None):
        """log(cumsum(exp(x))) along `dim`."""
        return ops.logcumsumexp(self, dim, axis=axis)

    def logical_and(self, other):
        """Whether both are true."""
        return ops.logical_and(self, other)

    def logical_not(self):
        """Whether the element is zero."""
        return ops.logical_not(self)

    def logical_or(self, other):
        """Whether one is true."""
        return ops.logical_or(self, other)

    def logical_xor(self, other):
        """Whether exactly one is true."""
        return ops.logical_xor(self, other)

    def logit(self, eps=None):
        """log(x / (1 - x))."""
        return ops.logit(self, eps)

    def logsumexp(self, dim, keepdim=False):
        """log(sum(exp(x))) over the dimensions `dim`."""
        return ops.logsumexp(self, dim, keepdim)

    def lt(self, other):
        """Whether less."""
        return ops.lt(self, other)

    def max(self, dim=None, keepdim=False, *, other=None, **names):
        """The greatest: of all, along `dim` with its index, or of two tensors."""
        return ops.max(self, dim, keepdim, other=other, **names)

    def maximum(self, other):
        """The greater, element by element."""
        return ops.maximum(self, other)

    def mean(self, dim=None, keepdim=False, *, dtype=None, **names):
        """The mean of the elements, or over the dimensions `dim`."""
        return ops.mean(self, dim, keepdim, dtype=dtype, **names)

    def median(self, dim=None, keepdim=False, **names):
        """The median, or along `dim` with its index."""
        return ops.median(self, dim, keepdim, **names)

    def min(self, dim=None, keepdim=False, *, other=None, **names):
        """The smallest: of all, along `dim` with its index, or of two tensors."""
        return ops.min(self, dim, keepdim, other=other, **names)

    def minimum(self, other):
        """The smaller, element by element."""
        return ops.minimum(self, other)

    def mode(self, dim=-1, keepdim=False):
        """The most frequent value along `dim`, with its index."""
        return ops.mode(self, dim, keepdim)

    def mul(self, other):
        """The product."""
        return ops.mul(self, other)

    def multiply(self, other):
        """The product."""
        return ops.mul(self, other)

    def mvlgamma(self, p):
        """The multivariate lgamma."""
        return ops.mvlgamma(self, p)

    def nan_to_num(self, nan=None, posinf=None, neginf=None):
        """Numbers in place of NaN, inf and -inf."""
        return ops.nan_to_num(self, nan=nan, posinf=posinf, neginf=neginf)

    def nanmean(self, dim=None, keepdim=False, *, dtype=None):
        """The mean of the elements that are numbers."""
        return ops.nanmean(self, dim, keepdim, dtype=dtype)

    def nanmedian(self, dim=None, keepdim=False):
        """The median of the elements that are numbers."""
        return ops.nanmedian(self, dim, keepdim)

    def nanquantile(self, q, dim=None, keepdim=False, *, interpolation="linear"):
        """The q-th quantiles of the elements that are numbers."""
        return ops.nanquantile(self, q, dim, keepdim, interpolation=interpolation)

    def nansum(self, dim=None, keepdim=False, *, dtype=None):
        """The sum of the elements that are numbers."""
        return ops.nansum(self, dim, keepdim, dtype=dtype)

    def ne(self, other):
        """Whether the elements differ."""
        return ops.ne(self, other)

    def neg(self):
        """-x."""
        return ops.neg(self)

    def negative(self):
        """-x."""
        return ops.neg(self)

    def nextafter(self, other):
        """The next number towards other."""
        return ops.nextafter(self, other)

    def norm(self, p="fro", dim=None, keepdim=False, dtype=None):
        """The norm: (sum of |x|**p) ** (1 / p)."""
        return ops.norm(self, p, dim, keepdim, dtype=dtype)

    def not_equal(self, other):
        """Whether the elements differ."""
        return ops.ne(self, other)

    def polygamma(self, n):
        """The n-th derivative of digamma."""
        return ops.polygamma(n, self)

    def positive(self):
        """The tensor itself."""
        return ops.positive(self)

    def pow(self, exponent):
        """The power."""
        return ops.pow(self, exponent)

    def prod(self, dim=None, keepdim=False, *, dtype=None, **names):
        """The product of the elements, or along `dim`."""
        return ops.prod(self, dim, keepdim, dtype=dtype, **names)

    def quantile(self, q, dim=None, keepdim=False, *, interpolation="linear"):
        """The q-th quantiles, or along `dim`."""
        return ops.quantile(self, q, dim, keepdim, interpolation=interpolation)

    def rad2deg(self):
        """Radians as degrees."""
        return ops.rad2deg(self)

    def reciprocal(self):
        """1 / x."""
        return ops.reciprocal(self)

    def relu(self):
        """max(x, 0)."""
        return ops.relu(self)

    def remainder(self, other):
        """The remainder, with the sign of other."""
        return ops.remainder(self, other)

    def round(self, *, decimals=None):
        """The nearest number with so many decimals; halves go to the even one."""
        return ops.round(self, decimals=decimals)

    def rsqrt(self):
        """1 / sqrt(x)."""
        return ops.rsqrt(self)

    def sgn(self):
        """The sign; of complex numbers z / |z|."""
        return ops.sgn(self)

    def sigmoid(self):
        """1 / (1 + exp(-x))."""
        return ops.sigmoid(self)

    def sign(self):
        """-1, 0 or 1."""
        return ops.sign(self)

    def signbit(self):
        """Whether each element has its sign bit set."""
        return ops.signbit(self)

    def sin(self):
        """Sine."""
        return ops.sin(self)

    def sinc(self):
        """sin(pi * x) / (pi * x)."""
        return ops.sinc(self)

    def sinh(self):
        """Hyperbolic sine."""
        return ops.sinh(self)

    def softmax(self, dim=None, dtype=None, *, axis=None):
        """exp(x) / sum(exp(x)) along `dim`."""
        return ops.softmax(self, dim, dtype, axis=axis)

    def sqrt(self):
        """Square root."""
        return ops.sqrt(self)

    def square(self):
        """x * x."""
        return ops.square(self)

    def std(self, dim=None, unbiased=None, keepdim=False, *, correction=None, **names):
        """The standard deviation."""
        return ops.std(self, dim, unbiased, keepdim, correction=correction, **names)

    def sub(self, other, *, alpha=1):
        """self - alpha * other."""
        return ops.sub(self, other, alpha=alpha)

    def subtract(self, other, *, alpha=1):
        """self - alpha * other."""
        return ops.sub(self, other, alpha=alpha)

    def sum(self, dim=None, keepdim=False, *, dtype=None, **names):
        """The sum of the elements, or over the dimensions `dim`."""
        return ops.sum(self, dim, keepdim, dtype=dtype, **names)

    def tan(self):
        """Tangent."""
        return ops.tan(self)

    def tanh(self):
        """Hyperbolic tangent."""
        return ops.tanh(self)

    def true_divide(self, other):
        """The quotient."""
        return ops.div(self, other)

    def trunc(self):
        """x without its fraction."""
        return ops.trunc(self)

    def var(self, dim=None, unbiased=None, keepdim=False, *, correction=None, **names):
        """The variance."""
        return ops.var(self, dim, unbiased, keepdim, correction=correction, **names)

    def where(self, condition, other):
        """self where the condition holds, else other."""
        return ops.where(condition, self, other)

    def xlogy(self, other):
        """self * log(other)."""
        return ops.xlogy(self, other)

    def sort(self, dim=-1, descending=False, stable=None):
        """The elements in order along a dimension, and the positions they had."""
        return ops.sort(self, dim, descending, stable)

    def argsort(self, dim=-1, descending=False, *, stable=False):
        """The positions that sort the elements along a dimension."""
        return ops.argsort(self, dim, descending, stable=stable)

    def msort(self):
        """The elements in order along the first dimension."""
        return ops.msort(self)

    def topk(self, k, dim=-1, largest=True, sorted=True):
        """The `k` largest (or smallest) elements along a dimension, and their positions."""
        return ops.topk(self, k, dim, largest, sorted)

    def kthvalue(self, k, dim=-1, keepdim=False):
        """The `k`-th smallest element along a dimension, and its position."""
        return ops.kthvalue(self, k, dim, keepdim)

    def unique(self, sorted=True, return_inverse=False, return_counts=False, dim=None):
        """The different elements in order."""
        return ops.unique(self, sorted, return_inverse, return_counts, dim)

    def unique_consecutive(self, return_inverse=False, return_counts=False, dim=None):
        """The elements without those equal to the one before."""
        return ops.unique_consecutive(self, return_inverse, return_counts, dim)

    def isin(self, test_elements, *, assume_unique=False, invert=False):
        """Whether each element is among the test elements."""
        return ops.isin(self, test_elements, assume_unique=assume_unique, invert=invert)

    def index_put(self, indices, values, accumulate=False):
        """A copy with `values` put (or added) at `indices`."""
        return ops.index_put(self, indices, values, accumulate)

    def index_put_(self, indices, values, accumulate=False):
        """`index_put` in place."""
        return ops.index_put_(self, indices, values, accumulate)
