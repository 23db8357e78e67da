"""Distributions, beside PyTorch's: draws from the same stream, densities, divergences, words."""

from __future__ import annotations

import re

import numpy as np
import pytest

import rushlight as rl

D = rl.distributions

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
    "one_hot_straight_through": lambda t: t.distributions.OneHotCategoricalStraightThrough(
        logits=t.tensor([0.2, 0.3, 1.5])
    ),
    "gamma": lambda t: t.distributions.Gamma(t.tensor([0.5, 3.0]), t.tensor([1.0, 2.0])),
    "chi2": lambda t: t.distributions.Chi2(t.tensor([0.5, 3.0])),
    "beta": lambda t: t.distributions.Beta(t.tensor([0.5, 3.0]), t.tensor([1.0, 2.0])),
    "beta_of_numbers": lambda t: t.distributions.Beta(2.0, 3.0),
    "dirichlet": lambda t: t.distributions.Dirichlet(t.tensor([[0.5, 2.0, 3.0], [0.5, 0.7, 0.9]])),
    "student": lambda t: t.distributions.StudentT(
        t.tensor([0.5, 1.5, 3.0]), t.tensor([1.0, 0.0, -1.0]), 2.0
    ),
    "fisher": lambda t: t.distributions.FisherSnedecor(
        t.tensor([1.0, 3.0, 5.0]), t.tensor([1.0, 3.0, 7.0])
    ),
    "cauchy": lambda t: t.distributions.Cauchy(t.tensor([0.0, 1.0]), t.tensor([1.0, 2.0])),
    "laplace": lambda t: t.distributions.Laplace(t.tensor([0.0, 1.0]), t.tensor([1.0, 2.0])),
    "poisson": lambda t: t.distributions.Poisson(t.tensor([0.5, 30.0])),
    "geometric": lambda t: t.distributions.Geometric(t.tensor([0.3, 0.8])),
    "geometric_logits": lambda t: t.distributions.Geometric(logits=t.tensor([0.3, -0.8])),
    "binomial": lambda t: t.distributions.Binomial(7, t.tensor([0.3, 0.8])),
    "binomial_counts": lambda t: t.distributions.Binomial(
        t.tensor([5, 40]), logits=t.tensor([0.3, -0.8])
    ),
    "negative_binomial": lambda t: t.distributions.NegativeBinomial(
        t.tensor([2.0, 7.0]), t.tensor([0.3, 0.8])
    ),
    "negative_binomial_logits": lambda t: t.distributions.NegativeBinomial(
        3, logits=t.tensor([0.3, -0.8])
    ),
    "multinomial": lambda t: t.distributions.Multinomial(5, t.tensor([0.2, 0.3, 0.5])),
    "multinomial_logits": lambda t: t.distributions.Multinomial(
        5, logits=t.tensor([[0.2, 0.3, 0.5], [1.0, -1.0, 0.0]])
    ),
    "log_normal": lambda t: t.distributions.LogNormal(t.tensor([0.0, 1.0]), 0.5),
    "logistic_normal": lambda t: t.distributions.LogisticNormal(t.zeros(2, 3), t.ones(2, 3)),
    "half_normal": lambda t: t.distributions.HalfNormal(t.tensor([1.0, 2.0])),
    "half_cauchy": lambda t: t.distributions.HalfCauchy(t.tensor([1.0, 2.0])),
    "gumbel": lambda t: t.distributions.Gumbel(t.tensor([0.0, 1.0]), t.tensor([1.0, 2.0])),
    "gumbel_of_numbers": lambda t: t.distributions.Gumbel(0.5, 2.0),
    "weibull": lambda t: t.distributions.Weibull(t.tensor([1.0, 2.0]), t.tensor([2.0, 1.5])),
    "pareto": lambda t: t.distributions.Pareto(t.tensor([1.0, 2.0]), t.tensor([1.5, 4.0])),
    "generalized_pareto": lambda t: t.distributions.GeneralizedPareto(
        t.tensor([0.0, 1.0, 0.0]), t.tensor([1.0, 2.0, 1.0]), t.tensor([0.0, 0.4, -0.3])
    ),
    "kumaraswamy": lambda t: t.distributions.Kumaraswamy(
        t.tensor([0.5, 2.0]), t.tensor([1.5, 4.0])
    ),
    "inverse_gamma": lambda t: t.distributions.InverseGamma(
        t.tensor([0.5, 3.0]), t.tensor([1.0, 2.0])
    ),
    "von_mises": lambda t: t.distributions.VonMises(t.tensor([0.0, 1.0]), t.tensor([1.0, 20.0])),
    "continuous_bernoulli": lambda t: t.distributions.ContinuousBernoulli(
        t.tensor([0.2, 0.5, 0.9])
    ),
    "relaxed_bernoulli": lambda t: t.distributions.RelaxedBernoulli(
        t.tensor(0.7), t.tensor([0.2, 0.9])
    ),
    "relaxed_one_hot": lambda t: t.distributions.RelaxedOneHotCategorical(
        t.tensor(0.7), logits=t.tensor([0.2, 0.9, -1.0])
    ),
    "multivariate_normal": lambda t: t.distributions.MultivariateNormal(
        t.tensor([1.0, 2.0]), t.tensor([[2.0, 0.5], [0.5, 1.0]])
    ),
    "multivariate_normal_precision": lambda t: t.distributions.MultivariateNormal(
        t.zeros(3, 2), precision_matrix=t.tensor([[2.0, 0.5], [0.5, 1.0]])
    ),
    "multivariate_normal_factor": lambda t: t.distributions.MultivariateNormal(
        t.zeros(2), scale_tril=t.tensor([[[2.0, 0.0], [0.5, 1.0]], [[1.0, 0.0], [0.0, 1.0]]])
    ),
    "low_rank_normal": lambda t: t.distributions.LowRankMultivariateNormal(
        t.zeros(3), t.tensor([[1.0], [0.5], [-1.0]]), t.tensor([1.0, 2.0, 0.5])
    ),
    "mixture": lambda t: t.distributions.MixtureSameFamily(
        t.distributions.Categorical(t.tensor([0.3, 0.7])),
        t.distributions.Normal(t.tensor([-1.0, 1.0]), t.tensor([1.0, 0.5])),
    ),
    "mixture_of_vectors": lambda t: t.distributions.MixtureSameFamily(
        t.distributions.Categorical(logits=t.zeros(3, 2)),
        t.distributions.MultivariateNormal(t.ones(3, 2, 2), t.eye(2)),
    ),
    "lkj": lambda t: t.distributions.LKJCholesky(3, t.tensor([0.5, 2.0], dtype=t.float64)),
    "transformed": lambda t: t.distributions.TransformedDistribution(
        t.distributions.Uniform(t.zeros(2), t.ones(2)),
        [t.distributions.SigmoidTransform().inv, t.distributions.AffineTransform(1.0, -2.0)],
    ),
    "transformed_events": lambda t: t.distributions.TransformedDistribution(
        t.distributions.Normal(t.zeros(4, 3), t.ones(4, 3)),
        [
            t.distributions.AffineTransform(0.0, t.ones(3), event_dim=1),
            t.distributions.StickBreakingTransform(),
        ],
    ),
}


def asked(function):
    """A value, or the type and text of an error."""
    try:
        result = function()
    except (NotImplementedError, RuntimeError, TypeError, ValueError) as error:
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
    said["wide"] = repr(wide), wide.batch_shape == (3, *d.batch_shape)
    if "multinomial" not in name:  # PyTorch's forgets a part of itself
        said["wide_entropy"] = asked(wide.entropy)
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


def wishart(t, **matrix):
    name, values = next(iter(matrix.items()))
    df = t.tensor([3.0, 5.0]).double()
    return t.distributions.Wishart(df, **{name: t.tensor(values).double()})


@pytest.mark.parametrize("name", ["covariance_matrix", "precision_matrix", "scale_tril"])
def test_wishart(name):
    """PyTorch takes regular draws for singular ones and draws again: compared is the first try."""
    torch = pytest.importorskip("torch")
    said = []
    for t in (torch, rl):
        d = wishart(
            t,
            **{
                name: [[2.0, 0.0], [0.5, 1.0]] if name == "scale_tril" else [[2.0, 0.5], [0.5, 1.0]]
            },
        )
        t.manual_seed(0)
        draw = d._bartlett_sampling if t is torch else d._drawn
        drawn = draw(t.Size((2,)))
        parts = [drawn, d.log_prob(drawn), d.entropy(), d.mean, d.mode, d.variance]
        wide = d.expand((3, 2))
        parts += [wide.entropy(), d.scale_tril, d.covariance_matrix, d.precision_matrix]
        said.append([repr(d), repr(wide), *(asked(lambda x=x: x) for x in parts)])
    assert_same(said[1], said[0])


def test_wishart_draws_are_positive_definite():
    rl.manual_seed(0)
    d = wishart(rl, covariance_matrix=[[2.0, 0.5], [0.5, 1.0]])
    with pytest.warns(UserWarning, match="^Singular sample detected"):
        drawn = d.rsample((400,))
    assert D.constraints.positive_definite.check(drawn).all()
    assert (drawn.mean(0) / d.mean - 1).abs().max() < 0.3


GRADIENTS = {
    "gamma": ("Gamma", [0.5, 3.0], [1.0, 2.0]),
    "beta": ("Beta", [0.5, 3.0], [1.0, 2.0]),
    "dirichlet": ("Dirichlet", [[0.5, 2.0, 3.0], [0.5, 0.7, 9.0]]),
    "student": ("StudentT", [2.0, 5.0], [0.0, 1.0], [1.0, 2.0]),
    "fisher": ("FisherSnedecor", [2.0, 5.0], [3.0, 6.0]),
    "inverse_gamma": ("InverseGamma", [2.0, 5.0], [3.0, 6.0]),
    "weibull": ("Weibull", [2.0, 5.0], [3.0, 6.0]),
    "gumbel": ("Gumbel", [2.0, 5.0], [3.0, 6.0]),
    "kumaraswamy": ("Kumaraswamy", [2.0, 5.0], [3.0, 6.0]),
    "multivariate": ("MultivariateNormal", [0.0, 1.0], [[2.0, 0.5], [0.5, 1.0]]),
    "low_rank": ("LowRankMultivariateNormal", [0.0, 1.0], [[2.0], [0.5]], [1.0, 2.0]),
    "relaxed": ("RelaxedBernoulli", 0.5, [0.2, 0.7]),
    "relaxed_one_hot": ("RelaxedOneHotCategorical", 0.5, [0.2, 0.7, 0.1]),
    "straight_through": ("OneHotCategoricalStraightThrough", [0.2, 0.7, 0.1]),
    "continuous_bernoulli": ("ContinuousBernoulli", [0.2, 0.7]),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_of_draws_and_densities(name):
    torch = pytest.importorskip("torch")
    kind, *values = GRADIENTS[name]

    def gradients(t):
        t.manual_seed(3)
        parameters = [t.tensor(v, requires_grad=True, dtype=t.float64) for v in values]
        d = getattr(t.distributions, kind)(*parameters)
        drawn = d.rsample((5,))
        first = t.autograd.grad((drawn**2).sum(), parameters, retain_graph=True, allow_unused=True)
        second = t.autograd.grad(
            d.log_prob(drawn.detach()).sum(), parameters, retain_graph=True, allow_unused=True
        )
        return [x.numpy() for x in (*first, *second) if x is not None]

    for mine, theirs in zip(gradients(rl), gradients(torch), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=4e-3, atol=1e-5)


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


def of_every_family(t, shift):
    """A distribution of each class for which PyTorch has divergences."""
    d = t.distributions
    a, b = t.tensor([0.6, 1.5]) + shift, t.tensor([0.7, 0.4]) + shift
    p = t.tensor([0.3, 0.6]) + shift / 3
    matrix = t.tensor([[2.0, 0.5], [0.5, 1.0]]) + shift * t.eye(2)
    return [
        d.Bernoulli(p),
        d.Beta(a, b),
        d.Binomial(5, p),
        d.Categorical(t.stack([p, 1 - p])),
        d.Cauchy(a, b),
        d.ContinuousBernoulli(p),
        d.Dirichlet(a),
        d.Exponential(a),
        d.Gamma(a, b),
        d.Geometric(p),
        d.Gumbel(a, b),
        d.HalfNormal(a),
        d.Laplace(a, b),
        d.LogNormal(a, b),
        d.LowRankMultivariateNormal(a, t.tensor([[1.0], [0.5]]) + shift, b),
        d.MultivariateNormal(a, matrix),
        d.Normal(a, b),
        d.OneHotCategorical(t.stack([p, 1 - p])),
        d.Pareto(a, b + 2),
        d.Pareto(b + 3, a),
        d.Poisson(a),
        d.Uniform(p, p + 0.3),
        d.Uniform(-a, b),
        d.Uniform(-a - 1, b + 5),
        d.Independent(d.Normal(a, b), 1),
    ]


def test_divergences_between_all_families():
    torch = pytest.importorskip("torch")

    def divergences(t):
        some, others = of_every_family(t, 0.0), of_every_family(t, 0.25)
        kl = t.distributions.kl_divergence
        return {
            (i, type(p).__name__, j, type(q).__name__): asked(lambda p=p, q=q: kl(p, q))
            for i, p in enumerate(some)
            for j, q in enumerate(others)
        }

    mine, theirs = divergences(rl), divergences(torch)
    assert sum(len(each) == 2 and each[0][:5] == "torch" for each in theirs.values()) > 90
    for pair, expected in theirs.items():
        try:
            assert_same(mine[pair], expected)
        except AssertionError as error:
            raise AssertionError(pair) from error


@pytest.mark.filterwarnings("ignore:Singular sample detected")  # of Wishart, now and then
def test_divergence_within_an_exponential_family():
    """By the derivatives of the normalizer, where there is no formula of its own."""
    p = wishart(rl, covariance_matrix=[[2.0, 0.5], [0.5, 1.0]])
    q = wishart(rl, covariance_matrix=[[1.0, 0.0], [0.0, 1.0]])
    assert D.kl_divergence(p, p).abs().max() < 1e-12
    normals = [D.Normal(rl.tensor([0.0]), 1.0), D.Normal(rl.tensor([1.0]), 2.0)]
    assert D.kl._exponential_families(*normals).item() == pytest.approx(
        D.kl_divergence(*normals).item()
    )
    rl.manual_seed(0)
    drawn = p.sample((2000,))
    estimate = (p.log_prob(drawn) - q.log_prob(drawn)).mean(0)
    assert (estimate / D.kl_divergence(p, q) - 1).abs().max() < 0.1


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


def test_draws_move_as_their_distribution_does():
    """The derivative of a draw is -(dF/da) / (dF/dx), here by differences of SciPy's functions."""
    special = pytest.importorskip("scipy.special")
    generator = np.random.default_rng(0)
    a, x = generator.uniform(0.1, 30, 300), generator.uniform(0.01, 40, 300)
    keep = (special.gammainc(a, x) > 1e-4) & (special.gammainc(a, x) < 1 - 1e-4)
    a, x, h = a[keep], x[keep], 1e-5
    density = np.exp((a - 1) * np.log(x) - x - special.gammaln(a))
    expected = -(special.gammainc(a + h, x) - special.gammainc(a - h, x)) / (2 * h) / density
    found = rl._standard_gamma_grad(rl.tensor(a), rl.tensor(x))
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-4)

    a, b, x = (generator.uniform(low, high, 400) for low, high in ((0.3, 20), (0.3, 20), (0, 1)))
    keep = (special.betainc(a, b, x) > 1e-4) & (special.betainc(a, b, x) < 1 - 1e-4)
    a, b, x = a[keep], b[keep], x[keep]
    density = x ** (a - 1) * (1 - x) ** (b - 1) / special.beta(a, b)
    expected = -(special.betainc(a + h, b, x) - special.betainc(a - h, b, x)) / (2 * h) / density
    found = rl._dirichlet_grad(rl.tensor(x), rl.tensor(a), rl.tensor(a + b)) * rl.tensor(1 - x)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-4)

    large = rl.tensor([9999.0, 10001.0], dtype=rl.float64)  # to both sides of the change of method
    slopes = rl._standard_gamma_grad(large, large + 150)
    assert abs(slopes[0] - slopes[1]).item() < 2e-6
    with pytest.raises(RuntimeError, match="the derivative for .* is not implemented"):
        draw = rl._standard_gamma(large.requires_grad_())
        (first,) = rl.autograd.grad(draw.sum(), large, create_graph=True)
        first.sum().backward()
