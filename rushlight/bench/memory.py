"""How much memory this process has held at most."""

from __future__ import annotations

import contextlib
import sys

__all__ = ["forget_peak", "peak"]


def peak() -> float:
    """The largest resident set so far, in MB: since the process began, or since `forget_peak`."""
    with contextlib.suppress(OSError), open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    import resource

    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def forget_peak() -> None:
    """Let the peak begin anew from what is resident now, where the system can do that (Linux)."""
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w") as clear:
        clear.write("5")
