"""Threads that wait for parts of a loop."""

import os
import threading
import time
import weakref

import numpy as np
import pytest

from rushlight.kernels import workers

PARTS = [(0, 2), (2, 3), (3, 7)]


def _add(start, stop, seen):
    seen[start:stop] += 1


def test_each_part_is_done_once():
    seen = np.zeros(7, np.int64)
    for _ in range(50):
        workers.run_parts(_add, PARTS, (seen,))
    assert seen.tolist() == [50] * 7 and not workers.is_busy()


def test_nobody_waits_for_workers_that_are_elsewhere():
    workers.run_parts(_add, PARTS, (np.zeros(7),))
    _, busy, tasks = workers._pool
    started, released, ended = threading.Semaphore(0), threading.Event(), workers.SimpleQueue()

    def hold(start, stop):
        started.release()
        released.wait(10)

    for _ in range(busy):
        tasks.put((ended, hold, (0, 1), ()))
    for _ in range(busy):
        started.acquire()
    seen = np.zeros(7, np.int64)
    workers.run_parts(_add, PARTS, (seen,))
    assert seen.tolist() == [1] * 7
    released.set()
    assert [ended.get() for _ in range(busy)] == [None] * busy


def test_all_parts_end_before_an_error_is_raised():
    done = []

    def fail(start, stop):
        if start == 0:
            raise ValueError("the first part")
        done.append(start)

    with pytest.raises(ValueError, match="the first part"):
        workers.run_parts(fail, PARTS, ())
    assert sorted(done) == [2, 3]


def test_workers_hold_no_arrays():
    seen = np.zeros(7, np.int64)
    gone = weakref.ref(seen)
    workers.run_parts(_add, PARTS, (seen,))
    del seen
    for _ in range(1000):
        if gone() is None:
            return
        time.sleep(0.001)
    raise AssertionError("a worker that has ended its part still holds the array")


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_a_forked_process_has_its_own():
    workers.run_parts(_add, PARTS, (np.zeros(7),))
    child = os.fork()
    if not child:
        seen = np.zeros(7)
        workers.run_parts(_add, PARTS, (seen,))
        os._exit(int(seen.sum()))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
