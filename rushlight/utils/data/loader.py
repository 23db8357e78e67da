"""DataLoader: batches of a dataset, in the order of a sampler, read here or in worker processes."""

from __future__ import annotations

import os
import warnings
from itertools import repeat
from types import GenericAlias

from rushlight.random import Generator, default_generator
from rushlight.utils.data.collate import default_collate, default_convert
from rushlight.utils.data.dataset import IterableDataset
from rushlight.utils.data.fetch import Plan
from rushlight.utils.data.names import published
from rushlight.utils.data.sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
)
from rushlight.utils.data.worker import Exhausted, Failure, get_worker_info

__all__ = ["DataLoader", "default_collate", "default_convert", "get_worker_info"]

_published = published("torch.utils.data.dataloader")


@_published
class DataLoader:
    """Iterates over a dataset in batches; every pass over it is a new epoch.

    Args:
        dataset: map-style (`__getitem__`, `__len__`) or an `IterableDataset`.
        batch_size: samples per batch; None gives single samples, converted by `default_convert`.
        shuffle: visit the samples in a new random order in each epoch (`RandomSampler`).
        sampler: an iterable of indices that replaces the order; excludes `shuffle`.
        batch_sampler: an iterable of lists of indices; excludes `batch_size`, `shuffle`, `sampler`
            and `drop_last`.
        num_workers: how many processes read the data; 0 reads in this one.
        collate_fn: makes a batch from a list of samples; default: `default_collate`.
        pin_memory, pin_memory_device: accepted; without an accelerator they only lead to a warning.
        drop_last: leave out a last batch that is smaller than the others.
        timeout: seconds to wait for a batch from the workers; 0 waits as long as it takes.
        worker_init_fn: called in each worker with its number, after it has been seeded.
        multiprocessing_context: how to start workers: "fork", "spawn", "forkserver", or a context.
        generator: draws the order and the workers' seeds; default: the default generator.
        prefetch_factor: batches that each worker prepares ahead (default 2).
        persistent_workers: keep the workers from one epoch to the next.
        in_order: with False, batches come as they are ready.

    Each pass draws one seed, from which worker number `w` is seeded with `seed + w` (the `random`
    module and NumPy too). Raises a ValueError for options that exclude each other or are out of
    range; an error in a worker is raised here with the worker's traceback in its text.

    >>> import rushlight as torch
    >>> from rushlight.utils.data import DataLoader, TensorDataset
    >>> data = TensorDataset(torch.arange(5), torch.arange(5) ** 2)
    >>> for x, y in DataLoader(data, batch_size=2):
    ...     print(x, y)
    tensor([0, 1]) tensor([0, 1])
    tensor([2, 3]) tensor([4, 9])
    tensor([4]) tensor([16])
    """

    __class_getitem__: classmethod = classmethod(GenericAlias)

    _FIXED = frozenset(
        ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")
    )
    _initialized = False

    def __init__(
        self,
        dataset,
        batch_size=1,
        shuffle=None,
        sampler=None,
        batch_sampler=None,
        num_workers=0,
        collate_fn=None,
        pin_memory=False,
        drop_last=False,
        timeout=0,
        worker_init_fn=None,
        multiprocessing_context=None,
        generator=None,
        *,
        prefetch_factor=None,
        persistent_workers=False,
        pin_memory_device="",
        in_order=True,
    ):
        _check_workers(num_workers, timeout, prefetch_factor, persistent_workers)
        self.dataset = dataset
        self.num_workers = num_workers
        self.prefetch_factor = 2 if num_workers > 0 and prefetch_factor is None else prefetch_factor
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.in_order = in_order
        self.generator = generator
        self.is_iterable = isinstance(dataset, IterableDataset)
        if self.is_iterable:
            _check_iterable(shuffle, sampler, batch_sampler)
        _check_batching(batch_size, bool(shuffle), sampler, batch_sampler, drop_last)
        self.sampler = self._default_sampler(shuffle) if sampler is None else sampler
        if batch_sampler is not None:
            batch_size = None
        elif batch_size is not None:
            batch_sampler = BatchSampler(self.sampler, batch_size, drop_last)
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.batch_sampler = batch_sampler
        if collate_fn is None:
            collate_fn = default_convert if batch_sampler is None else default_collate
        self.collate_fn = collate_fn
        self.persistent_workers = persistent_workers
        self._reported_length = None  # of an iterable dataset, once len(loader) has asked for it
        self._iterator = None
        self._initialized = True
        self.check_worker_number_rationality()

    def _default_sampler(self, shuffle):
        if self.is_iterable:
            return _InfiniteConstantSampler()
        if shuffle:
            return RandomSampler(self.dataset, generator=self.generator)
        return SequentialSampler(self.dataset)

    def __setattr__(self, name, value):
        if self._initialized and name in self._FIXED:
            raise ValueError(
                f"{name} attribute should not be set after {type(self).__name__} is initialized"
            )
        super().__setattr__(name, value)

    @property
    def multiprocessing_context(self):
        """How worker processes are started; None: the system's default way."""
        return self._multiprocessing_context

    @multiprocessing_context.setter
    def multiprocessing_context(self, context):
        if context is not None:
            context = _context(context, self.num_workers)
        self._multiprocessing_context = context

    @property
    def _auto_collation(self):
        return self.batch_sampler is not None

    @property
    def _dataset_kind(self):
        return _DatasetKind.Iterable if self.is_iterable else _DatasetKind.Map

    @property
    def _index_sampler(self):
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def __iter__(self):
        if not self.persistent_workers:
            return self._get_iterator()
        if self._iterator is None:
            self._iterator = self._get_iterator()
        else:
            self._iterator.restart()
        return self._iterator

    def _get_iterator(self):
        if self.num_workers == 0:
            return _SingleProcessDataLoaderIter(self)
        self.check_worker_number_rationality()
        return _MultiProcessingDataLoaderIter(self)

    def __len__(self):
        if not self.is_iterable:
            return len(self._index_sampler)
        self._reported_length = len(self.dataset)
        if self.batch_size is None:
            return self._reported_length
        whole, rest = divmod(self._reported_length, self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    def check_worker_number_rationality(self):
        """Warn if there are more workers than processors that this process may use."""
        if not self.num_workers:
            return
        usable = _usable_processors()
        if usable is not None and self.num_workers > usable:
            warnings.warn(
                f"This DataLoader will create {self.num_workers} worker processes in total. Our "
                f"suggested max number of worker in current system is {usable}, which is smaller "
                "than what this DataLoader is going to create. Please be aware that excessive "
                "worker creation might get DataLoader running slow or even freeze, lower the "
                "worker number to avoid potential slowness/freeze if necessary.",
                stacklevel=3,
            )


class _DatasetKind:
    """The two kinds of datasets, as PyTorch numbers them."""

    Map = 0
    Iterable = 1


def _check_workers(num_workers, timeout, prefetch_factor, persistent_workers):
    if num_workers < 0:
        raise ValueError(
            "num_workers option should be non-negative; "
            "use num_workers=0 to disable multiprocessing."
        )
    if timeout < 0:
        raise ValueError("timeout option should be non-negative")
    if num_workers == 0 and prefetch_factor is not None:
        raise ValueError(
            "prefetch_factor option could only be specified in multiprocessing."
            "let num_workers > 0 to enable multiprocessing, "
            "otherwise set prefetch_factor to None."
        )
    if prefetch_factor is not None and prefetch_factor < 0:
        raise ValueError("prefetch_factor option should be non-negative")
    if persistent_workers and num_workers == 0:
        raise ValueError("persistent_workers option needs num_workers > 0")


def _check_iterable(shuffle, sampler, batch_sampler):
    if shuffle not in (False, None):
        name, value = "shuffle", shuffle
    elif sampler is not None:
        name, value = "sampler", sampler
    elif batch_sampler is not None:
        name, value = "batch_sampler", batch_sampler
    else:
        return
    raise ValueError(
        f"DataLoader with IterableDataset: expected unspecified {name} option, "
        f"but got {name}={value}"
    )


def _check_batching(batch_size, shuffle, sampler, batch_sampler, drop_last):
    if sampler is not None and shuffle:
        raise ValueError("sampler option is mutually exclusive with shuffle")
    if batch_sampler is not None:
        if batch_size != 1 or shuffle or sampler is not None or drop_last:
            raise ValueError(
                "batch_sampler option is mutually exclusive "
                "with batch_size, shuffle, sampler, and drop_last"
            )
    elif batch_size is None and drop_last:
        raise ValueError(
            "batch_size=None option disables auto-batching and is mutually exclusive with drop_last"
        )


def _context(context, num_workers):
    if num_workers == 0:
        raise ValueError(
            "multiprocessing_context can only be used with multi-process loading "
            f"(num_workers > 0), but got num_workers={num_workers}"
        )
    import multiprocessing
    from multiprocessing.context import BaseContext

    if isinstance(context, str):
        methods = multiprocessing.get_all_start_methods()
        if context not in methods:
            raise ValueError(
                "multiprocessing_context option should specify a valid start method in "
                f"{methods!r}, but got multiprocessing_context={context!r}"
            )
        return multiprocessing.get_context(context)
    if not isinstance(context, BaseContext):
        raise TypeError(
            "multiprocessing_context option should be a valid context object or a string "
            f"specifying the start method, but got multiprocessing_context={context}"
        )
    return context


def _usable_processors():
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


class _InfiniteConstantSampler(Sampler):
    """The sampler of an iterable dataset, which has no indices: None, for ever."""

    def __iter__(self):
        return repeat(None)


@_published
class _BaseDataLoaderIter:
    """One pass over a loader: what reading here and reading in workers have in common."""

    def __init__(self, loader):
        _warn_of_pinning(loader)
        self._dataset = loader.dataset
        self._index_sampler = loader._index_sampler
        self._sampler_iter = iter(self._index_sampler)
        self._base_seed = _stream(loader.generator).next_seed()
        self._plan = Plan(loader, self._base_seed)
        self._num_workers = loader.num_workers
        self._num_yielded = 0
        self._reported_length = loader._reported_length if loader.is_iterable else None

    def __iter__(self):
        return self

    def __len__(self):
        return len(self._index_sampler)

    def _count(self):
        """Count a batch, and warn if an iterable dataset yields more of them than its length."""
        self._num_yielded += 1
        if self._reported_length is not None and self._num_yielded > self._reported_length:
            self._warn_of_length()

    def _warn_of_length(self):
        message = (
            f"Length of IterableDataset {self._dataset} was reported to be "
            f"{self._reported_length}(when accessing len(dataloader)), "
            f"but {self._num_yielded} samples have been fetched. "
        )
        if self._plan.num_workers > 0:
            message += (
                "For multiprocessing data-loading, this could be caused by not properly "
                "configuring the IterableDataset replica at each worker. Please see "
                "https://pytorch.org/docs/stable/data.html#torch.utils.data.IterableDataset "
                "for examples."
            )
        warnings.warn(message, stacklevel=4)


def _stream(generator):
    if generator is not None and not isinstance(generator, Generator):
        raise TypeError(
            "random_() received an invalid combination of arguments - got "
            f"(generator={type(generator).__name__}, ), but expected one of:\n"
            " * (*, torch.Generator generator = None)"
        )
    return generator or default_generator


def _warn_of_pinning(loader):
    if loader.pin_memory and loader.pin_memory_device:
        warnings.warn(
            "pin_memory_device is deprecated, the current accelerator will be used as the device,"
            f"ignore pin_memory_device='{loader.pin_memory_device}'.",
            stacklevel=6,
        )
    if loader.pin_memory:
        warnings.warn(
            "'pin_memory' argument is set as true but no accelerator is found, then device pinned "
            "memory won't be used.",
            stacklevel=6,
        )


@_published
class _SingleProcessDataLoaderIter(_BaseDataLoaderIter):
    """Reads in this process, each batch when it is asked for."""

    def __init__(self, loader):
        super().__init__(loader)
        if loader.timeout != 0:
            raise AssertionError("_SingleProcessDataLoaderIter requires timeout == 0")
        self._fetch = self._plan.fetcher()
        if getattr(self._fetch, "read", None) and isinstance(self._index_sampler, BatchSampler):
            self._sampler_iter = self._index_sampler.slices() or self._sampler_iter

    def __next__(self):
        batch = self._fetch(next(self._sampler_iter))
        self._count()
        return batch


@_published
class _MultiProcessingDataLoaderIter(_BaseDataLoaderIter):
    """Reads in worker processes, ahead of what is asked for.

    Tasks are numbered and go to the workers in turn; `_tasks` maps the numbers of those that are
    out to their workers, `_ready` to the batches that came back.
    """

    def __init__(self, loader):
        super().__init__(loader)
        from rushlight.utils.data.pool import WorkerPool

        self._persistent = loader.persistent_workers
        self._ahead = loader.prefetch_factor * loader.num_workers
        self._in_order = loader.in_order
        self._timeout = loader.timeout
        self._next_number = 0
        self._pool = WorkerPool(loader.multiprocessing_context, self._plan)
        self._begin()

    @property
    def _workers(self):
        return self._pool.processes

    def _shutdown_workers(self):
        self._pool.shut_down()

    def restart(self):
        """Begin the next epoch with the same workers."""
        self._num_yielded = 0
        self._pool.restart()
        self._begin()

    def _begin(self):
        self._sampler_iter = iter(self._index_sampler)  # once more, as PyTorch: it may draw numbers
        self._tasks = {}
        self._ready = {}
        self._turn = -1
        self._active = list(range(self._plan.num_workers))
        for _ in range(self._ahead):
            self._send_task()

    def _send_task(self):
        if not self._active:
            return
        try:
            indices = next(self._sampler_iter)
        except StopIteration:
            return
        worker = self._choose_worker()
        self._tasks[self._next_number] = worker
        self._pool.send(worker, (self._next_number, indices))
        self._next_number += 1

    def _choose_worker(self):
        if not self._in_order:
            tasks = list(self._tasks.values())
            return min(self._active, key=tasks.count)
        self._turn = next((w for w in self._active if w > self._turn), self._active[0])
        return self._turn

    def __next__(self):
        while self._tasks:
            number = next(iter(self._tasks if self._in_order else self._ready), None)
            if number in self._ready:
                return self._deliver(number)
            self._receive()
        if not self._persistent:
            self._pool.shut_down()
        raise StopIteration

    def _deliver(self, number):
        del self._tasks[number]
        batch = self._ready.pop(number)
        self._send_task()
        if isinstance(batch, Failure):
            batch.reraise()
        self._count()
        return batch

    def _receive(self):
        worker, (number, batch) = self._pool.receive(self._timeout)
        if number not in self._tasks:  # a task of an epoch that was not read to its end
            return
        if batch is not Exhausted:
            self._ready[number] = batch
            return
        del self._tasks[number]
        if worker in self._active:
            self._active.remove(worker)
            self._send_task()
