"""The Recorder: turns what is done to Symbols into a Program.

Everything is carried out on the real arrays too, so a traced run is a run: its effects happen, its
result is right, whatever becomes of the Program. Where something can't be recorded there are two
ways out. Within an operation's kernel, a `Leak` is raised, and the whole kernel becomes one
instruction (`call`). Elsewhere the recorder gives up (`fail`): the run goes on as it would have
without it, and there is no Program.
"""

from __future__ import annotations

import threading
from contextlib import nullcontext

import numpy as np

from rushlight.autograd.tape import modes
from rushlight.compile.programs.program import Constant, Slot, view
from rushlight.compile.tracing.calls import Changer, Filler, Kernel, getitem, rows
from rushlight.compile.tracing.checks import asked_only_to_raise
from rushlight.compile.tracing.classes import IN_ELEMENTS, within
from rushlight.compile.tracing.frames import user_frame, user_line
from rushlight.compile.tracing.operands import Operands
from rushlight.compile.tracing.symbol import Memory, Symbol, real, symbols_in
from rushlight.kernels import blas
from rushlight.ops.op import Elementwise, View
from rushlight.tensor import Tensor, as_array, make_view, wrap

__all__ = ["Leak", "Number", "Recorder", "Unchanged"]


class Leak(Exception):
    """A kernel asked for the elements of a Symbol."""


class DynamicLeak(Leak):
    """A kernel asked for elements on which the shape of its result depends."""


class Unchanged:
    """The condition that an array is what it was; `line` is where that began to matter."""

    def __init__(self, array, line):
        self.array, self.line = array, line

    def hold(self, array):
        """Whether it is."""
        return np.array_equal(array, self.array)


class Number:
    """Where a number comes from: an entry of a group of an optimizer, or an argument."""

    __slots__ = ("key", "place", "position")

    def __init__(self, place, key, position=None):
        self.place, self.key, self.position = place, key, position

    def read(self):
        """The number as it is now."""
        found = self.place[self.key]
        return found if self.position is None else found[self.position]


class Recorder(Operands):
    """Records one run; see the head of this module.

    Attributes:
        native: whether native code is made of it: then loops cost nothing.
        failure: (reason, line) once it has given up.
        disturbed: whether another thread worked with the same tensors meanwhile.
        numbers: Numbers whose value the run asked for, with that value.
        outcomes: what the run asked about numbers (a function), with the answer.
        demands: pairs (Memory, condition on what it holds at the beginning).
        checks: triples (Value, its array, truth) for branches that only raise; see `checks`.
        items: pairs (number that `item()` gave, its Symbol).
        returned_items: gives (code of the function, lines on which `item()` is only returned).
        windows: for the Memory of places of maxima what `windows` remembers of them.
    """

    def __init__(self, native=False):
        super().__init__()
        self.native = native
        self.failure = None
        self.numbers: dict = {}
        self.outcomes: list = []
        self.demands: list = []
        self.windows: dict = {}
        self.items: list = []
        self.checks: list = []
        self.returned_items = lambda: (None, ())
        self.recording = False
        self.disturbed = False
        self.drawing = 0
        self.in_kernel = 0
        self.thread = threading.get_ident()
        self.on_failure = None
        self.drawn_from: list = []

    def is_recording(self):
        """Whether what this thread does is recorded."""
        return self.recording and threading.get_ident() == self.thread

    def fail(self, reason):
        """Give up: the rest of the run isn't recorded."""
        if self.recording:
            self.failure = reason, user_line()
            self.recording = False
            self.on_failure()

    def reveal(self, symbol, what, dynamic=False):
        """The real array of a Symbol for what can't be recorded; see the head of this module."""
        if not isinstance(symbol, Symbol):
            return symbol
        if not self.is_recording() or self.is_known(symbol):
            return symbol.value
        source = symbol.memory.source
        if symbol.weak and isinstance(source, Number) and not symbol.memory.version:
            self.numbers[source] = source.read()
            return symbol.value
        if (dynamic or (what in _PINNING and not self.in_kernel)) and self.pin(symbol):
            return symbol.value
        if self.in_kernel:
            raise DynamicLeak if dynamic else Leak
        self.fail(what)
        return symbol.value

    def pin(self, symbol):
        """Have a mask, or lengths, be the same in each run; False if they aren't given as such."""
        memory = symbol.memory
        given = isinstance(memory.source, Tensor) and not memory.version
        if not given or memory.array.dtype.kind not in "bi":
            return False
        if not any(m is memory and isinstance(c, Unchanged) for m, c in self.demands):
            self.demands.append((memory, Unchanged(memory.array.copy(), user_line())))
        return True

    def item(self, symbol, place):
        """An element as a Python number; followed no further, so it may only be returned."""
        if place or self.is_known(symbol) or not self.returns_items():
            return self.reveal(symbol, "item()").item(*place)
        self.items.append((symbol.value.item(), symbol))
        return self.items[-1][0]

    def returns_items(self):
        """Whether we are where the function calls `item()` only to return what it gives."""
        if not self.is_recording() or self.in_kernel:
            return False
        code, lines = self.returned_items()
        frame = user_frame()
        return frame is not None and frame.f_code is code and frame.f_lineno in lines

    def truth(self, symbol):
        """Whether a number isn't zero: what is found has to hold again, the number hasn't."""
        source = symbol.memory.source
        if not self.is_recording() or not isinstance(source, Number):
            return bool(self.reveal(symbol, "a branch on its value"))
        found = bool(symbol.value)
        self.outcomes.append((lambda: bool(source.read()), found))
        return found

    def branch(self, symbol):
        """The truth of an element, after which only a branch that raises may ask."""
        if not self.is_recording() or self.in_kernel or not asked_only_to_raise():
            return bool(self.reveal(symbol, "a branch on its value"))
        found = bool(symbol.value)
        if not self.is_known(symbol):
            self.checks.append((self.read(symbol), symbol.value.copy(), found))
        return found

    def demand(self, symbol, condition):
        """Have a condition on elements hold in each run, or raise a Leak if that can't be asked."""
        memory = symbol.memory
        known = self.is_known(symbol)
        given = memory.source is not None and not memory.version
        whole = symbol.value if known else memory.array
        if not (known or given) or whole.dtype != symbol.dtype or not condition.hold(whole):
            raise Leak
        if not known:
            self.demands.append((memory, condition))

    def revealed(self, args, what):
        """Arguments with all Symbols revealed: the shape of a result depends on them."""
        for symbol in symbols_in(args):
            self.reveal(symbol, what, dynamic=True)
        return real(args)

    @staticmethod
    def is_known(x):
        """Whether the elements are known when the Program is made."""
        return not isinstance(x, Symbol) or (x.memory.constant and not x.memory.version)

    # Operations on arrays -------------------------------------------------------------------------

    def elementwise(self, ufunc, inputs, out=None):
        if out is not None and not isinstance(out, Symbol):
            return self.refuse_target(ufunc, inputs, out)
        if out is None and all(map(self.is_known, inputs)):
            return self.constant(ufunc(*real(inputs)))
        weak = all(type(x) in (bool, int, float) or getattr(x, "weak", False) for x in inputs)
        if weak and ufunc in _COMPARISONS and self.compares_given(inputs):
            return self.compare(ufunc, inputs)
        dtypes = loop_dtypes(ufunc, inputs, weak)
        operands = [self.operand(x, dtype) for x, dtype in zip(inputs, dtypes, strict=False)]
        if out is not None and out.dtype == dtypes[-1] and out.shape in map(np.shape, inputs):
            return self.elementwise_into(out, ufunc, inputs, operands)
        with np.errstate(all="ignore"):
            result = np.asarray(ufunc(*real(inputs)))
        if result.dtype != dtypes[-1]:  # NumPy's own loops for weak numbers alone
            result = result.astype(dtypes[-1])
        weak = weak and result.dtype.kind == "f"
        made = self.made("elementwise", ufunc.__name__, operands, {}, result, weak)
        if out is None:
            return made
        self.write(out, made)
        return out

    def elementwise_into(self, out, ufunc, inputs, operands):
        """The same where the result is just what `out` can hold."""
        self.own(out)
        with np.errstate(all="ignore"):
            ufunc(*real(inputs), out=out.value)
        (value,) = self.add("elementwise", ufunc.__name__, operands, {}, (out.value,))
        self.assign(out, value)
        return out

    @staticmethod
    def compares_given(inputs):
        """Whether all numbers are given as such, not computed from tensors."""
        return all(isinstance(x.memory.source, Number) for x in symbols_in(inputs))

    def compare(self, ufunc, inputs):
        """A comparison of numbers: what it says has to hold again."""
        sources = [x.memory.source if isinstance(x, Symbol) else x for x in inputs]

        def again():
            return bool(ufunc(*(x.read() if isinstance(x, Number) else x for x in sources)))

        found = again()
        self.outcomes.append((again, found))
        return found

    def refuse_target(self, function, inputs, out):
        """Something known is written to an array that isn't followed."""
        if self.in_kernel:
            raise Leak
        self.fail(f"writing to an array with {function.__name__}")
        return function(*real(inputs), out=out)

    def where(self, condition, x, y):
        given = condition, x, y
        if all(map(self.is_known, given)):
            return self.constant(np.where(*real(given)))
        result = np.where(*real(given))
        dtypes = np.dtype(bool), result.dtype, result.dtype
        operands = [self.operand(each, dtype) for each, dtype in zip(given, dtypes, strict=True)]
        weak = not result.ndim and all(
            type(each) in (int, float) or getattr(each, "weak", False) for each in (x, y)
        )
        return self.made("elementwise", "where", operands, {}, result, weak)

    def cast(self, symbol, dtype):
        with np.errstate(all="ignore"):
            array = symbol.value.astype(dtype)
        if self.is_known(symbol):
            return self.constant(array)
        operand = self.operand(symbol, dtype)
        return Symbol(self, array, Memory(array, operand), operand=operand)

    def number(self, symbol):
        """A 0-d Symbol as a Python number."""
        if not self.is_recording() or self.is_known(symbol):
            return float(symbol.value)
        array = np.asarray(float(symbol.value))
        operand = self.operand(symbol, array.dtype)
        return Symbol(self, array, Memory(array, operand), operand=operand, weak=True)

    def copy(self, symbol, order="C"):
        array = symbol.value.copy(order)
        if not self.is_recording():
            return array
        if self.is_known(symbol):
            return self.constant(array)
        operand = self.read(symbol)
        return Symbol(self, array, Memory(array, operand), operand=operand, weak=symbol.weak)

    def matmul(self, inputs, out=None):
        if out is not None:
            return self.call_out("matmul", np.matmul, inputs, {"out": out})
        if all(map(self.is_known, inputs)):
            return self.constant(np.matmul(*real(inputs)))
        # with others beside us, the BLAS's threads wait for each other
        with blas.one_thread() if blas.can_be_told() else nullcontext():
            result = np.asarray(np.matmul(*real(inputs)))
        dtype = np.result_type(*(x.dtype for x in inputs))
        operands = [self.operand(x, dtype) for x in inputs]
        params = {"transpose_a": False, "transpose_b": False}
        return self.made("matmul", "matmul", operands, params, result)

    def reduce(self, ufunc, x, axis=0, dtype=None, keepdims=False, out=None):
        out = out[0] if isinstance(out, tuple) else out
        if out is not None or ufunc not in _REDUCTIONS or not isinstance(x, Symbol):
            kwargs = {"axis": axis, "dtype": dtype, "keepdims": keepdims, "out": out}
            kwargs = {k: v for k, v in kwargs.items() if v is not None or k == "axis"}
            return self.call_out(f"{ufunc.__name__}.reduce", ufunc.reduce, (x,), kwargs)
        axes = reduced_axes(axis, x.ndim)
        with np.errstate(all="ignore"):
            result = ufunc.reduce(x.value, axis=axes, dtype=dtype, keepdims=keepdims)
        result = np.asarray(result)
        if self.is_known(x):
            return self.constant(result)
        operand = self.operand(x, result.dtype)
        if not axes:
            return Symbol(self, result, Memory(result, operand), operand=operand)
        params = {"axes": axes, "keepdims": bool(keepdims)}
        return self.made("reduce", ufunc.__name__, (operand,), params, result)

    def arg_reduce(self, name, x, axis, keepdims):
        axes = reduced_axes(axis, x.ndim)
        kwargs = {"axis": axis, "keepdims": keepdims}
        result = np.asarray(getattr(np, name)(x.value, **kwargs))
        if self.is_known(x):
            return self.constant(result)
        params = {"axes": axes, "keepdims": bool(keepdims)}
        return self.made("reduce", name, (self.read(x),), params, result)

    def view(self, symbol, name, params):
        if not self.is_recording():
            return view(symbol.value, name, params)
        array = np.asarray(view(symbol.value, name, params))
        shared = not array.size or np.may_share_memory(array, symbol.value)
        if self.is_known(symbol):
            if not shared:
                return self.constant(array)
            return Symbol(self, array, symbol.memory, (*symbol.path, (name, params)))
        (operand,) = self.add("view", name, (self.read(symbol),), params, (array,))
        if not shared:
            return Symbol(self, array, Memory(array, operand), operand=operand)
        path = *symbol.path, (name, params)
        return Symbol(self, array, symbol.memory, path, operand, symbol.weak)

    def pick(self, symbol, index):
        """Elements at arrays of positions; masks give as many as they say."""
        for part in symbols_in(index if isinstance(index, tuple) else (index,)):
            if part.dtype.kind == "b":
                self.reveal(part, "indexing with a mask", dynamic=True)
                if not self.is_recording():
                    return symbol.value[real(index)]
        first, *others = index if isinstance(index, tuple) else (index,)
        try:
            if others:
                raise NotImplementedError
            return self.call("rows", rows, (symbol, within(first, len(symbol))), {})
        except (Leak, NotImplementedError):
            return self.call("take", getitem, (symbol, index), {})

    # Calls of unknown functions -------------------------------------------------------------------

    def call(self, name, function, args, kwargs, kind="call"):
        """Call a function that reads arrays and changes none."""
        if not self.is_recording():
            return function(*real(args), **real(kwargs))
        if kind == "call" and all(map(self.is_known, symbols_in([args, kwargs]))):
            made = function(*real(args), **real(kwargs))
            return self.wrapped(made, lambda x: self.constant(x))
        for x in symbols_in([args, kwargs]):
            if x.weak:
                self.reveal(x, f"the number that {name} gets")
        operands: list = []
        params = {
            "function": function,
            "args": self.slotted(args, operands),
            "kwargs": self.slotted(kwargs, operands),
        }
        made = self.carried_out(function, args, kwargs)
        first = args[0] if args else None
        if isinstance(made, np.ndarray) and isinstance(first, Symbol) and len(operands) == 1:
            if np.may_share_memory(made, first.value):
                params["args"] = params["args"][1:]
                return self.view_by(first, params, made)
        arrays = [np.array(x) for x in (made if isinstance(made, (tuple, list)) else (made,))]
        values = iter(self.add(kind, name, operands, params, arrays))
        pairs = iter(arrays)

        def symbol(_):
            array, value = next(pairs), next(values)
            return Symbol(self, array, Memory(array, value), operand=value)

        return self.wrapped(made, symbol)

    def carried_out(self, function, args, kwargs):
        """What a function makes of real arrays, at which an explanation of an error may look."""
        recording, self.recording = self.recording, self.drawing > 0
        try:
            with np.errstate(all="ignore"):
                return function(*real(args), **real(kwargs))
        finally:
            self.recording = recording

    def view_by(self, symbol, params, array):
        """A view that an unknown function takes."""
        (operand,) = self.add("view", "other", (self.read(symbol),), params, (array,))
        return Symbol(self, array, symbol.memory, (*symbol.path, ("other", params)), operand)

    @staticmethod
    def wrapped(made, wrapper):
        """A result with Symbols in place of arrays; a tuple stays one."""
        if isinstance(made, (tuple, list)):
            each = [wrapper(x) for x in made]
            return type(made)(*each) if hasattr(made, "_fields") else type(made)(each)
        return wrapper(made)

    def slotted(self, x, operands):
        """Arguments with Slots in place of Symbols, whose operands are collected."""
        if isinstance(x, Symbol):
            if self.is_known(x) and not x.ndim:
                return x.value
            operands.append(self.read(x))
            if isinstance(operands[-1], Constant):
                operands.pop()
                return x.value
            return Slot(len(operands) - 1)
        if isinstance(x, (tuple, list)):
            parts = [self.slotted(each, operands) for each in x]
            return parts if isinstance(x, list) else tuple(parts)
        if type(x) is dict:
            return {name: self.slotted(each, operands) for name, each in x.items()}
        return real(x) if type(x) is slice else x

    def call_out(self, name, function, args, kwargs):
        """A call that may have `out=`."""
        out = kwargs.pop("out", None)
        out = out[0] if isinstance(out, tuple) and len(out) == 1 else out
        if out is None:
            return self.call(name, function, args, kwargs)
        if not isinstance(out, Symbol):
            return self.refuse_target(function, args, out)
        filler = Filler(function)
        self.write(out, self.call(name, filler, (out, *args), kwargs))
        return out

    def mutate(self, name, function, args, kwargs):
        """Call a function that changes its first argument, and nothing else."""
        target = args[0]
        if not isinstance(target, Symbol):
            if self.in_kernel:
                raise Leak
            self.fail(f"writing to an array with {name}")
            return function(*real(args), **real(kwargs))
        for x in symbols_in(args[1] if isinstance(args[1], tuple) else (args[1],)):
            if x.dtype.kind == "b" and name == "put":
                self.reveal(x, "writing where a mask says", dynamic=True)
        self.write(target, self.call(name, Changer(function), args, kwargs))
        return None

    # Writing --------------------------------------------------------------------------------------

    def write(self, target, source):
        """Put `source` into the elements of `target`."""
        if not isinstance(target, Symbol):
            return self.refuse_target(np.copyto, (source,), target)
        if not self.is_recording():
            target.value[...] = real(source)
            return None
        operand = self.broadcast(self.operand(source, target.dtype), target)
        self.own(target)
        with np.errstate(all="ignore"):
            target.value[...] = real(source)
        self.assign(target, operand)
        return None

    # Operations on Tensors ------------------------------------------------------------------------

    def operation(self, op, args, options):
        """Call an operation on Tensors, at least one of which holds a Symbol."""
        if not self.is_recording():
            self.disturbed = self.recording
            for x in args:
                if x is not None and isinstance(x._array, Symbol):
                    x._array = x._array.value
            return op.call_on(args, real(options))
        plain = isinstance(op, (Elementwise, View)) or op.name == "cast"
        if not plain and any(map(is_bfloat16, args)):
            self.fail(f"{op.name} of bfloat16")  # its kernel rounds what NumPy gives in float32
            return self.operation(op, args, options)
        arrays = [None if x is None else self.symbol_of(x) for x in args]
        try:
            results = self.kernel_results(op, arrays, options)
        except DynamicLeak:
            self.fail(f"{op.name}, whose result is as large as values say")
            return self.operation(op, args, options)
        outputs = tuple(map(wrap, results))
        if op.is_view:
            replay = args[0], op, tuple(options.values())
            for each in outputs:
                make_view(each, args[0], replay, None if op.outputs is None else "several")
        if op.rules and modes.grad_enabled:
            op.record(args, options, outputs)
        return outputs[0] if op.outputs is None else outputs

    def symbol_of(self, tensor):
        """The Symbol of a Tensor; an array that nobody follows yet is a constant."""
        if not isinstance(tensor._array, Symbol):
            tensor._array = self.constant(tensor._array)
        return tensor._array

    def kernel_results(self, op, arrays, options):
        """What a kernel makes of Symbols, as a tuple of Symbols."""
        self.in_kernel += 1
        self.drawn_from = []
        line, self.line = self.line, self.line or user_line()
        try:
            if op.check is not None:
                op.check(*arrays, **options)
            result = IN_ELEMENTS.get(op.name, op.kernel)(*arrays, **options)
        except DynamicLeak:
            raise
        except Exception:  # whatever can't take a Symbol; an error of the user's comes again
            for generator, state in reversed(self.drawn_from):
                generator._load(state)
            result = self.call(op.name, Kernel.of(op), tuple(arrays), options)
        finally:
            self.in_kernel -= 1
            self.line = line
        results = (result,) if op.outputs is None else result
        return tuple(x if isinstance(x, Symbol) else self.constant(as_array(x)) for x in results)


#: for what given masks and lengths are taken as they are
_PINNING = {"its array", "tolist()"}
_REDUCTIONS = {np.add, np.multiply, np.maximum, np.minimum, np.logical_and, np.logical_or}
_COMPARISONS = {np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal}


def is_bfloat16(x):
    """Whether a Tensor is of a dtype that NumPy itself doesn't have."""
    return x is not None and x._array.dtype.isbuiltin == 2


def reduced_axes(axis, ndim):
    """Axes as a sorted tuple of numbers that aren't negative; None stands for all."""
    if axis is None:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    if ndim == 0:
        return ()
    return tuple(sorted(int(a) % ndim for a in axes))


def loop_dtypes(ufunc, inputs, weak):
    """The dtypes of operands and result in the loop that NumPy takes for these arguments."""
    if weak:
        kinds = [np.dtype(np.float64)] * len(inputs)
    else:
        kinds = [_kind(x) for x in inputs]
    return ufunc.resolve_dtypes((*kinds, None))


def _kind(x):
    if isinstance(x, Symbol):
        return float if x.weak else x.dtype
    if type(x) in (int, float, complex):
        return type(x)
    return np.asarray(x).dtype
