"""What the tests of `compile` share: a function compiled and uncompiled, on the same numbers."""

import copy
import gc
import warnings
from contextlib import contextmanager
from unittest import mock

import numpy as np

import rushlight as torch
from rushlight.compile import Compiled, EagerWarning
from rushlight.compile.passes import PASSES
from rushlight.compile.programs.program import check
from rushlight.compile.tracing import trace


def strictly(function, **options):
    """A compiled function that may not run uncompiled."""
    return Compiled(function, **{"fullgraph": True, "backend": "numpy", **options})


def close(found, expected, rtol=1e-5, atol=1e-6):
    """Compare Tensors, arrays, numbers and whatever holds them."""
    if isinstance(expected, torch.Tensor):
        assert found.dtype is expected.dtype
        assert found.requires_grad is expected.requires_grad
        close(found.detach().numpy(), expected.detach().numpy(), rtol, atol)
    elif isinstance(expected, (tuple, list)):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            close(one, other, rtol, atol)
    elif isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for name in expected:
            close(found[name], expected[name], rtol, atol)
    elif isinstance(expected, (np.ndarray, float)):
        np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol)
    else:
        assert found == expected


def check_passes(program):
    """Apply all passes, with the checker after each."""
    check(program)
    for each in PASSES:
        program = check(each(program))
    return program


def compare_steps(make, calls=5, rtol=1e-5, entries=None, **options):
    """Run the step that `make()` gives, compiled and not; all that is left must be the same.

    `make` returns (step, arguments, objects whose state is compared).
    """
    torch.manual_seed(0)
    plain, args, state = make()
    torch.manual_seed(0)
    step, more_args, compiled_state = make()
    compiled = strictly(step, **options)
    torch.manual_seed(1)
    expected = [copy.deepcopy(detached(plain(*args))) for _ in range(calls)]
    chance = torch.rand(3)
    torch.manual_seed(1)
    found = [copy.deepcopy(detached(compiled(*more_args))) for _ in range(calls)]
    close(found, expected, rtol)
    close(torch.rand(3), chance)
    for one, other in zip(compiled_state, state, strict=True):
        close(state_of(one), state_of(other), 10 * rtol, 1e-5)
    for each in compiled.every_entry():
        check_passes(each.traced)
    if entries is not None:
        assert len(compiled.every_entry()) == entries
    return compiled


def detached(x):
    if isinstance(x, torch.Tensor):
        return x.detach()
    return type(x)(map(detached, x)) if isinstance(x, (tuple, list)) else x


def state_of(x):
    """What is to be compared of a module, an optimizer or a Tensor."""
    if isinstance(x, torch.nn.Module):
        grads = [p.grad for p in x.parameters()]
        versions = [p._version for p in x.parameters()]
        return [dict(x.state_dict()), grads, versions]
    if isinstance(x, torch.optim.Optimizer):
        groups = [{k: v for k, v in g.items() if k != "params"} for g in x.param_groups]
        return [{k: dict(v) for k, v in x.state_dict()["state"].items()}, groups]
    return [x, x.grad, x._version]


def twice_if_large(x):
    """A function with an assertion, which is here as pytest rewrites those of tests."""
    assert (x > -5).all(), "too small"
    return x * 2


def eager_reason(function, *args):
    """The warning with which a function is given up, when called with these arguments."""
    compiled = Compiled(function, backend="numpy")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        compiled(*args)
    (warning,) = [w for w in caught if w.category is EagerWarning]
    return str(warning.message)


@contextmanager
def quick_traces():
    """Keep traces from going through what is there already, which they don't need here."""
    gc.collect()
    gc.freeze()
    with mock.patch.object(trace, "unhidden", lambda ask, *args: ask(*args)):
        yield
    gc.unfreeze()
