"""What stands for what in a Program that is being recorded."""

from __future__ import annotations

import numpy as np

from rushlight.autograd.tape import modes
from rushlight.compile.programs.program import Builder, Constant, Value, view
from rushlight.compile.tracing.frames import user_line
from rushlight.compile.tracing.symbol import Memory, Symbol

__all__ = ["Operands"]

COMPARED = 1 << 12  # bytes of a known array that is looked up by what it holds


class Operands:
    """The operands that arrays and Symbols are at the moment, and new instructions.

    Attributes:
        builder: makes the Program.
        sources: for each input of the Program, the Memory that it is at the beginning.
        written: what was there before and was written to.
        constants: by identity, known arrays with their operands.
        contents: the same operands by what the arrays hold.
        line: where in the user's program we are, while that is known.
    """

    def __init__(self):
        self.builder = Builder()
        self.sources: list = []
        self.written: list = []
        self.constants: dict = {}
        self.contents: dict = {}
        self.line = None

    # Reading --------------------------------------------------------------------------------------

    def constant(self, array):
        """A Symbol for an array whose elements don't depend on any input."""
        array = np.asarray(array)
        return Symbol(self, array, Memory(array, constant=True))

    def filled(self, made, value):
        """A Symbol for a new array of one number."""
        return self.constant(made)

    def read(self, symbol):
        """The operand that a Symbol is now."""
        memory = symbol.memory
        if symbol.operand is not None and symbol.seen == memory.version:
            return symbol.operand
        if memory.constant and not memory.version:
            # a copy of a part: it keeps what it holds when the whole is written to
            operand = self.constant_operand(symbol.value.copy() if symbol.path else symbol.value)
        else:
            operand, array = self.whole(memory), memory.array
            for name, params in symbol.path:
                array = view(array, name, params)
                (operand,) = self.add("view", name, (operand,), params, (array,))
        symbol.operand, symbol.seen = operand, memory.version
        return operand

    def whole(self, memory):
        """The operand that a Memory holds now; what nobody has asked for yet becomes an input."""
        if memory.operand is None:
            memory.operand = self.input(memory)
        if isinstance(memory.operand, Constant) and memory.array.ndim:
            value = memory.operand.value
            memory.operand = self.builder.fill(memory.array.shape, value, memory.array.dtype)
        return memory.operand

    def input(self, memory):
        """A new input of the Program."""
        self.sources.append(memory)
        array = memory.array
        return self.builder.input(array.shape, array.dtype, None, array.flags.c_contiguous)

    def constant_operand(self, array):
        """The operand for known elements: a number, a fill, or an input that never changes."""
        if array.ndim == 0 and array.dtype.kind in "biufc":
            return Constant(array[()], array.dtype)
        known = self.constants.get(id(array))
        if known is None:
            known = self.constants[id(array)] = array, self._alike(array)
        return known[1]

    def _alike(self, array):
        """The operand of an array that holds the same: one made in each step of a loop is one."""
        if array.nbytes > COMPARED or array.dtype.hasobject:
            return self._constant_array(array)
        key = array.shape, array.strides, array.dtype, array.tobytes()
        if key not in self.contents:
            self.contents[key] = self._constant_array(array)
        return self.contents[key]

    def _constant_array(self, array):
        if array.size and array.dtype.kind in "biufc":
            first = array.flat[0]
            if (array == first).all() and (first != 0 or not _signs(array).any()):
                return self.builder.fill(array.shape, first, array.dtype)
        return self.input(Memory(array, source=array))

    def operand(self, x, dtype=None):
        """What stands for an argument in an instruction, in this dtype."""
        if isinstance(x, Symbol):
            found = self.read(x)
        elif isinstance(x, np.ndarray) and x.ndim:
            found = self.constant_operand(x.copy())  # whoever made it may write to it later
        else:
            x = np.asarray(x)
            found = Constant(x[()], x.dtype)
        if dtype is None or found.dtype == dtype:
            return found
        if isinstance(found, Constant):
            with np.errstate(all="ignore"):
                return Constant(np.asarray(found.value).astype(dtype)[()], dtype)
        example = np.broadcast_to(np.zeros((), dtype), found.shape)
        (found,) = self.add("elementwise", "cast", (found,), {}, (example,))
        return found

    def add(self, kind, name, operands, params, examples):
        """One more instruction."""
        builder = self.builder
        builder.line = self.line or user_line()
        if builder.section != "update":
            builder.section = "forward" if modes.current_pass is None else "backward"
        return builder.add(kind, name, operands, params, examples)

    def made(self, kind, name, operands, params, array, weak=False):
        """The Symbol of what an instruction makes, which is in no memory of others."""
        (value,) = self.add(kind, name, operands, params, (array,))
        return Symbol(self, array, Memory(array, value), operand=value, weak=weak)

    # Writing --------------------------------------------------------------------------------------

    def broadcast(self, operand, target):
        """An operand in the shape of what it is written to."""
        shape = target.shape
        if operand.shape == shape or target.path:
            return operand
        if isinstance(operand, Constant):
            return self.builder.fill(shape, operand.value, operand.dtype)
        if operand.ndim > len(shape):
            kept = operand.shape[operand.ndim - len(shape) :]
            example = np.broadcast_to(np.zeros((), operand.dtype), kept)
            (operand,) = self.add("view", "reshape", (operand,), {"shape": kept}, (example,))
        (made,) = self.add("view", "broadcast", (operand,), {"shape": shape}, (target.value,))
        return made

    def own(self, target):
        """Before it is changed in place: keep the elements that are known so far."""
        memory = target.memory
        if memory.constant:
            if target.path and memory.operand is None:
                memory.operand = self.constant_operand(memory.array.copy())
            memory.constant = False
            known = self.constants.pop(id(memory.array), None)
            if known is not None and isinstance(known[1], Value):
                for source in self.sources:  # it is bound to the elements as they were
                    if source.array is memory.array:
                        source.array = source.source = memory.array.copy()

    def assign(self, target, operand):
        """Let an operand be what a Symbol holds from now on."""
        memory = target.memory
        if target.path:
            whole = self.whole(memory)
            params = {"path": target.path}
            (memory.operand,) = self.add(
                "update", "update", (whole, operand), params, (memory.array,)
            )
        else:
            memory.operand = operand
        if not memory.version and memory.source is not None:
            self.written.append(memory)
        memory.version += 1
        target.operand = None


def _signs(array):
    return np.signbit(array) if array.dtype.kind == "f" else np.zeros(1, bool)
