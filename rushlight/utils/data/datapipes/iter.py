"""Steps over streams of samples."""

from __future__ import annotations

import copy
import random
from itertools import chain, islice

from rushlight.random import default_generator
from rushlight.utils.data.collate import default_collate
from rushlight.utils.data.datapipes.datapipe import IterDataPipe, functional_datapipe
from rushlight.utils.data.worker import get_worker_info

__all__ = [
    "Batcher",
    "Collator",
    "Concater",
    "Filter",
    "IterableWrapper",
    "Mapper",
    "ShardingFilter",
    "Shuffler",
    "UnBatcher",
    "Zipper",
]


class IterableWrapper(IterDataPipe):
    """The samples of an iterable, of which each pass reads a copy.

    >>> list(IterableWrapper([1, 2]))
    [1, 2]
    """

    def __init__(self, iterable, deepcopy=True):
        self.iterable = iterable
        self.deepcopy = deepcopy

    def __iter__(self):
        try:
            source = copy.deepcopy(self.iterable) if self.deepcopy else self.iterable
        except TypeError:  # what cannot be copied is read as it is
            source = self.iterable
        yield from source

    def __len__(self):
        return len(self.iterable)


class _Step(IterDataPipe):
    """A step over one stream; most have its length."""

    def __init__(self, datapipe):
        self.datapipe = datapipe

    def __len__(self):
        return len(self.datapipe)


@functional_datapipe("map")
class Mapper(_Step):
    """A function of each sample."""

    def __init__(self, datapipe, fn):
        super().__init__(datapipe)
        self.fn = fn

    def __iter__(self):
        return map(self.fn, self.datapipe)


@functional_datapipe("collate")
class Collator(Mapper):
    """Each batch put together, by `default_collate` unless told otherwise."""

    def __init__(self, datapipe, collate_fn=default_collate):
        super().__init__(datapipe, collate_fn)


@functional_datapipe("filter")
class Filter(_Step):
    """The samples for which a function is true."""

    def __init__(self, datapipe, filter_fn):
        super().__init__(datapipe)
        self.filter_fn = filter_fn

    def __iter__(self):
        return filter(self.filter_fn, self.datapipe)

    def __len__(self):
        raise TypeError(f"{type(self).__name__} instance doesn't have valid length")


@functional_datapipe("batch")
class Batcher(_Step):
    """Lists of `batch_size` samples."""

    def __init__(self, datapipe, batch_size, drop_last=False, wrapper_class=list):
        if batch_size <= 0:
            raise AssertionError("Batch size is required to be larger than 0!")
        super().__init__(datapipe)
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.wrapper_class = wrapper_class

    def __iter__(self):
        samples = iter(self.datapipe)
        while batch := list(islice(samples, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield self.wrapper_class(batch)

    def __len__(self):
        whole, rest = divmod(len(self.datapipe), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)


@functional_datapipe("unbatch")
class UnBatcher(_Step):
    """The samples of lists, `unbatch_level` lists deep (-1: all the way)."""

    def __init__(self, datapipe, unbatch_level=1):
        super().__init__(datapipe)
        self.unbatch_level = unbatch_level

    def __iter__(self):
        return (
            part for sample in self.datapipe for part in self._parts(sample, self.unbatch_level)
        )

    def _parts(self, sample, level):
        if level == 0 or (level == -1 and not isinstance(sample, list)):
            yield sample
            return
        for part in sample:
            yield from self._parts(part, level if level == -1 else level - 1)

    def __len__(self):
        raise TypeError(f"{type(self).__name__} instance doesn't have valid length")


@functional_datapipe("shuffle")
class Shuffler(_Step):
    """The samples in random order, as far as a buffer of `buffer_size` of them allows."""

    def __init__(self, datapipe, *, buffer_size=10000, unbatch_level=0):
        if buffer_size <= 0:
            raise AssertionError("buffer_size should be larger than 0")
        super().__init__(datapipe.unbatch(unbatch_level) if unbatch_level else datapipe)
        self.buffer_size = buffer_size
        self._enabled = True
        self._seed = None

    def set_shuffle(self, shuffle=True):
        """Whether to shuffle at all."""
        self._enabled = shuffle
        return self

    def set_seed(self, seed):
        """The seed of the next pass; without one it comes from the default generator."""
        self._seed = seed
        return self

    def __iter__(self):
        if not self._enabled:
            yield from self.datapipe
            return
        seed, self._seed = self._seed, None
        chance, buffer = random.Random(default_generator.next_seed() if seed is None else seed), []
        for sample in self.datapipe:
            if len(buffer) == self.buffer_size:
                place = chance.randint(0, len(buffer) - 1)
                sample, buffer[place] = buffer[place], sample
                yield sample
            else:
                buffer.append(sample)
        chance.shuffle(buffer)
        yield from buffer


@functional_datapipe("sharding_filter")
class ShardingFilter(_Step):
    """In each of several worker processes another part of the samples."""

    def _share(self):
        info = get_worker_info()
        return (0, 1) if info is None else (info.id, info.num_workers)

    def __iter__(self):
        number, count = self._share()
        return islice(iter(self.datapipe), number, None, count)

    def __len__(self):
        number, count = self._share()
        return len(range(number, len(self.datapipe), count))


class _Several(IterDataPipe):
    def __init__(self, *datapipes):
        if not datapipes:
            raise ValueError(f"Expected at least one DataPipe for {type(self).__name__}")
        self.datapipes = datapipes


@functional_datapipe("concat")
class Concater(_Several):
    """Streams one after the other."""

    def __iter__(self):
        return chain.from_iterable(self.datapipes)

    def __len__(self):
        return sum(map(len, self.datapipes))


@functional_datapipe("zip")
class Zipper(_Several):
    """Tuples of the samples of several streams, as long as all have some."""

    def __iter__(self):
        return zip(*self.datapipes)

    def __len__(self):
        return min(map(len, self.datapipes))
