"""The user's source: where an instruction stands, its statement, and the names in it."""

from __future__ import annotations

import ast
import linecache
import os
import site
import sys
import sysconfig
from functools import lru_cache
from typing import NamedTuple

__all__ = ["Place", "expression_at", "function_around", "parsed", "place_of", "statement_at"]

#: the text of programs that have no file (`-c`, standard input), by the name that stands for it
texts: dict[str, str] = {}


class Place(NamedTuple):
    """A line of the user's source."""

    filename: str
    line: int

    @property
    def text(self):
        """What stands on the line; nothing if the source isn't there."""
        lines = source_of(self.filename)
        return lines[self.line - 1].strip() if 0 < self.line <= len(lines) else ""

    def __str__(self):
        return f"{shown_name(self.filename)}:{self.line}"


def source_of(filename):
    """The lines of a file, of a notebook's cell, of a program from the command line."""
    if filename in texts:
        return texts[filename].splitlines()
    return linecache.getlines(filename)


def shown_name(filename):
    """A file's name as short as it can be: below the current directory, or a notebook's cell.

    >>> shown_name("<stdin>")
    '<stdin>'
    """
    shell = running_shell()
    if shell is not None and hasattr(shell.compile, "format_code_name"):
        found = shell.compile.format_code_name(filename)
        if found:
            return " ".join(found)
    if filename.startswith("<"):
        return filename
    short = os.path.relpath(filename) if os.path.splitdrive(filename)[0] == _drive() else filename
    return filename if short.startswith("..") else short


def _drive():
    return os.path.splitdrive(os.getcwd())[0]


def running_shell():
    """The IPython shell that runs here, or None."""
    module = sys.modules.get("IPython.core.getipython") or sys.modules.get("IPython")
    return module.get_ipython() if module is not None else None


@lru_cache(1)
def library_directories():
    """Where Python's own modules and installed packages lie."""
    paths = {sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")}
    paths.update(site.getsitepackages() if hasattr(site, "getsitepackages") else ())
    return tuple(os.path.realpath(path) + os.sep for path in paths if path)


def is_library(filename):
    """Whether a file is of an installed package, or of Python."""
    return _has_libraries(os.path.dirname(filename)) or _is_library(os.path.realpath(filename))


@lru_cache
def _has_libraries(directory):
    return _is_library(os.path.realpath(directory) + os.sep)


def _is_library(path):
    installed = "site-packages" in path or "dist-packages" in path
    return installed or path.startswith(library_directories())


def place_of(code, instruction):
    """The Place of an instruction of a code object."""
    for start, end, line in code.co_lines():
        if start <= instruction < end and line is not None:
            return Place(code.co_filename, line)
    return Place(code.co_filename, code.co_firstlineno)


# Syntax -------------------------------------------------------------------------------------------


def parsed(filename):
    """The syntax tree of a file, with `parent` at each node; an empty one if that can't be had."""
    return _parsed("".join(line.rstrip("\n") + "\n" for line in source_of(filename)))


@lru_cache(16)
def _parsed(text):
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return ast.Module([], [])
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            child.parent = node
    return tree


def around(node):
    """The nodes around one, innermost first."""
    while (node := getattr(node, "parent", None)) is not None:
        yield node


def statement_at(place):
    """The innermost statement at a Place; None if its source isn't there."""
    found = None
    for node in ast.walk(parsed(place.filename)):
        if isinstance(node, ast.stmt) and node.lineno <= place.line <= (node.end_lineno or 0):
            if found is None or _extent(node) <= _extent(found):
                found = node
    return found


def _extent(node):
    return (node.end_lineno or node.lineno) - node.lineno


def function_around(node):
    """The function whose body a node is in, or the module."""
    last = node
    for last in around(node):
        if isinstance(last, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            return last
    return last


def expression_at(code, instruction):
    """The expression that an instruction evaluates; None where Python doesn't say (before 3.11)."""
    if not hasattr(code, "co_positions"):
        return None
    positions = list(code.co_positions())
    index = instruction // 2
    if not 0 <= index < len(positions):
        return None
    line, end_line, column, end_column = positions[index]
    if None in (line, end_line, column, end_column):
        return None
    wanted = line, end_line, column, end_column
    lines = source_of(code.co_filename)
    for node in ast.walk(parsed(code.co_filename)):
        if isinstance(node, ast.expr) and node.lineno == line and node.end_lineno == end_line:
            if (line, end_line, node.col_offset, node.end_col_offset) == wanted and lines:
                return node
    return None


def body_nodes(function):
    """The nodes of a function (or module), less those of functions inside it."""
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            waiting.extend(ast.iter_child_nodes(node))


def dotted(node):
    """`a.b.c` as a list of names; None for anything else."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return [node.id, *reversed(names)] if isinstance(node, ast.Name) else None
