"""Divergences between different families: KL(p || q) = E[-log q(x)] - H(p).

The first term needs no more of p than some means: of x, x**2, log(x) or exp(-x / scale).
"""

from __future__ import annotations

import math

from rushlight import linalg, ops
from rushlight.distributions.bernoulli import Bernoulli
from rushlight.distributions.beta import Beta
from rushlight.distributions.binomial import Binomial
from rushlight.distributions.continuous_bernoulli import ContinuousBernoulli
from rushlight.distributions.exponential import Exponential
from rushlight.distributions.gamma import Gamma
from rushlight.distributions.gumbel import Gumbel
from rushlight.distributions.kl import register_kl
from rushlight.distributions.laplace import Laplace
from rushlight.distributions.lowrank_multivariate_normal import (
    LowRankMultivariateNormal,
    lowrank_mahalanobis,
)
from rushlight.distributions.multivariate_normal import (
    MultivariateNormal,
    half_log_det,
    mahalanobis,
)
from rushlight.distributions.normal import Normal
from rushlight.distributions.pareto import Pareto
from rushlight.distributions.poisson import Poisson
from rushlight.distributions.uniform import Uniform
from rushlight.distributions.utils import euler_constant

__all__: list = []


def _is_infinite(p, q):
    """q is zero where p is not."""
    return ops.full_like(p.mean, math.inf)


for _p, _impossible in {
    Beta: (Pareto,),
    ContinuousBernoulli: (Pareto,),
    Exponential: (Beta, ContinuousBernoulli, Pareto, Uniform),
    Gamma: (Beta, ContinuousBernoulli, Pareto, Uniform),
    Gumbel: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Laplace: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Normal: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Pareto: (Beta, ContinuousBernoulli, Uniform),
    Poisson: (Bernoulli, Binomial),
}.items():
    for _q in _impossible:
        register_kl(_p, _q)(_is_infinite)


def _cross(*classes_of_p, q):
    """Decorates E[-log q(x)], a function of p and q, for several classes of p."""

    def register(cross_entropy):
        for each in classes_of_p:
            register_kl(each, q)(lambda p, q: cross_entropy(p, q) - p.entropy())
        return cross_entropy

    return register


def _beyond(p, low, high):
    """Where draws of p may be less than `low` or greater than `high`."""
    if isinstance(p, Uniform):
        return (p.low < low) | (p.high > high)
    return (ops.as_tensor(low) > 0) | (ops.as_tensor(high) < 1)  # all others lie in [0, 1]


def _power_log(x):
    return ops.xlogy(x, x)


def _mean_log(p):
    """The mean of log(x)."""
    if isinstance(p, Beta):
        return p.concentration1.digamma() - (p.concentration1 + p.concentration0).digamma()
    if isinstance(p, Exponential):
        return -euler_constant - p.rate.log()
    if isinstance(p, Gamma):
        return p.concentration.digamma() - p.rate.log()
    if isinstance(p, Pareto):
        return p.scale.log() + p.alpha.reciprocal()
    return (_power_log(p.high) - _power_log(p.low)) / (p.high - p.low) - 1  # Uniform


def _mean_exp(p, scale):
    """The mean of exp(-x / scale)."""
    if isinstance(p, Exponential):
        return p.rate / (p.rate + 1 / scale)
    if isinstance(p, Gamma):
        return (p.rate / (p.rate + 1 / scale)).pow(p.concentration)
    if isinstance(p, Normal):
        return ops.exp(-p.loc / scale + 0.5 * (p.scale / scale).pow(2))
    return scale * (ops.exp(-p.low / scale) - ops.exp(-p.high / scale)) / (p.high - p.low)


def _only_above_zero(result, p):
    return result.masked_fill(p.low < 0, math.inf) if isinstance(p, Uniform) else result


@_cross(Beta, ContinuousBernoulli, Gamma, Pareto, Uniform, q=Exponential)
def _to_exponential(p, q):
    return _only_above_zero(q.rate * p.mean - q.rate.log(), p)


@_cross(Beta, Exponential, Pareto, Uniform, q=Gamma)
def _to_gamma(p, q):
    a, rate = q.concentration, q.rate
    result = ops.lgamma(a) - a * rate.log() - (a - 1) * _mean_log(p) + rate * p.mean
    return _only_above_zero(result, p)


@_cross(Beta, ContinuousBernoulli, Exponential, Gamma, Gumbel, Laplace, Pareto, Uniform, q=Normal)
def _to_normal(p, q):
    square = p.variance + (p.mean - q.loc).pow(2)
    return 0.5 * (2 * math.pi * q.scale.pow(2)).log() + square / (2 * q.scale.pow(2))


@_cross(Exponential, Gamma, Normal, Uniform, q=Gumbel)
def _to_gumbel(p, q):
    exponential = ops.exp(q.loc / q.scale) * _mean_exp(p, q.scale)
    return q.scale.log() + (p.mean - q.loc) / q.scale + exponential


@_cross(Normal, q=Laplace)
def _to_laplace(p, q):
    distance = p.loc - q.loc
    ratio = distance / p.scale
    near = math.sqrt(2 / math.pi) * p.scale * ops.exp(-0.5 * ratio.pow(2))
    return (2 * q.scale).log() + (near + distance * ops.erf(ratio / math.sqrt(2))) / q.scale


@_cross(Beta, Uniform, q=ContinuousBernoulli)
def _to_continuous_bernoulli(p, q):
    result = -p.mean * q.logits - ops.log1p(-q.probs) - q._log_norm()
    return result.masked_fill(_beyond(p, 0, 1), math.inf)


@_cross(Uniform, q=Beta)
def _to_beta(p, q):
    log_beta = q._log_normalizer(*q._natural_params)
    low, high = 1 - p.high, 1 - p.low
    mean_log_rest = (_power_log(high) - _power_log(low)) / (p.high - p.low) - 1
    result = log_beta - (q.concentration1 - 1) * _mean_log(p)
    result = result - (q.concentration0 - 1) * mean_log_rest
    return result.masked_fill(_beyond(p, 0, 1), math.inf)


@_cross(Uniform, q=Pareto)
def _to_pareto(p, q):
    result = (q.alpha + 1) * _mean_log(p) - q.alpha.log() - q.alpha * q.scale.log()
    return result.masked_fill(p.low < q.scale, math.inf)


@_cross(Beta, ContinuousBernoulli, q=Uniform)
def _to_uniform(p, q):
    result = (q.high - q.low).log()
    return result.masked_fill(_beyond(p, q.low, q.high), math.inf)


@_cross(Bernoulli, q=Poisson)
def _to_poisson(p, q):
    return q.rate - p.probs * q.rate.log()


# Normal vectors -----------------------------------------------------------------------------------


def _trace_of_quotient(factor, matrix):
    """trace((L L^T)^-1 M M^T) = |L^-1 M|^2."""
    shape = ops.broadcast_shapes(factor.shape[:-2], matrix.shape[:-2])
    factor, matrix = (x.expand((*shape, -1, -1)) for x in (factor, matrix))
    return linalg.solve_triangular(factor, matrix, upper=False).pow(2).sum((-2, -1))


def _same_events(p, q):
    if p.event_shape != q.event_shape:
        raise ValueError(
            "KL-divergence between two (Low Rank) Multivariate Normals with"
            "                       different event shapes cannot be computed"
        )


@register_kl(MultivariateNormal, MultivariateNormal)
def _normal_vectors(p, q):
    if p.event_shape != q.event_shape:
        raise ValueError(
            "KL-divergence between two Multivariate Normals with"
            "                          different event shapes cannot be computed"
        )
    mine, other = p._unbroadcasted_scale_tril, q._unbroadcasted_scale_tril
    logs = half_log_det(other) - half_log_det(mine)
    square = mahalanobis(other, q.loc - p.loc)
    return logs + 0.5 * (_trace_of_quotient(other, mine) + square - p.event_shape[0])


@register_kl(LowRankMultivariateNormal, MultivariateNormal)
def _low_rank_to_full(p, q):
    _same_events(p, q)
    other = q._unbroadcasted_scale_tril
    logs = 2 * half_log_det(other) - p._log_det()
    square = mahalanobis(other, q.loc - p.loc)
    trace = _trace_of_quotient(other, p._factor)
    trace = trace + _trace_of_quotient(other, ops.diag_embed(p._diag.sqrt()))
    return 0.5 * (logs + trace + square - p.event_shape[0])


def _trace_of_low_rank_quotient(matrix, q):
    """trace((W W^T + D)^-1 M M^T), by Woodbury's formula."""
    direct = (matrix.pow(2) / q._diag.unsqueeze(-1)).sum((-2, -1))
    inner = (q._factor.mT / q._diag.unsqueeze(-2)) @ matrix
    return direct - _trace_of_quotient(q._capacitance_tril, inner)


def _low_rank_square(p, q):
    return lowrank_mahalanobis(q._factor, q._diag, q.loc - p.loc, q._capacitance_tril)


@register_kl(MultivariateNormal, LowRankMultivariateNormal)
def _full_to_low_rank(p, q):
    _same_events(p, q)
    mine = p._unbroadcasted_scale_tril
    logs = q._log_det() - 2 * half_log_det(mine)
    trace = _trace_of_low_rank_quotient(mine, q)
    return 0.5 * (logs + trace + _low_rank_square(p, q) - p.event_shape[0])


@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
def _low_ranks(p, q):
    _same_events(p, q)
    trace = _trace_of_low_rank_quotient(p._factor, q)
    trace = trace + _trace_of_low_rank_quotient(ops.diag_embed(p._diag.sqrt()), q)
    return 0.5 * (q._log_det() - p._log_det() + trace + _low_rank_square(p, q) - p.event_shape[0])
