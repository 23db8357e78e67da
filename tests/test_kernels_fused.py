"""Chains of NumPy calls as native code: the same results, used once it has paid."""

import numpy as np
import pytest

import rushlight as torch
from rushlight import kernels
from rushlight.kernels import fused

F = torch.nn.functional


def _chain(x, y, *, scale):
    return np.exp(x - np.maximum.reduce(x, 1, keepdims=True)) * y * scale, np.add.reduce(x, 0)


@pytest.fixture
def at_once(monkeypatch):
    pytest.importorskip("llvmlite")
    monkeypatch.setattr(kernels, "_choice", "1")


def _arrays():
    generator = np.random.default_rng(0)
    return [generator.standard_normal(shape).astype(np.float32) for shape in ((70, 60), (60,))]


def test_native_code_computes_what_the_function_computes(at_once):
    function = fused.Fused(_chain)
    for made, expected in zip(
        function(*_arrays(), scale=2.0), _chain(*_arrays(), scale=2.0), strict=True
    ):
        np.testing.assert_allclose(made, expected, rtol=1e-5, atol=1e-5)
    assert len(function.native) == 1


def test_other_numbers_are_other_code(at_once):
    function = fused.Fused(_chain)
    first, second = (function(*_arrays(), scale=scale)[0] for scale in (1.0, 2.0))
    np.testing.assert_allclose(2 * first, second)
    assert len(function.native) == 2


def test_arrays_in_any_order_of_memory(at_once):
    x, y = _arrays()
    turned = np.asfortranarray(x)
    made, _ = fused.Fused(_chain)(turned, y, scale=1.0)
    np.testing.assert_allclose(made, _chain(x, y, scale=1.0)[0], rtol=1e-5)


def test_what_asks_for_elements_stays_as_it_is(at_once):
    function = fused.Fused(lambda x: x + 1 if x.sum() > 0 else x)
    assert (function(np.ones(3)) == 2).all() and (function(-np.ones(3)) == -1).all()
    assert set(function.native.values()) == {None}


def test_code_is_made_once_the_calls_have_paid_for_it(monkeypatch):
    pytest.importorskip("llvmlite")
    monkeypatch.setattr(kernels, "_choice", "")
    monkeypatch.setattr(kernels, "PRICE", 10_000)
    function, (x, y) = fused.Fused(_chain), _arrays()
    counts = []
    for _ in range(4):
        function(x, y, scale=1.0)
        counts.append(len(function.native))
    assert counts == [0, 0, 1, 1]  # of 4,200 elements each


def test_the_environment_forbids_it(monkeypatch):
    monkeypatch.setattr(kernels, "_choice", "0")
    monkeypatch.setattr(kernels, "PRICE", 0)
    function = fused.Fused(_chain)
    function(*_arrays(), scale=1.0)
    assert not function.native


OPERATIONS = {
    "softmax": lambda x: x.softmax(1),
    "log_softmax": lambda x: x.log_softmax(0),
    "gelu": F.gelu,
    "layer_norm": lambda x: F.layer_norm(x, (60,), torch.full((60,), 2.0), torch.ones(60)),
    "exp": torch.exp,
    "tanh": torch.tanh,
    "log": lambda x: (x * x + 1).log(),
    "silu": F.silu,
    "softplus": F.softplus,
    "elu": F.elu,
    "sigmoid": torch.sigmoid,
    "batch_norm": lambda x: F.batch_norm(x, None, None, training=True),
    "batch_norm of images": lambda x: F.batch_norm(x.view(20, 4, 60), None, None, training=True),
}


def _with_gradient(function):
    torch.manual_seed(0)
    x, g = torch.randn(80, 60, requires_grad=True), torch.randn(80, 60)
    out = function(x)
    out.backward(g.view_as(out))
    return out.detach().numpy(), x.grad.numpy()


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_and_their_derivatives(name, at_once, monkeypatch):
    native = _with_gradient(OPERATIONS[name])
    monkeypatch.setattr(kernels, "_choice", "0")
    monkeypatch.setattr(
        fused.Fused, "__call__", lambda self, *args, **kw: self.function(*args, **kw)
    )
    for made, expected in zip(native, _with_gradient(OPERATIONS[name]), strict=True):
        np.testing.assert_allclose(made, expected, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("choice", ["0", "1"])
@pytest.mark.parametrize("shape", [(5, 6), (40, 50), (20, 4, 60)])
@pytest.mark.parametrize("kind", ["layer_norm", "batch_norm"])
def test_gradients_together_are_those_of_the_rules(kind, shape, choice, monkeypatch):
    monkeypatch.setattr(kernels, "_choice", choice)
    channels = shape[1:] if kind == "layer_norm" else shape[1]
    x, weight, bias = leaves = [
        torch.randn(size, dtype=torch.float64).requires_grad_()
        for size in (shape, channels, channels)
    ]
    if kind == "layer_norm":
        out = F.layer_norm(x, channels, weight, bias)
    else:
        out = F.batch_norm(x, None, None, weight, bias, training=True)
    g = torch.randn(shape, dtype=torch.float64)
    together = torch.autograd.grad(out, leaves, g, retain_graph=True)
    by_rules = torch.autograd.grad(out, leaves, g, create_graph=True)
    for made, expected in zip(together, by_rules, strict=True):
        torch.testing.assert_close(made, expected.detach())


def _normalized(x, g):
    z = x - np.add.reduce(x, 1, keepdims=True)
    z = z * (1 / np.sqrt(np.add.reduce(z * z, 1, keepdims=True) + 1))
    columns = np.add.reduce(g * z, 0), np.add.reduce(g, 0)
    e = np.exp(g)
    return z - e / np.add.reduce(e, 1, keepdims=True), *columns


@pytest.mark.parametrize("shape", [(70, 60), (3, 20_000)])
def test_threads_share_rows_whose_columns_are_summed(shape, at_once, monkeypatch):
    monkeypatch.setattr("rushlight.compile.native.fuse.SHARED", 10)
    generator = np.random.default_rng(0)
    x, g = generator.standard_normal((2, *shape)).astype(np.float32)
    function, expected = fused.Fused(_normalized), _normalized(x, g)
    for _ in range(200):  # the threads meet in every order
        for made, known in zip(function(x, g), expected, strict=True):
            np.testing.assert_allclose(made, known, rtol=1e-4, atol=1e-5)
    (native,) = function.native.values()
    (kernel,) = native.fusion.items
    assert (kernel.parts, kernel.apart) == ((2, True) if shape == (70, 60) else (0, False))
