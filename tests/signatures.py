"""The signatures of PyTorch's functions and methods, which messages about arguments go by.

`python -m tests.signatures` reads them from the stubs of the installed PyTorch and writes
`rushlight/explain/signatures.txt`, a line for each function: its name and its forms, separated by
"|". A method has a line of its own, `.name`, where it isn't the function without its first argument.
"""

import ast
import pathlib
import re

import torch

import rushlight as rl

TABLE = pathlib.Path(rl.__file__).parent / "explain" / "signatures.txt"
STUBS = pathlib.Path(torch.__file__).parent / "_C"

#: what the stubs say of an argument, and what the table says
KINDS = {
    "Tensor": "Tensor",
    "Tensor | Number": "TensorOrNumber",
    "Tensor | _int": "TensorOrNumber",
    "Number": "Number",
    "_int": "int",
    "_bool": "bool",
    "_float": "float",
    "_int | Sequence[_int]": "ints1",
    "Sequence[_int]": "ints",
    "_size": "ints",
    "_int | _size": "ints1",
    "tuple[Tensor, ...] | list[Tensor]": "Tensors",
    "Tensor | tuple[Tensor, ...] | list[Tensor]": "Tensors",
    "tuple[Tensor | None, ...] | list[Tensor | None]": "OptionalTensors",
    "_dtype": "dtype",
    "DeviceLikeType": "device",
    "_layout": "layout",
    "memory_format": "memory_format",
    "Generator": "Generator",
    "str": "str",
    "Sequence[Number]": "Numbers",
    "Sequence[_float]": "floats",
}
#: what functions that make tensors take, in short
OPTIONS = (
    "dtype? dtype=None, layout? layout=None, device? device=None, bool? pin_memory=False, "
    "bool? requires_grad=False"
)
NEW = "dtype? dtype=None, device? device=None, bool requires_grad=False, bool pin_memory=False"
TWO_FORMS = "Tensor input, Tensor other, *, Tensor? out=None | Tensor input, Number other"
METHOD_DIVISIONS = "TensorOrNumber other | TensorOrNumber other, *, str? rounding_mode | Number other, *, str? rounding_mode"
DIVISIONS = (
    "TensorOrNumber input, TensorOrNumber other, *, Tensor? out=None | "
    "TensorOrNumber input, TensorOrNumber other, *, str? rounding_mode, Tensor? out=None | "
    "TensorOrNumber input, Number other, *, str? rounding_mode"
)
#: where the stubs say less than the parser knows
BY_HAND = {
    "arange": "Number end, *, Tensor? out=None, OPTIONS | Number start, Number end, *, OPTIONS | "
    "Number start, Number end, Number step=1, *, Tensor? out=None, OPTIONS",
    "full": "ints size, Number fill_value, *, Tensor? out=None, OPTIONS",
    ".set_": " | storage source | storage source, int storage_offset, ints size, ints stride=() | "
    "Tensor source | Tensor source, int storage_offset, ints size, ints stride=()",
    ".size": " | int dim",
    ".stride": " | int dim",
    ".cpu": "*, memory_format memory_format=torch.preserve_format",
    ".contiguous": "*, memory_format memory_format=torch.contiguous_format",
    ".is_contiguous": "*, memory_format memory_format=torch.contiguous_format",
    ".new_tensor": f"object data, *, {NEW}",
    ".new_ones": "ints size, *, OPTIONS",
    ".requires_grad_": "bool requires_grad=True",
    ".nonzero": " | *, bool as_tuple",
    "as_tensor": "object data, *, dtype? dtype=None, device? device=None",
    "bucketize": "Tensor input, Tensor boundaries, *, bool out_int32=False, bool right=False, "
    "Tensor? out=None | Number self, Tensor boundaries, *, bool out_int32=False, bool right=False",
    ".copy_": "TensorOrNumber other, bool non_blocking=False",
    "can_cast": "dtype from_, dtype to",
    "tensor": f"object data, *, {NEW}",
    **dict.fromkeys(("div", "divide"), DIVISIONS),
    **dict.fromkeys((".div", ".divide", ".div_", ".divide_"), METHOD_DIVISIONS),
    **dict.fromkeys(("floor_divide", "true_divide", "multiply"), TWO_FORMS),
    **dict.fromkeys(
        (".floor_divide", ".true_divide", ".floor_divide_", ".true_divide_"),
        "Tensor other | Number other",
    ),
}
#: what is no function of the parser's, though the stubs have it
NOT_PARSED = {
    "sparse_coo_tensor",
    "spmm",
    "set_flush_denormal",
    ".cuda",
    ".to",
    ".type",
    ".new",
    ".numpy",
    ".apply_",
    ".map_",
    ".as_subclass",
    "from_numpy",
}


def kind(annotation):
    """The kind of an argument, with a question mark if None is taken too."""
    text = ast.unparse(annotation) if annotation else "object"
    text = re.sub(r" \| (_complex|(torch\.)?Sym(Int|Float))\b", "", text).replace("torch.", "")
    optional = "?" if text.endswith(" | None") else ""
    return KINDS.get(text.removesuffix(" | None"), "object") + optional


def form(arguments, method):
    """One form of a function, as the table has it; None for what the parser does by itself."""
    if arguments.vararg:
        return None
    defaults = [None] * (len(arguments.args) - len(arguments.defaults)) + arguments.defaults
    positional = list(zip(arguments.args, defaults, strict=True))[method:]
    parts = [part(*each) for each in positional]
    if arguments.kwonlyargs:
        keyword = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        parts += ["*", *(part(*each) for each in keyword)]
    text = ", ".join(parts).replace(OPTIONS, "OPTIONS")
    text = text.replace("ints1 dim=()", "ints1? dim=()")
    return text.replace(", Tensor? out=None", "").removesuffix(", *") if method else text


def part(argument, default):
    shown = "" if default is None else "=" + ast.unparse(default).replace(", ", ",")
    return f"{kind(argument.annotation)} {argument.arg.rstrip('_')}{shown}"


def forms(body, method):
    """All forms by name, in the order of the stubs."""
    found = {}
    for node in body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            made = form(node.args, method)
            if made is not None and made not in found.setdefault(node.name, []):
                found[node.name].append(made)
    return {name: shown_and_hidden(each) for name, each in found.items()}


def shown_and_hidden(found):
    """Without what the stubs add by hand; deprecated forms begin with an exclamation mark."""
    if any("OPTIONS" in each for each in found):
        found = [each for each in found if NEW not in each]
    if len(found) > 1:
        found = ["!" * ("Tensor self" in each) + each for each in found]
    return [e if e[:1] == "!" else e.replace("Tensor self", "Tensor input") for e in found]


def of_method(function_forms):
    """The forms of the method that goes with a function."""
    made = [re.sub(r", Tensors?\?? out=None$", "", f) for f in function_forms if f[:1] != "!"]
    made = [re.sub(r"^Tensor(OrNumber)? input(, )?", "", f) for f in made]
    return [f.removesuffix("*").removesuffix(", ") for f in made]


def hidden(function_forms):
    """The deprecated forms of the method that goes with a function."""
    return [
        re.sub(r"(, )?Tensor self", "", f, count=1).replace("!, ", "!")
        for f in function_forms
        if f[:1] == "!"
    ]


def is_of_python(name):
    """Whether PyTorch's parser doesn't see to the arguments of what goes by this name here."""
    layer = getattr(torch.nn.functional, name, None)
    ours = getattr(rl.nn.functional, name, None)
    shared = ours is not None and ours is getattr(rl, name)
    return name in torch.functional.__all__ or (shared and layer is not getattr(torch, name))


def table():
    """The text of the table."""
    functions = forms(ast.parse((STUBS / "_VariableFunctions.pyi").read_text()).body, False)
    stubs = ast.parse((STUBS / "__init__.pyi").read_text()).body
    base = next(n for n in stubs if isinstance(n, ast.ClassDef) and n.name == "TensorBase")
    methods = forms(base.body, True)
    lines = {}
    for name, found in functions.items():
        if hasattr(rl, name) and not is_of_python(name):
            lines[name] = " | ".join(found)
    for name, found in methods.items():
        if hasattr(rl.Tensor, name) and name not in torch.Tensor.__dict__:
            function = functions.get(name, functions.get(name.removesuffix("_"), []))
            if of_method(function) != found or hidden(function):
                lines[f".{name}"] = " | ".join([*found, *hidden(function)])
    lines |= BY_HAND
    kept = sorted(lines.keys() - NOT_PARSED)
    return "".join(f"{name} {lines[name]}\n" for name in kept)


if __name__ == "__main__":
    TABLE.write_text(table())
