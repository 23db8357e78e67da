"""Workloads that are small: single operations, the tutorial's programs, small networks."""

from __future__ import annotations

import itertools

from rushlight.bench.table import training, workload


@workload(1.0)
def op_unrecorded(torch):
    """a * b, 8 numbers, unrecorded"""
    a, b = torch.rand(8), torch.rand(8)
    return lambda: a * b


@workload(1.0)
def op_recorded(torch):
    """a * b, 8 numbers, recorded"""
    a, b = torch.rand(8, requires_grad=True), torch.rand(8)
    return lambda: a * b


@workload(0.15)
def scalar_descent(torch):
    """w**2 + 20, backward, update"""
    w = torch.tensor(10.0, requires_grad=True)

    def step():
        loss = w**2 + 20
        if w.grad is not None:
            w.grad.zero_()
        loss.backward()
        with torch.no_grad():
            # a rate so small that w stays away from denormal numbers however often this runs
            w.sub_(1e-6 * w.grad)
        return loss

    return step


@workload(0.15)
def linear_regression(torch):
    """linear regression, DataLoader, batch 16"""
    x = torch.randn(100, 1)
    dataset = torch.utils.data.TensorDataset(x, 30 * x + 14.5 + torch.randn(100, 1))
    loader = torch.utils.data.DataLoader(dataset, batch_size=16, shuffle=True)
    model = torch.nn.Linear(1, 1)
    return training(torch, model, torch.nn.MSELoss(), _forever(loader), "SGD", lr=0.01)


@workload(0.4)
def mlp_tanh(torch):
    """tanh MLP 2-16-16-1, batch 100, SGD"""
    nn = torch.nn
    model = nn.Sequential(
        nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1)
    )
    x = torch.randn(100, 2)
    batches = itertools.repeat((x, x.prod(dim=1, keepdim=True)))
    return training(torch, model, nn.MSELoss(), batches, "SGD", lr=0.01)


@workload(0.8)
def mlp_digits_sgd(torch):
    """MLP 784-128-10, batch 64, SGD"""
    return _digits(torch, "SGD", lr=0.01, momentum=0.9)


@workload(0.8)
def mlp_digits_adam(torch):
    """MLP 784-128-10, batch 64, Adam"""
    return _digits(torch, "Adam", lr=1e-4)


@workload(0.4)
def pinn_heat(torch):
    """heat equation by MLP 2-20-20-1, 100 points"""
    nn, grad = torch.nn, torch.autograd.grad
    model = nn.Sequential(
        nn.Linear(2, 20), nn.Tanh(), nn.Linear(20, 20), nn.Tanh(), nn.Linear(20, 1)
    )
    points = torch.rand(100, 2, requires_grad=True)

    def step():
        model.zero_grad()
        (du,) = grad(model(points).sum(), points, create_graph=True)
        (ddu,) = grad(du[:, 0].sum(), points, create_graph=True)
        loss = ((du[:, 1] - ddu[:, 0]) ** 2).mean()
        loss.backward()
        return loss

    return step


@workload(1.0)
def per_sample_gradients(torch):
    """vmap(grad), tanh MLP 10-32-1, 64 samples"""
    weights = torch.randn(32, 10) / 3, torch.zeros(32), torch.randn(1, 32) / 6, torch.zeros(1)
    x, y = torch.randn(64, 10), torch.randn(64, 1)
    linear = torch.nn.functional.linear

    def loss(weights, x, y):
        w1, b1, w2, b2 = weights
        return ((linear(torch.tanh(linear(x, w1, b1)), w2, b2) - y) ** 2).sum()

    gradients = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0, 0))
    return lambda: gradients(weights, x, y)[0].norm()


def _digits(torch, optimizer, **options):
    nn = torch.nn
    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    batches = itertools.repeat((torch.rand(64, 784), torch.randint(0, 10, (64,))))
    return training(torch, model, nn.CrossEntropyLoss(), batches, optimizer, **options)


def _forever(loader):
    while True:
        yield from loader
