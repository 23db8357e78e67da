"""`step.over(loader, epochs=...)`: the loop over the data around a compiled step."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time

import numpy as np

from rushlight.compile.stretches import stretches
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
    losses: list = []
    report = Progress(epochs) if progress else None
    with whole_steps() as interrupted:
        for epoch in range(epochs):
            number = 0
            for count, made in stretches(step, loader):
                number += count
                losses += made
                if interrupted:
                    raise KeyboardInterrupt
                if report is not None:
                    report.show(epoch, number, losses)
    if report is not None:
        report.end(epochs - 1, losses)
    return as_tensor(losses)


def as_tensor(losses):
    """The losses as a Tensor of their dtype."""
    if not losses:
        return wrap(np.zeros(0, np.float32))
    arrays = [np.asarray(x).reshape(-1) for x in losses]
    dtype = np.float32 if arrays[0].dtype.kind != "f" else arrays[0].dtype
    return wrap(np.concatenate(arrays).astype(dtype, copy=False))


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
        return f", loss {float(np.ravel(losses[-1])[-1]):.4g}" if losses else ""

    @staticmethod
    def write(text):
        sys.stderr.write(f"\r{text:<60}")
        sys.stderr.flush()
