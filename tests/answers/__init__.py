"""What PyTorch answers to odd calls: the files of this folder, an expression and its answer each.

An answer is the type and the first line of the error that is raised, or the text of the value; it
stands below its expression, indented. `python -m tests.answers` asks PyTorch and writes all
answers anew. The names that expressions use are those of `expressions.NAMES`, and NAMES here.
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).parent

NAMES = """
import numpy as np
F, nn = torch.nn.functional, torch.nn
x2 = torch.arange(6.0).reshape(2, 3)
x3 = torch.arange(24.0).reshape(2, 3, 4)
"""


def read(path):
    """Yield the (expression, answer) pairs of a file; a line that begins with # is a comment."""
    expression, answer = None, []
    for line in [*path.read_text().splitlines(), ""]:
        if line.startswith("    "):
            answer.append(line[4:])
            continue
        if expression:
            yield expression, "\n".join(answer)
        expression, answer = None if line.startswith("#") else line, []


def files():
    return sorted(HERE.glob("*.txt"))


def answer(expression, torch):
    """What a library answers to an expression."""
    from expressions import evaluate

    try:
        return repr(evaluate(expression, torch, NAMES))
    except Exception as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}".strip()


def record(path):
    """Ask PyTorch for all answers of a file."""
    import torch

    lines = []
    for line in path.read_text().splitlines():
        if line.startswith("    "):
            continue
        lines.append(line)
        if line and not line.startswith("#"):
            lines += ["    " + each for each in answer(line, torch).splitlines()]
    path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent))
    for path in files():
        record(path)
