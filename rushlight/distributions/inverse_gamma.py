"""The inverse gamma distribution."""

from __future__ import annotations

import math

from rushlight import ops
from rushlight.distributions import constraints
from rushlight.distributions.gamma import Gamma
from rushlight.distributions.transformed_distribution import TransformedDistribution
from rushlight.distributions.transforms import PowerTransform

__all__ = ["InverseGamma"]


class InverseGamma(TransformedDistribution):
    """Reciprocals of gamma numbers.

    >>> import rushlight as torch
    >>> torch.distributions.InverseGamma(3.0, 4.0).mean
    tensor(2.)
    """

    arg_constraints = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.positive
    has_rsample = True

    def __init__(self, concentration, rate, validate_args=None):
        base = Gamma(concentration, rate, validate_args=validate_args)
        power = PowerTransform(exponent=-ops.ones((), dtype=base.rate.dtype))
        super().__init__(base, power, validate_args=validate_args)

    @property
    def concentration(self):
        """The concentration of the gamma numbers."""
        return self.base_dist.concentration

    @property
    def rate(self):
        """Their rate."""
        return self.base_dist.rate

    @property
    def mean(self):
        finite = self.rate / (self.concentration - 1)
        return ops.where(self.concentration > 1, finite, math.inf)

    @property
    def mode(self):
        return self.rate / (self.concentration + 1)

    @property
    def variance(self):
        a = self.concentration
        finite = self.rate.square() / ((a - 1).square() * (a - 2))
        return ops.where(a > 2, finite, math.inf)

    def entropy(self):
        a = self.concentration
        return a + self.rate.log() + a.lgamma() - (1 + a) * a.digamma()
