"""Functions, losses and layers of nn against PyTorch: values, two orders of derivatives, errors.

A case is a function of the library (`rushlight` or `torch`). Its outcome is the value, the
gradients of first and second order, or the error's type and first line; and the warnings.
"""

import warnings

import numpy as np
import pytest

import rushlight as rl

torch = pytest.importorskip("torch")


def grid(t, *shape, dtype="float64"):
    """Numbers that are neither special nor in order."""
    count = int(np.prod(shape))
    values = np.sin(np.arange(1, count + 1) * 1.7).reshape(shape)
    return t.tensor(values.tolist(), dtype=getattr(t, dtype)).reshape(shape)


def as_array(value):
    return None if value is None else np.asarray(value.detach().add(0).tolist())


def derivatives(t, function, *inputs):
    """[value, gradients, gradients of the sum of their squares]."""
    leaves = [x.clone().requires_grad_() for x in inputs]
    out = function(*leaves)
    weights = grid(t, *out.shape) if out.dim() else 1.0
    first = t.autograd.grad((out * weights).sum(), leaves, create_graph=True, allow_unused=True)
    total = sum((g * g).sum() for g in first if g is not None)
    second = [None] * len(leaves)
    if isinstance(total, t.Tensor) and total.requires_grad:
        second = t.autograd.grad(total, leaves, allow_unused=True)
    return [as_array(x) for x in (out, *first, *second)]


def outcome(case, t):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.filterwarnings("ignore", category=RuntimeWarning)
        t.manual_seed(0)
        try:
            result = case(t)
        except Exception as error:
            result = (type(error).__name__, str(error).split("\n")[0])
    return result, [as_pytorch_says(w) for w in caught]


def as_pytorch_says(warning):
    """A warning without the explanation that Rushlight adds below, and of no kind of its own."""
    kind = next(c for c in warning.category.__mro__ if c.__module__ == "builtins")
    return kind.__name__, str(warning.message).partition("\n\nWhy: ")[0]


def assert_same(case, rtol=1e-9, atol=1e-12):
    (ours, our_warnings), (theirs, their_warnings) = outcome(case, rl), outcome(case, torch)
    assert our_warnings == their_warnings
    if not isinstance(theirs, list):
        assert ours == theirs
        return
    for a, b in zip(ours, theirs, strict=True):
        if a is None or b is None:
            # where a derivative is 0 everywhere one library may say None
            assert all(x is None or not np.any(x) for x in (a, b))
        else:
            np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)


def value(function):
    return lambda t: [as_array(function(t))]


# Activations --------------------------------------------------------------------------------------

ACTIVATIONS = {
    "relu": {},
    "relu6": {},
    "hardtanh": {"min_val": -0.5, "max_val": 0.7},
    "threshold": {"threshold": 0.1, "value": 20.0},
    "leaky_relu": {"negative_slope": 0.2},
    "elu": {"alpha": 1.5},
    "celu": {"alpha": 0.5},
    "selu": {},
    "sigmoid": {},
    "tanh": {},
    "logsigmoid": {},
    "hardsigmoid": {},
    "hardswish": {},
    "softplus": {"beta": 2.0},
    "softshrink": {"lambd": 0.3},
    "hardshrink": {"lambd": 0.3},
    "softsign": {},
    "tanhshrink": {},
    "silu": {},
    "mish": {},
    "gelu": {},
    "rrelu": {},
    "softmax": {"dim": 1},
    "log_softmax": {"dim": 0},
    "softmin": {"dim": 1},
    "glu": {"dim": 0},
    "normalize": {"dim": 1},
}
NO_SECOND_DERIVATIVE_IN_PYTORCH = ("hardsigmoid",)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation(name):
    if name in NO_SECOND_DERIVATIVE_IN_PYTORCH:
        pytest.skip("PyTorch has no second derivative")
    options = ACTIVATIONS[name]

    def case(t):
        function = getattr(t.nn.functional, name)
        return derivatives(t, lambda x: function(x * 3, **options), grid(t, 4, 5))

    assert_same(case)


def test_gelu_by_tanh():
    def case(t):
        return derivatives(t, lambda x: t.nn.functional.gelu(x, approximate="tanh"), grid(t, 3, 4))

    assert_same(case)


@pytest.mark.parametrize("name", [n for n in ACTIVATIONS if n not in ("softmin", "glu")])
@pytest.mark.parametrize("kind", ["int64", "bool"])
def test_activation_of_integers(name, kind):
    def case(t):
        function = getattr(t.nn.functional, name)
        result = function(t.ones(2, 2, dtype=getattr(t, kind)), **ACTIVATIONS[name])
        return [str(result.dtype), result.tolist()].__repr__()

    assert_same(case)


@pytest.mark.parametrize("name", ["gelu", "silu", "elu", "softplus", "mish", "log_softmax"])
def test_activation_in_float32_and_of_many_elements(name):
    def case(t):
        x = grid(t, 200, 500, dtype="float32") * 4
        options = {"dim": 1} if name == "log_softmax" else {}
        return [as_array(getattr(t.nn.functional, name)(x, **options))]

    assert_same(case, rtol=1e-5, atol=2e-6)


def test_inplace_activations():
    def case(t):
        x = grid(t, 6).requires_grad_()
        y = x * 2
        z = t.nn.functional.relu(y, inplace=True)
        z.sum().backward()
        return [as_array(z), as_array(x.grad), np.asarray(z is y)]

    assert_same(case)


@pytest.mark.parametrize("shape", [(4,), (2, 3), (2, 3, 2)])
def test_prelu(shape):
    def case(t):
        weight = t.tensor([0.1] if len(shape) == 1 else [0.1, 0.2, 0.3], dtype=t.float64)
        return derivatives(t, t.nn.functional.prelu, grid(t, *shape), weight)

    assert_same(case)


@pytest.mark.parametrize(
    "case",
    [
        lambda t: t.nn.functional.prelu(t.ones(2, 3), t.ones(4)),
        lambda t: t.nn.functional.prelu(t.ones(2, 3), t.ones(3, 1)),
        lambda t: t.nn.functional.prelu(t.ones(2, 3), t.ones(3).double()),
        lambda t: t.nn.functional.glu(t.ones(3, 3)),
        lambda t: t.nn.functional.glu(t.tensor(1.0)),
        lambda t: t.nn.functional.gelu(t.ones(2), approximate="x"),
        lambda t: t.nn.functional.hardtanh(t.ones(2), 2, 1),
        lambda t: t.nn.functional.softshrink(t.ones(2), -1.0),
        lambda t: t.nn.functional.celu(t.ones(2), 0.0),
        lambda t: t.nn.functional.relu(3.0),
        lambda t: t.nn.functional.leaky_relu(3.0),
        lambda t: t.nn.functional.gelu(3.0),
        lambda t: t.nn.functional.softmax(t.ones(2), 5),
        lambda t: t.nn.Softmax2d()(t.ones(2)),
        lambda t: t.nn.functional.dropout(t.ones(2), 2.0),
        lambda t: t.nn.Dropout(2),
        lambda t: t.nn.functional.dropout(t.ones(2).long(), 0.5),
        lambda t: t.nn.functional.dropout1d(t.ones(3)),
        lambda t: t.nn.functional.dropout2d(t.ones(2)),
    ],
)
def test_activation_errors(case):
    assert_same(case)


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_softmax_without_a_dimension_warns(ndim):
    assert_same(value(lambda t: t.nn.functional.softmax(grid(t, *(2, 3, 4)[:ndim]))))


# Random -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "function",
    [
        lambda t, F: F.dropout(t.ones(50), 0.3),
        lambda t, F: F.dropout(t.ones(5, 6, dtype=t.float64)),
        lambda t, F: F.dropout(t.ones(3), 1.0),
        lambda t, F: F.dropout1d(t.ones(3, 4, 2)),
        lambda t, F: F.dropout2d(t.ones(2, 4, 1, 2)),
        lambda t, F: F.dropout3d(t.ones(2, 4, 1, 2)),
        lambda t, F: F.alpha_dropout(t.arange(8.0), training=True),
        lambda t, F: F.feature_alpha_dropout(t.arange(12.0).view(2, 3, 2), training=True),
        lambda t, F: F.rrelu(t.arange(-6.0, 4.0), training=True),
        lambda t, F: F.gumbel_softmax(t.arange(4.0)),
        lambda t, F: F.gumbel_softmax(t.arange(4.0), hard=True),
        lambda t, F: F.dropout(t.ones(3), training=False),
    ],
)
def test_the_same_random_numbers(function):
    assert_same(value(lambda t: function(t, t.nn.functional)), rtol=1e-5)


# Losses -------------------------------------------------------------------------------------------


def probabilities(t, *shape):
    return grid(t, *shape) * 0.4 + 0.5


def signs(t, *shape):
    return (grid(t, *shape) > 0).double() * 2 - 1


PAIRS = {
    "mse_loss": (grid, grid),
    "l1_loss": (grid, probabilities),
    "smooth_l1_loss": (grid, probabilities),
    "huber_loss": (grid, probabilities),
    "binary_cross_entropy": (probabilities, lambda t, *s: 1 - probabilities(t, *s)),
    "binary_cross_entropy_with_logits": (grid, probabilities),
    "kl_div": (grid, probabilities),
    "poisson_nll_loss": (grid, probabilities),
    "hinge_embedding_loss": (grid, signs),
    "soft_margin_loss": (grid, signs),
    "multilabel_soft_margin_loss": (grid, probabilities),
    "cross_entropy": (grid, probabilities),
}
#: PyTorch differentiates these by the target too
BOTH = (
    "mse_loss",
    "l1_loss",
    "smooth_l1_loss",
    "huber_loss",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", PAIRS)
def test_loss(name, reduction):
    make_input, make_target = PAIRS[name]

    def case(t):
        loss = getattr(t.nn.functional, name)
        x, y = make_input(t, 4, 3), make_target(t, 4, 3).flip(0)
        if name in BOTH:
            return derivatives(t, lambda a, b: loss(a, b, reduction=reduction), x, y)
        return derivatives(t, lambda a: loss(a, y, reduction=reduction), x)

    assert_same(case)


CLASS_OPTIONS = [
    {},
    {"weight": True},
    {"ignore_index": 2},
    {"label_smoothing": 0.1},
    {"weight": True, "label_smoothing": 0.1},
    {"weight": True, "ignore_index": 2, "label_smoothing": 0.2},
    {"weight": True, "reduction": "sum"},
    {"weight": True, "reduction": "none", "label_smoothing": 0.1},
]


@pytest.mark.parametrize("options", CLASS_OPTIONS)
@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 3, 2), (2, 3, 2, 2)])
@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
def test_loss_over_classes(name, shape, options):
    if name == "nll_loss" and "label_smoothing" in options:
        pytest.skip("nll_loss has no label_smoothing")

    def case(t):
        size = shape[:1] + shape[2:] if len(shape) > 1 else ()
        target = t.arange(int(np.prod(size))).reshape(size) % 3
        given = dict(options)
        if given.get("weight"):
            given["weight"] = t.tensor([0.2, 0.3, 0.5], dtype=t.float64)
        loss = getattr(t.nn.functional, name)
        return derivatives(t, lambda x: loss(x, target, **given), grid(t, *shape))

    assert_same(case)


def labels(t, *values):
    return t.tensor(list(values))


OTHER_LOSSES = {
    "mse weighted": lambda t, F, x: F.mse_loss(x, x.detach() * 2, weight=x.detach().abs()),
    "huber weighted": lambda t, F, x: F.huber_loss(x, x.detach() * 2, weight=x.detach().abs()),
    "smooth_l1 beta": lambda t, F, x: F.smooth_l1_loss(x, x.detach() * 2, beta=0.1),
    "smooth_l1 beta 0": lambda t, F, x: F.smooth_l1_loss(x, x.detach() * 2, beta=0.0),
    "huber delta": lambda t, F, x: F.huber_loss(x, x.detach() * 2, delta=0.1),
    "bce weighted": lambda t, F, x: F.binary_cross_entropy(
        x * 0.4 + 0.5, probabilities(t, 4, 3), weight=probabilities(t, 3)
    ),
    "bce with logits": lambda t, F, x: F.binary_cross_entropy_with_logits(
        x * 50,
        probabilities(t, 4, 3),
        weight=probabilities(t, 3),
        pos_weight=probabilities(t, 3),
    ),
    "kl_div log": lambda t, F, x: F.kl_div(x, -x.detach().abs(), log_target=True),
    "kl_div batchmean": lambda t, F, x: F.kl_div(x, probabilities(t, 4, 3), reduction="batchmean"),
    "poisson full": lambda t, F, x: F.poisson_nll_loss(x, x.detach().abs() * 5, full=True),
    "poisson": lambda t, F, x: F.poisson_nll_loss(
        x.abs() + 1, x.detach().abs() * 5, log_input=False
    ),
    "gaussian": lambda t, F, x: F.gaussian_nll_loss(x, x.detach() * 2, x.abs() + 0.1, full=True),
    "gaussian per row": lambda t, F, x: F.gaussian_nll_loss(
        x, x.detach() * 2, probabilities(t, 4, 1)
    ),
    "gaussian number": lambda t, F, x: F.gaussian_nll_loss(x, x.detach() * 2, 0.5),
    "triplet": lambda t, F, x: F.triplet_margin_loss(x, x.flip(0), x.flip(1)),
    "triplet swap": lambda t, F, x: F.triplet_margin_loss(
        x, x.flip(0), x.flip(1), swap=True, p=1.0
    ),
    "triplet distance": lambda t, F, x: F.triplet_margin_with_distance_loss(
        x, x.flip(0), x.flip(1), distance_function=lambda a, b: (a - b).pow(2).sum(-1), swap=True
    ),
    "ranking": lambda t, F, x: F.margin_ranking_loss(x, x.flip(0), signs(t, 4, 3), margin=0.5),
    "cosine": lambda t, F, x: F.cosine_embedding_loss(
        x, x.flip(1), signs(t, 4), margin=0.1, reduction="none"
    ),
    "hinge margin": lambda t, F, x: F.hinge_embedding_loss(x, signs(t, 4, 3), margin=0.3),
    "multilabel weighted": lambda t, F, x: F.multilabel_soft_margin_loss(
        x, probabilities(t, 4, 3), weight=probabilities(t, 3)
    ),
    "cosine_similarity": lambda t, F, x: F.cosine_similarity(x, x.flip(1)),
    "cosine_similarity broadcast": lambda t, F, x: F.cosine_similarity(x, x[0], dim=-1),
    "pairwise_distance": lambda t, F, x: F.pairwise_distance(x, x.flip(0)),
    "pairwise_distance 1": lambda t, F, x: F.pairwise_distance(x, x.flip(0), p=1.0, keepdim=True),
    "normalize": lambda t, F, x: F.normalize(x, p=1, dim=0),
    "bilinear": lambda t, F, x: F.bilinear(x, x[:, :2], grid(t, 5, 3, 2), grid(t, 5)),
    "layer_norm": lambda t, F, x: F.layer_norm(x, (3,), x[0], x[1]),
    "layer_norm of a matrix": lambda t, F, x: F.layer_norm(x, (4, 3), x.flip(0), None, 0.1),
    "rms_norm": lambda t, F, x: F.rms_norm(x, (3,), x[0], 0.1),
    "group_norm": lambda t, F, x: F.group_norm(x.reshape(2, 2, 3), 2, x[0, :2], x[1, :2]),
    "instance_norm": lambda t, F, x: F.instance_norm(x.reshape(2, 2, 3), weight=x[0, :2]),
    "batch_norm": lambda t, F, x: F.batch_norm(x, None, None, x[0], x[1], training=True),
    "batch_norm of images": lambda t, F, x: F.batch_norm(
        x.reshape(2, 2, 3, 1), None, None, x[0, :2], x[1, :2], training=True
    ),
    "batch_norm in evaluation": lambda t, F, x: F.batch_norm(
        x, grid(t, 3), grid(t, 3).abs() + 1, x[0], x[1]
    ),
    "local_response_norm": lambda t, F, x: F.local_response_norm(
        x.reshape(1, 6, 2), 3, 0.1, 0.5, 2.0
    ),
    "embedding": lambda t, F, x: F.embedding(labels(t, 1, 0, 1, 3), x, padding_idx=3),
    "embedding by frequency": lambda t, F, x: F.embedding(
        labels(t, 1, 0, 1, 3), x, scale_grad_by_freq=True
    ),
    "embedding_bag": lambda t, F, x: F.embedding_bag(
        labels(t, 1, 0, 1, 3), x, labels(t, 0, 1), mode="sum"
    ),
}
#: the second derivative that PyTorch gives here is not the derivative of the first
FIRST_ORDER_ONLY = ("embedding_bag", "embedding by frequency")


@pytest.mark.parametrize("name", OTHER_LOSSES)
def test_other_functions(name):
    function = OTHER_LOSSES[name]

    def case(t):
        x = grid(t, 4, 3)
        if name in FIRST_ORDER_ONLY:
            x.requires_grad_()
            out = function(t, t.nn.functional, x)
            (out * grid(t, *out.shape)).sum().backward()
            return [as_array(out), as_array(x.grad)]
        return derivatives(t, lambda leaf: function(t, t.nn.functional, leaf), x)

    assert_same(case, rtol=1e-7)


MARGIN_LOSSES = {
    "multi_margin p=1": lambda t, F, x: F.multi_margin_loss(x, labels(t, 2, 0, 1, 1)),
    "multi_margin p=2": lambda t, F, x: F.multi_margin_loss(
        x, labels(t, 2, 0, 1, 1), p=2, margin=0.7, weight=probabilities(t, 3)
    ),
    "multi_margin of one sample": lambda t, F, x: F.multi_margin_loss(x[0], labels(t, 1)[0]),
    "multilabel_margin": lambda t, F, x: F.multilabel_margin_loss(
        x, t.tensor([[1, 0, -1], [0, -1, 2], [2, 1, 0], [-1, 0, 1]])
    ),
}


@pytest.mark.parametrize("name", MARGIN_LOSSES)
def test_margin_losses(name):
    def case(t):
        x = grid(t, 4, 3).requires_grad_()
        loss = MARGIN_LOSSES[name](t, t.nn.functional, x)
        loss.backward()
        return [as_array(loss), as_array(x.grad)]

    assert_same(case)


def scores(t):
    return t.ones(2, 3)


ERRORS = [
    lambda t, F: F.mse_loss(scores(t), t.ones(3, 2)),
    lambda t, F: F.mse_loss(scores(t), t.ones(2, 1)).item(),
    lambda t, F: F.mse_loss(scores(t), scores(t), reduction="foo"),
    lambda t, F: F.mse_loss(scores(t), scores(t), size_average=False).item(),
    lambda t, F: F.mse_loss(scores(t), scores(t), reduce=False).tolist(),
    lambda t, F: F.mse_loss(scores(t).long(), scores(t).long()),
    lambda t, F: F.mse_loss(3.0, scores(t)),
    lambda t, F: str(F.mse_loss(scores(t).double(), scores(t)).dtype),
    lambda t, F: F.smooth_l1_loss(scores(t), scores(t), beta=-1.0),
    lambda t, F: F.huber_loss(scores(t), scores(t), delta=0.0),
    lambda t, F: F.l1_loss(scores(t), t.ones(4)),
    lambda t, F: F.binary_cross_entropy(scores(t) * 2, scores(t)),
    lambda t, F: F.binary_cross_entropy(scores(t), scores(t) * 2),
    lambda t, F: F.binary_cross_entropy(scores(t), t.ones(2, 1)),
    lambda t, F: F.binary_cross_entropy(scores(t), scores(t).double()),
    lambda t, F: F.binary_cross_entropy_with_logits(scores(t), t.ones(2, 1)),
    lambda t, F: F.binary_cross_entropy_with_logits(scores(t), scores(t).long()),
    lambda t, F: F.kl_div(scores(t).long(), scores(t).long(), reduction="sum"),
    lambda t, F: F.gaussian_nll_loss(scores(t), scores(t), -scores(t)),
    lambda t, F: F.gaussian_nll_loss(scores(t), scores(t), t.ones(5)),
    lambda t, F: F.cross_entropy(scores(t), labels(t, 5, 0)),
    lambda t, F: F.cross_entropy(scores(t), labels(t, -1, 0)),
    lambda t, F: F.cross_entropy(scores(t), labels(t, 1, 0, 1)),
    lambda t, F: F.cross_entropy(scores(t), t.ones(2)),
    lambda t, F: F.cross_entropy(scores(t), scores(t).long()),
    lambda t, F: F.cross_entropy(scores(t), labels(t, 1, 0).int()),
    lambda t, F: F.cross_entropy(scores(t), labels(t, 1, 0), weight=t.ones(2)),
    lambda t, F: F.cross_entropy(scores(t), labels(t, 1, 0), weight=t.ones(3).double()),
    lambda t, F: F.cross_entropy(scores(t), labels(t, 1, 0), label_smoothing=2.0),
    lambda t, F: F.cross_entropy(scores(t), scores(t), ignore_index=1),
    lambda t, F: F.cross_entropy(scores(t)[0], labels(t, 1, 0)),
    lambda t, F: F.cross_entropy(scores(t), 1),
    lambda t, F: F.cross_entropy(t.ones(2, 3, 2), t.ones(2, 3).long()),
    lambda t, F: str(F.cross_entropy(scores(t), labels(t, -100, -100)).item()),
    lambda t, F: F.nll_loss(t.tensor(1.0), labels(t, 1)),
    lambda t, F: F.nll_loss(scores(t), t.ones(2, 3).long()),
    lambda t, F: F.multi_margin_loss(scores(t), labels(t, 7, 0)),
    lambda t, F: F.multi_margin_loss(scores(t), labels(t, 0, 0), p=3),
    lambda t, F: F.multilabel_margin_loss(scores(t), t.ones(3, 2).long()),
    lambda t, F: F.margin_ranking_loss(scores(t), scores(t), t.ones(1)),
    lambda t, F: F.cosine_embedding_loss(scores(t), scores(t), scores(t)),
    lambda t, F: F.triplet_margin_loss(scores(t), scores(t), t.ones(3)),
    lambda t, F: F.triplet_margin_loss(scores(t), scores(t), scores(t), margin=-1),
    lambda t, F: t.nn.CrossEntropyLoss()(scores(t), None),
    lambda t, F: F.layer_norm(scores(t), (4,)),
    lambda t, F: F.layer_norm(scores(t), (3,), t.ones(4)),
    lambda t, F: F.layer_norm(scores(t), ()),
    lambda t, F: t.nn.LayerNorm(3)(scores(t).double()),
    lambda t, F: t.nn.RMSNorm(4)(scores(t)),
    lambda t, F: t.nn.GroupNorm(2, 3),
    lambda t, F: F.group_norm(t.ones(2, 3, 2), 2),
    lambda t, F: t.nn.BatchNorm1d(3)(t.ones(1, 3)),
    lambda t, F: t.nn.BatchNorm1d(3)(t.ones(2, 4)),
    lambda t, F: t.nn.BatchNorm2d(3)(scores(t)),
    lambda t, F: t.nn.BatchNorm1d(3)(scores(t).double()),
    lambda t, F: t.nn.InstanceNorm1d(3)(t.ones(2, 3, 1)),
    lambda t, F: t.nn.InstanceNorm2d(3, affine=True)(t.ones(2, 4, 2, 2)),
    lambda t, F: t.nn.Linear(3, 2)(t.ones(2, 4)),
    lambda t, F: t.nn.Linear(3, 2)(t.ones(5, 2, 4)),
    lambda t, F: t.nn.Linear(3, 2)(t.ones(2, 3).double()),
    lambda t, F: t.nn.Linear(3, 2)(3),
    lambda t, F: t.nn.Bilinear(2, 3, 4)(t.ones(2, 3), t.ones(2, 3)),
    lambda t, F: t.nn.Bilinear(2, 3, 4)(t.ones(2, 2), t.ones(3, 3)),
    lambda t, F: t.nn.Embedding(5, 3)(labels(t, 7)),
    lambda t, F: t.nn.Embedding(5, 3)(labels(t, -1)),
    lambda t, F: t.nn.Embedding(5, 3)(t.ones(1)),
    lambda t, F: t.nn.Embedding(5, 3, padding_idx=9),
    lambda t, F: t.nn.Embedding(5, 3)(3),
    lambda t, F: F.one_hot(labels(t, 0, 2), 2),
    lambda t, F: F.one_hot(t.ones(2)),
    lambda t, F: F.one_hot(labels(t, -1)),
    lambda t, F: F.one_hot(labels(t, 0, 2)).tolist(),
]


@pytest.mark.parametrize("number", range(len(ERRORS)))
def test_what_is_refused(number):
    assert_same(lambda t: ERRORS[number](t, t.nn.functional))


# Layers -------------------------------------------------------------------------------------------

LAYERS = """
ReLU() ReLU(inplace=True) ReLU6() Hardtanh() Hardtanh(-2,2,True) Threshold(1,2) LeakyReLU(0.2,True)
ELU() CELU(1.,True) SELU() Sigmoid() Tanh() LogSigmoid() Hardsigmoid() Hardswish(True) Softplus()
Softshrink() Hardshrink() Softsign() Tanhshrink() SiLU(True) Mish() GELU('tanh') RReLU() PReLU(3)
GLU(1) Softmax() Softmax(1) LogSoftmax(1) Softmin(1) Softmax2d() Dropout(0.2,True) Dropout1d()
Dropout2d() Dropout3d() AlphaDropout() FeatureAlphaDropout() Linear(2,3) Linear(2,3,bias=False)
Bilinear(2,3,4) Identity() Embedding(3,4) Embedding(3,4,padding_idx=0,max_norm=1.,sparse=True)
BatchNorm1d(3) BatchNorm2d(3,affine=False) BatchNorm3d(3,momentum=None,track_running_stats=False)
LayerNorm(3) LayerNorm((3,4),eps=1e-3,bias=False) LayerNorm(3,elementwise_affine=False)
GroupNorm(2,4) GroupNorm(2,4,affine=False) InstanceNorm1d(3) InstanceNorm2d(3,affine=True)
RMSNorm((3,2),eps=1e-3) LocalResponseNorm(2) CrossMapLRN2d(2) CosineSimilarity() PairwiseDistance()
SyncBatchNorm(3) Flatten() Unflatten(1,(2,3)) MSELoss() CrossEntropyLoss() EmbeddingBag(3,4)
AdaptiveLogSoftmaxWithLoss(4,8,[2,4],div_value=2.)
LazyLinear(3) LazyBatchNorm1d() TripletMarginLoss() Sequential(Linear(1,2),ReLU())
ModuleList([Linear(1,1),Linear(1,1)]) ModuleDict({'a':ReLU()}) ParameterList()
""".split()


@pytest.mark.parametrize("source", LAYERS)
def test_printed_form_and_state(source):
    def case(t):
        layer = eval(source, dict(vars(t.nn)))
        state = {} if source.startswith("Lazy") else layer.state_dict()
        return repr(layer), {k: (list(v.shape), str(v.dtype)) for k, v in state.items()}

    assert_same(case)


@pytest.mark.parametrize(
    "source",
    [
        "Linear(5, 7)",
        "Linear(5, 7, bias=False)",
        "Linear(3, 4, dtype=float64)",
        "Bilinear(3, 4, 5)",
        "LazyLinear(3)",
    ],
)
def test_first_weights_are_equal_to_the_bit(source):
    def case(t):
        layer = eval(source, {**vars(t.nn), "float64": t.float64})
        if source.startswith("Lazy"):
            layer(t.ones(1, 4))
        return {name: p.tolist() for name, p in layer.named_parameters()}

    assert_same(case)


def test_running_statistics():
    def case(t):
        layer = t.nn.BatchNorm1d(3, momentum=0.3).double()
        average = t.nn.BatchNorm1d(3, momentum=None).double()
        for i in range(3):
            layer(grid(t, 4, 3) + i)
            average(grid(t, 4, 3) * i)
        states = [*layer.state_dict().values(), *average.state_dict().values()]
        return [as_array(x) for x in (*states, layer.eval()(grid(t, 4, 3)))]

    assert_same(case)


def test_embedding_with_a_largest_norm():
    def case(t):
        layer = t.nn.Embedding(5, 3, max_norm=0.5, dtype=t.float64)
        with t.no_grad():
            layer.weight.copy_(grid(t, 5, 3))
        out = layer(labels(t, 1, 2, 2))
        return [as_array(out), as_array(layer.weight)]

    assert_same(case)


def adaptive(t):
    layer = t.nn.AdaptiveLogSoftmaxWithLoss(4, 8, [2, 4], div_value=2.0, dtype=t.float64)
    with t.no_grad():
        for p in layer.parameters():
            p.copy_(grid(t, *p.shape))
    return layer


def test_adaptive_softmax():
    def case(t):
        layer = adaptive(t)
        x = grid(t, 5, 4).requires_grad_()
        output, loss = layer(x, labels(t, 0, 3, 7, 2, 1))
        loss.backward()
        gradients = [x.grad, *(p.grad for p in layer.parameters())]
        alone = layer(x[0], labels(t, 3)[0]).output
        values = (output, loss, alone, layer.log_prob(x), layer.predict(x), *gradients)
        return [as_array(v) for v in values]

    assert_same(case)


@pytest.mark.parametrize(
    "case",
    [
        lambda t: adaptive(t)(grid(t, 3, 4), labels(t, 0, 3, 9)),
        lambda t: adaptive(t)(grid(t, 3, 4), labels(t, 0, 3)),
        lambda t: adaptive(t)(grid(t, 3, 4), t.ones(3, 3).long()),
        lambda t: t.nn.AdaptiveLogSoftmaxWithLoss(4, 8, [4, 2]),
        lambda t: t.nn.AdaptiveLogSoftmaxWithLoss(4, 8, []),
    ],
)
def test_adaptive_softmax_refuses(case):
    assert_same(case)


# Initialization -----------------------------------------------------------------------------------

UNIFORM = {
    "uniform_": {"a": -2, "b": 3},
    "xavier_uniform_": {"gain": 1.5},
    "kaiming_uniform_": {"mode": "fan_out", "nonlinearity": "relu"},
    "eye_": {},
    "ones_": {},
}
NORMAL = {
    "normal_": {"mean": 1, "std": 2},
    "xavier_normal_": {},
    "kaiming_normal_": {"a": 0.3},
    "trunc_normal_": {"std": 0.02, "a": -0.03, "b": 0.05},
    "trunc_normal_ ": {"mean": 3.0},
    "orthogonal_": {"gain": 2},
    "sparse_": {"sparsity": 0.3},
}


@pytest.mark.parametrize("name", UNIFORM)
def test_uniform_initialization_is_equal_to_the_bit(name):
    assert_same(lambda t: getattr(t.nn.init, name)(t.empty(6, 4), **UNIFORM[name]).tolist())


@pytest.mark.parametrize("name", NORMAL)
def test_normal_initialization(name):
    case = value(lambda t: getattr(t.nn.init, name.strip())(t.empty(6, 4), **NORMAL[name]))
    assert_same(case, rtol=2e-5)


@pytest.mark.parametrize(
    "case",
    [
        lambda init, t: init.dirac_(t.empty(4, 2, 3, 3), groups=2).tolist(),
        lambda init, t: init.dirac_(t.empty(3, 2, 3), groups=2),
        lambda init, t: init.dirac_(t.empty(2, 2)),
        lambda init, t: init.eye_(t.empty(2)),
        lambda init, t: init.xavier_uniform_(t.empty(3)),
        lambda init, t: init.kaiming_uniform_(t.empty(0, 3)).shape == (0, 3),
        lambda init, t: init.kaiming_uniform_(t.empty(5, 7), mode="foo"),
        lambda init, t: init.orthogonal_(t.empty(3)),
        lambda init, t: init.sparse_(t.empty(3), 0.1),
        lambda init, t: init.calculate_gain("leaky_relu", 0.2),
        lambda init, t: init.calculate_gain("gelu"),
        lambda init, t: init.calculate_gain("leaky_relu", True),
        lambda init, t: init.xavier_uniform(t.empty(3, 3)).tolist(),
        lambda init, t: init._calculate_fan_in_and_fan_out(t.empty(3, 4, 5)),
    ],
)
def test_the_rest_of_initialization(case):
    assert_same(lambda t: case(t.nn.init, t))


# utils --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("norm_type", [1, 2.0, "inf", 3])
def test_clip_grad_norm(norm_type):
    def case(t):
        p, q = t.nn.Parameter(grid(t, 3)), t.nn.Parameter(grid(t, 2, 2))
        p.grad, q.grad = grid(t, 3) * 5, grid(t, 2, 2)
        total = t.nn.utils.clip_grad_norm_([p, q], 0.5, norm_type)
        return [as_array(x) for x in (total, p.grad, q.grad)]

    assert_same(case)


@pytest.mark.parametrize(
    "case",
    [
        lambda u, t: u.clip_grad_norm_([], 1.0).item(),
        lambda u, t: u.clip_grad_norm_([t.nn.Parameter(t.ones(1))], 1.0).item(),
        lambda u, t: u.parameters_to_vector([t.ones(1, 2), t.zeros(1)]).tolist(),
        lambda u, t: u.vector_to_parameters(3, []),
        lambda u, t: u.get_total_norm([t.ones(4), t.zeros(3)]).item(),
    ],
)
def test_utils(case):
    assert_same(lambda t: case(t.nn.utils, t))


def test_gradients_that_are_not_finite():
    def case(t):
        p = t.nn.Parameter(t.ones(1))
        p.grad = t.tensor([float("nan")])
        t.nn.utils.clip_grad_norm_([p], 1.0, error_if_nonfinite=True)

    assert_same(case)
