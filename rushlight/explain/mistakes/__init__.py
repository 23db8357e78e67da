"""Silent mistakes: programs that run and do something else than was meant, told once each.

Under `rushlight run` a `Watch` looks on: it wraps `backward` and what few functions else matter,
and asks each *check* (one module a family) at each backward pass and each optimizer's step. A check
keeps to what costs next to nothing per step, and looks closer only when it has a suspicion. What it
finds becomes a warning at the user's line, of a class of its own (`kinds`), so that the filters of
the `warnings` module can silence it or make it an error; `rushlight run --strict` makes all errors.

Under a plain import nothing is watched, and the only one that is told is `TargetShape`, where
PyTorch itself warns.
"""

from rushlight.explain.mistakes.kinds import (
    DivergingLoss,
    EvaluationInTrainingMode,
    GradientsNotZeroed,
    GraphKept,
    Mistake,
    NotFinite,
    ParameterNotOptimized,
    ParameterNotReached,
    ProbabilitiesAsScores,
    StepWithoutGradients,
    TargetShape,
)

__all__ = [
    "DivergingLoss",
    "EvaluationInTrainingMode",
    "GradientsNotZeroed",
    "GraphKept",
    "Mistake",
    "NotFinite",
    "ParameterNotOptimized",
    "ParameterNotReached",
    "ProbabilitiesAsScores",
    "StepWithoutGradients",
    "TargetShape",
]
