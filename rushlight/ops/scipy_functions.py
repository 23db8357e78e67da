"""Functions that SciPy knows: imported when the first of them is called."""

from __future__ import annotations

from rushlight.explain import explained

__all__ = ["from_lapack", "from_scipy"]


def from_scipy(name, wanted_for):
    """The function `scipy.special.<name>`.

    Raises:
        ImportError: SciPy is not installed; the message says how to get it.
    """
    try:
        import scipy.special
    except ImportError:
        raise _missing(wanted_for) from None
    return getattr(scipy.special, name)


def _missing(wanted_for):
    error = f"{wanted_for} needs the package scipy, which is not installed."
    return explained(ImportError(error))


def from_lapack(name, dtype, wanted_for):
    """LAPACK's function of this name for this dtype, `dsytrf` of "sytrf"; errors as above."""
    try:
        from scipy.linalg import lapack
    except ImportError:
        raise _missing(wanted_for) from None
    return getattr(lapack, {"f": "s", "d": "d", "F": "c", "D": "z"}[dtype.char] + name)
