"""The LKJ distribution of correlation matrices, as Cholesky factors."""

from __future__ import annotations

import math

from rushlight import ops
from rushlight.autograd import no_grad
from rushlight.distributions import constraints
from rushlight.distributions.beta import Beta
from rushlight.distributions.distribution import Distribution
from rushlight.distributions.utils import broadcast_all
from rushlight.dtypes import finfo
from rushlight.special import multigammaln
from rushlight.tensor import Size

__all__ = ["LKJCholesky"]


class LKJCholesky(Distribution):
    """Cholesky factors of correlation matrices of density det(M)^(concentration - 1).

    Source: D. Lewandowski, D. Kurowicka, H. Joe, "Generating random correlation matrices based on
    vines and extended onion method", 2009; draws by the onion method.

    >>> import rushlight as torch
    >>> factor = torch.distributions.LKJCholesky(3).sample()
    >>> torch.allclose((factor @ factor.mT).diagonal(), torch.ones(3))
    True
    """

    arg_constraints = {"concentration": constraints.positive}
    support = constraints.corr_cholesky

    def __init__(self, dim, concentration=1.0, validate_args=None):
        if dim < 2:
            raise ValueError(
                f"Expected dim to be an integer greater than or equal to 2. Found dim={dim}."
            )
        self.dim = dim
        (self.concentration,) = broadcast_all(concentration)
        # row k of the factor has the squared length Beta(k / 2, ...) off its diagonal
        raised = self.concentration + 0.5 * (dim - 2)
        offset = ops.arange(dim - 1, dtype=raised.dtype)
        offset = ops.cat([offset.new_zeros((1,)), offset])
        self._beta = Beta(offset + 0.5, raised.unsqueeze(-1) - 0.5 * offset)
        super().__init__(raised.shape, Size((dim, dim)), validate_args)

    def expand(self, batch_shape, _instance=None):
        """The same distributions, as many as `batch_shape` says."""
        new = super().expand(batch_shape, _instance)
        new.dim = self.dim
        new._beta = self._beta.expand((*batch_shape, self.dim))
        return new

    def sample(self, sample_shape=()):
        with no_grad():
            square = self._beta.sample(sample_shape).unsqueeze(-1)
            normal = ops.randn(self._extended_shape(sample_shape), dtype=square.dtype).tril(-1)
            sphere = normal / normal.norm(dim=-1, keepdim=True)
            sphere[..., 0, :].fill_(0.0)
            w = ops.sqrt(square) * sphere
            tiny = finfo(w.dtype).tiny
            diagonal = ops.clamp(1 - ops.sum(w**2, dim=-1), min=tiny).sqrt()
            return w + ops.diag_embed(diagonal)

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        diagonal = value.diagonal(dim1=-1, dim2=-2)[..., 1:]
        order = 2 * (self.concentration - 1).unsqueeze(-1) + self.dim
        order = order - ops.arange(2, self.dim + 1)
        density = ops.sum(order * diagonal.log(), dim=-1)
        return density - self._log_normalizer()

    def _log_normalizer(self):
        less = self.dim - 1
        alpha = self.concentration + 0.5 * less
        denominator = ops.lgamma(alpha) * less
        numerator = multigammaln(alpha - 0.5, less)
        return 0.5 * less * math.log(math.pi) + numerator - denominator
