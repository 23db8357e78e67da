"""What a profile found: events, sums of them by name, and tables."""

from __future__ import annotations

import json

__all__ = ["EventList", "FormattedTimesMixin", "FunctionEvent", "FunctionEventAvg", "Interval"]


class Interval:
    """From when to when, in microseconds."""

    __slots__ = ("end", "start")

    def __init__(self, start, end=None):
        self.start = start
        self.end = end

    def elapsed_us(self):
        """Its length."""
        return self.end - self.start


class FormattedTimesMixin:
    """The times of an event, or of several together, in microseconds; and their memory, in bytes.

    What only other devices have is nothing here.
    """

    is_async = False
    flops = 0
    device_time = device_time_total = self_device_time_total = 0
    cuda_time = cuda_time_total = self_cuda_time_total = 0
    device_memory_usage = self_device_memory_usage = 0

    @property
    def cpu_time_total_str(self):
        return in_words(self.cpu_time_total)

    @property
    def self_cpu_time_total_str(self):
        return in_words(self.self_cpu_time_total)

    @property
    def cpu_time(self):
        """The average time of one call."""
        return self.cpu_time_total / self.count if self.count else 0.0

    @property
    def cpu_time_str(self):
        return in_words(self.cpu_time)


class FunctionEvent(FormattedTimesMixin):
    """One call of an operation, or one named block.

    Attributes:
        name, key: the name.
        thread: in which thread.
        time_range: from when to when.
        input_shapes: the shapes of the arguments, where the profile records shapes.
        stack: the lines of Python that led there, the innermost first, where it records them.
        sequence_nr: the number of the Node that it recorded or whose rules it is; -1 for none.
        self_cpu_memory_usage: the size of the tensors that it made, where it records memory.
        cpu_parent, cpu_children: the event inside which it was, and those inside it.
    """

    count = 1
    self_cpu_memory_usage = 0
    sequence_nr = -1

    def __init__(self, id, name, thread, start, input_shapes, stack=()):
        self.id = self.node_id = id
        self.name = self.key = name
        self.thread = thread
        self.time_range = Interval(start)
        self.input_shapes = input_shapes
        self.stack = list(stack)
        self.cpu_parent = None
        self.cpu_children: list = []

    def append_cpu_child(self, parent):
        """Be inside another event."""
        self.cpu_parent = parent
        parent.cpu_children.append(self)

    @property
    def cpu_time_total(self):
        """How long it took."""
        return self.time_range.elapsed_us()

    @property
    def self_cpu_time_total(self):
        """How long it took, without what is inside it."""
        return self.cpu_time_total - sum(child.cpu_time_total for child in self.cpu_children)

    @property
    def cpu_memory_usage(self):
        """The size of the tensors that it and what is inside it made."""
        inside = sum(child.cpu_memory_usage for child in self.cpu_children)
        return self.self_cpu_memory_usage + inside

    def __repr__(self):
        return (
            f"<FunctionEvent id={self.id} name={self.name} cpu_time={self.cpu_time_str} "
            f"thread={self.thread} input_shapes={self.input_shapes}>"
        )


_QUANTITIES = (
    "count",
    "cpu_time_total",
    "self_cpu_time_total",
    "cpu_memory_usage",
    "self_cpu_memory_usage",
)


class FunctionEventAvg(FormattedTimesMixin):
    """Events of one name together."""

    def __init__(self):
        self.key = self.input_shapes = self.stack = None
        self.count = self.cpu_memory_usage = self.self_cpu_memory_usage = 0
        self.cpu_time_total = self.self_cpu_time_total = 0.0

    def add(self, event):
        """Add an event, or a sum of some."""
        if self.key is None:
            self.key = event.key
            self.input_shapes, self.stack = event.input_shapes, event.stack
        for quantity in _QUANTITIES:
            setattr(self, quantity, getattr(self, quantity) + getattr(event, quantity))
        return self

    __iadd__ = add

    def __repr__(self):
        return (
            f"<FunctionEventAvg key={self.key} self_cpu_time={self.self_cpu_time_total_str} "
            f"cpu_time={self.cpu_time_str} input_shapes={self.input_shapes}>"
        )


class EventList(list):
    """Events (or sums of them), which can be summed and shown.

    Args:
        profile_memory: whether tables show memory.
    """

    def __init__(self, events=(), *, profile_memory=False):
        super().__init__(events)
        self._profile_memory = profile_memory

    def __str__(self):
        return self.table()

    @property
    def self_cpu_time_total(self):
        """Microseconds of all events together, none counted twice."""
        return sum(event.self_cpu_time_total for event in self)

    def key_averages(self, group_by_input_shape=False, group_by_stack_n=0, **others):
        """The events summed by name (and by the shapes of the arguments, and by lines)."""
        sums: dict = {}
        for event in self:
            shapes = str(event.input_shapes) if group_by_input_shape else ""
            key = (event.key, shapes, *event.stack[:group_by_stack_n])
            sums.setdefault(key, FunctionEventAvg()).add(event)
        for each in sums.values():
            each.stack = each.stack[:group_by_stack_n]
            each.input_shapes = each.input_shapes if group_by_input_shape else ""
        return EventList(sums.values(), profile_memory=self._profile_memory)

    def total_average(self):
        """All events summed."""
        total = FunctionEventAvg()
        for event in self:
            total.add(event)
        total.key = "Total"
        return total

    def table(
        self,
        sort_by=None,
        row_limit=100,
        max_src_column_width=75,
        max_name_column_width=55,
        max_shapes_column_width=80,
        header=None,
        top_level_events_only=False,
    ):
        """A table as text; `sort_by` is an attribute of events, such as "cpu_time_total"."""
        events = [e for e in self if not (top_level_events_only and getattr(e, "cpu_parent", None))]
        if sort_by is not None:
            sort_by = sort_by.replace("cuda", "cpu").replace("device", "cpu")
            events.sort(key=lambda event: getattr(event, sort_by), reverse=True)
        total = self.self_cpu_time_total
        columns = self._columns(total, max_name_column_width)
        shown = [[cell(event) for cell in columns.values()] for event in events[:row_limit]]
        text = _aligned([list(columns), *shown])
        head = "" if header is None else f"{header}\n"
        return f"{head}{text}Self CPU time total: {in_words(total)}\n"

    def _columns(self, total, width):
        """The columns of a table: title -> what it shows of an event."""
        columns = {
            "Name": lambda e: e.key if len(e.key) <= width else e.key[: width - 3] + "...",
            "Self CPU %": lambda e: _share(e.self_cpu_time_total, total),
            "Self CPU": lambda e: e.self_cpu_time_total_str,
            "CPU total %": lambda e: _share(e.cpu_time_total, total),
            "CPU total": lambda e: e.cpu_time_total_str,
            "CPU time avg": lambda e: e.cpu_time_str,
        }
        if self._profile_memory:
            columns["CPU Mem"] = lambda e: in_bytes(e.cpu_memory_usage)
            columns["Self CPU Mem"] = lambda e: in_bytes(e.self_cpu_memory_usage)
        columns["# of Calls"] = lambda e: str(e.count)
        if any(event.input_shapes for event in self):
            columns["Input Shapes"] = lambda e: str(e.input_shapes)
        if any(event.stack for event in self):
            columns["Source Location"] = lambda e: e.stack[0] if e.stack else ""
        return columns

    def trace(self):
        """The events as `chrome://tracing` wants them."""
        return [
            {
                "name": e.name,
                "ph": "X",
                "ts": e.time_range.start,
                "dur": e.cpu_time_total,
                "tid": e.thread,
                "pid": "CPU functions",
                "args": {},
            }
            for e in self
        ]

    def export_chrome_trace(self, path):
        """Write the events for `chrome://tracing`."""
        with open(path, "w") as file:
            json.dump(self.trace(), file)

    def export_stacks(self, path, metric):
        """Write a line for each way that led to an operation: frames, and microseconds there."""
        if metric not in _METRICS:
            raise ValueError(f"metric should be one of: {_METRICS}")
        with open(path, "w") as file:
            for event in self.key_averages(group_by_stack_n=_WHOLE):
                if event.stack and int(getattr(event, metric, 0)):
                    frames = ";".join(reversed(event.stack)).replace(" ", "_")
                    file.write(f"{frames} {int(getattr(event, metric))}\n")


_WHOLE = 1000  # more lines than any stack has
_METRICS = [f"self_{device}_time_total" for device in ("cpu", "cuda", "xpu", "privateuse1")]


def _share(part, whole):
    return f"{100 * part / whole:.2f}%" if whole else "NaN"


def _aligned(rows):
    """Rows of text as columns, the first row as their titles."""
    widths = [max(12, *(len(row[i]) for row in rows)) for i in range(len(rows[0]))]
    line = "".join("-" * width + "  " for width in widths)
    shown = ["".join(f"{cell:>{w}}  " for cell, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join([line, shown[0], line, *shown[1:], line]) + "\n"


def in_words(microseconds):
    """A time with its unit: `12.500us`, `3.200ms`, `1.000s`."""
    if microseconds >= 1e6:
        return f"{microseconds / 1e6:.3f}s"
    if microseconds >= 1e3:
        return f"{microseconds / 1e3:.3f}ms"
    return f"{microseconds:.3f}us"


def in_bytes(size):
    """A size in memory with its unit: `12 B`, `1.50 KB`."""
    for unit, length in (("GB", 2**30), ("MB", 2**20), ("KB", 2**10)):
        if abs(size) >= length:
            return f"{size / length:.2f} {unit}"
    return f"{size} B"
