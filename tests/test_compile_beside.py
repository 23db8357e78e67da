"""LLVM in processes beside this one gives what it gives here, and nothing hangs on them."""

import os
import subprocess
import sys
import warnings

import pytest

from rushlight.compile.native import assembler, beside, emit, llvm, module
from rushlight.compile.programs.program import Builder

pytest.importorskip("llvmlite")

TEXTS = [
    "declare hidden void @put(ptr)\ndefine void @run(ptr %x) { call void @put(ptr %x)\n ret void }",
    "define hidden void @put(ptr %x) { store i8 5, ptr %x\n ret void }",
]


@pytest.fixture(autouse=True)
def processes(monkeypatch):
    if not beside._is_possible():
        pytest.skip("LLVM works in this process here")
    beside._stop()
    monkeypatch.setattr(beside, "workers", lambda: 2)
    yield
    beside._stop()


def ran(files):
    import ctypes

    library, x = llvm.load(llvm.packed(files)), (ctypes.c_int8 * 1)()
    library.function("run", ctypes.c_void_p)(ctypes.addressof(x))
    return x[0]


def test_code_is_that_of_llvm_here():
    here = [assembler.assemble(text) for text in TEXTS]
    assert beside.assembled(TEXTS) == here
    assert len(beside._running) == 2
    assert beside.assembled([*TEXTS, TEXTS[0]]) == [*here, here[0]]


def test_files_call_each_other_whoever_loads_them(monkeypatch):
    files = beside.assembled(TEXTS)
    assert ran(files) == 5
    monkeypatch.setattr(llvm, "Image", lambda *_: (_ for _ in ()).throw(llvm.Unlinkable))
    assert ran(files) == 5


def test_a_process_that_has_ended_is_made_up_for():
    here = [assembler.assemble(text) for text in TEXTS]
    beside.start(2)
    for process in beside._running:
        process.kill()
        process.wait()
    assert beside.assembled(TEXTS) == here
    assert beside._running == []
    assert beside.assembled(TEXTS) == here and len(beside._running) == 2


def test_where_no_process_can_be_started_llvm_works_here(monkeypatch):
    def refuse(*_, **__):
        raise PermissionError

    monkeypatch.setattr(subprocess, "Popen", refuse)
    assert beside.assembled(TEXTS) == [assembler.assemble(text) for text in TEXTS]


def test_what_llvm_refuses_is_said_here():
    with pytest.raises(RuntimeError, match="expected top-level entity"):
        beside.assembled(["nonsense"])


def test_they_end_when_nothing_is_asked_for_a_while(monkeypatch):
    monkeypatch.setattr(beside, "IDLE", 0.01)
    beside.assembled(TEXTS)
    beside._timers[0].join()
    assert beside._running == []


def test_a_fork_leaves_them_to_its_parent():
    beside.start(1)
    (process,) = beside._running
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # there are threads
        child = os.fork()
    if not child:
        os._exit(len(beside._running))
    assert os.waitpid(child, 0)[1] == 0
    assert process.poll() is None and beside.assembled(TEXTS[1:])


def test_a_module_is_divided_into_texts_that_work_together(monkeypatch):
    monkeypatch.setattr(module, "WORTHWHILE", 1)
    monkeypatch.setenv("RUSHLIGHT_CACHE_DIR", "")
    import numpy as np

    b = Builder()
    x = b.input((300, 400), "float32", "x")
    sums = b.reduce("add", b.elementwise("tanh", x), (1,))
    program = b.finish(b.reduce("add", b.elementwise("exp", sums), (0,)))
    compiled = emit.Code(program).at()
    texts = compiled.code.module.texts(2)
    assert len(texts) == 2 and "define hidden" in texts[0] and "declare hidden" in texts[1]
    x = np.linspace(-0.1, 0.1, 120_000, dtype="f4").reshape(300, 400)
    np.testing.assert_allclose(compiled(x)[0], program.run(x)[0], 1e-5)


def test_a_program_that_compiles_loads_no_llvm(tmp_path):
    text = """
import sys
import rushlight as torch
step = torch.compile(lambda x: (x.tanh() * 2).sum())
for _ in range(3):
    y = step(torch.ones(3))
print(y.item(), "llvmlite.binding" in sys.modules)
"""
    environment = {**os.environ, "RUSHLIGHT_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-W", "error", "-c", text]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    value, is_loaded = done.stdout.split()
    assert float(value) == pytest.approx(4.5695653) and is_loaded == "False" and not done.stderr
    assert len(list(tmp_path.iterdir())) == 2
