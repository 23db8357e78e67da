"""Distributions over a finite number of categories, told by their numbers."""

from __future__ import annotations

from rushlight import ops
from rushlight.autograd import no_grad
from rushlight.distributions import constraints
from rushlight.distributions.distribution import Distribution
from rushlight.distributions.utils import (
    either,
    lazy_property,
    logits_to_probs,
    probs_to_logits,
)
from rushlight.dtypes import finfo
from rushlight.tensor import Size

__all__ = ["Categorical"]


class Categorical(Distribution):
    """The numbers 0 ... K - 1 with probabilities `probs` (or exp(`logits`), both normalized).

    Args:
        probs: (*, K), nonnegative; they needn't sum to 1.
        logits: (*, K), unnormalized logarithms of the probabilities.

    >>> import rushlight as torch
    >>> torch.distributions.Categorical(torch.tensor([1.0, 3.0])).probs
    tensor([0.2500, 0.7500])
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    has_enumerate_support = True

    def __init__(self, probs=None, logits=None, validate_args=None):
        either(probs, logits)
        if probs is not None:
            if probs.dim() < 1:
                raise ValueError("`probs` parameter must be at least one-dimensional.")
            self.probs = probs / probs.sum(-1, keepdim=True)
        else:
            if logits.dim() < 1:
                raise ValueError("`logits` parameter must be at least one-dimensional.")
            self.logits = logits - logits.logsumexp(-1, keepdim=True)
        self._num_events = self._param.shape[-1]
        super().__init__(self._param.shape[:-1], validate_args=validate_args)

    @lazy_property
    def logits(self):
        """The logarithms of the probabilities."""
        return probs_to_logits(self.probs)

    @lazy_property
    def probs(self):
        """The probabilities."""
        return logits_to_probs(self.logits)

    @property
    def _param(self):
        return self.probs if "probs" in vars(self) else self.logits

    @property
    def param_shape(self):
        """The shape of the probabilities."""
        return self._param.shape

    @constraints.dependent_property(is_discrete=True)
    def support(self):
        return constraints.integer_interval(0, self._num_events - 1)

    @property
    def mean(self):
        return self._param.new_full(self._extended_shape(), float("nan"))

    @property
    def variance(self):
        return self._param.new_full(self._extended_shape(), float("nan"))

    @property
    def mode(self):
        return self.probs.argmax(-1)

    def expand(self, batch_shape, _instance=None):
        """The same distributions, as many as `batch_shape` says."""
        new = super().expand(batch_shape, _instance)
        new._num_events = self._num_events
        return new

    def sample(self, sample_shape=()):
        shape = self._extended_shape(sample_shape)
        rows = self.probs.reshape((-1, self._num_events))
        with no_grad():
            draws = ops.multinomial(rows, Size(sample_shape).numel(), True)
        return draws.T.reshape(shape)

    def log_prob(self, value):
        """The logit of the category."""
        if self._validate_args:
            self._validate_sample(value)
        value, logits = ops.broadcast_tensors(value.long().unsqueeze(-1), self.logits)
        return logits.gather(-1, value[..., :1]).squeeze(-1)

    def entropy(self):
        """-sum p log p."""
        logits = self.logits.clamp(min=finfo(self.logits.dtype).min)
        return -(logits * self.probs).sum(-1)

    def enumerate_support(self, expand=True):
        values = ops.arange(self._num_events, dtype=ops.tensor(0).dtype)
        values = values.reshape((-1,) + (1,) * len(self._batch_shape))
        return values.expand((-1, *self._batch_shape)) if expand else values
