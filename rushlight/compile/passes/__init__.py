"""The passes: functions from a Program to a better one that does the same.

Each keeps a Program well formed (`program.check`), and none depends on how it will run.
"""

from rushlight.compile.passes.algebra import simplify
from rushlight.compile.passes.constants import fold_constants
from rushlight.compile.passes.dead import drop_dead
from rushlight.compile.passes.gathered import gather_parts
from rushlight.compile.passes.loops import roll_loops
from rushlight.compile.passes.repeated import merge_repeated

__all__ = [
    "PASSES",
    "drop_dead",
    "fold_constants",
    "gather_parts",
    "merge_repeated",
    "roll_loops",
    "simplify",
]

#: in the order in which they are applied; folding makes the algebra's work, and that makes repeats
PASSES = (
    drop_dead,
    gather_parts,
    roll_loops,
    drop_dead,
    fold_constants,
    simplify,
    merge_repeated,
    drop_dead,
)
