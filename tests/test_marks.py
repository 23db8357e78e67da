"""Marked programs behave as they were written, and operations know the lines that ran them."""

import ast
import builtins
import inspect
import json
import linecache
import sys
import traceback
from importlib.machinery import SourceFileLoader

import pytest

import rushlight as rl
from rushlight.explain import provenance, source
from rushlight.runner import marks


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.setattr(builtins, marks.NAME, provenance.here, raising=False)
    yield
    provenance.here[0] = 0


def run(source, marked=True, filename="<marked>", **names):
    linecache.cache[filename] = len(source), None, source.splitlines(True), filename
    code = marks.compile_marked(source, filename) if marked else compile(source, filename, "exec")
    names.update(torch=rl, __name__="program")
    exec(code, names)
    return names


def lines_of(tensor):
    """(name of Node, line) from a tensor back to the leaf, first inputs first."""
    node, found = tensor.grad_fn, []
    while node is not None and hasattr(node, "line"):
        found.append((node.name().partition("Backward")[0], provenance.lines[node.line][1]))
        node = node.next_functions[0][0]
    return found


CALLS = """
def double(v):
    u = v * 2
    return u

class Net(torch.nn.Module):
    def forward(self, x):
        h = torch.relu(double(x))
        return double(h) - 1

x = torch.ones(2, requires_grad=True)
model = torch.nn.Sequential(Net(), torch.nn.Tanh())
y = (model(x) +
     1).exp()
f = lambda a: a.sin()
z = f(y)
k = 0
while k < 1 and double(z).sum() > k: k += 1
w = z / double(z)
"""


def test_operations_know_their_lines():
    names = run(CALLS)
    assert lines_of(names["w"])[:3] == [("Div", 19), ("Sin", 15), ("Exp", 13)]
    expected = [("Add", 13), ("Tanh", 13), ("Sub", 9), ("Mul", 3), ("Relu", 8), ("Mul", 3)]
    assert lines_of(names["w"])[3:] == expected


PROGRAMS = {
    "docstring and future import": '''
"""What it does."""
from __future__ import annotations
def f(a: g(1), b: int = len("ab")) -> h(2):
    """Doc."""
    return a + b
result = __doc__, f.__doc__, f.__annotations__, f(1)
''',
    "names in scope": """
import inspect
import json
def f(a, *args, k=len("x"), **rest):
    b = a + len(args)
    return sorted(locals()), sorted(inspect.currentframe().f_locals)
class A:
    x = len("abc")
    __y = max(1, 2)
    def m(self):
        return super().__repr__()[:3], __class__.__name__, self.__y
result = f(1, 2), sorted(n for n in vars(A) if n[:2] != "__"), A().m(), sorted(set(globals()) - {"torch"})
""",
    "control flow": """
out = []
def gen(n):
    for i in range(n):
        got = yield str(i).join("ab")
        if got: out.append(got * 2)
        elif i > 1: out.append(-i)
        else: out.append(i + 1)
    return n * 2
def both():
    result = yield from gen(3)
    out.append(result)
items = list(both())
try:
    {}["k" + "1"]
except KeyError as error:
    out.append(str(error))
else:
    out.append(1)
finally:
    out.append(len(out))
while (n := len(out)) < 9:
    out.append(n - 1)
    if n == 7: break
else:
    out.append("no")
match (1, "a" + "b"):
    case (int(x), str() as y) if x + 1 > len(y) - 2:
        out.append((x, y))
@(lambda g: lambda *a: g(*a) + 1)
def h(a): return (lambda b=a + 1: b * 2)()
squares = {i: [j ** 2 for j in range(i) if j % 2 == abs(1)] for i in range(4)}
a, (b, *c) = str(1), [h(2), *map(abs, [-1, -2])]
d = e = [0, h(1)]
d[len("a")] += h(3)
text = f"{h(1)!r:>4} {len(text0)=}" if (text0 := "t" * 3) else ""
result = out, items, squares, a, b, c, e, text, [*(x + 1 for x in map(abs, range(3)))]
""",
    "async": """
import asyncio
class C:
    async def __aenter__(self): return await asyncio.sleep(0, 1 + 1)
    async def __aexit__(self, *e): pass
async def many():
    for i in range(3):
        yield await asyncio.sleep(0, i * 2)
async def main():
    async with C() as c:
        return [c + v async for v in many()] + [abs(await asyncio.sleep(0, -3)) + 1]
result = asyncio.run(main())
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_marked_programs_behave_the_same(name):
    expected = run(PROGRAMS[name], marked=False)["result"]
    assert run(PROGRAMS[name])["result"] == expected


ERRORS = [
    "def f(x):\n    return g(1) + h(\n        x, 0)\ndef g(a): return a\ndef h(a, b):\n    return a / b\nf(3)\n",
    "class A:\n    def __init__(self):\n        self.x = undefined(self)\nvalues = [A() for _ in 'ab']\n",
    "a = [1]\nb = a[len(a)] + a[0].missing()\n",
    "def gen():\n    yield abs(1)\n    yield 1 / abs(0)\nlist(gen())\n",
    "try:\n    int('x' * 2)\nexcept ValueError as e:\n    raise KeyError(str(e)) from e\n",
    "assert len('a') == 2, 'text'\n",
    "(lambda: max(1, 2) / (1 - 1))()\n",
    "x = 1\nwhile x + 1 > 0:\n    x = x - 1\n    del y\n",
]


def shown(source, marked):
    try:
        run(source, marked, "<shown>")
    except Exception as error:
        trace = error.__traceback__.tb_next.tb_next
        return "".join(traceback.format_exception(type(error), error, trace))


@pytest.mark.parametrize("source", ERRORS)
def test_tracebacks_are_exact(source):
    assert shown(source, True) == shown(source, False) is not None


def test_line_events_are_those_of_the_program():
    """A debugger stops on the same lines, as often."""

    def steps(marked):
        import sys

        found = []

        def trace(frame, event, argument):
            if frame.f_code.co_filename != "<steps>":
                return None
            found.append((event, frame.f_lineno))
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            run(PROGRAMS["control flow"], marked, "<steps>")
        finally:
            sys.settrace(before)
        return found

    assert steps(True) == steps(False)


def test_source_and_positions():
    names = run(CALLS, filename="<source>")
    assert inspect.getsource(names["double"]).startswith("def double")
    tree = marks.Marker("<tree>").visit(ast.parse(CALLS))
    assert all(n.lineno <= 19 for n in ast.walk(tree) if hasattr(n, "lineno"))


def test_too_deep_expressions_run_unmarked():
    source = "x = " + "+".join(["abs(1)"] * 700) + "\n"
    names: dict = {"__builtins__": builtins}
    try:
        exec(compile(source, "<deep>", "exec"), {"__builtins__": builtins})
    except RecursionError:
        pytest.skip("this Python can't compile it at all")
    exec(marks.compile_marked(source, "<deep>"), names)
    assert names["x"] == 700


def test_the_finder_knows_libraries_before_it_is_asked(monkeypatch):
    """Finding them imports modules; in Python 3.13 that failed when the finder itself did it."""
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    source.library_directories.cache_clear()
    marks.install()
    assert source.library_directories.cache_info().currsize == 1


def test_modules_of_packages_are_found_once_and_left_as_they_are(tmp_path):
    (tmp_path / "own_module.py").write_text("x = 1\n")
    assert marks.MarkingFinder.find_spec("no_such_module_anywhere") is None
    found = marks.MarkingFinder.find_spec("json.decoder", json.__path__)
    assert type(found.loader) is SourceFileLoader
    own = marks.MarkingFinder.find_spec("own_module", [str(tmp_path)])
    assert type(own.loader) is marks.MarkingLoader
