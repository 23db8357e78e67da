"""Where in the user's source things happened: what explanations of errors go by.

Two records, of different price:

- *notes*, always kept: the points where a chain of derivatives is cut (`detach()`, `.item()`, a
  `no_grad` block, ...) and the backward passes each note the instruction that called them. Such
  points are rare, and a program has few of them: repeating one costs an entry of a dictionary.
- *lines*, under `rushlight run`: the program is compiled with markers (`rushlight.runner.marks`)
  that keep the number of the line being run in `here`. Operations copy that number to the Node
  that they record; nobody looks at a frame.
"""

from __future__ import annotations

import os
import sys
from collections import deque

__all__ = ["here", "is_ours", "lines", "note_cut", "note_pass", "note_write"]

#: the number of the line that runs; 0: not known
here = [0]
#: file name and line of each number
lines: list = [None]
#: (identity of the code, instruction) -> (kind, code): the points where a chain was cut
cuts: dict = {}
#: (code, instruction) of the latest blocks without recording
blocks: deque = deque(maxlen=64)
#: (sequence number, code, instruction) of the latest backward passes
passes: deque = deque(maxlen=64)

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_BUILT = ("<operation ", "<inference of ", "<derivative of ", "<frozen ")


def is_ours(filename):
    """Whether a file, or code that was built, belongs to this package (or to Python's core)."""
    return filename.startswith(_PACKAGE) or filename.startswith(_BUILT)


def note_cut(kind):
    """Note that the user's code cuts a chain of derivatives here: `kind` says how."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    if frame is not None:
        code = frame.f_code
        if len(cuts) >= 4096:
            cuts.clear()
        cuts[id(code), frame.f_lasti] = kind, code


def note_write(counter):
    """Note the line that changed what a version counter counts, and the version that it made."""
    counter[1:] = here[0], counter[0]


def note_pass(number):
    """Note a backward pass that begins after the Node of this sequence number."""
    frame = sys._getframe(2)
    while frame.f_code.co_filename.startswith(_PACKAGE) and frame.f_back:  # `Tensor.backward`
        frame = frame.f_back
    passes.append((number, frame.f_code, frame.f_lasti))
