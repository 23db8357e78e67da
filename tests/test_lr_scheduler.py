"""Schedules of the rate: values and texts as PyTorch gives them, and PyTorch itself beside them."""

from __future__ import annotations

import warnings

import pytest

import rushlight as rl
from rushlight.optim import lr_scheduler as schedules

KINDS = {
    "step": lambda L, o: L.StepLR(o, 3, 0.5),
    "multi_step": lambda L, o: L.MultiStepLR(o, [2, 5, 5, 11], 0.3),
    "exponential": lambda L, o: L.ExponentialLR(o, 0.93),
    "lambda": lambda L, o: L.LambdaLR(o, [lambda e: 1 / (1 + e), lambda e: 0.9**e]),
    "multiplicative": lambda L, o: L.MultiplicativeLR(o, lambda e: 0.9 + 0.01 * e),
    "constant": lambda L, o: L.ConstantLR(o, 0.3, 4),
    "linear": lambda L, o: L.LinearLR(o, 0.2, 0.9, 7),
    "polynomial": lambda L, o: L.PolynomialLR(o, 9, 1.7),
    "cosine": lambda L, o: L.CosineAnnealingLR(o, 6, 0.01),
    "cosine_one": lambda L, o: L.CosineAnnealingLR(o, 1),
    "restarts": lambda L, o: L.CosineAnnealingWarmRestarts(o, 3),
    "restarts_longer": lambda L, o: L.CosineAnnealingWarmRestarts(o, 2, 2, 0.001),
    "cyclic": lambda L, o: L.CyclicLR(o, 0.01, [0.1, 0.3], 4, 3),
    "cyclic_2": lambda L, o: L.CyclicLR(o, 0.01, 0.1, 4, mode="triangular2"),
    "cyclic_exp": lambda L, o: L.CyclicLR(o, 0.01, 0.1, 4, mode="exp_range", gamma=0.97),
    "cyclic_own": lambda L, o: L.CyclicLR(
        o, 0.01, 0.1, 4, scale_fn=lambda x: 1 / x, cycle_momentum=False
    ),
    "one_cycle": lambda L, o: L.OneCycleLR(o, [0.1, 0.4], 31),
    "one_cycle_linear": lambda L, o: L.OneCycleLR(
        o, 0.1, epochs=4, steps_per_epoch=8, anneal_strategy="linear", three_phase=True
    ),
    "sequential": lambda L, o: L.SequentialLR(
        o,
        [L.LinearLR(o, 0.1, total_iters=4), L.CosineAnnealingLR(o, 8), L.ExponentialLR(o, 0.8)],
        [4, 12],
    ),
    "sequential_polynomial": lambda L, o: L.SequentialLR(
        o,
        [L.ConstantLR(o, 0.5, 3), L.PolynomialLR(o, 6), L.MultiplicativeLR(o, lambda e: 0.9)],
        [3, 10],
    ),
    "chained": lambda L, o: L.ChainedScheduler([L.ConstantLR(o, 0.5, 4), L.ExponentialLR(o, 0.9)]),
    "sequence_of_chains": lambda L, o: L.SequentialLR(
        o,
        [
            L.ChainedScheduler([L.LinearLR(o, 0.5), L.ExponentialLR(o, 0.9)]),
            L.CosineAnnealingWarmRestarts(o, 4),
        ],
        [5],
    ),
}


def make_optimizer(torch, kind="SGD", **options):
    params = [torch.ones(2, requires_grad=True) for _ in range(2)]
    if kind == "SGD":
        options.setdefault("momentum", 0.5)
    return getattr(torch.optim, kind)(
        [{"params": params[0], "lr": 0.5}, {"params": params[1]}], lr=0.2, **options
    )


def trace(torch, name, kind="SGD", epochs=30):
    """What a schedule does: rates, the groups' numbers, last_epoch, and its state at the end."""
    optimizer = make_optimizer(torch, kind)
    scheduler = KINDS[name](torch.optim.lr_scheduler, optimizer)
    seen = []
    for _ in range(epochs):
        groups = [
            {k: v for k, v in group.items() if k != "params"} for group in optimizer.param_groups
        ]
        seen.append((scheduler.get_last_lr(), groups, getattr(scheduler, "last_epoch", None)))
        optimizer.step()
        scheduler.step()
    return seen, scheduler.state_dict()


def quiet(function, *args):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args)


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
@pytest.mark.parametrize("name", KINDS)
def test_rates_are_pytorchs(name, kind):
    torch = pytest.importorskip("torch")
    assert quiet(trace, rl, name, kind) == quiet(trace, torch, name, kind)


@pytest.mark.parametrize("name", [n for n in KINDS if not n.startswith(("sequen", "chained"))])
def test_going_to_an_epoch_is_pytorchs(name):
    torch = pytest.importorskip("torch")

    def rates(library):
        optimizer = make_optimizer(library)
        scheduler = KINDS[name](library.optim.lr_scheduler, optimizer)
        seen = []
        for epoch in [0, 3, 7, 8, None, None, 2, None]:
            optimizer.step()
            scheduler.step(epoch)
            seen.append((scheduler.get_last_lr(), scheduler.last_epoch))
        return seen

    assert quiet(rates, rl) == quiet(rates, torch)


@pytest.mark.filterwarnings("ignore:Detected call")  # chains within sequences begin twice
@pytest.mark.parametrize("name", KINDS)
def test_state_goes_from_one_to_another(name):
    optimizer = make_optimizer(rl)
    scheduler = KINDS[name](schedules, optimizer)
    for _ in range(5):
        optimizer.step()
        scheduler.step()
    other_optimizer = make_optimizer(rl)
    other = KINDS[name](schedules, other_optimizer)
    other_optimizer.load_state_dict(optimizer.state_dict())
    other.load_state_dict(scheduler.state_dict())
    assert other.get_last_lr() == scheduler.get_last_lr()
    for _ in range(4):
        for each in (optimizer, scheduler, other_optimizer, other):
            each.step()
    assert other.get_last_lr() == scheduler.get_last_lr()
    assert other.state_dict() == scheduler.state_dict()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"patience": 1},
        {"patience": 0, "mode": "max", "factor": 0.5, "cooldown": 2},
        {"patience": 0, "threshold_mode": "abs", "threshold": 0.1, "min_lr": [0.1, 0.02]},
    ],
)
def test_plateau_is_pytorchs(options):
    torch = pytest.importorskip("torch")
    losses = [1.0, 0.9, 0.95, 0.91, 0.95, 0.8, 0.79, 0.7999, 0.9, 1.0, 1.0, 1.1, 1.0, 1.2] * 2

    def rates(library):
        optimizer = make_optimizer(library)
        scheduler = library.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
        seen = []
        for loss in losses:
            scheduler.step(library.tensor(loss))
            seen.append((scheduler.get_last_lr(), scheduler.state_dict()))
        return seen

    assert rates(rl) == rates(torch)


def test_tensor_rates_stay_the_same_tensor():
    rate = rl.tensor(0.5)
    optimizer = rl.optim.SGD([rl.ones(1, requires_grad=True)], lr=rate)
    scheduler = schedules.StepLR(optimizer, 1, 0.5)
    optimizer.step()
    scheduler.step()
    assert optimizer.param_groups[0]["lr"] is rate
    assert rate.item() == 0.25
    assert scheduler.get_last_lr()[0].item() == 0.25
    assert optimizer.param_groups[0]["initial_lr"].item() == 0.5


# Recorded


RECORDED = {
    "step": [0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125],
    "linear": [0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4],
    "cosine": [0.5, 0.467176, 0.3775, 0.255, 0.1325, 0.042824, 0.01],
    "cyclic": [0.01, 0.0325, 0.055, 0.0775, 0.1, 0.07, 0.04],
    "restarts": [0.5, 0.375, 0.125, 0.5, 0.375, 0.125, 0.5],
}


@pytest.mark.parametrize("name", RECORDED)
def test_rates_as_recorded(name):
    seen, _ = trace(rl, name, epochs=7)
    assert [rates[0] for rates, _, _ in seen] == pytest.approx(RECORDED[name], abs=1e-6)


def test_state_dict_as_recorded():
    scheduler = schedules.StepLR(rl.optim.SGD([rl.ones(1, requires_grad=True)], lr=0.1), 2)
    assert scheduler.state_dict() == {
        "step_size": 2, "gamma": 0.1, "base_lrs": [0.1], "last_epoch": 0, "_step_count": 1,
        "_is_initial": False, "_get_lr_called_within_step": False, "_last_lr": [0.1],
    }  # fmt: skip


def test_stepping_before_the_optimizer_warns_once():
    optimizer = make_optimizer(rl)
    scheduler = schedules.StepLR(optimizer, 2)
    with pytest.warns(UserWarning, match="Detected call of `lr_scheduler.step\\(\\)` before"):
        scheduler.step()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scheduler.step()


def test_the_watch_is_gone_after_the_first_step():
    optimizer = make_optimizer(rl)
    scheduler = schedules.StepLR(optimizer, 2)
    optimizer.step()
    assert "step" not in vars(optimizer)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scheduler.step()
        schedules.ExponentialLR(optimizer, 0.9).step()


def test_an_overridden_step_warns():
    optimizer = make_optimizer(rl)
    scheduler = schedules.StepLR(optimizer, 2)
    optimizer.step = lambda: None
    optimizer.step()
    with pytest.warns(UserWarning, match="Seems like `optimizer.step\\(\\)` has been overridden"):
        scheduler.step()


def test_epoch_argument_and_get_lr_warn():
    optimizer = make_optimizer(rl)
    scheduler = schedules.StepLR(optimizer, 2)
    optimizer.step()
    with pytest.warns(UserWarning, match="The epoch parameter in `scheduler.step\\(\\)` was not"):
        scheduler.step(4)
    with pytest.warns(UserWarning, match="To get the last learning rate computed by the"):
        scheduler.get_lr()


def test_one_cycle_ends():
    optimizer = make_optimizer(rl)
    scheduler = schedules.OneCycleLR(optimizer, 0.1, 2)
    optimizer.step()
    scheduler.step()
    scheduler.step()
    with pytest.raises(ValueError, match="Tried to step 3 times\\. The specified number of total"):
        scheduler.step()


L = schedules
WRONG = [
    (lambda o: L.StepLR(3, 2), TypeError, "int is not an Optimizer"),
    (lambda o: L.StepLR(o, 2, last_epoch=3), KeyError, "param 'initial_lr' is not specified in"),
    (lambda o: L.LambdaLR(o, [abs]), ValueError, "Expected 2 lr_lambdas, but got 1"),
    (lambda o: L.ConstantLR(o, 2), ValueError, "Constant multiplicative factor expected to be"),
    (lambda o: L.LinearLR(o, 0), ValueError, "Starting multiplicative factor expected to be"),
    (lambda o: L.LinearLR(o, 1, 2), ValueError, "Ending multiplicative factor expected to be"),
    (lambda o: L.CosineAnnealingWarmRestarts(o, 0), ValueError, "Expected positive integer T_0, b"),
    (lambda o: L.CosineAnnealingWarmRestarts(o, 2, 0), ValueError, "Expected integer T_mult >= 1"),
    (lambda o: L.CyclicLR(o, [1], 2), ValueError, "base_lr must have the same length as optimizer"),
    (lambda o: L.CyclicLR(o, 1, 2, mode="x"), ValueError, "mode is invalid and scale_fn is None"),
    (lambda o: L.OneCycleLR(o, 1), ValueError, "You must define either total_steps OR \\(epochs"),
    (lambda o: L.OneCycleLR(o, 1, 9, pct_start=2), ValueError, "Expected float between 0 and 1"),
    (lambda o: L.OneCycleLR(o, 1, 0), ValueError, "Expected positive integer total_steps, but got"),
    (lambda o: L.ReduceLROnPlateau(o, factor=1.0), ValueError, "Factor should be < 1.0."),
    (lambda o: L.ReduceLROnPlateau(o, "up"), ValueError, "mode up is unknown!"),
    (lambda o: L.ReduceLROnPlateau(o, min_lr=[1]), ValueError, "expected 2 min_lrs, got 1"),
    (lambda o: L.SequentialLR(o, [], []), ValueError, "SequentialLR expects at least one sched"),
    (lambda o: L.SequentialLR(o, [L.StepLR(o, 2)], [3]), ValueError, "Sequential Schedulers expec"),
    (lambda o: L.ChainedScheduler([]), ValueError, "ChainedScheduler expects at least one sched"),
    (lambda o: L.LRScheduler(o), NotImplementedError, "^$"),
]


@pytest.mark.parametrize(("make", "error", "text"), WRONG)
def test_wrong_arguments(make, error, text):
    with pytest.raises(error, match=text):
        make(make_optimizer(rl))


def test_cyclic_momentum_needs_a_momentum():
    optimizer = rl.optim.LBFGS([rl.ones(1, requires_grad=True)])
    with pytest.raises(ValueError, match="optimizer must support momentum or beta1 with `cycle_m"):
        schedules.CyclicLR(optimizer, 0.1, 0.2)


def test_an_old_program_may_subclass_the_old_name():
    class Halving(schedules._LRScheduler):
        def get_lr(self):
            return [lr * 0.5**self.last_epoch for lr in self.base_lrs]

    optimizer = make_optimizer(rl)
    scheduler = Halving(optimizer)
    optimizer.step()
    scheduler.step()
    assert scheduler.get_last_lr() == [0.25, 0.1]
    assert Halving.__module__ == __name__
