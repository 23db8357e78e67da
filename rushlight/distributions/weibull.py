"""The Weibull distribution."""

from __future__ import annotations

from rushlight import ops
from rushlight.distributions import constraints
from rushlight.distributions.exponential import Exponential
from rushlight.distributions.transformed_distribution import TransformedDistribution
from rushlight.distributions.transforms import AffineTransform, PowerTransform
from rushlight.distributions.utils import broadcast_all, euler_constant

__all__ = ["Weibull"]


class Weibull(TransformedDistribution):
    """Lifetimes: scale * e^(1 / concentration) of an exponential number e.

    >>> import rushlight as torch
    >>> torch.distributions.Weibull(1.0, 1.0).mean
    tensor(1.)
    """

    arg_constraints = {"scale": constraints.positive, "concentration": constraints.positive}
    support = constraints.positive

    def __init__(self, scale, concentration, validate_args=None):
        self.scale, self.concentration = broadcast_all(scale, concentration)
        base = Exponential(ops.ones_like(self.scale), validate_args=validate_args)
        super().__init__(base, self._steps(), validate_args=validate_args)

    def _steps(self):
        return [
            PowerTransform(exponent=self.concentration_reciprocal),
            AffineTransform(loc=0, scale=self.scale),
        ]

    def expand(self, batch_shape, _instance=None):
        """The same distributions, as many as `batch_shape` says."""
        new = self._unmade(_instance)
        new.scale = self.scale.expand(batch_shape)
        new.concentration = self.concentration.expand(batch_shape)
        new.base_dist, new.transforms = self.base_dist.expand(batch_shape), new._steps()
        return self._made(new, batch_shape)

    @property
    def concentration_reciprocal(self):
        """1 / concentration."""
        return self.concentration.reciprocal()

    @property
    def mean(self):
        return self.scale * ops.exp(ops.lgamma(1 + self.concentration_reciprocal))

    @property
    def mode(self):
        power = ((self.concentration - 1) / self.concentration) ** self.concentration.reciprocal()
        return self.scale * power

    @property
    def variance(self):
        inverse = self.concentration_reciprocal
        second = ops.exp(ops.lgamma(1 + 2 * inverse))
        return self.scale.pow(2) * (second - ops.exp(2 * ops.lgamma(1 + inverse)))

    def entropy(self):
        inverse = self.concentration_reciprocal
        return euler_constant * (1 - inverse) + ops.log(self.scale * inverse) + 1
