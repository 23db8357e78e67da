"""Special functions, as `torch.special` has them."""

from rushlight.ops.bessel import (
    airy_ai,
    bessel_j0,
    bessel_j1,
    bessel_y0,
    bessel_y1,
    i0,
    i0e,
    i1,
    i1e,
    modified_bessel_i0,
    modified_bessel_i1,
    modified_bessel_k0,
    modified_bessel_k1,
    scaled_modified_bessel_k0,
    scaled_modified_bessel_k1,
    spherical_bessel_j0,
)
from rushlight.ops.elementwise import exp2, expm1, log1p, round, sinc
from rushlight.ops.elementwise import sigmoid as expit
from rushlight.ops.gamma import digamma, polygamma, zeta
from rushlight.ops.gamma import digamma as psi
from rushlight.ops.gamma import igamma as gammainc
from rushlight.ops.gamma import igammac as gammaincc
from rushlight.ops.gamma import lgamma as gammaln
from rushlight.ops.gamma import mvlgamma as multigammaln
from rushlight.ops.pairs import xlog1py, xlogy
from rushlight.ops.polynomials import *
from rushlight.ops.reduce import log_softmax, logsumexp, softmax
from rushlight.ops.special import (
    entr,
    erf,
    erfc,
    erfcx,
    erfinv,
    log_ndtr,
    logit,
    ndtr,
    ndtri,
)
