"""Permutations in native code, where such code is at work anyhow."""

from __future__ import annotations

import ctypes
import functools
import sys

import numpy as np

__all__ = ["permuted_natively"]

TEXT = """
define void @swaps(ptr noalias %order, ptr noalias %words, i64 %count) {
entry:
  %last = trunc i64 %count to i32
  %n = add i32 %last, 1
  br label %target
target:
  %t = phi i64 [0, %entry], [%t1, %target]
  %wp = getelementptr inbounds i64, ptr %words, i64 %t
  %wide = load i64, ptr %wp
  %word = trunc i64 %wide to i32
  %now = trunc i64 %t to i32
  %rest = sub i32 %n, %now
  %wordd = uitofp i32 %word to double
  %restd = uitofp i32 %rest to double
  %ratio = fdiv double %wordd, %restd
  %quotient = fptosi double %ratio to i32
  %multiple = mul i32 %quotient, %rest
  %step = sub i32 %word, %multiple
  %there = add i32 %now, %step
  %place = zext i32 %there to i64
  store i64 %place, ptr %wp
  %t1 = add nuw nsw i64 %t, 1
  %moret = icmp slt i64 %t1, %count
  br i1 %moret, label %target, label %fill
fill:
  %k = phi i64 [0, %target], [%k1, %fill]
  %kp = getelementptr inbounds i64, ptr %order, i64 %k
  store i64 %k, ptr %kp
  %k1 = add nuw nsw i64 %k, 1
  %left = icmp sle i64 %k1, %count
  br i1 %left, label %fill, label %swap
swap:
  %i = phi i64 [0, %fill], [%i1, %swap]
  %tp = getelementptr inbounds i64, ptr %words, i64 %i
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


def permuted_natively(n, draw):
    """`range(n)` after swaps of each i and `i + word % (n - i)`.

    None where no native code is loaded. `draw(n - 1)` gives the words, of 32 bits each. Remainders
    are found by dividing float64, four at a time: a quotient w / m is less than the next integer by
    1 / m at least, and what is rounded away is less than 2**-21 / m.
    """
    native = sys.modules.get("rushlight.compile.native.llvm")
    if native is None or not native.at_work or n >= 2**31:
        return None
    words, order = draw(n - 1), np.empty(n, np.int64)
    _, swaps = _loaded(native)
    swaps(order.ctypes.data, words.ctypes.data, n - 1)
    return order


@functools.cache
def _loaded(native):
    """(what keeps the code, its function)."""
    library = native.load(native.machine_code(TEXT))
    return library, library.function("swaps", ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
