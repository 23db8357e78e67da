"""Whole sequences as one Node: what the steps compute, and derivatives of any order."""

import pytest

import rushlight as torch
from rushlight import kernels
from rushlight.kernels import fused
from rushlight.nn import recurrence

KINDS = [
    pytest.param(kind, options, id=f"{kind}-{name}")
    for kind in ("LSTM", "GRU", "RNN")
    for name, options in {
        "plain": {},
        "without bias": {"bias": False},
        "both ways": {"bidirectional": True, "num_layers": 2},
    }.items()
]
KINDS.append(pytest.param("RNN", {"nonlinearity": "relu"}, id="RNN-relu"))


def _layer(kind, options):
    torch.manual_seed(0)
    layer = getattr(torch.nn, kind)(3, 4, dtype=torch.float64, **options)
    x = torch.randn(5, 2, 3, dtype=torch.float64, requires_grad=True)
    return layer, x


def _values(kind, options):
    """Outputs, last state, and the gradients of all of them together."""
    layer, x = _layer(kind, options)
    output, state = layer(x)
    parts = [output, *(state if kind == "LSTM" else [state])]
    sum((each * each).sum() for each in parts).backward()
    return [*parts, x.grad, *(p.grad for p in layer.parameters())]


@pytest.mark.parametrize("kind, options", KINDS)
def test_computes_what_the_steps_compute(kind, options, monkeypatch):
    whole = _values(kind, options)
    monkeypatch.setattr(recurrence, "applies", lambda *args: False)
    for one, steps in zip(whole, _values(kind, options), strict=True):
        assert torch.allclose(one, steps)


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_compiled_layers_stay_loops(kind, backend):
    if backend == "native":
        pytest.importorskip("llvmlite")
    layer, x = _layer(kind, {})
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.1)

    def step(x):
        optimizer.zero_grad()
        loss = layer(x)[0].square().mean()
        loss.backward()
        optimizer.step()
        return loss

    plain = [step(x.detach()).detach() for _ in range(6)]
    layer, _ = _layer(kind, {})
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.1)
    compiled = torch.compile(step, fullgraph=True, backend=backend)
    for one, other in zip(plain, [compiled(x.detach()).detach() for _ in range(6)], strict=True):
        assert torch.allclose(one, other)
    loops = [i.name for i in compiled.program.instructions if i.name.endswith("ward")]
    assert [name.partition("_")[2] for name in loops] == ["forward", "backward"]


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_native_steps(kind, monkeypatch):
    pytest.importorskip("llvmlite")
    plain = _values(kind, {})
    monkeypatch.setattr(kernels, "_choice", "1")
    monkeypatch.setattr(fused, "LEAST", 1)
    for one, native in zip(plain, _values(kind, {}), strict=True):
        assert torch.allclose(one, native)


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_second_derivatives(kind):
    layer, x = _layer(kind, {})
    weights = list(layer.parameters())

    def outputs(x, *weights):
        for parameter, weight in zip(layer._parameters, weights):
            layer._parameters[parameter] = weight
        return layer(x)[0]

    assert outputs(x, *weights).requires_grad
    assert torch.autograd.gradcheck(outputs, (x, *weights))
    assert torch.autograd.gradgradcheck(outputs, (x[:2].detach().requires_grad_(), *weights))


def test_only_what_is_wanted_is_given():
    layer, x = _layer("LSTM", {})
    layer.requires_grad_(False)
    state = torch.zeros(1, 2, 4, dtype=torch.float64), torch.zeros(1, 2, 4, dtype=torch.float64)
    layer(x, state)[0].sum().backward()
    assert x.grad.shape == x.shape and layer.weight_hh_l0.grad is None


def test_one_node_for_all_steps():
    layer, x = _layer("GRU", {})
    node = layer(x)[0].grad_fn
    assert node.name() == "StackBackward0"
