"""The normal distribution of vectors whose covariance is of low rank, but for its diagonal."""

from __future__ import annotations

import math

from rushlight import linalg, ops
from rushlight.distributions import constraints
from rushlight.distributions.distribution import Distribution
from rushlight.distributions.multivariate_normal import half_log_det, mahalanobis, times_vector
from rushlight.distributions.utils import lazy_property, standard_normal

__all__ = ["LowRankMultivariateNormal"]


class LowRankMultivariateNormal(Distribution):
    """Normal vectors with covariance W W^T + diag(d).

    Args:
        loc: (*, D).
        cov_factor: (*, D, R), the W; everything costs as R columns, not as D.
        cov_diag: (*, D), the d, positive.

    Source: M. Woodbury, "Inverting modified matrices", 1950.
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(self, loc, cov_factor, cov_diag, validate_args=None):
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        event = loc.shape[-1:]
        if cov_factor.dim() < 2:
            raise ValueError(
                "cov_factor must be at least two-dimensional, with optional leading batch "
                "dimensions"
            )
        if cov_factor.shape[-2:-1] != event:
            raise ValueError(f"cov_factor must be a batch of matrices with shape {event[0]} x m")
        if cov_diag.shape[-1:] != event:
            raise ValueError(f"cov_diag must be a batch of vectors with shape {event}")
        try:
            shape = ops.broadcast_shapes(loc.shape[:-1], cov_factor.shape[:-2], cov_diag.shape[:-1])
        except RuntimeError as error:
            raise ValueError(
                f"Incompatible batch shapes: loc {loc.shape}, cov_factor {cov_factor.shape}, "
                f"cov_diag {cov_diag.shape}"
            ) from error
        self.loc = loc.expand((*shape, -1))
        self.cov_factor = cov_factor.expand((*shape, -1, -1))
        self.cov_diag = cov_diag.expand((*shape, -1))
        self._factor, self._diag = cov_factor, cov_diag
        self._capacitance_tril = capacitance_tril(cov_factor, cov_diag)
        super().__init__(shape, event, validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        """The same distributions, as many as `batch_shape` says."""
        new = super().expand(batch_shape, _instance)
        for name in ("_factor", "_diag", "_capacitance_tril"):
            vars(new)[name] = vars(self)[name]
        return new

    def _matrices(self, matrix):
        return matrix.expand((*self._batch_shape, *self._event_shape, *self._event_shape))

    @property
    def mean(self):
        return self.loc

    @property
    def mode(self):
        return self.loc

    @lazy_property
    def variance(self):
        variance = self._factor.pow(2).sum(-1) + self._diag
        return variance.expand(self._batch_shape + self._event_shape)

    @lazy_property
    def scale_tril(self):
        """The Cholesky factor of the covariance, by way of its better conditioned scaled form."""
        root = self._diag.sqrt().unsqueeze(-1)
        scaled = self._factor / root
        matrix = scaled @ scaled.mT + ops.eye(self._event_shape[0], dtype=scaled.dtype)
        return self._matrices(root * linalg.cholesky(matrix))

    @lazy_property
    def covariance_matrix(self):
        """The covariance."""
        return self._matrices(self._factor @ self._factor.mT + ops.diag_embed(self._diag))

    @lazy_property
    def precision_matrix(self):
        """Its inverse, D^-1 - D^-1 W (I + W^T D^-1 W)^-1 W^T D^-1."""
        scaled = self._factor.mT / self._diag.unsqueeze(-2)
        solved = linalg.solve_triangular(self._capacitance_tril, scaled, upper=False)
        return self._matrices(ops.diag_embed(self._diag.reciprocal()) - solved.mT @ solved)

    def rsample(self, sample_shape=()):
        shape = self._extended_shape(sample_shape)
        rank = self.cov_factor.shape[-1:]
        common = standard_normal(shape[:-1] + rank, self.loc.dtype)
        own = standard_normal(shape, self.loc.dtype)
        return self.loc + times_vector(self._factor, common) + self._diag.sqrt() * own

    def _log_det(self):
        return 2 * half_log_det(self._capacitance_tril) + self._diag.log().sum(-1)

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        square = lowrank_mahalanobis(
            self._factor, self._diag, value - self.loc, self._capacitance_tril
        )
        size = self._event_shape[0]
        return -0.5 * (size * math.log(2 * math.pi) + self._log_det() + square)

    def entropy(self):
        size = self._event_shape[0]
        entropy = 0.5 * (size * (1.0 + math.log(2 * math.pi)) + self._log_det())
        return entropy.expand(self._batch_shape)


def capacitance_tril(factor, diag):
    """The Cholesky factor of I + W^T D^-1 W."""
    scaled = factor.mT / diag.unsqueeze(-2)
    return linalg.cholesky(scaled @ factor + ops.eye(factor.shape[-1], dtype=factor.dtype))


def lowrank_mahalanobis(factor, diag, vector, capacitance):
    """v^T (W W^T + D)^-1 v."""
    scaled = factor.mT / diag.unsqueeze(-2)
    inner = times_vector(scaled, vector)
    return (vector.pow(2) / diag).sum(-1) - mahalanobis(capacitance, inner)
