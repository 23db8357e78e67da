"""The Wishart distribution of positive definite matrices."""

from __future__ import annotations

import math
import numbers
import warnings

from rushlight import linalg, ops
from rushlight.distributions import constraints
from rushlight.distributions.chi2 import Chi2
from rushlight.distributions.exp_family import ExponentialFamily
from rushlight.distributions.multivariate_normal import factor_of, half_log_det
from rushlight.distributions.utils import lazy_property
from rushlight.dtypes import finfo
from rushlight.special import multigammaln, polygamma
from rushlight.tensor import Size

__all__ = ["Wishart"]

_LOG2 = math.log(2)


class Wishart(ExponentialFamily):
    """Covariances of samples of `df` normal vectors, times `df`.

    Args:
        df: degrees of freedom, more than D - 1.
        covariance_matrix, precision_matrix, scale_tril: (*, D, D), one of them, as those of
            `MultivariateNormal`.

    Source of the draws: M. Bartlett, "On the theory of statistical regression", 1933.

    >>> import rushlight as torch
    >>> torch.distributions.Wishart(torch.tensor(3.0), torch.eye(2)).mean
    tensor([[3., 0.],
            [0., 3.]])
    """

    support = constraints.positive_definite
    has_rsample = True
    _mean_carrier_measure = 0

    @property
    def arg_constraints(self):
        """The matrices are positive definite, the degrees of freedom depend on their size."""
        return {
            "covariance_matrix": constraints.positive_definite,
            "precision_matrix": constraints.positive_definite,
            "scale_tril": constraints.lower_cholesky,
            "df": constraints.greater_than(self._event_shape[-1] - 1),
        }

    def __init__(
        self,
        df,
        covariance_matrix=None,
        precision_matrix=None,
        scale_tril=None,
        validate_args=None,
    ):
        given = {
            "covariance_matrix": covariance_matrix,
            "precision_matrix": precision_matrix,
            "scale_tril": scale_tril,
        }
        if sum(matrix is not None for matrix in given.values()) != 1:
            raise ValueError(
                "Exactly one of covariance_matrix or precision_matrix or scale_tril may be "
                "specified."
            )
        name, matrix = next((n, m) for n, m in given.items() if m is not None)
        if matrix.dim() < 2:
            raise ValueError(
                "scale_tril must be at least two-dimensional, with optional leading batch "
                "dimensions"
            )
        if isinstance(df, numbers.Number):
            df = ops.tensor(df, dtype=matrix.dtype)
        shape = ops.broadcast_shapes(df.shape, matrix.shape[:-2])
        self.df = df.expand(shape)
        event = matrix.shape[-2:]
        vars(self)[name] = matrix.expand((*shape, -1, -1))
        if self.df.le(event[-1] - 1).any():
            raise ValueError(
                f"Value of df={df} expected to be greater than ndim - 1 = {event[-1] - 1}."
            )
        self._batch_shape, self._event_shape = Size(shape), Size(event)
        super().__init__(shape, event, validate_args=validate_args)
        if self.df.lt(event[-1]).any():
            warnings.warn(
                "Low df values detected. Singular samples are highly likely to occur for "
                "ndim - 1 < df < ndim.",
                stacklevel=2,
            )
        self._unbroadcasted_scale_tril = factor_of(name, matrix)
        self._chi2 = self._diagonal_draws()

    def _diagonal_draws(self):
        steps = ops.arange(self._event_shape[-1], dtype=self.df.dtype)
        return Chi2(self.df.unsqueeze(-1) - steps.expand((*self._batch_shape, -1)))

    def expand(self, batch_shape, _instance=None):
        """The same distributions, as many as `batch_shape` says."""
        new = self._unmade(_instance)
        for name in ("covariance_matrix", "precision_matrix", "scale_tril", "df"):
            if name in vars(self):
                own = () if name == "df" else self._event_shape
                vars(new)[name] = vars(self)[name].expand((*batch_shape, *own))
        new._unbroadcasted_scale_tril = self._unbroadcasted_scale_tril
        self._made(new, batch_shape)
        new._chi2 = new._diagonal_draws()
        return new

    def _matrices(self, matrix):
        return matrix.expand(self._batch_shape + self._event_shape)

    @lazy_property
    def scale_tril(self):
        """The Cholesky factor of the covariance."""
        return self._matrices(self._unbroadcasted_scale_tril)

    @lazy_property
    def covariance_matrix(self):
        """The covariance of the normal vectors."""
        factor = self._unbroadcasted_scale_tril
        return self._matrices(factor @ factor.mT)

    @lazy_property
    def precision_matrix(self):
        """Its inverse."""
        return self._matrices(ops.cholesky_inverse(self._unbroadcasted_scale_tril))

    def _df(self):
        return self.df.view((*self._batch_shape, 1, 1))

    @property
    def mean(self):
        return self._df() * self.covariance_matrix

    @property
    def mode(self):
        factor = self.df - self._event_shape[-1] - 1
        factor = factor.masked_fill(factor <= 0, math.nan)
        return factor.view((*self._batch_shape, 1, 1)) * self.covariance_matrix

    @property
    def variance(self):
        covariance = self.covariance_matrix
        diagonal = covariance.diagonal(dim1=-2, dim2=-1)
        return self._df() * (covariance.pow(2) + diagonal.unsqueeze(-1) * diagonal.unsqueeze(-2))

    def _drawn(self, sample_shape):
        """Bartlett's decomposition: chi numbers on the diagonal, normal ones below."""
        size = self._event_shape[-1]
        root = self._chi2.rsample(sample_shape).clamp(min=finfo(self.df.dtype).tiny).sqrt()
        noise = ops.diag_embed(root)
        rows, columns = ops.tril_indices(size, size, offset=-1)
        shape = (*sample_shape, *self._batch_shape, size * (size - 1) // 2)
        noise[..., rows, columns] = ops.randn(shape, dtype=noise.dtype)
        factor = self._unbroadcasted_scale_tril @ noise
        return factor @ factor.mT

    def rsample(self, sample_shape=(), max_try_correction=None):
        """Draws; those that rounding made singular are drawn again, `max_try_correction` times.

        PyTorch takes the first draws for singular if they are not, and so draws again what was
        fine, with a warning. To give the same numbers, so does this.
        """
        sample = self._drawn(Size(sample_shape))
        again = self._any_in_batch(self.support.check(sample))
        if not again.any():
            return sample
        warnings.warn("Singular sample detected.", stacklevel=2)
        for _ in range(10 if max_try_correction is None else max_try_correction):
            redrawn = self._drawn(again[again].shape)
            sample[again] = redrawn
            again[again.clone()] = self._any_in_batch(~self.support.check(redrawn))
            if not again.any():
                break
        return sample

    def _any_in_batch(self, mask):
        if not self._batch_shape:
            return mask
        return mask.amax([-1 - i for i in range(len(self._batch_shape))])

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        df, size = self.df, self._event_shape[-1]
        factor = self._unbroadcasted_scale_tril
        solved = ops.cholesky_solve(value, factor)
        return (
            -df * (size * _LOG2 / 2 + half_log_det(factor))
            - multigammaln(df / 2, size)
            + (df - size - 1) / 2 * linalg.slogdet(value).logabsdet
            - solved.diagonal(dim1=-2, dim2=-1).sum(-1) / 2
        )

    def entropy(self):
        df, size = self.df, self._event_shape[-1]
        steps = ops.arange(size, dtype=df.dtype).expand((*self._batch_shape, -1))
        digammas = polygamma(0, (df.unsqueeze(-1) - steps) / 2).sum(-1)
        return (
            (size + 1) * (size * _LOG2 / 2 + half_log_det(self._unbroadcasted_scale_tril))
            + multigammaln(df / 2, size)
            - (df - size - 1) / 2 * digammas
            + df * size / 2
        )

    @property
    def _natural_params(self):
        return -self.precision_matrix / 2, (self.df - self._event_shape[-1] - 1) / 2

    def _log_normalizer(self, x, y):
        size = self._event_shape[-1]
        order = y + (size + 1) / 2
        return order * (-linalg.slogdet(-2 * x).logabsdet + _LOG2 * size) + multigammaln(
            order, size
        )
