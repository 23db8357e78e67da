"""Targets of losses: classes out of range, one-hot or float targets, batches of another size."""

from __future__ import annotations

from rushlight.explain.about_shapes import side_by_side
from rushlight.explain.case import Explanation, explains
from rushlight.explain.catalogue import say
from rushlight.tensor import Tensor


def _arguments(case):
    """(name, tensor) of predictions and targets."""
    found = case.local("input", "target", kind=Tensor)
    if found is None:
        found = [x for x in case.facts.get("operands", ()) if isinstance(x, Tensor)][:2]
    if len(found) < 2:
        return None
    texts = case.operand_texts()
    pairs = []
    for i, (tensor, default) in enumerate(zip(found, ("input", "target"))):
        text = texts[i] if i < len(texts) and len(texts[i]) <= 40 else default
        pairs.append((case.name_of(tensor) or text, tensor))
    return pairs


def _rows(pairs):
    return side_by_side([(name, tuple(x.shape)) for name, x in pairs])


@explains(r"^Target (-?\d+) is out of bounds")
def out_of_range(case):
    """A class that the scores have no column for."""
    pairs = _arguments(case)
    if pairs is None:
        return None
    (scores, x), (name, target) = pairs
    classes = x.shape[-1 if x.dim() == 1 else 1]
    low, high = int(target.min()), int(target.max())
    fix = [say("target.range.wider", count=high + 1, classes=classes)]
    if low >= 1 and high == classes:
        fix = [say("target.range.from_one", name=name)]
    elif low < 0:
        fix = [say("target.range.ignore", name=name, low=low)]
    return Explanation(
        [
            say("target.range", scores=scores, classes=classes, last=classes - 1, name=name),
            say("target.range.given", name=name, low=low, high=high),
        ],
        case.places(),
        fix,
        _rows(pairs),
    )


@explains(r"^Expected input batch_size \((\d+)\) to match target batch_size \((\d+)\)")
def batches(case):
    """Predictions and targets of different numbers of samples."""
    pairs = _arguments(case)
    if pairs is None:
        return None
    (scores, x), (name, target) = pairs
    fix = []
    if target.dim() > 1 and target.numel() == x.shape[0]:
        fix.append(say("target.flatten", name=name))
    elif x.dim() == 3 and x.shape[0] * x.shape[1] == target.numel():
        fix.append(say("target.sequence", scores=scores, name=name, classes=x.shape[-1]))
    else:
        fix.append(say("target.batch.view", scores=scores))
    return Explanation(
        [say("target.batch", scores=scores, m=case.match[1], name=name, n=case.match[2])],
        case.places(),
        fix,
        _rows(pairs),
    )


@explains(
    r"^0D or 1D target tensor expected, multi-target|^Expected floating point type for target"
)
def several_columns(case):
    """One-hot targets of whole numbers, or a column of classes."""
    pairs = _arguments(case)
    if pairs is None:
        return None
    (_, x), (name, target) = pairs
    shape = tuple(target.shape)
    if shape == tuple(x.shape):
        why = say("target.one_hot", name=name)
        fix = [say("target.one_hot.classes", name=name), say("target.one_hot.float", name=name)]
    elif shape[-1] == 1:
        why, fix = say("target.column", name=name), [say("target.squeeze", name=name)]
    else:
        why = say("target.columns", name=name, got=shape[-1], classes=x.shape[-1])
        fix = [say("target.columns.fix", name=name, classes=x.shape[-1])]
    return Explanation([why], case.places(), fix, _rows(pairs))


@explains(r"^Expected target size \[(.*)\], got \[(.*)\]$")
def positions(case):
    """Cross entropy at each position of a text or an image, with the classes not in dimension 1."""
    pairs = _arguments(case)
    if pairs is None:
        return None
    (scores, x), (name, target) = pairs
    fix = [say("target.unequal.fix")]
    if x.dim() == 3 and tuple(x.shape[:2]) == tuple(target.shape):
        fix = [say("target.positions.fix", scores=scores)]
    wanted = [x.shape[0], *x.shape[2:]]
    why = say("target.positions", scores=scores, name=name, wanted=wanted)
    return Explanation([why], case.places(), fix, _rows(pairs))


@explains(r"^expected target dtype to be Long or Byte, but got (\w+)")
def float_classes(case):
    """Classes given as floating-point numbers."""
    pairs = _arguments(case)
    if pairs is None:
        return None
    (_, x), (name, target) = pairs
    fix = [say("target.float.fix", name=name)]
    if x.shape[-1] == 1:
        fix.append(say("target.float.one_column"))
    return Explanation([say("target.float", name=name, dtype=target.dtype)], case.places(), fix)


@explains(
    r"^Using a target size \((.*)\) that is different to the input size \((.*)\)|"
    r"^Target size \((.*)\) must be the same as input size \((.*)\)"
)
def unequal(case):
    """Losses of unequal shapes: an error of some, a warning of others."""
    pairs = _arguments(case)
    if pairs is None:
        return None
    (scores, x), (name, target) = pairs
    fix = [say("target.unequal.fix")]
    if tuple(x.shape) == (*target.shape, 1):
        fix = [say("target.unsqueeze", name=name), say("target.squeeze.scores", scores=scores)]
    elif tuple(target.shape) == (*x.shape, 1):
        fix = [say("target.squeeze.last", name=name)]
    elif x.numel() == target.numel():
        fix = [say("target.view", name=name, scores=scores)]
    why = say("target.unequal", scores=scores, name=name)
    if isinstance(case.error, Warning) and len(fix) == 2:
        n = x.numel()
        why = say("target.broadcast", scores=scores, name=name, n=n)
    return Explanation([why], case.places(), fix, _rows(pairs))


@explains(r"^Found dtype (\w+) but expected (\w+)")
def target_dtype(case):
    """A loss whose target has another dtype."""
    pairs = _arguments(case)
    if pairs is None:
        return None
    (scores, x), (name, target) = pairs
    cast = {"Float": ".float()", "Double": ".double()", "Half": ".half()"}.get(case.match[2])
    if cast is None:
        return None
    return Explanation(
        [say("target.dtype", scores=scores, x=x.dtype, name=name, y=target.dtype)],
        case.places(),
        [say("target.dtype.fix", name=name, cast=cast)],
    )


@explains(r"^all elements of (\w+) should be between 0 and 1")
def no_probabilities(case):
    """Binary cross entropy of scores that are no probabilities."""
    pairs = _arguments(case)
    if pairs is None:
        return None
    which = 0 if case.match[1] == "input" else 1
    name, x = pairs[which]
    return Explanation(
        [say("target.probabilities", name=name, low=f"{x.min():.4g}", high=f"{x.max():.4g}")],
        case.places(),
        [say("target.probabilities.fix", name=pairs[0][0])] if which == 0 else [
            say("target.probabilities.target", name=name)],
    )  # fmt: skip


@explains(r"^Class values must be (smaller than num_classes|non-negative)")
def one_hot(case):
    """`one_hot` of a class that is out of range."""
    found = case.local("tensor", kind=Tensor) or case.local("input", kind=Tensor)
    if found is None:
        return None
    name, high = case.name_of(found[0]) or "classes", int(found[0].max())
    return Explanation(
        [say("target.encode", name=name, low=int(found[0].min()), high=high)],
        case.places(),
        [say("target.encode.fix", name=name, count=high + 1)],
    )
