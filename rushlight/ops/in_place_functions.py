"""In-place forms as functions: `torch.relu_(x)` is `x.relu_()`."""

from __future__ import annotations

from rushlight.ops.elementwise.bounds import clamp, clamp_max, clamp_min, clip, nan_to_num
from rushlight.ops.elementwise.complex_numbers import conj_physical
from rushlight.ops.elementwise.error_function import erf, erfc, logit
from rushlight.ops.elementwise.pairs import gcd, lcm, ldexp, xlogy
from rushlight.ops.elementwise.rounding import ceil, fix, floor, frac, round, trunc
from rushlight.ops.elementwise.trigonometry import (
    acos,
    acosh,
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctanh,
    asin,
    asinh,
    atan,
    atanh,
    cos,
    cosh,
    deg2rad,
    rad2deg,
    sin,
    sinc,
    sinh,
    tan,
)
from rushlight.ops.elementwise.unary import (
    abs,
    exp,
    exp2,
    expm1,
    log,
    log1p,
    log2,
    log10,
    neg,
    negative,
    reciprocal,
    relu,
    rsqrt,
    sigmoid,
    sqrt,
    square,
    tanh,
)
from rushlight.ops.inplace import in_place

__all__ = [
    "abs_",
    "acos_",
    "acosh_",
    "arccos_",
    "arccosh_",
    "arcsin_",
    "arcsinh_",
    "arctan_",
    "arctanh_",
    "asin_",
    "asinh_",
    "atan_",
    "atanh_",
    "ceil_",
    "clamp_",
    "clamp_max_",
    "clamp_min_",
    "clip_",
    "conj_physical_",
    "cos_",
    "cosh_",
    "deg2rad_",
    "erf_",
    "erfc_",
    "exp_",
    "exp2_",
    "expm1_",
    "fix_",
    "floor_",
    "frac_",
    "gcd_",
    "lcm_",
    "ldexp_",
    "log_",
    "log10_",
    "log1p_",
    "log2_",
    "logit_",
    "nan_to_num_",
    "neg_",
    "negative_",
    "rad2deg_",
    "reciprocal_",
    "relu_",
    "round_",
    "rsqrt_",
    "sigmoid_",
    "sin_",
    "sinc_",
    "sinh_",
    "sqrt_",
    "square_",
    "tan_",
    "tanh_",
    "trunc_",
    "xlogy_",
]


def in_place_form(function):
    """The function that computes the same in the memory of its first argument, and returns that."""

    def form(input, *args, **options):
        return in_place(function, input, *args, **options)

    form.__name__ = form.__qualname__ = f"{function.__name__.strip('_')}_"
    form.__doc__ = f"`{function.__name__}` in place."
    return form


abs_ = in_place_form(abs)
acos_ = in_place_form(acos)
acosh_ = in_place_form(acosh)
arccos_ = in_place_form(arccos)
arccosh_ = in_place_form(arccosh)
arcsin_ = in_place_form(arcsin)
arcsinh_ = in_place_form(arcsinh)
arctan_ = in_place_form(arctan)
arctanh_ = in_place_form(arctanh)
asin_ = in_place_form(asin)
asinh_ = in_place_form(asinh)
atan_ = in_place_form(atan)
atanh_ = in_place_form(atanh)
ceil_ = in_place_form(ceil)
clamp_ = in_place_form(clamp)
clamp_max_ = in_place_form(clamp_max)
clamp_min_ = in_place_form(clamp_min)
clip_ = in_place_form(clip)
conj_physical_ = in_place_form(conj_physical)
cos_ = in_place_form(cos)
cosh_ = in_place_form(cosh)
deg2rad_ = in_place_form(deg2rad)
erf_ = in_place_form(erf)
erfc_ = in_place_form(erfc)
exp_ = in_place_form(exp)
exp2_ = in_place_form(exp2)
expm1_ = in_place_form(expm1)
fix_ = in_place_form(fix)
floor_ = in_place_form(floor)
frac_ = in_place_form(frac)
gcd_ = in_place_form(gcd)
lcm_ = in_place_form(lcm)
ldexp_ = in_place_form(ldexp)
log_ = in_place_form(log)
log10_ = in_place_form(log10)
log1p_ = in_place_form(log1p)
log2_ = in_place_form(log2)
logit_ = in_place_form(logit)
nan_to_num_ = in_place_form(nan_to_num)
neg_ = in_place_form(neg)
negative_ = in_place_form(negative)
rad2deg_ = in_place_form(rad2deg)
reciprocal_ = in_place_form(reciprocal)
relu_ = in_place_form(relu)
round_ = in_place_form(round)
rsqrt_ = in_place_form(rsqrt)
sigmoid_ = in_place_form(sigmoid)
sin_ = in_place_form(sin)
sinc_ = in_place_form(sinc)
sinh_ = in_place_form(sinh)
sqrt_ = in_place_form(sqrt)
square_ = in_place_form(square)
tan_ = in_place_form(tan)
tanh_ = in_place_form(tanh)
trunc_ = in_place_form(trunc)
xlogy_ = in_place_form(xlogy)
