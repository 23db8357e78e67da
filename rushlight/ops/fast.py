"""The fast way: straight-line code for each operation, built when it is first called.

`build_call` makes the public function: it unwraps the arguments, calls the kernel, wraps the result
and records the call, without a loop over arguments and without a choice that could be made at
declaration. For `mul` it reads (shortened)::

    def mul(input, other, *, out=None):
        if intercepted or out is not None:
            return op_mul.general((input, other), {}, out)
        try:
            input_array = input._array
            input_dtype = input_array.dtype
            ...
            result = kernel_mul(input_array, other_array)
        except Exception:
            return op_mul.general((input, other), {}, out)
        ...
        if (input._requires_grad or other_grad) and modes.grad_enabled:
            output._node = node = node_class_mul()
            node.edges = (...)
            node.saved = (other_array if input._requires_grad else None, ...)
            node.guards = (...)
        return output

and `build_backward` makes what an ordinary backward pass calls on its Node. The whole text of
each is in `call.source` and `backward.source`. What the fast way can't do it leaves to
`Op.general`, which tells the same story in ordinary Python.

Building takes half a millisecond, and a program uses few of the operations that there are: so
both begin as functions that build, and become what they have built.
"""

from __future__ import annotations

from types import FunctionType

import numpy as np

from rushlight.autograd.saved import raise_modified
from rushlight.autograd.tape import (
    INFERENCE,
    UNSAVED,
    gradient_edge,
    inference_blocks,
    modes,
    next_sequence_number,
)
from rushlight.explain.provenance import here
from rushlight.ops.shapes import expand_array, kept_shape, sum_array_to
from rushlight.tensor import Tensor, as_array

float32 = np.dtype(np.float32)
float64 = np.dtype(np.float64)


REQUIRED = object()
_NUMBERS: dict = {float32: {}, float64: {}}


def number_array(value, array_dtype):
    """A Python number as what NumPy multiplies fastest: a cached 0-d array, for float32 and 64."""
    known = _NUMBERS.get(array_dtype)
    if known is None:
        return value
    array = known.get(value)
    if array is None:
        array = np.asarray(value, array_dtype)
        # 0.0 and -0.0 are equal keys; the bound keeps a program of many numbers from piling up
        if value != 0 and len(known) < 4096:
            known[value] = array
    return array


#: the names that built code uses: it runs in this namespace
_names = {
    "__name__": __name__,  # by which the filter of NumPy's warnings knows it
    "Tensor": Tensor,
    "INFERENCE": INFERENCE,
    "UNSAVED": UNSAVED,
    "as_array": as_array,
    "expand_array": expand_array,
    "float32": float32,
    "float64": float64,
    "gradient_edge": gradient_edge,
    "here": here,
    "kept_shape": kept_shape,
    "modes": modes,
    "ndarray": np.ndarray,
    "new_tensor": object.__new__,
    "next_sequence_number": next_sequence_number,
    "number_array": number_array,
    "raise_modified": raise_modified,
    "sum_array_to": sum_array_to,
    "zeros": np.zeros,
    # how many things watch operations (transforms, hooks, modes): if any, all go the general way
    "intercepted": 0,
}


def intercept(change):
    """Send all calls the general way while something watches: +1 when it begins, -1 at its end."""
    _names["intercepted"] += change


def is_intercepted(besides=0):
    """Whether something watches operations, besides so many that are known."""
    return _names["intercepted"] > besides


def only_inference():
    """Whether nothing watches but inference mode, and in this thread."""
    return modes.inference and _names["intercepted"] == inference_blocks[0]


def forget_kernel(error):
    """Take what NumPy said of a call out of an error: `Op.general` says it in PyTorch's words."""
    numpys = error.__context__
    if numpys is not None and numpys.__traceback__ is not None:
        if numpys.__traceback__.tb_frame.f_code.co_filename.startswith("<operation "):
            error.__context__ = numpys.__context__


def sum_to(gradient, shape):
    """The sum of a broadcast gradient over what broadcasting added; on arrays and on Tensors."""
    if tuple(gradient.shape) == shape:
        return gradient
    if isinstance(gradient, Tensor):
        return gradient.sum_to_size(shape)
    return sum_array_to(gradient, shape)


def expand_to(gradient, shape):
    """A gradient broadcast to `shape`; on arrays and on Tensors."""
    if tuple(gradient.shape) == shape:
        return gradient
    return gradient.expand(shape) if isinstance(gradient, Tensor) else expand_array(gradient, shape)


#: what asks a ufunc for an array also where the result is 0-d, instead of a scalar
_OUT = ", out=..." if np.lib.NumpyVersion(np.__version__) >= "2.3.0" else ""

# The public function ------------------------------------------------------------------------------


def build_call(op):
    """The public function of an operation."""
    call = FunctionType(_first_call.__code__, _names, op.function.__name__)
    call.__kwdefaults__ = {"_op": op}
    call.__wrapped__ = op.function
    call.__doc__ = op.function.__doc__
    call.__module__ = op.function.__module__
    call.__qualname__ = op.function.__qualname__
    call.__annotations__ = op.function.__annotations__
    return call


def _first_call(*args, _op, **kwargs):
    give_code(_op)
    return _op.body(*args, **kwargs)


def give_code(op):
    """Turn the public function of an operation into what it is to be."""
    label = op.function.__name__
    while f"op_{label}" in _names:  # `cat` is an operation for each number of tensors
        label += "_"
    _names[f"op_{label}"] = op
    _names[f"kernel_{label}"] = op.kernel
    _names[f"fused_{label}"] = op.fused
    _names[f"node_class_{label}"] = op.node_class
    source = "\n".join(_call_source(op, label))
    built: dict = {}
    exec(compile(source, f"<operation {op.name}>", "exec"), _names, built)
    made = built[op.function.__name__]
    op.call.source = source
    op.body.__defaults__ = made.__defaults__
    # another thread may be in `_first_call`, and the code comes last
    op.body.__kwdefaults__ = {"_op": op, **(made.__kwdefaults__ or {})}
    op.body.__code__ = made.__code__


_names["give_code"] = give_code


def _call_source(op, label):
    arguments = ", ".join(op.arrays)
    options = ", ".join(f"{name}={name}" for name in op.options)
    out = "out" if op.takes_out else "None"
    general = f"return op_{label}.general(({arguments},), dict({options}), {out})"
    yield f"def {op.function.__name__}({_parameters(op)}):"
    yield f"    if intercepted{' or out is not None' if op.takes_out else ''}:"
    yield f"        {general.replace('.general(', '.watched(')}"
    if op.outputs is None:
        yield from _fast_source(op, label, general, _kernel_source)
    else:
        yield f"    {general}"


def build_inference_call(op):
    """What the public function does in inference mode: nothing is recorded or counted."""
    return _build_variant(op, "inference", "general", _kernel_source, recording=False)


def build_layer_call(op, kernel):
    """What records a call in a layer, whose `kernel` calls the operation on what lies below."""
    name = f"layered_{_label_of(op)}"
    _names[name] = kernel
    kernel_source = lambda op, label, arguments, options: f"{name}({arguments}{options})"
    return _build_variant(op, "layer call", "in_layer", kernel_source, recording=True)


def _label_of(op):
    return next(name for name, value in _names.items() if value is op).removeprefix("op_")


def _build_variant(op, title, otherwise, kernel_source, recording):
    """Straight-line code for `op(...)`; what it can't do it leaves to `op.<otherwise>`."""
    label = _label_of(op)
    options = ", ".join(f"{name}={name}" for name in op.options)
    general = f"return op_{label}.{otherwise}(({', '.join(op.arrays)},), dict({options}))"
    source = _fast_source(op, label, general, kernel_source, recording)
    lines = [f"def call({_parameters(op)}):", *source]
    built: dict = {}
    exec(compile("\n".join(lines), f"<{title} of {op.name}>", "exec"), _names, built)
    return built["call"]


def _parameters(op):
    arrays = [f"{n}=None" if n in op.optional_arrays else n for n in op.arrays]
    options = [
        n if default is REQUIRED else f"{n}={default!r}" for n, default in op.options.items()
    ]
    if op.optional_arrays and any("=" not in o for o in options):
        options.insert(0, "*")
    if op.takes_out:
        options += ["out=None"] if "*" in options else ["*", "out=None"]
    return ", ".join(arrays + options)


def _varies(op, name):
    """Whether an argument may be something else than a Tensor: a number, or None."""
    return name in op.optional_arrays or (name in op.numbers and name != op.arrays[0])


def _flag(op, name):
    """Source that says whether an argument requires grad."""
    return f"{name}_grad" if _varies(op, name) else f"{name}._requires_grad"


def _asks_for_array(op):
    """Whether the kernel is a ufunc that is asked for an array, so that no scalar comes of it."""
    return bool(_OUT and op.ufunc and not op.options)


def _kernel_source(op, label, arguments, options):
    """Source that computes the result: by the kernel, or by native code of it for large arrays."""
    out = _OUT if _asks_for_array(op) else ""
    call = f"kernel_{label}({arguments}{options}{out})"
    if not op.fused:
        return call
    native = f"fused_{label}({arguments}{options})"
    return f"{call} if {op.arrays[0]}_array.size < {op.least} else {native}"


def _fast_source(op, label, general, kernel_source, recording=True):
    first = op.arrays[0]
    yield "    try:"
    for name in op.arrays:
        yield from _unwrap_source(op, name, general)
        if name == first and kernel_source is _kernel_source:
            yield f"        if {name}_array.__class__ is not ndarray:"
            yield f"            {general}"  # sooner than NumPy would refuse it
    kinds = op.refuses[0] if op.refuses else ""
    if op.result is None and not op.is_view:
        kinds += "V"  # bfloat16 is computed in float32
    if kinds:
        yield f"        if ({first}_dtype is not float32 and {first}_dtype is not float64"
        yield f"                and {first}_dtype.kind in {kinds!r}):"
        yield f"            {general}"
    if op.is_view:
        yield f"        counter = {first}._counter"
        yield "        version = counter[0]"
    arrays = ", ".join(f"{name}_array" for name in op.arrays)
    options = "".join(f", {name}={name}" for name in op.options)
    yield f"        result = {kernel_source(op, label, arrays, options)}"
    yield "    except Exception:"
    yield f"        {general}"
    if not (_asks_for_array(op) and kernel_source is _kernel_source):
        yield "    if result.__class__ is not ndarray:"
        yield "        result = as_array(result)"
    if op.ordered and kernel_source is _kernel_source:
        yield "    if result.ndim > 1 and not result.flags.c_contiguous:"
        yield f"        result = op_{label}.ordered(result)"
    if op.result in ("same", "float"):
        yield f"    if result.dtype is not {first}_dtype:"
        yield f"        {general}"
    yield from _wrap_source(op, label, recording)
    if op.rules and recording:
        yield from _record_source(op, label, general)
    yield "    return output"


def _unwrap_source(op, name, general):
    first = op.arrays[0]
    indent = "        "
    if _varies(op, name):
        if name in op.optional_arrays:
            yield f"{indent}if {name} is None:"
            yield f"{indent}    {name}_array = None"
        else:
            yield f"{indent}kind = {name}.__class__"
            bools = " or kind is bool" if op.counts_bools else ""
            yield f"{indent}if kind is float or kind is int{bools}:"
            yield f"{indent}    {name}_array = number_array({name}, {first}_dtype)"
        yield f"{indent}    {name}_grad = False"
        yield f"{indent}    {name}_counter = UNSAVED"
        yield f"{indent}else:"
        indent += "    "
        yield f"{indent}{name}_grad = {name}._requires_grad"
        yield f"{indent}{name}_counter = {name}._counter"
    yield f"{indent}{name}_array = {name}._array"
    if name == first:
        yield f"{indent}{first}_dtype = {first}_array.dtype"
    elif op.promotes:
        yield f"{indent}if {name}_array.dtype is not {first}_dtype:"
        yield f"{indent}    {general}"


def _wrap_source(op, label, recording):
    yield "    output = new_tensor(Tensor)"
    yield "    output._array = result"
    yield "    output._node = output._grad = output._hooks = None"
    if op.is_view:
        first = op.arrays[0]
        yield "    output._counter = counter"
        if op.rules:
            yield f"    output._base = base = {first} if {first}._base is None else {first}._base"
            yield "    base._view_version = -1"  # it has views
            yield "    output._requires_grad = base._requires_grad"
        else:
            yield "    output._requires_grad = False"
            yield "    output._base = None"  # it shares memory, but is no view to the tape
        values = "".join(f"{name}, " for name in op.options)
        yield f"    output._replay = ({first}, op_{label}, ({values}))"
        yield "    output._view_version = version"
        inherited = f"None if {first}._base is None else {first}._creation"
        creation = f"({inherited}) if modes.grad_enabled else 'no_grad'"
        creation = creation if recording else "'inference'"
        yield f"    output._creation = {creation}"
    else:
        yield "    output._requires_grad = False"
        yield "    output._base = None"
        yield f"    output._counter = {'[0]' if recording else 'INFERENCE'}"


def _record_source(op, label, general):
    flags = {name: _flag(op, name) for name in op.rules}
    same = op.result in ("same", "float") and op.arrays[0] in op.rules
    dtype = f"{op.arrays[0]}_dtype" if same else "result.dtype"
    yield f"    if ({' or '.join(flags.values())}) and modes.grad_enabled:"
    yield f"        if {dtype} is not float32 and {dtype} is not float64:"
    yield f"            {general}"
    yield "        output._requires_grad = True"
    node_class = f"node_class_{label}"
    if not isinstance(op.node_names, str):
        wanted = [f"{name}={name}_array" for name in op.node_arrays]
        options = ", ".join(wanted + [f"{name}={name}" for name in op.options])
        node_class = f"op_{label}.node_class_named(op_{label}.node_names({options}))"
    yield f"        output._node = node = {node_class}()"
    yield f"        node.edges = ({''.join(_edge_source(op, n, flags) for n in op.arrays)})"
    # after the edges: asking for them may put a view anew on the tape
    yield "        node.seq = next_sequence_number()"
    yield "        node.line = here[0]"
    yield "        node.hooks = None"
    yield f"        node.saved = ({''.join(_saved_source(op, flags))})"
    yield f"        node.guards = ({''.join(_guards_source(op, flags))})"


def _edge_source(op, name, flags):
    if name not in flags:
        return "None, "
    edge = f"(({name}._node or {name}) if {name}._base is None else gradient_edge({name}))"
    return f"{edge}, " if len(op.arrays) == 1 else f"{edge} if {flags[name]} else None, "


def _unless_unwanted(rules, flags, otherwise="None"):
    """Source that replaces a saved value where none of the rules that name it is wanted."""
    if len(rules) == len(flags):
        return ""
    return f" if {' or '.join(flags[rule] for rule in rules)} else {otherwise}"


def _saved_source(op, flags):
    for name, rules in op.saved_for.items():
        if name in op.arrays:
            yield f"{name}_array{_unless_unwanted(rules, flags)}, "
        elif name == "out":
            yield f"result{_unless_unwanted(rules, flags)}, "
        elif name in op.options:
            yield f"{name}, "
        elif name == "shapes":
            yield _shapes_source(op, flags)
        else:
            yield f"{name.removesuffix('_shape')}_array.shape, "


def _shapes_source(op, flags):
    differs = " or ".join(
        f"({flag} and {n}_array.shape != result.shape)" for n, flag in flags.items()
    )
    # a number has no shape, and needs none
    shapes = "".join(
        f"{n}_array.shape if {flag} else (), " if _varies(op, n) else f"{n}_array.shape, "
        for n, flag in flags.items()
    )
    return f"({shapes}) if {differs} else None, "


def _guards_source(op, flags):
    for name in op.saved_arrays:
        if name == "out":
            yield f"output._counter{_unless_unwanted(op.saved_for[name], flags, 'UNSAVED')}, 0, "
        else:
            counter = f"{name}_counter" if _varies(op, name) else f"{name}._counter"
            rules = op.saved_for[name]
            if len(rules) == len(flags):
                yield f"{counter}, {counter}[0], "
            else:
                wanted = " or ".join(flags[r] for r in rules)
                yield f"{counter} if {wanted} else UNSAVED, {counter}[0] if {wanted} else 0, "


# What an ordinary backward pass calls -------------------------------------------------------------


def first_backward(node, gradient, edges):
    """Build the derivative of the Node's operation, and call it."""
    op = node.op
    op.backward = build_backward(op, [bind_to_kernels(rule) for rule in _array_rules(op).values()])
    for node_class in op.node_classes():
        if node_class.backward is first_backward:
            node_class.backward = op.backward
    return op.backward(node, gradient, edges)


def _array_rules(op):
    """The rules by the names of the arguments; and the one of all `together`, if there is one."""
    return op.rules | ({"together": op.together} if op.together else {})


def build_backward(op, rules):
    """Gradients on arrays: `backward(node, g, edges)`, from rules bound to kernels."""
    source = "\n".join(_backward_source(op))
    built: dict = {}
    exec(compile(source, f"<derivative of {op.name}>", "exec"), _names, built)
    fused = map(op.fuses, rules) if op.fused else ()
    backward = built["declare"](*rules, *fused)
    backward.source = source
    return backward


def _backward_source(op):
    rules = [f"d_{name}" for name in _array_rules(op)]
    fused = [f"fused_{name}" for name in _array_rules(op) if op.fused]
    yield f"def declare({', '.join(rules + fused)}):"
    yield "    def backward(node, g, edges):"
    if op.saved_names:
        yield f"        {', '.join(op.saved_names)}, = node.saved"
    if op.saved_arrays:
        pairs = [(f"counter{i}", f"version{i}") for i in range(len(op.saved_arrays))]
        yield f"        {', '.join(f'{c}, {v}' for c, v in pairs)}, = node.guards"
        yield f"        if {' or '.join(f'{c}[0] != {v}' for c, v in pairs)}:"
        yield "            raise_modified(node)"
    if op.outputs is not None:
        yield from _gradients_source(op)
    if "keepdim" in op.saved_names:
        yield "        kept = kept_shape(input_shape, dim)"
        for name in ("g", "out") if "out" in op.saved_names else ("g",):
            yield f"        if {name}.shape != kept:"
            yield f"            {name} = {name}.reshape(kept)"
    if op.together:
        wanted = [f"edges[{i}] is not None" for i in range(len(op.arrays))]
        yield f"        if {' and '.join(wanted)}:"
        yield f"            return {_rule_call(op, 'together')}"
    results = []
    for i, name in enumerate(op.arrays):
        results.append(f"g_{name}" if name in op.rules else "None")
        if name in op.rules:
            yield from _rule_source(op, name, i)
    yield f"        return {', '.join(results)},"
    yield "    return backward"


def _gradients_source(op):
    """Source that names the gradients of several outputs; zeros where there are none."""
    yield f"        {', '.join(f'g_{name}' for name in op.outputs)}, = g"
    for i, name in enumerate(op.outputs):
        yield f"        if g_{name} is None:"
        yield f"            g_{name} = zeros(*node.outputs[{i}])"


def _rule_call(op, name):
    """Source that calls a rule, or native code of it for large arrays."""
    first = "g" if op.outputs is None else f"g_{op.outputs[0]}"
    rule = f"d_{name}"
    if op.fused:
        rule = f"(d_{name} if {first}.size < {op.least} else fused_{name})"
    return f"{rule}({', '.join(op.rule_parameters[name])})"


def _rule_source(op, name, position):
    rule = _rule_call(op, name)
    only = len(op.arrays) == 1
    indent = "        " if only else "            "
    if not only:
        yield f"        g_{name} = None"
        yield f"        if edges[{position}] is not None:"
    yield f"{indent}g_{name} = {rule}"
    if "keepdim" in op.saved_names:
        yield f"{indent}g_{name} = expand_array(g_{name}, input_shape)"
    elif "shapes" in op.saved_names:
        yield f"{indent}if shapes is not None:"
        yield f"{indent}    shape = shapes[{list(op.rules).index(name)}]"
        yield f"{indent}    if g_{name}.shape != shape:"
        yield f"{indent}        g_{name} = sum_array_to(g_{name}, shape)"


# Rules on arrays ----------------------------------------------------------------------------------

_kernel_names: dict = {}
#: modules whose functions serve arrays and Tensors as they are
_MECHANISM = {f"rushlight.ops.{name}" for name in ("fast", "op", "shapes")}


def bind_to_kernels(rule):
    """The same rule, with every operation that it names replaced by that operation's kernel."""
    names = kernel_names(rule.__globals__)
    bound = FunctionType(rule.__code__, names, rule.__name__, rule.__defaults__, rule.__closure__)
    bound.__kwdefaults__ = rule.__kwdefaults__
    return bound


def kernel_names(namespace):
    """The names of a module, as rules on arrays see them; made when first asked for."""
    names = _kernel_names.get(id(namespace))
    if names is None:
        names = _kernel_names[id(namespace)] = {"__builtins__": __builtins__}
        for name, value in list(namespace.items()):
            names[name] = _on_arrays(value)
    return names


def _on_arrays(value):
    if isinstance(value, FunctionType):
        if hasattr(value, "op"):
            return value.op.kernel
        module = value.__module__
        if module.startswith("rushlight.ops.") and module not in _MECHANISM:
            return bind_to_kernels(value)
    return value
