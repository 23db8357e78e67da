"""Optimizers: the same parameters and states as PyTorch's, and the same words."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest

import rushlight as rl

METHODS = {
    "sgd": ("SGD", {"lr": 0.05}),
    "sgd_momentum": ("SGD", {"lr": 0.05, "momentum": 0.9, "dampening": 0.1, "weight_decay": 0.01}),
    "sgd_nesterov": ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
    "sgd_maximize": ("SGD", {"lr": 0.001, "maximize": True, "weight_decay": 0.1}),
    "adam": ("Adam", {"lr": 0.05}),
    "adam_amsgrad": ("Adam", {"lr": 0.05, "amsgrad": True, "weight_decay": 0.1}),
    "adam_maximize": ("Adam", {"lr": 0.01, "maximize": True}),
    "adamw": ("AdamW", {"lr": 0.05, "betas": (0.8, 0.99), "eps": 1e-6, "weight_decay": 0.2}),
    "rmsprop": ("RMSprop", {"weight_decay": 0.01}),
    "rmsprop_centered": ("RMSprop", {"lr": 0.001, "centered": True, "momentum": 0.9}),
    "adagrad": ("Adagrad", {"lr": 0.1, "weight_decay": 0.01}),
    "adagrad_decay": (
        "Adagrad",
        {"lr": 0.1, "lr_decay": 0.1, "initial_accumulator_value": 0.5, "maximize": True},
    ),
    "adamax": ("Adamax", {"lr": 0.02, "weight_decay": 0.01}),
    "adadelta": ("Adadelta", {"weight_decay": 0.01}),
    "nadam": ("NAdam", {"lr": 0.02, "weight_decay": 0.01}),
    "nadam_decoupled": ("NAdam", {"weight_decay": 0.1, "decoupled_weight_decay": True}),
    "radam": ("RAdam", {"lr": 0.02, "weight_decay": 0.01}),
    "radam_decoupled": ("RAdam", {"lr": 0.02, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    "rprop": ("Rprop", {"etas": (0.4, 1.3)}),
    "asgd": ("ASGD", {"lr": 0.05, "weight_decay": 0.01, "lambd": 0.01}),
    "asgd_averaging": ("ASGD", {"lr": 0.05, "t0": 10}),
    "adafactor": ("Adafactor", {"lr": 0.1}),
    "adafactor_options": ("Adafactor", {"eps": (1e-4, 0.01), "d": 2.0, "weight_decay": 0.1}),
    "lbfgs": ("LBFGS", {"lr": 0.1, "max_iter": 3}),
    "lbfgs_wolfe": ("LBFGS", {"max_iter": 4, "line_search_fn": "strong_wolfe", "history_size": 3}),
}


def make_params(torch, dtype="float64"):
    rng = np.random.default_rng(3)
    shapes = [(4, 3), (3,), (), (2, 3, 2)]
    arrays = [rng.standard_normal(shape).astype(dtype) for shape in shapes]
    return [torch.tensor(a, requires_grad=True) for a in arrays]


def loss_of(params):
    """A crooked valley; the parameters don't all matter alike."""
    matrix, row, scalar, cube = params
    hidden = (matrix * row).sum(1).sin() + scalar
    return (
        (hidden**2).sum()
        + 0.3 * ((row - 1) ** 4).sum()
        + (cube * scalar - 0.5).pow(2).mean()
        + 0.1 * (matrix**2).sum()
    )


def descend(optimizer, params, steps):
    def closure():
        optimizer.zero_grad()
        loss = loss_of(params)
        loss.backward()
        return loss

    for _ in range(steps):
        optimizer.step(closure)


def make(torch, name, params):
    kind, options = METHODS[name]
    return getattr(torch.optim, kind)(params, **options)


def assert_same(mine, theirs, rtol, atol):
    """Compare states that may hold Tensors, numbers, lists and None."""
    if isinstance(theirs, dict):
        assert list(map(str, mine)) == list(map(str, theirs)) or set(mine) == set(theirs)
        for key in theirs:
            assert_same(mine[key], theirs[key], rtol, atol)
    elif isinstance(theirs, (list, tuple)):
        assert len(mine) == len(theirs)
        for a, b in zip(mine, theirs, strict=True):
            assert_same(a, b, rtol, atol)
    elif hasattr(theirs, "detach"):
        a, b = mine.detach().numpy(), theirs.detach().numpy()
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)
    else:
        assert mine == (None if theirs is None else pytest.approx(theirs, rel=rtol, abs=atol))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", METHODS)
def test_a_hundred_steps_end_where_pytorch_does(name, dtype):
    torch = pytest.importorskip("torch")
    mine, theirs = make_params(rl, dtype), make_params(torch, dtype)
    steps = 5 if "lbfgs" in name else 100 if dtype == "float64" else 20
    optimizer, other = make(rl, name, mine), make(torch, name, theirs)
    descend(optimizer, mine, steps)
    descend(other, theirs, steps)
    rtol, atol = (1e-6, 1e-7) if dtype == "float64" else (2e-3, 2e-4)
    assert_same(mine, theirs, rtol, atol)
    if dtype == "float64" and "lbfgs" not in name:
        assert_same(optimizer.state_dict(), other.state_dict(), rtol, atol)
    assert list(optimizer.state_dict()["param_groups"][0]) == list(
        other.state_dict()["param_groups"][0]
    )
    assert repr(optimizer) == repr(other)


@pytest.mark.parametrize("name", METHODS)
def test_states_go_over_from_pytorch(name):
    torch = pytest.importorskip("torch")
    theirs = make_params(torch)
    other = make(torch, name, theirs)
    descend(other, theirs, 4)
    mine = [rl.tensor(p.detach().numpy(), requires_grad=True) for p in theirs]
    optimizer = make(rl, name, mine)
    optimizer.load_state_dict(converted(other.state_dict()))
    descend(optimizer, mine, 3)
    descend(other, theirs, 3)
    assert_same(mine, theirs, 1e-6, 1e-8)


def converted(value):
    """A state of PyTorch's with our Tensors in it."""
    if isinstance(value, dict):
        return {key: converted(each) for key, each in value.items()}
    if isinstance(value, list):
        return [converted(each) for each in value]
    return rl.tensor(value.detach().numpy()) if hasattr(value, "detach") else value


@pytest.mark.parametrize("name", METHODS)
def test_going_on_from_a_saved_state(name):
    params = make_params(rl)
    optimizer = make(rl, name, params)
    descend(optimizer, params, 3)
    file = io.BytesIO()
    rl.save({"params": params, "optimizer": optimizer.state_dict()}, file)
    file.seek(0)
    saved = rl.load(file)
    others = saved["params"]
    other = make(rl, name, others)
    other.load_state_dict(saved["optimizer"])
    descend(optimizer, params, 3)
    descend(other, others, 3)
    assert_same(others, params, 1e-6, 0)  # PyTorch too loads the float32 `mu_product` as float64


@pytest.mark.parametrize("name", METHODS)
def test_every_method_descends_without_gradients_and_with_groups(name):
    kind, options = METHODS[name]
    unused = rl.ones(2, requires_grad=True)
    params = make_params(rl)
    before = loss_of(params).item()
    groups = [*params, unused]
    if kind != "LBFGS":
        groups = [{"params": params[:2], "lr": 0.01}, {"params": [*params[2:], unused]}]
    optimizer = getattr(rl.optim, kind)(groups, **options)
    descend(optimizer, params, 3)
    after = loss_of(params).item()
    assert after > before if options.get("maximize") else after < before
    assert unused.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("kind", ["SGD", "Adam", "RMSprop", "NAdam", "ASGD", "LBFGS"])
def test_a_rate_may_be_a_tensor(kind):
    params, others = make_params(rl), make_params(rl)
    descend(getattr(rl.optim, kind)(params, lr=rl.tensor(0.0625)), params, 2)
    descend(getattr(rl.optim, kind)(others, lr=0.0625), others, 2)
    assert_same(params, others, 1e-12, 0)


# Recorded: after two steps of the default method on (w * w).sum(), from [1, -2]
RECORDED = {
    "SGD": [0.996004, -1.992008],
    "Adam": [0.998, -1.998],
    "AdamW": [0.99798, -1.99796],
    "RMSprop": [0.832918, -1.830943],
    "Adagrad": [0.982965, -1.982947],
    "Adamax": [0.996, -1.995999],
    "Adadelta": [0.993598, -1.993596],
    "NAdam": [0.996321, -1.99632],
    "RAdam": [0.996002, -1.992004],
    "Rprop": [0.978, -1.978],
    "ASGD": [0.960398, -1.920796],
    "Adafactor": [0.968634, -1.96858],
}


@pytest.mark.parametrize("kind", RECORDED)
def test_two_steps_as_recorded(kind):
    w = rl.tensor([1.0, -2.0], requires_grad=True)
    optimizer = getattr(rl.optim, kind)([w])
    for _ in range(2):
        optimizer.zero_grad()
        (w * w).sum().backward()
        optimizer.step()
    assert w.tolist() == pytest.approx(RECORDED[kind], abs=2e-6)


def test_lbfgs_finds_the_valley_of_rosenbrock():
    w = rl.tensor([-1.5, 2.0], dtype=rl.float64, requires_grad=True)
    optimizer = rl.optim.LBFGS([w], max_iter=100, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2
        loss.backward()
        return loss

    optimizer.step(closure)
    assert w.tolist() == pytest.approx([1.0, 1.0], abs=1e-5)


# What all share


def test_hooks_run_around_steps():
    w = rl.ones(1, requires_grad=True)
    optimizer = rl.optim.SGD([w], lr=0.1)
    seen = []
    before = optimizer.register_step_pre_hook(lambda o, args, kwargs: seen.append("before"))
    optimizer.register_step_post_hook(lambda o, args, kwargs: seen.append("after"))
    (w * w).sum().backward()
    optimizer.step()
    before.remove()
    optimizer.step()
    assert seen == ["before", "after", "after"]


def test_state_dict_hooks():
    optimizer = rl.optim.SGD([rl.ones(1, requires_grad=True)], lr=0.1)
    optimizer.register_state_dict_post_hook(lambda o, state: {**state, "more": 1})
    seen = []
    optimizer.register_load_state_dict_pre_hook(lambda o, state: seen.append(state.pop("more")))
    optimizer.register_load_state_dict_post_hook(lambda o: seen.append("loaded"))
    optimizer.load_state_dict(optimizer.state_dict())
    assert seen == [1, "loaded"]


def test_closure_is_called_with_gradients_enabled():
    w = rl.ones(1, requires_grad=True)
    optimizer = rl.optim.SGD([w], lr=0.25)

    def closure():
        assert rl.is_grad_enabled()
        loss = (w * w).sum()
        loss.backward()
        return loss

    with rl.no_grad():
        assert optimizer.step(closure).item() == 1.0
    assert w.item() == 0.5


def test_zero_grad():
    w = rl.ones(1, requires_grad=True)
    optimizer = rl.optim.SGD([w], lr=0.25)
    (w * w).sum().backward()
    optimizer.zero_grad(set_to_none=False)
    assert w.grad.item() == 0.0
    optimizer.zero_grad()
    assert w.grad is None


def test_repr_as_recorded():
    optimizer = rl.optim.RMSprop([rl.ones(1, requires_grad=True)])
    assert repr(optimizer) == (
        "RMSprop (\nParameter Group 0\n    alpha: 0.99\n    capturable: False\n"
        "    centered: False\n    differentiable: False\n    eps: 1e-08\n    foreach: None\n"
        "    lr: 0.01\n    maximize: False\n    momentum: 0\n    weight_decay: 0\n)"
    )


def parameter():
    return rl.ones(2, 2, requires_grad=True)


O = rl.optim
WRONG = [
    (lambda: O.SGD([]), "optimizer got an empty parameter list"),
    (lambda: O.SGD([parameter()], lr=-1.0), "Invalid learning rate: -1.0"),
    (lambda: O.SGD([parameter()], momentum=-1.0), "Invalid momentum value: -1.0"),
    (lambda: O.SGD([parameter()], nesterov=True), "Nesterov momentum requires a momentum and zero"),
    (lambda: O.SGD([parameter() * 2]), "can't optimize a non-leaf Tensor"),
    (lambda: O.Adam([parameter()], betas=(1.0, 0.9)), "Invalid beta parameter at index 0: 1.0"),
    (lambda: O.Adam([parameter()], eps=-1.0), "Invalid epsilon value: -1.0"),
    (lambda: O.Adam([parameter()], lr=rl.ones(2)), "Tensor lr must be 1-element"),
    (lambda: O.RMSprop([parameter()], alpha=-1.0), "Invalid alpha value: -1.0"),
    (lambda: O.Adagrad([parameter()], lr_decay=-1.0), "Invalid lr_decay value: -1.0"),
    (
        lambda: O.Adagrad([parameter()], initial_accumulator_value=-1.0),
        "Invalid initial_accumulator_value value: -1.0",
    ),
    (lambda: O.Adadelta([parameter()], rho=2.0), "Invalid rho value: 2.0"),
    (lambda: O.NAdam([parameter()], momentum_decay=-1.0), "Invalid momentum_decay value: -1.0"),
    (lambda: O.Rprop([parameter()], etas=(2.0, 1.2)), "Invalid eta values: 2.0, 1.2"),
    (lambda: O.ASGD([parameter()], weight_decay=-1.0), "Invalid weight_decay value: -1.0"),
    (lambda: O.Adafactor([parameter()], d=0.5), "Clipping threshold d should be >= 1 but is: 0.5"),
    (
        lambda: O.LBFGS([{"params": [parameter()]}, {"params": [parameter()]}]),
        "LBFGS doesn't support per-parameter options (parameter groups)",
    ),
]


@pytest.mark.parametrize(("call", "text"), WRONG)
def test_wrong_arguments(call, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        call()


def test_wrong_types():
    with pytest.raises(TypeError, match="params argument given to the optimizer should be an iter"):
        rl.optim.SGD(rl.ones(1))
    with pytest.raises(TypeError, match="optimizer can only optimize Tensors, but one of the par"):
        rl.optim.SGD([1.0])
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'closure'"):
        rl.optim.LBFGS([parameter()]).step()


def test_a_state_that_does_not_fit_changes_nothing():
    w = parameter()
    optimizer = rl.optim.Adam([w])
    w.sum().backward()
    optimizer.step()
    before = optimizer.state_dict()["state"][0]["exp_avg"].clone()
    other = rl.optim.Adam([parameter(), parameter()])
    with pytest.raises(ValueError, match="loaded state dict contains a parameter group that does"):
        optimizer.load_state_dict(other.state_dict())
    assert rl.equal(optimizer.state_dict()["state"][0]["exp_avg"], before)


def test_sparse_adam_leaves_rows_without_gradient_alone():
    """The numbers that PyTorch 2.13 gives for the same three steps on sparse gradients."""
    table = rl.nn.Embedding.from_pretrained(
        rl.arange(12.0).reshape(4, 3) - 5, freeze=False, sparse=True
    )
    optimizer = rl.optim.SparseAdam(list(table.parameters()), lr=0.1)
    for step in range(3):
        optimizer.zero_grad()
        table(rl.tensor([1, step])).pow(2).sum().backward()
        optimizer.step()
    assert table.weight[3].tolist() == [4.0, 5.0, 6.0]
    expected = [[-4.9, -3.9, -2.9], [-1.709, -0.7089, 0.0], [0.9361, 1.9361, 2.9361]]
    for row, wanted in zip(table.weight.tolist(), expected):
        assert row == pytest.approx(wanted, abs=1e-4)
    with pytest.raises(ValueError, match="^Invalid learning rate: -1"):
        rl.optim.SparseAdam([rl.ones(1)], lr=-1)
    with pytest.raises(ValueError, match=r"^Sparse params at indices \[\[0, 0\]\]: SparseAdam req"):
        rl.optim.SparseAdam([rl.eye(2).to_sparse()])


def test_a_wrapper_of_an_optimizer_needs_not_prepare_itself():
    """Lookahead and its like take another optimizer's groups and never call our constructor."""

    class Halved(rl.optim.Optimizer):
        def __init__(self, inner):
            self.inner, self.param_groups = inner, inner.param_groups

        def step(self, closure=None):
            self.inner.step(closure)
            with rl.no_grad():
                self.param_groups[0]["params"][0].mul_(0.5)

    w = rl.ones(2, requires_grad=True)
    w.sum().backward()
    seen = []
    hook = rl.optim.optimizer.register_optimizer_step_pre_hook(lambda *_: seen.append("step"))
    Halved(rl.optim.SGD([w], lr=0.5)).step()
    hook.remove()
    assert (w.tolist(), seen) == ([0.25, 0.25], ["step"])


DIFFERENTIABLE = [
    ("SGD", {"weight_decay": 0.1}),
    ("SGD", {"maximize": True}),
    ("Adam", {"amsgrad": True, "weight_decay": 0.1}),
    ("AdamW", {}),
    ("NAdam", {"weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("RAdam", {}),
    ("Adamax", {}),
    ("RMSprop", {"centered": True, "momentum": 0.5}),
    ("Adagrad", {}),
    ("Adadelta", {}),
    ("ASGD", {}),
    ("Rprop", {"lr": 0.1}),
]


@pytest.mark.parametrize(("name", "options"), DIFFERENTIABLE, ids=lambda x: str(x)[:20])
def test_steps_are_differentiable(name, options):
    """The derivative through three steps is that of differences."""

    def after_three_steps(param, grad):
        p = param.clone()
        optimizer = getattr(rl.optim, name)([p], differentiable=True, **options)
        for _ in range(3):
            p.grad = grad * p.clone()
            optimizer.step()
        return p

    def real(param, grad):
        """Complex parameters are numbers in pairs."""
        return rl.view_as_real(after_three_steps(rl.view_as_complex(param), grad[:, 0]))

    param = rl.tensor([[0.7, 0.3], [-1.2, 0.4]], dtype=rl.float64, requires_grad=True)
    grad = rl.tensor([[0.9, 1.1], [1.3, 0.6]], dtype=rl.float64, requires_grad=True)
    assert rl.autograd.gradcheck(after_three_steps, (param, grad), eps=1e-7, atol=1e-4)
    assert rl.autograd.gradcheck(real, (param, grad), eps=1e-7, atol=1e-4)


@pytest.mark.parametrize("lr", [0.1, rl.tensor(0.1)])
def test_differentiable_steps_are_the_ordinary_ones(lr):
    finals = []
    for differentiable in (False, True):
        p = rl.tensor([1.0, -2.0, 3.0])
        optimizer = rl.optim.Adam([p], lr=lr, weight_decay=0.1, differentiable=differentiable)
        for step in range(5):
            p.grad = p * 2 + step
            optimizer.step()
        finals.append(p)
    rl.testing.assert_close(*finals)


def test_sparse_gradients():
    gradient = rl.sparse_coo_tensor(rl.tensor([[0, 2]]), rl.tensor([1.0, 2.0]), (3,))
    p = rl.ones(3, requires_grad=True)
    p.grad = gradient
    rl.optim.SGD([p], lr=0.1).step()
    assert p.tolist() == pytest.approx([0.9, 1.0, 0.8])
    with pytest.raises(RuntimeError, match="^Adam does not support sparse gradients, please"):
        rl.optim.AdamW([p]).step()
    with pytest.raises(RuntimeError, match="^Rprop does not support sparse gradients$"):
        rl.optim.Rprop([p]).step()
