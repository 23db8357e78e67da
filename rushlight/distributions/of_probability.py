"""What the distributions of one probability share, given as `probs` or as `logits`."""

from __future__ import annotations

from rushlight.distributions.distribution import Distribution
from rushlight.distributions.utils import (
    broadcast_all,
    either,
    lazy_property,
    logits_to_probs,
    probs_to_logits,
)

__all__ = ["OfProbability"]


class OfProbability(Distribution):
    """Base class: holds `probs` or `logits`, whichever was given, and computes the other."""

    def _set_probability(self, probs, logits, *others):
        """Keep the one that was given; returns it and the others in their common shape."""
        either(probs, logits)
        name, given = ("logits", logits) if probs is None else ("probs", probs)
        given, *others = broadcast_all(given, *others)
        vars(self)[name] = given
        return given, *others

    @lazy_property
    def logits(self):
        """log(p / (1 - p))."""
        return probs_to_logits(self.probs, is_binary=True)

    @lazy_property
    def probs(self):
        """The probabilities."""
        return logits_to_probs(self.logits, is_binary=True)

    @property
    def _param(self):
        return self.probs if "probs" in vars(self) else self.logits

    @property
    def param_shape(self):
        """The shape of the probabilities."""
        return self._param.shape
