"""The Dirichlet distribution."""

from __future__ import annotations

from rushlight import ops
from rushlight.distributions import constraints
from rushlight.distributions.exp_family import ExponentialFamily
from rushlight.nn import functional as F
from rushlight.ops.creation.gamma_draws import _sample_dirichlet

__all__ = ["Dirichlet"]


class Dirichlet(ExponentialFamily):
    """Vectors of probabilities: the density is proportional to the product of x^(c - 1).

    Args:
        concentration: (*, K), positive.

    >>> import rushlight as torch
    >>> torch.distributions.Dirichlet(torch.tensor([1.0, 3.0])).mean
    tensor([0.2500, 0.7500])
    """

    arg_constraints = {"concentration": constraints.independent(constraints.positive, 1)}
    support = constraints.simplex
    has_rsample = True

    def __init__(self, concentration, validate_args=None):
        if concentration.dim() < 1:
            raise ValueError("`concentration` parameter must be at least one-dimensional.")
        self.concentration = concentration
        shape = concentration.shape
        super().__init__(shape[:-1], shape[-1:], validate_args=validate_args)

    @property
    def mean(self):
        return self.concentration / self.concentration.sum(-1, True)

    @property
    def mode(self):
        raised = (self.concentration - 1).clamp(min=0.0)
        mode = raised / raised.sum(-1, True)
        corners = (self.concentration < 1).all(-1)
        if corners.any():
            one_hot = F.one_hot(mode[corners].argmax(-1), mode.shape[-1])
            mode[corners] = one_hot.to(mode.dtype)
        return mode

    @property
    def variance(self):
        total = self.concentration.sum(-1, True)
        return self.concentration * (total - self.concentration) / (total.pow(2) * (total + 1))

    def rsample(self, sample_shape=()):
        return _sample_dirichlet(self.concentration.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        c = self.concentration
        weighted = ops.xlogy(c - 1.0, value).sum(-1)
        return weighted + ops.lgamma(c.sum(-1)) - ops.lgamma(c).sum(-1)

    def entropy(self):
        c, k = self.concentration, self.concentration.shape[-1]
        total = c.sum(-1)
        log_beta = ops.lgamma(c).sum(-1) - ops.lgamma(total)
        return log_beta - (k - total) * ops.digamma(total) - ((c - 1.0) * ops.digamma(c)).sum(-1)

    @property
    def _natural_params(self):
        return (self.concentration,)

    def _log_normalizer(self, x):
        return x.lgamma().sum(-1) - ops.lgamma(x.sum(-1))
