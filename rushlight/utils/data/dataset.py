"""Datasets: what maps an index to a sample, what streams samples, and how they are combined.

A map-style dataset has `__getitem__` and mostly `__len__`; an iterable-style one has `__iter__`. A
dataset that can fetch many samples at once may also have `__getitems__(indices)`, which returns the
list of the samples: `DataLoader` then calls it once per batch.
"""

from __future__ import annotations

import math
import warnings
from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate
from types import GenericAlias

from rushlight.random import default_generator
from rushlight.utils.data.names import published

__all__ = [
    "ChainDataset",
    "ConcatDataset",
    "Dataset",
    "IterableDataset",
    "StackDataset",
    "Subset",
    "TensorDataset",
    "random_split",
]

_published = published("torch.utils.data.dataset")


def fetch_items(dataset, indices):
    """The samples at `indices`, by one call of `dataset.__getitems__` where there is one."""
    fetch = getattr(dataset, "__getitems__", None)
    if fetch:
        return fetch(indices)
    return [dataset[index] for index in indices]


@_published
class Dataset:
    """Base class of map-style datasets: a subclass defines `__getitem__`, and mostly `__len__`.

    `a + b` is their concatenation.

    >>> import rushlight as torch
    >>> class Squares(torch.utils.data.Dataset):
    ...     def __len__(self):
    ...         return 4
    ...
    ...     def __getitem__(self, index):
    ...         return index**2
    >>> len(Squares() + Squares()), (Squares() + Squares())[-1]
    (8, 9)
    """

    __class_getitem__: classmethod = classmethod(GenericAlias)

    def __getitem__(self, index):
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")

    def __add__(self, other):
        return ConcatDataset([self, other])


@_published
class IterableDataset(Dataset, Iterable):
    """Base class of datasets that are read as a stream: a subclass defines `__iter__`.

    Each worker process of a `DataLoader` holds a copy of the dataset and reads all of it, unless
    `__iter__` asks `get_worker_info()` which part is its own. `a + b` reads `a`, then `b`.

    >>> import rushlight as torch
    >>> class Countdown(torch.utils.data.IterableDataset):
    ...     def __iter__(self):
    ...         return iter([3, 2, 1])
    >>> list(torch.utils.data.DataLoader(Countdown(), batch_size=2))
    [tensor([3, 2]), tensor([1])]
    """

    def __add__(self, other):
        return ChainDataset([self, other])


@_published
class TensorDataset(Dataset):
    """Tensors of one length, sample `i` being the tuple of their `i`-th entries.

    Raises an AssertionError if the first dimensions differ. A `DataLoader` with the default
    collation reads a batch by one indexing per tensor.

    >>> import rushlight as torch
    >>> torch.utils.data.TensorDataset(torch.arange(3), torch.ones(3))[1]
    (tensor(1), tensor(1.))
    """

    def __init__(self, *tensors):
        if any(tensors[0].size(0) != tensor.size(0) for tensor in tensors):
            lengths = [tensor.size(0) for tensor in tensors]
            raise AssertionError(
                f"Size mismatch between tensors\nTheir first dimensions are {lengths}."
            )
        self.tensors = tensors

    def __getitem__(self, index):
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self):
        return self.tensors[0].size(0)


@_published
class StackDataset(Dataset):
    """Datasets of one length side by side: samples are tuples, or dicts if given by keyword.

    Raises a ValueError for no dataset, for both ways of giving them at once, and for lengths that
    differ.

    >>> import rushlight as torch
    >>> torch.utils.data.StackDataset(image=[10, 11], text=["a", "b"])[1]
    {'image': 11, 'text': 'b'}
    """

    def __init__(self, *args, **kwargs):
        if args and kwargs:
            raise ValueError(
                "Supported either ``tuple``- (via ``args``) or"
                "``dict``- (via ``kwargs``) like input/output, but both types are given."
            )
        if not args and not kwargs:
            raise ValueError("At least one dataset should be passed")
        self.datasets = args or kwargs
        lengths = [len(dataset) for dataset in args or kwargs.values()]
        if len(set(lengths)) > 1:
            raise ValueError(f"Size mismatch between datasets\nTheir lengths are {lengths}.")
        self._length = lengths[0]

    def __getitem__(self, index):
        return self._sample([dataset[index] for dataset in self._parts()])

    def __getitems__(self, indices):
        columns = [_exactly(fetch_items(dataset, indices), indices) for dataset in self._parts()]
        return [self._sample(row) for row in zip(*columns)]

    def __len__(self):
        return self._length

    def _parts(self):
        return self.datasets.values() if isinstance(self.datasets, dict) else self.datasets

    def _sample(self, row):
        return dict(zip(self.datasets, row)) if isinstance(self.datasets, dict) else tuple(row)


def _exactly(items, indices):
    if len(items) != len(indices):
        raise ValueError(
            f"Nested dataset's output size mismatch. Expected {len(indices)}, got {len(items)}"
        )
    return items


@_published
class ConcatDataset(Dataset):
    """Map-style datasets one after the other.

    Raises an AssertionError for no datasets or an iterable-style one.

    >>> import rushlight as torch
    >>> both = torch.utils.data.ConcatDataset(["ab", "cde"])
    >>> len(both), both[2], both[-1]
    (5, 'c', 'e')
    """

    def __init__(self, datasets):
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("datasets should not be an empty iterable")
        if any(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise AssertionError("ConcatDataset does not support IterableDataset")
        self.cumulative_sizes = list(accumulate(map(len, self.datasets)))

    def __len__(self):
        return self.cumulative_sizes[-1]

    def __getitem__(self, idx):
        if idx < 0:
            idx += len(self)
            if idx < 0:
                raise ValueError("absolute value of index should not exceed dataset length")
        which = bisect_right(self.cumulative_sizes, idx)
        start = self.cumulative_sizes[which - 1] if which else 0
        return self.datasets[which][idx - start]

    @property
    def cummulative_sizes(self):
        """The misspelt old name of `cumulative_sizes`."""
        warnings.warn(
            "`cummulative_sizes` attribute is renamed to `cumulative_sizes`",
            FutureWarning,
            stacklevel=2,
        )
        return self.cumulative_sizes


@_published
class ChainDataset(IterableDataset):
    """Iterable-style datasets one after the other, each opened when its turn comes.

    Reading it raises an AssertionError at a map-style dataset.
    """

    def __init__(self, datasets):
        self.datasets = datasets

    def __iter__(self):
        for dataset in self.datasets:
            yield from _iterable(dataset)

    def __len__(self):
        return sum(len(_iterable(dataset)) for dataset in self.datasets)


def _iterable(dataset):
    if not isinstance(dataset, IterableDataset):
        raise AssertionError("ChainDataset only supports IterableDataset")
    return dataset


@_published
class Subset(Dataset):
    """The samples of `dataset` at `indices`, in that order.

    A subclass that changes `__getitem__` must change `__getitems__` too, because a `DataLoader`
    calls the latter: otherwise the call raises a NotImplementedError.

    >>> import rushlight as torch
    >>> odd = torch.utils.data.Subset("abcdef", [1, 3, 5])
    >>> len(odd), odd[2]
    (3, 'f')
    """

    def __init__(self, dataset, indices):
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, idx):
        if isinstance(idx, list):
            return self.dataset[[self.indices[i] for i in idx]]
        return self.dataset[self.indices[idx]]

    def __getitems__(self, indices):
        if type(self).__getitem__ is not Subset.__getitem__:
            raise NotImplementedError(_ONLY_GETITEM.format(type(self).__name__))
        return fetch_items(self.dataset, [self.indices[index] for index in indices])

    def __len__(self):
        return len(self.indices)


_ONLY_GETITEM = (
    "{} overrides __getitem__ but not __getitems__. When subclassing Subset and overriding "
    "__getitem__, you must also override __getitems__ to ensure DataLoader works correctly with "
    "your custom logic. A simple implementation:\n\n"
    "def __getitems__(self, indices):\n"
    "    return [self.__getitem__(idx) for idx in indices]"
)


def random_split(dataset, lengths, generator=default_generator):
    """Disjoint random `Subset`s of the given lengths, or of the given fractions, which sum to 1.

    A fraction's length is rounded down; what remains is dealt out one by one from the first split.
    Raises a ValueError for lengths that don't sum to `len(dataset)` and for a fraction outside
    [0, 1]; warns of an empty split.

    >>> import rushlight as torch
    >>> generator = torch.Generator().manual_seed(1)
    >>> train, test = torch.utils.data.random_split(range(10), [0.7, 0.3], generator)
    >>> train.indices, test.indices
    ([5, 6, 1, 2, 0, 8, 9], [3, 7, 4])
    """
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        lengths = _lengths_of_fractions(lengths, len(dataset))
    if sum(lengths) != len(dataset):
        raise ValueError(
            "Sum of input lengths does not equal the length of the input dataset!"
            f"\nThe lengths are {list(lengths)}, the dataset has {len(dataset)} samples."
        )
    order = (generator or default_generator).permutation(sum(lengths)).tolist()
    return [Subset(dataset, order[end - n : end]) for n, end in zip(lengths, accumulate(lengths))]


def _lengths_of_fractions(fractions, total):
    for index, fraction in enumerate(fractions):
        if not 0 <= fraction <= 1:
            raise ValueError(f"Fraction at index {index} is not between 0 and 1")
    lengths = [math.floor(total * fraction) for fraction in fractions]
    for extra in range(total - sum(lengths)):
        lengths[extra % len(lengths)] += 1
    for index, length in enumerate(lengths):
        if length == 0:
            warnings.warn(
                f"Length of split at index {index} is 0. This might result in an empty dataset.",
                stacklevel=3,
            )
    return lengths
