"""The Matplotlib backend for machines without a display: a figure that is shown is saved.

Drawing is Agg's. A blocking `plt.show()` saves all figures and closes them, as closing their
windows would. What is shown without blocking (interactive mode, `plt.pause`) may still change:
it is saved as it stands at the next blocking `plt.show()`, or when the program ends.
"""

from __future__ import annotations

import atexit
import os
import sys
import zlib

from matplotlib import is_interactive
from matplotlib._pylab_helpers import Gcf
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg


class FigureManager(FigureManagerBase):
    """Stands in for the window of one figure."""

    def show(self):
        atexit.unregister(save_open_figures)
        atexit.register(save_open_figures)

    @classmethod
    def pyplot_show(cls, *, block=None):
        managers = Gcf.get_all_fig_managers()
        if block is None:
            block = not is_interactive()
        for manager in managers:
            manager.show()
        if block:
            save_open_figures()


class FigureCanvas(FigureCanvasAgg):
    """Agg's canvas; nobody watches it, so that `plt.pause` need not wait."""

    manager_class = FigureManager

    def start_event_loop(self, timeout=0):
        pass


def save_open_figures() -> None:
    """Save and close all open figures, and say on stderr where they are."""
    for manager in Gcf.get_all_fig_managers():
        path = free_path()
        manager.canvas.figure.savefig(path, metadata={"Source": signature()})
        print(f"rushlight: figure saved as {path}", file=sys.stderr)
        written.add(path)
        Gcf.destroy(manager)


written: set[str] = set()  # the files of this run


def free_path() -> str:
    """The first name that this run has not used and that is free, or held by an earlier run."""
    number = 1
    while True:
        path = f"{program_name()}-figure-{number}.png"
        if path not in written and (not os.path.lexists(path) or is_earlier_run(path)):
            return path
        number += 1


def is_earlier_run(path: str) -> bool:
    """Whether the file is a figure of this very program: only those are replaced."""
    try:
        with open(path, "rb") as file:
            return signature().encode("latin-1") in file.read(1024)
    except OSError:
        return False


def signature() -> str:
    """What a figure's file says of its program: not its path, but enough to know it again."""
    return f"rushlight run {zlib.crc32(os.fsencode(program_path())):08x}"


def program_path() -> str:
    return os.path.abspath(getattr(sys.modules["__main__"], "__file__", "program"))


def program_name() -> str:
    """`train` for train.py, `package` for package/__main__.py.

    >>> program_name() != "__main__"
    True
    """
    directory, file = os.path.split(program_path())
    stem = os.path.splitext(file)[0].strip("<>")
    return os.path.basename(directory) if stem == "__main__" else stem
