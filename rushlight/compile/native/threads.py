"""Threads for large loops: a pool that native code hands parts of a loop to.

A worker is a Python thread that stays in native code, without the GIL, and waits at a semaphore;
for some microseconds it looks again and again, since the next loop often comes at once. Whoever is
there claims the next part of a loop: a worker that wakes too late finds nothing left, and nobody
has waited for it. If the pool is busy with another Python thread's loop, or after a fork, a loop
runs in the thread that has it. Where the C library has no semaphores of the kind that Linux has,
there are no workers.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys
import threading

from rushlight.compile.native import llvm
from rushlight.settings import get_num_threads

__all__ = ["SYMBOL", "pool"]

SYMBOL = "rushlight_parallel"
SPIN = 4000  # looks at a semaphore before going to sleep
MOST = 64

# The pool's memory: function, arguments, end, parts, how many parts there may be, busy, a semaphore
# for "done"; in one word the loop's number, its parts and which of them is claimed next; how many
# parts are through; and a semaphore for each worker
PARTS, STATE, THROUGH, HEAD = 32, 128, 136, 128
TEXT = f"""
declare i32 @sem_post(ptr)
declare i32 @sem_wait(ptr)
declare i32 @sem_trywait(ptr)

define void @wait(ptr %semaphore) {{
entry:
  br label %look
look:
  %i = phi i64 [0, %entry], [%next, %again]
  %there = call i32 @sem_trywait(ptr %semaphore)
  %yes = icmp eq i32 %there, 0
  br i1 %yes, label %done, label %again
again:
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, {SPIN}
  br i1 %more, label %look, label %sleep
sleep:
  %woken = call i32 @sem_wait(ptr %semaphore)
  %got = icmp eq i32 %woken, 0
  br i1 %got, label %done, label %sleep
done:
  ret void
}}

define i64 @claim(ptr %pool) {{
entry:
  %place = getelementptr i8, ptr %pool, i64 {STATE}
  br label %look
look:
  %state = load atomic i64, ptr %place acquire, align 8
  %k = and i64 %state, 65535
  %high = lshr i64 %state, 16
  %parts = and i64 %high, 65535
  %some = icmp ult i64 %k, %parts
  br i1 %some, label %try, label %none
try:
  %next = add i64 %state, 1
  %pair = cmpxchg ptr %place, i64 %state, i64 %next acq_rel acquire
  %mine = extractvalue {{ i64, i1 }} %pair, 1
  br i1 %mine, label %done, label %look
done:
  ret i64 %k
none:
  ret i64 -1
}}

define i1 @part(ptr %pool, i64 %k) {{
  %function = load ptr, ptr %pool
  %argumentsp = getelementptr i8, ptr %pool, i64 8
  %arguments = load ptr, ptr %argumentsp
  %endp = getelementptr i8, ptr %pool, i64 16
  %end = load i64, ptr %endp
  %partsp = getelementptr i8, ptr %pool, i64 24
  %parts = load i64, ptr %partsp
  %b = mul i64 %k, %end
  %begin = sdiv i64 %b, %parts
  %k1 = add i64 %k, 1
  %s = mul i64 %k1, %end
  %stop = sdiv i64 %s, %parts
  %some = icmp slt i64 %begin, %stop
  br i1 %some, label %run, label %done
run:
  call void %function(ptr %arguments, i64 %begin, i64 %stop)
  br label %done
done:
  %through = getelementptr i8, ptr %pool, i64 {THROUGH}
  %before = atomicrmw add ptr %through, i64 1 acq_rel
  %now = add i64 %before, 1
  %last = icmp eq i64 %now, %parts
  ret i1 %last
}}

define void @worker(ptr %pool, i64 %k) {{
entry:
  %offset = mul i64 %k, 64
  %place = add i64 %offset, {HEAD}
  %start = getelementptr i8, ptr %pool, i64 %place
  %done = getelementptr i8, ptr %pool, i64 64
  br label %loop
loop:
  call void @wait(ptr %start)
  br label %look
look:
  %part = call i64 @claim(ptr %pool)
  %none = icmp slt i64 %part, 0
  br i1 %none, label %loop, label %work
work:
  %last = call i1 @part(ptr %pool, i64 %part)
  br i1 %last, label %tell, label %look
tell:
  %posted = call i32 @sem_post(ptr %done)
  br label %look
}}

define void @parallel(ptr %pool, ptr %function, ptr %arguments, i64 %end, i64 %most) {{
entry:
  %maxp = getelementptr i8, ptr %pool, i64 {PARTS}
  %max = load i64, ptr %maxp
  %fewer = icmp slt i64 %most, %max
  %parts = select i1 %fewer, i64 %most, i64 %max
  %many = icmp sgt i64 %parts, 1
  br i1 %many, label %try, label %alone
try:
  %busy = getelementptr i8, ptr %pool, i64 40
  %old = cmpxchg ptr %busy, i64 0, i64 1 seq_cst seq_cst
  %free = extractvalue {{ i64, i1 }} %old, 1
  br i1 %free, label %share, label %alone
alone:
  call void %function(ptr %arguments, i64 0, i64 %end)
  ret void
share:
  store ptr %function, ptr %pool
  %argumentsp = getelementptr i8, ptr %pool, i64 8
  store ptr %arguments, ptr %argumentsp
  %endp = getelementptr i8, ptr %pool, i64 16
  store i64 %end, ptr %endp
  %partsp = getelementptr i8, ptr %pool, i64 24
  store i64 %parts, ptr %partsp
  %through = getelementptr i8, ptr %pool, i64 {THROUGH}
  store i64 0, ptr %through
  %statep = getelementptr i8, ptr %pool, i64 {STATE}
  %state = load i64, ptr %statep
  %number = lshr i64 %state, 32
  %number1 = add i64 %number, 1
  %shifted = shl i64 %number1, 32
  %partss = shl i64 %parts, 16
  %both = or i64 %shifted, %partss
  %first = or i64 %both, 1
  store atomic i64 %first, ptr %statep release, align 8
  %done = getelementptr i8, ptr %pool, i64 64
  br label %post
post:
  %k = phi i64 [1, %share], [%k1, %post]
  %offset = mul i64 %k, 64
  %place = add i64 %offset, {HEAD}
  %start = getelementptr i8, ptr %pool, i64 %place
  %posted = call i32 @sem_post(ptr %start)
  %k1 = add i64 %k, 1
  %more = icmp slt i64 %k1, %parts
  br i1 %more, label %post, label %own
own:
  %part = phi i64 [0, %post], [%claimed, %next]
  %last = call i1 @part(ptr %pool, i64 %part)
  br label %next
next:
  %claimed = call i64 @claim(ptr %pool)
  %left = icmp sge i64 %claimed, 0
  br i1 %left, label %own, label %through_all
through_all:
  br i1 %last, label %finish, label %collect
collect:
  call void @wait(ptr %done)
  br label %finish
finish:
  store atomic i64 0, ptr %busy seq_cst, align 8
  ret void
}}
"""


class Pool:
    """Workers, and the memory in which they are told what to do."""

    def __init__(self) -> None:
        self.memory = ctypes.create_string_buffer(HEAD + 64 * (MOST + 1) + 64)
        self.address = -(-ctypes.addressof(self.memory) // 64) * 64
        self.library = llvm.load(llvm.machine_code(TEXT))
        self.entry = self.library.address("parallel")
        self.started = 0
        self.start(available())
        os.register_at_fork(after_in_child=self.forget)

    def start(self, parts: int) -> None:
        """Have as many threads as parts, the caller among them."""
        worker = self.library.function("worker", ctypes.c_void_p, ctypes.c_int64)
        libc = ctypes.CDLL(None)
        if not self.started:
            libc.sem_init(ctypes.c_void_p(self.address + 64), 0, 0)
        for k in range(self.started + 1, parts):
            libc.sem_init(ctypes.c_void_p(self.address + HEAD + 64 * k), 0, 0)
            arguments = (self.address, k)
            threading.Thread(target=worker, args=arguments, daemon=True).start()
        self.started = max(self.started, parts - 1)
        self.set(parts)

    def set(self, parts: int) -> None:
        """Share loops among so many threads from now on, if there are as many."""
        parts = min(parts, self.started + 1)
        ctypes.c_int64.from_address(self.address + PARTS).value = parts

    def forget(self) -> None:
        """After a fork there are no workers: loops run where they are."""
        self.started = 0
        self.set(1)


@functools.cache
def available() -> int:
    """How many threads there may be: processors, or as many as products of matrices use."""
    if not sys.platform.startswith("linux"):
        return 1
    named = os.environ.get("OMP_NUM_THREADS", "")
    processors = len(os.sched_getaffinity(0))
    return min(int(named) if named.isdigit() else processors, processors, MOST)


def count() -> int:
    """How many threads loops are shared among now; `set_num_threads` makes them fewer."""
    return min(get_num_threads(), available())


@functools.cache
def pool() -> Pool:
    """The pool; made at the first call."""
    return Pool()
