"""Changes in place: names with `_` at the end."""

from __future__ import annotations

ops = None


class InPlace:
    """Changes in place: names with `_` at the end."""

    __slots__ = ()

    def abs_(self):
        """`abs` in place."""
        if self.is_complex():
            raise RuntimeError("In-place abs is not supported for complex tensors.")
        return ops.in_place(ops.abs, self)

    def absolute_(self):
        """`absolute` in place."""
        return ops.in_place(ops.abs, self)

    def acos_(self):
        """`acos` in place."""
        return ops.in_place(ops.acos, self)

    def acosh_(self):
        """`acosh` in place."""
        return ops.in_place(ops.acosh, self)

    def add_(self, other, *, alpha=1):
        """`add` in place."""
        return ops.in_place(ops.add, self, other, alpha=alpha)

    def addcdiv_(self, tensor1, tensor2, *, value=1):
        """`addcdiv` in place."""
        return ops.in_place(ops.addcdiv, self, tensor1, tensor2, value=value)

    def addcmul_(self, tensor1, tensor2, *, value=1):
        """`addcmul` in place."""
        return ops.in_place(ops.addcmul, self, tensor1, tensor2, value=value)

    def arccos_(self):
        """`arccos` in place."""
        return ops.in_place(ops.acos, self)

    def arccosh_(self):
        """`arccosh` in place."""
        return ops.in_place(ops.acosh, self)

    def arcsin_(self):
        """`arcsin` in place."""
        return ops.in_place(ops.asin, self)

    def arcsinh_(self):
        """`arcsinh` in place."""
        return ops.in_place(ops.asinh, self)

    def arctan2_(self, other):
        """`arctan2` in place."""
        return ops.in_place(ops.atan2, self, other)

    def arctan_(self):
        """`arctan` in place."""
        return ops.in_place(ops.atan, self)

    def arctanh_(self):
        """`arctanh` in place."""
        return ops.in_place(ops.atanh, self)

    def asin_(self):
        """`asin` in place."""
        return ops.in_place(ops.asin, self)

    def asinh_(self):
        """`asinh` in place."""
        return ops.in_place(ops.asinh, self)

    def atan2_(self, other):
        """`atan2` in place."""
        return ops.in_place(ops.atan2, self, other)

    def atan_(self):
        """`atan` in place."""
        return ops.in_place(ops.atan, self)

    def atanh_(self):
        """`atanh` in place."""
        return ops.in_place(ops.atanh, self)

    def bitwise_and_(self, other):
        """`bitwise_and` in place."""
        return ops.in_place(ops.bitwise_and, self, other)

    def bitwise_left_shift_(self, other):
        """`bitwise_left_shift` in place."""
        return ops.in_place(ops.bitwise_left_shift, self, other)

    def bitwise_not_(self):
        """`bitwise_not` in place."""
        return ops.in_place(ops.bitwise_not, self)

    def bitwise_or_(self, other):
        """`bitwise_or` in place."""
        return ops.in_place(ops.bitwise_or, self, other)

    def bitwise_right_shift_(self, other):
        """`bitwise_right_shift` in place."""
        return ops.in_place(ops.bitwise_right_shift, self, other)

    def bitwise_xor_(self, other):
        """`bitwise_xor` in place."""
        return ops.in_place(ops.bitwise_xor, self, other)

    def ceil_(self):
        """`ceil` in place."""
        return ops.in_place(ops.ceil, self)

    def clamp_(self, min=None, max=None):
        """`clamp` in place."""
        return ops.in_place(ops.clamp, self, min, max)

    def clamp_max_(self, max):
        """`clamp_max` in place."""
        return ops.in_place(ops.clamp_max, self, max)

    def clamp_min_(self, min):
        """`clamp_min` in place."""
        return ops.in_place(ops.clamp_min, self, min)

    def clip_(self, min=None, max=None):
        """`clip` in place."""
        return ops.in_place(ops.clamp, self, min, max)

    def conj_physical_(self):
        """`conj_physical` in place."""
        return ops.in_place(ops.conj_physical, self)

    def copysign_(self, other):
        """`copysign` in place."""
        return ops.in_place(ops.copysign, self, other)

    def cos_(self):
        """`cos` in place."""
        return ops.in_place(ops.cos, self)

    def cosh_(self):
        """`cosh` in place."""
        return ops.in_place(ops.cosh, self)

    def cumprod_(self, dim=None, *, dtype=None, axis=None):
        """`cumprod` in place."""
        return ops.in_place(ops.cumprod, self, dim, dtype=dtype, axis=axis)

    def cumsum_(self, dim=None, *, dtype=None, axis=None):
        """`cumsum` in place."""
        return ops.in_place(ops.cumsum, self, dim, dtype=dtype, axis=axis)

    def deg2rad_(self):
        """`deg2rad` in place."""
        return ops.in_place(ops.deg2rad, self)

    def digamma_(self):
        """`digamma` in place."""
        return ops.in_place(ops.digamma, self)

    def div_(self, other, *, rounding_mode=None):
        """`div` in place."""
        return ops.in_place(ops.div, self, other, rounding_mode=rounding_mode)

    def divide_(self, other, *, rounding_mode=None):
        """`divide` in place."""
        return ops.in_place(ops.div, self, other, rounding_mode=rounding_mode)

    def eq_(self, other):
        """`eq` in place."""
        return ops.in_place(ops.eq, self, other)

    def erf_(self):
        """`erf` in place."""
        return ops.in_place(ops.erf, self)

    def erfc_(self):
        """`erfc` in place."""
        return ops.in_place(ops.erfc, self)

    def erfinv_(self):
        """`erfinv` in place."""
        return ops.in_place(ops.erfinv, self)

    def exp2_(self):
        """`exp2` in place."""
        return ops.in_place(ops.exp2, self)

    def exp_(self):
        """`exp` in place."""
        return ops.in_place(ops.exp, self)

    def expm1_(self):
        """`expm1` in place."""
        return ops.in_place(ops.expm1, self)

    def fix_(self):
        """`fix` in place."""
        return ops.in_place(ops.trunc, self)

    def float_power_(self, exponent):
        """`float_power` in place."""
        return ops.in_place(ops.float_power, self, exponent)

    def floor_(self):
        """`floor` in place."""
        return ops.in_place(ops.floor, self)

    def floor_divide_(self, other):
        """`floor_divide` in place."""
        return ops.in_place(ops.floor_divide, self, other)

    def fmod_(self, other):
        """`fmod` in place."""
        return ops.in_place(ops.fmod, self, other)

    def frac_(self):
        """`frac` in place."""
        return ops.in_place(ops.frac, self)

    def gcd_(self, other):
        """`gcd` in place."""
        return ops.in_place(ops.gcd, self, other)

    def ge_(self, other):
        """`ge` in place."""
        return ops.in_place(ops.ge, self, other)

    def greater_(self, other):
        """`greater` in place."""
        return ops.in_place(ops.gt, self, other)

    def greater_equal_(self, other):
        """`greater_equal` in place."""
        return ops.in_place(ops.ge, self, other)

    def gt_(self, other):
        """`gt` in place."""
        return ops.in_place(ops.gt, self, other)

    def heaviside_(self, values):
        """`heaviside` in place."""
        return ops.in_place(ops.heaviside, self, values)

    def hypot_(self, other):
        """`hypot` in place."""
        return ops.in_place(ops.hypot, self, other)

    def i0_(self):
        """`i0` in place."""
        return ops.in_place(ops.i0, self)

    def igamma_(self, other):
        """`igamma` in place."""
        return ops.in_place(ops.igamma, self, other)

    def igammac_(self, other):
        """`igammac` in place."""
        return ops.in_place(ops.igammac, self, other)

    def lcm_(self, other):
        """`lcm` in place."""
        return ops.in_place(ops.lcm, self, other)

    def ldexp_(self, other):
        """`ldexp` in place."""
        return ops.in_place(ops.ldexp, self, other)

    def le_(self, other):
        """`le` in place."""
        return ops.in_place(ops.le, self, other)

    def lerp_(self, end, weight):
        """`lerp` in place."""
        return ops.in_place(ops.lerp, self, end, weight)

    def less_(self, other):
        """`less` in place."""
        return ops.in_place(ops.lt, self, other)

    def less_equal_(self, other):
        """`less_equal` in place."""
        return ops.in_place(ops.le, self, other)

    def lgamma_(self):
        """`lgamma` in place."""
        return ops.in_place(ops.lgamma, self)

    def log10_(self):
        """`log10` in place."""
        return ops.in_place(ops.log10, self)

    def log1p_(self):
        """`log1p` in place."""
        return ops.in_place(ops.log1p, self)

    def log2_(self):
        """`log2` in place."""
        return ops.in_place(ops.log2, self)

    def log_(self):
        """`log` in place."""
        return ops.in_place(ops.log, self)

    def logical_and_(self, other):
        """`logical_and` in place."""
        return ops.in_place(ops.logical_and, self, other)

    def logical_not_(self):
        """`logical_not` in place."""
        return ops.in_place(ops.logical_not, self)

    def logical_or_(self, other):
        """`logical_or` in place."""
        return ops.in_place(ops.logical_or, self, other)

    def logical_xor_(self, other):
        """`logical_xor` in place."""
        return ops.in_place(ops.logical_xor, self, other)

    def logit_(self, eps=None):
        """`logit` in place."""
        return ops.in_place(ops.logit, self, eps)

    def lt_(self, other):
        """`lt` in place."""
        return ops.in_place(ops.lt, self, other)

    def mul_(self, other):
        """`mul` in place."""
        return ops.in_place(ops.mul, self, other)

    def multiply_(self, other):
        """`multiply` in place."""
        return ops.in_place(ops.mul, self, other)

    def mvlgamma_(self, p):
        """`mvlgamma` in place."""
        return ops.in_place(ops.mvlgamma, self, p)

    def nan_to_num_(self, nan=None, posinf=None, neginf=None):
        """`nan_to_num` in place."""
        return ops.in_place(ops.nan_to_num, self, nan=nan, posinf=posinf, neginf=neginf)

    def ne_(self, other):
        """`ne` in place."""
        return ops.in_place(ops.ne, self, other)

    def neg_(self):
        """`neg` in place."""
        return ops.in_place(ops.neg, self)

    def negative_(self):
        """`negative` in place."""
        return ops.in_place(ops.neg, self)

    def nextafter_(self, other):
        """`nextafter` in place."""
        return ops.in_place(ops.nextafter, self, other)

    def not_equal_(self, other):
        """`not_equal` in place."""
        return ops.in_place(ops.ne, self, other)

    def polygamma_(self, n):
        """`polygamma` in place."""
        from rushlight.ops.elementwise.gamma import polygamma_of

        return ops.in_place(polygamma_of, self, n)

    def pow_(self, exponent):
        """`pow` in place."""
        return ops.in_place(ops.pow, self, exponent)

    def rad2deg_(self):
        """`rad2deg` in place."""
        return ops.in_place(ops.rad2deg, self)

    def reciprocal_(self):
        """`reciprocal` in place."""
        return ops.in_place(ops.reciprocal, self)

    def relu_(self):
        """`relu` in place."""
        return ops.in_place(ops.relu, self)

    def remainder_(self, other):
        """`remainder` in place."""
        return ops.in_place(ops.remainder, self, other)

    def round_(self, *, decimals=None):
        """`round` in place."""
        return ops.in_place(ops.round, self, decimals=decimals)

    def rsqrt_(self):
        """`rsqrt` in place."""
        return ops.in_place(ops.rsqrt, self)

    def sgn_(self):
        """`sgn` in place."""
        return ops.in_place(ops.sgn, self)

    def sigmoid_(self):
        """`sigmoid` in place."""
        return ops.in_place(ops.sigmoid, self)

    def sign_(self):
        """`sign` in place."""
        return ops.in_place(ops.sign, self)

    def sin_(self):
        """`sin` in place."""
        return ops.in_place(ops.sin, self)

    def sinc_(self):
        """`sinc` in place."""
        return ops.in_place(ops.sinc, self)

    def sinh_(self):
        """`sinh` in place."""
        return ops.in_place(ops.sinh, self)

    def sqrt_(self):
        """`sqrt` in place."""
        return ops.in_place(ops.sqrt, self)

    def square_(self):
        """`square` in place."""
        return ops.in_place(ops.square, self)

    def sub_(self, other, *, alpha=1):
        """`sub` in place."""
        return ops.in_place(ops.sub, self, other, alpha=alpha)

    def subtract_(self, other, *, alpha=1):
        """`subtract` in place."""
        return ops.in_place(ops.sub, self, other, alpha=alpha)

    def tan_(self):
        """`tan` in place."""
        return ops.in_place(ops.tan, self)

    def tanh_(self):
        """`tanh` in place."""
        return ops.in_place(ops.tanh, self)

    def true_divide_(self, other):
        """`true_divide` in place."""
        return ops.in_place(ops.div, self, other)

    def trunc_(self):
        """`trunc` in place."""
        return ops.in_place(ops.trunc, self)

    def xlogy_(self, other):
        """`xlogy` in place."""
        return ops.in_place(ops.xlogy, self, other)

    def zero_(self):
        """Set all elements to zero."""
        return ops.zero_(self)

    def fill_(self, value):
        """Set all elements to `value`."""
        return ops.fill_(self, value)

    def normal_(self, mean=0, std=1, *, generator=None):
        """Normal numbers in place of the elements."""
        return ops.normal_(self, mean, std, generator=generator)

    def uniform_(self, *args, generator=None, **bounds):
        """Uniform numbers in place of the elements."""
        return ops.uniform_(self, *args, generator=generator, **bounds)

    def bernoulli_(self, p=0.5, *, generator=None):
        """Ones with probability `p`, else zeros, in place of the elements."""
        return ops.bernoulli_(self, p, generator=generator)

    def bernoulli(self, p=None, *, generator=None):
        """Ones with the probabilities that the elements say, else zeros."""
        return ops.bernoulli(self, p, generator=generator)

    def multinomial(self, num_samples, replacement=False, *, generator=None):
        """Positions drawn with probabilities proportional to the elements."""
        return ops.multinomial(self, num_samples, replacement, generator=generator)

    def exponential_(self, lambd=1, *, generator=None):
        """Exponential numbers in place of the elements."""
        return ops.exponential_(self, lambd, generator=generator)

    def geometric_(self, p, *, generator=None):
        """Geometric numbers in place of the elements."""
        return ops.geometric_(self, p, generator=generator)

    def cauchy_(self, median=0, sigma=1, *, generator=None):
        """Cauchy numbers in place of the elements."""
        return ops.cauchy_(self, median, sigma, generator=generator)

    def log_normal_(self, mean=1, std=2, *, generator=None):
        """Numbers whose logarithm is normal in place of the elements."""
        return ops.log_normal_(self, mean, std, generator=generator)

    def random_(self, *args, generator=None, **bounds):
        """Integers in place of the elements."""
        return ops.random_(self, *args, generator=generator, **bounds)

    def copy_(self, src, non_blocking=False):
        """`src`, broadcast and cast, written into this tensor."""
        return ops.copy_(self, src, non_blocking)
