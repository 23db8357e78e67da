"""How an operation is declared, and the one way in which every operation is called.

An operation is declared once::

    @elementwise(
        ufunc=np.multiply,
        d_input=lambda g, other: g * other,
        d_other=lambda g, input: g * input,
    )
    def mul(input, other):
        "Product, element by element."

The decorated function is the *kernel*: arrays in, array out (with `ufunc=`, that function is
the kernel and the body is empty). Its positional parameters are arrays, named as in PyTorch; its
keyword-only parameters are options. `d_x` is the derivative *rule* for argument `x`. What a rule
names in its own parameters is what is saved for it: `g` (the gradient of the output), then any
argument, `out` (the output), `x_shape`, or an option. No `d_y`: not differentiable in `y`. With
several outputs (`outputs=("values", "indices")`), `g_values` is the gradient of the output
`values`, and `values` the output; with `outputs="many"`, `g` is the tuple of gradients.

Rules use operators and operations only, so the same rule runs on arrays (an ordinary backward pass)
and on Tensors (`create_graph=True`, hence derivatives of any order, and the transforms). For arrays
a rule is bound to a copy of its module's names in which every operation is its kernel
(`fast.bind_to_kernels`), so that an ordinary backward pass dispatches nothing.

The kind of an operation supplies what its members share:

- `elementwise`: promotion to one dtype, broadcasting, gradients summed back to their argument;
- `reduction`: `g` and `out` come with the reduced dimensions kept, the result is expanded;
- `view`: the output shares the memory, the version counter and the base of its input;
- `opaque`: nothing; the rules say everything.

A call takes one of two ways. The *fast way* is straight-line code built for each operation where it
is declared (`rushlight.ops.fast`): plain tensors, equal dtypes, nothing watching. Everything else
takes the *general way*, `Op.general`: promotion, errors, complex numbers, `out=`, and whatever
watches (`intercept`). Both leave the same Node.
"""

from __future__ import annotations

import numpy as np

from rushlight import dtypes
from rushlight.autograd import saved
from rushlight.autograd.anomaly_mode import note_origin
from rushlight.autograd.tape import (
    UNSAVED,
    Node,
    Output,
    gradient_edge,
    modes,
    next_sequence_number,
)
from rushlight.explain import explained
from rushlight.explain.provenance import here
from rushlight.kernels.elements import Elements
from rushlight.kernels.fused import LEAST, Fused
from rushlight.ops import fast
from rushlight.ops.checked import refusal
from rushlight.ops.refused import no_such_form, refuse
from rushlight.ops.shapes import broadcast_shapes, kept_shape, normalize_dims, ordered
from rushlight.tensor import NUMBER_TYPES, Tensor, as_array, make_view, type_name, wrap

__all__ = [
    "Op",
    "elementwise",
    "intercept",
    "opaque",
    "recorded_as",
    "reduction",
    "registry",
    "view",
]

#: every declared operation, by name
registry: dict[str, Op] = {}

intercept = fast.intercept

#: the value of an option that has no default
REQUIRED = fast.REQUIRED


def parameters_of(function):
    """The names of a function's parameters, keyword-only ones included."""
    code = function.__code__
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


class Op:
    """One declared operation. The subclasses are the kinds.

    Attributes:
        name: its name.
        title: the name of the function for users, which messages show.
        overloaded: whether PyTorch has a form of its own for numbers, which its messages list.
        fused: what computes large arrays in place of the kernel, if declared with `fuse=True`: the
            kernel and the rules are chains of NumPy calls, which pay off as native code.
        least: so many elements are large; `fuse=n` says it of longer and shorter chains.
        together: the rules of all arguments as one function of arrays, where they share work; the
            ordinary backward pass calls it when all are wanted.
        kernel: arrays to array (or to a tuple of arrays, for several outputs).
        arrays: names of the arguments that are arrays; those with a default may be None.
        options: names of the options, with their defaults.
        rules: for each differentiable argument, its rule.
        outputs: None for one output, else their names, or "many".
        result: "same": the dtype of the promoted arguments; "float": the same, integers becoming
            the default dtype first; "bool"; None: as the kernel decides.
        numbers: which arguments may be Python numbers.
        refuses: the NumPy kinds of the first array that are refused, and how PyTorch names the
            kernel that does so.
        check: called with the kernel's arguments where errors are to be explained.
        holomorphic: whether the rules are those of a holomorphic function; then complex gradients
            are conjugated around them, in one place, and the rules needn't.
        order: for names of Nodes, in which order PyTorch has the arguments, where it differs.
        ordered: None, or what puts results in order in memory whatever the order of the arguments.
        linear: whether the output is linear in the differentiable arguments together.
        saved_names: what a Node saves, in order.
        call: the public function.
    """

    is_view = False
    fuses = Fused
    inference_call = None  # made when inference mode first calls the operation
    layer_call = None  # made when a transform first records it
    batching_rule = None  # looked up when `vmap` first calls it
    promotes = False
    broadcasts = False
    counts_bools = False

    def __init__(
        self,
        function,
        rules,
        *,
        ufunc=None,
        result=None,
        node=None,
        outputs=None,
        numbers=(),
        refuses=None,
        check=None,
        holomorphic=True,
        linear=False,
        takes_out=True,
        title=None,
        order=None,
        overloaded=False,
        fuse=False,
        together=None,
        ordered=None,
    ):
        self.function = function
        self.name = function.__name__.strip("_")
        self.title = title or self.name
        self.order = order or {}
        self.overloaded = overloaded
        self.kernel = ufunc or function
        self.fused = self.fuses(self.kernel) if fuse else None
        self.least = LEAST if fuse is True else fuse
        self.together = together
        self.ordered = ordered
        self.ufunc = ufunc if isinstance(ufunc, np.ufunc) else None
        self.rules = {name.removeprefix("d_"): rule for name, rule in rules.items()}
        self.result = result
        self.outputs = outputs
        self.numbers = numbers
        self.refuses = refuses
        self.check = check
        self.holomorphic = holomorphic
        self.linear = linear
        self.takes_out = takes_out and not self.is_view
        self._read_signature()
        self._read_rules()
        self._node_classes: dict = {}
        self.node_names = node or f"{camel_case(self.name)}Backward0"
        named = () if isinstance(self.node_names, str) else parameters_of(self.node_names)
        self.node_arrays = tuple(name for name in self.arrays if name in named)
        self.backward = self._array_backward()
        self.call = self.body = fast.build_call(self)
        self.call.op = self
        registry[self.name] = self

    def __repr__(self):
        return f"<operation {self.name}>"

    # Declaration

    def _read_signature(self):
        code = self.function.__code__
        count = code.co_argcount
        self.arrays = code.co_varnames[:count]
        optional = len(self.function.__defaults__ or ())
        self.optional_arrays = self.arrays[count - optional :]
        defaults = self.function.__kwdefaults__ or {}
        names = code.co_varnames[count : count + code.co_kwonlyargcount]
        self.options = {name: defaults.get(name, REQUIRED) for name in names}

    def _read_rules(self):
        """Find what the rules want saved, and for the sake of which arguments."""
        self.rule_parameters = {name: parameters_of(rule) for name, rule in self.rules.items()}
        self.saved_for: dict = {}
        known = {*self.arrays, *self.options, "out", *(self.outputs or ())}
        for argument, parameters in self.rule_parameters.items():
            for name in parameters:
                if name != "g" and not name.startswith("g_"):
                    if name.removesuffix("_shape") not in known:
                        raise TypeError(f"{self.name}: a rule names {name!r}, which it hasn't got")
                    self.saved_for.setdefault(name, []).append(argument)
        with_rule = tuple(i for i, name in enumerate(self.arrays) if name in self.rules)
        self._differentiable = None if len(with_rule) == len(self.arrays) else with_rule
        if self.together:
            self.rule_parameters["together"] = parameters_of(self.together)
        for name in self._saved_by_kind():
            self.saved_for.setdefault(name, list(self.rules))
        self.saved_names = tuple(self.saved_for)
        results = ("out",) if self.outputs is None else tuple(self.outputs)
        self.saved_results = tuple(n for n in self.saved_names if n in results)
        self.saved_arrays = tuple(
            n for n in self.saved_names if n in self.arrays or n in self.saved_results
        )

    def _saved_by_kind(self):
        """Names that the kind itself needs saved."""
        return ()

    def _array_backward(self):
        several = self.outputs is not None and self.fused is None
        return saved.backward_on_wrapped_arrays if several else fast.first_backward

    def _tensor_backward(self, complex_valued):
        if self.outputs is not None or complex_valued:
            return saved.backward_tensors
        from rushlight.ops.higher import first_backward_tensors

        return first_backward_tensors

    @property
    def node_class(self):
        """The class of its Nodes; of those that go by several names, one that none has."""
        name = self.node_names if isinstance(self.node_names, str) else self.name
        return self.node_class_named(name)

    def node_classes(self):
        """All classes of Nodes that this operation has so far."""
        return list(self._node_classes.values())

    def node_class_named(self, name, complex_valued=False, rounded=False):
        """The class of Nodes that goes by `name` (some operations have two, `SumBackward1`).

        Complex numbers, and bfloat16 (`rounded`), have derivatives of their own kind.
        """
        made = self._node_classes.get((name, complex_valued, rounded))
        if made is None:
            body = {
                "__slots__": (),
                "__module__": "builtins",
                "op": self,
                "saved_names": self.saved_names,
                "saves_arrays": bool(self.saved_arrays),
                "backward": self._backward_of(complex_valued, rounded),
                "backward_tensors": self._tensor_backward(complex_valued),
                "conjugates": complex_valued and self.holomorphic,
                "order": self.order.get(name, self._differentiable),
            }
            key = name, complex_valued, rounded
            made = self._node_classes[key] = type(name, (Node,), body)
        return made

    def rename(self, node, name):
        """Let a Node of this operation go by another name."""
        own = next(key for key, made in self._node_classes.items() if made is node.__class__)
        node.__class__ = self.node_class_named(name, *own[1:])

    def _backward_of(self, complex_valued, rounded):
        if rounded:
            return backward_rounded
        return saved.backward_on_wrapped_arrays if complex_valued else self.backward

    # The general way

    def watched(self, args, options, out=None):
        """Call the operation while something watches, or with `out=`."""
        if modes.recorder is not None:
            from rushlight.autograd.profiler import noted

            return noted(f"aten::{self.title}", self.general, args, options, out)
        if out is None and self.outputs is None and fast.only_inference():
            if self.inference_call is None:
                self.inference_call = fast.build_inference_call(self)
            return self.inference_call(*args, **options)
        return self.general(args, options, out)

    def general(self, args, options, out=None):
        """Call the operation, whatever the arguments are and whatever is watching."""
        try:
            return self._in_general(args, options, out)
        except Exception as error:
            fast.forget_kernel(error)
            refused = refusal()
            if refused is None:
                explained(error, operands=args, operation=self.title)
                raise
        raise explained(refused, operands=args, operation=self.title)

    def _in_general(self, args, options, out):
        special, numbers = None, 0
        for name, x in zip(self.arrays, args):
            if isinstance(x, Tensor):
                array = x._array
                if array.__class__ is not np.ndarray and hasattr(array, "handles_operations"):
                    if special is None or array.level > special.level:
                        special = array
            elif not self._takes(name, x):
                if self._somebody_unasked(args):
                    return self._ask(args, options)
                self.check_types(args)
            else:
                numbers += 1
        if numbers == len(args):
            self.check_types(args)
        if out is not None:
            from rushlight.ops.output import write_out

            if self.broadcasts and isinstance(out, Tensor):
                from rushlight.ops.inplace import check_no_overlap

                check_no_overlap(out, *args)
            return write_out(self.title, self.general(args, options), args, out)
        if special is None and modes.layers:
            special = special_option(options)
        if special is not None:
            return special.apply(self, args, options)
        return self.call_on(self.promote(args), options)

    def in_layer(self, args, options):
        """Call and record in the layer of the first argument; all are in it, or numbers."""
        return args[0]._array.apply_in_general(self, args, options)

    def _takes(self, name, value):
        """Whether an argument may be this number, or None."""
        if value is None:
            return name in self.optional_arrays
        return (value.__class__ is float or value.__class__ is int) and name in self.numbers

    def _somebody_unasked(self, args):
        """Whether a class that isn't a Tensor's would answer, and the functions don't ask yet."""
        foreign = [type(x) for x in args if not isinstance(x, Tensor)]
        if not any(hasattr(kind, "__torch_function__") for kind in foreign):
            return False
        from rushlight.torch_function import have_all_ask

        return have_all_ask()

    def _ask(self, args, options):
        import rushlight

        given = {n: v for n, v in options.items() if v is not self.options[n]}
        return getattr(rushlight, self.title, self.call)(*args, **given)

    def check_types(self, args):
        """Refuse arguments that are neither Tensors nor what the operation takes in their place."""
        if self.overloaded and all(isinstance(x, NUMBER_TYPES) for x in args):
            raise self._no_such_form(args)
        for position, (name, value) in enumerate(zip(self.arrays, args, strict=True), 1):
            if isinstance(value, Tensor) or (value is None and name in self.optional_arrays):
                continue
            if name not in self.numbers or not isinstance(value, NUMBER_TYPES):
                if self.overloaded:
                    raise self._no_such_form(args)
                raise TypeError(
                    f"{self.title}(): argument '{name}' (position {position}) must be Tensor, "
                    f"not {type_name(value)}"
                )

    def _no_such_form(self, args):
        """How PyTorch refuses arguments that fit neither form of a function."""
        forms = (
            f"Tensor input, {kind} {self.arrays[-1]}, *, Tensor out = None"
            for kind in ("Tensor", "Number")
        )
        return no_such_form(self.title, args, *forms)

    def promote(self, args):
        """The arguments in the dtype in which they meet; in most kinds, just as they are."""
        return args

    def call_on(self, operands, options, compute=None):
        """Compute, wrap and record; the operands are promoted Tensors (or None).

        `compute(op, arrays, options)` does the first, instead of the kernel.
        """
        arrays = [None if x is None else x._array for x in operands]
        if self.check is not None:
            self.check(*arrays, **options)
        if self.refuses is not None:
            refuse(*self.refuses, arrays[0])
        with np.errstate(all="ignore"):
            if compute:
                result = compute(self, arrays, options)
            elif modes.dispatching:
                from rushlight.utils._python_dispatch import answer

                result = answer(self, operands, options)
            else:
                result = self._compute(arrays, options)
        results = (result,) if self.outputs is None else result
        outputs = tuple(x if isinstance(x, Tensor) else wrap(as_array(x)) for x in results)
        if self.is_view:
            creation = None if self.outputs is None else "several"
            replay = operands[0], self, tuple(options.values())
            for each in outputs:
                make_view(each, operands[0], replay, creation)
        if self.rules and modes.grad_enabled:
            self.record(operands, options, outputs)
        if modes.dual_level >= 0:
            from rushlight.autograd.forward_ad import propagate

            propagate(self, operands, options, outputs)
        return outputs[0] if self.outputs is None else outputs

    def _compute(self, arrays, options):
        """What the kernel makes of the arrays, or native code of it where they are large."""
        if not self.is_view and any(x is not None and x.dtype.kind == "V" for x in arrays):
            return self._compute_rounded(arrays, options)
        large = self.fused is not None and arrays[0].size >= self.least
        result = (self.fused if large else self.kernel)(*arrays, **options)
        return self.ordered(result) if self.ordered else result

    def _compute_rounded(self, arrays, options):
        """The same for bfloat16: computed in float32, and rounded once."""
        wide = [in_float32(x) for x in arrays]
        try:
            result = self._compute(wide, options)
        except NotImplementedError:
            self.kernel(*arrays, **options)  # says so of bfloat16, not of float32
            raise
        if options.get("dtype") is not None:  # the kernel knows what is asked for
            return result
        if self.outputs is None:
            return in_bfloat16(result)
        return tuple(in_bfloat16(part) for part in result)

    def record(self, operands, options, outputs):
        """Leave a Node on the tape, as the fast way does, for any dtypes and number of outputs."""
        flags = [
            name in self.rules and x is not None and x._requires_grad
            for name, x in zip(self.arrays, operands, strict=True)
        ]
        recorded = [x for x in outputs if x._array.dtype.kind in "fcV"]
        if not recorded or not any(flags):
            return
        kinds = {x._array.dtype.kind for x in (*operands, *recorded) if x is not None}
        rounded = "V" in kinds and not self.is_view
        node = self.node_class_named(self._node_name(operands, options), "c" in kinds, rounded)()
        node.hooks = None
        node.line = here[0]
        node.edges = tuple(
            gradient_edge(x) if flag else None for x, flag in zip(operands, flags, strict=True)
        )
        node.seq = next_sequence_number()  # after the edges, which may put a view anew on the tape
        node.outputs = None if self.outputs is None else saved.describe(outputs)
        for index, each in enumerate(outputs):
            if each._array.dtype.kind in "fcV":
                each._requires_grad = True
                each._node = node if self.outputs is None else Output(node, index)
        saved.save(self, node, operands, options, outputs, flags)
        if modes.anomaly:
            note_origin(node)

    def _node_name(self, operands, options):
        if isinstance(self.node_names, str):
            return self.node_names
        tensors = dict(zip(self.arrays, operands, strict=True))
        arrays = {n: x if (x := tensors[n]) is None else x._array for n in self.node_arrays}
        return self.node_names(**arrays, **options)

    # What a kind does around its rules; on arrays and on Tensors alike

    def before_rules(self, values):
        """Adapt `g` (and `out`) before the rules see them."""

    def after_rule(self, gradient, name, values):
        """Make what a rule returned the gradient of the argument `name`."""
        return gradient


class Elementwise(Op):
    """An operation on elements, whose arguments broadcast against each other."""

    promotes = True
    broadcasts = True
    fuses = Elements

    def __init__(self, function, rules, result="same", **declared):
        if "numbers" not in declared:
            declared["numbers"] = function.__code__.co_varnames[1 : function.__code__.co_argcount]
        # True is 1 to an operation that refuses nothing and promotes as all do
        plain = declared.get("check") is None
        self.counts_bools = plain and type(self).promote is Elementwise.promote
        if plain:
            declared["check"] = check_broadcast
        super().__init__(function, rules, result=result, **declared)

    def _saved_by_kind(self):
        return ("shapes",) if len(self.arrays) > 1 else ()

    def promote(self, args):
        """The arguments as Tensors of the dtype in which they meet (None stays)."""
        promoted = in_their_dtype(args)
        if promoted is not None:
            return promoted
        dtype = meeting_dtype(args)
        if self.result == "float" and dtype.category < 2:
            dtype = dtypes.get_default_dtype()
        return [None if x is None else in_dtype(x, dtype) for x in args]

    def after_rule(self, gradient, name, values):
        shapes = values.get("shapes")
        if shapes is None or gradient is None:
            return gradient
        return fast.sum_to(gradient, shapes[list(self.rules).index(name)])


class Reduction(Op):
    """An operation that folds dimensions; it has the options `dim` and `keepdim`."""

    def __init__(self, function, rules, **declared):
        declared.setdefault("check", check_dims)
        declared.setdefault("ordered", ordered)
        super().__init__(function, rules, **declared)

    def _saved_by_kind(self):
        return "input_shape", "dim", "keepdim"

    def before_rules(self, values):
        shape = kept_shape(values["input_shape"], values["dim"])
        for name in ("g", "out"):
            if name in values and tuple(values[name].shape) != shape:
                values[name] = values[name].reshape(shape)

    def after_rule(self, gradient, name, values):
        return fast.expand_to(gradient, values["input_shape"])


class View(Op):
    """An operation whose output shares the memory of its first argument."""

    is_view = True


class Opaque(Op):
    """An operation whose rules say everything."""


def declarer(kind):
    """The decorator that declares an operation of this kind.

    Keywords `d_x` are derivative rules, the others go to the kind.
    """

    def declare(**declared):
        rules = {k: declared.pop(k) for k in list(declared) if k.startswith("d_")}
        return lambda function: kind(function, rules, **declared).call

    return declare


elementwise = declarer(Elementwise)
reduction = declarer(Reduction)
view = declarer(View)
opaque = declarer(Opaque)


# What the kinds are made of -----------------------------------------------------------------------


def recorded_as(result, name):
    """The result of a function that consists of several; PyTorch's Node of it is called `name`."""
    if result._node is not None:
        result._node.op.rename(result._node, name)
    return result


def camel_case(name):
    """`log_softmax` -> `LogSoftmax`, as PyTorch names Nodes."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def special_array(args):
    """The array among the arguments that handles operations itself (a batched one, a symbol)."""
    found = None
    for x in args:
        array = x._array if isinstance(x, Tensor) else None
        if array.__class__ is not np.ndarray and hasattr(array, "handles_operations"):
            if found is None or array.level > found.level:
                found = array
    return found


def special_option(options):
    """An option that is an array which handles operations itself."""
    return next((v for v in options.values() if hasattr(v, "handles_operations")), None)


def in_their_dtype(args):
    """Tensors of one dtype, float32 or float64, and numbers, as Tensors; None if that isn't so."""
    dtype = None
    for x in args:
        if isinstance(x, Tensor):
            own = x._array.dtype
            if own is not dtype and dtype is not None:
                return None
            dtype = own
        elif x.__class__ is not float and x.__class__ is not int:
            return None
    if dtype is not fast.float32 and dtype is not fast.float64:
        return None
    return [x if isinstance(x, Tensor) else as_constant(fast.number_array(x, dtype)) for x in args]


def meeting_dtype(args):
    """The dtype in which these Tensors and numbers meet."""
    dimensioned, zero_dim, numbers = [], [], []
    for x in args:
        if isinstance(x, Tensor):
            (dimensioned if x._array.ndim else zero_dim).append(dtypes.of(x._array))
        elif x is not None:
            numbers.append(dtypes.of_number(x))
    return dtypes.result_type(dimensioned, zero_dim, numbers)


def in_dtype(x, dtype):
    """A Tensor or number as a Tensor of this dtype; a cast that is needed is recorded."""
    if isinstance(x, Tensor):
        return x if x._array.dtype is dtype.array_dtype else x.to(dtype)
    return as_constant(number_as_array(x, dtype))


def as_constant(array):
    """A Python number's array as a Tensor, which nobody can change: hooks aren't shown it."""
    made = wrap(array)
    made._counter = UNSAVED
    return made


def in_float32(array):
    """An array of bfloat16 in float32; others, and None, as they are."""
    bfloat16 = array is not None and array.dtype.kind == "V"
    return array.astype(np.float32) if bfloat16 else array


def in_bfloat16(array):
    """A result in float32 rounded to bfloat16; others as they are."""
    return array.astype(dtypes.bfloat16.array_dtype) if array.dtype == np.float32 else array


def backward_rounded(node, gradient, edges):
    """Gradients by bfloat16 on arrays: worked out in float32, and rounded once."""
    op, kept = node.op, node.saved
    node.saved = tuple(in_float32(x) if isinstance(x, np.ndarray) else x for x in kept)
    several = isinstance(gradient, (list, tuple))
    wide = [in_float32(g) for g in gradient] if several else in_float32(gradient)
    try:
        results = op.backward(node, wide, edges)
    finally:
        node.saved = kept
    if op.options.get("dtype") is fast.REQUIRED:  # a cast: its rule knows the dtype
        return results
    return tuple(map(_gradient_in_its_dtype, results, edges))


def _gradient_in_its_dtype(gradient, edge):
    if gradient is None or (isinstance(edge, Tensor) and edge._array.dtype.kind != "V"):
        return gradient
    return in_bfloat16(gradient)


def number_as_array(value, dtype):
    """A Python number as a 0-d array; integers wrap around as in C."""
    if isinstance(value, complex) and dtype.category < 3:
        value = bool(value) if dtype.category == 0 else value.real
    if value.__class__ is int and not -(2**63) <= value < 2**64:
        raise OverflowError("int too big to convert")
    if dtype.category == 1 and isinstance(value, (int, np.integer)):
        bits = 8 * dtype.itemsize
        value = int(value) & ((1 << bits) - 1)
        if dtype.is_signed and value >> (bits - 1):
            value -= 1 << bits
    with np.errstate(all="ignore"):
        return np.asarray(value).astype(dtype.array_dtype)


def check_broadcast(*arrays, **options):
    """Refuse shapes that don't broadcast, in PyTorch's words."""
    broadcast_shapes(*(x.shape for x in arrays if x is not None))


def check_dims(input, **options):
    """Refuse dimensions that are out of range or named twice, in PyTorch's words."""
    normalize_dims(options["dim"], input.ndim)
