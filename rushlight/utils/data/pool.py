"""A pool of worker processes, each at the other end of a channel."""

from __future__ import annotations

import multiprocessing
import os
import queue
import selectors
import socket
import threading
from contextlib import suppress

from rushlight.utils.data import worker
from rushlight.utils.data.channel import Channel

_PATIENCE = 5  # seconds that a worker has for the sample that it is at, before it is terminated


class WorkerPool:
    """Starts the workers of a `Plan`, passes tasks to them, and collects what they answer.

    A thread reads the answers as they come: so no worker waits for long with an answer, and sending
    a task never waits for a worker that itself waits. The workers end when their channels do: by
    `shut_down`, when the pool is dropped, or with this process, however that ends.
    """

    def __init__(self, context, plan):
        self._owner = os.getpid()
        self._channels = []
        self.processes = []
        self._answers = queue.SimpleQueue()
        for number in range(plan.num_workers):
            self._start(context or multiprocessing.get_context(), number, plan)
        arguments = (list(self._channels), self._answers)  # not the pool: it must be free to go
        threading.Thread(target=_read, args=arguments, daemon=True).start()

    def _start(self, context, number, plan):
        ours, theirs = map(Channel, socket.socketpair())
        self._channels.append(ours)
        arguments = (number, theirs, list(self._channels), plan)
        process = context.Process(target=worker.run, args=arguments, daemon=True)
        process.start()
        self.processes.append(process)
        theirs.close()

    def send(self, number, task):
        """Give worker `number` a task."""
        with suppress(OSError):  # if it has died, `receive` says so
            self._channels[number].send(task)

    def restart(self):
        """Let every worker read its dataset from the start."""
        for number in range(len(self._channels)):
            self.send(number, None)

    def receive(self, timeout):
        """The next answer, as a pair of the worker's number and of what it sent.

        Raises a RuntimeError if there is none in time, or if a worker has died.
        """
        try:
            number, answer = self._answers.get(timeout=timeout or None)
        except queue.Empty:
            raise RuntimeError(f"DataLoader timed out after {timeout} seconds") from None
        if answer is None:
            process = self.processes[number]
            process.join(_PATIENCE)
            self.shut_down()
            raise RuntimeError(
                f"DataLoader worker (pid(s) {process.pid}) exited unexpectedly\n"
                f"Its exit code is {process.exitcode}."
            )
        return number, answer

    def shut_down(self):
        """End the workers and wait for them. Anything but the first call does nothing."""
        if self._owner != os.getpid():  # a copy, in a worker that was forked later
            return
        for channel in self._channels:
            channel.hang_up()
        for process in self.processes:
            process.join(_PATIENCE)
            if process.is_alive():
                process.terminate()
                process.join()

    __del__ = shut_down


def _read(channels, answers):
    """Pass on what comes from the channels until all of them have ended; None stands for an end."""
    with selectors.DefaultSelector() as selector:
        for number, channel in enumerate(channels):
            selector.register(channel, selectors.EVENT_READ, number)
        while selector.get_map():
            for key, _ in selector.select():
                try:
                    answers.put((key.data, key.fileobj.receive()))
                except (EOFError, OSError):
                    selector.unregister(key.fileobj)
                    key.fileobj.close()
                    answers.put((key.data, None))
