"""Activations, dropout, norms, lookups: the numbers that PyTorch 2.13 prints."""

import re

import pytest

import rushlight as rl
import rushlight.nn.functional as F
from rushlight import nn

POINTS = [-3.0, -1.0, -0.5, 0.0, 0.5, 2.0]
RECORDED = {
    "relu": [0.0, 0.0, 0.0, 0.0, 0.5, 2.0],
    "relu6": [0.0, 0.0, 0.0, 0.0, 0.5, 2.0],
    "hardtanh": [-1.0, -1.0, -0.5, 0.0, 0.5, 1.0],
    "leaky_relu": [-0.03, -0.01, -0.005, 0.0, 0.5, 2.0],
    "elu": [-0.95021, -0.63212, -0.39347, 0.0, 0.5, 2.0],
    "celu": [-0.95021, -0.63212, -0.39347, 0.0, 0.5, 2.0],
    "selu": [-1.6706, -1.1113, -0.69176, 0.0, 0.52535, 2.1014],
    "logsigmoid": [-3.0486, -1.3133, -0.97408, -0.69315, -0.47408, -0.12693],
    "hardsigmoid": [0.0, 0.33333, 0.41667, 0.5, 0.58333, 0.83333],
    "hardswish": [-0.0, -0.33333, -0.20833, 0.0, 0.29167, 1.6667],
    "softplus": [0.048587, 0.31326, 0.47408, 0.69315, 0.97408, 2.1269],
    "softshrink": [-2.5, -0.5, -0.0, 0.0, 0.0, 1.5],
    "hardshrink": [-3.0, -1.0, 0.0, 0.0, 0.0, 2.0],
    "softsign": [-0.75, -0.5, -0.33333, 0.0, 0.33333, 0.66667],
    "tanhshrink": [-2.0049, -0.23841, -0.037883, 0.0, 0.037883, 1.036],
    "silu": [-0.14228, -0.26894, -0.18877, 0.0, 0.31123, 1.7616],
    "mish": [-0.14565, -0.3034, -0.22074, 0.0, 0.37525, 1.944],
    "gelu": [-0.0040499, -0.15866, -0.15427, 0.0, 0.34573, 1.9545],
    "sigmoid": [0.047426, 0.26894, 0.37754, 0.5, 0.62246, 0.8808],
    "tanh": [-0.99505, -0.76159, -0.46212, 0.0, 0.46212, 0.96403],
}


@pytest.mark.parametrize("name", RECORDED)
def test_activation(name):
    x = rl.tensor(POINTS)
    result = getattr(F, name)(x)
    assert result.dtype == rl.float32
    assert result.tolist() == pytest.approx(RECORDED[name], rel=2e-4, abs=1e-6)


@pytest.mark.parametrize("name", ["silu", "gelu"])
def test_large_arrays_are_computed_in_blocks(name):
    x = rl.linspace(-6, 6, 100_000)
    whole = getattr(F, name)(x)
    pieces = rl.cat([getattr(F, name)(piece) for piece in x.split(1000)])
    assert rl.allclose(whole, pieces, rtol=1e-6, atol=1e-7)


def test_an_infinite_gradient_stays_out_of_the_flat_part():
    x = rl.tensor([-1.0, 1.0], requires_grad=True)
    F.hardtanh(x, -0.5, 2.0).backward(rl.tensor([float("nan"), 1.0]))
    assert x.grad.tolist() == [0.0, 1.0]


def test_inplace_activation_changes_its_input():
    x = rl.tensor([-1.0, 1.0])
    assert nn.ReLU(inplace=True)(x) is x and x.tolist() == [0.0, 1.0]
    leaf = rl.ones(1, requires_grad=True)
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        F.relu_(leaf)


def test_dropout_draws_pytorchs_mask():
    kept = [0, 0, 1, 0, 1, 0, 1, 1, 1, 1]
    assert (F.dropout(rl.ones(10), 0.3) > 0).tolist() == [bool(k) for k in kept]


def test_random_slopes():
    result = F.rrelu(rl.arange(-3.0, 2.0), training=True)
    expected = [-0.98128, -0.54492, -0.2207, 0.0, 1.0]
    assert result.tolist() == pytest.approx(expected, abs=1e-5)


def test_dropout_in_evaluation_is_the_identity():
    x = rl.ones(3)
    assert nn.Dropout(0.5).eval()(x) is x


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: nn.Dropout(2), ValueError, "dropout probability has to be between 0 and 1, but"),
        (lambda: F.gelu(rl.ones(1), approximate="x"), RuntimeError, "must be either none or tanh"),
        (lambda: F.gelu(rl.ones(1).long()), NotImplementedError, '"GeluKernelImpl" not implement'),
        (lambda: F.glu(rl.ones(3)), RuntimeError, "Halving dimension must be even, but dimension"),
        (
            lambda: nn.Linear(3, 2)(rl.ones(2, 4)),
            RuntimeError,
            r"mat1 and mat2 shapes cannot be multiplied \(2x4 and 3x2\)",
        ),
        (
            lambda: nn.Linear(3, 2)(rl.ones(2, 3).double()),
            RuntimeError,
            "mat1 and mat2 must have the same dtype, but got Double and Float",
        ),
        (lambda: nn.Embedding(2, 3)(rl.tensor([2])), IndexError, "index out of range in self"),
        (lambda: nn.BatchNorm1d(3)(rl.ones(1, 3)), ValueError, "Expected more than 1 value per"),
        (lambda: nn.LayerNorm(4)(rl.ones(2, 3)), RuntimeError, r"Given normalized_shape=\[4\], ex"),
        (lambda: F.one_hot(rl.tensor([-1])), RuntimeError, "Class values must be non-negative."),
    ],
)
def test_refusals(call, error, text):
    with pytest.raises(error, match=text):
        call()


# Norms --------------------------------------------------------------------------------------------


def test_layer_norm():
    x = rl.tensor([[1.0, 2.0, 3.0], [2.0, 2.0, 8.0]])
    rows = nn.LayerNorm(3)(x)
    assert rows.tolist() == [
        pytest.approx([-1.2247, 0.0, 1.2247], abs=1e-4),
        pytest.approx([-0.7071, -0.7071, 1.4142], abs=1e-4),
    ]


def test_layer_norm_of_a_large_array_is_that_of_its_rows():
    x = rl.randn(300, 200)
    whole = F.layer_norm(x, (200,))
    assert rl.allclose(whole[7], F.layer_norm(x[7], (200,)), atol=1e-6)


@pytest.mark.parametrize("shape", [(40, 8), (2000, 40)])
def test_layer_norm_gradients_on_arrays_are_those_on_tensors(shape):
    x = rl.randn(*shape, dtype=rl.float64, requires_grad=True)
    weight, bias = (rl.randn(shape[1], dtype=rl.float64, requires_grad=True) for _ in range(2))
    loss = (F.layer_norm(x, shape[1:], weight, bias) ** 3).sum()
    plain = rl.autograd.grad(loss, [x, weight, bias], retain_graph=True)
    recorded = rl.autograd.grad(loss, [x, weight, bias], create_graph=True)
    for a, b in zip(plain, recorded, strict=True):
        assert rl.allclose(a, b)


def test_batch_norm_in_training_and_in_evaluation():
    layer = nn.BatchNorm1d(1, momentum=0.5)
    x = rl.tensor([[1.0], [3.0]])
    assert layer(x).flatten().tolist() == pytest.approx([-1.0, 1.0], abs=1e-4)
    assert layer.running_mean.item() == 1.0 and layer.running_var.item() == pytest.approx(1.5)
    assert layer.num_batches_tracked.item() == 1
    expected = [0.0, 2 / 1.5**0.5]
    assert layer.eval()(x).flatten().tolist() == pytest.approx(expected, abs=1e-4)


def test_norms_of_groups_and_instances():
    x = rl.arange(12.0).view(1, 4, 3)
    groups = nn.GroupNorm(2, 4)(x).view(2, 6)
    assert groups.mean(1).abs().max() < 1e-6
    instances = nn.InstanceNorm1d(4)(x)
    assert instances.mean(2).abs().max() < 1e-6
    assert rl.allclose(nn.RMSNorm(3)(x).square().mean(2), rl.ones(1, 4), atol=1e-4)


# Lookups ------------------------------------------------------------------------------------------


def test_embedding_adds_up_the_gradients_of_a_row():
    layer = nn.Embedding(3, 2, padding_idx=0)
    layer(rl.tensor([1, 1, 0, 2])).sum().backward()
    assert layer.weight.grad.tolist() == [[0.0, 0.0], [2.0, 2.0], [1.0, 1.0]]
    assert layer.weight[0].tolist() == [0.0, 0.0]


def test_pretrained_rows_are_frozen():
    layer = nn.Embedding.from_pretrained(rl.ones(2, 3))
    assert not layer.weight.requires_grad and layer(rl.tensor(1)).tolist() == [1.0, 1.0, 1.0]


def test_embedding_bag():
    layer = nn.EmbeddingBag.from_pretrained(rl.arange(6.0).view(3, 2), mode="mean")
    assert layer(rl.tensor([0, 2, 1]), rl.tensor([0, 2])).tolist() == [[2.0, 3.0], [2.0, 3.0]]


def test_one_hot():
    assert F.one_hot(rl.tensor([0, 2])).tolist() == [[1, 0, 0], [0, 0, 1]]


COMPLEX = {
    "celu": "elu_cpu",
    "gelu": "GeluKernelImpl",
    "hardswish": "hardswish_cpu",
    "leaky_relu": "leaky_relu_cpu",
    "logsigmoid": "log_sigmoid_cpu",
    "mish": "mish_cpu",
    "softplus": "softplus_cpu",
    "softshrink": "softshrink_check",
}


@pytest.mark.parametrize("name", COMPLEX)
def test_activations_refuse_complex_numbers(name):
    words = f"\"{COMPLEX[name]}\" not implemented for 'ComplexFloat'"
    with pytest.raises(NotImplementedError, match=re.escape(words)):
        getattr(F, name)(rl.ones(2, dtype=rl.complex64))


@pytest.mark.parametrize("dtype", ["ComplexDouble", "Long", "Bool"])
@pytest.mark.parametrize(
    ("name", "kernel"),
    [("mse_loss", "mse_cpu"), ("huber_loss", "huber_cpu"), ("smooth_l1_loss", "smooth_l1_cpu")],
)
def test_losses_refuse_what_is_not_floating(name, kernel, dtype):
    kinds = {"ComplexDouble": rl.complex128, "Long": rl.int64, "Bool": rl.bool}
    x = rl.ones(2, dtype=kinds[dtype])
    with pytest.raises(NotImplementedError, match=f"\"{kernel}\" not implemented for '{dtype}'"):
        getattr(F, name)(x, x)


@pytest.mark.parametrize(
    ("training", "message"), [(True, "must be positive during training"), (False, "non-negative")]
)
def test_batch_norm_refuses_a_negative_eps(training, message):
    with pytest.raises(ValueError, match=f"^batch_norm eps .*{message}.* but got -1.0$"):
        F.batch_norm(rl.ones(2, 3), rl.zeros(3), rl.ones(3), training=training, eps=-1.0)
