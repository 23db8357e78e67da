"""Two seconds before every commit: one glance at each part of the library."""

import numpy as np
import pytest

import rushlight as rl


def test_scalar_descent():
    w = rl.tensor(10.0, requires_grad=True)
    for _ in range(3):
        loss = w**2 + 20
        loss.backward()
        with rl.no_grad():
            w -= 0.01 * w.grad
        w.grad.zero_()
    assert w.item() == pytest.approx(10 * 0.98**3, rel=1e-6)


def test_second_derivative():
    x = rl.linspace(0, 1, 5, dtype=rl.float64, requires_grad=True)
    (slope,) = rl.autograd.grad(x.sin().sum(), x, create_graph=True)
    (curve,) = rl.autograd.grad(slope.sum(), x)
    np.testing.assert_allclose(curve.numpy(), -np.sin(x.detach().numpy()))


def test_broadcasting_and_its_gradient():
    row, column = rl.ones(3, requires_grad=True), rl.ones(2, 1, requires_grad=True)
    (row * column).sum().backward()
    assert row.grad.tolist() == [2.0, 2.0, 2.0] and column.grad.tolist() == [[3.0], [3.0]]


def test_views_share_memory_and_versions_are_checked():
    x = rl.zeros(4)
    x.view(2, 2)[0, 1] = 5.0
    assert x.tolist() == [0.0, 5.0, 0.0, 0.0]
    w = rl.ones(2, requires_grad=True)
    y = w.exp()
    y.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_random_numbers_are_pytorchs():
    rl.manual_seed(0)
    assert rl.rand(2).tolist() == pytest.approx([0.4962565899, 0.7682217956])


def test_training_a_module():
    rl.manual_seed(0)
    x = rl.rand(64, 2)
    dataset = rl.utils.data.TensorDataset(x, x.sum(dim=1, keepdim=True))
    loader = rl.utils.data.DataLoader(dataset, batch_size=16, shuffle=True)
    model = rl.nn.Sequential(rl.nn.Linear(2, 8), rl.nn.Tanh(), rl.nn.Linear(8, 1))
    optimizer = rl.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(30):
        for xb, yb in loader:
            optimizer.zero_grad()
            loss = rl.nn.functional.mse_loss(model(xb), yb)
            loss.backward()
            optimizer.step()
    assert loss.item() < 0.01


def test_dtypes_meet_as_in_pytorch():
    assert (rl.ones(2) * rl.ones(2, dtype=rl.int64)).dtype is rl.float32
    assert (rl.ones(2, dtype=rl.int64) / 2).dtype is rl.float32
    assert repr(rl.tensor([1, 2])) == "tensor([1, 2])"
