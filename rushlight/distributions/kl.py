"""Kullback-Leibler divergences: the registry, and divergences within a family.

Those of two different families are in `kl_pairs`.
"""

from __future__ import annotations

import math

from rushlight import ops
from rushlight.distributions.bernoulli import Bernoulli
from rushlight.distributions.beta import Beta
from rushlight.distributions.binomial import Binomial
from rushlight.distributions.categorical import Categorical
from rushlight.distributions.cauchy import Cauchy
from rushlight.distributions.continuous_bernoulli import ContinuousBernoulli
from rushlight.distributions.dirichlet import Dirichlet
from rushlight.distributions.distribution import Distribution
from rushlight.distributions.exp_family import ExponentialFamily
from rushlight.distributions.exponential import Exponential
from rushlight.distributions.gamma import Gamma
from rushlight.distributions.geometric import Geometric
from rushlight.distributions.gumbel import Gumbel
from rushlight.distributions.half_normal import HalfNormal
from rushlight.distributions.independent import Independent
from rushlight.distributions.laplace import Laplace
from rushlight.distributions.normal import Normal
from rushlight.distributions.one_hot_categorical import OneHotCategorical
from rushlight.distributions.pareto import Pareto
from rushlight.distributions.poisson import Poisson
from rushlight.distributions.transformed_distribution import TransformedDistribution
from rushlight.distributions.uniform import Uniform
from rushlight.distributions.utils import euler_constant, sum_last
from rushlight.nn import functional as F

__all__ = ["kl_divergence", "register_kl"]

_registered: dict = {}


def register_kl(type_p, type_q):
    """Decorates the function that computes KL(p || q) for distributions of these classes.

    >>> import rushlight as torch
    >>> class Mine(torch.distributions.Normal):
    ...     pass
    >>> @torch.distributions.register_kl(Mine, Mine)
    ... def mine(p, q):
    ...     return torch.tensor(7.0)
    >>> torch.distributions.kl_divergence(Mine(0.0, 1.0), Mine(0.0, 1.0))
    tensor(7.)
    """
    for name, kind in (("type_p", type_p), ("type_q", type_q)):
        if not isinstance(kind, type) or not issubclass(kind, Distribution):
            raise TypeError(f"Expected {name} to be a Distribution subclass but got {kind}")

    def register(function):
        _registered[type_p, type_q] = function
        return function

    return register


def kl_divergence(p, q):
    """KL(p || q), the mean under p of log p - log q.

    Raises:
        NotImplementedError: there is no function for these two classes.

    >>> import rushlight as torch
    >>> from rushlight.distributions import Normal, kl_divergence
    >>> kl_divergence(Normal(0.0, 1.0), Normal(1.0, 1.0))
    tensor(0.5000)
    """
    for class_p in type(p).__mro__:
        for class_q in type(q).__mro__:
            if (class_p, class_q) in _registered:
                return _registered[class_p, class_q](p, q)
    raise NotImplementedError(
        f"No KL(p || q) is implemented for p type {type(p).__name__} and q type {type(q).__name__}"
    )


@register_kl(Normal, Normal)
def _normals(p, q):
    ratio = (p.scale / q.scale).pow(2)
    distance = ((p.loc - q.loc) / q.scale).pow(2)
    return 0.5 * (ratio + distance - 1 - ratio.log())


@register_kl(Categorical, Categorical)
def _categoricals(p, q):
    t = p.probs * (p.logits - q.logits)
    t = t.masked_fill((q.probs == 0).expand(t.shape), float("inf"))
    return t.masked_fill((p.probs == 0).expand(t.shape), 0).sum(-1)


@register_kl(OneHotCategorical, OneHotCategorical)
def _one_hots(p, q):
    return _categoricals(p._categorical, q._categorical)


@register_kl(Bernoulli, Bernoulli)
def _bernoullis(p, q):
    ones = p.probs * (F.softplus(-q.logits) - F.softplus(-p.logits))
    ones = ones.masked_fill(q.probs == 0, float("inf")).masked_fill(p.probs == 0, 0)
    zeros = (1 - p.probs) * (F.softplus(q.logits) - F.softplus(p.logits))
    zeros = zeros.masked_fill(q.probs == 1, float("inf")).masked_fill(p.probs == 1, 0)
    return ones + zeros


@register_kl(Uniform, Uniform)
def _uniforms(p, q):
    result = ((q.high - q.low) / (p.high - p.low)).log()
    return result.masked_fill((q.low > p.low) | (q.high < p.high), float("inf"))


@register_kl(Exponential, Exponential)
def _exponentials(p, q):
    ratio = q.rate / p.rate
    return ratio - ops.log(ratio) - 1


@register_kl(Independent, Independent)
def _independents(p, q):
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError
    return sum_last(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)


@register_kl(ExponentialFamily, ExponentialFamily)
def _exponential_families(p, q):
    """The Bregman divergence of the log normalizer, for two of one family."""
    if type(p) is not type(q):
        raise NotImplementedError(
            "The cross KL-divergence between different exponential families cannot"
            + " " * 29
            + "be computed using Bregman divergences"
            f"\nThe families are {type(p).__name__} and {type(q).__name__}."
        )
    parameters, normalizer, slopes = p._normalizer_and_slopes()
    result = q._log_normalizer(*q._natural_params) - normalizer
    for mine, other, slope in zip(parameters, q._natural_params, slopes, strict=True):
        inner = (other - mine) * slope
        result = result - sum_last(inner, inner.dim() - len(q.batch_shape))
    return result


@register_kl(Beta, Beta)
def _betas(p, q):
    total = p.concentration1 + p.concentration0
    logs = q._log_normalizer(*q._natural_params) - p._log_normalizer(*p._natural_params)
    first = (p.concentration1 - q.concentration1) * ops.digamma(p.concentration1)
    second = (p.concentration0 - q.concentration0) * ops.digamma(p.concentration0)
    third = (q.concentration1 + q.concentration0 - total) * ops.digamma(total)
    return logs + first + second + third


@register_kl(Binomial, Binomial)
def _binomials(p, q):
    logs = ops.log1p(-p.probs) - ops.log1p(-q.probs)
    result = p.total_count * (p.probs * (p.logits - q.logits) + logs)
    more = p.total_count > q.total_count
    result = result.masked_fill(more, math.inf)
    if (p.total_count < q.total_count).any():
        raise NotImplementedError(
            "KL between Binomials where q.total_count > p.total_count is not implemented"
        )
    return result


@register_kl(Cauchy, Cauchy)
def _cauchys(p, q):
    """Source: F. Chyzak, F. Nielsen, "A closed-form formula for the Kullback-Leibler divergence
    between Cauchy distributions", 2019."""
    sides = (p.scale + q.scale).pow(2) + (p.loc - q.loc).pow(2)
    return sides.log() - (4 * p.scale * q.scale).log()


@register_kl(ContinuousBernoulli, ContinuousBernoulli)
def _continuous_bernoullis(p, q):
    slopes = p.mean * (p.logits - q.logits)
    logs = ops.log1p(-p.probs) - ops.log1p(-q.probs)
    return slopes + p._log_norm() + logs - q._log_norm()


@register_kl(Dirichlet, Dirichlet)
def _dirichlets(p, q):
    total, other = p.concentration.sum(-1), q.concentration.sum(-1)
    logs = total.lgamma() - other.lgamma()
    logs = logs - (p.concentration.lgamma() - q.concentration.lgamma()).sum(-1)
    slopes = p.concentration.digamma() - total.digamma().unsqueeze(-1)
    return logs + ((p.concentration - q.concentration) * slopes).sum(-1)


@register_kl(Gamma, Gamma)
def _gammas(p, q):
    return (
        q.concentration * (p.rate / q.rate).log()
        + ops.lgamma(q.concentration)
        - ops.lgamma(p.concentration)
        + (p.concentration - q.concentration) * ops.digamma(p.concentration)
        + (q.rate - p.rate) * (p.concentration / p.rate)
    )


@register_kl(Geometric, Geometric)
def _geometrics(p, q):
    return -p.entropy() - ops.log1p(-q.probs) / p.probs - q.logits


@register_kl(Gumbel, Gumbel)
def _gumbels(p, q):
    ratio = p.scale / q.scale
    distance = (p.loc - q.loc) / q.scale
    exponential = ops.exp(-distance + ops.lgamma(1 + ratio))
    return distance - ratio.log() + exponential - (1 + euler_constant) + ratio * euler_constant


@register_kl(HalfNormal, HalfNormal)
def _half_normals(p, q):
    return _normals(p.base_dist, q.base_dist)


@register_kl(Laplace, Laplace)
def _laplaces(p, q):
    ratio, distance = p.scale / q.scale, (p.loc - q.loc).abs()
    return -ratio.log() + distance / q.scale + ratio * ops.exp(-distance / p.scale) - 1


@register_kl(Pareto, Pareto)
def _paretos(p, q):
    ratio = q.alpha / p.alpha
    result = q.alpha * (p.scale / q.scale).log() - ratio.log() + ratio - 1
    return result.masked_fill(p.scale < q.scale, math.inf)


@register_kl(Poisson, Poisson)
def _poissons(p, q):
    return p.rate * (p.rate.log() - q.rate.log()) - (p.rate - q.rate)


@register_kl(TransformedDistribution, TransformedDistribution)
def _transformed(p, q):
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise NotImplementedError
    return kl_divergence(p.base_dist, q.base_dist)
