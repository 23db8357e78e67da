"""Act on a module right after a program has imported it, and never import it for the program."""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder


def after_import(name: str, action) -> None:
    """Call `action(module)` once `name` is imported: now if it is already, else when it will be.

    >>> after_import("sys", lambda module: print(module.__name__))
    sys
    """
    if name in sys.modules:
        action(sys.modules[name])
        return
    if Watcher not in sys.meta_path:
        sys.meta_path.insert(0, Watcher)
    Watcher.actions[name] = action


class Watcher:
    """Meta path finder that finds what `PathFinder` finds, and adds the action to its loading."""

    actions: dict = {}

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        action = cls.actions.get(name)
        spec = action and PathFinder.find_spec(name, path, target)
        if not spec:
            return None
        load = spec.loader.exec_module

        def load_then_act(module):
            load(module)
            action(module)

        spec.loader.exec_module = load_then_act
        return spec
