"""Maxima of windows, compiled: elementwise where windows lie apart, the kernel's call elsewhere."""

import pytest
from compiling import check_passes, close

import rushlight as torch
from rushlight import nn
from rushlight.compile.native import llvm
from rushlight.compile.passes.lower import lower
from rushlight.compile.passes.sink import sink_reshapes
from rushlight.compile.programs.program import check

F = nn.functional

pytestmark = pytest.mark.skipif(not llvm.available(), reason="needs llvmlite")


def with_gradient(pool):
    """A function of an image: the pool's results, and the gradient of a sum of them."""

    def both(x):
        y = pool(torch.relu(x))
        first = y[0] if isinstance(y, tuple) else y
        weights = torch.arange(1.0, first.numel() + 1).view_as(first)
        (gradient,) = torch.autograd.grad((first * weights).sum(), x)
        made = y if isinstance(y, tuple) else (y,)
        return [z.detach() for z in made], gradient, gradient.sum((0, 2))

    return both


POOLS = {
    "2x2": (lambda x: F.max_pool2d(x, 2), (3, 4, 8, 6), True),
    "2x2 of long rows": (lambda x: F.max_pool2d(x, 2), (2, 3, 4, 36), True),
    "2x3 with places": (lambda x: F.max_pool2d(x, (2, 3), return_indices=True), (2, 3, 4, 9), True),
    "1 dimension": (lambda x: F.max_pool1d(x, 4), (2, 3, 16), True),
    "3 dimensions": (lambda x: F.max_pool3d(x, 2), (1, 2, 4, 4, 6), True),
    "one element": (lambda x: F.max_pool2d(x, 1), (1, 2, 3, 5), False),
    "rows left over": (lambda x: F.max_pool2d(x, 2), (2, 3, 5, 6), False),
    "windows that overlap": (lambda x: F.max_pool2d(x, 3, 2, 1), (2, 3, 7, 7), False),
}


@pytest.mark.parametrize("name", POOLS)
def test_maxima_and_their_gradients(name):
    pool, shape, is_elementwise = POOLS[name]
    both = with_gradient(pool)
    compiled = torch.compile(both, backend="inductor", fullgraph=True)
    for _ in range(3):
        x = torch.randn(shape, requires_grad=True)
        close(compiled(x), both(x))
    check(sink_reshapes(lower(check_passes(compiled.last.traced))))
    names = {i.name for i in compiled.program.instructions}
    assert ("max_pool" in names) is not is_elementwise


def test_nan_wins_and_of_equals_the_first():
    x = torch.tensor([[1.0, torch.nan, 2, 2], [3, torch.nan, 2, 2]]).view(1, 1, 2, 4)
    compiled = torch.compile(lambda x: F.max_pool2d(x, 2, return_indices=True))
    for _ in range(3):
        values, places = compiled(x)
    assert str(values) == "tensor([[[[nan, 2.]]]])"
    assert places.tolist() == [[[[5, 2]]]]


def test_a_step_with_pools_serves_all_sizes_of_its_batch():
    def make():
        torch.manual_seed(0)
        net = nn.Sequential(
            nn.Conv2d(1, 3, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(48, 2),
        )
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

        def step(x):
            optimizer.zero_grad()
            loss = net(x).square().mean()
            loss.backward()
            optimizer.step()
            return loss.detach()

        return step, net

    (step, net), (other, twin) = make(), make()
    compiled = torch.compile(other, backend="inductor", fullgraph=True)
    for size in (4, 4, 6, 6, 3, 1, 4):
        x = torch.randn(size, 1, 8, 8)
        close(compiled(x), step(x))
    close(dict(twin.state_dict()), dict(net.state_dict()))
