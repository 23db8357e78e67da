"""Machine code in memory without LLVM does what it does when LLVM has loaded it."""

import ctypes

import numpy as np
import pytest

from rushlight.compile.native import linker, llvm
from rushlight.compile.native.linker import Image, Unlinkable

pytest.importorskip("llvmlite")

TEXT = """
declare double @pow(double, double)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
declare void @given(ptr)

define internal i64 @chosen(i64 %i) noinline {
  switch i64 %i, label %other [
    i64 0, label %a
    i64 1, label %b
    i64 2, label %c
    i64 3, label %d
    i64 4, label %e
  ]
a:
  ret i64 7
b:
  ret i64 50
c:
  ret i64 -3
d:
  ret i64 12
e:
  ret i64 99
other:
  ret i64 0
}

define void @work(ptr %x, i64 %size) {
  %i = load i64, ptr %x
  %n = call i64 @chosen(i64 %i)
  call void @llvm.memset.p0.i64(ptr %x, i8 0, i64 %size, i1 false)
  store i64 %n, ptr %x
  %f = sitofp i64 %n to double
  %p = call double @pow(double %f, double 3.5)
  %yp = getelementptr double, ptr %x, i64 1
  store double %p, ptr %yp
  %gp = getelementptr ptr, ptr %x, i64 2
  store ptr @given, ptr %gp
  %zp = getelementptr i64, ptr %x, i64 3
  call void @given(ptr %zp)
  ret void
}
"""


@ctypes.CFUNCTYPE(None, ctypes.POINTER(ctypes.c_int64))
def given(x):
    x[0] = 42


@pytest.fixture
def loaders():
    code = llvm.assemble(TEXT)
    symbols = {"given": ctypes.cast(given, ctypes.c_void_p).value}
    try:
        return Image([code], symbols), llvm.Engine([code], symbols)
    except Unlinkable:
        pytest.skip("another kind of object files")


def test_code_does_what_it_does_when_llvm_loads_it(loaders):
    for i in range(-1, 6):
        results = []
        for loaded in loaders:
            x = np.full(4, 11, np.int64)
            x[0] = i
            work = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)(loaded.address("work"))
            work(x.ctypes.data, x.nbytes)
            results.append(x.tolist())
        assert results[0] == results[1]
        assert results[0][2:] == [ctypes.cast(given, ctypes.c_void_p).value, 42]


def test_what_cannot_be_linked_is_refused():
    with pytest.raises(Unlinkable, match="not an object file for this kind of processor"):
        Image([b"\xcf\xfa\xed\xfe" + bytes(60)], {})
    code = llvm.assemble(TEXT)
    if code.startswith(linker.HEAD):
        with pytest.raises(Unlinkable, match="given isn't there"):
            Image([code], {})
        changed = llvm.assemble("@x = global i32 3\n" + TEXT)
        with pytest.raises(Unlinkable, match="a section that is written to"):
            Image([changed], {"given": 1})


def test_llvm_loads_what_cannot_be_linked(monkeypatch):
    monkeypatch.setattr(linker, "HEAD", b"another")
    code = llvm.assemble("define void @put(ptr %x) { store i8 5, ptr %x\n ret void }")
    library = llvm.load(llvm.packed([code]))
    x = np.zeros(1, np.int8)
    library.function("put", ctypes.c_void_p)(x.ctypes.data)
    assert x == 5 and isinstance(library.loaded, llvm.Engine)


def test_the_processor_is_named_without_llvm_and_tells_what_it_can():
    assert llvm.processor() == llvm.processor() and len(llvm.processor()) > 10
