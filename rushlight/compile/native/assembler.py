"""LLVM's text becomes machine code.

This file is a program too: it reads texts from its standard input and writes the machine code of
each, and ends when there are no more. So a process of its own does LLVM's work (see `beside.py`).
It imports nothing of this library, which would take as long as LLVM.
"""

from __future__ import annotations

import functools
import struct
import sys
from types import SimpleNamespace

__all__ = ["LENGTH", "assemble", "machine"]

#: what is before each text, and before each piece of machine code
LENGTH = struct.Struct("<q")


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


def main() -> None:
    """Answer texts with machine code, and with nothing what can't be assembled."""
    machine()
    source, target = sys.stdin.buffer, sys.stdout.buffer
    while len(head := source.read(LENGTH.size)) == LENGTH.size:
        text = source.read(*LENGTH.unpack(head)).decode()
        try:
            code = assemble(text)
        except Exception:  # it will be told where it is tried again
            code = b""
        target.write(LENGTH.pack(len(code)) + code)
        target.flush()


if __name__ == "__main__":
    sys.path.append(sys.argv[1])
    main()
