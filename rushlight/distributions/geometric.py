"""The geometric distribution."""

from __future__ import annotations

from rushlight import ops
from rushlight.autograd import no_grad
from rushlight.distributions import constraints
from rushlight.distributions.of_probability import OfProbability
from rushlight.distributions.utils import broadcast_all
from rushlight.dtypes import finfo
from rushlight.nn import functional as F

__all__ = ["Geometric"]


class Geometric(OfProbability):
    """How many trials fail before the first one of probability `probs` succeeds: 0, 1, ...

    >>> import rushlight as torch
    >>> torch.distributions.Geometric(0.25).mean
    tensor(3.)
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.nonnegative_integer

    def __init__(self, probs=None, logits=None, validate_args=None):
        (given,) = self._set_probability(probs, logits)
        super().__init__(given.shape, validate_args=validate_args)
        if self._validate_args and probs is not None and not (self.probs > 0).all():
            invalid = self.probs.data[self.probs <= 0]
            raise ValueError(
                f"Expected parameter probs (Tensor of shape {tuple(self.probs.shape)}) of "
                f"distribution {self!r} to be positive but found invalid values:\n{invalid}"
            )

    @property
    def mean(self):
        return 1.0 / self.probs - 1.0

    @property
    def mode(self):
        return ops.zeros_like(self.probs)

    @property
    def variance(self):
        return (1.0 / self.probs - 1.0) / self.probs

    def sample(self, sample_shape=()):
        tiny = finfo(self.probs.dtype).tiny
        with no_grad():
            unit = ops.empty(self._extended_shape(sample_shape), dtype=self.probs.dtype)
            return (unit.uniform_(tiny, 1).log() / (-self.probs).log1p()).floor()

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        value, probs = broadcast_all(value, self.probs)
        failures = probs.masked_fill((probs == 1) & (value == 0), 0)
        return value * (-failures).log1p() + self.probs.log()

    def entropy(self):
        cross = F.binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")
        return cross / self.probs
