"""Worker processes: what runs in them, and how an error in one reaches the program."""

from __future__ import annotations

from collections import namedtuple

import numpy as np

from rushlight._utils import ExceptionWrapper
from rushlight.random import manual_seed
from rushlight.settings import set_num_threads

__all__ = ["WorkerInfo", "get_worker_info"]

WorkerInfo = namedtuple("WorkerInfo", "id num_workers seed dataset")
WorkerInfo.__doc__ = "What a worker process knows: its number, how many, its seed, its dataset."

_info = None


def get_worker_info():
    """The `WorkerInfo` of the worker process that this runs in, or None in the main process.

    >>> import rushlight as torch
    >>> torch.utils.data.get_worker_info() is None
    True
    """
    return _info


class Exhausted:
    """Stands for the batch of a worker whose iterable dataset has come to its end."""


class Failure(ExceptionWrapper):
    """An exception of a worker process, with its traceback as text."""

    def __init__(self, error, worker):
        super().__init__(error, f"in DataLoader worker process {worker}")


def run(worker, channel, inherited, plan):
    """The main loop of worker process number `worker`: answer tasks until the channel is closed.

    `plan` is a `fetch.Plan`. A task is a pair of a number and of indices, the answer a pair of the
    number and of the batch; None instead of a task starts the dataset anew.
    """
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the main process, which hangs up
    for other in inherited:  # copies of the main process's ends: held here, they would never close
        other.close()
    fetch = _prepared(worker, plan)
    try:
        while True:
            task = channel.receive()
            if task is None:
                fetch = _guarded(worker, plan.fetcher)
            else:
                number, indices = task
                _answer(worker, channel, number, _fetched(worker, fetch, indices, plan.iterable))
    except (EOFError, OSError):
        pass


def _prepared(worker, plan):
    import random

    global _info
    set_num_threads(1)  # the workers share the processors with each other
    seed = plan.base_seed + worker
    manual_seed(seed)
    random.seed(seed)
    np.random.seed(_numpy_seed(plan.base_seed, worker))
    _info = WorkerInfo(worker, plan.num_workers, seed, plan.dataset)

    def prepare():
        if plan.worker_init_fn is not None:
            plan.worker_init_fn(worker)
        return plan.fetcher()

    return _guarded(worker, prepare)


def _numpy_seed(base_seed, worker):
    entropy = [worker, base_seed % 2**32, base_seed >> 32, 0]
    return np.random.SeedSequence(entropy).generate_state(4)


def _guarded(worker, function, *arguments):
    """The function's result, or the Failure to get one."""
    try:
        return function(*arguments)
    except Exception as error:
        return Failure(error, worker)


def _fetched(worker, fetch, indices, iterable):
    if isinstance(fetch, Failure):
        return fetch
    batch = _guarded(worker, fetch, indices)
    ended = iterable and isinstance(batch, Failure) and batch.exc_type is StopIteration
    return Exhausted if ended else batch


def _answer(worker, channel, number, batch):
    try:
        channel.send((number, batch))
    except OSError:
        raise
    except Exception as error:  # the batch, or a locally defined type of error, can't be pickled
        failure = batch if isinstance(batch, Failure) else Failure(error, worker)
        failure.exc_type = RuntimeError
        channel.send((number, failure))
