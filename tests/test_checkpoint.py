"""Checkpointing: the same gradients for less memory, and what it refuses."""

import contextlib
import tracemalloc

import pytest

import rushlight as rl
from rushlight.utils import checkpoint as module
from rushlight.utils.checkpoint import (
    CheckpointError,
    checkpoint,
    checkpoint_sequential,
    set_checkpoint_debug_enabled,
    set_checkpoint_early_stop,
)

both = pytest.mark.parametrize("use_reentrant", [True, False])


def ones():
    return rl.ones(3, requires_grad=True)


def f(x):
    return (x.sin() * x).exp()


def gradient_of(function, x):
    function(x).sum().backward()
    return x.grad.tolist()


@both
def test_same_value_and_gradient(use_reentrant):
    expected = gradient_of(f, ones())
    assert gradient_of(lambda x: checkpoint(f, x, use_reentrant=use_reentrant), ones()) == expected
    value = checkpoint(f, ones(), use_reentrant=use_reentrant)
    assert value.tolist() == f(ones()).tolist()


def test_names_on_the_tape():
    assert repr(checkpoint(f, ones(), use_reentrant=False)).endswith("grad_fn=<ExpBackward0>)")
    value = checkpoint(f, ones(), use_reentrant=True)
    assert repr(value).endswith("grad_fn=<CheckpointFunctionBackward>)")


@both
def test_two_backward_passes(use_reentrant):
    x = ones()
    y = checkpoint(f, x, use_reentrant=use_reentrant).sum()
    y.backward(retain_graph=True)
    once = x.grad.clone()
    y.backward()
    assert x.grad.tolist() == (2 * once).tolist()
    with pytest.raises(RuntimeError, match=r"^Trying to backward through the graph a second time"):
        y.backward()


@both
def test_other_arguments_and_several_results(use_reentrant):
    def several(x, factor, name):
        return x * factor, x.sum(), factor, name

    x = ones()
    product, total, factor, name = checkpoint(several, x, 2, "a", use_reentrant=use_reentrant)
    assert (factor, name) == (2, "a")
    (product.sum() + total).backward()
    assert x.grad.tolist() == [3, 3, 3]


def test_keyword_arguments():
    x = ones()
    checkpoint(lambda x, y: x * y, x, y=x, use_reentrant=False).sum().backward()
    assert x.grad.tolist() == [2, 2, 2]
    with pytest.raises(ValueError, match=r"^Unexpected keyword arguments: y"):
        checkpoint(f, x, y=x, use_reentrant=True)


def test_parameters_of_a_module():
    layer = rl.nn.Linear(3, 3)
    data = rl.randn(4, 3)  # requires no gradient: only use_reentrant=False can do this
    layer(data).tanh().sum().backward()
    expected = layer.weight.grad.clone()
    layer.zero_grad()
    checkpoint(lambda x: layer(x).tanh(), data, use_reentrant=False).sum().backward()
    assert layer.weight.grad.tolist() == expected.tolist()


def test_higher_derivatives():
    x, y = ones(), ones()
    for z, function in ((x, f), (y, lambda z: checkpoint(f, z, use_reentrant=False))):
        (g,) = rl.autograd.grad(function(z).sum(), z, create_graph=True)
        g.sum().backward()
    assert x.grad.tolist() == y.grad.tolist()


def test_gradients_of_inputs_only():
    x = ones()
    (g,) = rl.autograd.grad(checkpoint(f, x, use_reentrant=False).sum(), x)
    assert g.tolist() == gradient_of(f, ones())
    message = r"^When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad\(\) or"
    with pytest.raises(RuntimeError, match=message):
        rl.autograd.grad(checkpoint(f, x, use_reentrant=True).sum(), x)
    with pytest.raises(RuntimeError, match=message):
        checkpoint(f, x, use_reentrant=True).sum().backward(inputs=[x])


@both
@pytest.mark.parametrize("preserve", [True, False])
def test_random_numbers(use_reentrant, preserve):
    drawn = []

    def noisy(x):
        drawn.append(rl.rand(6))
        return x * x * drawn[-1]

    rl.manual_seed(0)
    y = checkpoint(
        noisy,
        rl.ones(6, requires_grad=True),
        use_reentrant=use_reentrant,
        preserve_rng_state=preserve,
        **({} if use_reentrant else {"early_stop": False}),
    )
    state = rl.get_rng_state()
    y.sum().backward()
    assert (drawn[0].tolist() == drawn[1].tolist()) is preserve
    assert (rl.get_rng_state().tolist() == state.tolist()) is preserve


def test_nested():
    def inner(x):
        return checkpoint(f, x, use_reentrant=False) * x

    expected = gradient_of(lambda x: f(x) * x, ones())
    assert gradient_of(lambda x: checkpoint(inner, x, use_reentrant=False), ones()) == expected


def test_recomputation_ends_early():
    def run(**options):
        steps = []

        def function(x):
            steps.append(1)
            y = x.sin().sin()
            steps.append(2)
            return y + 1

        checkpoint(function, ones(), use_reentrant=False, **options).sum().backward()
        return steps

    assert run() == [1, 2, 1]
    assert run(early_stop=False) == [1, 2, 1, 2]
    with set_checkpoint_early_stop(False):
        assert run() == [1, 2, 1, 2]
    assert run() == [1, 2, 1]


def test_contexts_of_both_runs():
    entered = []

    @contextlib.contextmanager
    def named(name):
        entered.append(name)
        yield

    y = checkpoint(
        f, ones(), use_reentrant=False, context_fn=lambda: (named("first"), named("second"))
    )
    assert entered == ["first"]
    y.sum().backward()
    assert entered == ["first", "second"]


def changing(first, later):
    functions = iter([first])
    return lambda x: next(functions, later)(x)


def backward_of(function, **options):
    checkpoint(function, ones(), use_reentrant=False, **options).sum().backward()


def test_second_run_saves_less():
    message = (
        r"^torch.utils.checkpoint: A different number of tensors was saved during the original "
        r"forward and recomputation.\nNumber of tensors saved during forward: 4\n"
        r"Number of tensors saved during recomputation: 1."
    )
    with pytest.raises(CheckpointError, match=message):
        backward_of(changing(f, lambda x: x.exp()))


def test_second_run_saves_more():
    message = r"^torch.utils.checkpoint: trying to save more tensors during recomputation than du"
    with pytest.raises(CheckpointError, match=message):
        backward_of(changing(lambda x: x.exp(), f), early_stop=False)


def test_second_run_saves_something_else():
    function = lambda: changing(lambda x: x.sin(), lambda x: x.double().sin())
    message = (
        r"^torch.utils.checkpoint: Recomputed values for the following tensors have different "
        r"metadata than during the forward pass.\ntensor at position 0:\nsaved metadata: "
        r"\{'shape': torch.Size\(\[3\]\), 'dtype': torch.float32, 'device': device\(type='cpu'\)\}"
        r"\nrecomputed metadata: \{'shape': torch.Size\(\[3\]\), 'dtype': torch.float64, 'device'"
    )
    with pytest.raises(CheckpointError, match=message):
        backward_of(function())
    backward_of(function(), determinism_check="none")
    with pytest.raises(
        ValueError, match=r"^determinism_check should be one of \['default', 'none'"
    ):
        backward_of(f, determinism_check="foo")


def test_debug_names_the_lines():
    def first(x):
        return x.sin() * x  # the first run's line

    with pytest.raises(CheckpointError) as raised:
        backward_of(changing(first, lambda x: x.exp()), debug=True)
    line = first.__code__.co_firstlineno + 1
    assert f"{__file__}:{line} in first" in str(raised.value)
    with pytest.raises(CheckpointError, match=r"in first"), set_checkpoint_debug_enabled(True):
        backward_of(changing(first, lambda x: x.exp()))


def test_argument_changed_in_place():
    x = ones()
    z = x * 2
    y = checkpoint(f, z, use_reentrant=False)
    z.add_(1)
    with pytest.raises(
        RuntimeError, match=r"^one of the variables needed for gradient computation"
    ):
        y.sum().backward()


def test_without_gradients():
    with rl.no_grad():
        assert not checkpoint(f, ones(), use_reentrant=False).requires_grad
    with pytest.warns(UserWarning, match=r"^None of the inputs have requires_grad=True. Gradients"):
        assert not checkpoint(f, rl.ones(3), use_reentrant=True).requires_grad


def test_reentrant_is_the_default_and_warns():
    with pytest.warns(
        UserWarning, match=r"^torch.utils.checkpoint: the use_reentrant parameter sh"
    ):
        y = checkpoint(f, ones())
    assert type(y.grad_fn).__name__ == "CheckpointFunctionBackward"
    with pytest.warns(
        UserWarning, match=r"^torch.utils.checkpoint.checkpoint_sequential: the use_"
    ):
        checkpoint_sequential([f, f], 2, ones())


def test_reentrant_refusals():
    with pytest.raises(
        ValueError, match=r"^Passing `context_fn` or `debug` is only supported when"
    ):
        checkpoint(f, ones(), use_reentrant=True, debug=True)
    y = checkpoint(lambda x: x.detach(), ones(), use_reentrant=True)
    with pytest.raises(RuntimeError, match=r"^none of output has requires_grad=True, this checkpo"):
        y.sum().backward()


@both
@pytest.mark.parametrize(
    "count, segments, again", [(5, 2, [0, 1]), (5, 3, [1, 0]), (6, 3, [2, 3, 0, 1])]
)
def test_sequential(use_reentrant, count, segments, again):
    calls = []

    def layer(i):
        return lambda x: (calls.append(i), x.sin().sin())[1]

    y = checkpoint_sequential(
        [layer(i) for i in range(count)], segments, ones(), use_reentrant=use_reentrant
    )
    assert calls == list(range(count))
    calls.clear()
    y.sum().backward()
    assert calls == again


def test_sequential_errors():
    with pytest.raises(ValueError):
        checkpoint_sequential([f], 2, ones(), use_reentrant=False)
    with pytest.raises(ValueError, match=r"^Unexpected keyword arguments: foo"):
        checkpoint_sequential([f], 1, ones(), use_reentrant=False, foo=1)


@both
def test_memory_is_saved(use_reentrant):
    """16 layers of which each saves one array: in 4 segments, 3 * 1 + 4 of them are kept."""
    layers = [rl.sin] * 16
    size = 100_000

    def kept(run):
        x = rl.ones(size, requires_grad=True)
        tracemalloc.start()
        y = run(x)
        memory = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        y.sum().backward()
        return memory / (4 * size)

    def plain(x):
        for layer in layers:
            x = layer(x)
        return x

    assert kept(plain) > 15.9
    assert kept(lambda x: checkpoint_sequential(layers, 4, x, use_reentrant=use_reentrant)) < 8.2


def test_public_names():
    assert set(module.__all__) >= {"checkpoint", "CheckpointError", "CheckpointFunction"}
    assert CheckpointError.__module__ == "torch.utils.checkpoint"
