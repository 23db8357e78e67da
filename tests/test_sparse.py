"""Sparse matrices in coordinate format."""

import copy
import pickle

import numpy as np
import pytest

import rushlight as rl

INDICES, VALUES = [[0, 1, 1, 0], [2, 0, 2, 2]], [3.0, 4.0, 5.0, 1.0]
DENSE = [[0, 0, 4], [4, 0, 5]]


@pytest.fixture
def s():
    return rl.sparse_coo_tensor(INDICES, VALUES, (2, 3))


def test_parts_and_forms(s):
    assert (s.shape, s.is_sparse, s.layout, s._nnz()) == ((2, 3), True, rl.sparse_coo, 4)
    assert (s.dtype, s.ndim, s.numel(), s.sparse_dim(), s.dense_dim()) == (rl.float32, 2, 6, 2, 0)
    assert s.to_dense().tolist() == DENSE
    c = s.coalesce()
    assert c.is_coalesced() and c.coalesce() is c and not s.is_coalesced()
    assert c.indices().tolist() == [[0, 1, 1], [2, 0, 2]] and c.values().tolist() == [4, 4, 5]
    assert s.t().to_dense().tolist() == rl.tensor(DENSE).T.tolist() and s.T.shape == (3, 2)
    assert s.double().dtype == rl.float64 and s.to("cpu") is s and len(s) == 2
    assert rl.tensor(DENSE).to_sparse().to_dense().tolist() == DENSE
    assert s[1].to_dense().tolist() == DENSE[1] and s[1, 2].item() == 5
    for other in (copy.deepcopy(s), pickle.loads(pickle.dumps(s)), s.clone(), s.detach()):
        assert other.to_dense().tolist() == DENSE
    masked = rl.ones(2, 3).sparse_mask(c)
    assert masked._nnz() == 3 and masked.values().tolist() == [1, 1, 1]
    hybrid = rl.sparse_coo_tensor([[0, 2]], rl.ones(2, 2), (3, 2))
    assert hybrid.to_dense().tolist() == [[1, 1], [0, 0], [1, 1]] and hybrid.dense_dim() == 1


def test_it_prints_as_pytorch_prints_it(s):
    assert repr(s) == (
        "tensor(indices=tensor([[0, 1, 1, 0],\n"
        "                       [2, 0, 2, 2]]),\n"
        "       values=tensor([3., 4., 5., 1.]),\n"
        "       size=(2, 3), nnz=4, layout=torch.sparse_coo)"
    )


def test_sizes_may_follow_from_the_places():
    assert rl.sparse_coo_tensor(INDICES, VALUES).shape == (2, 3)
    assert rl.sparse_coo_tensor((2, 3))._nnz() == 0
    assert rl.sparse.FloatTensor(rl.tensor(INDICES), rl.tensor(VALUES), rl.Size([2, 3]))._nnz() == 4


def test_products(s):
    d = rl.arange(6.0).view(3, 2).requires_grad_()
    expected = rl.tensor(DENSE).float() @ d
    for product in (s @ d, rl.mm(s, d), rl.spmm(s, d), s.matmul(d), rl.sparse.mm(s, d)):
        assert rl.equal(product, expected)
    (s @ d).sum().backward()
    assert d.grad.tolist() == [[4, 4], [0, 0], [9, 9]]
    assert (s @ rl.ones(3)).tolist() == s.mv(rl.ones(3)).tolist() == [4, 9]
    assert (rl.ones(2, 2) @ s).tolist() == [[4, 0, 9], [4, 0, 9]]
    assert rl.equal(rl.sparse.addmm(rl.ones(2, 2), s, d), expected + 1)
    assert (s @ s.t()).to_dense().tolist() == [[16, 20], [20, 41]]


def test_arithmetic(s):
    dense = rl.tensor(DENSE).float()
    for sparse, expected in [
        (s * 2, dense * 2),
        (2 * s, dense * 2),
        (s / 2, dense / 2),
        (-s, -dense),
        (s + s, dense + dense),
        (s * rl.full((2, 3), 2.0), dense * 2),
        (s**2, dense**2),
        (s.abs(), dense),
        (s * s, dense * dense),
    ]:
        assert rl.equal(sparse.to_dense(), expected)
    assert rl.equal(rl.ones(2, 3) + s, dense + 1)
    assert s.sum() == 13 and rl.sparse.sum(s) == 13
    assert rl.sparse.sum(s, dim=1).to_dense().tolist() == [4, 9]


def test_gradients_reach_the_elements():
    w = rl.tensor([1.0, 2.0], requires_grad=True)
    q = rl.sparse_coo_tensor([[0, 1], [1, 0]], w, (2, 2))
    (q @ rl.ones(2, 3)).pow(2).sum().backward()
    assert q.requires_grad and w.grad.tolist() == [6, 12]
    w.grad = None
    q.coalesce().to_dense().pow(2).sum().backward()
    assert w.grad.tolist() == [2, 4]


@pytest.mark.parametrize(
    ("indices", "values", "size", "message"),
    [
        (
            INDICES,
            [1.0],
            (2, 3),
            "indices and values must have same nnz, but got nnz from indices: 4",
        ),
        (INDICES, VALUES, (2,), r"'len\(size\) == sparse_dim \+ dense_dim' is not satisfied"),
        (
            INDICES,
            VALUES,
            (2, 2),
            "size is inconsistent with indices: for dim 1, size is 2 but found",
        ),
        ([[-1], [0]], [1.0], (2, 2), "found negative index -1 for dim 0"),
    ],
)
def test_parts_that_do_not_fit_are_refused(indices, values, size, message):
    with pytest.raises(RuntimeError, match=message):
        rl.sparse_coo_tensor(indices, values, size)


def test_what_there_is_not_is_refused(s):
    with pytest.raises(RuntimeError, match="Cannot get indices on an uncoalesced tensor, please"):
        s.indices()
    with pytest.raises(NotImplementedError, match="Could not run 'aten::exp' with arguments from"):
        s.exp()
    with pytest.raises(NotImplementedError, match="Could not run 'aten::view'"):
        s.view(3, 2)
    with pytest.raises(TypeError, match="can't convert Sparse layout tensor to numpy"):
        s.numpy()
    with pytest.raises(TypeError, match="can't convert Sparse layout tensor to numpy"):
        np.asarray(s)
    with pytest.raises(RuntimeError, match=r"add\(sparse, dense\) is not supported"):
        s + rl.ones(2, 3)
    with pytest.raises(RuntimeError, match=r"Argument #3 \(dense\): Expected dim 0 size 3, got 2"):
        s @ rl.ones(2, 2)


def test_softmax_among_what_is_stored():
    places, values = rl.tensor([[0, 0, 1], [0, 2, 1]]), rl.tensor([1.0, 2.0, 3.0])
    values.requires_grad_()
    s = rl.sparse_coo_tensor(places, values, (2, 3))
    soft, logs = rl.sparse.softmax(s, 1), rl.sparse.log_softmax(s, 1, dtype=rl.float64)
    expected = rl.tensor([1.0, 2.0]).softmax(0)
    assert rl.allclose(soft.values(), rl.cat([expected, rl.ones(1)]))
    assert rl.allclose(logs.to_dense().exp()[0, [0, 2]], expected.double())
    assert rl.sparse.softmax(s, 0).values().tolist() == [1, 1, 1]
    soft.to_dense()[0, 0].backward()
    slope = expected.prod().item()
    assert values.grad.tolist() == pytest.approx([slope, -slope, 0])
    with pytest.raises(NotImplementedError, match="Could not run 'aten::_sparse_softmax' with arg"):
        rl.sparse.softmax(rl.ones(2, 2), 1)
