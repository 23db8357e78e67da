"""`vmap`: what it computes, what it refuses, chance, indexing, writing in place."""

from collections import namedtuple

import numpy as np
import pytest

import rushlight as rl
import rushlight.func
import rushlight.nn
from rushlight.func import vmap

F = rl.nn.functional
X = [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]


def first(*args):
    return args[0]


def same(found, expected):
    assert found.dtype is expected.dtype
    assert found.shape == expected.shape
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-6, atol=1e-6)


def test_the_mapped_dimension_is_hidden():
    seen = []
    vmap(lambda a: (seen.append((a.shape, a.dim(), a.numel())), a)[1], in_dims=1)(rl.zeros(2, 3))
    assert seen == [(rl.Size([2]), 1, 2)]


def test_dimensions_of_arguments_and_results():
    x, w = rl.randn(4, 5), rl.randn(4)
    same(vmap(rl.dot, in_dims=(1, None))(x, w), w @ x)
    same(vmap(lambda a: a * 2, out_dims=1)(x), (x * 2).t())
    same(vmap(lambda a: (a, a.sum()), out_dims=(1, 0))(x)[1], x.sum(1))
    same(vmap(lambda a: rl.ones(2))(x), rl.ones(4, 2))
    assert vmap(lambda a: rl.ones(2), out_dims=None)(x).shape == (2,)


def test_structures():
    x = rl.tensor(X)
    Pair = namedtuple("Pair", ["a", "b"])
    found = vmap(lambda p: Pair(p.a * 2, p.b))(Pair(x, x))
    assert isinstance(found, Pair)
    same(found.a, x * 2)
    found = vmap(lambda d: d["a"] + d["b"], in_dims=({"a": 0, "b": None},))({"a": x, "b": x[0]})
    same(found, x + x[0])
    assert list(vmap(lambda a: [a, {"k": a}])(x)[1]) == ["k"]


def test_nested():
    x, y = rl.randn(3, 4), rl.randn(5, 4)
    outer = vmap(lambda a: vmap(lambda b: (a * b).sum())(y))(x)
    same(outer, x @ y.t())


def test_chunks():
    x = rl.randn(7, 3)
    same(vmap(lambda a: a.sum(), chunk_size=3)(x), x.sum(1))
    same(vmap(lambda a: a * 2, chunk_size=2, in_dims=1, out_dims=1)(x), x * 2)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: vmap(first)(), ValueError, r"vmap\(first\)\(<inputs>\): got no inputs"),
        (
            lambda x: vmap(first)(3),
            ValueError,
            "Got in_dim=0 for an input but the input is of type",
        ),
        (lambda x: vmap(first, (0, 0))(x), ValueError, "in_dims is not compatible with the struc"),
        (lambda x: vmap(first, [0])(x), ValueError, "expected `in_dims` to be int or a"),
        (lambda x: vmap(first, ("a",))(x), ValueError, "Got in_dim=a for an input but in_dim must"),
        (lambda x: vmap(first, 2)(x), ValueError, "expected in_dim to satisfy -2 <= in_dim < 2"),
        (
            lambda x: vmap(first, (None,))(x),
            ValueError,
            "Expected at least one Tensor to vmap over",
        ),
        (
            lambda x: vmap(first)(x, x.t()),
            ValueError,
            r"got sizes \[2, 3\] for the mapped dimension",
        ),
        (lambda x: vmap(first, out_dims=2)(x), IndexError, "Dimension out of range"),
        (lambda x: vmap(first, out_dims=(0, 0))(x), ValueError, "out_dims is not compatible with"),
        (lambda x: vmap(first, out_dims="a")(x), ValueError, "`out_dims` must be an int, None or"),
        (
            lambda x: vmap(first, out_dims=None)(x),
            ValueError,
            "can not return a BatchedTensor when",
        ),
        (lambda x: vmap(lambda a: 1)(x), ValueError, "must only return Tensors, got type"),
        (
            lambda x: vmap(first, chunk_size=0)(x),
            ValueError,
            "chunk_size should be None or greater",
        ),
        (lambda x: vmap(first, randomness="no")(x), RuntimeError, "Only allowed values for random"),
        (lambda x: vmap(lambda a: a.sum().item())(x), RuntimeError, "calling .item\\(\\) on a Ten"),
        (lambda x: vmap(lambda a: a if a.sum() > 0 else -a)(x), RuntimeError, "data-dependent"),
        (lambda x: vmap(lambda a: a.numpy())(x), RuntimeError, "Cannot access data pointer"),
        (lambda x: vmap(lambda a: a.nonzero())(x), RuntimeError, "can output dynamic shape"),
        (lambda x: vmap(lambda a: a[a > 0])(x), RuntimeError, "indexing with a boolean mask"),
        (lambda x: vmap(lambda a: a.masked_select(a > 0))(x), RuntimeError, "vmap over `mask` in"),
        (lambda x: vmap(lambda a: a.requires_grad_())(x), RuntimeError, r"Tensor.requires_grad_\("),
        (
            lambda x: vmap(lambda a: rl.zeros(3).copy_(a))(x),
            RuntimeError,
            "vmap: inplace arithmeti",
        ),
        (lambda x: vmap(lambda a: rl.rand(3))(x), RuntimeError, "in randomness error mode"),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call(rl.tensor(X))


def test_written_in_place():
    x = rl.tensor(X)
    same(vmap(lambda a: rl.zeros_like(a).add_(a))(x), x)
    same(vmap(lambda a: a.new_zeros(3).add_(a))(x), x)
    y = x.clone()
    vmap(lambda a: a.mul_(2))(y)
    same(y, x * 2)

    def assign(a):
        b = a.clone()
        b[0] = b[1] * 10
        return b

    assert vmap(assign)(x)[:, 0].tolist() == [10.0, 40.0]


def test_positions_that_differ():
    table, i, j = rl.randn(4, 5, 6), rl.tensor([2, 0, 3]), rl.tensor([1, -1, 0])
    same(vmap(lambda k: table[k])(i), table[i])
    same(vmap(lambda k, l: table[k, l])(i, j), table[i, j])
    same(vmap(lambda k, l: table[k, :, l])(i, j), rl.stack([table[a, :, b] for a, b in zip(i, j)]))
    rows = rl.randn(3, 5)
    same(vmap(lambda r, k: r[k])(rows, i), rows[rl.arange(3), i])
    pairs = rl.tensor([[0, 1], [2, 2], [4, 0]])
    same(vmap(lambda r, k: r[k])(rows, pairs), rows.gather(1, pairs))

    def put(r, k):
        r = r.clone()
        r[k] = 7.0
        return r

    expected = rows.clone()
    expected[rl.arange(3), i] = 7.0
    same(vmap(put)(rows, i), expected)
    gradient = vmap(rl.func.grad(lambda r, k: r[k] ** 2))(rows, i)
    assert rl.count_nonzero(gradient).item() == 3


def test_chance():
    x = rl.zeros(3, 50)
    for draw in (rl.rand_like, lambda a: rl.randn(50), lambda a: a.clone().normal_()):
        different = vmap(draw, randomness="different")(x)
        same_numbers = vmap(draw, randomness="same")(x)
        assert not rl.equal(different[0], different[1])
        assert rl.equal(same_numbers[0], same_numbers[1])
    kept = vmap(lambda a: F.dropout(a + 1, 0.5), randomness="different")(x)
    assert set(kept.flatten().tolist()) == {0.0, 2.0}
    with pytest.raises(RuntimeError, match="same randomness with a batched tensor input"):
        vmap(rl.bernoulli, randomness="same")(x)
    with pytest.raises(RuntimeError, match="different inplace randomness on an unbatched tensor"):
        vmap(lambda a: rl.zeros(4).normal_(), randomness="different")(x)


def test_how_a_batched_tensor_is_written():
    texts = []
    vmap(lambda a: (texts.append(repr(a)), a)[1])(rl.tensor([1.0, 2.0]))
    assert texts == ["BatchedTensor(lvl=1, bdim=0, value=\n    tensor([1., 2.])\n)"]


def test_gradients_flow_through():
    x = rl.randn(3, 4, requires_grad=True)
    vmap(lambda a: (a**3).sum())(x).sum().backward()
    same(x.grad, 3 * x.detach() ** 2)


@pytest.mark.parametrize("batched", [(0, 0), (0, None), (None, 0)])
def test_modules_and_layers(batched):
    conv = (rl.randn(3, 2, 5, 5), rl.randn(3, 4, 2, 3, 3))
    args = [x if d == 0 else x[0] for x, d in zip(conv, batched)]
    found = vmap(lambda a, w: F.conv2d(a[None], w)[0], in_dims=batched)(*args)
    for i in range(3):
        a, w = (x[i] if d == 0 else x for x, d in zip(args, batched))
        same(found[i], F.conv2d(a[None], w)[0])


def test_ensembles():
    models = [
        rl.nn.Sequential(rl.nn.Linear(3, 4), rl.nn.Tanh(), rl.nn.Linear(4, 1)) for _ in range(5)
    ]
    params, buffers = rl.func.stack_module_state(models)
    x = rl.randn(6, 3)

    def call(p, b, x):
        return rl.func.functional_call(models[0], (p, b), (x,))

    found = vmap(call, in_dims=(0, 0, None))(params, buffers, x)
    same(found.detach(), rl.stack([m(x) for m in models]).detach())
    assert params["0.weight"].is_leaf and params["0.weight"].requires_grad


def test_gradients_of_samples_lie_in_order():
    def loss(weight, x):
        return rl.nn.functional.linear(x, weight).square().sum()

    gradients = vmap(rl.func.grad(loss), in_dims=(None, 0))(rl.ones(4, 3), rl.ones(50, 3))
    assert gradients.is_contiguous()
    assert gradients.view(50, -1).tolist() == [[6.0] * 12] * 50


def test_native_products_of_samples(monkeypatch):
    monkeypatch.setattr("rushlight.kernels.PRICE", 0)
    columns, rows = rl.rand(70, 6), rl.rand(70, 11)
    found = vmap(rl.outer)(columns, rows)
    assert rl.equal(found, columns[:, :, None] * rows[:, None])


def test_samples_share_a_mask():
    mask = rl.tensor([True, False, True])
    assert vmap(lambda x: x[mask].sum())(rl.arange(6.0).view(2, 3)).tolist() == [2.0, 8.0]


def test_a_source_too_short_for_the_mask_of_one_sample():
    masks = rl.tensor([[True, False], [True, True]])
    with pytest.raises(RuntimeError, match="Number of elements of source < number of ones in mask"):
        vmap(lambda mask: rl.zeros(2).masked_scatter(mask, rl.ones(1)))(masks)


def test_batch_norm_can_not_note_the_statistics_of_each_sample():
    norm = rl.nn.BatchNorm1d(3)
    with pytest.raises(RuntimeError, match="Batch norm got a batched tensor as input while the"):
        vmap(norm)(rl.ones(2, 4, 3))
    assert norm.running_mean.tolist() == [0.0, 0.0, 0.0]
