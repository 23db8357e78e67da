"""Small programs whose output is recorded, by topic, and what PyTorch prints for them.

A program says what it wants compared with `show(...)`, and `err(f)` for what may be refused. The
recording is made by `python -m tests.snippets`, where PyTorch is installed.
"""

from __future__ import annotations

import ast
import functools
import re
import warnings
from pathlib import Path

HERE = Path(__file__).parent

#: names of Nodes that differ: a view whose base was changed is viewed anew by its own operation
#: here, by strides there; a copy is a copy
_NAMES = [
    (r"'(AsStrided|Select|Slice|View|T|Transpose|Alias)Backward0'", "'VIEW'"),
    (r"<(AsStrided|Select|Slice|View|T|Transpose|Alias)Backward0 object", "<VIEW object"),
    (r"'(CopyBackwards|CloneBackward0)'", "'COPY'"),
    (r", which is output \d+ of \w+,", ""),
    (r"^AttributeError: .*", "AttributeError"),
    (r"0x[0-9a-f]+", "0x"),
    (r"<rushlight\.", "<torch."),
]


def programs(topic):
    """The programs of one file: (name, source)."""
    text = (HERE / f"{topic}.txt").read_text()
    parts = re.split(r"(?m)^### ", text)[1:]
    return [(name, body) for name, _, body in (part.partition("\n") for part in parts)]


def programs_like(*patterns):
    """The programs of all files with such names: (topic, name, source)."""
    topics = sorted(path.stem for pattern in patterns for path in HERE.glob(f"{pattern}.txt"))
    return [(topic, name, source) for topic in topics for name, source in programs(topic)]


def short(value):
    """How a test is named for a part of a program."""
    return value.partition("\n")[0][:30]


@functools.cache
def recorded(topic):
    """What PyTorch said: name -> lines."""
    text = (HERE / f"{topic}.expected").read_text()
    parts = re.split(r"(?m)^### ", text)[1:]
    pairs = (part.partition("\n") for part in parts)
    return {name: body.splitlines() for name, _, body in pairs}


#: what every line of a `*.lines` file may name
_NAMES_OF_LINES = """
import copy, math
import numpy as np
inf, nan = math.inf, math.nan
F, grad, Function, fwAD = (
    torch.nn.functional, torch.autograd.grad, torch.autograd.Function, torch.autograd.forward_ad
)
ints = [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64]
floats = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
complexes = [torch.complex64, torch.complex128]
every = [torch.bool, *ints, *floats, *complexes]
"""


def lines(topic):
    """The programs of a `*.lines` file: (the line, source).

    Each line is a program, which shows its last expression; lines that begin with a space belong to
    the one above. A line `### ...` is what the programs below it begin with.
    """
    setup, found = "", []
    for line in (HERE / f"{topic}.lines").read_text().splitlines():
        if line.startswith("### "):
            setup = line[4:]
        elif line.startswith(" "):
            found[-1] = found[-1][0], f"{found[-1][1]}\n{line if line[1] == ' ' else line[1:]}"
        else:
            found.append((setup, line))
    return [(line, f"{_NAMES_OF_LINES}{setup}\n{shown(line)}\n") for setup, line in found]


def shown(line):
    """A program that shows what its last expression is."""
    last = ast.parse(line).body[-1]
    if not isinstance(last, ast.Expr):
        return line
    expression = ast.get_source_segment(line, last)
    start = line.rindex(expression)
    if line[:start].endswith("("):  # a tuple in brackets begins before its first element
        return f"{line[: start - 1]}\nshow(({expression}))"
    return f"{line[:start].rstrip().rstrip(';')}\nshow({expression})"


def recorded_lines(topic):
    """What PyTorch said to each line, in order."""
    return (HERE / f"{topic}.lines.expected").read_text().splitlines()


def run_line(source, torch):
    """What a line shows, as one line."""
    torch.manual_seed(0)
    try:
        return " | ".join(run(source, torch)).replace("\n", "\\n")
    finally:
        torch.set_grad_enabled(True)
        torch.set_default_dtype(torch.float32)
        torch.set_printoptions(profile="default")


def run(source, torch):
    """What a program shows under this library, line by line."""
    lines = []

    def show(*values):
        shown = " ".join(str(form(value, torch)) for value in values)
        lines.append(shown.replace("\n", "\\n"))

    def err(function):
        try:
            show("noerror", function())
        except Exception as error:
            lines.append(f"{type(error).__name__}: {str(error).partition(chr(10))[0]}")

    def tried(function, *cases):
        """What the function returns for each case, or how it refuses it."""
        for case in cases:
            err(lambda case=case: function(*case) if type(case) is tuple else function(case))

    names = {"torch": torch, "show": show, "err": err, "tried": tried, "__name__": "snippet"}
    names.update(nn=torch.nn, F=torch.nn.functional, optim=torch.optim)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(compile(source, "snippet", "exec"), names)
        except Exception as error:
            words = re.sub(r"(expected one of:)\n.*", r"\1", str(error), flags=re.DOTALL)
            lines.append(f"ended by {type(error).__name__}: {words}")
    return [normal(line).replace("\n", "\\n") for line in lines]


def normal(line):
    for pattern, replacement in _NAMES:
        line = re.sub(pattern, replacement, line)
    return line.rstrip()


def form(value, torch):
    """A value in the form in which it is compared."""
    if isinstance(value, torch.Tensor):
        try:
            node = None if value.grad_fn is None else type(value.grad_fn).__name__
        except RuntimeError as error:
            node = f"ERR {str(error)[:80]}"
        elements = rounded(value.detach().tolist())
        return "T", str(value.dtype), tuple(value.shape), elements, value.requires_grad, node
    if isinstance(value, (tuple, list)):
        return f"{type(value).__name__}({', '.join(str(form(each, torch)) for each in value)})"
    return repr(value)


def rounded(elements):
    if isinstance(elements, list):
        return [rounded(each) for each in elements]
    return float(f"{elements:.4g}") if isinstance(elements, float) else elements


_NUMBER = re.compile(r"-?\b\d+\.?\d*(?:e[-+]?\d+)?")


def assert_alike(found, expected):
    """Lines are equal but for the names of Nodes and a unit of the last digit that is printed."""
    for one, other in zip(found, expected, strict=True):
        one, other = (re.sub(r"'\w+Backward\d*'\)", "'NODE')", line) for line in (one, other))
        if one == other:
            continue
        assert _NUMBER.sub("#", one) == _NUMBER.sub("#", other)
        for a, b in zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=True):
            assert abs(float(a) - float(b)) <= 1.01 * _unit(b), (one, other)


def _unit(text):
    """A unit of the last printed digit of a number, or what float32 rounds if that is more.

    >>> _unit("0.1234"), _unit("1.50e-03"), _unit("12")
    (0.0001, 1e-05, 2.4e-05)
    """
    digits, _, exponent = text.lower().partition("e")
    decimals = len(digits.partition(".")[2])
    unit = 10.0 ** (int(exponent or 0) - decimals) if "." in digits else 0.0
    return max(unit, 1e-5, 2e-6 * abs(float(text)))
