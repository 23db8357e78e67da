"""Distributions over a finite number of categories, told by their numbers."""

from __future__ import annotations

from functools import cached_property

from rushlight import ops
from rushlight.autograd import enable_grad, no_grad
from rushlight.distributions import constraints
from rushlight.distributions.distribution import Distribution, clamp_probs, either
from rushlight.dtypes import finfo
from rushlight.nn import functional as F
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
        self._param = self.probs if probs is not None else self.logits
        self._num_events = self._param.shape[-1]
        super().__init__(self._param.shape[:-1], validate_args=validate_args)

    @cached_property
    def logits(self):
        """The logarithms of the probabilities."""
        with enable_grad():
            return clamp_probs(self.probs).log()

    @cached_property
    def probs(self):
        """The probabilities."""
        with enable_grad():
            return F.softmax(self.logits, -1)

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
        shape = (*batch_shape, self._num_events)
        new = type(self).__new__(type(self))
        for name in ("probs", "logits"):
            if name in vars(self):
                vars(new)[name] = vars(self)[name].expand(shape)
        new._param = self._param.expand(shape)
        new._num_events = self._num_events
        Distribution.__init__(new, Size(batch_shape), validate_args=False)
        return new._validated_as(self)

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
