"""`torch.compile`: what holds, what makes it compile anew, what runs uncompiled, what is shown."""

import subprocess
import sys
import threading

import numpy as np
import pytest
from compiling import close, eager_reason, strictly

import rushlight as torch
from rushlight import nn
from rushlight.compile import Compiled, EagerWarning, Unsupported

# Guards -------------------------------------------------------------------------------------------


def test_it_is_traced_once():
    calls = []

    def double(x):
        calls.append
        return x * 2

    compiled = strictly(double)
    for n in range(4):
        assert compiled(torch.tensor([float(n)])).item() == 2.0 * n
    assert len(compiled.every_entry()) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (torch.ones(2), torch.ones(3)),
        (torch.ones(2), torch.ones(2, dtype=torch.float64)),
        (torch.ones(2, 3), torch.ones(3, 2).T),
        (torch.ones(2), torch.ones(2, requires_grad=True)),
        (2, 3),
        (True, False),
        (None, 1.5),
        ("a", "b"),
        ([torch.ones(2)], [torch.ones(2), torch.ones(2)]),
    ],
)
def test_other_arguments_make_another_program(first, second):
    def describe(x):
        if isinstance(x, list):
            return sum(each.sum() for each in x)
        return (x * 2) if isinstance(x, torch.Tensor) else torch.full((2,), float(len(str(x))))

    compiled = strictly(describe)
    for x in (first, second, first, second):
        close(compiled(x), describe(x))
    assert len(compiled.every_entry()) == 2


SCALE = 2.0


class Settings:
    factor = 3.0

    def __init__(self):
        self.shift = 1.0
        self.values = [1.0, 2.0]


def test_values_of_python_are_watched():
    global SCALE
    settings, offsets, layer = Settings(), {"x": 1.0}, nn.Linear(2, 2)

    def function(x):
        return layer(x) * SCALE + settings.shift + settings.values[1] + offsets["x"]

    compiled = strictly(function)
    x = torch.ones(2)

    def agree():
        for _ in range(2):
            close(compiled(x), function(x))

    agree()
    SCALE = 5.0
    agree()
    SCALE = 2.0
    settings.shift = 7.0
    agree()
    settings.values[1] = -1.0
    agree()
    offsets["x"] = 9.0
    agree()
    layer.weight = nn.Parameter(torch.zeros(2, 2))
    agree()
    layer.bias.data = torch.full((2,), 4.0)
    agree()
    assert len(compiled.every_entry()) == 6


def test_a_global_with_the_name_of_an_attribute_is_no_part():
    global shift
    shift, settings = 0.0, Settings()
    compiled = strictly(lambda x: x * settings.shift)
    for shift in range(300):  # noqa: B007
        compiled(torch.ones(2))
    assert len(compiled.every_entry()) == 1


def test_a_replaced_function_is_seen():
    def helper(x):
        return x + 1

    def function(x):
        return helper(x)

    compiled = strictly(function)
    assert [compiled(torch.zeros(())).item() for _ in range(2)] == [1, 1]

    def helper(x):  # noqa: F811
        return x + 2

    assert [compiled(torch.zeros(())).item() for _ in range(2)] == [2, 2]


def test_training_and_evaluation():
    net = nn.Sequential(nn.Dropout(0.5), nn.BatchNorm1d(3))
    compiled = torch.compile(net, backend="numpy")
    x = torch.randn(4, 3)
    for mode in (True, False, True, False):
        net.train(mode)
        for _ in range(2):
            state = torch.get_rng_state(), net[1].running_mean.clone()
            found = compiled(x)
            torch.set_rng_state(state[0])
            net[1].running_mean.copy_(state[1])
            close(found, net(x))


def test_grad_mode():
    w = torch.ones(2, requires_grad=True)
    compiled = strictly(lambda x: w * x)
    for _ in range(2):
        assert compiled(torch.ones(2)).requires_grad
        with torch.no_grad():
            assert not compiled(torch.ones(2)).requires_grad


def test_a_changed_learning_rate_is_no_new_program():
    w = torch.ones(2, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.5)

    def step():
        w.grad = torch.ones(2)
        optimizer.step()

    compiled = strictly(step)
    compiled()
    compiled()
    optimizer.param_groups[0]["lr"] = 0.25
    compiled()
    optimizer.param_groups[0]["lr"] = 2.0
    compiled()
    assert w.tolist() == [1 - 0.5 - 0.5 - 0.25 - 2.0] * 2
    assert len(compiled.every_entry()) <= 2


def test_a_new_weight_decay_that_was_zero_is_a_new_program():
    w = torch.ones(2, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.5, weight_decay=0.0)

    def step():
        w.grad = torch.ones(2)
        optimizer.step()

    compiled = strictly(step)
    compiled(), compiled()
    assert w.tolist() == [0.0, 0.0]
    w.data.fill_(1.0)
    optimizer.param_groups[0]["weight_decay"] = 1.0
    compiled()
    assert w.tolist() == [0.0, 0.0]


def test_loaded_optimizer_state_is_used():
    def make():
        w = torch.ones(2, requires_grad=True)
        optimizer = torch.optim.Adam([w], lr=0.1)

        def step():
            w.grad = w.detach() * 2
            optimizer.step()

        return w, optimizer, step

    w, optimizer, step = make()
    v, other, plain = make()
    compiled = strictly(step)
    for run in (compiled, plain):
        run(), run(), run()
    for each, own in ((optimizer, w), (other, v)):
        state = each.state_dict()
        own.data.fill_(3.0)
        each.load_state_dict(state)
    compiled(), plain()
    close(w, v)


def test_too_many_kinds_of_calls_end_it():
    compiled = Compiled(lambda x, n: x * n, backend="numpy")
    with pytest.warns(EagerWarning, match="compiled 8 times"):
        for n in range(12):
            assert compiled(torch.ones(()), n).item() == n
    assert len(compiled.every_entry()) == 8


def test_arguments_that_share_memory_are_not_compiled():
    def function(x, y):
        x.add_(1)
        return y * 2

    base = torch.zeros(4)
    reason = eager_reason(function, base[:3], base[1:])
    assert "memory that two of its tensors share" in reason
    compiled = Compiled(function, backend="numpy")
    a, b = torch.zeros(3), torch.zeros(3)
    compiled(a, b)
    compiled(a, b)
    (entry,) = compiled.every_entry()
    assert entry.holds([a, b])
    assert not entry.holds([base[:3], base[1:]])


def test_the_same_tensor_given_twice():
    compiled = strictly(lambda x, y: x.add_(y).sum())
    for make in (lambda: (torch.ones(2), torch.ones(2)), lambda: (torch.ones(2),) * 2):
        for _ in range(2):
            assert compiled(*make()).item() == 4


def named(x):
    return torch.linalg.svd(x)


@pytest.mark.parametrize(
    "function",
    [
        named,
        lambda x: {"a": x + 1, "b": (x, 3, None)},
        lambda x: [x.view(-1)[1:4], x.T],
        lambda x: (x.to(torch.bfloat16) * 2).float(),
        lambda x: torch.fft.fft(x).abs(),
        lambda x: x.int() + 1,
        lambda x: x[:0].sum() + x.numel(),
        lambda x: x.max(1),
        lambda x: torch.complex(x, x) * 2j,
    ],
)
def test_results_of_all_kinds(function):
    compiled = strictly(function)
    for _ in range(2):
        x = torch.randn(2, 3)
        found, expected = compiled(x), function(x)
        assert type(found) is type(expected)
        close(found, expected)


def test_inference_mode():
    net = nn.Linear(3, 2)
    compiled = torch.compile(net, backend="numpy", fullgraph=True)
    with torch.inference_mode():
        for _ in range(2):
            assert compiled(torch.ones(1, 3)).is_inference()
    for _ in range(2):
        assert compiled(torch.ones(1, 3)).requires_grad


# What can't be compiled ---------------------------------------------------------------------------


def line_of(function, offset):
    return f"test_compile.py:{function.__code__.co_firstlineno + offset}"


def branch(x):
    if x.sum() > 0:
        return x
    return -x


def item(x):
    return x * x.sum().item()


def prints(x):
    print(x)
    return x


def numpys(x):
    return torch.from_numpy(np.sort(x.numpy()))


def nonzeros(x):
    return x.nonzero()


@pytest.mark.parametrize(
    ("function", "offset", "what"),
    [
        (branch, 1, "a branch on its value"),
        (item, 1, r"item\(\)"),
        (prints, 1, "it prints or logs"),
        (numpys, 1, "its array"),
        (nonzeros, 1, "nonzero"),
    ],
)
def test_it_runs_uncompiled_after_one_warning_that_names_the_line(function, offset, what, capsys):
    compiled = Compiled(function, backend="numpy")
    x = torch.tensor([1.0, -3.0])
    with pytest.warns(EagerWarning, match=what) as caught:
        first = compiled(x)
    assert line_of(function, offset) in str(caught[0].message)
    close(first, function(x))
    assert type(first._array) is np.ndarray
    close(compiled(-x), function(-x))
    with pytest.raises(Unsupported, match=what):
        strictly(function)(x)
    capsys.readouterr()


def test_a_result_that_hangs_on_a_leaf_of_the_run_is_made_uncompiled():
    @torch.compile(backend="numpy")
    def product(x):
        return (x * torch.ones(3, requires_grad=True)).sum()

    with pytest.warns(EagerWarning, match="its result hangs on a leaf that it makes"):
        results = [product(torch.ones(3)) for _ in range(3)]
    assert all(result.requires_grad and result.item() == 3 for result in results)


def test_effects_happen_once_where_it_gives_up():
    w = torch.zeros(2, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=1.0, momentum=0.5)
    seen = []

    def step(x):
        loss = (w * x).sum()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        seen.append(loss.item())

    compiled = Compiled(step, backend="numpy")
    compiled(torch.ones(2))  # makes the optimizer's state
    assert (w.tolist(), len(seen)) == ([-1.0, -1.0], 1)
    with pytest.warns(EagerWarning, match="item"):
        compiled(torch.ones(2))
    assert (w.tolist(), len(seen)) == ([-2.5, -2.5], 2)


def test_python_objects_that_the_function_changes():
    history = []

    def remembers(x):
        history.append(x)
        return x * 2

    assert "it changes history" in eager_reason(remembers, torch.ones(2))

    class Counter:
        count = 0

    counter = Counter()

    def counts(x):
        counter.count += 1
        return x * counter.count

    compiled = Compiled(counts, backend="numpy")
    with pytest.warns(EagerWarning, match="it changes"):
        found = [compiled(torch.ones(())).item() for _ in range(4)]
    assert found == [1, 2, 3, 4]


def test_what_comes_from_elsewhere_is_not_taken_for_a_constant():
    import random

    batches = iter([torch.ones(1), torch.ones(1) * 2, torch.ones(1) * 3])
    dice = np.random.default_rng(0)
    loader = torch.utils.data.DataLoader(torch.arange(3.0))
    entries = iter(loader)

    def numbers():
        yield 1.0
        yield 2.0

    generator = numbers()
    for function, name in (
        (lambda x: x * random.random(), "it draws from the module random"),
        (lambda x: x * float(np.random.rand()), "it draws from numpy.random"),
        (lambda x: x * float(dice.random()), "it draws from dice"),
        (lambda x: x * next(batches), "it draws from batches"),
        (lambda x: x * next(generator), "it draws from generator"),
        (lambda x: x * next(entries), "it takes a batch from a DataLoader"),
        (lambda x: sum(batch * x for batch in loader), "random generator"),
        (lambda x: print("ready") or x * 1, "it prints or logs"),
    ):
        assert name in eager_reason(function, torch.ones(1))


def test_numpys_chance_is_seen_where_it_is_loaded_by_the_run():
    text = """
import numpy as np, rushlight as torch
def loading(x):
    import numpy.random
    return x + 1
loading = torch.compile(loading, fullgraph=True)
print(loading(torch.ones(1)).item(), loading(torch.ones(1)).item())
"""
    drawing = """
import numpy as np, rushlight as torch
try:
    torch.compile(lambda x: x * float(np.random.rand()), fullgraph=True)(torch.ones(1))
except RuntimeError as error:
    print(error)
"""
    said = [
        subprocess.run([sys.executable, "-c", each], capture_output=True, text=True).stdout
        for each in (text, drawing)
    ]
    assert said[0] == "2.0 2.0\n" and "it draws from numpy.random" in said[1]


def test_a_learning_rate_that_is_returned_is_that_of_the_moment():
    w = torch.ones(2, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.5)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)

    def step():
        w.grad = torch.ones(2)
        optimizer.step()
        schedule.step()
        return optimizer.param_groups[0]["lr"], schedule.get_last_lr()

    compiled = strictly(step)
    assert [compiled() for _ in range(4)] == [(0.5**n, [0.5**n]) for n in (2, 3, 4, 5)]


def test_exceptions_come_as_they_do_uncompiled():
    def function(x, index):
        return x[index]

    compiled = strictly(function)
    x = torch.arange(3.0)
    for _ in range(2):
        assert compiled(x, torch.tensor([2])).tolist() == [2.0]
    with pytest.raises(IndexError, match="out of bounds"):
        compiled(x, torch.tensor([3]))
    with pytest.raises(RuntimeError, match="The size of tensor a"):
        strictly(lambda x, y: x + y)(torch.ones(2), torch.ones(3))
    assert (torch.ones(2) + 1).tolist() == [2.0, 2.0]


def test_disable():
    @torch.compiler.disable
    def secret(x):
        return x + 1

    assert "secret, which isn't to be compiled" in eager_reason(
        lambda x: secret(x) * 2, torch.ones(2)
    )
    assert torch.compile(branch, disable=True) is branch
    compiled = Compiled(lambda x: x * 2, backend="numpy")
    with torch.compiler.set_stance("force_eager"):
        compiled(torch.ones(2))
    assert not compiled.every_entry()


def test_another_thread_may_work_meanwhile():
    w = torch.ones(1000, requires_grad=True)
    compiled = strictly(lambda x: (w * x).tanh() * 2)
    compiled(torch.ones(1000)), compiled(torch.ones(1000))
    wrong = []

    def work(n):
        for _ in range(50):
            found = compiled(torch.full((1000,), float(n)))
            if not torch.allclose(found, torch.tensor(float(n)).tanh() * 2):
                wrong.append(n)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not wrong


# Differentiated outside ---------------------------------------------------------------------------


def test_a_compiled_module_is_differentiable_through():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    compiled = torch.compile(net, backend="numpy")
    x, y = torch.randn(5, 3), torch.randn(5, 3)
    for each in (x, y, x):
        each = (each * 1.0).requires_grad_()
        before = each * 2
        wanted = [each, *net.parameters()]
        expected = torch.autograd.grad(net(before).square().sum(), wanted, retain_graph=True)
        found = torch.autograd.grad(compiled(before).square().sum(), wanted)
        close(found, expected)
    assert compiled.compiled.every_entry()
    assert next(iter(dict(compiled.named_parameters()))) == "_orig_mod.0.weight"
    assert compiled.register_forward_hook
    compiled.eval()
    assert not net.training


def test_several_results_some_unused():
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    compiled = strictly(lambda x: (w * x, w + x, x * 2))
    for _ in range(3):
        first, _, third = compiled(torch.tensor([3.0, 4.0]))
        assert not third.requires_grad
        (first.sum() * 2).backward()
        assert w.grad.tolist() == [6.0, 8.0]
        w.grad = None


def test_a_second_backward_pass_is_refused():
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    compiled = strictly(lambda: (w * w).sum())
    compiled()
    loss = compiled()
    loss.backward()
    with pytest.raises(RuntimeError, match="second time"):
        loss.backward()
    w.grad = None
    with pytest.raises(RuntimeError, match="double backward"):
        torch.autograd.grad(compiled(), w, create_graph=True)


def test_changing_what_was_saved_is_refused():
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    compiled = strictly(lambda x: (w * x).sum())
    compiled(torch.ones(2))
    x = torch.ones(2)
    loss = compiled(x)
    x.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


# The interface ------------------------------------------------------------------------------------


def test_as_a_decorator_with_all_arguments():
    @torch.compile(
        fullgraph=True, dynamic=False, backend="inductor", mode="max-autotune", disable=False
    )
    def area(x):
        """The area."""
        return x * x

    assert area(torch.tensor(3.0)).item() == area(torch.tensor(3.0)).item() == 9
    assert area.__doc__ == "The area."
    assert callable(torch.compile)


@pytest.mark.parametrize("backend", ["native", "numba", "numpy", "eager", "inductor"])
def test_names_of_backends(backend):
    compiled = torch.compile(lambda x: x * 2, backend=backend)
    assert [compiled(torch.ones(())).item() for _ in range(2)] == [2, 2]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"backend": "abacus"}, ValueError, "Invalid backend: 'abacus'"),
        ({"mode": "fastest"}, RuntimeError, "Unrecognized mode=fastest"),
        ({"mode": "default", "options": {}}, RuntimeError, "Either mode or options"),
    ],
)
def test_wrong_arguments(options, error, message):
    with pytest.raises(error, match=message):
        torch.compile(branch, **options)
    with pytest.raises(AssertionError, match="A callable function is expected"):
        torch.compile(3)


def test_methods_can_be_compiled():
    class Scaler:
        def __init__(self, factor):
            self.factor = factor

        @torch.compile(fullgraph=True)
        def scale(self, x):
            return x * self.factor

    two, three = Scaler(2.0), Scaler(3.0)
    for _ in range(2):
        assert two.scale(torch.ones(())).item() == 2
        assert three.scale(torch.ones(())).item() == 3


def test_program_and_source_are_to_be_read():
    w = torch.ones(3, requires_grad=True)

    def step(x):
        w.grad = None
        loss = (w * x).sum()
        loss.backward()
        with torch.no_grad():
            w.sub_(w.grad, alpha=0.1)

    compiled = strictly(step)
    with pytest.raises(RuntimeError, match="nothing is compiled yet"):
        compiled.program
    compiled(torch.ones(3)), compiled(torch.ones(3))
    program = str(compiled.program)
    assert "program(w: float32[3], x: float32[3])" in program
    assert "w[...] =" in program
    source = compiled.source
    assert source.startswith("def run(w, x):")
    assert "# float32[3]" not in source
    assert "float32[3]" in source
    compile(source, "source", "exec")


@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_the_source_has_the_names_that_a_user_has(backend):
    if backend == "native":
        pytest.importorskip("llvmlite")
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.Adam(model.parameters())

    def step(batch, *pair, scale):
        optimizer.zero_grad()
        (model(batch[0]) * pair[0] * scale).sum().backward()
        optimizer.step()

    compiled = strictly(step, backend=backend)
    for _ in range(3):
        compiled([torch.ones(4, 3)], torch.ones(2), scale=torch.ones(()))
    text = compiled.source
    names = "model_weight exp_avg_of_model_weight step_of_model_bias lr batch_0 arg1 scale".split()
    assert all(f"    {name},  # float" in text for name in names)
    assert "model_bias_grad" in text
    assert f"{'new_' if backend == 'native' else ''}exp_avg_sq_of_model_weight" in text
    compile(text, "source", "exec")


def test_reset_forgets():
    compiled = strictly(lambda x: x + 1)
    compiled(torch.ones(2))
    torch.compiler.reset()
    assert not compiled.every_entry()


def test_where_no_native_code_can_be_made_numpy_runs(monkeypatch):
    from rushlight.compile import build

    def broken(program, longest):
        raise OSError("no memory that may be executed")

    monkeypatch.setattr(build.llvm, "available", lambda: True)
    monkeypatch.setattr(build, "made_native", broken)
    compiled = Compiled(lambda x: x * 2)
    compiled(torch.ones(2))
    with pytest.warns(build.NativeWarning, match="no memory that may be executed"):
        assert compiled(torch.ones(2)).tolist() == [2.0, 2.0]
    assert "multiply(x" in compiled.source


def test_names_around_compile():
    dynamo = torch._dynamo
    dynamo.config.suppress_errors = True
    dynamo.reset()

    def function(x):
        dynamo.graph_break()
        return x + 1

    assert "graph_break" in eager_reason(function, torch.ones(2))
    assert dynamo.optimize("numpy", nopython=True)(lambda x: x + 1)(torch.ones(())).item() == 2
    assert torch.compiler.list_backends() == ["inductor", "native", "numpy"]
    assert not torch.compiler.is_compiling()
    assert not torch.compiler.is_exporting()
    seen = []
    strictly(lambda x: x * (2 if torch.compiler.is_compiling() else 3))(torch.ones(2))
    assert torch.compiler.allow_in_graph(seen.append) == seen.append


def test_values_in_classes_of_the_user_are_watched():
    class Config:
        scale = 2.0
        names = ["one"]

    class Model:
        shift = 1.0

    model = Model()

    def step(x):
        return x * Config.scale + model.shift + len(Config.names)

    compiled = strictly(step, backend="numpy")
    x = torch.ones(2)
    for change in (lambda: None, lambda: setattr(Config, "scale", 3.0), lambda: None,
                   lambda: setattr(Model, "shift", 5.0), lambda: Config.names.append("two")):  # fmt: skip
        change()
        for _ in range(2):
            assert torch.equal(compiled(x), step(x))


@pytest.mark.parametrize("parametrize", ["spectral_norm", "weight_norm"])
def test_parametrizations(parametrize):
    def trained(compile):
        torch.manual_seed(0)
        model = getattr(torch.nn.utils.parametrizations, parametrize)(torch.nn.Linear(3, 2))
        run = strictly(model, backend="numpy") if compile else model
        for _ in range(4):
            model.zero_grad()
            run(torch.arange(6.0).view(2, 3)).square().sum().backward()
        return [
            x.detach().numpy() for x in (*model.buffers(), *(p.grad for p in model.parameters()))
        ]

    for ours, eager in zip(trained(True), trained(False), strict=True):
        np.testing.assert_allclose(ours, eager, 1e-5, 1e-6)


class Holder:
    """An object of the user's."""

    def __init__(self):
        self.scale, self.weight = 1.0, torch.ones(3)


def compare_while(step, argument, changes):
    """Compiled and plain calls answer alike, whatever changes between them."""
    compiled = Compiled(step, backend="numpy")
    for change in (lambda: None, *changes):
        change()
        for _ in range(2):
            close(compiled(argument), step(argument))


def test_objects_that_are_arguments_are_watched():
    holder = Holder()
    compare_while(
        lambda h: h.weight * h.scale,
        holder,
        [lambda: setattr(holder, "scale", 2.0), lambda: setattr(holder, "weight", torch.zeros(3))],
    )


def test_arrays_of_numpy_are_watched():
    array = np.ones(3, "f4")
    change = [lambda: array.fill(2), lambda: array.__setitem__(1, 5)]
    compare_while(lambda x: x * torch.from_numpy(array), torch.ones(3), change)
    compare_while(lambda a: torch.from_numpy(a) + 1, array, change)


def test_methods_and_lists_of_modules_that_are_replaced(monkeypatch):
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([nn.Tanh()])

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
            return x

    model = Model()
    changes = [
        lambda: model.layers.append(nn.ReLU()),
        lambda: setattr(model, "forward", torch.exp),
        lambda: delattr(model, "forward"),
        lambda: setattr(Model, "forward", lambda self, x: x * 2),
    ]
    compare_while(lambda x: model(x), torch.tensor([-1.0, 2.0]), changes)


@pytest.mark.parametrize("sets", [True, False])
def test_learning_rates_in_python(sets):
    w = torch.ones(2, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=1.0)

    def step(x):
        (w * x).sum().backward()
        optimizer.step()
        optimizer.zero_grad()
        group = optimizer.param_groups[0]
        if sets:
            group["lr"] *= 0.5
        return x * group["lr"]

    compiled, x = Compiled(step, backend="numpy"), torch.ones(2)
    if sets:
        with pytest.warns(EagerWarning, match="changes param_groups"):
            compiled(x)
    for number in (1.0, 0.5, 0.5, 0.25):
        optimizer.param_groups[0]["lr"] = number
        before = w.detach().clone()
        assert compiled(x)[0] == (number / 2 if sets else number)
        close(w.detach(), before - number)


@pytest.mark.filterwarnings("ignore::rushlight.compile.EagerWarning")
def test_sums_in_bfloat16_run_uncompiled():
    def step(x):
        small = x.bfloat16()
        return small @ small.t(), small.mean(), small * 2

    compare_while(step, torch.arange(6.0).view(2, 3), [])


def test_results_on_the_memory_of_what_was_there_stay_there():
    def outcome(compile):
        w = torch.ones(3, requires_grad=True)

        def step(x):
            with torch.no_grad():
                w.mul_(2)
            return x[1:], x.t(), w.detach(), x * 1

        step = strictly(step) if compile else step
        given = [torch.arange(6.0).view(2, 3) for _ in range(4)]
        for x in given:
            part, turned, values, own = step(x)
            part.mul_(2)
            turned[0] += 1
            values.sub_(1)
            own.zero_()
        return *given, w.detach()

    close(outcome(True), outcome(False))
