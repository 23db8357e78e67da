"""Attention by several heads."""

from __future__ import annotations

import math

from rushlight import ops
from rushlight.nn import functional as F
from rushlight.nn import init
from rushlight.nn.linear import NonDynamicallyQuantizableLinear
from rushlight.nn.module import Module
from rushlight.nn.parameter import Parameter

__all__ = ["MultiheadAttention"]


class MultiheadAttention(Module):
    """Heads that attend each on its own; their results, side by side, go through a linear map.

    Args:
        embed_dim: size of queries and outputs, E.
        num_heads: a divisor of E.
        dropout: probability with which weights are dropped.
        bias: whether the linear maps have biases.
        kdim, vdim: sizes of keys and values, if not E.
        batch_first: (N, L, E) in place of (L, N, E).

    Source: A. Vaswani et al., "Attention is all you need" (2017).

    >>> import rushlight as torch
    >>> x = torch.ones(2, 3, 8)
    >>> output, weights = torch.nn.MultiheadAttention(8, 2, batch_first=True)(x, x, x)
    >>> output.shape, weights.shape
    (torch.Size([2, 3, 8]), torch.Size([2, 3, 3]))
    """

    def __init__(
        self, embed_dim, num_heads, dropout=0.0, bias=True, kdim=None, vdim=None,
        batch_first=False, device=None, dtype=None,
    ):  # fmt: skip
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                f"embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and "
                f"num_heads={num_heads} instead"
            )
        super().__init__()
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == self.vdim == embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.head_dim = embed_dim // num_heads
        if self.head_dim * num_heads != embed_dim:
            raise AssertionError("embed_dim must be divisible by num_heads")
        self._add_weights(bias, device, dtype)
        self._reset_parameters()

    def _add_weights(self, bias, device, dtype):
        def parameter(*shape):
            return Parameter(ops.empty(shape, device=device, dtype=dtype))

        size, same = self.embed_dim, self._qkv_same_embed_dim
        if same:
            self.in_proj_weight = parameter(3 * size, size)
        for name, columns in (("q", size), ("k", self.kdim), ("v", self.vdim)):
            weight = None if same else parameter(size, columns)
            self.register_parameter(f"{name}_proj_weight", weight)
        if not same:
            self.register_parameter("in_proj_weight", None)
        self.register_parameter("in_proj_bias", parameter(3 * size) if bias else None)
        self.out_proj = NonDynamicallyQuantizableLinear(
            size, size, bias=bias, device=device, dtype=dtype
        )

    def _reset_parameters(self):
        for name, weight in self._parameters.items():
            if weight is not None and name.endswith("weight"):
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            init.constant_(self.in_proj_bias, 0.0)
            init.constant_(self.out_proj.bias, 0.0)

    def forward(
        self, query, key, value, key_padding_mask=None, need_weights=True, attn_mask=None,
        average_attn_weights=True, is_causal=False,
    ):  # fmt: skip
        """The attended values, and the weights (or None).

        Args:
            query, key, value: (L, N, E), (S, N, kdim), (S, N, vdim), or without N.
            key_padding_mask: (N, S), True where a key is padding.
            need_weights: return the weights too.
            attn_mask: (L, S) or (N * heads, L, S), True where a query may not look, or numbers
                that are added.
            average_attn_weights: return the mean of the heads' weights, (N, L, S).
            is_causal: a hint that `attn_mask` is causal.
        """
        if is_causal and attn_mask is None:
            raise RuntimeError("Need attn_mask if specifying the is_causal hint.")
        batched = query.dim() == 3
        if not batched:
            query, key, value = (x.unsqueeze(1) for x in (query, key, value))
            key_padding_mask = key_padding_mask and key_padding_mask.unsqueeze(0)
        elif self.batch_first:
            query, key, value = (x.transpose(0, 1) for x in (query, key, value))
        length, batch, _ = query.shape
        q, k, v = (self._by_heads(x) for x in self._project(query, key, value))
        scores = ops.bmm(q * math.sqrt(1.0 / self.head_dim), k.transpose(1, 2))
        mask = self._mask(key_padding_mask, attn_mask, batch, k.shape[1], q.dtype)
        weights = F.softmax(scores if mask is None else scores + mask, -1)
        weights = F.dropout(weights, self.dropout, self.training)
        output = ops.bmm(weights, v).transpose(0, 1).reshape((length, batch, self.embed_dim))
        output = self.out_proj(output)
        weights = self._weights_to_return(weights, batch, average_attn_weights, need_weights)
        if not batched:
            return output.squeeze(1), None if weights is None else weights.squeeze(0)
        return (output.transpose(0, 1) if self.batch_first else output), weights

    def _project(self, query, key, value):
        if self._qkv_same_embed_dim:
            weights = self.in_proj_weight.chunk(3)
        else:
            weights = self.q_proj_weight, self.k_proj_weight, self.v_proj_weight
        biases = (None,) * 3 if self.in_proj_bias is None else self.in_proj_bias.chunk(3)
        inputs = query, key, value
        return [F.linear(*each) for each in zip(inputs, weights, biases, strict=True)]

    def _by_heads(self, x):
        """(L, N, E) as (N * heads, L, E / heads)."""
        length, batch, _ = x.shape
        return x.reshape((length, batch * self.num_heads, self.head_dim)).transpose(0, 1)

    def _mask(self, key_padding_mask, attn_mask, batch, keys, dtype):
        """Both masks as one, to be added to the scores."""
        mask = None if attn_mask is None else _additive(attn_mask, dtype)
        if key_padding_mask is None:
            return mask
        padding = _additive(key_padding_mask, dtype).reshape((batch, 1, 1, keys))
        padding = padding.expand((batch, self.num_heads, 1, keys))
        padding = padding.reshape((batch * self.num_heads, 1, keys))
        return padding if mask is None else mask + padding

    def _weights_to_return(self, weights, batch, average, wanted):
        if not wanted:
            return None
        weights = weights.reshape((batch, self.num_heads, *weights.shape[1:]))
        return weights.mean(1) if average else weights


def _additive(mask, dtype):
    if mask.dtype.is_floating_point:
        return mask
    return ops.zeros(mask.shape, dtype=dtype).masked_fill(mask, -math.inf)


MultiheadAttention.__module__ = "torch.nn.modules.activation"
