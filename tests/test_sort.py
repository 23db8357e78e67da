"""Order: sorting, the largest elements, what is there once, searching."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rushlight as rl

nan = float("nan")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-3, 3), min_size=1, max_size=100), st.booleans())
def test_sorting_is_stable(numbers, descending):
    x = rl.tensor(numbers)
    values, indices = x.sort(descending=descending, stable=True)
    order = sorted(range(len(numbers)), key=lambda i: (-1 if descending else 1) * numbers[i])
    assert indices.tolist() == order
    assert rl.equal(values, x[indices])
    assert rl.equal(x.argsort(descending=descending), indices)


@settings(max_examples=100, deadline=None)
@given(st.permutations(range(100)), st.integers(1, 20), st.booleans())
def test_topk_is_the_beginning_of_the_sorted(numbers, k, largest):
    x = rl.tensor([float(n) for n in numbers])
    values, indices = x.topk(k, largest=largest)
    expected = x.sort(descending=largest)
    assert rl.equal(values, expected.values[:k])
    assert rl.equal(indices, expected.indices[:k])


def test_results_have_names():
    result = rl.sort(rl.tensor([2.0, 1.0]))
    assert repr(result) == (
        "torch.return_types.sort(\nvalues=tensor([1., 2.]),\nindices=tensor([1, 0]))"
    )
    assert result.values is result[0]
    assert type(rl.ones(2, 3).topk(2)).__name__ == "topk"


def test_nan_is_the_largest():
    x = rl.tensor([nan, 1.0, 2.0])
    assert x.sort().indices.tolist() == [1, 2, 0]
    assert x.sort(descending=True).indices.tolist() == [0, 2, 1]
    assert x.topk(1).indices.tolist() == [0]
    assert rl.cat([x] * 40).topk(1, largest=False).values.tolist() == [1.0]


def test_gradients_go_where_elements_came_from():
    x = rl.tensor([[3.0, 1.0, 2.0]], requires_grad=True)
    y = x.sort(dim=1)[0]
    assert type(y.grad_fn).__name__ == "SortBackward0"
    (y * rl.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert x.grad.tolist() == [[3, 1, 2]]
    x.grad = None
    x.kthvalue(2).values.sum().backward()
    assert x.grad.tolist() == [[0, 0, 1]]
    x.grad = None
    x.topk(1).values.sum().backward()
    assert x.grad.tolist() == [[1, 0, 0]]
    assert type(x.sort(stable=True)[0].grad_fn).__name__ == "SortBackward1"


def test_unique():
    x = rl.tensor([[3, 1], [3, 3]])
    values, inverse, counts = x.unique(return_inverse=True, return_counts=True)
    assert (values.tolist(), counts.tolist()) == ([1, 3], [1, 3])
    assert inverse.tolist() == [[1, 0], [1, 1]]
    assert rl.unique(x, dim=1).tolist() == [[1, 3], [3, 3]]
    values, inverse, counts = rl.unique_consecutive(
        rl.tensor([1, 1, 2, 1]), return_inverse=True, return_counts=True
    )
    assert values.tolist() == [1, 2, 1]
    assert inverse.tolist() == [0, 0, 1, 2]
    assert counts.tolist() == [2, 1, 1]
    assert rl.tensor([nan, nan]).unique().shape == (2,)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.integers(0, 9), max_size=9),
    st.lists(st.integers(-1, 10), max_size=9),
    st.booleans(),
)
def test_searching_is_numpys(sequence, values, right):
    sequence = sorted(sequence)
    found = rl.searchsorted(
        rl.tensor(sequence, dtype=rl.int64), rl.tensor(values, dtype=rl.int64), right=right
    )
    side = "right" if right else "left"
    assert found.tolist() == np.searchsorted(sequence, values, side).tolist()


def test_searching():
    rows = rl.tensor([[1, 3, 5], [2, 4, 6]])
    assert rl.searchsorted(rows, rl.tensor([[3], [3]])).tolist() == [[1], [1]]
    assert rl.searchsorted(rl.tensor([1, 2, 3]), 2, right=True, out_int32=True).dtype is rl.int32
    sorter = rl.tensor([2, 1, 0])
    assert rl.searchsorted(rl.tensor([3, 2, 1]), rl.tensor([2]), sorter=sorter).tolist() == [1]
    assert rl.bucketize(rl.tensor([1, 5]), rl.tensor([1, 3])).tolist() == [0, 2]
    assert rl.isin(rl.tensor([1, 2]), rl.tensor([2])).tolist() == [False, True]
    assert rl.isin(rl.tensor([1, 2]), 2, invert=True).tolist() == [True, False]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: x.topk(5), RuntimeError, "selected index k out of range"),
        (lambda x: x.kthvalue(0), RuntimeError, "kthvalue(): selected number k out of range for"),
        (lambda x: x.sort(3), IndexError, "Dimension out of range (expected to be in range of [-1"),
        (lambda x: x.cfloat().sort(), RuntimeError, " Sort does not support complex dtypes on CPU"),
        (
            lambda x: rl.searchsorted(x, x, side="up"),
            RuntimeError,
            "torch.searchsorted(): side can only be 'left' or 'right' but got up",
        ),
        (
            lambda x: rl.bucketize(x, x.view(2, 2)),
            RuntimeError,
            "boundaries tensor must be 1 dimension, but got dim(2)",
        ),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error) as caught:
        call(rl.arange(4.0))
    assert str(caught.value).startswith(message)
