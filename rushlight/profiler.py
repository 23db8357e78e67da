"""`torch.profiler`: a profile of a training loop, in the steps that a schedule picks.

>>> import rushlight as torch
>>> from rushlight.profiler import profile, record_function
>>> with profile() as prof, record_function("square"):
...     y = torch.ones(3) ** 2
>>> [event.key for event in prof.key_averages()][0]
'square'
"""

from __future__ import annotations

import enum
import gzip
import json
import os
import socket
import time
import warnings

from rushlight.autograd import profiler as _profiler
from rushlight.autograd.profiler import record_function

__all__ = [
    "ProfilerAction",
    "ProfilerActivity",
    "profile",
    "record_function",
    "schedule",
    "supported_activities",
    "tensorboard_trace_handler",
]


class ProfilerActivity(enum.Enum):
    """What can be profiled; here it is the CPU."""

    CPU = 0
    XPU = 1
    MTIA = 2
    CUDA = 3
    HPU = 4
    PrivateUse1 = 5


class ProfilerAction(enum.Enum):
    """What a profile does in one step."""

    NONE = 0
    WARMUP = 1
    RECORD = 2
    RECORD_AND_SAVE = 3


def supported_activities():
    """What can be profiled here."""
    return {ProfilerActivity.CPU}


def schedule(*, wait, warmup, active, repeat=0, skip_first=0, skip_first_wait=0):
    """What to do in which step: skip some, then in turn wait, warm up and record.

    Args:
        repeat: how many times the turn is taken; 0 for as long as there are steps.

    >>> plan = schedule(wait=1, warmup=1, active=2, repeat=1)
    >>> [plan(step).name for step in range(5)]
    ['NONE', 'WARMUP', 'RECORD', 'RECORD_AND_SAVE', 'NONE']
    """
    if min(wait, warmup, active, repeat, skip_first) < 0 or active == 0:
        raise AssertionError("Invalid profiler schedule arguments")
    length = wait + warmup + active

    def action_of(step):
        if step < skip_first:
            return ProfilerAction.NONE
        step -= skip_first
        if skip_first_wait:
            step += wait
        if repeat > 0 and step // length >= repeat:
            return ProfilerAction.NONE
        position = step % length
        if position < wait:
            return ProfilerAction.NONE
        if position < wait + warmup:
            return ProfilerAction.WARMUP
        return ProfilerAction.RECORD if position < length - 1 else ProfilerAction.RECORD_AND_SAVE

    return action_of


def tensorboard_trace_handler(dir_name, worker_name=None, use_gzip=False):
    """A handler for `profile(on_trace_ready=...)` that writes each trace into a directory."""
    worker = worker_name or f"{socket.gethostname()}_{os.getpid()}"

    def write(prof):
        os.makedirs(dir_name, exist_ok=True)
        name = f"{worker}.{time.time_ns()}.pt.trace.json{'.gz' * use_gzip}"
        prof.export_chrome_trace(os.path.join(dir_name, name))

    return write


class profile:
    """Note the operations in a block, with their times; `step()` says that a step has ended.

    Args:
        schedule: what to do in which step (see `schedule`); by default everything is recorded.
        on_trace_ready: called with the profile when a recording is complete.
        record_shapes, profile_memory, with_stack: as for `torch.autograd.profiler.profile`.

    The other arguments are there for programs that give them.
    """

    def __init__(
        self,
        *,
        activities=None,
        schedule=None,
        on_trace_ready=None,
        record_shapes=False,
        profile_memory=False,
        with_stack=False,
        with_flops=False,
        with_modules=False,
        experimental_config=None,
        execution_trace_observer=None,
        acc_events=False,
        use_cuda=None,
        custom_trace_id_callback=None,
        post_processing_timeout_s=None,
    ):
        if ProfilerActivity.CUDA in set(activities or ()):
            warnings.warn("CUDA is not available, disabling CUDA profiling", stacklevel=2)
        self.schedule = schedule or (lambda step: ProfilerAction.RECORD)
        self.on_trace_ready = on_trace_ready
        self.record_shapes, self.profile_memory = record_shapes, profile_memory
        self.with_stack = with_stack
        self.step_num = 0
        self.current_action = self.schedule(0)
        self.profiler = None
        self._step = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.stop()

    def start(self):
        """Begin, as `with` does."""
        self._begin()

    def stop(self):
        """End, as `with` does."""
        if self._end() and self.on_trace_ready is not None:
            self.on_trace_ready(self)

    def step(self):
        """Say that one step of the program has ended."""
        before = self.current_action
        self.step_num += 1
        self.current_action = self.schedule(self.step_num)
        saves = before is ProfilerAction.RECORD_AND_SAVE
        if saves or self.current_action in (ProfilerAction.NONE, ProfilerAction.WARMUP):
            if self._end() and self.on_trace_ready is not None:
                self.on_trace_ready(self)
        self._begin()

    def _begin(self):
        recording = (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE)
        if self.current_action not in recording:
            return
        if self._running is None:
            self.profiler = self._running = _profiler.profile(
                record_shapes=self.record_shapes,
                profile_memory=self.profile_memory,
                with_stack=self.with_stack,
            )
            self._running.__enter__()
        elif self._step is not None:
            self._step.__exit__()
        if self.step_num:
            self._step = record_function(f"ProfilerStep#{self.step_num}")
            self._step.__enter__()

    _running = None

    def _end(self):
        """End a recording; whether there was one."""
        running, self._running = self._running, None
        if self._step is not None:
            self._step.__exit__()
            self._step = None
        if running is not None:
            running.__exit__()
        return running is not None

    def events(self):
        """All events."""
        return self._finished().function_events

    def key_averages(self, *args, **options):
        """The events summed by name; `.table(sort_by="cpu_time_total")` shows them."""
        return self._finished().key_averages(*args, **options)

    def export_chrome_trace(self, path):
        """Write the events for `chrome://tracing`, packed if the name ends with `.gz`."""
        trace = {
            "schemaVersion": 1,
            "record_shapes": int(self.record_shapes),
            "profile_memory": int(self.profile_memory),
            "with_stack": int(self.with_stack),
            "traceEvents": self.events().trace(),
        }
        write = gzip.open if str(path).endswith(".gz") else open
        with write(path, "wt") as file:
            json.dump(trace, file)

    def export_stacks(self, path, metric="self_cpu_time_total"):
        """Write the lines of Python that led to operations, with the times of these."""
        self._finished().export_stacks(path, metric)

    def _finished(self):
        if self.profiler is None:
            raise AssertionError("Profiler must be initialized before accessing its events")
        return self.profiler
