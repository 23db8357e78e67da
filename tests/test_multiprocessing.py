"""torch.multiprocessing.spawn."""

import pytest

import rushlight.multiprocessing as mp


def work(index, queue):
    queue.put(index)


def fail(index):
    if index == 1:
        raise ValueError("boo")


def leave(index):
    raise SystemExit(3)


def test_spawn_calls_with_the_index():
    queue = mp.get_context("spawn").SimpleQueue()
    mp.spawn(work, args=(queue,), nprocs=2)
    assert {queue.get(), queue.get()} == {0, 1}


def test_a_failure_is_raised_with_its_traceback():
    with pytest.raises(mp.ProcessRaisedException, match=r"-- Process 1 terminated[\s\S]*boo"):
        mp.spawn(fail, nprocs=2)
    with pytest.raises(mp.ProcessExitedException, match="process 0 terminated with exit code 3"):
        mp.spawn(leave)
