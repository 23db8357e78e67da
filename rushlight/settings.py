"""Switches that programs set at their beginning.

Results here are deterministic and computed in the precision of their dtype, so most switches are
remembered and change nothing; the number of threads is NumPy's own.
"""

from __future__ import annotations

import functools
import os

__all__ = [
    "are_deterministic_algorithms_enabled",
    "get_deterministic_debug_mode",
    "get_float32_matmul_precision",
    "get_num_interop_threads",
    "get_num_threads",
    "is_deterministic_algorithms_warn_only_enabled",
    "is_warn_always_enabled",
    "set_deterministic_debug_mode",
    "set_float32_matmul_precision",
    "set_flush_denormal",
    "set_num_interop_threads",
    "set_num_threads",
    "set_warn_always",
    "use_deterministic_algorithms",
]

_known = {
    "deterministic": False,
    "warn_only": False,
    "precision": "highest",
    "threads": None,
    "interop_threads": None,
    "warn_always": False,
}


def set_num_threads(int, /):
    """Set the number of threads of what is compiled; NumPy's own follow OMP_NUM_THREADS.

    Raises:
        RuntimeError: the number is not positive.
    """
    if not hasattr(int, "__index__"):
        raise RuntimeError(f"set_num_threads expects an int, but got {type(int).__name__}")
    if int < 1:
        raise RuntimeError("set_num_threads expects a positive integer")
    _known["threads"] = int


#: the number of CPUs; asking the system takes a microsecond
_processors = functools.cache(lambda: os.cpu_count() or 1)


def get_num_threads():
    """The number of threads that was set, or else the number of CPUs."""
    return _known["threads"] or _processors()


def set_num_interop_threads(int, /):
    """Set the number of threads between operations. Operations run one after another: no effect."""
    if int < 1:
        raise RuntimeError("set_num_interop_threads expects a positive integer")
    _known["interop_threads"] = int


def get_num_interop_threads():
    """The number of threads between operations that was set, or else the number of CPUs."""
    return _known["interop_threads"] or _processors()


def use_deterministic_algorithms(mode, *, warn_only=False):
    """Ask for the same results in every run. They are anyway: no effect."""
    _known.update(deterministic=bool(mode), warn_only=bool(mode and warn_only))


def are_deterministic_algorithms_enabled():
    """Whether `use_deterministic_algorithms(True)` was called."""
    return _known["deterministic"]


def is_deterministic_algorithms_warn_only_enabled():
    """Whether `use_deterministic_algorithms(True, warn_only=True)` was called."""
    return _known["warn_only"]


_DEBUG_MODES = {"default": 0, "warn": 1, "error": 2}


def set_deterministic_debug_mode(debug_mode):
    """`use_deterministic_algorithms` by a number or name: 0 "default", 1 "warn", 2 "error"."""
    if not isinstance(debug_mode, (int, str)):
        raise TypeError(f"debug_mode must be str or int, but got {type(debug_mode)}")
    if isinstance(debug_mode, str) and debug_mode not in _DEBUG_MODES:
        raise RuntimeError(
            f"invalid value of debug_mode, expected one of `default`, `warn`, `error`, but got "
            f"{debug_mode}"
        )
    mode = _DEBUG_MODES.get(debug_mode, debug_mode)
    if mode not in (0, 1, 2):
        raise RuntimeError(f"invalid value of debug_mode, expected 0, 1, or 2, but got {mode}")
    use_deterministic_algorithms(mode > 0, warn_only=mode == 1)


def get_deterministic_debug_mode():
    """0, 1 or 2: see `set_deterministic_debug_mode`."""
    if not _known["deterministic"]:
        return 0
    return 1 if _known["warn_only"] else 2


def set_float32_matmul_precision(precision):
    """Remember "highest", "high" or "medium". Products are always computed in full float32.

    Raises:
        RuntimeError: another word.
    """
    if precision not in ("highest", "high", "medium"):
        raise RuntimeError(f"{precision} is not one of 'highest', 'high' or 'medium'.")
    _known["precision"] = precision


def get_float32_matmul_precision():
    """What was set by `set_float32_matmul_precision`."""
    return _known["precision"]


def set_flush_denormal(mode):
    """Whether the processor was told to treat denormal numbers as zero: never, so False."""
    return False


def set_warn_always(b, /):
    """Give warnings each time instead of once."""
    _known["warn_always"] = bool(b)


def is_warn_always_enabled():
    """Whether warnings are given each time."""
    return _known["warn_always"]
