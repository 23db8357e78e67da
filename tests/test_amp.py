"""`autocast`: the dtype of each operation within it, and the numbers of a training in bfloat16."""

import pytest

import rushlight as rl
from rushlight import nn
from rushlight.nn import functional as F

pytest.importorskip("ml_dtypes")

x, w = rl.arange(8.0).reshape(2, 4) / 8, rl.arange(12.0).reshape(3, 4) / 12
h, image = x.bfloat16(), (rl.arange(192.0).reshape(1, 3, 8, 8) / 192)
half = image.bfloat16()
square = rl.tensor([[4.0, 1.0], [1.0, 3.0]]).bfloat16()
classes = rl.tensor([0, 1])

CASES = {
    "bfloat16": [
        lambda: F.linear(x, w),
        lambda: x @ w.t(),
        lambda: x @ rl.ones(4),
        lambda: rl.mm(x, w.t()),
        lambda: rl.addmm(rl.zeros(3), x, w.t()),
        lambda: rl.bmm(x[None], w.t()[None]),
        lambda: rl.baddbmm(rl.zeros(1, 2, 3), x[None], w.t()[None]),
        lambda: rl.addbmm(rl.zeros(2, 3), x[None], w.t()[None]),
        lambda: rl.einsum("ij,kj->ik", x, w),
        lambda: rl.tensordot(x, w, dims=([1], [1])),
        lambda: rl.inner(x, w),
        lambda: rl.linalg.multi_dot([x, w.t()]),
        lambda: F.conv2d(image, rl.ones(2, 3, 3, 3)),
        lambda: F.conv_transpose2d(image, rl.ones(3, 2, 3, 3)),
        lambda: F.scaled_dot_product_attention(x[None], x[None], x[None]),
        lambda: nn.MultiheadAttention(4, 2)(x, x, x)[0],
        lambda: nn.RNN(4, 4)(x)[0],
        lambda: nn.BatchNorm1d(4)(h),
        lambda: F.softmax(h, -1),
        lambda: h.sum(),
        lambda: h**2,
        lambda: F.gelu(h),
        lambda: F.layer_norm(h, [4]),
        lambda: F.max_pool2d(half, 2),
        lambda: F.normalize(h),
        lambda: x.half() @ w.half().t(),
    ],
    "float32": [
        lambda: rl.mv(x, rl.ones(4)),
        lambda: rl.dot(x[0], x[1]),
        lambda: rl.outer(x[0], x[1]),
        lambda: F.layer_norm(x, [4]),
        lambda: nn.GRU(4, 4)(x)[0],
        lambda: nn.LSTMCell(4, 4)(x)[0],
        lambda: nn.TransformerEncoderLayer(4, 2, 8)(x[None]),
        lambda: F.mse_loss(h, h),
        lambda: F.cross_entropy(h, classes),
        lambda: F.kl_div(h, h, reduction="sum"),
        lambda: F.binary_cross_entropy_with_logits(h, rl.zeros(2, 4)),
        lambda: F.triplet_margin_loss(h, h, h),
        lambda: h.prod(),
        lambda: rl.quantile(h, 0.5),
        lambda: rl.trace(h),
        lambda: rl.cdist(h, h),
        lambda: F.avg_pool3d(half[None], 2),
        lambda: F.grid_sample(half, rl.zeros(1, 2, 2, 2), align_corners=False),
        lambda: F.pad(half, (1, 1, 1, 1), mode="reflect"),
        lambda: rl.linalg.inv(square),
        lambda: rl.linalg.svd(square)[0],
        lambda: rl.cholesky(square),
        lambda: rl.cat([h, x]),
        lambda: rl.stack([h, x]),
        lambda: rl.index_copy(h, 0, rl.tensor([0]), x[:1]),
        lambda: h + x,
        lambda: rl.einsum("ij->i", x),
    ],
    "complex64": [lambda: rl.fft.fft(h), lambda: rl.polar(h, h)],
    "float64": [lambda: x.double() @ w.double().t()],
    "int64": [lambda: rl.mm(x.long(), w.long().t())],
}


@pytest.mark.parametrize(
    ("dtype", "call"), [(dtype, call) for dtype, calls in CASES.items() for call in calls]
)
def test_the_dtype_of_a_result(dtype, call):
    """As PyTorch 2.13 computes it on a CPU."""
    with rl.autocast("cpu", dtype=rl.bfloat16):
        assert call().dtype is getattr(rl, dtype)


def test_regions_within_regions():
    with rl.autocast("cpu"):
        assert rl.is_autocast_enabled("cpu") and not rl.is_autocast_enabled()
        with rl.autocast("cpu", enabled=False):
            assert (x @ w.t()).dtype is rl.float32 and not rl.is_autocast_enabled("cpu")
        with rl.autocast("cpu", dtype=rl.float16):
            assert (h @ w.t()).dtype is rl.float16
        assert rl.get_autocast_dtype("cpu") is rl.bfloat16
        assert (x @ w.t()).dtype is rl.bfloat16
    assert (x @ w.t()).dtype is rl.float32


def test_an_error_ends_the_region():
    with pytest.raises(RuntimeError, match="cannot be multiplied"), rl.autocast("cpu"):
        x @ w
    assert not rl.is_autocast_enabled("cpu") and (x @ w.t()).dtype is rl.float32


def test_decorators():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 3)

        @rl.autocast(device_type="cpu")
        def forward(self, x):
            return self.layer(x)

    assert Net()(x).dtype is rl.bfloat16
    assert rl.autocast("cpu")(lambda: x @ w.t())().dtype is rl.bfloat16


def test_switches():
    rl.set_autocast_enabled("cpu", True)
    try:
        assert (x @ w.t()).dtype is rl.bfloat16
    finally:
        rl.set_autocast_enabled("cpu", False)
    with pytest.warns(DeprecationWarning, match="is_autocast_cpu_enabled.. is deprecated. Please"):
        assert not rl.is_autocast_cpu_enabled()
    assert rl.is_autocast_cache_enabled() and rl.get_autocast_dtype("cuda") is rl.float16


def test_other_devices_and_dtypes_disable_it():
    with pytest.warns(UserWarning, match="^CUDA is not available or torch_xla is imported"):
        region = rl.autocast("cuda")
    with region:
        assert (x @ w.t()).dtype is rl.float32
    with pytest.warns(UserWarning, match="^In CPU autocast, but the target dtype is not supported"):
        rl.autocast("cpu", dtype=rl.float32)
    with pytest.warns(FutureWarning, match=r"^`torch.cpu.amp.autocast\(args...\)` is deprecated"):
        rl.cpu.amp.autocast()
    with pytest.raises(ValueError, match="^Expected `device_type` of type `str`, got"):
        rl.autocast(3)
    with pytest.raises(RuntimeError, match="start of device string: gpu"):
        rl.autocast("gpu")


def weights():
    first = rl.linspace(-1, 1, 32).reshape(8, 4).requires_grad_()
    second = rl.linspace(1, -1, 24).reshape(3, 8).requires_grad_()
    return first, second


def test_a_training_in_bfloat16():
    """The losses that PyTorch 2.13 gives for the same five steps."""
    first, second = weights()
    data = rl.linspace(-1, 1, 64).reshape(16, 4)
    labels = rl.arange(16) % 3
    optimizer = rl.optim.SGD([first, second], lr=0.1)
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        with rl.autocast("cpu", dtype=rl.bfloat16):
            output = F.linear(F.linear(data, first).relu(), second)
            loss = F.cross_entropy(output, labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert output.dtype is rl.bfloat16 and loss.dtype is first.grad.dtype is rl.float32
    assert losses == pytest.approx(LOSSES, rel=1e-6)


LOSSES = [2.73335314, 2.55353212, 2.38648748, 2.23493981, 2.10071659]


def test_a_parameter_is_cast_once():
    """Its uses share one cast, and so their gradients meet in bfloat16."""
    for cached, expected in ((True, 1), (False, 2)):
        weight, seen = rl.ones(4, 4, requires_grad=True), set()
        with rl.autocast("cpu", cache_enabled=cached):
            for _ in range(2):
                seen.add((x @ weight).grad_fn.next_functions[1][0])
        assert len(seen) == expected


def test_functions_of_autograd_know_of_it():
    seen = []

    class Double(rl.autograd.Function):
        @staticmethod
        @rl.amp.custom_fwd(device_type="cpu", cast_inputs=rl.float32)
        def forward(ctx, a):
            seen.append((a.dtype, rl.is_autocast_enabled("cpu")))
            return a * 2

        @staticmethod
        @rl.amp.custom_bwd(device_type="cpu")
        def backward(ctx, g):
            seen.append((g.dtype, rl.is_autocast_enabled("cpu")))
            return g * 2

    with rl.autocast("cpu"):
        Double.apply(h.clone().requires_grad_()).sum().backward()
    assert seen == [(rl.float32, False), (rl.float32, False)]
