"""Functions that SciPy knows: imported when the first of them is called."""

from __future__ import annotations

__all__ = ["from_scipy"]


def from_scipy(name, wanted_for):
    """The function `scipy.special.<name>`.

    Raises:
        ImportError: SciPy is not installed; the message says how to get it.
    """
    try:
        import scipy.special
    except ImportError:
        raise ImportError(
            f"{wanted_for} needs the package scipy, which is not installed.\n"
            "Install it with: pip install 'rushlight[scipy]'"
        ) from None
    return getattr(scipy.special, name)
