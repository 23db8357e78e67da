"""Downloads of saved parameters, kept where PyTorch keeps them (`~/.cache/torch/hub`)."""

from __future__ import annotations

import os
from typing import NoReturn

_directory: str | None = None


def get_dir() -> str:
    """Where downloads are kept: as `set_dir` says, or in `$TORCH_HOME/hub`.

    >>> set_dir("models")
    >>> get_dir()
    'models'
    >>> set_dir(None)
    """
    if _directory is not None:
        return _directory
    cache = os.path.expanduser(os.environ.get("XDG_CACHE_HOME", "~/.cache"))
    home = os.environ.get("TORCH_HOME", os.path.join(cache, "torch"))
    return os.path.join(os.path.expanduser(home), "hub")


def set_dir(d) -> None:
    """Keep downloads in the directory `d`; None goes back to where PyTorch keeps them."""
    global _directory
    _directory = None if d is None else os.path.expanduser(d)


def download_url_to_file(url: str, dst: str, hash_prefix: str | None = None, progress=True) -> None:
    """Download to the file `dst`, which appears only when it is complete.

    A RuntimeError says so if the SHA-256 of the content does not start with `hash_prefix`.
    """
    import hashlib
    import shutil
    import tempfile
    from urllib.request import urlopen

    dst = os.path.expanduser(dst)
    with tempfile.TemporaryDirectory(dir=os.path.dirname(dst) or ".") as folder:
        part = os.path.join(folder, "part")
        with urlopen(url) as source, open(part, "wb") as target:
            shutil.copyfileobj(source, target)
        if hash_prefix is not None:
            with open(part, "rb") as file:
                digest = hashlib.sha256(file.read()).hexdigest()
            if not digest.startswith(hash_prefix):
                raise RuntimeError(f'invalid hash value (expected "{hash_prefix}", got "{digest}")')
        os.replace(part, dst)


def load_state_dict_from_url(
    url: str,
    model_dir=None,
    map_location=None,
    progress: bool = True,
    check_hash: bool = False,
    file_name: str | None = None,
    weights_only: bool = False,
):
    """What `load` makes of the file at `url`, which is downloaded if it is not there yet.

    It is kept in `model_dir`, by default `get_dir()/checkpoints`. With `check_hash` the file's
    name, as in `resnet18-f37072fd.pth`, has to hold the beginning of its SHA-256.
    """
    import re
    import sys
    from urllib.parse import urlparse

    from rushlight.serialization import load

    folder = model_dir or os.path.join(get_dir(), "checkpoints")
    os.makedirs(folder, exist_ok=True)
    name = file_name or os.path.basename(urlparse(url).path)
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        print(f'Downloading: "{url}" to {path}', file=sys.stderr)
        found = re.search(r"-([a-f0-9]*)\.", name) if check_hash else None
        download_url_to_file(url, path, found and found[1], progress)
    return load(path, map_location=map_location, weights_only=weights_only)


def load(repo_or_dir, model, *args, **options) -> NoReturn:
    """Refused: a repository's code is its own, and mostly asks for more than Rushlight has.

    >>> load("pytorch/vision", "resnet18")
    Traceback (most recent call last):
    RuntimeError: torch.hub.load fetches and runs the code of pytorch/vision, which Rushlight ...
    """
    raise RuntimeError(
        f"torch.hub.load fetches and runs the code of {repo_or_dir}, which Rushlight does not do.\n"
        f"Clone the repository, import {model!r} from it, and load its parameters with "
        "torch.hub.load_state_dict_from_url or torch.load."
    )
