"""Marks in a program by which an explanation of an error knows the line of each operation.

The program's syntax tree gets one cheap store before each statement that computes something: the
number of its line, into a list that Rushlight's operations read (`provenance.here`). A call inside
a larger expression may run other lines of the program, so what follows it in the same statement is
marked again: `f(x) * y` becomes `(f(x), here.__setitem__(0, 7))[0] * y`. All marks carry the
positions of what they stand for, and none binds a name: tracebacks, `inspect`, debuggers and
`locals()` see the program as it was written. Threads share the list: of a program with several, a
line may be that of another thread.
"""

from __future__ import annotations

import ast
import builtins
import sys
from importlib.machinery import PathFinder, SourceFileLoader

from rushlight.explain import provenance
from rushlight.explain.source import is_library, library_directories
from rushlight.torch_function import have_all_ask

__all__ = ["compile_marked", "compiled", "install"]

#: the builtin name of the list; not mangled in classes
NAME = "__rushlight_here__"
#: modules whose functions run no lines of the program (or whose lines don't matter)
_QUIET = frozenset("torch F nn np math os sys random time plt".split())
_SILENT = (ast.Pass, ast.Break, ast.Continue, ast.Global, ast.Nonlocal, ast.Import, ast.ImportFrom)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def install() -> None:
    """Mark the modules that the program imports, too, if they are its own."""
    vars(builtins)[NAME] = provenance.here
    library_directories()  # now: finding them imports modules, which would ask the finder
    if MarkingFinder not in sys.meta_path:
        known = PathFinder in sys.meta_path
        place = sys.meta_path.index(PathFinder) if known else len(sys.meta_path)
        sys.meta_path.insert(place, MarkingFinder)


def compiled(source, filename):
    """The code of a program, as `compile` makes it, marked if marks are installed."""
    if MarkingFinder in sys.meta_path:
        return compile_marked(source, filename)
    return compile(source, filename, "exec", dont_inherit=True)


def compile_marked(source, filename):
    """The code of a program, marked; `SyntaxError` as from `compile`."""
    tree = compile(source, filename, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    try:
        marked = Marker(filename).visit(tree)
        return compile(marked, filename, "exec", dont_inherit=True)
    except RecursionError:  # an expression nested too deeply to be rewritten
        return compile(source, filename, "exec", dont_inherit=True)


class MarkingFinder:
    """Meta path finder for modules beside the program: not for those of packages or of Python.

    What it finds of those, it leaves as it is: nobody has to look for it again.
    """

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in ("rushlight", "torch", "numpy"):
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or type(spec.loader) is not SourceFileLoader:
            return spec
        if not (is_library(spec.origin) or provenance.is_ours(spec.origin)):
            spec.loader = MarkingLoader(spec.loader.name, spec.loader.path)
        return spec


class MarkingLoader(SourceFileLoader):
    """Loads a module marked; nothing of that is cached on disk."""

    def get_code(self, fullname):
        return compile_marked(self.get_data(self.path), self.path)


class Marker(ast.NodeTransformer):
    """Puts the marks into a syntax tree."""

    def __init__(self, filename):
        self.filename = filename
        self.numbers: dict[int, int] = {}
        self.line = 0

    def number(self, line):
        """The number of a line."""
        if line not in self.numbers:
            self.numbers[line] = len(provenance.lines)
            provenance.lines.append((self.filename, line))
        return self.numbers[line]

    def generic_visit(self, node):
        for field, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                setattr(node, field, [each for s in value for each in self.marked(s)])
            elif isinstance(value, list):
                value[:] = [self.visit(x) if isinstance(x, ast.AST) else x for x in value]
            elif isinstance(value, ast.AST):
                setattr(node, field, self.visit(value))
        return node

    def marked(self, statement):
        """A statement, with its mark before it if it computes anything."""
        self.line = statement.lineno
        if _computes(statement):
            place = ast.Subscript(_name(), ast.Constant(0), ast.Store())
            yield _at(statement, ast.Assign([place], ast.Constant(self.number(self.line))))
        yield self.visit(statement)

    # What is evaluated last in a statement needs no mark behind it

    def visit_Expr(self, node):
        return self.last(node)

    def visit_Return(self, node):
        return self.last(node)

    def visit_Assign(self, node):
        if all(isinstance(target, (ast.Name, ast.Tuple)) for target in node.targets):
            return self.last(node)
        return self.generic_visit(node)

    def last(self, statement):
        value = statement.value
        if isinstance(value, ast.Call):
            self.generic_visit(value)
        elif value is not None:
            statement.value = self.visit(value)
        return statement

    # What is no code of the statement itself

    def visit_AnnAssign(self, node):
        return self.last(node)

    def visit_FunctionDef(self, node):
        if node.name == "__torch_function__":  # of a class that may be no Tensor's
            have_all_ask()
        node.body = [each for s in node.body for each in self.marked(s)]
        return node

    visit_AsyncFunctionDef = visit_FunctionDef
    visit_ClassDef = visit_FunctionDef

    def visit_Lambda(self, node):
        body = self.visit(node.body)
        node.body = _chosen(node, [self.mark(node), body], 1)
        return node

    def visit_While(self, node):
        line = self.line
        node.test = _chosen(node.test, [self.mark(node.test), self.visit(node.test)], 1)
        node.body = [each for s in node.body for each in self.marked(s)]
        node.orelse = [each for s in node.orelse for each in self.marked(s)]
        self.line = line
        return node

    def visit_Call(self, node):
        line = self.line
        self.generic_visit(node)
        self.line = line
        return node if _is_quiet(node.func) else _chosen(node, [node, self.mark(node)], 0)

    def mark(self, node):
        """The expression that marks the line of the statement."""
        method = ast.Attribute(_name(), "__setitem__", ast.Load())
        return _at(
            node, ast.Call(method, [ast.Constant(0), ast.Constant(self.number(self.line))], [])
        )


def _name():
    return ast.Name(NAME, ast.Load())


def _chosen(node, parts, index):
    """`(part, part)[index]`, where `node` is."""
    several = ast.Tuple(parts, ast.Load())
    return _at(node, ast.Subscript(several, ast.Constant(index), ast.Load()))


def _at(node, made):
    """`made` with the position of `node`, and its parts that have none too."""
    for each in ast.walk(made):
        if not hasattr(each, "lineno") and "lineno" in each._attributes:
            ast.copy_location(each, node)
    return made


def _computes(statement):
    """Whether anything may be computed: a docstring or a future import must stay first."""
    if isinstance(statement, (*_SILENT, *_DEFINITIONS)):
        return False
    if not isinstance(getattr(statement, "value", None), ast.Constant):
        return True
    targets = getattr(statement, "targets", [])
    return isinstance(statement, ast.AugAssign) or any(
        isinstance(t, ast.Subscript) for t in targets
    )


def _is_quiet(function):
    """Whether a call runs no lines of the program: of builtins, of `torch.`, ..."""
    if isinstance(function, ast.Name):
        return hasattr(builtins, function.id)
    while isinstance(function, ast.Attribute):
        function = function.value
    return isinstance(function, ast.Name) and function.id in _QUIET
