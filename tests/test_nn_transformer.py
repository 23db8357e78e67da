"""Multi-head attention and transformer encoders, beside PyTorch's."""

from __future__ import annotations

import re

import numpy as np
import pytest

import rushlight as rl


def numbers(*shape):
    return np.random.default_rng(4).standard_normal(shape).astype(np.float32)


def assert_close(mine, theirs, atol=1e-5):
    for a, b in zip(mine, theirs, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            assert tuple(a.shape) == tuple(b.shape)
            np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), atol=atol)


CAUSAL = np.triu(np.ones((5, 5), bool), 1)
PADDING = np.arange(5) >= np.array([[5], [3]])
CALLS = [
    ({}, {}), ({"batch_first": True}, {"key_padding_mask": PADDING}), ({}, {"attn_mask": CAUSAL}),
    ({"bias": False}, {"average_attn_weights": False}), ({"dropout": 0.3}, {}),
    ({"batch_first": True}, {"attn_mask": CAUSAL, "key_padding_mask": PADDING}),
    ({"kdim": 8, "vdim": 8}, {}), ({"kdim": 6, "vdim": 4}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("options", "given"), CALLS)
def test_attention_by_heads_is_pytorchs(options, given):
    torch = pytest.importorskip("torch")

    def run(t):
        t.manual_seed(3)
        layer = t.nn.MultiheadAttention(8, 2, **options)
        shape = (2, 5) if options.get("batch_first") else (5, 2)
        sizes = 8, options.get("kdim", 8), options.get("vdim", 8)
        q, k, v = (t.tensor(numbers(*shape, size), requires_grad=True) for size in sizes)
        masks = {k: t.tensor(v) if "mask" in k else v for k, v in given.items()}
        output, weights = layer(q, k, v, **masks)
        (output * output).sum().backward()
        return [output, weights, q.grad, *layer.parameters(), *(p.grad for p in layer.parameters())]

    assert_close(run(rl), run(torch))


LAYERS = [
    {}, {"batch_first": True, "norm_first": True}, {"activation": "gelu", "bias": False},
    {"dropout": 0.0, "batch_first": True},
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")
@pytest.mark.parametrize("options", LAYERS)
def test_encoders_are_pytorchs(options):
    torch = pytest.importorskip("torch")

    def run(t):
        t.manual_seed(5)
        layer = t.nn.TransformerEncoderLayer(8, 2, 16, **options)
        encoder = t.nn.TransformerEncoder(layer, 2, t.nn.LayerNorm(8))
        x = t.tensor(numbers(5, 5, 8), requires_grad=True)
        output = encoder(x, mask=t.tensor(CAUSAL))
        (output * output * x).sum().backward()
        names = list(encoder.state_dict())
        return names, [output, x.grad, *(p.grad for p in encoder.parameters())]

    (mine_names, mine), (names, theirs) = run(rl), run(torch)
    assert mine_names == names
    assert_close(mine, theirs, 1e-4)


def test_wrong_arguments():
    with pytest.raises(AssertionError, match="embed_dim must be divisible by num_heads"):
        rl.nn.MultiheadAttention(8, 3)
    with pytest.raises(ValueError, match="embed_dim and num_heads must be greater than 0, got emb"):
        rl.nn.MultiheadAttention(8, 0)
    x = rl.ones(2, 1, 8)
    with pytest.raises(RuntimeError, match=re.escape("Need attn_mask if specifying the is_causal")):
        rl.nn.MultiheadAttention(8, 2)(x, x, x, is_causal=True)
    with pytest.raises(RuntimeError, match="activation should be relu/gelu, not swish"):
        rl.nn.TransformerEncoderLayer(8, 2, activation="swish")
