"""`import torch` gives Rushlight: every `torch.x.y` is the module object `rushlight.x.y`.

A finder at the head of `sys.meta_path` answers for the name `torch` and all names below it, so a
PyTorch that is installed is never loaded. Its loader imports the module under Rushlight's name and
hands out that very object. The finder itself only looks: were it to put modules into `sys.modules`,
a package whose import asks for one of its own submodules would be loaded a second time.
"""

from __future__ import annotations

import importlib
import os
import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec

from rushlight.runner.after_import import after_import

# Where PyTorch has a module of another name than Rushlight.
RENAMED = {
    "torch.utils.data.dataloader": "rushlight.utils.data.loader",
    "torch.utils.data._utils.collate": "rushlight.utils.data.collate",
    "torch.utils.data._utils.fetch": "rushlight.utils.data.fetch",
    "torch.utils.data._utils.worker": "rushlight.utils.data.worker",
}


def install() -> None:
    """Let `torch` mean Rushlight in this process and in those that multiprocessing starts from it.

    Raises a RuntimeError if PyTorch itself is already imported.
    """
    torch = sys.modules.get("torch")
    if torch is not None and torch is not sys.modules.get("rushlight"):
        raise RuntimeError("PyTorch is already imported: `torch` can't mean Rushlight any more")
    if AliasFinder not in sys.meta_path:
        sys.meta_path.insert(0, AliasFinder)
        after_import("multiprocessing.spawn", send_alias_to_workers)
        after_import("multiprocessing.forkserver", start_workers_without_main)


def uninstall() -> None:
    """Undo `install`: forget the names below `torch`; Rushlight's own modules stay."""
    if AliasFinder in sys.meta_path:
        sys.meta_path.remove(AliasFinder)
        for name in [name for name in sys.modules if is_alias(name)]:
            del sys.modules[name]


def is_alias(name: str) -> bool:
    return name.partition(".")[0] == "torch"


def real_name(name: str) -> str:
    """The name in Rushlight of what PyTorch calls `name`.

    >>> real_name("torch.optim.lr_scheduler")
    'rushlight.optim.lr_scheduler'
    """
    return RENAMED.get(name, "rushlight" + name.removeprefix("torch"))


class AliasFinder:
    """Meta path finder for `torch` and everything below it."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if not is_alias(name):
            return None
        real = find_spec(real_name(name))
        if real is None:
            return None
        spec = ModuleSpec(name, AliasLoader(), origin=real.origin)
        spec.submodule_search_locations = real.submodule_search_locations
        return spec


class AliasLoader:
    """Loads `torch.x` by importing `rushlight.x`."""

    def create_module(self, spec):
        module = importlib.import_module(real_name(spec.name))
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module):
        # The import system has just put the alias's spec in its place; reload() goes by the spec.
        alias, module.__spec__ = module.__spec__, module.__spec__.loader_state
        share_loaded_submodules(alias.name, module.__name__)


def share_loaded_submodules(alias: str, real: str) -> None:
    """Give each submodule that is already loaded its second name.

    Otherwise importing it under that name would bind it again as its package's attribute, over a
    function of the same name (`torch.tensor`).
    """
    for name, module in list(sys.modules.items()):
        if name.startswith(real + "."):
            sys.modules.setdefault(alias + name.removeprefix(real), module)


def send_alias_to_workers(spawn) -> None:
    """A process started by spawn or forkserver unpickles this before it imports the program."""
    prepare = spawn.get_preparation_data

    def get_preparation_data(name):
        return {**prepare(name), "rushlight": InstallWhenUnpickled()}

    spawn.get_preparation_data = get_preparation_data


def start_workers_without_main(forkserver) -> None:
    """Keep the fork server from importing the program before the alias is there."""
    forkserver.set_forkserver_preload([])


class InstallWhenUnpickled:
    """Pickles as the call of `install`, with the path by which a bare interpreter finds it."""

    def __reduce__(self):
        root = os.path.dirname(sys.modules["rushlight"].__path__[0])
        code = f"import sys; sys.path.append({root!r}); import rushlight.runner.alias as alias"
        return exec, (f"{code}; alias.install()", {})
