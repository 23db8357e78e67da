"""Silent mistakes: programs that run and do something else than was meant, told once each.

Under `rushlight run` a `Watch` looks on: it wraps `backward` and what few functions else matter,
and asks each *check* (one module a family) at each backward pass and each optimizer's step. A check
keeps to what costs next to nothing per step, and looks closer only when it has a suspicion. What it
finds becomes a warning at the user's line, of a class of its own (below), so that the filters of
the `warnings` module can silence it or make it an error; `rushlight run --strict` makes all errors.

Under a plain import nothing is watched. Told all the same are those of which PyTorch itself warns,
by the function concerned: `TargetShape` by `mse_loss` and its like (`sizes`), and plain
`UserWarning`s, such as that of a schedule that steps before its optimizer.
"""

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


class Mistake(UserWarning):
    """What runs, and still is hardly what was meant. The text says where, why, and what to type.

    >>> import warnings
    >>> warnings.filterwarnings("ignore", category=Mistake)  # none of them
    """

    #: whether nothing is learnt, or nonsense: the report of `rushlight doctor` counts it an error
    is_error = True


class GradientsNotZeroed(Mistake):
    """Gradients of earlier steps are added to those of each step."""


class TargetShape(Mistake):
    """A target broadcasts against the predictions: each is compared with all of the others."""


class ParameterNotReached(Mistake):
    """An optimizer holds a parameter that no loss depends on."""

    is_error = False


class ParameterNotOptimized(Mistake):
    """A model has a parameter that gets gradients, and no optimizer holds it."""

    is_error = False


class StepWithoutGradients(Mistake):
    """An optimizer's step finds no gradients where `backward()` makes some at another time."""


class EvaluationInTrainingMode(Mistake):
    """A model is evaluated while its dropout or batch norm is still training."""


class ProbabilitiesAsScores(Mistake):
    """A loss that takes softmax (or sigmoid) itself gets what went through it already."""


class GraphKept(Mistake):
    """Losses of earlier steps are kept with their graphs: memory grows."""

    is_error = False


class NotFinite(Mistake):
    """The first NaN or infinity in a loss or in a gradient."""


class DivergingLoss(Mistake):
    """A loss that grows geometrically from step to step."""
