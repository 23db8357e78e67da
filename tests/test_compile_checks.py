"""Branches that only raise, and masks and lengths that are given: compiled, and asked in each run."""

import numpy as np
import pytest
from compiling import Compiled, close, eager_reason, twice_if_large

import rushlight as torch
from rushlight import nn
from rushlight.nn import functional as F

X = torch.tensor([[1.0, -2.0], [3.0, 0.5], [-1.0, 2.0]])


def net():
    torch.manual_seed(0)
    layers = nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Dropout(0.5), nn.Linear(3, 1)
    model = nn.Sequential(*layers)
    return model, torch.optim.Adam(model.parameters(), 0.01)


def left_by(model, optimizer):
    """All that a step changes."""
    state = [x for each in optimizer.state.values() for x in each.values()]
    grads = [p.grad for p in model.parameters()]
    kept = [*model.state_dict().values(), *state, *grads, torch.get_rng_state()]
    return [x.detach().clone() for x in kept]


def steps(wrap):
    """What three good steps and one that raises leave."""
    model, optimizer = net()

    def step(x):
        loss = model(x).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if not torch.isfinite(loss):
            raise ValueError(f"loss is {loss.item()}")
        return loss

    step = wrap(step)
    for _ in range(3):
        step(X)
    with pytest.raises(ValueError, match=r"^loss is nan$") as error:
        step(X * float("nan"))
    assert error.value.__context__ is None
    return step, left_by(model, optimizer)


@pytest.mark.parametrize("backend", ["numpy", None])
def test_a_failing_check_leaves_what_the_function_leaves(backend):
    _, expected = steps(lambda step: step)
    step, found = steps(lambda step: Compiled(step, fullgraph=True, backend=backend))
    assert len(step.every_entry()) == 1
    for x, y in zip(found, expected, strict=True):
        np.testing.assert_allclose(x.numpy(), y.numpy(), 1e-4, 1e-6)


def test_validated_distributions():
    sample = Compiled(lambda p: torch.distributions.Categorical(p).sample(), fullgraph=True)
    p = torch.full((4,), 0.25)
    torch.manual_seed(0)
    found = [int(sample(p)) for _ in range(5)]
    torch.manual_seed(0)
    assert found == [int(torch.distributions.Categorical(p).sample()) for _ in range(5)]
    state = torch.get_rng_state()
    with pytest.raises(ValueError, match="Expected parameter probs"):
        sample(torch.tensor([0.5, -0.5, 1.0, 1.0]))
    assert torch.equal(torch.get_rng_state(), state)
    assert len(sample.every_entry()) == 1


def test_normal_with_tensors():
    def draw(mean, scale):
        return torch.distributions.Normal(mean, scale).rsample(), torch.normal(mean, scale)

    compiled = Compiled(draw, fullgraph=True, backend="numpy")
    for function in (compiled, compiled, compiled):
        torch.manual_seed(0)
        found = function(X, X.abs())
        torch.manual_seed(0)
        for x, y in zip(found, draw(X, X.abs()), strict=True):
            close(x, y)


def test_assertions():
    compiled = Compiled(twice_if_large, fullgraph=True, backend="numpy")
    for _ in range(2):
        close(compiled(X), X * 2)
    with pytest.raises(AssertionError, match="too small"):
        compiled(X * 100)


def test_a_schedule_beside_a_check_is_not_compiled():
    w = torch.ones(2, requires_grad=True)
    optimizer = torch.optim.SGD([w], 0.1)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1)

    def step(x):
        optimizer.zero_grad()
        (w * x).sum().backward()
        optimizer.step()
        schedule.step()
        if not w.isfinite().all():
            raise ValueError

    assert "steps a schedule" in eager_reason(step, X)


def test_other_branches_still_are_not_compiled():
    assert "a branch on its value" in eager_reason(lambda x: x * 2 if x.sum() > 0 else x, X)


def test_given_masks():
    w = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    mask = torch.tensor([True, False, True])
    total = Compiled(lambda: (w[mask] ** 2).sum(), fullgraph=True)
    for change in (lambda: None, lambda: None, mask.logical_not_, lambda: mask.fill_(True)):
        change()
        for _ in range(2):
            close(total(), (w[mask] ** 2).sum())
            (found,) = torch.autograd.grad(total(), w)
            close(found, 2 * w.detach() * mask)


def test_masks_that_are_always_others():
    total = Compiled(lambda x, mask: x[mask].sum(), backend="numpy")
    masks = [torch.arange(9) < i for i in range(9)]
    x = torch.arange(9.0)
    for mask in masks[:8]:
        close(total(x, mask), x[mask].sum())
    with pytest.warns(UserWarning, match=r"masks or lengths \(test_compile_checks.py:\d+\)"):
        close(total(x, masks[8]), x[masks[8]].sum())


def test_lengths_of_sequences():
    rnn = nn.GRU(2, 3, batch_first=True)
    x, lengths = torch.randn(2, 4, 2), torch.tensor([4, 2])

    def last(x, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True)
        return rnn(packed)[1]

    compiled = Compiled(last, fullgraph=True, backend="numpy")
    for n in (lengths, lengths, lengths - 1, lengths):
        close(compiled(x, n), last(x, n))


def test_ctc():
    scores, targets = torch.randn(6, 2, 4).log_softmax(2), torch.tensor([[1, 2], [3, 1]])

    def loss(scores, lengths):
        return F.ctc_loss(scores, targets, torch.tensor([6, 6]), lengths)

    compiled = Compiled(loss, fullgraph=True, backend="numpy")
    for lengths in ([2, 2], [2, 2], [2, 1]):
        close(compiled(scores, torch.tensor(lengths)), loss(scores, torch.tensor(lengths)))


def test_a_number_where_a_mask_says():
    def f(x):
        y = x * 1
        y[x < 0] = 7.0
        return y

    compiled = Compiled(f, fullgraph=True, backend="numpy")
    for k in (1.0, 1.0, -1.0):
        close(compiled(X * k), f(X * k))
        x = (X * k).requires_grad_()
        (found,) = torch.autograd.grad(compiled(x).sum(), x)
        close(found, (X * k >= 0).float())
