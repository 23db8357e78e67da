"""Bernoulli draws made differentiable by letting them lie between 0 and 1."""

from __future__ import annotations

from rushlight import ops
from rushlight.distributions import constraints
from rushlight.distributions.of_probability import OfProbability
from rushlight.distributions.transformed_distribution import TransformedDistribution
from rushlight.distributions.transforms import SigmoidTransform
from rushlight.distributions.utils import broadcast_all, clamp_probs

__all__ = ["LogitRelaxedBernoulli", "RelaxedBernoulli"]


class LogitRelaxedBernoulli(OfProbability):
    """The logits of `RelaxedBernoulli` draws.

    Source: C. Maddison, A. Mnih, Y. Teh, "The concrete distribution", 2017.
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.real
    has_rsample = True

    def __init__(self, temperature, probs=None, logits=None, validate_args=None):
        self.temperature = temperature
        (given,) = self._set_probability(probs, logits)
        super().__init__(given.shape, validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        """The same distributions, as many as `batch_shape` says."""
        new = super().expand(batch_shape, _instance)
        new.temperature = self.temperature
        return new

    def rsample(self, sample_shape=()):
        shape = self._extended_shape(sample_shape)
        probs = clamp_probs(self.probs.expand(shape))
        unit = clamp_probs(ops.rand(shape, dtype=probs.dtype))
        noise = unit.log() - (-unit).log1p() + probs.log() - (-probs).log1p()
        return noise / self.temperature

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        difference = logits - value.mul(self.temperature)
        return self.temperature.log() + difference - 2 * difference.exp().log1p()


class RelaxedBernoulli(TransformedDistribution):
    """Numbers between 0 and 1, the closer to one of them, the lower the temperature.

    Source: E. Jang, S. Gu, B. Poole, "Categorical reparameterization with Gumbel-softmax", 2017.

    >>> import rushlight as torch
    >>> torch.distributions.RelaxedBernoulli(torch.tensor(0.5), torch.tensor([0.1, 0.9]))
    RelaxedBernoulli()
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, temperature, probs=None, logits=None, validate_args=None):
        base = LogitRelaxedBernoulli(temperature, probs, logits)
        super().__init__(base, SigmoidTransform(), validate_args=validate_args)

    @property
    def temperature(self):
        """How soft the draws are."""
        return self.base_dist.temperature

    @property
    def logits(self):
        """log(p / (1 - p))."""
        return self.base_dist.logits

    @property
    def probs(self):
        """The probabilities of 1."""
        return self.base_dist.probs
