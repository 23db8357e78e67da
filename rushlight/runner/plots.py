"""Matplotlib under the runner, touched only once the program imports it.

Without a display, `plt.show()` saves the figures (`rushlight.runner.figures`); and characters that
the program's font lacks are drawn with an installed font that has them (`rushlight.runner.fonts`).
"""

from __future__ import annotations

import os
import sys

from rushlight.runner.after_import import after_import

SAVING_BACKEND = "module://rushlight.runner.figures"


def install() -> None:
    """Prepare for a program that may import Matplotlib."""
    if not has_display() and "MPLBACKEND" not in os.environ:
        after_import("matplotlib", save_what_is_shown)
    after_import("matplotlib.font_manager", complete_fonts)


def has_display() -> bool:
    """Whether a window can be opened: without X and Wayland it can't, elsewhere it can."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def save_what_is_shown(matplotlib) -> None:
    """Select the saving backend, and keep it where the program asks for one with windows."""
    select = matplotlib.use
    select(SAVING_BACKEND)

    def use(backend, *, force=True):
        from matplotlib.backends import BackendFilter, backend_registry

        if str(backend).lower() not in backend_registry.list_builtin(BackendFilter.INTERACTIVE):
            select(backend, force=force)

    use.__doc__ = select.__doc__
    matplotlib.use = use


def complete_fonts(font_manager) -> None:
    from rushlight.runner import fonts

    fonts.complete(font_manager)
