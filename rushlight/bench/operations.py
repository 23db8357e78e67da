"""Workloads of one operation or one layer, forward and backward, at several sizes.

A family of sizes is one function with a parameter; `sizes` enters it once for each value.
"""

from __future__ import annotations

from functools import partial, update_wrapper

from rushlight.bench.table import workload


def sizes(aim, **values):
    """Enter `build(torch, value)` into the table once for each value, as `build_label`."""

    def enter(build):
        for label, value in values.items():
            sized = update_wrapper(partial(build, value=value), build)
            sized.__name__ = f"{build.__name__}_{label}"
            sized.__doc__ = f"{build.__doc__}, {label}"
            workload(aim)(sized)
        return build

    return enter


def _with_backward(function, *inputs):
    """A step: the function of inputs that require gradients, its sum, and the pass backward."""
    for each in inputs:
        if each.is_floating_point():
            each.requires_grad_()

    def step():
        for each in inputs:
            each.grad = None
        out = function(*inputs).sum()
        out.backward()
        return out

    return step


_LENGTHS = {"1k": 1_000, "100k": 100_000, "1M": 1_000_000, "10M": 10_000_000}
_ROWS = {"16x64": (16, 64), "256x512": (256, 512), "2048x1024": (2048, 1024)}


@sizes(0.7, **_LENGTHS)
def chain(torch, value):
    """tanh(x) * exp(-x) + x, backward"""
    return _with_backward(lambda x: torch.tanh(x) * torch.exp(-x) + x, torch.randn(value))


@sizes(0.7, **_LENGTHS)
def gelu(torch, value):
    """gelu, backward"""
    return _with_backward(torch.nn.functional.gelu, torch.randn(value))


@sizes(0.8, **_ROWS)
def sum_rows(torch, value):
    """sum of rows, backward"""
    return _with_backward(lambda x: x.sum(dim=1), torch.randn(value))


@sizes(0.8, **_ROWS)
def mean(torch, value):
    """mean, backward"""
    return _with_backward(lambda x: x.mean(), torch.randn(value))


@sizes(0.8, **_ROWS)
def softmax(torch, value):
    """softmax, backward"""
    weight = torch.randn(value)
    return _with_backward(lambda x: torch.softmax(x, dim=1) * weight, torch.randn(value))


@sizes(0.8, **_ROWS)
def layer_norm(torch, value):
    """layer norm, backward"""
    weight, bias, scale = torch.rand(value[1]), torch.rand(value[1]), torch.randn(value)

    def normalized(x, weight, bias):
        return torch.nn.functional.layer_norm(x, (value[1],), weight, bias) * scale

    return _with_backward(normalized, torch.randn(value), weight, bias)


@sizes(0.8, **_ROWS)
def batch_norm(torch, value):
    """batch norm, training, backward"""
    layer, scale = torch.nn.BatchNorm1d(value[1]), torch.randn(value)
    return _with_backward(lambda x: layer(x) * scale, torch.randn(value))


@sizes(0.8, **_ROWS)
def cross_entropy(torch, value):
    """cross entropy, backward"""
    target = torch.randint(0, value[1], (value[0],))
    loss = torch.nn.functional.cross_entropy
    return _with_backward(lambda x: loss(x, target), torch.randn(value))


@sizes(1.0, **{"64": 64, "256": 256, "1024": 1024})
def matmul(torch, value):
    """square matrix product, backward"""
    return _with_backward(torch.matmul, torch.randn(value, value), torch.randn(value, value))


@workload(1.0)
def matmul_batched(torch):
    """32 products 64x64, backward"""
    return _with_backward(torch.matmul, torch.randn(32, 64, 64), torch.randn(32, 64, 64))


@workload(1.0)
def matmul_transposed(torch):
    """256x256 products of transposed and strided operands, backward"""
    return _with_backward(
        lambda a, b: a.t() @ b[:, ::2], torch.randn(256, 256), torch.randn(256, 512)
    )


@workload(1.0)
def einsum_attention(torch):
    """einsum bhid,bhjd->bhij, 16x4x64x32, backward"""
    q, k = torch.randn(16, 4, 64, 32), torch.randn(16, 4, 64, 32)
    return _with_backward(lambda q, k: torch.einsum("bhid,bhjd->bhij", q, k), q, k)


def _convolution(torch, n, channels, outputs, size, kernel, **options):
    dimensions = len(size)
    layer = getattr(torch.nn, f"Conv{dimensions}d")(channels, outputs, kernel, **options)
    x = torch.randn(n, channels, *size)
    scale = torch.randn(layer(x).shape)
    return _with_backward(lambda x, *_: layer(x) * scale, x, *layer.parameters())


_CONVOLUTIONS = {
    "1to32_28_k5": ((64, 1, 32, (28, 28), 5), {}),
    "16to32_28_k3": ((64, 16, 32, (28, 28), 3), {"padding": 1}),
    "32to64_26_k3": ((64, 32, 64, (26, 26), 3), {}),
    "strided": ((64, 16, 32, (28, 28), 3), {"stride": 2, "padding": 1}),
    "dilated": ((64, 16, 32, (28, 28), 3), {"dilation": 2}),
    "grouped": ((64, 32, 64, (28, 28), 3), {"groups": 4, "padding": 1}),
    "depthwise": ((64, 32, 32, (28, 28), 3), {"groups": 32, "padding": 1}),
    "1x1": ((64, 32, 64, (28, 28), 1), {}),
    "1d": ((64, 16, 32, (256,), 5), {"padding": 2}),
}


@sizes(1.0, **_CONVOLUTIONS)
def conv(torch, value):
    """convolution, backward"""
    numbers, options = value
    return _convolution(torch, *numbers, **options)


@workload(1.0)
def max_pool(torch):
    """max pooling 2x2 of 64x32x28x28, backward"""
    return _with_backward(
        lambda x: torch.nn.functional.max_pool2d(x, 2), torch.randn(64, 32, 28, 28)
    )


@workload(1.0)
def avg_pool(torch):
    """average pooling 2x2 of 64x32x28x28, backward"""
    return _with_backward(
        lambda x: torch.nn.functional.avg_pool2d(x, 2), torch.randn(64, 32, 28, 28)
    )


@workload(1.0)
def embedding(torch):
    """embedding 10,000 x 64, 4,096 indices, backward"""
    index = torch.randint(0, 10_000, (4096,))
    function = torch.nn.functional.embedding
    return _with_backward(lambda w: function(index, w), torch.randn(10_000, 64))


@workload(1.0)
def gather(torch):
    """gather 1,000 x 100, backward"""
    index = torch.randint(0, 100, (1000, 100))
    return _with_backward(lambda x: x.gather(1, index), torch.randn(1000, 100))


@workload(1.0)
def scatter_add(torch):
    """scatter_add 1,000 x 100, backward"""
    index = torch.randint(0, 100, (1000, 100))
    zeros = torch.zeros(1000, 100)
    return _with_backward(lambda x: zeros.scatter_add(1, index, x), torch.randn(1000, 100))


@workload(1.0)
def index_put(torch):
    """index_put with accumulation, 10,000 of 1,000 rows, backward"""
    index = torch.randint(0, 1000, (10_000,))
    zeros = torch.zeros(1000, 16)
    return _with_backward(
        lambda x: zeros.index_put((index,), x, accumulate=True), torch.randn(10_000, 16)
    )


@workload(1.0)
def sort(torch):
    """sort of 100 x 1,000, backward"""
    return _with_backward(lambda x: x.sort(dim=1).values, torch.randn(100, 1000))


@workload(1.0)
def topk(torch):
    """topk(10) of 100 x 1,000, backward"""
    return _with_backward(lambda x: x.topk(10, dim=1).values, torch.randn(100, 1000))


@workload(1.0)
def cumsum(torch):
    """cumsum of 100 x 1,000, backward"""
    return _with_backward(lambda x: x.cumsum(dim=1), torch.randn(100, 1000))


@workload(1.0)
def randn(torch):
    """1,000,000 normal numbers"""
    return lambda: torch.randn(1_000_000)


@workload(1.0)
def rand(torch):
    """1,000,000 uniform numbers"""
    return lambda: torch.rand(1_000_000)


@workload(1.0)
def randperm(torch):
    """randperm(1,000,000)"""
    return lambda: torch.randperm(1_000_000).float()


@workload(1.0)
def dropout(torch):
    """dropout of 1,000,000 numbers, backward"""
    return _with_backward(lambda x: torch.nn.functional.dropout(x, 0.3), torch.randn(1_000_000))
