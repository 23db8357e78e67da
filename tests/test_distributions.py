"""Distributions, beside PyTorch's: draws from the same stream, densities, divergences, words."""

from __future__ import annotations

import re

import numpy as np
import pytest

import rushlight as rl

MAKERS = {
    "normal": lambda t: t.distributions.Normal(t.tensor([0.0, 1.0]), t.tensor([1.0, 2.0])),
    "normal_of_numbers": lambda t: t.distributions.Normal(0.0, 2.0),
    "categorical": lambda t: t.distributions.Categorical(t.tensor([0.2, 0.3, 0.5])),
    "categorical_logits": lambda t: t.distributions.Categorical(
        logits=t.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 0.5]])
    ),
    "bernoulli": lambda t: t.distributions.Bernoulli(t.tensor([0.3, 0.8])),
    "bernoulli_logits": lambda t: t.distributions.Bernoulli(logits=t.tensor([0.3, -0.8])),
    "uniform": lambda t: t.distributions.Uniform(t.tensor([0.0, 1.0]), t.tensor([2.0, 3.0])),
    "exponential": lambda t: t.distributions.Exponential(t.tensor([1.0, 2.0])),
    "one_hot": lambda t: t.distributions.OneHotCategorical(t.tensor([[0.2, 0.3, 0.5]])),
    "independent": lambda t: t.distributions.Independent(
        t.distributions.Normal(t.zeros(2, 3), t.ones(2, 3)), 1
    ),
}


def asked(function):
    """A value, or the type and text of an error."""
    try:
        result = function()
    except (NotImplementedError, ValueError) as error:
        return type(error).__name__, str(error).splitlines()[:1]
    if hasattr(result, "detach"):
        return str(result.dtype), result.detach().numpy()
    return repr(result)


def properties(t, name):
    """What a distribution says of itself, and what it draws."""
    d = MAKERS[name](t)
    names = ["mean", "variance", "stddev", "mode", "support", "batch_shape", "event_shape"]
    said = {each: asked(lambda each=each: getattr(d, each)) for each in names}
    t.manual_seed(0)
    said["drawn"] = asked(lambda: d.sample((2, 3)))
    said["redrawn"] = asked(lambda: d.rsample((2,)))
    said["log_prob"] = asked(lambda: d.log_prob(d.sample((4,))))
    said["entropy"] = asked(d.entropy)
    said["cdf"] = asked(lambda: d.cdf(t.tensor([1.5])))
    said["icdf"] = asked(lambda: d.icdf(t.tensor([0.25])))
    said["all"] = asked(d.enumerate_support)
    wide = d.expand((3, *d.batch_shape))
    said["wide"] = repr(wide), wide.batch_shape == (3, *d.batch_shape), asked(wide.entropy)
    said["wrong"] = [
        asked(lambda value=value: d.log_prob(value))
        for value in (t.tensor([-1.5, 2.5, 7.0]), t.tensor([7.0, -1.0]), "a")
    ]
    said["flags"] = d.has_rsample, d.has_enumerate_support
    said["repr"] = repr(d), type(d).__module__
    return said


def assert_same(mine, theirs):
    if isinstance(theirs, (tuple, list)):
        assert len(mine) == len(theirs)
        for a, b in zip(mine, theirs, strict=True):
            assert_same(a, b)
    elif isinstance(theirs, np.ndarray):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)
    else:
        assert mine == theirs


@pytest.mark.parametrize("name", MAKERS)
def test_all_is_as_pytorchs(name):
    torch = pytest.importorskip("torch")
    mine, theirs = properties(rl, name), properties(torch, name)
    for what in theirs:
        assert_same(mine[what], theirs[what])


PAIRS = {
    "normal": ("Normal", (0.5, 1.0), (1.0, 2.0)),
    "uniform": ("Uniform", (0.0, 2.0), (-1.0, 3.0)),
    "uniform_outside": ("Uniform", (0.0, 2.0), (1.0, 3.0)),
    "exponential": ("Exponential", (2.0,), (0.5,)),
    "bernoulli": ("Bernoulli", ([0.3, 0.0, 1.0],), ([0.6, 0.5, 0.0],)),
    "categorical": ("Categorical", ([0.2, 0.8, 0.0],), ([0.5, 0.1, 0.4],)),
    "one_hot": ("OneHotCategorical", ([0.3, 0.7],), ([0.0, 1.0],)),
}


@pytest.mark.parametrize("name", PAIRS)
def test_divergences_are_pytorchs(name):
    torch = pytest.importorskip("torch")
    kind, p, q = PAIRS[name]

    def divergence(t):
        parameters = [t.tensor(each, requires_grad=True) for each in p]
        others = [t.tensor(each) for each in q]
        make = getattr(t.distributions, kind)
        result = t.distributions.kl_divergence(make(*parameters), make(*others))
        if t.isfinite(result).all():
            result.sum().backward()
        return [asked(lambda: result), *(asked(lambda x=x: x.grad) for x in parameters)]

    assert_same(divergence(rl), divergence(torch))


def test_divergence_of_independents_is_the_sum():
    p = rl.distributions.Normal(rl.zeros(3), rl.ones(3))
    q = rl.distributions.Normal(rl.ones(3), rl.ones(3))
    together = [rl.distributions.Independent(each, 1) for each in (p, q)]
    assert rl.distributions.kl_divergence(*together).item() == pytest.approx(1.5)


def test_draws_as_recorded():
    rl.manual_seed(0)
    normal = rl.distributions.Normal(rl.tensor([0.0, 1.0]), rl.tensor([1.0, 2.0]))
    assert normal.sample().tolist() == pytest.approx([1.5410, 0.4131], abs=1e-4)
    rl.manual_seed(0)
    categorical = rl.distributions.Categorical(rl.tensor([0.2, 0.3, 0.5]))
    assert categorical.sample((2, 3)).tolist() == [[2, 2, 1], [2, 2, 2]]


def test_rsample_is_differentiable_and_sample_is_not():
    loc = rl.zeros(3, requires_grad=True)
    normal = rl.distributions.Normal(loc, 1.0)
    normal.rsample().sum().backward()
    assert loc.grad.tolist() == [1, 1, 1]
    assert not normal.sample().requires_grad


def test_policy_gradient():
    logits = rl.zeros(3, requires_grad=True)
    policy = rl.distributions.Categorical(logits=logits)
    (-policy.log_prob(rl.tensor(1))).backward()
    assert logits.grad.tolist() == pytest.approx([1 / 3, -2 / 3, 1 / 3])


D = rl.distributions
WRONG = [
    (
        lambda: D.Normal(rl.tensor(0.0), rl.tensor(-1.0)),
        "Expected parameter scale (Tensor of shape ()) of distribution Normal(loc: 0.0, scale: "
        "-1.0) to satisfy the constraint GreaterThan(lower_bound=0.0), but found invalid values:",
    ),
    (lambda: D.Categorical(), "Either `probs` or `logits` must be specified, but not both."),
    (lambda: D.Categorical(rl.tensor(1.0)), "`probs` parameter must be at least one-dimensional."),
    (
        lambda: D.Categorical(rl.tensor([-0.1, 0.5])),
        "Expected parameter probs (Tensor of shape (2,)) of distribution Categorical(probs: "
        "torch.Size([2])) to satisfy the constraint Simplex(), but found invalid values:",
    ),
    (lambda: D.Uniform(1.0, 0.0), "to satisfy the constraint LessThan(upper_bound=0.0), but found"),
    (lambda: D.Normal("a", 1.0), "Input arguments must all be instances of Number, torch.Tensor"),
    (
        lambda: D.Independent(D.Normal(0.0, 1.0), 1),
        "Expected reinterpreted_batch_ndims <= len(base_distribution.batch_shape), actual 1 vs 0",
    ),
]


@pytest.mark.parametrize(("call", "text"), WRONG)
def test_wrong_arguments(call, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        call()


def test_checks_can_be_turned_off():
    D.Normal(0.0, -1.0, validate_args=False)
    D.Distribution.set_default_validate_args(False)
    try:
        D.Normal(0.0, -1.0)
    finally:
        D.Distribution.set_default_validate_args(True)


def test_unknown_divergence():
    categorical = D.Categorical(rl.tensor([0.5, 0.5]))
    with pytest.raises(NotImplementedError, match=re.escape("No KL(p || q) is implemented for p ")):
        D.kl_divergence(D.Normal(0.0, 1.0), categorical)
