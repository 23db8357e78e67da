"""Where time goes: `profile` notes each operation of a block, `record_function` names a part of it.

While a profile runs, operations take the general way (`Op.watched`), where a `Recorder` notes when
each began and ended. So everything is slower than without it; what counts is the proportion.
"""

from __future__ import annotations

import inspect
import os
import threading
from collections import defaultdict
from contextlib import ContextDecorator
from time import perf_counter_ns

from rushlight.autograd.profiler_util import EventList, FunctionEvent
from rushlight.autograd.tape import modes
from rushlight.ops import fast
from rushlight.tensor import Tensor

__all__ = ["EventList", "FunctionEvent", "emit_itt", "emit_nvtx", "profile", "record_function"]

_HOME = os.path.dirname(os.path.dirname(__file__)) + os.sep


class Recorder:
    """The events of one profile, in the order in which they began.

    Attributes:
        open: the events that have not ended yet, for each thread.
    """

    def __init__(self, record_shapes, profile_memory=False, with_stack=False):
        self.events: list = []
        self.record_shapes, self.profile_memory = record_shapes, profile_memory
        self.with_stack = with_stack
        self.open: dict = defaultdict(list)
        self.began = perf_counter_ns()

    def now(self):
        """Microseconds since the profile began."""
        return (perf_counter_ns() - self.began) / 1000

    def begin(self, name, args=()):
        """Note that something begins; what is open in this thread is its parent."""
        thread = threading.get_ident()
        parents = self.open[thread]
        shapes = [shape_of(x) for x in args] if self.record_shapes else []
        stack = stack_now() if self.with_stack else ()
        event = FunctionEvent(len(self.events), name, thread, self.now(), shapes, stack)
        if parents:
            event.append_cpu_child(parents[-1])
        parents.append(event)
        self.events.append(event)
        return event

    def end(self, event):
        """Note that it has ended."""
        event.time_range.end = self.now()
        self.open[event.thread].remove(event)

    def returned(self, event, args, result):
        """Note what an operation returned."""
        first = result[0] if isinstance(result, tuple | list) and result else result
        event.sequence_nr = number_of(getattr(first, "_node", None))
        if self.profile_memory:
            results = result if isinstance(result, tuple | list) else (result,)
            event.self_cpu_memory_usage = sum(made_bytes(x, args) for x in results)

    def watched_rules(self, node, backward):
        """A Node's rules, as events of the profile."""

        def apply(gradient, edges):
            name = node.name()
            names = f"autograd::engine::evaluate_function: {name}", name
            events = [self.begin(each) for each in names]
            try:
                return backward(gradient, edges)
            finally:
                for event in reversed(events):
                    event.sequence_nr = number_of(node)
                    self.end(event)

        return apply


def number_of(node):
    """The number by which events of an operation and of its derivative are told to belong together.

    `node` may be one of several outputs of a Node; -1 for None.
    """
    node = getattr(node, "node", node)
    return -1 if node is None or node.name().endswith("AccumulateGrad") else node.seq


def shape_of(x):
    """The shape of an argument, as a list; empty for what is no tensor."""
    return list(x.shape) if isinstance(x, Tensor) else []


def made_bytes(x, args):
    """The size of a result's memory, 0 if it is that of an argument."""
    if not isinstance(x, Tensor) or any(x is y for y in args):
        return 0
    array = x._array
    return array.nbytes if getattr(array, "base", x) is None else 0


def stack_now():
    """The lines of Python that are being run outside this library, the innermost first."""
    frames = inspect.stack(context=0)
    outside = (frame for frame in frames if not frame.filename.startswith((_HOME, "<operation")))
    return [f"{frame.filename}({frame.lineno}): {frame.function}" for frame in outside]


class profile:
    """Note the operations in a block, with their times.

    Args:
        enabled: False makes it do nothing.
        record_shapes: note the shapes of the arguments too.
        profile_memory: note the size of what is made too.
        with_stack: note which lines of Python led there too; takes long.

    The other arguments are there for programs that give them.

    >>> import rushlight as torch
    >>> x = torch.ones(2)
    >>> with torch.autograd.profiler.profile() as prof:
    ...     y = x * x + 1
    >>> [event.name for event in prof.function_events]
    ['aten::mul', 'aten::add']
    """

    def __init__(
        self,
        enabled=True,
        *,
        use_cuda=False,
        use_device=None,
        record_shapes=False,
        with_flops=False,
        profile_memory=False,
        with_stack=False,
        with_modules=False,
        use_kineto=False,
        use_cpu=True,
        experimental_config=None,
        acc_events=False,
        custom_trace_id_callback=None,
        post_processing_timeout_s=None,
    ):
        self.enabled = enabled
        self.record_shapes, self.profile_memory = record_shapes, profile_memory
        self.with_stack = with_stack
        self.entered = False
        self._events = None

    def __enter__(self):
        if not self.enabled:
            return None
        if self.entered:
            raise RuntimeError("Profiler context manager is not reentrant")
        self.entered = True
        self._outer = modes.recorder
        self._recorder = modes.recorder = Recorder(
            self.record_shapes, self.profile_memory, self.with_stack
        )
        fast.intercept(+1)
        return self

    def __exit__(self, *exception):
        if not self.enabled:
            return
        fast.intercept(-1)
        modes.recorder = self._outer
        ended = (e for e in self._recorder.events if e.time_range.end is not None)
        self._events = EventList(ended, profile_memory=self.profile_memory)

    def __repr__(self):
        return "<unfinished torch.autograd.profile>" if self._events is None else repr(self._events)

    def __str__(self):
        return "<unfinished torch.autograd.profile>" if self._events is None else str(self._events)

    @property
    def function_events(self):
        """All events, an `EventList`.

        Raises:
            RuntimeError: the block has not ended.
        """
        if self._events is None:
            raise RuntimeError("Profiler didn't finish running")
        return self._events

    def table(self, *args, **options):
        """`EventList.table`."""
        return self.function_events.table(*args, **options)

    def key_averages(self, *args, **options):
        """`EventList.key_averages`."""
        return self.function_events.key_averages(*args, **options)

    def total_average(self):
        """`EventList.total_average`."""
        return self.function_events.total_average()

    def export_chrome_trace(self, path):
        """`EventList.export_chrome_trace`."""
        return self.function_events.export_chrome_trace(path)

    def export_stacks(self, path, metric="self_cpu_time_total"):
        """`EventList.export_stacks`."""
        if not self.with_stack:
            raise AssertionError("export_stacks() requires with_stack=True")
        return self.function_events.export_stacks(path, metric)

    @property
    def self_cpu_time_total(self):
        """Microseconds in all operations together."""
        return self.function_events.self_cpu_time_total


class record_function(ContextDecorator):
    """Note a block (or a function) under a name of its own in the profile that runs.

    >>> import rushlight as torch
    >>> with torch.autograd.profiler.profile() as prof:
    ...     with torch.autograd.profiler.record_function("loss"):
    ...         y = torch.ones(2).sum()
    >>> "loss" in [event.name for event in prof.function_events]
    True
    """

    def __init__(self, name, args=None):
        self.name = name
        self.args = args
        self._open: list = []

    def __enter__(self):
        recorder = modes.recorder
        self._open.append((recorder, recorder and recorder.begin(self.name)))
        return self

    def __exit__(self, *exception):
        recorder, event = self._open.pop()
        if recorder is not None:
            recorder.end(event)


class emit_itt:
    """Mark each operation for Intel's profiler; without one that listens it does nothing.

    >>> import rushlight as torch
    >>> with torch.autograd.profiler.emit_itt():
    ...     y = torch.ones(2) + 1
    """

    def __init__(self, enabled=True, record_shapes=False):
        self.enabled, self.record_shapes = enabled, record_shapes

    def __enter__(self):
        return self if self.enabled else None

    def __exit__(self, *exception):
        """Nothing was begun."""


class emit_nvtx(emit_itt):
    """Mark each operation for NVIDIA's profiler, which needs a GPU.

    Raises:
        AssertionError: it is enabled, and entered.
    """

    def __enter__(self):
        if self.enabled:
            raise AssertionError("Torch not compiled with CUDA enabled")


def noted(name, function, args, *more):
    """`function(args, *more)`, as an event of the profile that runs in this thread."""
    recorder = modes.recorder
    event = recorder.begin(name, args)
    try:
        result = function(args, *more)
        recorder.returned(event, args, result)
        return result
    finally:
        recorder.end(event)
