"""Resizing, pixel shuffling and attention, beside PyTorch's."""

from __future__ import annotations

import re

import numpy as np
import pytest

import rushlight as rl

F = rl.nn.functional
IMAGE = np.random.default_rng(0).standard_normal((2, 3, 5, 7)).astype(np.float32)
SIZES = [
    {"scale_factor": 2}, {"size": (8, 4)}, {"scale_factor": (1.5, 0.7)}, {"size": 3},
    {"scale_factor": 2.3, "recompute_scale_factor": True}, {"size": (1, 1)},
]  # fmt: skip
OPTIONS = [
    *({"mode": mode} for mode in ("nearest", "nearest-exact", "area")),
    *({"mode": mode, "align_corners": corners}
      for mode in ("bilinear", "bicubic") for corners in (False, True)),
    *({"mode": mode, "antialias": True} for mode in ("bilinear", "bicubic")),
]  # fmt: skip


def both(function, atol=1e-5):
    torch = pytest.importorskip("torch")
    mine, theirs = function(rl), function(torch)
    assert tuple(mine.shape) == tuple(theirs.shape)
    np.testing.assert_allclose(mine.detach().numpy(), theirs.detach().numpy(), atol=atol)


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("options", OPTIONS)
def test_resized_images_are_pytorchs(options, sizes):
    both(lambda t: t.nn.functional.interpolate(t.tensor(IMAGE), **options, **sizes))


@pytest.mark.parametrize("mode", ["linear", "trilinear", "nearest"])
def test_other_numbers_of_dimensions(mode):
    image = IMAGE[None] if mode == "trilinear" else IMAGE[0]
    both(lambda t: t.nn.functional.interpolate(t.tensor(image), scale_factor=2, mode=mode))


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
def test_derivatives_of_both_orders(mode):
    x = rl.randn(1, 1, 3, 2, dtype=rl.float64, requires_grad=True)
    assert rl.autograd.gradcheck(lambda x: F.interpolate(x, scale_factor=2, mode=mode), x)
    assert rl.autograd.gradgradcheck(lambda x: F.interpolate(x, scale_factor=2, mode=mode), x)


def test_as_recorded():
    image = rl.tensor([[[[1.0, 3.0]]]])
    wide = F.interpolate(image, size=(1, 4), mode="bilinear")
    assert wide.tolist() == [[[[1.0, 1.5, 2.5, 3.0]]]]
    wide = F.interpolate(image, size=(1, 3), mode="bilinear", align_corners=True)
    assert wide.tolist() == [[[[1.0, 2.0, 3.0]]]]


def test_pixel_shuffle_and_back():
    x = rl.arange(16.0).reshape(1, 4, 2, 2)
    shuffled = rl.nn.PixelShuffle(2)(x)
    assert shuffled[0, 0, 0].tolist() == [0, 4, 1, 5]
    assert rl.equal(rl.nn.PixelUnshuffle(2)(shuffled), x)


def test_layers_print_as_pytorchs():
    assert repr(rl.nn.Upsample(scale_factor=2)) == "Upsample(scale_factor=2.0, mode='nearest')"
    assert repr(rl.nn.Upsample((2, 3))) == "Upsample(size=(2, 3), mode='nearest')"
    assert repr(rl.nn.PixelShuffle(3)) == "PixelShuffle(upscale_factor=3)"


WRONG = [
    ({}, "either size or scale_factor should be defined"),
    ({"size": 2, "scale_factor": 2}, "only one of size or scale_factor should be defined"),
    ({"size": (1, 2, 3)}, "Input and output must have the same number of spatial dimensions, but"),
    ({"scale_factor": 2, "align_corners": True}, "align_corners option can only be set with the"),
    ({"scale_factor": 2, "mode": "linear"}, "Got 4D input, but linear mode needs 3D input"),
    (
        {"size": 2, "antialias": True},
        "Anti-alias option is restricted to bilinear, bicubic, and lanczos",
    ),
]


@pytest.mark.parametrize(("options", "text"), WRONG)
def test_wrong_arguments(options, text):
    with pytest.raises((ValueError, NotImplementedError), match=re.escape(text)):
        F.interpolate(rl.tensor(IMAGE), **options)


MASK = np.random.default_rng(1).random((5, 6)) > 0.4
MASK[2] = False
ATTENTION = [
    {}, {"is_causal": True}, {"attn_mask": MASK}, {"attn_mask": MASK.astype(np.float32)},
    {"scale": 0.3}, {"attn_mask": MASK, "is_causal": True}, {"enable_gqa": True},
]  # fmt: skip


@pytest.mark.parametrize("options", ATTENTION)
def test_attention_is_pytorchs(options):
    rng = np.random.default_rng(2)
    query, key = (rng.standard_normal((2, 4, n, 8)).astype(np.float32) for n in (5, 6))
    if "enable_gqa" in options:
        key = key[:, :2]

    def attend(t):
        given = {k: t.tensor(v) if k == "attn_mask" else v for k, v in options.items()}
        keys = t.tensor(key)
        return t.nn.functional.scaled_dot_product_attention(t.tensor(query), keys, keys, **given)

    both(attend)
