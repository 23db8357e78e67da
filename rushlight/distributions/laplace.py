"""The Laplace distribution."""

from __future__ import annotations

from rushlight import ops
from rushlight.distributions import constraints
from rushlight.distributions.distribution import Distribution
from rushlight.distributions.utils import broadcast_all
from rushlight.dtypes import finfo

__all__ = ["Laplace"]


class Laplace(Distribution):
    """Exponential numbers to both sides of `loc`.

    >>> import rushlight as torch
    >>> torch.distributions.Laplace(0.0, 1.0).log_prob(torch.tensor(2.0))
    tensor(-2.6931)
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, loc, scale, validate_args=None):
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self):
        return self.loc

    @property
    def mode(self):
        return self.loc

    @property
    def variance(self):
        return 2 * self.scale.pow(2)

    @property
    def stddev(self):
        return 2**0.5 * self.scale

    def rsample(self, sample_shape=()):
        unit = ops.empty(self._extended_shape(sample_shape), dtype=self.loc.dtype)
        unit.uniform_(finfo(self.loc.dtype).eps - 1, 1)
        return self.loc - self.scale * unit.sign() * ops.log1p(-unit.abs())

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        return -ops.log(2 * self.scale) - ops.abs(value - self.loc) / self.scale

    def cdf(self, value):
        if self._validate_args:
            self._validate_sample(value)
        distance = value - self.loc
        return 0.5 - 0.5 * distance.sign() * ops.expm1(-distance.abs() / self.scale)

    def icdf(self, value):
        centred = value - 0.5
        return self.loc - self.scale * centred.sign() * ops.log1p(-2 * centred.abs())

    def entropy(self):
        return 1 + ops.log(2 * self.scale)
