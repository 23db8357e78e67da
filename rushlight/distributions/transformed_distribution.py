"""Distributions of transformed draws."""

from __future__ import annotations

from rushlight.autograd import no_grad
from rushlight.distributions import constraints
from rushlight.distributions.distribution import Distribution
from rushlight.distributions.independent import Independent
from rushlight.distributions.transforms import ComposeTransform, Transform
from rushlight.distributions.utils import sum_last

__all__ = ["TransformedDistribution"]


class TransformedDistribution(Distribution):
    """The distribution of f(x), where x is drawn from a base and f is a chain of transforms.

    log p(y) = log p(x) - log |dy/dx|.

    Args:
        base_distribution: where draws come from.
        transforms: a transform, or a list of them, applied one after the other.

    >>> import rushlight as torch
    >>> from rushlight.distributions import Normal, TransformedDistribution
    >>> from rushlight.distributions.transforms import ExpTransform
    >>> log_normal = TransformedDistribution(Normal(0.0, 1.0), [ExpTransform()])
    >>> log_normal.log_prob(torch.tensor(1.0))
    tensor(-0.9189)
    """

    arg_constraints: dict = {}

    def __init__(self, base_distribution, transforms, validate_args=None):
        self.transforms = _list_of(transforms)
        shape = base_distribution.batch_shape + base_distribution.event_shape
        base_ndims = len(base_distribution.event_shape)
        chain = ComposeTransform(self.transforms)
        if len(shape) < chain.domain.event_dim:
            raise ValueError(
                "base_distribution needs to have shape with size at least "
                f"{chain.domain.event_dim}, but got {shape}."
            )
        expanded = base_distribution.expand(
            chain.inverse_shape(chain.forward_shape(shape))[: len(shape) - base_ndims]
        )
        if chain.domain.event_dim > base_ndims:
            expanded = Independent(expanded, chain.domain.event_dim - base_ndims)
        self.base_dist = expanded
        gained = max(chain.codomain.event_dim - chain.domain.event_dim, 0)
        event_dim = max(chain.codomain.event_dim, base_ndims + gained)
        shape = chain.forward_shape(expanded.batch_shape + expanded.event_shape)
        cut = len(shape) - event_dim
        super().__init__(shape[:cut], shape[cut:], validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        """The same distributions, as many as `batch_shape` says."""
        new = self._unmade(_instance)
        new.transforms = self.transforms
        shape = ComposeTransform(self.transforms).inverse_shape((*batch_shape, *self._event_shape))
        new.base_dist = self.base_dist.expand(shape[: len(shape) - len(self.base_dist.event_shape)])
        return self._made(new, batch_shape)

    @property
    def has_rsample(self):
        """Whether the base has differentiable draws."""
        return self.base_dist.has_rsample

    @constraints.dependent_property(is_discrete=False)
    def support(self):
        if not self.transforms:
            return self.base_dist.support
        support, more = self.transforms[-1].codomain, len(self._event_shape)
        more -= support.event_dim
        return constraints.independent(support, more) if more > 0 else support

    def _transformed(self, x):
        for transform in self.transforms:
            x = transform(x)
        return x

    def sample(self, sample_shape=()):
        with no_grad():
            return self._transformed(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape=()):
        return self._transformed(self.base_dist.rsample(sample_shape))

    def log_prob(self, value):
        """The base's density where the value came from, less what the transforms stretch."""
        if self._validate_args:
            self._validate_sample(value)
        event_dim, stretched, y = len(self._event_shape), 0.0, value
        for transform in reversed(self.transforms):
            x = transform.inv(y)
            event_dim += transform.domain.event_dim - transform.codomain.event_dim
            jacobian = transform.log_abs_det_jacobian(x, y)
            stretched = stretched + sum_last(jacobian, event_dim - transform.domain.event_dim)
            y = x
        density = self.base_dist.log_prob(y)
        return sum_last(density, event_dim - len(self.base_dist.event_shape)) - stretched

    def _monotonize_cdf(self, value):
        """A probability, turned round where the transforms fall."""
        sign = 1
        for transform in self.transforms:
            sign = sign * transform.sign
        if isinstance(sign, int) and sign == 1:
            return value
        return sign * (value - 0.5) + 0.5

    def cdf(self, value):
        for transform in reversed(self.transforms):
            value = transform.inv(value)
        if self._validate_args:
            self.base_dist._validate_sample(value)
        return self._monotonize_cdf(self.base_dist.cdf(value))

    def icdf(self, value):
        return self._transformed(self.base_dist.icdf(self._monotonize_cdf(value)))


def _list_of(transforms):
    if isinstance(transforms, Transform):
        return [transforms]
    if not isinstance(transforms, list):
        raise ValueError(
            f"transforms must be a Transform or list of Transforms, but was {transforms}"
        )
    if not all(isinstance(t, Transform) for t in transforms):
        raise ValueError(
            f"transforms must be a Transform or a list of Transforms, but was {transforms}"
        )
    return transforms
