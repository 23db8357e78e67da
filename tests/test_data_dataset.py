"""Datasets: samples, combinations of datasets, errors, and how they print and pickle."""

import copy
import doctest
import pickle

import pytest

import rushlight as rl
from rushlight.utils import data
from rushlight.utils.data import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    random_split,
)


class Stream(IterableDataset):
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return iter(range(self.n))

    def __len__(self):
        return self.n


class Bulk(Dataset):
    """Fetches many samples at once, and says so by returning them as strings."""

    def __len__(self):
        return 10

    def __getitem__(self, index):
        return index

    def __getitems__(self, indices):
        return [f"bulk {index}" for index in indices]


def test_base_class_has_no_samples_and_no_length():
    with pytest.raises(NotImplementedError, match=r"^Subclasses of Dataset should implement __get"):
        Dataset()[0]
    with pytest.raises(TypeError, match=r"object of type 'Dataset' has no len\(\)"):
        len(Dataset())
    with pytest.raises(TypeError, match="abstract class IterableDataset"):
        IterableDataset()


def test_types_can_be_subscribed():
    class Typed(Dataset[int]):
        pass

    assert isinstance(Typed(), Dataset)
    assert repr(Dataset[int]) == "torch.utils.data.dataset.Dataset[int]"


def test_prints_as_pytorch_does():
    assert repr(TensorDataset(rl.zeros(1))).startswith(
        "<torch.utils.data.dataset.TensorDataset object at 0x"
    )
    assert repr(Subset("a", [0])).startswith("<torch.utils.data.dataset.Subset object at 0x")
    assert repr(Stream(1)).startswith(f"<{__name__}.Stream object at 0x")


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_copies_and_pickles(duplicate):
    subset = duplicate(Subset(TensorDataset(rl.arange(5)), [1, 3]))
    assert type(subset) is Subset
    assert subset[1][0].item() == 3


def test_tensor_dataset():
    dataset = TensorDataset(rl.arange(6).reshape(3, 2), rl.tensor([1.0, 2.0, 3.0]))
    x, y = dataset[1]
    assert len(dataset) == 3
    assert x.tolist() == [2, 3] and y.item() == 2.0
    assert dataset[-1][1].item() == 3.0
    assert [part.tolist() for part in dataset[1:]] == [[[2, 3], [4, 5]], [2.0, 3.0]]
    with pytest.raises(IndexError, match="index 3 is out of bounds for dimension 0 with size 3"):
        dataset[3]


def test_tensor_dataset_of_different_lengths():
    with pytest.raises(AssertionError, match=r"^Size mismatch between tensors\n.*2, 3"):
        TensorDataset(rl.zeros(2), rl.zeros(3))


def test_concat():
    both = Bulk() + range(100, 103)
    assert type(both) is ConcatDataset
    assert len(both) == 13 and both.cumulative_sizes == [10, 13]
    assert [both[0], both[9], both[10], both[12], both[-1], both[-13]] == [0, 9, 100, 102, 102, 0]
    with pytest.raises(IndexError, match="list index out of range"):
        both[13]
    with pytest.raises(
        ValueError, match=r"^absolute value of index should not exceed dataset leng"
    ):
        both[-14]
    with pytest.raises(AssertionError, match=r"^datasets should not be an empty iterable"):
        ConcatDataset([])
    with pytest.raises(AssertionError, match=r"^ConcatDataset does not support IterableDataset"):
        ConcatDataset([Stream(2)])


def test_chain():
    both = Stream(2) + Stream(3)
    assert type(both) is ChainDataset
    assert list(both) == [0, 1, 0, 1, 2]
    assert len(both) == 5
    for use in (list, len):
        with pytest.raises(AssertionError, match=r"^ChainDataset only supports IterableDataset"):
            use(ChainDataset([range(3)]))


def test_stack_of_datasets_as_tuples_and_as_dicts():
    assert StackDataset("abc", range(3))[1] == ("b", 1)
    assert StackDataset(letter="abc", number=range(3))[1] == {"letter": "b", "number": 1}
    assert StackDataset("abcdefghij", Bulk()).__getitems__([1, 3]) == [
        ("b", "bulk 1"),
        ("d", "bulk 3"),
    ]
    assert StackDataset(a=Bulk()).__getitems__([2]) == [{"a": "bulk 2"}]


def test_stack_errors():
    with pytest.raises(ValueError, match=r"^At least one dataset should be passed"):
        StackDataset()
    with pytest.raises(
        ValueError, match=r"^Supported either ``tuple``- \(via ``args``\) or``dict``"
    ):
        StackDataset("a", b="a")
    with pytest.raises(ValueError, match=r"^Size mismatch between datasets"):
        StackDataset("a", "bc")

    class Short(Bulk):
        def __getitems__(self, indices):
            return []

    with pytest.raises(
        ValueError, match=r"^Nested dataset's output size mismatch. Expected 2, got 0"
    ):
        StackDataset(Short()).__getitems__([0, 1])


def test_subset():
    subset = Subset(TensorDataset(rl.arange(5) * 10), [3, 4])
    assert len(subset) == 2
    assert subset[1][0].item() == 40
    assert subset[[0, 1]][0].tolist() == [30, 40]
    assert Subset(Bulk(), [3, 4]).__getitems__([1]) == ["bulk 4"]
    with pytest.raises(IndexError, match="list index out of range"):
        subset[5]


def test_subset_that_overrides_getitem_only():
    class Doubled(Subset):
        def __getitem__(self, idx):
            return 2 * super().__getitem__(idx)

    with pytest.raises(
        NotImplementedError, match=r"^Doubled overrides __getitem__ but not __getit"
    ):
        Doubled(range(3), [1]).__getitems__([0])


@pytest.mark.parametrize(
    "lengths, expected",
    [
        ([3, 7], [[5, 6, 1], [2, 0, 8, 9, 3, 7, 4]]),
        ([0.3, 0.7], [[5, 6, 1], [2, 0, 8, 9, 3, 7, 4]]),
        ([0.25, 0.25, 0.5], [[5, 6, 1], [2, 0], [8, 9, 3, 7, 4]]),
    ],
)
def test_random_split(lengths, expected):
    parts = random_split(range(10), lengths, generator=rl.Generator().manual_seed(1))
    assert [part.indices for part in parts] == expected


def test_random_split_draws_from_the_default_generator():
    rl.manual_seed(3)
    assert [p.indices for p in random_split(range(10), [3, 7])] == [
        [6, 0, 3],
        [7, 8, 5, 1, 9, 2, 4],
    ]
    assert rl.rand(1).item() == 0.887856662273407


def test_random_split_errors():
    with pytest.raises(
        ValueError, match=r"^Sum of input lengths does not equal the length of the in"
    ):
        random_split(range(10), [3, 4])
    with pytest.raises(ValueError, match=r"^Fraction at index 0 is not between 0 and 1"):
        random_split(range(10), [1.2, -0.2])
    with pytest.warns(UserWarning, match=r"^Length of split at index 1 is 0. This might result in"):
        random_split(range(3), [0.1, 0.1, 0.8])


@pytest.mark.parametrize("name", [n for n in data.__all__ if isinstance(getattr(data, n), type)])
def test_examples_in_docstrings(name):
    """Doctest's own collection skips classes that say they live in another module."""
    runner = doctest.DocTestRunner()
    for example in doctest.DocTestFinder().find(getattr(data, name), name, module=False, globs={}):
        runner.run(example)
    assert runner.summarize(verbose=False).failed == 0
