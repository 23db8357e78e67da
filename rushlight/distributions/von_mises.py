"""The von Mises distribution."""

from __future__ import annotations

import math

from rushlight import ops
from rushlight.autograd import no_grad
from rushlight.distributions import constraints
from rushlight.distributions.distribution import Distribution
from rushlight.distributions.utils import broadcast_all, lazy_property
from rushlight.dtypes import float64
from rushlight.special import i0e, i1e

__all__ = ["VonMises"]


class VonMises(Distribution):
    """Angles around `loc`: the density is proportional to exp(concentration cos(x - loc)).

    >>> import rushlight as torch
    >>> torch.distributions.VonMises(torch.tensor(0.0), torch.tensor(4.0)).mean
    tensor(0.)
    """

    arg_constraints = {"loc": constraints.real, "concentration": constraints.positive}
    support = constraints.real

    def __init__(self, loc, concentration, validate_args=None):
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self):
        return self.loc

    @property
    def mode(self):
        return self.loc

    @lazy_property
    def variance(self):
        """The circular variance, 1 - I1(k) / I0(k)."""
        return 1 - i1e(self.concentration) / i0e(self.concentration)

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        log_i0 = i0e(self.concentration).log() + self.concentration
        density = self.concentration * ops.cos(value - self.loc)
        return density - math.log(2 * math.pi) - log_i0

    def _proposal(self):
        """The parameter of the wrapped Cauchy distribution from which draws are proposed."""
        k = self.concentration.to(float64)
        tau = 1 + (1 + 4 * k**2).sqrt()
        rho = (tau - (2 * tau).sqrt()) / (2 * k)
        return ops.where(k < 1e-5, 1 / k + k, (1 + rho**2) / (2 * rho))

    def sample(self, sample_shape=()):
        """Draws in [-pi, pi).

        Source: D. Best, N. Fisher, "Efficient simulation of the von Mises distribution", 1979.
        """
        shape = self._extended_shape(sample_shape)
        with no_grad():
            r = self._proposal().expand(shape)
            k, loc = (p.to(float64).expand(shape) for p in (self.concentration, self.loc))
            x, done = ops.empty(shape, dtype=float64), ops.zeros(shape).bool()
            while not done.all():
                u1, u2, u3 = ops.rand((3, *shape), dtype=float64).unbind()
                z = ops.cos(math.pi * u1)
                f = (1 + r * z) / (r + z)
                c = k * (r - f)
                accepted = (c * (2 - c) - u2 > 0) | ((c / u2).log() + 1 - c >= 0)
                x = ops.where(accepted, (u3 - 0.5).sign() * f.acos(), x)
                done = done | accepted
            return ((x + math.pi + loc) % (2 * math.pi) - math.pi).to(self.loc.dtype)
