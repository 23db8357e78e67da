"""Attention by several heads."""

from __future__ import annotations

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
        add_bias_kv: learn one key and one value that all sequences have besides.
        add_zero_attn: add zeros as one key and value more.
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
        self, embed_dim, num_heads, dropout=0.0, bias=True, add_bias_kv=False,
        add_zero_attn=False, kdim=None, vdim=None, batch_first=False, device=None, dtype=None,
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
        self.add_zero_attn = add_zero_attn
        self._add_weights(bias, add_bias_kv, device, dtype)
        self._reset_parameters()

    def _add_weights(self, bias, add_bias_kv, device, dtype):
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
        for name in ("bias_k", "bias_v"):
            self.register_parameter(name, parameter(1, 1, size) if add_bias_kv else None)

    def _reset_parameters(self):
        for name, weight in self._parameters.items():
            if weight is not None and name.endswith("weight"):
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            init.constant_(self.in_proj_bias, 0.0)
            init.constant_(self.out_proj.bias, 0.0)
        if self.bias_k is not None:
            init.xavier_normal_(self.bias_k)
            init.xavier_normal_(self.bias_v)

    def forward(
        self, query, key, value, key_padding_mask=None, need_weights=True, attn_mask=None,
        average_attn_weights=True, is_causal=False,
    ):  # fmt: skip
        """The attended values, and the weights (or None).

        Args:
            query, key, value: (L, N, E), (S, N, kdim), (S, N, vdim), or without N.
            key_padding_mask: (N, S), True where a key is padding, or numbers that are added.
            need_weights: return the weights too.
            attn_mask: (L, S) or (N * heads, L, S), True where a query may not look, or numbers
                that are added.
            average_attn_weights: return the mean of the heads' weights, (N, L, S).
            is_causal: a hint that `attn_mask` is causal.
        """
        turned = self.batch_first and query.dim() == 3
        if turned:
            query, key, value = _transposed(query, key, value)
        output, weights = F.multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads, self.in_proj_weight,
            self.in_proj_bias, self.bias_k, self.bias_v, self.add_zero_attn, self.dropout,
            self.out_proj.weight, self.out_proj.bias, training=self.training,
            key_padding_mask=key_padding_mask, need_weights=need_weights, attn_mask=attn_mask,
            use_separate_proj_weight=not self._qkv_same_embed_dim,
            q_proj_weight=self.q_proj_weight, k_proj_weight=self.k_proj_weight,
            v_proj_weight=self.v_proj_weight, average_attn_weights=average_attn_weights,
            is_causal=is_causal,
        )  # fmt: skip
        return (output.transpose(0, 1) if turned else output), weights


def _transposed(query, key, value):
    """(L, N, E) from (N, L, E); what is one tensor stays one."""
    turned_key = key.transpose(0, 1)
    turned_value = turned_key if value is key else value.transpose(0, 1)
    return (turned_key if query is key else query.transpose(0, 1)), turned_key, turned_value


MultiheadAttention.__module__ = "torch.nn.modules.activation"
