"""Python's `multiprocessing`, and PyTorch's `spawn` to start several processes at once."""

from __future__ import annotations

import multiprocessing
from multiprocessing import *  # noqa: F403
from multiprocessing import connection


class ProcessException(Exception):
    """A process that `spawn` started has failed."""

    def __init__(self, msg: str, error_index: int, pid: int):
        super().__init__(msg)
        self.msg, self.error_index, self.pid = msg, error_index, pid


class ProcessRaisedException(ProcessException):
    """It raised the exception whose traceback is in the message."""


class ProcessExitedException(ProcessException):
    """It ended with another exit code than 0, or was killed by a signal."""

    def __init__(self, msg: str, error_index: int, pid: int, exit_code: int):
        super().__init__(msg, error_index, pid)
        self.exit_code = exit_code


class ProcessContext:
    """The processes that `spawn` started."""

    def __init__(self, processes: list, errors: list):
        self.processes, self.errors = processes, errors

    def pids(self) -> list[int]:
        """The processes' ids."""
        return [process.pid for process in self.processes]

    def join(self, timeout: float | None = None) -> bool:
        """Wait for a process to end; True if all have ended well.

        If one has failed, end the others and raise a ProcessException.
        """
        alive = [process.sentinel for process in self.processes if process.is_alive()]
        if alive:  # waiting for nothing would never end
            connection.wait(alive, timeout)
        for index, process in enumerate(self.processes):
            if not process.is_alive() and process.exitcode != 0:
                self.fail(index, process)
        return all(process.exitcode == 0 for process in self.processes)

    def fail(self, index: int, failed) -> None:
        for process in self.processes:
            if process.is_alive():
                process.terminate()
            process.join()
        if self.errors[index].poll():
            text = f"\n\n-- Process {index} terminated with the following error:\n"
            raise ProcessRaisedException(text + self.errors[index].recv(), index, failed.pid)
        text = f"process {index} terminated with exit code {failed.exitcode}"
        raise ProcessExitedException(text, index, failed.pid, failed.exitcode)


def spawn(fn, args=(), nprocs=1, join=True, daemon=False, start_method="spawn"):
    """Call `fn(i, *args)` in `nprocs` processes, with i from 0 on, and wait for them.

    Without `join`, return the ProcessContext at once. When a process fails, the others are ended,
    and a ProcessRaisedException holds its traceback.
    """
    start = multiprocessing.get_context(start_method)
    processes, errors = [], []
    for index in range(nprocs):
        receiver, sender = start.Pipe(duplex=False)
        process = start.Process(target=_call, args=(fn, index, args, sender), daemon=daemon)
        process.start()
        processes.append(process)
        errors.append(receiver)
    context = ProcessContext(processes, errors)
    if not join:
        return context
    while not context.join():
        pass
    return None


def _call(fn, index: int, args: tuple, sender) -> None:
    try:
        fn(index, *args)
    except KeyboardInterrupt:
        pass  # whoever interrupted knows
    except Exception:
        import sys
        import traceback

        sender.send(traceback.format_exc())
        sys.exit(1)


start_processes = spawn


# How tensors reach other processes: here they are always copied, whatever the strategy is called.

_STRATEGIES = {"file_descriptor", "file_system"}
_strategy = "file_descriptor"


def get_all_sharing_strategies():
    """The names that `set_sharing_strategy` takes."""
    return set(_STRATEGIES)


def get_sharing_strategy():
    """The name that was set last."""
    return _strategy


def set_sharing_strategy(new_strategy):
    """Accept a name of PyTorch's; tensors are copied to other processes in any case."""
    global _strategy
    if new_strategy not in _STRATEGIES:
        raise AssertionError(
            f"invalid sharing strategy {new_strategy!r}, expected one of {_STRATEGIES}"
        )
    _strategy = new_strategy
