"""The chi-squared distribution."""

from __future__ import annotations

from rushlight.distributions import constraints
from rushlight.distributions.gamma import Gamma

__all__ = ["Chi2"]


class Chi2(Gamma):
    """Sums of `df` squared standard normal numbers.

    >>> import rushlight as torch
    >>> torch.distributions.Chi2(3.0).mean
    tensor(3.)
    """

    arg_constraints = {"df": constraints.positive}

    def __init__(self, df, validate_args=None):
        super().__init__(0.5 * df, 0.5, validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        """The same distributions, as many as `batch_shape` says."""
        new = self._unmade(_instance)
        new.concentration = self.concentration.expand(batch_shape)
        new.rate = self.rate.expand(batch_shape)
        return self._made(new, batch_shape)

    @property
    def df(self):
        """The degrees of freedom."""
        return self.concentration * 2
