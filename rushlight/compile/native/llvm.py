"""LLVM, where it is installed: text becomes functions that Python can call.

LLVM comes as `llvmlite` (pip install rushlight[fast]), the part of Numba that makes machine code.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import importlib.util
import itertools
from collections.abc import Iterator
from typing import Any

from rushlight.compile.native import beside
from rushlight.compile.native.assembler import LENGTH, assemble, machine
from rushlight.compile.native.cache import Cache, folder
from rushlight.compile.native.linker import Image, Unlinkable
from rushlight.kernels import blas
from rushlight.version import release

__all__ = ["assemble", "available", "load", "machine", "machine_code", "signature"]

GEMM = {"f": "rushlight_sgemm", "d": "rushlight_dgemm"}
THREADS = "rushlight_blas_threads"
#: of what the cache holds: LLVM ends the process if it is given anything but an object file
LAYOUT = "object files, each after its length"
#: is filled when code is loaded for the first time
at_work: list = []


@functools.cache
def available() -> bool:
    """Whether LLVM is installed."""
    return importlib.util.find_spec("llvmlite") is not None


def signature() -> str:
    """What machine code depends on besides its text: versions, form (`packed`), processor."""
    import llvmlite  # LLVM itself isn't loaded by this

    return f"{release} packed {llvmlite.__version__} {processor()}"


@functools.cache
def processor() -> str:
    """What this processor is and can do, as a text: asked of Linux, or else of LLVM."""
    told = ("vendor_id", "cpu family", "model", "stepping", "flags")
    with contextlib.suppress(OSError), open("/proc/cpuinfo") as lines:
        first = itertools.takewhile(str.strip, lines)
        found = [line for line in first if line.startswith(told)]
        if any(line.startswith("flags") for line in found):
            return "".join(found)
    llvm = machine().llvm
    return f"{llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"


def machine_code(*texts: str) -> bytes:
    """Machine code of LLVM's texts, which may call each other's functions, made or from disk."""
    key = "\n".join([LAYOUT, signature(), *texts])
    return Cache(folder()).get(key, lambda: packed(beside.assembled(list(texts))))


def packed(files: list[bytes]) -> bytes:
    """Object files one after the other, each with its length in front."""
    return b"".join(LENGTH.pack(len(file)) + file for file in files)


def unpacked(code: bytes) -> Iterator[bytes]:
    """The object files again.

    >>> list(unpacked(packed([b"one", b"another"])))
    [b'one', b'another']
    """
    while code:
        end = LENGTH.size + LENGTH.unpack_from(code)[0]
        yield code[LENGTH.size : end]
        code = code[end:]


class Library:
    """Loaded machine code (see `machine_code`); its functions live as long as it does."""

    def __init__(self, code: bytes, symbols: dict[str, int]) -> None:
        known, files = {**symbols, **products()}, list(unpacked(code))
        try:
            self.loaded: Any = Image(files, known)
        except Unlinkable:
            self.loaded = Engine(files, known)
        at_work.append(True)

    def address(self, name: str) -> int:
        """Where a function is."""
        return self.loaded.address(name)

    def function(self, name: str, *kinds):
        """A function without result, of arguments of these ctypes; it runs without the GIL."""
        return ctypes.CFUNCTYPE(None, *kinds)(self.address(name))


@functools.cache
def products() -> dict[str, int]:
    """The addresses of the BLAS's functions, by the names that code has for them."""
    known = {name: blas.product(kind) for kind, name in GEMM.items() if blas.product(kind)}
    if blas.can_be_told():
        setter = ctypes.cast(blas.thread_functions()[1], ctypes.c_void_p)
        known[THREADS] = setter.value or 0
    return known


class Engine:
    """Machine code that LLVM has loaded."""

    def __init__(self, files: list[bytes], symbols: dict[str, int]) -> None:
        llvm = machine().llvm
        for name, address in symbols.items():
            llvm.add_symbol(name, address)
        self.files = files
        empty = llvm.parse_assembly("")
        self.engine = llvm.create_mcjit_compiler(empty, machine().create())  # which it then owns
        for code in files:
            self.engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self.engine.finalize_object()

    def address(self, name: str) -> int:
        """Where a function is."""
        return self.engine.get_function_address(name)


def load(code: bytes, symbols: dict[str, int] | None = None) -> Library:
    """Machine code in memory, ready to be called; `symbols` are addresses that it refers to."""
    return Library(code, symbols or {})
