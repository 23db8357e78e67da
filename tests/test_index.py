"""Indexing, and reading and writing at positions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rushlight as rl

parts = st.one_of(
    st.integers(-3, 2),
    st.builds(
        slice,
        st.one_of(st.none(), st.integers(-5, 5)),
        st.one_of(st.none(), st.integers(-5, 5)),
        st.one_of(st.none(), st.integers(1, 3)),
    ),
    st.none(),
    st.just(...),
)


def one_ellipsis(index):
    return sum(part is ... for part in index) < 2


def takes(index):
    return sum(part is not None and part is not ... for part in index)


indices = st.lists(parts, max_size=5).map(tuple).filter(one_ellipsis).filter(lambda i: takes(i) < 4)


@settings(max_examples=300, deadline=None)
@given(indices)
def test_basic_indexing_is_numpys_and_differentiable(index):
    array = np.arange(27.0).reshape(3, 3, 3)
    x = rl.from_numpy(array.copy()).requires_grad_()
    y = x[index]
    np.testing.assert_array_equal(y.detach().numpy(), array[index])
    y.sum().backward()
    expected = np.zeros_like(array)
    expected[index] = 1
    np.testing.assert_array_equal(x.grad.numpy(), expected)
    written = rl.from_numpy(array.copy())
    written[index] = -1.0
    array[index] = -1
    np.testing.assert_array_equal(written.numpy(), array)


positions = st.lists(st.integers(-3, 2), min_size=2, max_size=2).map(np.array)
masks = st.lists(st.booleans(), min_size=3, max_size=3).map(np.array)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(positions, st.just(slice(None))), min_size=1, max_size=3).map(tuple))
def test_arrays_of_positions_pick_as_in_numpy(index):
    array = np.arange(27.0).reshape(3, 3, 3)
    x = rl.from_numpy(array.copy()).requires_grad_()
    tensors = tuple(rl.from_numpy(i) if isinstance(i, np.ndarray) else i for i in index)
    y = x[tensors]
    np.testing.assert_array_equal(y.detach().numpy(), array[index])
    y.sum().backward()
    expected = np.zeros_like(array)
    np.add.at(expected, index, 1)
    np.testing.assert_array_equal(x.grad.numpy(), expected)


@settings(max_examples=50, deadline=None)
@given(masks, st.integers(0, 2))
def test_masks_pick_as_in_numpy(mask, dim):
    array = np.arange(27.0).reshape(3, 3, 3)
    index = (slice(None),) * dim + (mask,)
    x = rl.from_numpy(array.copy())
    ours = (slice(None),) * dim + (rl.from_numpy(mask),)
    np.testing.assert_array_equal(x[ours].numpy(), array[index])
    x[ours] = 0.0
    array[index] = 0
    np.testing.assert_array_equal(x.numpy(), array)


NODES = [
    (0, "SelectBackward0"),
    (slice(None), "SliceBackward0"),
    (slice(1, None), "SliceBackward0"),
    (..., "AliasBackward0"),
    (None, "UnsqueezeBackward0"),
    ((0, slice(1, None)), "SliceBackward0"),
    ((slice(None), 0), "SelectBackward0"),
    ((..., None), "UnsqueezeBackward0"),
    ((), "AliasBackward0"),
    ([0, 1], "IndexBackward0"),
    ((slice(None), [0, 1]), "IndexBackward0"),
    (True, "IndexBackward0"),
]


@pytest.mark.parametrize(("index", "node"), NODES)
def test_nodes(index, node):
    x = rl.ones(3, 4, requires_grad=True)
    assert type(x[index].grad_fn).__name__ == node


def test_kinds_of_index():
    x = rl.arange(12).reshape(3, 4)
    assert x[rl.tensor(1)].tolist() == [4, 5, 6, 7]
    assert x[rl.tensor(1), rl.tensor(2)] == 6
    assert x[np.int64(1), np.array([0, 1])].tolist() == [4, 5]
    assert x[range(2)].tolist() == x[:2].tolist()
    assert x[[0, 2]].tolist() == [[0, 1, 2, 3], [8, 9, 10, 11]]
    assert x[[[0, 1], [1, 2]]].tolist() == [1, 6]
    assert x[(0, 1), (1, 2)].tolist() == [1, 6]
    assert x[[True, False, True]].shape == (2, 4)
    assert x[True].shape == (1, 3, 4)
    assert x[False].shape == (0, 3, 4)
    assert x[[]].shape == (0, 4)
    assert x[0, [0, 1], None].shape == (2, 1)
    assert x[:, None, [0, 1]].shape == (3, 1, 2)
    assert x[rl.tensor(1) :].shape == (2, 4)
    assert x[x > 9].tolist() == [10, 11]


def test_an_integer_beside_an_array_stays_in_its_place():
    x = rl.arange(24).reshape(2, 3, 4)
    assert x[0, :, rl.tensor([0, 1])].shape == (3, 2)
    assert x[rl.tensor([0]), :, rl.tensor([0, 1])].shape == (2, 3)


def test_bytes_as_masks_are_deprecated():
    from rushlight.ops import warn

    warn._given.clear()
    with pytest.warns(UserWarning, match="indexing with dtype torch.uint8 is now deprecated"):
        assert rl.arange(3)[rl.tensor([1, 0, 1], dtype=rl.uint8)].tolist() == [0, 2]


@pytest.mark.parametrize(
    ("index", "error", "message"),
    [
        (5, IndexError, "index 5 is out of bounds for dimension 0 with size 3"),
        ((slice(None), 7), IndexError, "index 7 is out of bounds for dimension 1 with size 4"),
        ((0, 0, 0), IndexError, "too many indices for tensor of dimension 2"),
        (rl.tensor([7]), IndexError, "index 7 is out of bounds for dimension 0 with size 3"),
        (
            rl.tensor([True, False]),
            IndexError,
            "The shape of the mask [2] at index 0 does not match the shape of the indexed tensor "
            "[3, 4] at index 0",
        ),
        (
            (rl.tensor([0, 1, 2]), rl.tensor([0, 1])),
            IndexError,
            "shape mismatch: indexing tensors could not be broadcast together with shapes [3], [2]",
        ),
        (rl.tensor([0.0]), IndexError, "tensors used as indices must be long, int, byte or bool"),
        (slice(None, None, -1), ValueError, "step must be greater than zero"),
        (slice(None, None, 0), ValueError, "slice step cannot be zero"),
        (1.5, IndexError, "only integers, slices (`:`), ellipsis (`...`), None and long or byte"),
        ("a", TypeError, "new(): invalid data type 'str'"),
        (slice(1, 2.5), TypeError, "slice indices must be integers or None or have an __index__"),
    ],
)
def test_indices_refused(index, error, message):
    with pytest.raises(error) as caught:
        rl.zeros(3, 4)[index]
    assert str(caught.value).startswith(message)


def test_numbers_have_no_parts():
    with pytest.raises(IndexError, match="invalid index of a 0-dim tensor"):
        rl.tensor(5)[0]
    with pytest.raises(IndexError, match=r"slice\(\) cannot be applied to a 0-dim tensor"):
        rl.tensor(5)[:]
    assert rl.tensor(5)[None].tolist() == [5]


@pytest.mark.parametrize(
    ("index", "value", "error", "message"),
    [
        (0, "a", TypeError, "can't assign a str to a torch.FloatTensor"),
        (0, [1, 2], TypeError, "can't assign a list to a torch.FloatTensor"),
        (0, 1j, RuntimeError, "value cannot be converted to type float without overflow"),
        (
            0,
            rl.ones(5),
            RuntimeError,
            "The expanded size of the tensor (4) must match the existing",
        ),
        (
            [0, 1],
            rl.ones(3),
            RuntimeError,
            "shape mismatch: value tensor of shape [3] cannot be br",
        ),
        ([0, 1], rl.ones(2, 4).double(), RuntimeError, "Index put requires the source and destina"),
        (7, 1.0, IndexError, "index 7 is out of bounds for dimension 0 with size 3"),
    ],
)
def test_assignments_refused_leave_the_tensor_as_it_was(index, value, error, message):
    x = rl.zeros(3, 4)
    with pytest.raises(error) as caught:
        x[index] = value
    assert str(caught.value).startswith(message)
    assert x.tolist() == [[0.0] * 4] * 3


def test_whole_numbers_that_do_not_fit_are_refused():
    x = rl.zeros(2, dtype=rl.uint8)
    with pytest.raises(
        RuntimeError, match="value cannot be converted to type uint8_t without over"
    ):
        x[0] = 300
    with pytest.raises(
        RuntimeError, match="value cannot be converted to type int64_t without over"
    ):
        rl.zeros(2, dtype=rl.int64)[0] = float("nan")


def test_assignment_is_recorded():
    x = rl.zeros(3, 2)
    w = rl.tensor([1.0, 2.0], requires_grad=True)
    x[1] = w * 3
    assert type(x.grad_fn).__name__ == "CopySlices"
    x[rl.tensor([0, 2]), 1] = w
    assert type(x.grad_fn).__name__ == "CopySlices"
    (x * rl.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])).sum().backward()
    assert w.grad.tolist() == [9 + 2, 12 + 6]


def test_assignment_with_a_mask_is_recorded():
    x = rl.ones(4, requires_grad=True)
    y = x * 2
    y[rl.tensor([True, False, True, False])] = 0.0
    assert type(y.grad_fn).__name__ == "IndexPutBackward0"
    y.sum().backward()
    assert x.grad.tolist() == [0, 2, 0, 2]


def test_scatter_and_gather_undo_each_other():
    x = rl.arange(6.0).reshape(2, 3).requires_grad_()
    index = rl.tensor([[2, 0, 1], [1, 2, 0]])
    scattered = rl.zeros(2, 3).scatter(1, index, x)
    assert rl.equal(scattered.gather(1, index), x)
    assert type(scattered.grad_fn).__name__ == "ScatterBackward0"
    scattered.mul(rl.arange(6.0).reshape(2, 3)).sum().backward()
    assert x.grad.tolist() == [[2, 0, 1], [4, 5, 3]]


def test_reductions_while_scattering():
    index = rl.tensor([0, 0, 1])
    src = rl.tensor([2.0, 3.0, 4.0])
    base = rl.tensor([10.0, 10.0, 10.0])
    found = {
        reduce: base.scatter_reduce(0, index, src, reduce, include_self=own).tolist()
        for reduce, own in (("sum", True), ("prod", True), ("mean", False), ("amin", True))
    }
    assert found == {
        "sum": [15, 14, 10],
        "prod": [60, 40, 10],
        "mean": [2.5, 4, 10],
        "amin": [2, 4, 10],
    }
    assert base.index_reduce(0, rl.tensor([2, 2]), src[:2], "amax").tolist() == [10, 10, 10]


def test_index_functions():
    x = rl.zeros(3, 2)
    rows = rl.tensor([2, 0, 2])
    assert x.index_add(0, rows, rl.ones(3, 2), alpha=2).tolist() == [[2, 2], [0, 0], [4, 4]]
    assert x.index_copy(0, rl.tensor([1]), rl.ones(1, 2)).tolist() == [[0, 0], [1, 1], [0, 0]]
    assert x.index_fill(1, rl.tensor([1]), 5).tolist() == [[0, 5]] * 3
    assert x.index_put((rl.tensor([0]), rl.tensor([1])), rl.tensor(7.0)).sum() == 7
    assert rl.arange(6).reshape(3, 2).index_select(0, rows).tolist() == [[4, 5], [0, 1], [4, 5]]
    assert rl.arange(6).reshape(3, 2).take(rl.tensor([-1, 0])).tolist() == [5, 0]
    assert x.put(rl.tensor([1, 1]), rl.ones(2), accumulate=True).tolist()[0] == [0, 2]


def test_masks():
    x = rl.arange(4.0)
    mask = x > 1
    assert x.masked_fill(mask, -1).tolist() == [0, 1, -1, -1]
    assert x.masked_select(mask).tolist() == [2, 3]
    assert x.masked_scatter(mask, rl.tensor([8.0, 9.0])).tolist() == [0, 1, 8, 9]
    assert x.masked_fill_(mask, float("-inf")).tolist() == [0, 1, float("-inf"), float("-inf")]
    with pytest.raises(
        RuntimeError, match="masked_fill_ only supports boolean masks, but got mask"
    ):
        x.masked_fill(rl.tensor([1, 0, 1, 0]), 0.0)
    with pytest.raises(RuntimeError, match="Number of elements of source < number of ones in mask"):
        x.masked_scatter(mask, rl.tensor([8.0]))


def test_positions_of_what_is_not_zero():
    x = rl.tensor([[0, 1], [2, 0]])
    assert x.nonzero().tolist() == [[0, 1], [1, 0]]
    assert [i.tolist() for i in rl.where(x > 0)] == [[0, 1], [1, 0]]
    assert rl.argwhere(rl.tensor(0)).shape == (0, 0)
    assert rl.tensor(5).nonzero().shape == (1, 0)
    assert rl.nonzero_static(x, size=3).tolist() == [[0, 1], [1, 0], [-1, -1]]
    assert [i.tolist() for i in rl.unravel_index(rl.tensor([5]), (3, 4))] == [[1], [1]]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x, i: x.gather(0, i[0]), RuntimeError, "Index tensor must have the same number of"),
        (lambda x, i: x.gather(0, i + 9), RuntimeError, "index 9 is out of bounds for dimension 0"),
        (
            lambda x, i: x.gather(0, i - 1),
            RuntimeError,
            "index -1 is out of bounds for dimension 0",
        ),
        (
            lambda x, i: x.gather(0, x),
            RuntimeError,
            "gather(): Expected dtype int32/int64 for index",
        ),
        (
            lambda x, i: x.scatter(0, i, x.double()),
            RuntimeError,
            "scatter(): Expected self.dtype to be equal to src.dtype",
        ),
        (
            lambda x, i: x.scatter(0, rl.zeros(4, 4, dtype=rl.int64), x),
            RuntimeError,
            "Expected index [4, 4] to be no larger than self [3, 4] apart from dimension 0 and to "
            "be no larger size than src [3, 4]",
        ),
        (lambda x, i: x.index_select(0, i[0] + 5), IndexError, "index out of range in self"),
        (
            lambda x, i: x.index_add(0, i[0], x[:1]),
            RuntimeError,
            "index_add_(): Number of indices (2) should be equal to source.size(dim): (1), for dim",
        ),
        (
            lambda x, i: x.take(i + 50),
            IndexError,
            "out of range: tried to access index 50 on a ten",
        ),
        (
            lambda x, i: x.scatter_reduce(0, i, x, "most"),
            RuntimeError,
            "reduce argument must be either sum, prod, mean, amax or amin, got most",
        ),
    ],
)
def test_positions_refused(call, error, message):
    with pytest.raises(error) as caught:
        call(rl.zeros(3, 4), rl.zeros(1, 2, dtype=rl.int64))
    assert str(caught.value).startswith(message)
