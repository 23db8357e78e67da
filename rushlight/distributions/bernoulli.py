"""The Bernoulli distribution."""

from __future__ import annotations

from functools import cached_property

from rushlight import ops
from rushlight.autograd import enable_grad, no_grad
from rushlight.distributions import constraints
from rushlight.distributions.distribution import (
    Distribution,
    broadcast_all,
    clamp_probs,
    either,
)
from rushlight.nn import functional as F

__all__ = ["Bernoulli"]


class Bernoulli(Distribution):
    """1 with probability `probs` (or sigmoid(`logits`)), else 0.

    >>> import rushlight as torch
    >>> torch.distributions.Bernoulli(torch.tensor(0.25)).log_prob(torch.tensor(1.0)).exp()
    tensor(0.2500)
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.boolean
    has_enumerate_support = True

    def __init__(self, probs=None, logits=None, validate_args=None):
        either(probs, logits)
        if probs is not None:
            (self.probs,) = broadcast_all(probs)
        else:
            (self.logits,) = broadcast_all(logits)
        self._param = self.probs if probs is not None else self.logits
        super().__init__(self._param.shape, validate_args=validate_args)

    @cached_property
    def logits(self):
        """log(p / (1 - p))."""
        with enable_grad():
            probs = clamp_probs(self.probs)
            return probs.log() - ops.log1p(-probs)

    @cached_property
    def probs(self):
        """The probabilities of 1."""
        with enable_grad():
            return ops.sigmoid(self.logits)

    @property
    def param_shape(self):
        """The shape of the probabilities."""
        return self._param.shape

    @property
    def mean(self):
        return self.probs

    @property
    def mode(self):
        mode = (self.probs >= 0.5).to(self.probs.dtype)
        return mode.masked_fill(self.probs == 0.5, float("nan"))

    @property
    def variance(self):
        return self.probs * (1 - self.probs)

    def expand(self, batch_shape, _instance=None):
        """The same distributions, as many as `batch_shape` says."""
        new = type(self).__new__(type(self))
        for name in ("probs", "logits"):
            if name in vars(self):
                vars(new)[name] = vars(self)[name].expand(batch_shape)
        new._param = self._param.expand(batch_shape)
        Distribution.__init__(new, batch_shape, validate_args=False)
        return new._validated_as(self)

    def sample(self, sample_shape=()):
        with no_grad():
            return ops.bernoulli(self.probs.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value):
        """log p or log(1 - p)."""
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        return -F.binary_cross_entropy_with_logits(logits, value, reduction="none")

    def entropy(self):
        return F.binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")

    def enumerate_support(self, expand=True):
        values = ops.arange(2, dtype=self._param.dtype)
        values = values.reshape((-1,) + (1,) * len(self._batch_shape))
        return values.expand((-1, *self._batch_shape)) if expand else values
