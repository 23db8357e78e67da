"""Transforms and sets of values, beside PyTorch's."""

import re

import numpy as np
import pytest

import rushlight as rl

T = rl.distributions.transforms
C = rl.distributions.constraints

MAKERS = {
    "exp": (lambda t, T: T.ExpTransform(), [-1.0, 0.5]),
    "exp_inverse": (lambda t, T: T.ExpTransform().inv, [0.5, 2.0]),
    "power": (lambda t, T: T.PowerTransform(t.tensor(2.0)), [0.5, 2.0]),
    "sigmoid": (lambda t, T: T.SigmoidTransform(), [-90.0, 0.5, 90.0]),
    "softplus": (lambda t, T: T.SoftplusTransform(), [-1.0, 30.0]),
    "tanh": (lambda t, T: T.TanhTransform(), [-1.0, 0.5]),
    "abs": (lambda t, T: T.AbsTransform(), [-1.0, 0.5]),
    "affine": (lambda t, T: T.AffineTransform(1.0, -2.0), [-1.0, 0.5]),
    "affine_tensor": (
        lambda t, T: T.AffineTransform(t.tensor([1.0, 2.0]), t.tensor([-2.0, 3.0])),
        [-1.0, 0.5],
    ),
    "affine_event": (
        lambda t, T: T.AffineTransform(0.0, t.tensor([2.0, 3.0]), event_dim=1),
        [[-1.0, 0.5]],
    ),
    "affine_event_number": (lambda t, T: T.AffineTransform(0.0, 2.0, event_dim=1), [[-1.0, 0.5]]),
    "cdf": (
        lambda t, T: T.CumulativeDistributionTransform(t.distributions.Normal(0.0, 2.0)),
        [-1.0, 0.5],
    ),
    "softmax": (lambda t, T: T.SoftmaxTransform(), [[-1.0, 0.5, 2.0]]),
    "stick_breaking": (lambda t, T: T.StickBreakingTransform(), [[-1.0, 0.5, 2.0]]),
    "lower_cholesky": (lambda t, T: T.LowerCholeskyTransform(), [[-1.0, 0.5], [2.0, 0.3]]),
    "positive_definite": (lambda t, T: T.PositiveDefiniteTransform(), [[-1.0, 0.5], [2.0, 0.3]]),
    "corr_cholesky": (lambda t, T: T.CorrCholeskyTransform(), [[-1.0, 0.5, 2.0]]),
    "reshape": (lambda t, T: T.ReshapeTransform((2, 2), (4,)), [[-1.0, 0.5], [2.0, 0.3]]),
    "independent": (lambda t, T: T.IndependentTransform(T.ExpTransform(), 1), [[-1.0, 0.5]]),
    "compose": (
        lambda t, T: T.ComposeTransform([T.ExpTransform(), T.AffineTransform(1.0, 2.0)]),
        [-1.0, 0.5],
    ),
    "compose_of_events": (
        lambda t, T: T.ComposeTransform(
            [T.ExpTransform(), T.AffineTransform(0.0, t.tensor([2.0, 3.0]), event_dim=1)]
        ),
        [[-1.0, 0.5]],
    ),
    "compose_to_simplex": (
        lambda t, T: T.ComposeTransform([T.AffineTransform(0.0, 2.0), T.StickBreakingTransform()]),
        [[-1.0, 0.5]],
    ),
    "identity": (lambda t, T: T.identity_transform, [-1.0, 0.5]),
    "cat": (
        lambda t, T: T.CatTransform([T.ExpTransform(), T.TanhTransform()], lengths=[1, 2]),
        [0.5, 0.1, -0.3],
    ),
    "stack": (
        lambda t, T: T.StackTransform([T.ExpTransform(), T.TanhTransform()], 1),
        [[0.5, 0.1]],
    ),
}


def asked(function):
    """A value, or the type and first line of an error."""
    try:
        result = function()
    except (NotImplementedError, RuntimeError, TypeError, ValueError, AssertionError) as error:
        return type(error).__name__, str(error).split("\n")[0]
    if hasattr(result, "detach"):
        return str(result.dtype), result.detach().numpy()
    return repr(result)


def said(t, name):
    make, values = MAKERS[name]
    f, x = make(t, t.distributions.transforms), t.tensor(values)
    y = f(x)
    return [
        asked(lambda: y),
        asked(lambda: f.inv(y)),
        asked(lambda: f.log_abs_det_jacobian(x, y)),
        asked(lambda: f.inv.log_abs_det_jacobian(y, x)),
        asked(lambda: f.sign),
        asked(lambda: f.bijective),
        asked(lambda: f.event_dim),
        asked(lambda: (f.domain.event_dim, f.codomain.event_dim)),
        asked(lambda: f.domain.check(x)),
        asked(lambda: f.codomain.check(y)),
        asked(lambda: f.forward_shape(x.shape)),
        asked(lambda: f.inverse_shape(y.shape)),
        asked(lambda: f.forward_shape(())),
        asked(lambda: f == make(t, t.distributions.transforms)),
        asked(lambda: f.inv.inv == f),
        repr(f),
        repr(f.inv),
        asked(lambda: f.with_cache(1)(x)),
        asked(lambda: f.with_cache(1).inv(f.with_cache(1)(x))),
    ]


def assert_same(mine, theirs):
    for place, (a, b) in enumerate(zip(mine, theirs, strict=True)):
        if isinstance(b, tuple) and isinstance(b[1], np.ndarray):
            assert a[0] == b[0], place
            np.testing.assert_allclose(a[1], b[1], rtol=2e-5, atol=1e-6, err_msg=str(place))
        else:
            assert a == b, place


@pytest.mark.parametrize("name", MAKERS)
def test_transforms_are_pytorchs(name):
    torch = pytest.importorskip("torch")
    assert_same(said(rl, name), said(torch, name))


def test_stretching_is_the_derivative():
    for name in ("exp", "sigmoid", "softplus", "tanh", "affine", "compose", "cdf"):
        f, values = MAKERS[name][0](rl, T), MAKERS[name][1]
        x = rl.tensor([v for v in values if abs(v) < 10], requires_grad=True)
        y = f(x)
        (slope,) = rl.autograd.grad(y.sum(), x)
        assert rl.allclose(slope.abs().log(), f.log_abs_det_jacobian(x, y), atol=1e-5), name


def test_a_cache_gives_the_argument_back():
    f = T.ExpTransform(cache_size=1)
    x = rl.ones(2)
    assert f.inv(f(x)) is x
    with pytest.raises(ValueError, match="cache_size must be 0 or 1"):
        T.ExpTransform(cache_size=2)


WRONG = [
    (lambda: T.ReshapeTransform((2,), (3,)), "in_shape, out_shape have different numbers"),
    (lambda: T.ReshapeTransform((2,), (2,)).forward_shape(()), "Too few dimensions on input"),
    (lambda: T.CorrCholeskyTransform().forward_shape((2,)), "Input is not a flattened lower-diag"),
    (lambda: T.CorrCholeskyTransform().inverse_shape((2, 3)), "Input is not square"),
    (lambda: T.IndependentTransform(T.ExpTransform(), 1)(rl.tensor(1.0)), "Too few dimensions on"),
    (lambda: T.StickBreakingTransform().forward_shape(()), "Too few dimensions on input"),
    (
        lambda: rl.distributions.TransformedDistribution(rl.distributions.Normal(0.0, 1.0), 3),
        "transforms must be a Transform or list of Transforms, but was 3",
    ),
    (
        lambda: rl.distributions.TransformedDistribution(
            rl.distributions.Normal(0.0, 1.0), [T.StickBreakingTransform()]
        ),
        "base_distribution needs to have shape with size at least 1, but got torch.Size([]).",
    ),
    (lambda: T.StickBreakingTransform().event_dim + 1 and T.CorrCholeskyTransform().event_dim,
     "Please use either .domain.event_dim or .codomain.event_dim"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "text"), WRONG)
def test_wrong_arguments(call, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        call()


def test_what_is_not_implemented():
    with pytest.raises(NotImplementedError):
        T.SoftmaxTransform().log_abs_det_jacobian(rl.ones(2), rl.ones(2))
    with pytest.raises(NotImplementedError, match="Cannot transform _Boolean constraints"):
        rl.distributions.biject_to(C.boolean)
    with pytest.raises(TypeError, match="Expected constraint to be either a Constraint subclass"):
        rl.distributions.biject_to.register(int, lambda constraint: None)


SETS = {
    "real": lambda c: c.real,
    "positive": lambda c: c.positive,
    "nonnegative": lambda c: c.nonnegative,
    "greater_than": lambda c: c.greater_than(2.0),
    "less_than": lambda c: c.less_than(2.0),
    "unit_interval": lambda c: c.unit_interval,
    "interval": lambda c: c.interval(-1.0, 3.0),
    "half_open_interval": lambda c: c.half_open_interval(-1.0, 3.0),
    "simplex": lambda c: c.simplex,
    "lower_cholesky": lambda c: c.lower_cholesky,
    "corr_cholesky": lambda c: c.corr_cholesky,
    "positive_definite": lambda c: c.positive_definite,
    "real_vector": lambda c: c.real_vector,
    "independent": lambda c: c.independent(c.positive, 1),
    "cat": lambda c: c.cat([c.positive, c.real], lengths=[1, 2]),
    "stack": lambda c: c.stack([c.positive, c.real, c.unit_interval], -1),
}


@pytest.mark.parametrize("name", SETS)
def test_transforms_onto_sets(name):
    torch = pytest.importorskip("torch")

    def led(t):
        constraint = SETS[name](t.distributions.constraints)
        results = []
        for registry in (t.distributions.transform_to, t.distributions.biject_to):
            try:
                f = registry(constraint)
            except NotImplementedError as error:
                results.append(str(error))
                continue
            square = name in ("lower_cholesky", "positive_definite")
            x = t.tensor([[0.3, -1.0], [0.5, 2.0]] if square else [0.3, -1.0, 0.5])
            results += [
                repr(f),
                asked(lambda f=f, x=x: f(x)),
                asked(lambda f=f, x=x: constraint.check(f(x))),
            ]
        return results

    assert_same(led(rl), led(torch))


MEMBERS = {
    "boolean": [0.0, 1.0, 0.5],
    "one_hot": [[0.0, 1.0], [1.0, 1.0]],
    "nonnegative_integer": [0.0, 1.5, -1.0],
    "positive_integer": [0.0, 1.0],
    "lower_triangular": [[1.0, 0.0], [2.0, 3.0]],
    "symmetric": [[1.0, 2.0], [2.0, 3.0]],
    "square": [[1.0, 2.0], [2.0, 3.0]],
    "positive_semidefinite": [[1.0, 1.0], [1.0, 1.0]],
    "positive_definite": [[1.0, 1.0], [1.0, 1.0]],
    "lower_cholesky": [[1.0, 0.0], [2.0, -3.0]],
    "corr_cholesky": [[1.0, 0.0], [0.6, 0.8]],
    "simplex": [[0.5, 0.5], [0.5, 0.6]],
    "real_vector": [[0.5, float("nan")], [1.0, 2.0]],
}


@pytest.mark.parametrize("name", MEMBERS)
def test_members_of_sets(name):
    torch = pytest.importorskip("torch")

    def checked(t):
        constraint = getattr(t.distributions.constraints, name)
        return [
            asked(lambda: constraint.check(t.tensor(MEMBERS[name]))),
            repr(constraint),
            (constraint.is_discrete, constraint.event_dim),
        ]

    assert_same(checked(rl), checked(torch))


def test_dependent_sets():
    with pytest.raises(ValueError, match="Cannot determine validity of dependent constraint"):
        C.dependent.check(rl.ones(1))
    with pytest.raises(NotImplementedError, match=".event_dim cannot be determined statically"):
        _ = C.dependent.event_dim
    assert C.dependent(is_discrete=True, event_dim=1).event_dim == 1
    assert C.is_dependent(C.dependent)
    assert C.multinomial(3).check(rl.tensor([[1.0, 2.0], [2.0, 2.0]])).tolist() == [True, False]


def test_triangles():
    from rushlight.distributions import utils

    vector = rl.tensor([1.0, 2.0, 3.0])
    assert utils.vec_to_tril_matrix(vector).tolist() == [[1, 0], [2, 3]]
    assert utils.vec_to_tril_matrix(vector, -1).tolist() == [[0, 0, 0], [1, 0, 0], [2, 3, 0]]
    assert utils.tril_matrix_to_vec(rl.tensor([[1.0, 0.0], [2.0, 3.0]])).tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="cannot be expressed as the lower triangular part"):
        utils.vec_to_tril_matrix(rl.ones(2))
    with pytest.raises(ValueError, match=re.escape("diag (5) provided is outside [-2, 1].")):
        utils.tril_matrix_to_vec(rl.ones(2, 2), 5)
