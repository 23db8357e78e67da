"""Benchmarks: the same source on Rushlight and on its peers, in alternation, in one run.

Each library lives in a process of its own with the same number of threads. A workload is timed in
short slices, one library after the other, again and again, so that whatever else the machine does
meets all of them alike; the ratio is the median of the ratios of neighbouring slices.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import os
import signal
import subprocess
import sys
from contextlib import ExitStack, suppress
from functools import partial
from statistics import median, quantiles
from threading import Timer
from time import perf_counter, sleep

from rushlight.bench import compiled, scaling
from rushlight.bench.workloads import AIMS, MEMORY_AIM, WORKLOADS

SLICE = 0.05  # seconds of one uninterrupted measurement
PAUSE = 0.01  # between slices: a thread pool that spins while idle must not disturb the next
MIN_ROUNDS = 5
IMPORT = "import"
SMALL_MEMORY = 1.0  # MB
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
TIME_IMPORT = (
    "import time; t = time.perf_counter(); import {}; print(1000 * (time.perf_counter() - t))"
)


class Worker:
    """A library in a subprocess that answers requests (see worker.py)."""

    def __init__(self, library: str, environment: dict[str, str], module="worker") -> None:
        self.library = library
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"rushlight.bench.{module}", library],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            start_new_session=True,  # what it starts itself is stopped with it
        )
        self.rate = 0.0

    def ask(self, **request):
        """Send one request and wait for its answer."""
        assert self.process.stdin is not None and self.process.stdout is not None
        print(json.dumps(request), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.library} failed at {request}; its message is above")
        return json.loads(line)

    def prepare(self, name: str, limit: float | None = None, **size: int) -> list[float]:
        """Build a workload; return the first values that it computes.

        Raises a RuntimeError if that takes longer than `limit` seconds; then the worker is stopped.
        """
        timer = Timer(limit or 0, self.stop)
        if limit:
            timer.start()
        try:
            self.answer = self.ask(prepare=name, **size)
        except RuntimeError as error:
            if limit and not timer.is_alive():
                raise RuntimeError(f"its first calls take more than {limit:g} s") from error
            raise
        finally:
            timer.cancel()
        self.rate = self.answer["rate"]
        return self.answer["values"]

    def stop(self) -> None:
        """End it at once, and the processes that it started."""
        with suppress(ProcessLookupError):
            if hasattr(os, "killpg"):
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()

    def time(self) -> float:
        """Microseconds per step over one slice."""
        n = max(1, round(SLICE * self.rate))
        return self.ask(run=n)["seconds"] / n * 1e6

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *exception: object) -> None:
        if exception[0] is not None:
            self.stop()
        self.process.communicate()


def time_import(library: str, environment: dict[str, str]) -> float:
    """Milliseconds that `import library` takes in a fresh interpreter."""
    command = [sys.executable, "-c", TIME_IMPORT.format(library)]
    return float(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)


def alternate(measurements, seconds: float) -> list[list[float]]:
    """Call each measurement in turn until the time is up; one list of results for each."""
    results: list[list[float]] = [[] for _ in measurements]
    end = perf_counter() + seconds
    while perf_counter() < end or len(results[0]) < MIN_ROUNDS:
        for measure, times in zip(measurements, results):
            times.append(measure())
            sleep(PAUSE)
    return results


def row(label: str, unit: str, results: list[list[float]]) -> str:
    """One line of the table: each library's median, and how often ours fits into a peer's."""
    ours, *peers = results
    cells = f"{label:64}{median(ours):10.2f} {unit}"
    for theirs in peers:
        low, middle, high = quantiles([t / o for o, t in zip(ours, theirs)], n=4)
        ratio = f"{middle:.2f}x [{low:.2f}, {high:.2f}]"
        cells += f"{median(theirs):10.2f} {unit}  {ratio:20}"
    return cells.rstrip()


class Score:
    """Which aims are met: parts of the first peer's time, or memory.

    Attributes:
        met: how many are.
        missed: what to say of each of the others.
    """

    def __init__(self) -> None:
        self.met = 0
        self.missed: list[str] = []

    def note(self, name: str, part: float, aim: float) -> str:
        """Note which part of the peer's it was; returns a cell of the table."""
        if part <= aim:
            self.met += 1
        else:
            self.missed.append(f"{name} {part:.2f} ({aim:g})")
        return f"  {part:.2f} of {aim:g}{'' if part <= aim else ', missed'}"

    def note_times(self, name: str, results: list[list[float]]) -> str:
        """The same for the times of a workload, if there is a peer."""
        if len(results) < 2:
            return ""
        return self.note(name, median(o / t for o, t in zip(*results[:2])), AIMS[name])

    def note_memory(self, name: str, held: list[float]) -> str:
        """The same for megabytes; where both need hardly any, there is nothing to compare."""
        cell = "  peak memory " + " / ".join(f"{each:.1f}" for each in held) + " MB"
        if len(held) < 2:
            return cell
        part = held[0] / held[1] if max(held) > SMALL_MEMORY else 0.0
        return cell + self.note(f"memory of {name}", part, MEMORY_AIM)

    def __str__(self) -> str:
        text = f"{self.met} of {self.met + len(self.missed)} aims are met"
        return text + (f"; missed, with the aim: {', '.join(self.missed)}" if self.missed else "")


def different(values: list[list[float]]) -> str:
    """A remark where libraries don't compute the same thing."""
    first, *others = values
    same = all(
        math.isclose(a, b, rel_tol=1e-3, abs_tol=1e-6)
        for other in others
        for a, b in zip(first, other)
    )
    return "" if same else "  values differ!"


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="rushlight bench", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join([IMPORT, *WORKLOADS])}"
    )
    parser.add_argument(
        "--compiled",
        action="store_true",
        help=f"training steps compiled, against {', '.join(compiled.LIBRARIES[1:])}; "
        f"names are of {', '.join(compiled.NAMES)}",
    )
    parser.add_argument(
        "--scaling",
        action="store_true",
        help=f"times at four sizes, written to docs/performance.md; names are of "
        f"{', '.join(scaling.GROWING)}",
    )
    parser.add_argument("--to", default="docs", help="the folder that --scaling writes to")
    parser.add_argument(
        "--memory",
        action="store_true",
        help="add what workloads hold at most (the whole table always does)",
    )
    parser.add_argument("--peers", nargs="*", help="libraries to compare with (torch)")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each workload")
    parser.add_argument(
        "--limit",
        type=float,
        default=25.0,
        help="with --compiled: seconds after which the first calls of a library are given up",
    )
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1))
    args = parser.parse_args(argv)
    names = [IMPORT, *WORKLOADS]
    if args.compiled or args.scaling:
        names = list(compiled.NAMES if args.compiled else scaling.GROWING)
    if args.peers is None:
        args.peers = compiled.LIBRARIES[1:] if args.compiled else ["torch"]
    unknown = [name for name in args.names if name not in names]
    if unknown:
        parser.error(f"unknown workload {unknown[0]!r}: choose from {', '.join(names)}")
    args.memory |= not args.names
    args.names = args.names or names
    return args


def installed(peers: list[str]) -> list[str]:
    """The peers that can be imported; the others are named."""
    found = [peer for peer in peers if importlib.util.find_spec(peer.partition(".")[0])]
    for peer in peers:
        if peer not in found:
            print(f"{peer} is not installed: its times are left out (pip install {peer})")
    return found


def report_import(libraries, environment, seconds: float, score: Score) -> None:
    """The line of the table for importing, with what Rushlight adds to NumPy's own time."""
    *results, numpy = alternate(
        [partial(time_import, name, environment) for name in [*libraries, "numpy"]], seconds
    )
    added = median(ours - base for ours, base in zip(results[0], numpy))
    note = f"  (NumPy {median(numpy):.0f} ms, then {added:.0f} ms)"
    print(row("import", "ms", results) + score.note_times(IMPORT, results) + note, flush=True)


def report_workload(name, workers, fresh, seconds: float, score: Score) -> None:
    """The line of the table for one workload; `fresh` workers, if any, say what it holds."""
    values = [worker.prepare(name) for worker in workers]
    results = alternate([worker.time for worker in workers], seconds)
    label = (WORKLOADS[name].__doc__ or name).splitlines()[0]
    cells = [row(label, "us", results), score.note_times(name, results), different(values)]
    if fresh:
        held = [worker.ask(memory=name)["memory"] for worker in fresh]
        cells.append(score.note_memory(name, held))
    print("".join(cells), flush=True)


def report_table(args: argparse.Namespace, environment: dict[str, str]) -> None:
    """Measure the workloads, and print a line each and how many aims are met."""
    libraries = ["rushlight", *installed(args.peers)]
    # what is compiled for long runs is compiled at once, so that a slice shows the lasting pace
    environment.setdefault("RUSHLIGHT_NUMBA", "1")
    print(
        f"{args.threads} threads; median time per step; peer's time / ours [quartiles]; "
        "ours / peer's, and the aim"
    )
    peers = "".join(f"{name:>13}{'':22}" for name in libraries[1:]).rstrip()
    print(f"{'':64}{libraries[0]:>13}{peers}")
    score = Score()
    if IMPORT in args.names:
        report_import(libraries, environment, args.seconds, score)
    plain = environment | {"RUSHLIGHT_NUMBA": "0"}  # what a compiler holds isn't the workload's
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(name, environment)) for name in libraries]
        asked = libraries if args.memory else []
        fresh = [stack.enter_context(Worker(name, plain)) for name in asked]
        for name in args.names:
            if name != IMPORT:
                report_workload(name, workers, fresh, args.seconds, score)
    if len(libraries) > 1:
        print(score)


def main(argv: list[str] | None = None) -> int:
    """Run `rushlight bench`: print a table of times per step, and the peers' ratios to ours."""
    args = parse(argv)
    environment = os.environ | dict.fromkeys(THREAD_VARIABLES, str(args.threads))
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed library has its bytecode
    if args.compiled or args.scaling:
        return (compiled if args.compiled else scaling).report(args, environment)
    report_table(args, environment)
    return 0
