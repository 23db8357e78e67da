"""Mixtures of distributions of one class."""

from __future__ import annotations

from rushlight import ops
from rushlight.autograd import no_grad
from rushlight.distributions import constraints
from rushlight.distributions.categorical import Categorical
from rushlight.distributions.distribution import Distribution
from rushlight.tensor import Size

__all__ = ["MixtureSameFamily"]


class MixtureSameFamily(Distribution):
    """Draws one of several distributions, and then from it.

    Args:
        mixture_distribution: a `Categorical` over the components.
        component_distribution: a distribution whose last batch dimension are the components.

    >>> import rushlight as torch
    >>> from rushlight.distributions import Categorical, MixtureSameFamily, Normal
    >>> weights = Categorical(torch.ones(2))
    >>> parts = Normal(torch.tensor([-1.0, 1.0]), torch.ones(2))
    >>> MixtureSameFamily(weights, parts).mean
    tensor(0.)
    """

    arg_constraints: dict = {}

    def __init__(self, mixture_distribution, component_distribution, validate_args=None):
        if not isinstance(mixture_distribution, Categorical):
            raise ValueError(
                " The Mixture distribution needs to be an  instance of "
                "torch.distributions.Categorical"
            )
        if not isinstance(component_distribution, Distribution):
            raise ValueError(
                "The Component distribution need to be an instance of "
                "torch.distributions.Distribution"
            )
        weights = mixture_distribution.batch_shape
        parts = component_distribution.batch_shape[:-1]
        if any(m != 1 and c != 1 and m != c for m, c in zip(weights[::-1], parts[::-1])):
            raise ValueError(
                f"`mixture_distribution.batch_shape` ({weights}) is not compatible with "
                f"`component_distribution.batch_shape`({parts})"
            )
        count = mixture_distribution.logits.shape[-1]
        if count != component_distribution.batch_shape[-1]:
            raise ValueError(
                f"`mixture_distribution component` ({count}) does not equal "
                f"`component_distribution.batch_shape[-1]` "
                f"({component_distribution.batch_shape[-1]})"
            )
        self._mixture_distribution = mixture_distribution
        self._component_distribution = component_distribution
        self._num_component = count
        event = component_distribution.event_shape
        self._event_ndims = len(event)
        super().__init__(parts, event, validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        """The same distributions, as many as `batch_shape` says."""
        new = self._unmade(_instance)
        parts = (*batch_shape, self._num_component)
        new._component_distribution = self._component_distribution.expand(parts)
        new._mixture_distribution = self._mixture_distribution.expand(batch_shape)
        new._num_component, new._event_ndims = self._num_component, self._event_ndims
        return self._made(new, batch_shape)

    @constraints.dependent_property
    def support(self):
        return constraints.MixtureSameFamilyConstraint(self._component_distribution.support)

    @property
    def mixture_distribution(self):
        """Which component is drawn."""
        return self._mixture_distribution

    @property
    def component_distribution(self):
        """The components, in the last batch dimension."""
        return self._component_distribution

    def _weighted(self, values):
        """The mean of values of the components, by their weights."""
        probs = self._mixture_distribution.probs
        probs = probs.reshape((*probs.shape, *(1,) * self._event_ndims))
        return (probs * values).sum(-1 - self._event_ndims)

    @property
    def mean(self):
        return self._weighted(self._component_distribution.mean)

    @property
    def variance(self):
        """The mean of the components' variances and the variance of their means."""
        within = self._weighted(self._component_distribution.variance)
        distance = self._component_distribution.mean - self._pad(self.mean)
        return within + self._weighted(distance.pow(2.0))

    def _pad(self, x):
        return x.unsqueeze(-1 - self._event_ndims)

    def log_prob(self, value):
        """logsumexp over the components of their log_prob and log weight."""
        if self._validate_args:
            self._validate_sample(value)
        parts = self._component_distribution.log_prob(self._pad(value))
        return ops.logsumexp(parts + ops.log_softmax(self._mixture_distribution.logits, -1), -1)

    def cdf(self, value):
        parts = self._component_distribution.cdf(self._pad(value))
        return (parts * self._mixture_distribution.probs).sum(-1)

    def sample(self, sample_shape=()):
        with no_grad():
            which = self._mixture_distribution.sample(sample_shape)
            parts = self._component_distribution.sample(sample_shape)
            axis = parts.dim() - 1 - self._event_ndims
            which = which.reshape((*which.shape, *(1,) * (self._event_ndims + 1)))
            shape = Size((*parts.shape[:axis], 1, *parts.shape[axis + 1 :]))
            return ops.gather(parts, axis, which.expand(shape)).squeeze(axis)

    def __repr__(self):
        return (
            f"MixtureSameFamily(\n  {self._mixture_distribution},\n  "
            f"{self._component_distribution})"
        )
