"""Threads for large loops: a pool that native code hands parts of a loop to.

A worker is a Python thread that stays in native code, without the GIL, and waits at a semaphore;
for some microseconds it looks again and again, since the next loop often comes at once. If the pool
is busy with another Python thread's loop, or after a fork, a loop runs in the thread that has it.
Where the C library has no semaphores of the kind that Linux has, there are no workers.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys
import threading

from rushlight.compile import native
from rushlight.settings import get_num_threads

__all__ = ["SYMBOL", "pool"]

SYMBOL = "rushlight_parallel"
SPIN = 4000  # looks at a semaphore before going to sleep
MOST = 64

# The pool's memory: function, arguments, end, parts, busy, a semaphore for "done", one per worker
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

define void @part(ptr %pool, i64 %k, i64 %parts) {{
  %function = load ptr, ptr %pool
  %argumentsp = getelementptr i8, ptr %pool, i64 8
  %arguments = load ptr, ptr %argumentsp
  %endp = getelementptr i8, ptr %pool, i64 16
  %end = load i64, ptr %endp
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
  ret void
}}

define void @worker(ptr %pool, i64 %k) {{
entry:
  %offset = mul i64 %k, 64
  %place = add i64 %offset, 128
  %start = getelementptr i8, ptr %pool, i64 %place
  %done = getelementptr i8, ptr %pool, i64 64
  %partsp = getelementptr i8, ptr %pool, i64 24
  br label %loop
loop:
  call void @wait(ptr %start)
  %parts = load volatile i64, ptr %partsp
  call void @part(ptr %pool, i64 %k, i64 %parts)
  %posted = call i32 @sem_post(ptr %done)
  br label %loop
}}

define void @parallel(ptr %pool, ptr %function, ptr %arguments, i64 %end, i64 %most) {{
entry:
  %maxp = getelementptr i8, ptr %pool, i64 32
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
  store volatile i64 %parts, ptr %partsp
  %done = getelementptr i8, ptr %pool, i64 64
  br label %post
post:
  %k = phi i64 [1, %share], [%k1, %post]
  %offset = mul i64 %k, 64
  %place = add i64 %offset, 128
  %start = getelementptr i8, ptr %pool, i64 %place
  %posted = call i32 @sem_post(ptr %start)
  %k1 = add i64 %k, 1
  %more = icmp slt i64 %k1, %parts
  br i1 %more, label %post, label %own
own:
  call void @part(ptr %pool, i64 0, i64 %parts)
  br label %collect
collect:
  %j = phi i64 [1, %own], [%j1, %collect]
  call void @wait(ptr %done)
  %j1 = add i64 %j, 1
  %left = icmp slt i64 %j1, %parts
  br i1 %left, label %collect, label %finish
finish:
  store atomic i64 0, ptr %busy seq_cst, align 8
  ret void
}}
"""
HEAD, PARTS = 128, 32


class Pool:
    """Workers, and the memory in which they are told what to do."""

    def __init__(self) -> None:
        self.memory = ctypes.create_string_buffer(HEAD + 64 * (MOST + 1) + 64)
        self.address = -(-ctypes.addressof(self.memory) // 64) * 64
        self.library = native.load(native.machine_code(TEXT))
        self.entry = self.library.engine.get_function_address("parallel")
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
