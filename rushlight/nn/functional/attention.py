"""Attention."""

from __future__ import annotations

import math

from rushlight import ops
from rushlight.nn.functional.activation import softmax
from rushlight.nn.functional.dropout import dropout

__all__ = ["scaled_dot_product_attention"]


def scaled_dot_product_attention(
    query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None,
    enable_gqa=False,
):  # fmt: skip
    """softmax(query key^T * scale + mask) value.

    Args:
        query: (..., L, E).
        key: (..., S, E).
        value: (..., S, F).
        attn_mask: bool, True where a query may look at a key; or numbers to be added.
        dropout_p: probability with which weights are dropped.
        is_causal: a query looks at no later key.
        scale: 1 / sqrt(E) by default.
        enable_gqa: keys and values have fewer heads (dimension -3), each for several queries.

    Source: A. Vaswani et al., "Attention is all you need" (2017).

    >>> import rushlight as torch
    >>> x = torch.ones(1, 2, 4)
    >>> torch.nn.functional.scaled_dot_product_attention(x, x, x).shape
    torch.Size([1, 2, 4])
    """
    if enable_gqa:
        times = query.shape[-3] // key.shape[-3]
        key, value = (x.repeat_interleave(times, -3) for x in (key, value))
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = ops.matmul(query * scale, key.transpose(-2, -1))
    allowed = None
    if is_causal:
        allowed = ops.ones(scores.shape[-2:]).tril().bool()
    if attn_mask is not None and attn_mask.dtype.is_floating_point:
        scores = scores + attn_mask
    elif attn_mask is not None:
        allowed = attn_mask if allowed is None else allowed & attn_mask
    if allowed is None:
        weights = softmax(scores, -1)
    else:
        # a query that may look at nothing gets zeros
        nothing = ~allowed.any(-1, keepdim=True)
        scores = scores.masked_fill(~(allowed | nothing), -math.inf)
        weights = softmax(scores, -1).masked_fill(nothing, 0.0)
    return ops.matmul(dropout(weights, dropout_p, dropout_p > 0), value)
