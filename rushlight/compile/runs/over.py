"""`step.over(loader, epochs=...)`: the loop over the data around a compiled step."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time

import numpy as np

from rushlight.compile.runs.stretches import stretches
from rushlight.tensor import wrap

__all__ = ["over", "whole_steps"]


def over(step, loader, epochs=1, progress=False):
    """Call `step` with every batch of a loader, epoch after epoch.

    Args:
        step: a function of what the loader gives; a batch that is a tuple or list becomes its
            arguments.
        loader: gives batches each time that it is gone through: its order, its random numbers.
            Or a number: so many calls without arguments.
        epochs: how often.
        progress: whether to write the epoch and the loss to the standard error while it runs.

    Returns:
        The losses, one for each call, as a Tensor: what the step returned, or the first of what it
        returned. Steps that return nothing leave it empty.

    Where the loader reads rows of tensors (`TensorDataset`, in this process) and the step is native
    from end to end, so is the loop over the batches (see `stretches`).

    Ctrl-C ends it after the step that runs, so that parameters and optimizer belong together.
    """
    losses = Losses(epochs * length(loader))
    report = Progress(epochs) if progress else None
    with whole_steps() as interrupted:
        for epoch in range(epochs):
            number = 0
            for count in stretches(step, loader, losses):
                number += count
                if interrupted:
                    raise KeyboardInterrupt
                if report is not None:
                    report.show(epoch, number, losses)
    if report is not None:
        report.end(epochs - 1, losses)
    return wrap(losses.array())


def length(loader):
    """How many batches there are, or a guess."""
    if isinstance(loader, int):
        return loader
    try:
        return len(loader)
    except TypeError:
        return 64


class Losses:
    """Numbers one after the other in one array of the first one's dtype.

    Memory of some size costs more to get than to fill, so there is one piece, for as many as are
    expected, which grows if there are more.

    >>> losses = Losses(2)
    >>> losses.add(0.5)
    >>> losses.room(2, np.float64)[...] = 2, 3
    >>> losses.array()
    array([0.5, 2. , 3. ])
    """

    def __init__(self, expected):
        self.expected, self.count = expected, 0
        self.memory = None

    def add(self, loss):
        """Put one number at the end."""
        loss = np.asarray(loss)
        self.room(1, loss.dtype if loss.dtype.kind == "f" else np.float32)[0] = loss.reshape(())

    def room(self, n, dtype):
        """The next n places, to be filled; of this dtype if they are the first."""
        if self.memory is None:
            self.memory = np.empty(max(n, self.expected), dtype)
        begin, self.count = self.count, self.count + n
        if self.count > len(self.memory):
            more = np.empty(max(self.count - len(self.memory), len(self.memory)), self.memory.dtype)
            self.memory = np.concatenate([self.memory, more])
        return self.memory[begin : self.count]

    def array(self):
        """All of them."""
        if self.memory is None:
            return np.zeros(0, np.float32)
        whole = self.count == len(self.memory)
        return self.memory if whole else self.memory[: self.count].copy()

    def last(self):
        """The last one, or None."""
        return float(self.memory[self.count - 1]) if self.count else None


@contextlib.contextmanager
def whole_steps():
    """A context in which Ctrl-C is only noted: gives a list that it is noted in.

    In other threads than the main one Python doesn't interrupt anyhow. A second Ctrl-C interrupts
    at once.
    """
    noted: list = []
    if threading.current_thread() is not threading.main_thread():
        yield noted
        return
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:
        yield noted
        return

    def note(number, frame):
        if noted:
            raise KeyboardInterrupt
        noted.append(number)

    signal.signal(signal.SIGINT, note)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)


class Progress:
    """A line on the standard error that says how far it is, at most five times a second."""

    def __init__(self, epochs):
        self.epochs = epochs
        self.began = self.shown = time.monotonic()

    def show(self, epoch, number, losses):
        now = time.monotonic()
        if now - self.shown >= 0.2:
            self.shown = now
            self.write(f"epoch {epoch + 1}/{self.epochs}, batch {number}{self.loss(losses)}")

    def end(self, epoch, losses):
        seconds = time.monotonic() - self.began
        self.write(f"epoch {epoch + 1}/{self.epochs}{self.loss(losses)}, {seconds:.1f} s")
        sys.stderr.write("\n")

    @staticmethod
    def loss(losses):
        last = losses.last()
        return "" if last is None else f", loss {last:.4g}"

    @staticmethod
    def write(text):
        sys.stderr.write(f"\r{text:<60}")
        sys.stderr.flush()
