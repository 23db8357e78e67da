"""Parametrizations that are often wanted: orthogonal matrices, spectral norm, weight norm."""

from __future__ import annotations

import numpy as np

from rushlight import linalg, ops
from rushlight.autograd import no_grad
from rushlight.nn import functional as F
from rushlight.nn.conv import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from rushlight.nn.module import Module
from rushlight.nn.utils.norms import as_matrix, norm_except_dim, weight_of_norm
from rushlight.nn.utils.parametrize import register_parametrization
from rushlight.tensor import wrap

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]


def _tensor_of(module, name):
    tensor = getattr(module, name, None)
    if tensor is None:
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    return tensor


# Orthogonal matrices ------------------------------------------------------------------------------

_MAPS = ("matrix_exp", "cayley", "householder")


class _Orthogonal(Module):
    """A matrix with orthonormal columns (or rows, if it is wide) made from any matrix."""

    def __init__(self, weight, orthogonal_map, use_trivialization=True):
        super().__init__()
        if weight.is_complex() and orthogonal_map == "householder":
            raise ValueError("The householder parametrization does not support complex tensors.")
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, X):
        wide = X.shape[-2] < X.shape[-1]
        X = X.mT if wide else X
        _n, k = X.shape[-2:]
        Q = self._by_reflections(X) if self.orthogonal_map == "householder" else self._by_skew(X)
        Q = Q[..., :k] if Q.shape[-1] != k else Q
        if hasattr(self, "base"):
            Q = self.base @ Q
        return Q.mT if wide else Q

    def _by_skew(self, X):
        """exp(A), or the Cayley transform of A, for a skew-symmetric A."""
        n, k = X.shape[-2:]
        X = X.tril()
        if n != k:
            X = ops.cat([X, X.new_zeros((*X.shape[:-2], n, n - k))], -1)
        A = X - X.mH
        if self.orthogonal_map == "matrix_exp":
            return linalg.matrix_exp(A)
        one = ops.eye(n, dtype=A.dtype)
        return linalg.solve(one - 0.5 * A, one + 0.5 * A)

    def _by_reflections(self, X):
        A = X.tril(diagonal=-1)
        tau = 2.0 / (1.0 + (A * A).sum(-2))
        signs = X.detach().diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)
        return _product_of_reflections(A, tau) * signs

    def right_inverse(self, Q):
        if Q.shape != self.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of "
                f"shape {Q.shape}."
            )
        wide = Q.shape[-2] < Q.shape[-1]
        Q_tall = Q.mT if wide else Q
        if hasattr(self, "base"):
            return self._based_on(Q_tall, Q)
        if self.orthogonal_map in ("cayley", "matrix_exp"):
            raise NotImplementedError(
                "It is not possible to assign to the matrix exponential or the Cayley "
                "parametrizations when use_trivialization=False."
            )
        A = _reflections_of(Q_tall)
        return A.mT if wide else A

    def _based_on(self, Q, like):
        """Take Q as the base, from where the map starts; what gives the base itself."""
        n, k = Q.shape[-2:]
        if n != k:
            Q = ops.cat([Q, ops.randn(*Q.shape[:-2], n, n - k, dtype=Q.dtype)], -1)
        if n != k or not _is_orthogonal(Q):
            Q = _orthogonalized(Q)
        self.base = Q.clone()
        start = ops.zeros_like(like)
        start.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
        return start


def _product_of_reflections(A, tau):
    """The first columns of the product of the reflections I - tau v v^H, v below A's diagonal."""
    n, k = A.shape[-2:]
    one = ops.eye(n, k, dtype=A.dtype)
    V = A.tril(diagonal=-1) + one
    Q = one.expand(A.shape)
    for i in reversed(range(k)):
        v = V[..., i : i + 1]
        Q = Q - tau[..., i : i + 1].unsqueeze(-1) * (v @ (v.mH @ Q))
    return Q


def _reflections_of(Q):
    """The reflections whose product Q is, below the diagonal; signs on it."""
    raw, tau = np.linalg.qr(Q.detach().numpy(), mode="raw")
    A = np.swapaxes(raw, -1, -2).copy()
    diagonal = np.einsum("...ii->...i", A[..., : A.shape[-1], :])
    diagonal[...] = np.sign(diagonal)
    diagonal[tau == 0] *= -1
    return wrap(A)


def _is_orthogonal(Q):
    n, k = Q.shape[-2:]
    eps = 10.0 * n * np.finfo(Q.detach().numpy().dtype).eps
    return ops.allclose(Q.mH @ Q, ops.eye(k, dtype=Q.dtype), atol=eps)


def _orthogonalized(Q):
    """The orthogonal factor of Q = QR, its signs such that R's diagonal is positive."""
    Q, R = linalg.qr(Q)
    return Q * R.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)


def orthogonal(module, name="weight", orthogonal_map=None, *, use_trivialization=True):
    """Keep a matrix of a module orthogonal (or, where it isn't square, its columns or rows).

    Args:
        orthogonal_map: "matrix_exp" or "cayley" (of a skew-symmetric matrix) or "householder"
            (a product of reflections); by default the first for square or complex matrices, the
            last for others.
        use_trivialization: multiply by a fixed orthogonal matrix, and so start from the present
            value.

    Source: M. Lezcano-Casado, "Trivializations for gradient-based optimization on manifolds"
    (2019).

    >>> import rushlight as torch
    >>> layer = torch.nn.utils.parametrizations.orthogonal(torch.nn.Linear(3, 3))
    >>> torch.allclose(layer.weight @ layer.weight.T, torch.eye(3), atol=1e-5)
    True
    """
    weight = _tensor_of(module, name)
    if weight.ndim < 2:
        raise ValueError(
            f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions."
        )
    if orthogonal_map is None:
        square = weight.shape[-2] == weight.shape[-1]
        orthogonal_map = "matrix_exp" if square or weight.is_complex() else "householder"
    if orthogonal_map not in _MAPS:
        raise ValueError(
            'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: '
            f"{orthogonal_map}"
        )
    made = _Orthogonal(weight, orthogonal_map, use_trivialization)
    return register_parametrization(module, name, made, unsafe=True)


# Weight norm --------------------------------------------------------------------------------------


class _WeightNorm(Module):
    """g v / |v|, the norm over all dimensions but one."""

    def __init__(self, dim=0):
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g, weight_v):
        return weight_of_norm(weight_v, weight_g, self.dim)

    def right_inverse(self, weight):
        return norm_except_dim(weight, 2, self.dim), weight


def weight_norm(module, name="weight", dim=0):
    """Let length and direction of a weight be learned apart: g v / |v|.

    Args:
        dim: a length for each index of this dimension; None for one length.

    Source: T. Salimans, D. Kingma, "Weight normalization: a simple reparameterization to accelerate
    training of deep neural networks" (2016).

    >>> import rushlight as torch
    >>> layer = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(20, 40))
    >>> layer.parametrizations.weight.original0.shape
    torch.Size([40, 1])
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def read_old_names(state_dict, prefix, *args):
        old = [f"{prefix}{name}_g", f"{prefix}{name}_v"]
        if all(key in state_dict for key in old):
            for i, key in enumerate(old):
                state_dict[f"{prefix}parametrizations.{name}.original{i}"] = state_dict.pop(key)

    module._register_load_state_dict_pre_hook(read_old_names)
    return module


# Spectral norm ------------------------------------------------------------------------------------


class _SpectralNorm(Module):
    """A matrix over its largest singular value, which power iterations follow."""

    def __init__(self, weight, n_power_iterations=1, dim=0, eps=1e-12):
        super().__init__()
        ndim = weight.ndim
        if dim >= ndim or dim < -ndim:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [-{ndim}, {ndim - 1}] but got "
                f"{dim})"
            )
        if n_power_iterations <= 0:
            raise ValueError(
                "Expected n_power_iterations to be positive, but got n_power_iterations="
                f"{n_power_iterations}"
            )
        self.dim = dim if dim >= 0 else dim + ndim
        self.eps = eps
        if ndim > 1:
            self.n_power_iterations = n_power_iterations
            matrix = as_matrix(weight.detach(), self.dim)
            for name, count in zip(("_u", "_v"), matrix.shape, strict=True):
                start = matrix.new_empty((count,)).normal_(0, 1)
                self.register_buffer(name, F.normalize(start, dim=0, eps=eps))
            self._power_method(matrix, 15)

    def _power_method(self, matrix, n_power_iterations):
        with no_grad():
            for _ in range(n_power_iterations):
                self._u.copy_(F.normalize(ops.mv(matrix, self._v), dim=0, eps=self.eps))
                self._v.copy_(F.normalize(ops.mv(matrix.mH, self._u), dim=0, eps=self.eps))

    def forward(self, weight):
        if weight.ndim == 1:
            return F.normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self._power_method(matrix.detach(), self.n_power_iterations)
        u, v = self._u.clone(), self._v.clone()  # the next forward changes them, before a backward
        sigma = ops.vdot(u, ops.mv(matrix, v))
        return weight / sigma

    def right_inverse(self, value):
        return value


def spectral_norm(module, name="weight", n_power_iterations=1, eps=1e-12, dim=None):
    """Divide a weight by its largest singular value, seen as a matrix.

    Args:
        n_power_iterations: how many steps towards the singular vectors each forward in training
            mode takes.
        eps: added where vectors are normalized.
        dim: the dimension of outputs: 0, or 1 for transposed convolutions.

    Source: T. Miyato et al., "Spectral normalization for generative adversarial networks" (2018).

    >>> import rushlight as torch
    >>> layer = torch.nn.utils.parametrizations.spectral_norm(torch.nn.Linear(20, 40))
    >>> bool(torch.linalg.matrix_norm(layer.weight, 2) < 1.1)
    True
    """
    weight = _tensor_of(module, name)
    if dim is None:
        transposed = isinstance(module, (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d))
        dim = 1 if transposed else 0
    made = _SpectralNorm(weight, n_power_iterations, dim, eps)
    return register_parametrization(module, name, made)


for _class in (_Orthogonal, _WeightNorm, _SpectralNorm):
    _class.__module__ = "torch.nn.utils.parametrizations"
