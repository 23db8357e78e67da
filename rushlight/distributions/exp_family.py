"""Exponential families: densities exp(<natural parameters, x> - log normalizer + carrier(x))."""

from __future__ import annotations

from rushlight.autograd import grad
from rushlight.distributions.distribution import Distribution
from rushlight.distributions.utils import sum_last

__all__ = ["ExponentialFamily"]


class ExponentialFamily(Distribution):
    """Base class: a subclass says its natural parameters and the logarithm of its normalizer.

    Entropies and divergences within a family follow from the normalizer's derivatives.

    Source: F. Nielsen, R. Nock, "Entropies and cross-entropies of exponential families", 2010.
    """

    @property
    def _natural_params(self):
        raise NotImplementedError

    def _log_normalizer(self, *natural_params):
        raise NotImplementedError

    @property
    def _mean_carrier_measure(self):
        raise NotImplementedError

    def _normalizer_and_slopes(self, create_graph=True):
        """The natural parameters, the log normalizer at them, and its derivatives."""
        parameters = [p.detach().requires_grad_() for p in self._natural_params]
        normalizer = self._log_normalizer(*parameters)
        return parameters, normalizer, grad(normalizer.sum(), parameters, create_graph=create_graph)

    def entropy(self):
        """log normalizer - <natural parameters, its derivatives> - the mean carrier measure."""
        result = -self._mean_carrier_measure
        parameters, normalizer, slopes = self._normalizer_and_slopes()
        result = result + normalizer
        for parameter, slope in zip(parameters, slopes, strict=True):
            inner = parameter * slope
            result = result - sum_last(inner, inner.dim() - len(self._batch_shape))
        return result
