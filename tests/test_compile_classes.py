"""Losses of classes, compiled: no calls between native code, and the kernel's errors."""

import pytest
from compiling import close, strictly

import rushlight as torch
from rushlight import nn
from rushlight.compile.native import llvm
from rushlight.utils.data import DataLoader, TensorDataset

F = nn.functional
Y = torch.tensor([0, 2, 1, 2, 1])


def calls(compiled):
    return [i.name for i in compiled.program.instructions if i.kind == "call"]


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("ignored", [-100, 1, 7])
@pytest.mark.parametrize("backend", ["numpy", "inductor"])
def test_cross_entropy_is_elementwise_whichever_class_is_ignored(reduction, ignored, backend):
    def loss(x, y):
        return F.cross_entropy(x, y, ignore_index=ignored, reduction=reduction)

    def both(x, y):
        made = loss(x, y)
        (gradient,) = torch.autograd.grad(
            made, x, torch.arange(1.0, made.numel() + 1).view_as(made)
        )
        return made.detach(), gradient

    compiled = torch.compile(both, backend=backend, fullgraph=True)
    some = torch.where(Y == 2, ignored, Y)
    for y in (Y, Y, some, torch.full((5,), ignored)):
        x = torch.randn(5, 3, requires_grad=True)
        close(compiled(x, y), both(x, y), 1e-5)
    assert not calls(compiled)
    assert len(compiled.every_entry()) == 1


def test_an_infinite_score_of_another_class_does_not_spread():
    compiled = strictly(lambda x, y: F.nll_loss(x, y))
    x = torch.tensor([[-1.0, -torch.inf], [torch.nan, -2.0]])
    for _ in range(2):
        assert compiled(x, torch.tensor([0, 1])).item() == 1.5


@pytest.mark.parametrize("wrong", [3, -1, 2**40])
def test_a_class_out_of_range_is_refused_before_anything_changes(wrong):
    net = nn.Linear(4, 3)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    def step(x, y):
        loss = F.cross_entropy(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    compiled, x = strictly(step), torch.randn(5, 4)
    for _ in range(3):
        compiled(x, Y)
    before = net.weight.clone()
    bad = Y.clone()
    bad[3] = wrong
    for _ in range(2):
        with pytest.raises(IndexError, match=f"Target {wrong} is out of bounds."):
            compiled(x, bad)
    assert torch.equal(net.weight, before)
    known = len(compiled.every_entry())
    compiled(x, Y)
    assert len(compiled.every_entry()) == known


def test_the_first_call_refuses_too():
    compiled = strictly(lambda x, y: F.cross_entropy(x, y))
    with pytest.raises(IndexError, match="Target 3 is out of bounds."):
        compiled(torch.randn(1, 3), torch.tensor([3]))
    assert compiled(torch.zeros(1, 3), torch.tensor([1])).item() == pytest.approx(1.0986, 1e-4)


def test_targets_that_are_computed_stay_a_call_and_refused():
    compiled = strictly(lambda x, y: F.cross_entropy(x, y + 1))
    x = torch.randn(5, 3)
    for _ in range(2):
        close(compiled(x, Y - 1), F.cross_entropy(x, Y))
    assert calls(compiled) == ["nll_loss"]
    with pytest.raises(IndexError, match="Target 3 is out of bounds."):
        compiled(x, Y)


def test_a_part_of_the_targets_may_be_all_that_is_in_range():
    compiled = strictly(lambda x, y: F.cross_entropy(x, y[1:]))
    x, y = torch.randn(4, 3), Y.clone()
    compiled(x, y)
    y[0] = 9
    for _ in range(3):
        close(compiled(x, y), F.cross_entropy(x, y[1:]))
    assert len(compiled.every_entry()) == 2


def test_a_target_that_is_written_to_counts_as_it_is():
    counter = torch.zeros(5, dtype=torch.long)

    def step(x):
        loss = F.cross_entropy(x, counter)
        counter.add_(1)
        return loss

    compiled, x = strictly(step), torch.randn(5, 3)
    for i in range(3):
        close(compiled(x), F.cross_entropy(x, torch.full((5,), i)))
    with pytest.raises(IndexError, match="Target 3 is out of bounds."):
        compiled(x)


def classification(count=61):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    data = TensorDataset(torch.randn(count, 6), torch.arange(count) % 3)

    def step(x, y):
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return net, data, step


@pytest.mark.skipif(not llvm.available(), reason="needs llvmlite")
def test_the_loop_over_batches_is_native_for_cross_entropy():
    net, data, step = classification()
    loader = DataLoader(data, 8, shuffle=True)
    wanted = torch.stack([step(*batch).detach() for _ in range(3) for batch in loader])
    other, data, step = classification()
    compiled = strictly(step, backend=None)
    close(compiled.over(DataLoader(data, 8, shuffle=True), epochs=3), wanted, 1e-4)
    assert any(entry.runner.loops for entry in compiled.every_entry())
    close(dict(other.state_dict()), dict(net.state_dict()), 1e-4)


@pytest.mark.skipif(not llvm.available(), reason="needs llvmlite")
def test_the_loop_over_batches_refuses_a_class_out_of_range_where_it_comes():
    net, data, step = classification()
    compiled = strictly(step, backend=None)
    compiled.over(DataLoader(data, 8), epochs=2)
    data.tensors[1][40] = 5
    before = net[0].weight.clone()
    with pytest.raises(IndexError, match="Target 5 is out of bounds."):
        compiled.over(DataLoader(data, 8))
    other, data, step = classification()
    for _ in range(2):
        for batch in DataLoader(data, 8):
            step(*batch)
    for batch in list(DataLoader(data, 8))[:5]:
        step(*batch)
    close(net[0].weight, other[0].weight, 1e-4)
    assert not torch.equal(net[0].weight, before)


@pytest.mark.skipif(not llvm.available(), reason="needs llvmlite")
def test_no_native_loop_where_the_step_writes_to_its_targets():
    w, target = torch.zeros(1, 3, requires_grad=True), torch.zeros(1, dtype=torch.long)

    def step(x):
        loss = F.cross_entropy(w * x, target)
        loss.backward()
        with torch.no_grad():
            w.grad.zero_()
            target.add_(1).remainder_(3)
        return loss

    compiled = strictly(step, backend=None)
    compiled.over(DataLoader(TensorDataset(torch.randn(20, 3)), 1))
    assert not any(getattr(e.runner, "loops", None) for e in compiled.every_entry())


def test_the_loop_over_batches_on_numpy():
    _, data, step = classification()
    wanted = torch.stack([step(*batch).detach() for _ in range(2) for batch in DataLoader(data, 8)])
    _, data, step = classification()
    close(strictly(step).over(DataLoader(data, 8), epochs=2), wanted, 1e-4)
