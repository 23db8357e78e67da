"""Worker processes: order, seeds, errors, and that none of them outlives its use."""

import gc
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

import rushlight as rl
from rushlight.utils.data import (
    DataLoader,
    Dataset,
    IterableDataset,
    TensorDataset,
    get_worker_info,
)

pytestmark = [
    pytest.mark.skipif(
        "fork" not in multiprocessing.get_all_start_methods(), reason="the tests fork their workers"
    ),
    pytest.mark.filterwarnings("ignore:This DataLoader will create"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]


def loader(dataset, num_workers=2, **options):
    return DataLoader(dataset, num_workers=num_workers, multiprocessing_context="fork", **options)


def identity(batch):
    return batch


class Reporter(Dataset):
    """Each sample says in which worker it was made, and what chance gave there."""

    def __len__(self):
        return 4

    def __getitem__(self, index):
        info = get_worker_info()
        chance = random.random(), np.random.rand(), rl.rand(1).item()
        return (index, info.id, info.num_workers, info.seed, *chance)


class Faulty(Dataset):
    def __init__(self, error):
        self.error = error

    def __len__(self):
        return 8

    def __getitem__(self, index):
        if index == 5:
            raise self.error
        return index


class Shares(IterableDataset):
    """Worker 0 yields 3 samples, worker 1 yields 7."""

    def __iter__(self):
        worker = get_worker_info().id
        return iter(range(10 * worker, 10 * worker + 3 + 4 * worker))

    def __len__(self):
        return 4


class TwoArguments(Exception):
    def __init__(self, a, b):
        super().__init__(a, b)


def test_same_batches_as_in_one_process():
    data = TensorDataset(rl.randn(20, 3), rl.arange(20), rl.randn(20, 2, 2).transpose(1, 2))
    rl.manual_seed(1)
    alone = list(DataLoader(data, batch_size=3, shuffle=True))
    rl.manual_seed(1)
    shared = list(loader(data, batch_size=3, shuffle=True))
    assert len(alone) == len(shared) == 7
    for expected, batch in zip(alone, shared):
        assert [x.tolist() for x in batch] == [x.tolist() for x in expected]
        assert [x.dtype for x in batch] == [x.dtype for x in expected]
    shared[0][0].add_(1)  # what came from elsewhere can be written to


SEED = 900450186894289455


def test_recorded_seeds():
    """What PyTorch 2.13 gives after manual_seed(0): in Python's, NumPy's and its own generator."""
    rl.manual_seed(0)
    batches = list(loader(Reporter(), collate_fn=identity))
    assert batches[0] == [
        (0, 0, 2, SEED, 0.21315340548154382, 0.8371640508861415, 0.7821398973464966)
    ]
    assert batches[1] == [
        (1, 1, 2, SEED + 1, 0.7733861492043289, 0.6702704958690073, 0.6938178539276123)
    ]
    assert [batch[0][1] for batch in batches] == [0, 1, 0, 1]


def test_persistent_workers_go_on_with_their_streams():
    rl.manual_seed(0)
    persistent = loader(Reporter(), collate_fn=identity, persistent_workers=True)
    list(persistent)
    second = next(iter(persistent))[0]
    assert second == (0, 0, 2, SEED, 0.9257209527984, 0.37328033548445017, 0.9887869358062744)
    assert rl.rand(1).item() == 0.08847743272781372  # the second epoch drew no seed


def test_generator_gives_the_seeds():
    generator = rl.Generator().manual_seed(5)
    batch = next(iter(loader(Reporter(), collate_fn=identity, generator=generator)))
    assert batch[0][3] == 4095051218741643470


def test_worker_init_fn_and_info():
    def initialize(worker):
        get_worker_info().dataset.append(100 + worker)

    class Told(list):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            return list.__getitem__(self, 0)

    batches = list(loader(Told(), worker_init_fn=initialize))
    assert [batch.item() for batch in batches] == [100, 101, 100, 101]
    assert get_worker_info() is None


def test_iterable_datasets_end_one_by_one():
    batches = [batch.tolist() for batch in loader(Shares(), batch_size=2)]
    assert batches == [[0, 1], [10, 11], [2], [12, 13], [14, 15], [16]]
    assert list(loader(Shares(), batch_size=None)) == [0, 10, 1, 11, 2, 12, 13, 14, 15, 16]
    short = [batch.tolist() for batch in loader(Shares(), batch_size=2, drop_last=True)]
    assert short == [[0, 1], [10, 11], [12, 13], [14, 15]]


def test_persistent_workers_start_iterable_datasets_anew():
    persistent = loader(Shares(), batch_size=2, persistent_workers=True)
    first, second = ([batch.tolist() for batch in persistent] for _ in range(2))
    assert first == second


def test_iterable_dataset_longer_than_it_said():
    data = loader(Shares(), batch_size=2)
    len(data)
    with pytest.warns(
        UserWarning, match="but . samples have been fetched. For multiprocessing data-"
    ):
        list(data)


def test_restart_in_the_middle_of_an_epoch():
    persistent = loader(range(6), 1, batch_size=2, persistent_workers=True)
    batches = iter(persistent)
    next(batches)
    assert iter(persistent) is batches
    assert [batch.tolist() for batch in batches] == [[0, 1], [2, 3], [4, 5]]


def test_out_of_order():
    batches = loader(range(20), batch_size=3, in_order=False)
    assert sorted(batch.tolist()[0] for batch in batches) == [0, 3, 6, 9, 12, 15, 18]


class Slow(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        time.sleep(0.5 if index == 0 else 0)
        return index


def test_out_of_order_does_not_wait():
    assert next(iter(loader(Slow(), in_order=False))).item() != 0


@pytest.mark.parametrize(
    "error, kind, last",
    [
        (ValueError("bad value"), ValueError, "ValueError: bad value"),
        (KeyError("no key"), KeyError, "KeyError: 'no key'"),
        (
            OSError(2, "no file", "f"),
            FileNotFoundError,
            "FileNotFoundError: [Errno 2] no file: 'f'",
        ),
        (TwoArguments(1, 2), RuntimeError, "TwoArguments: (1, 2)"),
    ],
)
def test_errors_come_with_their_traceback(error, kind, last):
    batches = iter(loader(Faulty(error), batch_size=2))
    assert [next(batches).tolist(), next(batches).tolist()] == [[0, 1], [2, 3]]
    with pytest.raises(kind) as raised:
        next(batches)
    lines = str(raised.value).splitlines()
    assert lines[0] == f"Caught {type(error).__name__} in DataLoader worker process 0."
    assert lines[1] == "Original Traceback (most recent call last):"
    assert any(line.strip() == "raise self.error" for line in lines)
    assert last in lines[-1]
    assert next(batches).tolist() == [6, 7]


def test_errors_of_worker_init_fn():
    def fail(worker):
        raise RuntimeError(f"init {worker}")

    with pytest.raises(RuntimeError, match=r"(?s)^Caught RuntimeError in .* 0\..*init 0"):
        list(loader(range(4), worker_init_fn=fail))


def test_batches_that_cannot_be_pickled():
    with pytest.raises(
        RuntimeError, match=r"(?s)^Caught .*Error in DataLoader worker process 0.*pickle"
    ):
        list(loader(range(4), collate_fn=lambda batch: lambda: 0))


def test_errors_of_a_local_type():
    class Local(Exception):
        pass

    with pytest.raises(
        RuntimeError, match=r"(?s)^Caught Local in DataLoader worker process 1.*oh no"
    ):
        list(loader(Faulty(Local("oh no"))))


class Dying(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_that_dies():
    with pytest.raises(
        RuntimeError, match=r"^DataLoader worker \(pid\(s\) \d+\) exited unexpectedly"
    ):
        list(loader(Dying(), 1))


def test_timeout():
    with pytest.raises(RuntimeError, match=r"^DataLoader timed out after 0.1 seconds$"):
        list(loader(Slow(), 1, timeout=0.1))


def workers():
    gc.collect()
    return multiprocessing.active_children()


def test_workers_end_with_the_epoch():
    batches = iter(loader(range(6)))
    assert len(workers()) == 2
    list(batches)
    assert not workers()


def test_workers_end_when_the_iterator_is_dropped():
    for _ in loader(TensorDataset(rl.zeros(100, 1000)), batch_size=10):
        break
    assert not workers()
    persistent = loader(range(6), persistent_workers=True)
    list(persistent)
    assert len(workers()) == 2
    del persistent
    assert not workers()


def test_two_loaders_at_once():
    first, second = iter(loader(range(6), 1)), iter(loader(range(6), 1))
    next(first)
    del first
    assert [batch.item() for batch in second] == [0, 1, 2, 3, 4, 5]
    assert not workers()


PROGRAM = """
    import os, sys, time
    import rushlight as rl
    from rushlight.utils.data import DataLoader, TensorDataset

    class Printing(TensorDataset):
        def __getitem__(self, index):
            return os.getpid()

    loader = DataLoader(Printing(rl.zeros(100)), num_workers=2, multiprocessing_context="{method}")
    if __name__ == "__main__":
        batches = iter(loader)
        print(next(batches).item(), next(batches).item(), flush=True)
        {then}
"""


@pytest.fixture
def start(tmp_path):
    """Start the program in a session of its own; what is left of it is killed at the end."""
    script = tmp_path / "program.py"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    started = []

    def start(then, method="fork"):
        script.write_text(textwrap.dedent(PROGRAM).format(then=then, method=method))
        process = subprocess.Popen(
            [sys.executable, script],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        with process:
            process.kill()


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as status:  # a zombie that nobody has waited for is dead
        return status.read().rpartition(")")[2].split()[0] != "Z"


def all_dead(pids):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and any(map(alive, pids)):
        time.sleep(0.02)
    return not any(map(alive, pids))


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="reads /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_no_orphans_when_the_program_is_killed(start, number):
    process = start("time.sleep(60)")
    pids = [int(pid) for pid in process.stdout.readline().split()]
    assert len(set(pids)) == 2
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as Ctrl-C does: to all of them
    else:
        process.send_signal(number)
    _, errors = process.communicate(timeout=20)
    assert all_dead(pids)
    assert errors.count("Traceback") == (number == signal.SIGINT)


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="reads /proc")
def test_no_orphans_when_the_program_ends_early(start):
    process = start("pass")
    pids = [int(pid) for pid in process.stdout.readline().split()]
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 0 and errors == ""
    assert all_dead(pids)


def test_spawned_workers(start):
    process = start("print(len(list(batches)))", "spawn")
    output, errors = process.communicate(timeout=60)
    assert output.splitlines()[1:] == ["98"], errors
