"""Attention.

Source: A. Vaswani et al., "Attention is all you need" (2017).
"""

from __future__ import annotations

import math
import warnings

import numpy as np

from rushlight import dtypes, ops
from rushlight.nn.functional.activation import softmax
from rushlight.nn.functional.dropout import dropout
from rushlight.ops import linear, pad

__all__ = ["multi_head_attention_forward", "scaled_dot_product_attention"]


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

    A query that may look at nothing gets zeros.

    >>> import rushlight as torch
    >>> x = torch.ones(1, 2, 4)
    >>> torch.nn.functional.scaled_dot_product_attention(x, x, x).shape
    torch.Size([1, 2, 4])
    """
    _check_attention(query, key, value, attn_mask, is_causal)
    if enable_gqa:
        key, value = _for_all_heads(query, key, value)
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = ops.matmul(query * scale, key.transpose(-2, -1))
    if is_causal:
        attn_mask = _causal(scores.shape[-2:], attn_mask)
    weights = softmax(scores, -1) if attn_mask is None else _masked_softmax(scores, attn_mask)
    return ops.matmul(dropout(weights, dropout_p, dropout_p > 0), value)


def _check_attention(query, key, value, attn_mask, is_causal):
    if min(query.dim(), key.dim(), value.dim()) < 2:
        raise RuntimeError(
            "Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: "
            f"{query.dim()} key.dim: {key.dim()} and value.dim: {value.dim()} instead."
        )
    if not query.dtype == key.dtype == value.dtype:
        names = [dtypes.c_name(x.dtype) for x in (query, key, value)]
        raise RuntimeError(
            "Expected query, key, and value to have the same dtype, but got query.dtype: "
            f"{names[0]} key.dtype: {names[1]} and value.dtype: {names[2]} instead."
        )
    if attn_mask is None:
        return
    if is_causal and query.dim() != 4:  # with four dimensions PyTorch heeds both
        raise RuntimeError(
            "_scaled_dot_product_attention: Explicit attn_mask should not be set when "
            "is_causal=True"
        )
    if attn_mask.dtype not in (dtypes.bool_, dtypes.float32, query.dtype):
        raise RuntimeError(
            "Expected attn_mask dtype to be bool or float or to match query dtype, but got "
            f"attn_mask.dtype: {dtypes.c_name(attn_mask.dtype)} and  query.dtype: "
            f"{dtypes.c_name(query.dtype)} instead."
        )


def _causal(shape, mask):
    """The mask in which, besides what another one forbids, no query looks at a later key."""
    earlier = ops.ones(shape, dtype=dtypes.bool_).tril()
    if mask is None:
        return earlier
    if mask.dtype is dtypes.bool_:
        return earlier & mask
    return mask.masked_fill(~earlier, -math.inf)


def _for_all_heads(query, key, value):
    """Keys and values repeated for the heads of the queries that share them."""
    heads = query.shape[-3]
    if heads % key.shape[-3] or heads % value.shape[-3]:
        raise RuntimeError(
            "Number of heads in key and value must divide the number of heads in \n"
            f"query, which are {key.shape[-3]}, {value.shape[-3]} and {heads}"
        )
    return [x.repeat_interleave(heads // x.shape[-3], -3) for x in (key, value)]


def _masked_softmax(scores, mask):
    """The softmax over what the mask leaves; zeros where it leaves nothing."""
    if mask.dtype.is_floating_point:
        scores = scores + mask
        allowed = scores.detach() > -math.inf
    else:
        allowed = mask
        scores = scores.masked_fill(~allowed, -math.inf)
    nothing = ~allowed.any(-1, keepdim=True)
    if isinstance(nothing._array, np.ndarray) and not nothing.any():
        return softmax(scores, -1)
    return softmax(scores.masked_fill(nothing, 0.0), -1).masked_fill(nothing, 0.0)


# Several heads ------------------------------------------------------------------------------------


def multi_head_attention_forward(
    query, key, value, embed_dim_to_check, num_heads, in_proj_weight, in_proj_bias, bias_k, bias_v,
    add_zero_attn, dropout_p, out_proj_weight, out_proj_bias, training=True, key_padding_mask=None,
    need_weights=True, attn_mask=None, use_separate_proj_weight=False, q_proj_weight=None,
    k_proj_weight=None, v_proj_weight=None, static_k=None, static_v=None,
    average_attn_weights=True, is_causal=False,
):  # fmt: skip
    """What `nn.MultiheadAttention` computes, its parameters given as arguments.

    Args:
        query, key, value: (L, N, E), (S, N, kdim), (S, N, vdim), or without N.
        in_proj_weight: the three maps into heads in one, (3 E, E); or, with
            `use_separate_proj_weight`, each by itself.
        bias_k, bias_v: one key and value more, (1, 1, E).
        add_zero_attn: zeros as one key and value more.
        static_k, static_v: keys and values by heads, (N * heads, S, E / heads), in place of those
            computed.
        The others: as those of `nn.MultiheadAttention`.

    Returns the output, (L, N, E), and the weights, (N, L, S) or (N, heads, L, S), or None.
    """
    batched = _check_ranks(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not batched:
        query, key, value = (x.unsqueeze(1) for x in (query, key, value))
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    length, batch, size = query.shape
    _check_sizes(query, key, value, embed_dim_to_check, num_heads, use_separate_proj_weight)
    attn_mask, key_padding_mask, is_causal = _additive_masks(
        attn_mask, key_padding_mask, query.dtype, is_causal, need_weights
    )
    weights = (q_proj_weight, k_proj_weight, v_proj_weight)
    if use_separate_proj_weight:
        _check_separate_weights(weights, (query, key, value))
    else:
        weights = in_proj_weight
    q, k, v = _project(query, key, value, weights, in_proj_bias)
    attn_mask = _with_batch(attn_mask, length, k.shape[0], batch * num_heads)
    extra = 0
    if bias_k is not None and bias_v is not None:
        k, v = (ops.cat([x, b.expand((1, batch, size))]) for x, b in ((k, bias_k), (v, bias_v)))
        extra += 1
    q, k, v = (_by_heads(x, batch, num_heads) for x in (q, k, v))
    k = k if static_k is None else _checked_static("static_k", static_k, k)
    v = v if static_v is None else _checked_static("static_v", static_v, v)
    if add_zero_attn:
        k, v = (ops.cat([x, ops.zeros_like(x[:, :1])], 1) for x in (k, v))
        extra += 1
    mask = _joined_mask(attn_mask, key_padding_mask, num_heads, extra, (batch, k.shape[1]))
    attend = _attend_with_weights if need_weights else _attend
    heads, weights = attend(q, k, v, mask, dropout_p if training else 0.0, is_causal, num_heads)
    out = heads.transpose(0, 1).reshape((length * batch, size))
    out = linear(out, out_proj_weight, out_proj_bias)
    out = out.view((length, batch, out.shape[-1]))
    if need_weights:
        weights = weights.view((batch, num_heads, length, weights.shape[-1]))
        weights = weights.mean(1) if average_attn_weights else weights
    if batched:
        return out, weights
    return out.squeeze(1), None if weights is None else weights.squeeze(0)


def _attend_with_weights(q, k, v, mask, dropout_p, is_causal, num_heads):
    q, k = q * math.sqrt(1.0 / q.shape[-1]), k.transpose(1, 2)
    scores = ops.bmm(q, k) if mask is None else ops.baddbmm(mask, q, k)
    weights = softmax(scores, -1)
    if dropout_p > 0.0:
        weights = dropout(weights, dropout_p)
    return ops.bmm(weights, v), weights


def _attend(q, k, v, mask, dropout_p, is_causal, num_heads):
    def apart(x):
        return x.view((-1, num_heads, *x.shape[1:]))

    if mask is not None and mask.shape[0] > 1:
        mask = apart(mask)
    q, k, v = (apart(x) for x in (q, k, v))
    out = scaled_dot_product_attention(q, k, v, mask, dropout_p, is_causal and mask is None)
    return out.flatten(0, 1), None


def _project(query, key, value, weights, bias):
    """The three linear maps; one product does for several that have the same input."""
    if isinstance(weights, tuple):
        biases = (None,) * 3 if bias is None else bias.chunk(3)
        inputs = query, key, value
        return [linear(*each) for each in zip(inputs, weights, biases, strict=True)]
    if query is key and key is value:
        return linear(query, weights, bias).chunk(3, -1)
    size = query.shape[-1]
    biases = (None, None) if bias is None else bias.split([size, 2 * size])
    first, rest = weights.split([size, 2 * size])
    q = linear(query, first, biases[0])
    if key is value:
        return (q, *linear(key, rest, biases[1]).chunk(2, -1))
    both = (None, None) if bias is None else biases[1].chunk(2)
    k, v = (linear(x, w, b) for x, w, b in zip((key, value), rest.chunk(2), both, strict=True))
    return q, k, v


def _by_heads(x, batch, num_heads):
    """(L, N, E) as (N * heads, L, E / heads)."""
    length, _, size = x.shape
    return x.reshape((length, batch * num_heads, size // num_heads)).transpose(0, 1)


# Masks


def canonical_mask(mask, name, dtype, other=None, other_name=""):
    """A mask of truth values as numbers to be added, -inf for True; numbers stay."""
    if mask is None:
        return None
    if mask.dtype != dtypes.bool_ and not mask.dtype.is_floating_point:
        raise AssertionError(f"only bool and floating types of {name} are supported")
    if other is not None and mask.dtype != other.dtype:
        warnings.warn(
            f"Support for mismatched {name} and {other_name} is deprecated. Use same type for both "
            "instead.",
            stacklevel=4,
        )
    if mask.dtype.is_floating_point:
        return mask
    return ops.zeros(mask.shape, dtype=dtype).masked_fill(mask, -math.inf)


def _additive_masks(attn_mask, key_padding_mask, dtype, is_causal, need_weights):
    """Both masks as numbers, and whether a causal mask stands for the first."""
    key_padding_mask = canonical_mask(
        key_padding_mask, "key_padding_mask", dtype, attn_mask, "attn_mask"
    )
    if is_causal and attn_mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint. You may use the Transformer module "
            "method `generate_square_subsequent_mask` to create this mask."
        )
    if is_causal and key_padding_mask is None and not need_weights:
        return None, None, True
    return canonical_mask(attn_mask, "attn_mask", dtype), key_padding_mask, False


def _with_batch(mask, length, keys, rows):
    """The attention mask as (1 or N * heads, L, S)."""
    if mask is None:
        return None
    wanted = (length, keys) if mask.dim() == 2 else (rows, length, keys)
    if tuple(mask.shape) != wanted:
        raise RuntimeError(
            f"The shape of the {mask.dim()}D attn_mask is {mask.shape}, but should be {wanted}."
        )
    return mask.unsqueeze(0) if mask.dim() == 2 else mask


def _joined_mask(mask, padding, num_heads, extra, shape):
    """Both masks in one; keys that were added at the end are open to all."""
    if mask is not None and extra:
        mask = pad(mask, (0, extra))
    if padding is None:
        return mask
    padding = pad(padding, (0, extra)) if extra else padding
    for axis, (wanted, given) in enumerate(zip(shape, padding.shape, strict=True)):
        if wanted != given:
            raise AssertionError(
                f"Expected key_padded_mask.shape[{axis}] to be {wanted}, but got {given}"
            )
    batch, keys = shape
    padding = padding.view((batch, 1, 1, keys)).expand((batch, num_heads, 1, keys))
    padding = padding.reshape((batch * num_heads, 1, keys))
    return padding if mask is None else mask + padding


# Checks


def _check_ranks(query, key, value, key_padding_mask, attn_mask, num_heads):
    """Whether there is a batch dimension; all arguments must say so."""
    if query.dim() not in (2, 3):
        raise AssertionError(
            "query should be unbatched 2D or batched 3D tensor but received "
            f"{query.dim()}-D query tensor"
        )
    batched = query.dim() == 3
    wanted = query.dim()
    title = f"For {'batched' if batched else 'unbatched'} ({wanted}-D) `query`, expected"
    if key.dim() != wanted or value.dim() != wanted:
        raise AssertionError(
            f"{title} `key` and `value` to be {wanted}-D but found {key.dim()}-D and "
            f"{value.dim()}-D tensors respectively"
        )
    if key_padding_mask is not None and key_padding_mask.dim() != wanted - 1:
        raise AssertionError(
            f"{title} `key_padding_mask` to be `None` or {wanted - 1}-D but found "
            f"{key_padding_mask.dim()}-D tensor instead"
        )
    if attn_mask is not None and attn_mask.dim() not in (2, 3):
        raise AssertionError(
            f"{title} `attn_mask` to be `None`, 2-D or 3-D but found {attn_mask.dim()}-D tensor "
            "instead"
        )
    if not batched and attn_mask is not None and attn_mask.dim() == 3:
        shape = (num_heads, query.shape[0], key.shape[0])
        if tuple(attn_mask.shape) != shape:
            raise AssertionError(
                f"Expected `attn_mask` shape to be {shape} but got {attn_mask.shape}"
            )
    return batched


def _check_sizes(query, key, value, embed_dim, num_heads, separate):
    size = query.shape[-1]
    if size != embed_dim:
        raise AssertionError(f"was expecting embedding dimension of {embed_dim}, but got {size}")
    if size % num_heads:
        raise AssertionError(f"embed_dim {size} not divisible by num_heads {num_heads}")
    if separate and key.shape[:2] != value.shape[:2]:
        raise AssertionError(
            f"key's sequence and batch dims {key.shape[:2]} do not match value's {value.shape[:2]}"
        )
    if not separate and key.shape != value.shape:
        raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")


def _check_separate_weights(weights, inputs):
    size = inputs[0].shape[-1]
    for name, weight, input in zip(("query", "key", "value"), weights, inputs, strict=True):
        if weight is None:
            letter = name[0]
            raise AssertionError(
                f"use_separate_proj_weight is True but {letter}_proj_weight is None"
            )
        wanted = (size, input.shape[-1])
        if tuple(weight.shape) != wanted:
            raise AssertionError(
                f"expecting {name} weights shape of {wanted}, but got {weight.shape}"
            )


def _checked_static(name, given, computed):
    if given.shape[0] != computed.shape[0] or given.shape[2] != computed.shape[2]:
        raise AssertionError(
            f"expecting {name} to have sizes ({computed.shape[0]}, *, {computed.shape[2]}), but "
            f"got {tuple(given.shape)}"
        )
    return given
