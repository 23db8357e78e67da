"""The generalized Pareto distribution."""

from __future__ import annotations

import math

from rushlight import ops
from rushlight.distributions import constraints
from rushlight.distributions.distribution import Distribution
from rushlight.distributions.utils import broadcast_all

__all__ = ["GeneralizedPareto"]


class GeneralizedPareto(Distribution):
    """What exceeds a high threshold `loc`; exponential where `concentration` is 0.

    P(X > x) = (1 + concentration * z)^(-1 / concentration) with z = (x - loc) / scale.

    Source: J. Pickands, "Statistical inference using extreme order statistics", 1975.

    >>> import rushlight as torch
    >>> torch.distributions.GeneralizedPareto(0.0, 1.0, 0.5).mean
    tensor(2.)
    """

    arg_constraints = {
        "loc": constraints.real,
        "scale": constraints.positive,
        "concentration": constraints.real,
    }
    has_rsample = True

    def __init__(self, loc, scale, concentration, validate_args=None):
        self.loc, self.scale, self.concentration = broadcast_all(loc, scale, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self):
        end = self.loc - self.scale / self.concentration
        return constraints.interval(self.loc, ops.where(self.concentration < 0, end, math.inf))

    def _z(self, x):
        return (x - self.loc) / self.scale

    def _shape(self):
        """Where the concentration is 0, and the concentration with ones in these places."""
        zero = ops.isclose(self.concentration, ops.zeros_like(self.concentration))
        return zero, ops.where(zero, ops.ones_like(self.concentration), self.concentration)

    def rsample(self, sample_shape=()):
        return self.icdf(ops.rand(self._extended_shape(sample_shape), dtype=self.loc.dtype))

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        z, (zero, k) = self._z(value), self._shape()
        power = (1 / k + 1) * ops.log1p(k * z)
        return -self.scale.log() - ops.where(zero, z, power)

    def log_survival_function(self, value):
        """log P(X > value)."""
        if self._validate_args:
            self._validate_sample(value)
        z, (zero, k) = self._z(value), self._shape()
        return ops.where(zero, -z, -ops.log1p(k * z) / k)

    def log_cdf(self, value):
        """log P(X <= value)."""
        return ops.log1p(-ops.exp(self.log_survival_function(value)))

    def cdf(self, value):
        return ops.exp(self.log_cdf(value))

    def icdf(self, value):
        zero, k = self._shape()
        log_left = ops.log1p(-value)
        return self.loc + self.scale * ops.where(zero, -log_left, ops.expm1(-k * log_left) / k)

    @property
    def mean(self):
        finite = self.loc + self.scale / (1 - self.concentration)
        return ops.where(self.concentration < 1, finite, math.inf)

    @property
    def variance(self):
        k = self.concentration
        finite = self.scale**2 / ((1 - k) ** 2 * (1 - 2 * k))
        return ops.where(k < 0.5, finite, math.inf)

    @property
    def mode(self):
        return self.loc

    def entropy(self):
        return (ops.log(self.scale) + self.concentration + 1).broadcast_to(self._batch_shape)
