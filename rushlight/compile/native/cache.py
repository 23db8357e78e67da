"""Machine code on disk, so that a program's second start needn't compile again.

A file holds the code of one module of LLVM text, named by the hash of that text (which is the
Program), the versions of Rushlight and llvmlite, and the processor. Several processes may use the
folder at once: files appear whole, by renaming. A file that is damaged is ignored and replaced;
where nothing can be written, nothing is kept. The folder is `$RUSHLIGHT_CACHE_DIR`, or `rushlight`
within the user's cache folder; set the variable to an empty text to keep nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from typing import Any

__all__ = ["Cache", "folder"]

LIMIT = 256 * 2**20  # bytes of the folder
DIGEST = 32  # bytes at the head of a file: the hash of the rest


def folder() -> str | None:
    """Where machine code is kept, or None."""
    named = os.environ.get("RUSHLIGHT_CACHE_DIR")
    if named is not None:
        return named or None
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "rushlight")


class Cache:
    """A folder of machine code.

    >>> import tempfile
    >>> cache = Cache(tempfile.mkdtemp())
    >>> cache.get("a key", lambda: b"code"), cache.get("a key", lambda: b"made again")
    (b'code', b'code')
    """

    def __init__(self, path: str | os.PathLike | None, limit: int = LIMIT) -> None:
        self.path, self.limit = path, limit

    def get(self, key: str, make) -> Any:
        """The code for a key: from its file, or made and kept; None is not kept."""
        if self.path is None:
            return make()
        file = os.path.join(self.path, hashlib.sha256(key.encode()).hexdigest())
        code = self.read(file)
        if code is None:
            code = make()
            if code is not None:
                with contextlib.suppress(OSError):
                    self.write(file, code)
        return code

    @staticmethod
    def read(file: str) -> bytes | None:
        """What a file holds, if it is there and whole."""
        try:
            with open(file, "rb") as stream:
                content = stream.read()
        except OSError:
            return None
        digest, code = content[:DIGEST], content[DIGEST:]
        if hashlib.sha256(code).digest() != digest:
            return None
        with contextlib.suppress(OSError):
            os.utime(file)  # it is in use: others go first
        return code

    def write(self, file: str, code: bytes) -> None:
        """Put a file in its place, and remove the oldest ones if there are too many."""
        import tempfile  # takes some milliseconds, which a start from the cache saves

        folder = os.path.dirname(file)
        os.makedirs(folder, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(hashlib.sha256(code).digest() + code)
            os.replace(name, file)
        except OSError:
            os.unlink(name)
            raise
        self.prune(folder)

    def prune(self, path: str) -> None:
        """Remove what was used longest ago from a folder until the rest is small enough."""
        files = []
        for entry in os.scandir(path):
            with contextlib.suppress(OSError):
                status = entry.stat()
                files.append((status.st_mtime, status.st_size, entry.path))
        left = sum(size for _, size, _ in files)
        for _, size, name in sorted(files):
            if left <= self.limit:
                break
            with contextlib.suppress(OSError):
                os.unlink(name)
                left -= size
