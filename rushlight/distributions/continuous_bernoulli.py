"""The continuous Bernoulli distribution."""

from __future__ import annotations

import math

from rushlight import ops
from rushlight.autograd import no_grad
from rushlight.distributions import constraints
from rushlight.distributions.exp_family import ExponentialFamily
from rushlight.distributions.of_probability import OfProbability
from rushlight.distributions.utils import broadcast_all, clamp_probs
from rushlight.nn import functional as F

__all__ = ["ContinuousBernoulli"]


class ContinuousBernoulli(OfProbability, ExponentialFamily):
    """Numbers x of [0, 1] with a density proportional to p^x (1 - p)^(1 - x).

    Args:
        lims: between these values of p, where the exact formulas divide 0 by 0, series are used.

    Source: G. Loaiza-Ganem, J. Cunningham, "The continuous Bernoulli: fixing a pervasive error in
    variational autoencoders", 2019.

    >>> import rushlight as torch
    >>> torch.distributions.ContinuousBernoulli(torch.tensor(0.5)).mean
    tensor(0.5000)
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, probs=None, logits=None, lims=(0.499, 0.501), validate_args=None):
        (given,) = self._set_probability(probs, logits)
        if probs is not None:
            valid = validate_args is False or self.arg_constraints["probs"].check(self.probs).all()
            if not valid:
                raise ValueError("The parameter probs has invalid values")
            self.probs = clamp_probs(self.probs)
        self._lims = lims
        super().__init__(given.shape, validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        """The same distributions, as many as `batch_shape` says."""
        new = super().expand(batch_shape, _instance)
        new._lims = self._lims
        return new

    def _outside_unstable_region(self):
        low, high = self._lims
        return (self.probs <= low) | (self.probs > high)

    def _cut_probs(self):
        """The probabilities, kept away from 1/2."""
        return ops.where(
            self._outside_unstable_region(), self.probs, self._lims[0] * ops.ones_like(self.probs)
        )

    def _either(self, exact, series):
        return ops.where(self._outside_unstable_region(), exact, series)

    def _log_norm(self):
        """The logarithm of what the density is multiplied by."""
        p = self._cut_probs()
        below, above = ops.where(p <= 0.5, p, 0.0), ops.where(p >= 0.5, p, 1.0)
        slope = ops.where(p <= 0.5, ops.log1p(-2.0 * below), ops.log(2.0 * above - 1.0))
        exact = ops.log(ops.abs(ops.log1p(-p) - ops.log(p))) - slope
        x = (self.probs - 0.5).pow(2)
        return self._either(exact, math.log(2.0) + (4.0 / 3.0 + 104.0 / 45.0 * x) * x)

    @property
    def mean(self):
        p = self._cut_probs()
        exact = p / (2.0 * p - 1.0) + 1.0 / (ops.log1p(-p) - ops.log(p))
        x = self.probs - 0.5
        return self._either(exact, 0.5 + (1.0 / 3.0 + 16.0 / 45.0 * x.pow(2)) * x)

    @property
    def variance(self):
        p = self._cut_probs()
        spread = (ops.log1p(-p) - ops.log(p)).pow(2)
        exact = p * (p - 1.0) / (1.0 - 2.0 * p).pow(2) + 1.0 / spread
        x = (self.probs - 0.5).pow(2)
        return self._either(exact, 1.0 / 12.0 - (1.0 / 15.0 - 128.0 / 945.0 * x) * x)

    @property
    def stddev(self):
        return self.variance.sqrt()

    def rsample(self, sample_shape=()):
        return self.icdf(ops.rand(self._extended_shape(sample_shape), dtype=self.probs.dtype))

    def sample(self, sample_shape=()):
        with no_grad():
            return self.rsample(sample_shape)

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        cross = F.binary_cross_entropy_with_logits(logits, value, reduction="none")
        return self._log_norm() - cross

    def cdf(self, value):
        if self._validate_args:
            self._validate_sample(value)
        p = self._cut_probs()
        power = p.pow(value) * (1.0 - p).pow(1.0 - value)
        result = self._either((power + p - 1.0) / (2.0 * p - 1.0), value)
        result = ops.where(value <= 0.0, ops.zeros_like(result), result)
        return ops.where(value >= 1.0, ops.ones_like(result), result)

    def icdf(self, value):
        p = self._cut_probs()
        log_failure = ops.log1p(-p)
        raised = ops.log1p(-p + value * (2.0 * p - 1.0)) - log_failure
        return self._either(raised / (ops.log(p) - log_failure), value)

    def entropy(self):
        failure, log_probs = ops.log1p(-self.probs), ops.log(self.probs)
        return self.mean * (failure - log_probs) - self._log_norm() - failure

    @property
    def _natural_params(self):
        return (self.logits,)

    def _log_normalizer(self, x):
        """The logarithm of (e^x - 1) / x, by its series around 0."""
        unstable = (x.abs() < self._lims[1] - 0.5) | (x == 0)
        cut = ops.where(unstable, (self._lims[1] - 0.5) * ops.ones_like(x), x)
        exact = ops.log(ops.abs(ops.exp(cut) - 1)) - ops.log(ops.abs(cut))
        return ops.where(unstable, 0.5 * x + x.pow(2) / 24.0 - x.pow(4) / 2880.0, exact)

    _mean_carrier_measure = 0
