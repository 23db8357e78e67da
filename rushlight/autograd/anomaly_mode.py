"""Finding the operation whose derivative fails: `detect_anomaly`."""

from __future__ import annotations

import warnings

from rushlight.autograd.tape import modes
from rushlight.ops import fast
from rushlight.tensor import type_name

__all__ = [
    "detect_anomaly",
    "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled",
    "set_detect_anomaly",
]


class set_detect_anomaly:
    """Switch anomaly detection on or off, at once or within a `with` block.

    See `detect_anomaly`.
    """

    def __init__(self, mode, check_nan=True):
        if not isinstance(mode, bool):
            raise TypeError(
                "set_anomaly_enabled(): argument 'enabled' (position 1) must be bool, not "
                f"{type_name(mode)}"
            )
        kind = type(modes)
        self._before = kind.anomaly, kind.anomaly_check_nan
        _switch(mode, check_nan)

    def __enter__(self):
        """Switched already, when this was made."""

    def __exit__(self, *exception):
        _switch(*self._before)


class detect_anomaly:
    """Inside, errors of backward passes name the line of the forward pass that caused them.

    A gradient that holds a NaN is an error too, unless `check_nan` is False. Everything is slower.

    >>> import rushlight as torch
    >>> with torch.autograd.set_detect_anomaly(True):
    ...     y = torch.ones(1, requires_grad=True) * 2
    >>> "traceback_" in y.grad_fn.metadata
    True
    """

    def __init__(self, check_nan=True):
        self._check_nan = check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should "
            "only be enabled for debugging.",
            UserWarning,
            stacklevel=2,
        )

    def __enter__(self):
        self._mode = set_detect_anomaly(True, self._check_nan)

    def __exit__(self, *exception):
        self._mode.__exit__()


def _switch(mode, check_nan):
    kind = type(modes)
    fast.intercept(bool(mode) - bool(kind.anomaly))
    # for all threads, so the class holds it
    kind.anomaly, kind.anomaly_check_nan = mode, check_nan


def is_anomaly_enabled():
    """Whether anomaly detection is on."""
    return modes.anomaly


def is_anomaly_check_nan_enabled():
    """Whether anomaly detection looks for NaNs."""
    return modes.anomaly_check_nan


def note_origin(node):
    """Note where a Node was recorded, and by the derivative of which other Node."""
    import traceback

    node.metadata["traceback_"] = traceback.format_list(_users_stack())
    if modes.evaluating is not None:
        node.metadata["parent_"] = modes.evaluating


def _users_stack():
    """The frames of the stack, less those of this package at its end."""
    import traceback

    frames = traceback.extract_stack()
    while len(frames) > 1 and frames[-1].filename.startswith(_OURS):
        frames.pop()
    return frames


#: how the names of files of this package begin, and of code that it builds
_OURS = (__file__.rpartition("autograd")[0], "<operation ")


def guarded(backward, node, gradient, edges):
    """The gradients of a Node's inputs; errors tell where the Node was recorded.

    Raises:
        RuntimeError: a gradient holds a NaN.
    """
    try:
        results = tuple(backward(gradient, edges))
        if modes.anomaly_check_nan:
            _refuse_nan(node, results)
    except Exception as error:
        _explain(node, error)
        raise
    return results


def _refuse_nan(node, results):
    for number, result in enumerate(results):
        if result is None:
            continue
        array = getattr(result, "_array", result)
        if (array != array).any():
            raise RuntimeError(
                f"Function '{node.name()}' returned nan values in its {number}th output."
            )


def _explain(node, error):
    """Warn where a Node was recorded, and note it with the error (PEP 678)."""
    lines = node.metadata.get("traceback_")
    if lines is None:
        text = (
            f"Error detected in {node.name()}. No forward pass information available. Enable "
            "detect anomaly during forward pass for more information."
        )
    else:
        text = (
            f"Error detected in {node.name()}. Traceback of forward call that caused the error:\n"
            + "".join(lines)
        )
    warnings.warn(text, UserWarning, stacklevel=2)
    parent = node.metadata.get("parent_")
    while parent is not None:
        lines = parent.metadata.get("traceback_")
        induced = (
            "\n\nPrevious calculation was induced by "
            f"{parent.name()}. Traceback of forward call that induced the previous calculation:\n"
            + "".join(lines or ())
        )
        warnings.warn(induced, UserWarning, stacklevel=2)
        text += induced
        parent = parent.metadata.get("parent_")
    error.__notes__ = [*getattr(error, "__notes__", ()), text]
