"""The multinomial distribution."""

from __future__ import annotations

import math

from rushlight import ops
from rushlight.autograd import no_grad
from rushlight.distributions import constraints
from rushlight.distributions.binomial import Binomial
from rushlight.distributions.categorical import Categorical
from rushlight.distributions.distribution import Distribution
from rushlight.distributions.utils import broadcast_all
from rushlight.tensor import Size

__all__ = ["Multinomial"]


class Multinomial(Distribution):
    """How often each of K categories comes up in `total_count` draws.

    Args:
        total_count: one number for the whole batch.
        probs, logits: as those of `Categorical`.

    >>> import rushlight as torch
    >>> torch.distributions.Multinomial(4, torch.ones(2)).mean
    tensor([2., 2.])
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}

    def __init__(self, total_count=1, probs=None, logits=None, validate_args=None):
        if not isinstance(total_count, int):
            raise NotImplementedError("inhomogeneous total_count is not supported")
        self.total_count = total_count
        self._categorical = Categorical(probs=probs, logits=logits)
        shape = self._categorical.param_shape
        super().__init__(shape[:-1], shape[-1:], validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        """The same distributions, as many as `batch_shape` says."""
        new = self._unmade(_instance)
        new.total_count = self.total_count
        new._categorical = self._categorical.expand(batch_shape)
        return self._made(new, batch_shape)

    @constraints.dependent_property(is_discrete=True, event_dim=1)
    def support(self):
        return constraints.multinomial(self.total_count)

    @property
    def probs(self):
        """The probabilities of the categories."""
        return self._categorical.probs

    @property
    def logits(self):
        """Their logarithms."""
        return self._categorical.logits

    @property
    def param_shape(self):
        """The shape of the probabilities."""
        return self._categorical.param_shape

    @property
    def mean(self):
        return self.probs * self.total_count

    @property
    def variance(self):
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape=()):
        with no_grad():
            drawn = self._categorical.sample(Size((self.total_count, *sample_shape)))
            drawn = drawn.movedim(0, -1)
            counts = ops.zeros(self._extended_shape(sample_shape), dtype=drawn.dtype)
            return counts.scatter_add_(-1, drawn, ops.ones_like(drawn)).type_as(self.probs)

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        logits = logits.masked_fill((value == 0) & (logits == -math.inf), 0)
        log_orders = ops.lgamma(value.sum(-1) + 1) - ops.lgamma(value + 1).sum(-1)
        return log_orders + (logits * value).sum(-1)

    def entropy(self):
        n = ops.tensor(float(self.total_count), dtype=self.probs.dtype)
        binomial = Binomial(self.total_count, self.probs)
        counts = binomial.enumerate_support(expand=False)[1:]
        probs = ops.exp(binomial.log_prob(counts))
        repeats = (probs * ops.lgamma(counts + 1)).sum((0, -1))
        return n * self._categorical.entropy() - ops.lgamma(n + 1) + repeats
