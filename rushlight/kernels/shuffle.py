"""Swaps one after the other, in native code where LLVM is at work anyhow."""

from __future__ import annotations

import ctypes
import functools
import sys

import numpy as np

__all__ = ["swapped_natively"]

TEXT = """
define void @swaps(ptr noalias %order, ptr noalias %targets, i64 %count) {
entry:
  br label %fill
fill:
  %k = phi i64 [0, %entry], [%k1, %fill]
  %kp = getelementptr inbounds i64, ptr %order, i64 %k
  store i64 %k, ptr %kp
  %k1 = add nuw nsw i64 %k, 1
  %left = icmp sle i64 %k1, %count
  br i1 %left, label %fill, label %swap
swap:
  %i = phi i64 [0, %fill], [%i1, %swap]
  %tp = getelementptr inbounds i64, ptr %targets, i64 %i
  %j = load i64, ptr %tp
  %ip = getelementptr inbounds i64, ptr %order, i64 %i
  %jp = getelementptr inbounds i64, ptr %order, i64 %j
  %x = load i64, ptr %ip
  %y = load i64, ptr %jp
  store i64 %y, ptr %ip
  store i64 %x, ptr %jp
  %i1 = add nuw nsw i64 %i, 1
  %more = icmp slt i64 %i1, %count
  br i1 %more, label %swap, label %done
done:
  ret void
}
"""


def swapped_natively(targets):
    """`range(n)` after the swaps of i and `targets[i]`; None where LLVM isn't loaded."""
    native = sys.modules.get("rushlight.compile.native")
    if native is None or not native.machine.cache_info().currsize:
        return None
    targets = np.ascontiguousarray(targets, np.int64)
    order = np.empty(len(targets) + 1, np.int64)
    _, swaps = _loaded(native)
    swaps(order.ctypes.data, targets.ctypes.data, len(targets))
    return order


@functools.cache
def _loaded(native):
    """(what keeps the code, its function)."""
    library = native.load(native.machine_code(TEXT))
    return library, library.function("swaps", ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
