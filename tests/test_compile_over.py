"""`step.over(loader)`: the loop over the data around a compiled step."""

import os
import signal

import pytest
from compiling import close, strictly

import rushlight as torch
from rushlight import nn
from rushlight.compile.native import llvm
from rushlight.utils.data import DataLoader, TensorDataset


def make():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.1), nn.Tanh(), nn.Linear(4, 1))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    loader = DataLoader(TensorDataset(torch.randn(22, 3), torch.randn(22, 1)), 8, shuffle=True)

    def step(x, y):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(net(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return net, loader, step


def test_it_goes_the_way_of_the_loop_written_out():
    net, loader, step = make()
    losses = [step(x, y).detach() for _ in range(3) for x, y in loader]
    chance = torch.rand(2)
    other, loader, step = make()
    compiled = strictly(step)
    close(compiled.over(loader, epochs=3), torch.stack(losses), 1e-5)
    close(torch.rand(2), chance)
    close(dict(other.state_dict()), dict(net.state_dict()), 1e-4)


def test_batches_that_are_no_tuples_and_steps_that_return_nothing():
    seen = []
    step = torch.compiler.disable(lambda x: seen.append(x.tolist()))
    from rushlight.compile.runs.over import over

    assert over(step, DataLoader(torch.arange(4), 2)).tolist() == []
    assert seen == [[0, 1], [2, 3]]
    assert over(lambda x: (x.sum() * 1.0, "more"), [torch.tensor([1, 2])]).tolist() == [3.0]


def test_progress_is_written_to_the_standard_error(capsys):
    compiled = strictly(lambda x: x.sum())
    compiled.over([torch.ones(2)], epochs=2, progress=True)
    assert "epoch 2/2, loss 2" in capsys.readouterr().err


def test_an_interrupt_waits_for_the_end_of_the_step():
    done = []

    def step(x):
        os.kill(os.getpid(), signal.SIGINT)
        done.append(x.item())
        return x

    from rushlight.compile.runs.over import over

    with pytest.raises(KeyboardInterrupt):
        over(step, [torch.tensor(1.0), torch.tensor(2.0)])
    assert done == [1.0]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def regression(library, width=1):
    library.manual_seed(0)
    x = library.randn(83, width) / width**0.5
    data = library.utils.data.TensorDataset(x, 3 * x[:, :1] + 1)
    loader = library.utils.data.DataLoader(data, batch_size=8, shuffle=True)
    model = library.nn.Linear(width, 1)
    optimizer = library.optim.SGD(model.parameters(), lr=0.1)

    def step(x, y):
        optimizer.zero_grad()
        loss = library.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return loader, model, step


@pytest.mark.skipif(not llvm.available(), reason="needs llvmlite")
@pytest.mark.parametrize("width", [1, 200, 600])  # all rows gathered at once, in blocks, by batches
def test_native_loop_takes_the_loaders_order_and_random_numbers(width):
    loader, model, step = regression(torch, width)
    wanted = torch.stack([step(*batch).detach() for _ in range(3) for batch in loader])
    follows = torch.rand(2)
    loader, compiled_model, step = regression(torch, width)
    compiled = torch.compile(step)
    close(compiled.over(loader, epochs=3), wanted, 1e-4)
    assert torch.equal(torch.rand(2), follows)
    assert any(entry.runner.loops for entry in compiled.every_entry())
    for ours, theirs in zip(compiled_model.parameters(), model.parameters()):
        close(ours, theirs, 1e-4)
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-3, atol=1e-3)


def test_a_number_means_so_many_calls():
    w = torch.tensor(8.0, requires_grad=True)

    @torch.compile
    def step():
        loss = w * w
        loss.backward()
        with torch.no_grad():
            w.sub_(0.25 * w.grad)
            w.grad.zero_()
        return loss

    assert step.over(10).tolist() == [64.0 / 4**i for i in range(10)]
    assert w.item() == 8 / 2**10
