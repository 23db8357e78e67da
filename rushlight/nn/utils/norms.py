"""Norms of weights, as weight norm and spectral norm take them."""

from __future__ import annotations

__all__ = ["as_matrix", "norm_except_dim", "weight_of_norm"]


def norm_except_dim(v, pow=2, dim=0):
    """The norm over all dimensions but `dim`, which keep the size 1; of all for dim -1.

    >>> import rushlight as torch
    >>> from rushlight.nn.utils.norms import norm_except_dim
    >>> norm_except_dim(torch.tensor([[3.0, 4.0], [0.0, 1.0]]))
    tensor([[5.],
            [1.]])
    """
    if dim == -1:
        return v.norm(pow)
    others = [d for d in range(v.dim()) if d != dim]
    return v.norm(pow, others, keepdim=True) if others else v.abs()


def weight_of_norm(v, g, dim=0):
    """The weight in direction of v whose norm is g."""
    return v * (g / norm_except_dim(v, 2, dim))


def as_matrix(weight, dim):
    """The weight with `dim` as rows and all else as columns."""
    if dim != 0:
        weight = weight.movedim(dim, 0)
    return weight.reshape((weight.shape[0], -1))
