"""First weights: PyTorch's numbers from PyTorch's seeds."""

import pytest

import rushlight as rl
from rushlight import nn


def test_linear_draws_pytorchs_weights():
    layer = nn.Linear(2, 3)
    assert layer.weight.tolist() == [
        [-0.005293981172144413, 0.37932288646698],
        [-0.5819807648658752, -0.5203874707221985],
        [-0.27234524488449097, 0.1896158903837204],
    ]
    assert layer.bias.tolist() == [
        -0.014010033570230007,
        0.5606575012207031,
        -0.06275151669979095,
    ]


def test_uniform_schemes():
    first = nn.init.kaiming_uniform_(rl.empty(2, 2), nonlinearity="relu")
    second = nn.init.xavier_uniform_(rl.empty(2, 2))
    assert first.tolist() == [
        [-0.012967552989721298, 0.9291475415229797],
        [-1.425555944442749, -1.2746837139129639],
    ]
    assert second.tolist() == [
        [-0.4717158377170563, 0.3284243643283844],
        [-0.024266092106699944, 0.9710873365402222],
    ]


def test_normal_schemes():
    orthogonal = nn.init.orthogonal_(rl.empty(2, 2))
    expected = [[0.57744, 0.816433], [-0.816433, 0.57744]]
    assert orthogonal.tolist() == [pytest.approx(row, abs=1e-5) for row in expected]
    truncated = nn.init.trunc_normal_(rl.empty(4))
    assert truncated.tolist() == pytest.approx([-1.084522, -1.398595, 0.403347, 0.838026], 1e-5)


def test_trunc_normal_in_the_tail():
    values = nn.init.trunc_normal_(rl.empty(1000), mean=3.0, a=-1.0, b=1.0)
    assert values.min() >= -1 and values.max() <= 1 and values.mean() > 0.4


def test_orthogonal_rows():
    wide = nn.init.orthogonal_(rl.empty(3, 5), gain=2)
    assert rl.allclose(wide @ wide.t(), 4 * rl.eye(3), atol=1e-5)


def test_constants():
    assert nn.init.constant_(rl.empty(2), 3).tolist() == [3.0, 3.0]
    assert nn.init.eye_(rl.empty(2, 3)).tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    assert nn.init.dirac_(rl.empty(2, 2, 3)).sum(2).tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_parameters_are_filled_without_a_history():
    weight = nn.Parameter(rl.empty(2, 2))
    assert nn.init.ones_(weight) is weight and weight.is_leaf


def test_generator_of_ones_own():
    generator = rl.Generator().manual_seed(3)
    own = nn.init.xavier_uniform_(rl.empty(3, 3), generator=generator)
    rl.manual_seed(3)
    assert rl.equal(own, nn.init.xavier_uniform_(rl.empty(3, 3)))


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: nn.init.xavier_uniform_(rl.empty(3)), ValueError, "Fan in and fan out can not be"),
        (lambda: nn.init.eye_(rl.empty(3)), ValueError, "Only tensors with 2 dimensions are suppo"),
        (lambda: nn.init.calculate_gain("gelu"), ValueError, "Unsupported nonlinearity gelu"),
        (
            lambda: nn.init.kaiming_uniform_(rl.empty(2, 2), mode="foo"),
            ValueError,
            "Mode foo not supported, please use one of",
        ),
    ],
)
def test_refusals(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_old_names_warn():
    with pytest.warns(FutureWarning, match="`nn.init.normal` is now deprecated in favor of"):
        nn.init.normal(rl.empty(2))


def test_clip_grad_norm():
    p, q = nn.Parameter(rl.zeros(2)), nn.Parameter(rl.zeros(1))
    p.grad, q.grad = rl.tensor([3.0, 0.0]), rl.tensor([4.0])
    assert nn.utils.clip_grad_norm_([p, q], 1.0).item() == 5.0
    assert p.grad.tolist() == pytest.approx([0.6, 0.0], abs=1e-6)
    nn.utils.clip_grad_value_([p, q], 0.5)
    assert p.grad.tolist() == pytest.approx([0.5, 0.0])


def test_parameters_as_a_vector():
    layer = nn.Linear(2, 1)
    vector = nn.utils.parameters_to_vector(layer.parameters())
    nn.utils.vector_to_parameters(vector * 0 + 2, layer.parameters())
    assert layer.weight.tolist() == [[2.0, 2.0]] and layer.bias.tolist() == [2.0]
