"""The negative binomial distribution."""

from __future__ import annotations

from rushlight import ops
from rushlight.autograd import no_grad
from rushlight.distributions import constraints
from rushlight.distributions.gamma import Gamma
from rushlight.distributions.of_probability import OfProbability
from rushlight.nn import functional as F

__all__ = ["NegativeBinomial"]


class NegativeBinomial(OfProbability):
    """How many trials of probability `probs` succeed before `total_count` of them have failed.

    >>> import rushlight as torch
    >>> torch.distributions.NegativeBinomial(4, torch.tensor(0.5)).mean
    tensor(4.)
    """

    arg_constraints = {
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }
    support = constraints.nonnegative_integer

    def __init__(self, total_count, probs=None, logits=None, validate_args=None):
        given, count = self._set_probability(probs, logits, total_count)
        self.total_count = count.type_as(given)
        super().__init__(given.shape, validate_args=validate_args)

    @property
    def mean(self):
        return self.total_count * ops.exp(self.logits)

    @property
    def mode(self):
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0.0)

    @property
    def variance(self):
        return self.mean / ops.sigmoid(-self.logits)

    def sample(self, sample_shape=()):
        with no_grad():
            rates = Gamma(self.total_count, ops.exp(-self.logits), validate_args=False)
            return ops.poisson(rates.sample(sample_shape))

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        n, logits = self.total_count, self.logits
        powers = n * F.logsigmoid(-logits) + value * F.logsigmoid(logits)
        log_orders = ops.lgamma(1.0 + value) + ops.lgamma(n) - ops.lgamma(n + value)
        return powers - log_orders.masked_fill(n + value == 0.0, 0.0)
