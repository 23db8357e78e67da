"""Samplers: in which order a `DataLoader` visits a map-style dataset.

The random ones draw exactly what PyTorch's draw, and at the same moments, so that a program which
shares one generator between a sampler and something else sees the same numbers everywhere.
"""

from __future__ import annotations

from itertools import islice
from types import GenericAlias

import numpy as np

from rushlight.dtypes import float64
from rushlight.ops import as_tensor
from rushlight.random import Generator, default_generator
from rushlight.utils.data.names import published

__all__ = [
    "BatchSampler",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "SubsetRandomSampler",
    "WeightedRandomSampler",
]

_published = published("torch.utils.data.sampler")


@_published
class Sampler:
    """Base class: a subclass defines `__iter__`, over indices or lists of them, and `__len__`."""

    __class_getitem__: classmethod = classmethod(GenericAlias)

    def __iter__(self):
        raise NotImplementedError


@_published
class SequentialSampler(Sampler):
    """The indices of `data_source` in order.

    >>> import rushlight as torch
    >>> list(torch.utils.data.SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source):
        self.data_source = data_source

    def __iter__(self):
        return iter(self.order())

    def order(self):
        """All indices of a pass, as a range."""
        return range(len(self.data_source))

    def __len__(self):
        return len(self.data_source)


@_published
class RandomSampler(Sampler):
    """`num_samples` indices of `data_source` (default: its length) in random order.

    Without replacement each run of `len(data_source)` indices is a permutation. If there is no
    `generator`, each pass seeds one of its own from the default generator, which therefore
    advances by one draw per pass. Raises a ValueError for `num_samples` that isn't a positive int.

    >>> import rushlight as torch
    >>> order = torch.Generator().manual_seed(1)
    >>> list(torch.utils.data.RandomSampler(range(10), generator=order))
    [5, 6, 1, 2, 0, 8, 9, 3, 7, 4]
    """

    def __init__(self, data_source, replacement=False, num_samples=None, generator=None):
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        self._reseeded = Generator()  # to make one takes longer than to draw a thousand numbers
        _check_bool("replacement", replacement, TypeError)
        _check_positive("num_samples", self.num_samples)

    @property
    def num_samples(self):
        """How many indices one pass yields."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self):
        if self.generator is not None:
            yield from self._draw(self.generator)
        else:  # all at once: nobody else sees this generator, but a second pass seeds it anew
            yield from list(self._draw(self._reseed()))

    def _reseed(self):
        return self._reseeded.manual_seed(default_generator.next_seed())

    def order(self):
        """All indices of a pass that is a single permutation, as an array."""
        return self._reseed().permutation(len(self.data_source))

    def is_one_permutation(self):
        """Whether a pass is one permutation that is drawn at once."""
        whole = self.num_samples == len(self.data_source)
        return whole and self.generator is None and not self.replacement

    def _draw(self, generator):
        n, count = len(self.data_source), self.num_samples
        if self.replacement:
            for start in range(0, count - count % 32 + 1, 32):
                size = min(32, count - start)
                yield from generator.integers(0, n, (size,), np.int64).tolist()
        else:
            for _ in range(count // n):
                yield from generator.permutation(n).tolist()
            rest = count % n
            if rest or generator is self.generator:  # PyTorch draws this one in any case
                yield from generator.permutation(n).tolist()[:rest]

    def __len__(self):
        return self.num_samples


@_published
class SubsetRandomSampler(Sampler):
    """The elements of `indices` in random order.

    >>> import rushlight as torch
    >>> order = torch.Generator().manual_seed(1)
    >>> list(torch.utils.data.SubsetRandomSampler([10, 20, 30], generator=order))
    [20, 30, 10]
    """

    def __init__(self, indices, generator=None):
        self.indices = indices
        self.generator = generator

    def __iter__(self):
        generator = self.generator or default_generator
        for place in generator.permutation(len(self.indices)).tolist():
            yield self.indices[place]

    def __len__(self):
        return len(self.indices)


@_published
class WeightedRandomSampler(Sampler):
    """`num_samples` indices drawn with probabilities proportional to `weights`, of one dimension.

    >>> import rushlight as torch
    >>> draw = torch.Generator().manual_seed(1)
    >>> list(torch.utils.data.WeightedRandomSampler([1, 2, 3], 4, generator=draw))
    [0, 1, 1, 1]
    """

    def __init__(self, weights, num_samples, replacement=True, generator=None):
        _check_positive("num_samples", num_samples)
        _check_bool("replacement", replacement)
        self.weights = as_tensor(weights, dtype=float64)
        if self.weights.ndim != 1:
            raise ValueError(
                "weights should be a 1d sequence but given weights have shape "
                f"{tuple(self.weights.shape)}"
            )
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self):
        generator = self.generator or default_generator
        weights = self.weights.detach().numpy()
        yield from generator.multinomial(weights, self.num_samples, self.replacement).tolist()

    def __len__(self):
        return self.num_samples


@_published
class BatchSampler(Sampler):
    """The indices of another sampler (or iterable) as lists of `batch_size`.

    With `drop_last` a last list that is shorter is left out.

    >>> import rushlight as torch
    >>> list(torch.utils.data.BatchSampler(range(5), batch_size=2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler, batch_size, drop_last):
        _check_positive("batch_size", batch_size)
        _check_bool("drop_last", drop_last)
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self):
        indices = iter(self.sampler)
        while batch := list(islice(indices, self.batch_size)):
            if self.drop_last and len(batch) < self.batch_size:
                return
            yield batch

    def __len__(self):
        whole, rest = divmod(len(self.sampler), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    def slices(self):
        """The same batches as ranges or arrays, so that no index becomes an object of its own.

        None where the sampler is not one of those that can give its order as a whole.
        """
        sampler = self.sampler
        known = type(sampler) is SequentialSampler or (
            type(sampler) is RandomSampler and sampler.is_one_permutation()
        )
        return self._cut(sampler) if known and type(self) is BatchSampler else None

    def _cut(self, sampler):
        order, size = sampler.order(), self.batch_size
        stop = len(order) - len(order) % size if self.drop_last else len(order)
        for start in range(0, stop, size):
            yield order[start : start + size]


def _check_positive(name, value):
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ValueError(f"{name} should be a positive integer value, but got {name}={value}")


def _check_bool(name, value, error=ValueError):
    if not isinstance(value, bool):
        raise error(f"{name} should be a boolean value, but got {name}={value}")
