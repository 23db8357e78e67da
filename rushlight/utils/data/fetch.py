"""Fetching: from the indices that a sampler yields to the batch that a loader yields."""

from __future__ import annotations

from itertools import islice

import numpy as np

from rushlight.tensor import Tensor, wrap
from rushlight.utils.data.collate import default_collate
from rushlight.utils.data.dataset import Subset, TensorDataset, fetch_items


class Plan:
    """What turns indices into batches: as much of a loader as its worker processes need."""

    def __init__(self, loader, base_seed):
        self.base_seed = base_seed
        self.dataset = loader.dataset
        self.num_workers = loader.num_workers
        self.worker_init_fn = loader.worker_init_fn
        self.iterable = loader.is_iterable
        self.batched = loader.batch_sampler is not None
        self.collate_fn = loader.collate_fn
        self.drop_last = loader.drop_last

    def fetcher(self):
        """A function from indices to a batch."""
        if self.iterable:
            return IterableFetcher(self.dataset, self.batched, self.collate_fn, self.drop_last)
        return MapFetcher(self.dataset, self.batched, self.collate_fn)


class MapFetcher:
    """Called with a list of indices (if not `batched`, with one), gives the collated samples."""

    def __init__(self, dataset, batched, collate_fn):
        self.dataset = dataset
        self.batched = batched
        self.collate_fn = collate_fn
        self.read = _reader(dataset) if batched and collate_fn is default_collate else None

    def __call__(self, indices):
        if self.read is not None:
            try:
                return self.read(_as_index(indices))
            except (IndexError, ValueError):  # one by one works, or says which index is wrong
                pass
        if not self.batched:
            return self.collate_fn(self.dataset[indices])
        return self.collate_fn(fetch_items(self.dataset, indices))


class IterableFetcher:
    """Called with a list, gives the next samples, collated: as many as the list is long."""

    def __init__(self, dataset, batched, collate_fn, drop_last):
        self.stream = iter(dataset)
        self.batched = batched
        self.collate_fn = collate_fn
        self.drop_last = drop_last
        self.ended = False

    def __call__(self, places):
        if self.ended:
            raise StopIteration
        if not self.batched:
            return self.collate_fn(next(self.stream))
        samples = list(islice(self.stream, len(places)))
        self.ended = len(samples) < len(places)
        if not samples or (self.ended and self.drop_last):
            raise StopIteration
        return self.collate_fn(samples)


def _as_index(indices):
    """A batch of integers as what indexes an array; an IndexError or ValueError for another one."""
    if type(indices) is range:
        return slice(indices.start, indices.stop)
    index = np.asarray(indices)
    if index.dtype.kind != "i" or index.ndim != 1:
        raise IndexError
    return index


def _reader(dataset):
    """A function that reads a whole batch of Tensors with one indexing each, or None.

    There is one for a `TensorDataset` and for subsets of it, unless gradients must flow through the
    samples.
    """
    if type(dataset) is Subset:
        inner, places = _reader(dataset.dataset), np.asarray(dataset.indices)
        if inner is None or places.dtype.kind != "i":
            return None
        return lambda index: inner(places[index])
    if type(dataset) is not TensorDataset or not all(map(_is_plain, dataset.tensors)):
        return None
    arrays = [tensor._array for tensor in dataset.tensors]
    return lambda index: [wrap(_rows(array, index)) for array in arrays]


def _is_plain(tensor):
    return type(tensor) is Tensor and not tensor.requires_grad


def _rows(array, index):
    if type(index) is slice:
        return array[index].copy()
    if array.flags.c_contiguous:  # take() copies whole rows; of any other array it copies all first
        return array.take(index, 0)
    return np.ascontiguousarray(array[index])
