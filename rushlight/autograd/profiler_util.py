"""What a profile found: events, sums of them by name, and tables."""

from __future__ import annotations

import json

__all__ = ["EventList", "FunctionEvent", "FunctionEventAvg", "Interval"]


class Interval:
    """From when to when, in microseconds."""

    __slots__ = ("end", "start")

    def __init__(self, start, end=None):
        self.start = start
        self.end = end

    def elapsed_us(self):
        """Its length."""
        return self.end - self.start


class Timed:
    """The times of an event, or of several together; in microseconds."""

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


class FunctionEvent(Timed):
    """One call of an operation, or one named block.

    Attributes:
        name, key: the name.
        thread: in which thread.
        time_range: from when to when.
        input_shapes: the shapes of the arguments, where the profile records shapes.
        cpu_parent, cpu_children: the event inside which it was, and those inside it.
    """

    count = 1

    def __init__(self, id, name, thread, start, input_shapes):
        self.id = self.node_id = id
        self.name = self.key = name
        self.thread = thread
        self.time_range = Interval(start)
        self.input_shapes = input_shapes
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

    def __repr__(self):
        return (
            f"<FunctionEvent id={self.id} name={self.name} cpu_time={self.cpu_time_str} "
            f"thread={self.thread} input_shapes={self.input_shapes}>"
        )


class FunctionEventAvg(Timed):
    """Events of one name together."""

    def __init__(self):
        self.key = self.input_shapes = None
        self.count = 0
        self.cpu_time_total = self.self_cpu_time_total = 0.0

    def add(self, event):
        """Add an event, or a sum of some."""
        if self.key is None:
            self.key = event.key
            self.input_shapes = event.input_shapes
        self.count += event.count
        self.cpu_time_total += event.cpu_time_total
        self.self_cpu_time_total += event.self_cpu_time_total
        return self

    __iadd__ = add

    def __repr__(self):
        return (
            f"<FunctionEventAvg key={self.key} self_cpu_time={self.self_cpu_time_total_str} "
            f"cpu_time={self.cpu_time_str} input_shapes={self.input_shapes}>"
        )


class EventList(list):
    """Events (or sums of them), which can be summed and shown."""

    def __str__(self):
        return self.table()

    @property
    def self_cpu_time_total(self):
        """Microseconds of all events together, none counted twice."""
        return sum(event.self_cpu_time_total for event in self)

    def key_averages(self, group_by_input_shape=False, group_by_stack_n=0, **others):
        """The events summed by name (and by the shapes of the arguments)."""
        sums: dict = {}
        for event in self:
            key = (event.key, str(event.input_shapes) if group_by_input_shape else "")
            sums.setdefault(key, FunctionEventAvg()).add(event)
        return EventList(sums.values())

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
        shaped = any(event.input_shapes for event in events)
        total = self.self_cpu_time_total
        rows = [_row(event, total, max_name_column_width, shaped) for event in events]
        text = _columns([_TITLES + (["Input Shapes"] if shaped else []), *rows[:row_limit]])
        head = "" if header is None else f"{header}\n"
        return f"{head}{text}Self CPU time total: {in_words(total)}\n"

    def export_chrome_trace(self, path):
        """Write the events for `chrome://tracing`."""
        events = [
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
        with open(path, "w") as file:
            json.dump(events, file)


_TITLES = [
    "Name",
    "Self CPU %",
    "Self CPU",
    "CPU total %",
    "CPU total",
    "CPU time avg",
    "# of Calls",
]


def _row(event, total, width, shaped):
    name = event.key if len(event.key) <= width else event.key[: width - 3] + "..."
    row = [
        name,
        _share(event.self_cpu_time_total, total),
        event.self_cpu_time_total_str,
        _share(event.cpu_time_total, total),
        event.cpu_time_total_str,
        event.cpu_time_str,
        str(event.count),
    ]
    return [*row, str(event.input_shapes)] if shaped else row


def _share(part, whole):
    return f"{100 * part / whole:.2f}%" if whole else "NaN"


def _columns(rows):
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
