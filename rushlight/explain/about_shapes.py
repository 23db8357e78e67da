"""Shapes that don't go together: broadcasting, products, layers, joining, reshaping."""

from __future__ import annotations

import itertools
import math
import re

from rushlight.explain.case import Explanation, explains
from rushlight.explain.catalogue import say
from rushlight.tensor import Tensor

# Two shapes side by side --------------------------------------------------------------------------


def side_by_side(rows, axis=None):
    """Lines that show names and shapes, aligned at the right; `axis` counts from the end (-1)."""
    longest = max(len(shape) for _, shape in rows)
    names = max(len(name) for name, _ in rows)
    cells = [[""] * (longest - len(shape)) + [str(n) for n in shape] for _, shape in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(longest)]
    lines = [
        f"{name:{names}}  [{', '.join(c.rjust(w) for c, w in zip(row, widths))}]".replace(
            " ,", "  "
        )
        for (name, _), row in zip(rows, cells)
    ]
    if axis is not None:
        column = names + 3 + sum(w + 2 for w in widths[: longest + axis])
        lines.append(" " * column + "^" * widths[axis])
    return lines


def numbers(text):
    """The whole numbers in a text.

    >>> numbers("2x3 and 4x5")
    (2, 3, 4, 5)
    """
    return tuple(int(n) for n in re.findall(r"-?\d+", text))


def broadcasts(one, other):
    """Whether two shapes broadcast.

    >>> broadcasts((2, 3), (3,)), broadcasts((2, 3), (2,))
    (True, False)
    """
    return all(a == b or 1 in (a, b) for a, b in zip(one[::-1], other[::-1]))


def _operands(case, count=2):
    """The last tensors of the operation that failed, with what the user calls them."""
    given = case.facts.get("operands", ())
    found = [(x, i) for i, x in enumerate(given) if isinstance(x, Tensor)]
    return [(case.call_of(x, i, "abcdefgh"[min(i, 7)]), x) for x, i in found[-count:]]


@explains(r"^The size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\) at non-sing")
def broadcasting(case):
    """`a + b` of shapes that don't broadcast."""
    operands = _operands(case)
    if len(operands) < 2:
        return None
    (one, a), (two, b) = operands[:2]
    first, second = tuple(a.shape), tuple(b.shape)
    axis = int(case.text.rsplit(" ", 1)[-1]) - max(len(first), len(second))
    why = say("shape.broadcast", a=one, b=two, m=case.match[1], n=case.match[2])
    return Explanation(
        [why],
        case.places(),
        list(_fitting(one, first, two, second)) or [say("shape.unequal.fix")],
        side_by_side([(one, first), (two, second)], axis),
    )


def _fitting(one, first, two, second):
    """Changes of one of two tensors after which the shapes broadcast."""
    for name, shape, other in ((two, second, first), (one, first, second)):
        for position in range(len(shape) + 1):
            longer = (*shape[:position], 1, *shape[position:])
            if len(shape) < len(other) and broadcasts(longer, other):
                yield say("shape.unsqueeze", name=name, dim=position, shape=list(longer))
                return
    for name, shape, other in ((two, second, first), (one, first, second)):
        if len(shape) == 1 and other.count(shape[0]) == 1:
            ones = [1] * (len(other) - 1 - other.index(shape[0]))
            yield say("shape.channels", name=name, ones=listed(ones), shape=[*shape, *ones])
            return
    if len(first) == len(second) and sorted(first) == sorted(second):
        order = next(p for p in _permutations(len(first)) if reordered(second, p) == first)
        yield permuted(two, order, first)
    elif math.prod(first) == math.prod(second) and first:
        yield say("shape.reshape", name=two, shape=listed(first), target=one)


def _permutations(count):
    return itertools.permutations(range(count)) if count <= 6 else ()


def reordered(shape, order):
    return tuple(shape[i] for i in order)


def listed(shape):
    return ", ".join(map(str, shape))


def permuted(name, order, shape):
    """The text that tells to reorder dimensions."""
    if tuple(order) == (1, 0):
        return say("shape.transpose", name=name, shape=list(shape))
    return say("shape.permute", name=name, order=listed(order), shape=list(shape))


# Products -----------------------------------------------------------------------------------------


@explains(r"^mat1 and mat2 shapes cannot be multiplied")
def product(case):
    """A layer or a product whose inner sizes differ."""
    if (layer := case.layer()) is not None and hasattr(layer[1], "in_features"):
        return None  # `about_layers` says more
    operands = _operands(case)
    if len(operands) < 2:
        return None
    (one, a), (two, b) = operands[:2]
    if case.facts.get("operation") == "linear":
        return _functional_linear(case, one, a, two, b)
    return _matrices(case, one, tuple(a.shape), two, tuple(b.shape))


def _matrices(case, one, first, two, second):
    fix = []
    if first[-1:] == second[-1:]:
        fix.append(say("shape.transpose.right", a=one, b=two))
    elif len(first) > 1 and first[-2] == second[0]:
        fix.append(say("shape.transpose.left", a=one, b=two))
    if first == second:
        fix.append(say("shape.elementwise", a=one, b=two))
    return Explanation(
        [
            say(
                "shape.product",
                a=one,
                b=two,
                m=first[-1],
                n=second[-2] if second[1:] else second[0],
            )
        ],
        case.places(),
        fix or [say("shape.product.fix", a=one, b=two)],
        side_by_side([(one, first), (two, second)]),
    )


def _functional_linear(case, one, a, two, weight):
    first, second = tuple(a.shape), tuple(weight.shape)
    return Explanation(
        [say("shape.linear", layer="F.linear", wants=second[-1], name=one, got=first[-1])],
        case.places(),
        [say("shape.linear.weight", name=two, got=first[-1], out=second[0])],
        side_by_side([(one, first), (two, second)]),
    )


@explains(
    r"^Expected size for first two dimensions of batch2 tensor to be: \[(\d+), (\d+)\] but got"
)
def stacked_product(case):
    """`bmm`, or `@` of stacks of matrices."""
    operands = _operands(case)
    if len(operands) < 2:
        return None
    (one, a), (two, b) = operands[:2]
    first, second = tuple(a.shape), tuple(b.shape)
    fix = []
    if first[-1] == second[-1]:
        fix.append(say("shape.transpose.last", a=one, b=two))
    return Explanation(
        [say("shape.product", a=one, b=two, m=first[-1], n=second[-2])],
        case.places(),
        fix or [say("shape.product.fix", a=one, b=two)],
        side_by_side([(one, first), (two, second)]),
    )


@explains(r"^size mismatch, got input|^inconsistent tensor size, expected tensor \[")
def vector_product(case):
    """A product with a vector of another length."""
    operands = _operands(case)
    if len(operands) < 2:
        return None
    (one, a), (two, b) = operands[:2]
    first, second = tuple(a.shape), tuple(b.shape)
    fix = [say("shape.product.fix", a=one, b=two)]
    if len(first) == 2 and first[0] == second[0]:
        fix = [say("shape.transpose.left", a=one, b=two)]
    return Explanation(
        [say("shape.product", a=one, b=two, m=first[-1], n=second[0])],
        case.places(),
        fix,
        side_by_side([(one, first), (two, second)]),
    )


# Joining and reshaping ----------------------------------------------------------------------------


@explains(
    r"^Sizes of tensors must match except in dimension (\d+)\. Expected .* for tensor number (\d+)"
)
def joined(case):
    """`cat` of tensors that differ in another dimension too."""
    tensors, number = _joined_tensors(case), int(case.match[2])
    if tensors is None:
        return None
    dim, first, other = int(case.match[1]), tuple(tensors[0].shape), tuple(tensors[number].shape)
    rows = [(_part(case, tensors, i), tuple(tensors[i].shape)) for i in (0, number)]
    differing = [d for d, (a, b) in enumerate(zip(first, other)) if a != b]
    fix = [say("shape.cat.fix")]
    if len(differing) == 1:
        fix.insert(0, say("shape.cat.dim", dim=differing[0]))
    axis = next(d for d in differing if d != dim) - len(first)
    return Explanation(
        [say("shape.cat", dim=dim, a=rows[0][0], b=rows[1][0])],
        case.places(),
        fix,
        side_by_side(rows, axis),
    )


def _joined_tensors(case):
    found = case.local("tensors", kind=(list, tuple))
    return found[0] if found else None


def _part(case, tensors, index):
    return case.name_of(tensors[index]) or f"tensors[{index}]"


@explains(r"^Tensors must have same number of dimensions: got (\d+) and (\d+)")
def joined_dimensions(case):
    """`cat` of a matrix and a vector."""
    tensors = _joined_tensors(case)
    if tensors is None:
        return None
    index = next(i for i, x in enumerate(tensors) if x.dim() != tensors[0].dim())
    rows = [(_part(case, tensors, i), tuple(tensors[i].shape)) for i in (0, index)]
    (name, shape), (other_name, other) = sorted(rows, key=lambda row: len(row[1]))
    fix = [say("shape.cat.stack")]
    for dim in range(len(shape) + 1):
        longer = [*shape[:dim], 1, *shape[dim:]]
        if len(longer) == len(other) and sum(a != b for a, b in zip(longer, other)) <= 1:
            fix = [say("shape.unsqueeze", name=name, dim=dim, shape=longer)]
    return Explanation(
        [say("shape.cat.dims", a=other_name, m=len(other), b=name, n=len(shape))],
        case.places(),
        fix,
        side_by_side(rows),
    )


@explains(r"^stack expects each .* got \[(.*)\] at entry 0 and \[(.*)\] at entry (\d+)")
def stacked(case):
    """`stack`, or a DataLoader's batch, of unequal tensors."""
    batch = any(frame.frame.f_code.co_name == "default_collate" for frame in case.frames)
    shapes = [("[0]", numbers(case.match[1])), (f"[{case.match[3]}]", numbers(case.match[2]))]
    if batch:
        why, fix = say("shape.batch", index=case.match[3]), say("shape.batch.fix")
    else:
        why, fix = say("shape.stack", index=case.match[3]), say("shape.stack.fix")
    return Explanation([why], case.places(), [fix], side_by_side(shapes))


@explains(r"^shape '\[(.*)\]' is invalid for input of size (\d+)")
def reshaped(case):
    """A `view` or `reshape` to another number of elements."""
    wanted, count = numbers(case.match[1]), int(case.match[2])
    tensor = _viewed(case)
    name = case.name_of(tensor) or (case.operand_texts() or ["x"])[0]
    shape = tuple(tensor.shape) if tensor is not None else (count,)
    product = math.prod(n for n in wanted if n != -1)
    fix = [say("shape.view.fix", name=name, shape=listed(_with_batch(shape, wanted)))]
    return Explanation(
        [say("shape.view", name=name, count=count, wanted=list(wanted), product=product)],
        case.places(),
        fix,
        side_by_side([(name, shape)]),
    )


def _viewed(case):
    operands = [x for x in case.facts.get("operands", ()) if isinstance(x, Tensor)]
    if operands:
        return operands[0]
    found = case.local("input", kind=Tensor) or case.local("self", kind=Tensor)
    return found[0] if found else None


def _with_batch(shape, wanted):
    """A shape that fits: the sizes wanted where they divide, -1 for one that doesn't."""
    count = math.prod(shape)
    for i in range(len(wanted)):
        rest = math.prod(n for j, n in enumerate(wanted) if j != i and n != -1)
        if -1 not in wanted[:i] + wanted[i + 1 :] and rest and count % rest == 0:
            return (*wanted[:i], -1, *wanted[i + 1 :])
    return (shape[0], -1) if shape else (1,)


@explains(r"^view size is not compatible with input tensor's size and stride")
def viewed(case):
    """`view` of a tensor whose elements don't lie in order, as after a transpose."""
    tensor = _viewed(case)
    texts = case.operand_texts()
    name = case.name_of(tensor) or (texts[0] if texts else "x")
    sizes = ", ".join(texts[1:]) or "..."
    return Explanation(
        [say("shape.stride", name=name)],
        case.places(),
        [say("shape.stride.fix", name=name, sizes=sizes)],
    )


@explains(r"^The expanded size of the tensor \((-?\d+)\) must match the existing size \((\d+)\)")
def expanded(case):
    """`expand`, or an assignment, to a shape that doesn't fit."""
    found = re.search(r"Target sizes: \[(.*?)\]\.  Tensor sizes: \[(.*?)\]", case.text)
    if found is None:
        return None
    target, shape = numbers(found[1]), numbers(found[2])
    name = (case.operand_texts() or ["x"])[0]
    return Explanation(
        [say("shape.expand", m=case.match[2], n=case.match[1])],
        case.places(),
        list(_fitting("", target, name, shape))[:1] or [say("shape.unequal.fix")],
        side_by_side([(say("shape.wanted"), target), (say("shape.given"), shape)]),
    )
