"""LLVM, where it is installed: text becomes functions that Python can call.

LLVM comes as `llvmlite` (pip install rushlight[fast]), the part of Numba that makes machine code.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import importlib.util
import itertools
from types import SimpleNamespace
from typing import Any

from rushlight.compile.native.cache import Cache, folder
from rushlight.compile.native.linker import Image, Unlinkable
from rushlight.kernels import blas
from rushlight.version import release

__all__ = ["assemble", "available", "load", "machine_code", "signature"]

GEMM = {"f": "rushlight_sgemm", "d": "rushlight_dgemm"}
THREADS = "rushlight_blas_threads"
#: is filled when code is loaded for the first time
at_work: list = []


@functools.cache
def available() -> bool:
    """Whether LLVM is installed."""
    return importlib.util.find_spec("llvmlite") is not None


@functools.cache
def machine():
    """LLVM for this processor: its bindings, the target, what makes code for it."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple()
    cpu, features = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    options = {"cpu": cpu, "features": features, "opt": 3, "reloc": "pic", "codemodel": "default"}
    create = functools.partial(target.create_target_machine, **options)
    return SimpleNamespace(llvm=llvm, target=target, create=create, machine=create())


def assemble(text: str) -> bytes:
    """Machine code of LLVM's text, as an object file.

    Level 3, and packing statements into vectors outside of loops (SLP), make no step faster, but
    LLVM takes up to thirty times as long: short loops are unrolled, and then searched for pairs.
    """
    made = machine()
    llvm = made.llvm
    module = llvm.parse_assembly(text)
    module.triple = made.target.triple
    module.data_layout = str(made.machine.target_data)
    options = llvm.create_pipeline_tuning_options(2)
    options.loop_vectorization = options.loop_interleaving = True
    options.slp_vectorization = False
    builder = llvm.create_pass_builder(made.machine, options)
    builder.getModulePassManager().run(module, builder)
    return made.machine.emit_object(module)


def signature() -> str:
    """What machine code depends on besides its text."""
    import llvmlite  # LLVM itself isn't loaded by this

    return f"{release} {llvmlite.__version__} {processor()}"


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


def machine_code(text: str) -> bytes:
    """The same from disk, if it was made before."""
    return Cache(folder()).get(f"{signature()}\n{text}", lambda: assemble(text))


class Library:
    """Loaded machine code; its functions live as long as it does."""

    def __init__(self, code: bytes, symbols: dict[str, int]) -> None:
        known = {**symbols, **products()}
        try:
            self.loaded: Any = Image([code], known)
        except Unlinkable:
            self.loaded = Engine(code, known)
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

    def __init__(self, code: bytes, symbols: dict[str, int]) -> None:
        llvm = machine().llvm
        for name, address in symbols.items():
            llvm.add_symbol(name, address)
        self.code = code
        empty = llvm.parse_assembly("")
        self.engine = llvm.create_mcjit_compiler(empty, machine().create())  # which it then owns
        self.engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self.engine.finalize_object()

    def address(self, name: str) -> int:
        """Where a function is."""
        return self.engine.get_function_address(name)


def load(code: bytes, symbols: dict[str, int] | None = None) -> Library:
    """Machine code in memory, ready to be called; `symbols` are addresses that it refers to."""
    return Library(code, symbols or {})
