"""Distances and similarities as functions."""

from __future__ import annotations

from rushlight import ops
from rushlight.ops.op import meeting_dtype
from rushlight.ops.reduction.norms import _vector_norm

__all__ = ["cosine_similarity", "normalize", "pairwise_distance", "pdist"]


def cosine_similarity(x1, x2, dim=1, eps=1e-8):
    """The cosine of the angle between x1 and x2 along `dim`; they broadcast.

    Both are divided by their norms, of which at least `eps` is taken.

    >>> import rushlight as torch
    >>> a, b = torch.tensor([[1.0, 0.0]]), torch.tensor([[1.0, 1.0]])
    >>> torch.nn.functional.cosine_similarity(a, b)
    tensor([0.7071])
    """
    dtype = meeting_dtype((x1, x2))
    if not dtype.is_floating_point:
        raise RuntimeError(
            f"expected common dtype to be floating point, yet common dtype is {dtype.title}"
        )
    x1, x2 = ops.broadcast_tensors(x1.to(dtype), x2.to(dtype))
    return (_unit(x1, dim, eps) * _unit(x2, dim, eps)).sum(dim)


def _unit(x, dim, eps):
    norm = x.norm(2, dim, keepdim=True)
    return x / (norm + (norm.detach().clamp(min=eps) - norm.detach()))


def cosine_similarity_of(x1, x2, eps):
    """The cosine along the last dimension, the squares of the norms being moved off 0 by `eps`."""
    product = (x1 * x2).sum(-1)
    squares = ((x1 * x1).sum(-1) + eps) * ((x2 * x2).sum(-1) + eps)
    return product / squares.sqrt()


def pairwise_distance(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """The p-norm of x1 - x2 + eps along the last dimension."""
    return _vector_norm(x1 - x2 + eps, -1, keepdim, p, "NormBackward1")


def pdist(input, p=2.0):
    """The p-norms of the differences between all pairs of rows: (0, 1), (0, 2), ..., (1, 2), ..."""
    if input.dim() != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.dim()}D")
    if not input.is_floating_point():
        raise RuntimeError("pdist only supports floating-point dtypes")
    if p < 0:
        raise RuntimeError("pdist only supports non-negative p values")
    rows, columns = ops.triu_indices(input.shape[0], input.shape[0], 1)
    return _vector_norm(input[rows] - input[columns], -1, False, p, "PdistBackward0")


def normalize(input, p=2.0, dim=1, eps=1e-12, out=None):
    """The input divided by its p-norm along `dim`, of which at least `eps` is taken.

    >>> import rushlight as torch
    >>> torch.nn.functional.normalize(torch.tensor([[3.0, 4.0]]))
    tensor([[0.6000, 0.8000]])
    """
    norm = input.norm(p, dim, keepdim=True).clamp_min(eps).expand_as(input)
    return input / norm if out is None else ops.div(input, norm, out=out)
