"""The normal distribution of vectors."""

from __future__ import annotations

import math

from rushlight import linalg, ops
from rushlight.distributions import constraints
from rushlight.distributions.distribution import Distribution
from rushlight.distributions.utils import lazy_property, standard_normal

__all__ = ["MultivariateNormal"]


class MultivariateNormal(Distribution):
    """Normal vectors with mean `loc` and one of three matrices.

    Args:
        loc: (*, D).
        covariance_matrix: (*, D, D), positive definite.
        precision_matrix: (*, D, D), the inverse of the covariance.
        scale_tril: (*, D, D), its lower triangular Cholesky factor.

    >>> import rushlight as torch
    >>> normal = torch.distributions.MultivariateNormal(torch.zeros(2), torch.eye(2))
    >>> normal.log_prob(torch.zeros(2))
    tensor(-1.8379)
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        loc,
        covariance_matrix=None,
        precision_matrix=None,
        scale_tril=None,
        validate_args=None,
    ):
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        name, matrix = one_matrix(
            covariance_matrix=covariance_matrix,
            scale_tril=scale_tril,
            precision_matrix=precision_matrix,
        )
        shape = ops.broadcast_shapes(matrix.shape[:-2], loc.shape[:-1])
        vars(self)[name] = matrix.expand((*shape, -1, -1))
        self.loc = loc.expand((*shape, -1))
        super().__init__(shape, loc.shape[-1:], validate_args=validate_args)
        self._unbroadcasted_scale_tril = factor_of(name, matrix)

    def expand(self, batch_shape, _instance=None):
        """The same distributions, as many as `batch_shape` says."""
        new = super().expand(batch_shape, _instance)
        new._unbroadcasted_scale_tril = self._unbroadcasted_scale_tril
        return new

    def _matrices(self, matrix):
        size = self._event_shape[0]
        return matrix.expand((*self._batch_shape, size, size))

    @lazy_property
    def scale_tril(self):
        """The Cholesky factor of the covariance."""
        return self._matrices(self._unbroadcasted_scale_tril)

    @lazy_property
    def covariance_matrix(self):
        """The covariance."""
        factor = self._unbroadcasted_scale_tril
        return self._matrices(factor @ factor.mT)

    @lazy_property
    def precision_matrix(self):
        """The inverse of the covariance."""
        return self._matrices(ops.cholesky_inverse(self._unbroadcasted_scale_tril))

    @property
    def mean(self):
        return self.loc

    @property
    def mode(self):
        return self.loc

    @property
    def variance(self):
        variance = self._unbroadcasted_scale_tril.pow(2).sum(-1)
        return variance.expand(self._batch_shape + self._event_shape)

    def rsample(self, sample_shape=()):
        noise = standard_normal(self._extended_shape(sample_shape), self.loc.dtype)
        return self.loc + times_vector(self._unbroadcasted_scale_tril, noise)

    def log_prob(self, value):
        """-(D log(2 pi) + |L^-1 (x - loc)|^2) / 2 - log det L."""
        if self._validate_args:
            self._validate_sample(value)
        factor = self._unbroadcasted_scale_tril
        square = mahalanobis(factor, value - self.loc)
        size = self._event_shape[0]
        return -0.5 * (size * math.log(2 * math.pi) + square) - half_log_det(factor)

    def entropy(self):
        size = self._event_shape[0]
        log_det = half_log_det(self._unbroadcasted_scale_tril)
        return (0.5 * size * (1.0 + math.log(2 * math.pi)) + log_det).expand(self._batch_shape)


# Matrices -----------------------------------------------------------------------------------------


def one_matrix(**matrices):
    """The name and value of the only matrix that was given."""
    given = [(name, matrix) for name, matrix in matrices.items() if matrix is not None]
    if len(given) != 1:
        raise ValueError(
            "Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified."
        )
    name, matrix = given[0]
    if matrix.dim() < 2:
        subject = "scale_tril matrix" if name == "scale_tril" else name
        raise ValueError(
            f"{subject} must be at least two-dimensional, with optional leading batch dimensions"
        )
    return name, matrix


def factor_of(name, matrix):
    """The Cholesky factor of the covariance that is given by a matrix of this name."""
    if name == "scale_tril":
        return matrix
    if name == "covariance_matrix":
        return linalg.cholesky(matrix)
    # P = U U^T with an upper triangular U, which is L^-T; flipping makes an ordinary Cholesky of it
    flipped = linalg.cholesky(ops.flip(matrix, (-2, -1)))
    upper = ops.flip(flipped, (-2, -1)).mT
    eye = ops.eye(matrix.shape[-1], dtype=matrix.dtype)
    return linalg.solve_triangular(upper, eye, upper=False)


def times_vector(matrix, vector):
    """Matrices times vectors, batch by batch."""
    return (matrix @ vector.unsqueeze(-1)).squeeze(-1)


def half_log_det(factor):
    """The logarithm of the determinant of a triangular matrix."""
    return factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)


def mahalanobis(factor, vector):
    """|L^-1 v|^2 for lower triangular L and vectors v, whose batches are broadcast."""
    if factor.dim() == 2:  # all vectors at once, as columns
        rows = vector.reshape((-1, vector.shape[-1]))
        solved = linalg.solve_triangular(factor, rows.mT, upper=False)
        return solved.pow(2).sum(-2).reshape(vector.shape[:-1])
    solved = linalg.solve_triangular(factor, vector.unsqueeze(-1), upper=False)
    return solved.squeeze(-1).pow(2).sum(-1)
