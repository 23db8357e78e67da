"""Whole training steps compiled: the same numbers, effects and random stream as uncompiled."""

import gc

import pytest
from compiling import compare_steps

import rushlight as torch
from rushlight import nn

F = nn.functional

OPTIMIZERS = {
    "SGD": {"lr": 0.05},
    "SGD with momentum": {"lr": 0.05, "momentum": 0.9, "weight_decay": 1e-3},
    "SGD with Nesterov": {"lr": 0.05, "momentum": 0.9, "nesterov": True},
    "SGD climbing": {"lr": 1e-3, "maximize": True},
    "Adam": {"lr": 0.01},
    "Adam with amsgrad": {"lr": 0.01, "amsgrad": True, "weight_decay": 0.01},
    "AdamW": {"lr": 0.01},
    "Adadelta": {},
    "Adafactor": {},
    "Adagrad": {"lr": 0.05, "lr_decay": 0.01},
    "Adamax": {},
    "ASGD": {"t0": 3},
    "NAdam": {},
    "RAdam": {"lr": 0.01},
    "RMSprop": {},
    "RMSprop centered": {"centered": True, "momentum": 0.5},
    "Rprop": {},
}


def perceptron(*between):
    return nn.Sequential(nn.Linear(2, 8), *between, nn.Tanh(), nn.Linear(8, 1))


def data():
    return torch.randn(10, 2), torch.randn(10, 1)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_goes_the_same_way(name):
    def make():
        net = perceptron()
        optimizer = getattr(torch.optim, name.split()[0])(net.parameters(), **OPTIMIZERS[name])

        def step(x, y):
            optimizer.zero_grad()
            loss = F.mse_loss(net(x), y)
            loss.backward()
            optimizer.step()
            return loss

        return step, data(), (net, optimizer)

    compare_steps(make, calls=9)


def test_everything_that_a_step_may_contain():
    def make():
        net = perceptron(nn.Dropout(0.2), nn.BatchNorm1d(8))
        optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)

        def step(x, y):
            optimizer.zero_grad()
            loss = F.mse_loss(net(x), y)
            loss.backward()
            norm = nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            with torch.no_grad():
                far = (net(x) - y).abs().max()
            return loss, {"norm": norm, "far": far}

        return step, data(), (net, optimizer)

    compare_steps(make, calls=6)


def test_gradients_accumulate():
    def make():
        net = perceptron()

        def step(x, y):
            (F.mse_loss(net(x), y) / 2).backward()
            (F.l1_loss(net(x), y) / 2).backward()

        return step, data(), (net,)

    compare_steps(make, entries=2)


def test_gradients_set_to_zero_stay_the_same_tensors():
    def make():
        net = perceptron()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

        def step(x, y):
            optimizer.zero_grad(set_to_none=False)
            F.mse_loss(net(x), y).backward()
            optimizer.step()

        return step, data(), (net,)

    compare_steps(make)


def test_scalar_descent_by_hand():
    def make():
        w = torch.tensor(10.0, requires_grad=True)

        def step():
            loss = w**2 + 20
            loss.backward()
            with torch.no_grad():
                w.sub_(0.1 * w.grad)
                w.grad.zero_()
            return loss

        return step, (), (w,)

    compare_steps(make)


def test_data_replaced_in_the_old_style():
    def make():
        w = torch.ones(3, requires_grad=True)

        def step(x):
            loss = ((w - x) ** 2).sum()
            loss.backward()
            w.data = w.data - 0.1 * w.grad.data
            w.grad.data.zero_()
            return loss

        return step, (torch.randn(3),), (w,)

    compare_steps(make)


def test_second_derivatives_of_a_net_that_solves_an_equation():
    def make():
        net = perceptron()
        optimizer = torch.optim.Adam(net.parameters(), lr=0.01)

        def step(x, y):
            x = x.clone().requires_grad_()
            u = net(x)
            (slope,) = torch.autograd.grad(u.sum(), x, create_graph=True)
            (curve,) = torch.autograd.grad(slope[:, 0].sum(), x, create_graph=True)
            loss = ((slope[:, 1:] - curve[:, :1]) ** 2).mean() + F.mse_loss(u, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return loss

        return step, data(), (net, optimizer)

    compare_steps(make)


class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * 3 * x**2


def test_functions_of_users():
    def make():
        w = torch.randn(4, requires_grad=True)

        def step(x):
            loss = Cube.apply(w * x).sum()
            loss.backward()
            return loss

        return step, (torch.randn(4),), (w,)

    compare_steps(make)


MODELS = {
    "convolution": lambda: (
        nn.Sequential(
            nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(3, 2, 3, stride=2), nn.AvgPool2d(1), nn.Flatten(), nn.LazyLinear(4),
        ),
        torch.randn(2, 1, 10, 10),
    ),
    "embedding and attention": lambda: (
        nn.Sequential(
            nn.Embedding(20, 8),
            nn.TransformerEncoderLayer(8, 2, 16, dropout=0.1, batch_first=True),
            nn.Flatten(), nn.LazyLinear(4),
        ),
        torch.randint(0, 20, (2, 5)),
    ),
    "gelu and layer norm": lambda: (
        nn.Sequential(nn.Linear(6, 8), nn.LayerNorm(8), nn.GELU(), nn.Linear(8, 4)),
        torch.randn(2, 6),
    ),
    "recurrent": lambda: (Last(nn.LSTM(3, 4, batch_first=True)), torch.randn(2, 5, 3)),
    "gated": lambda: (Last(nn.GRU(3, 4, batch_first=True)), torch.randn(2, 5, 3)),
}  # fmt: skip


class Last(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)[0][:, -1]


@pytest.mark.parametrize("name", MODELS)
def test_models(name):
    def make():
        net, x = MODELS[name]()
        net(x)  # lazy layers find their sizes
        optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
        y = torch.tensor([1, 3])

        def step(x, y):
            loss = F.cross_entropy(net(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return loss

        return step, (x, y), (net,)

    compare_steps(make, calls=4)


def test_writing_to_parts_and_picking_rows():
    def make():
        state = torch.zeros(4, 3)

        def step(x, rows):
            state[1] = x[0]
            state[rows] += 1
            state[:, 0].mul_(0.5)
            fresh = torch.zeros(2, 3)
            fresh[0] = x[1]
            fresh[1, 1:] = x[rows][0, 1:]
            return fresh, state.sum()

        return step, (torch.randn(4, 3), torch.tensor([0, 2])), (state,)

    compare_steps(make)


@pytest.mark.parametrize("transform", ["grad", "vmap", "vmap of grad", "jacrev"])
def test_transforms_within(transform):
    func = torch.func
    made = {
        "grad": func.grad(lambda w, x: (w * x).sin().sum()),
        "vmap": func.vmap(lambda w, x: (w * x).exp()),
        "vmap of grad": func.vmap(func.grad(lambda w, x: (w * x).tanh()), (0, 0)),
        "jacrev": func.jacrev(lambda w, x: w * x * x),
    }[transform]

    def make():
        return (lambda w, x: made(w, x)), (torch.randn(4), torch.randn(4)), ()

    compare_steps(make)


ORDERS = {
    "compile of no_grad of vmap of grad": lambda f, c: c(no_grad(torch.vmap(torch.func.grad(f)))),
    "vmap of compile of grad": lambda f, c: torch.vmap(c(torch.func.grad(f))),
    "grad of compile of vmap": lambda f, c: torch.func.grad(lambda x: c(torch.vmap(f))(x).sum()),
    "no_grad of grad of compile": lambda f, c: no_grad(torch.vmap(torch.func.grad(c(f)))),
    "compile of vmap of compile": lambda f, c: c(torch.vmap(torch.func.grad(c(f)))),
}


def no_grad(function):
    def without(*args):
        with torch.no_grad():
            return function(*args)

    return without


@pytest.mark.parametrize("name", ORDERS)
def test_compile_grad_no_grad_and_vmap_in_any_order(name):
    x = torch.tensor([0.3, -0.2, 0.9])
    composed = ORDERS[name](lambda x: torch.sin(x * x), torch.compile)
    for _ in range(3):
        assert torch.allclose(composed(x), 2 * x * torch.cos(x * x))


def test_random_numbers_are_drawn_anew_in_the_same_order():
    def make():
        def step(p):
            noise = torch.randn(20) + torch.rand(3, 1)
            order = torch.randperm(5)
            return noise, order, torch.bernoulli(p), torch.randint(0, 9, (4,)), torch.rand_like(p)

        return step, (torch.tensor([0.2, 0.5, 0.9]),), ()

    compare_steps(make)


def test_a_generator_of_the_users_own():
    def make():
        generator = torch.Generator().manual_seed(3)
        return (lambda: torch.rand(3, generator=generator)), (), ()

    compare_steps(make)


def test_a_target_net_that_follows():
    def make():
        net, target = nn.Linear(4, 2), nn.Linear(4, 2)
        optimizer = torch.optim.RMSprop(net.parameters())

        def step(state, action, reward, after):
            with torch.no_grad():
                wanted = reward + 0.9 * target(after).max(1)[0]
            value = net(state).gather(1, action.unsqueeze(1)).squeeze(1)
            loss = F.smooth_l1_loss(value, wanted)
            optimizer.zero_grad()
            loss.backward()
            for p in net.parameters():
                p.grad.data.clamp_(-1, 1)
            optimizer.step()
            for own, p in zip(target.parameters(), net.parameters(), strict=True):
                own.data.copy_(0.1 * p.data + 0.9 * own.data)
            return loss

        torch_state = torch.randn(5, 4), torch.randint(0, 2, (5,)), torch.randn(5)
        return step, (*torch_state, torch.randn(5, 4)), (net, target)

    compare_steps(make)


def test_two_optimizers_and_a_cycle_of_rate_and_momentum():
    def make():
        maker, judge = nn.Linear(3, 2), nn.Sequential(nn.Linear(2, 1), nn.Sigmoid())
        first = torch.optim.SGD(maker.parameters(), lr=0.1, momentum=0.9)
        second = torch.optim.Adam(judge.parameters(), betas=(0.5, 0.999))
        cycle = torch.optim.lr_scheduler.OneCycleLR(first, 0.1, total_steps=20)

        def step(real):
            fake = maker(torch.randn(len(real), 3))
            ones, zeros = torch.ones(len(real), 1), torch.zeros(len(real), 1)
            bce = F.binary_cross_entropy
            judged = bce(judge(real), ones) + bce(judge(fake.detach()), zeros)
            second.zero_grad()
            judged.backward()
            second.step()
            made = bce(judge(fake), ones)
            first.zero_grad()
            made.backward()
            first.step()
            cycle.step()
            return judged, made

        return step, (torch.randn(6, 2),), (maker, judge)

    compare_steps(make, calls=6, entries=1)


def test_rows_and_columns_picked_with_a_range():
    def make():
        weight = torch.randn(4, 3, requires_grad=True)

        def step(x, y):
            p = torch.softmax(x @ weight, 1)
            loss = -torch.log(p[range(len(y)), y]).mean()
            loss.backward()
            return loss

        return step, (torch.randn(5, 4), torch.tensor([0, 1, 2, 1, 0])), (weight,)

    compare_steps(make)


def test_tensors_that_the_collector_no_longer_visits_are_found():
    weight, seen = torch.ones(3), torch.zeros(())
    gc.collect()
    gc.freeze()
    try:

        def step(x):
            seen.add_(1)
            return (x * weight).sum() * seen

        compiled = torch.compile(step, backend="numpy", fullgraph=True)
        for n in range(1, 4):
            weight.fill_(n)
            assert compiled(torch.ones(3)).item() == 3 * n * n
        assert seen.item() == 3 and gc.get_freeze_count() > 1000
    finally:
        gc.unfreeze()


@pytest.mark.parametrize("automatic", [True, False])
def test_a_collection_within_the_traced_run(automatic):
    weight = torch.ones(3, requires_grad=True)
    kept = []

    def run(x):
        made = weight * x
        gc.collect()
        kept.append(made)
        return (made * made).sum()

    if not automatic:
        gc.disable()
    try:
        expected = run(torch.ones(3))
        compiled = torch.compile(run, backend="numpy")
        with pytest.warns(torch.compile.EagerWarning, match="it changes"):
            assert compiled(torch.ones(3)).item() == expected.item() == 3
        assert gc.isenabled() is automatic
        kept[1].sum().backward()
        assert (kept[1] + 1).tolist() == [2, 2, 2] and weight.grad.tolist() == [1, 1, 1]
    finally:
        gc.enable()
