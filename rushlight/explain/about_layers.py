"""Layers that get something of another shape than they were made for."""

from __future__ import annotations

import math

from rushlight.explain.about_shapes import listed, numbers, permuted, reordered, side_by_side
from rushlight.explain.case import Explanation, explains
from rushlight.explain.catalogue import say
from rushlight.tensor import Tensor


@explains(r"^mat1 and mat2 shapes cannot be multiplied")
def features(case):
    """A Linear layer that gets another number of features than it was made for."""
    layer = case.layer()
    if layer is None or not hasattr(layer[1], "in_features"):
        return None
    return _linear(case, *layer)


def _linear(case, name, layer):
    """A Linear layer that gets another number of features than it was made for."""
    tensor = case.local("input", kind=Tensor)[0]
    given = case.call_of(tensor, 0, "input")
    shape, wants, out = tuple(tensor.shape), layer.in_features, layer.out_features
    shown = f"{name} = nn.{type(layer).__name__}({wants}, {out})"
    why = [say("shape.linear", layer=name, wants=wants, name=given, got=shape[-1] if shape else 1)]
    fix = []
    if len(shape) > 2 and math.prod(shape[1:]) == wants:
        fix.append(say("shape.flatten", name=given, sizes=_times(shape[1:]), count=wants))
    elif len(shape) == 2 and shape[0] == wants:
        fix.append(say("shape.transpose", name=given, shape=[shape[1], shape[0]]))
    elif len(shape) == 1 and wants == 1:
        fix.append(say("shape.unsqueeze", name=given, dim=1, shape=[*shape, 1]))
    elif len(shape) > 2:
        flat = math.prod(shape[1:])
        fix.append(say("shape.layer.flat", name=given, layer=name, count=flat, out=out))
    if not fix or len(shape) == 2:
        fix.append(say("shape.layer.in", layer=name, count=shape[-1] if shape else 1, out=out))
    return Explanation(why, case.places(), fix, side_by_side([(given, shape)]) + [shown])


def _times(sizes):
    return "*".join(map(str, sizes))


@explains(r"^Given (?:groups|transposed)=.* expected input\[(.*)\] to have (\d+) channels")
def channels(case):
    """A convolution that gets another number of channels."""
    shape, wanted = numbers(case.match[1]), int(case.match[2])
    name, given = _layer_and_input(case, "conv")
    got, fix = shape[1], []
    tensor = case.layer_input()
    if tensor is not None and tensor.dim() == len(shape) - 1 and wanted == 1:
        got, shape = shape[1], tuple(tensor.shape)
        longer = [shape[0], 1, *shape[1:]]
        return Explanation(
            [say("shape.conv.unbatched", layer=name, name=given, count=len(shape), got=got)],
            case.places(),
            [say("shape.unsqueeze", name=given, dim=1, shape=longer)],
            side_by_side([(given, shape)]),
        )
    if shape[-1] == wanted:
        order = [0, len(shape) - 1, *range(1, len(shape) - 1)]
        fix.append(permuted(given, order, reordered(shape, order)))
    elif shape[0] == wanted and len(shape) == 4:
        fix.append(permuted(given, [1, 0, 2, 3], reordered(shape, [1, 0, 2, 3])))
    else:
        fix.append(say("shape.conv.in", layer=name, count=got))
        if wanted == 3 and got == 1:
            fix.append(say("shape.conv.grey", name=given))
    return Explanation(
        [say("shape.conv", layer=name, wants=wanted, name=given, got=got)],
        case.places(),
        fix,
        side_by_side([(given, shape)], 1 - len(shape)),
    )


def _layer_and_input(case, default):
    """How the user calls the layer that failed, and its input."""
    layer = case.layer()
    found = case.layer_input()
    texts = [] if case.is_inside() else case.operand_texts()
    given = (case.name_of(found) if found is not None else None) or (texts[0] if texts else None)
    return (layer[0] if layer else default), given or "input"


@explains(r"^Expected (\d)D .* or (\d)D .* input to (\w+), but got input of size: \[(.*)\]")
def convolved_dimensions(case):
    """A convolution of something that has too few or too many dimensions."""
    shape, wanted = numbers(case.match[4]), int(case.match[2])
    name, given = _layer_and_input(case, case.match[3])
    layout = "N, C, L" if wanted == 3 else "N, C, H, W" if wanted == 4 else "N, C, D, H, W"
    fix = []
    side = math.isqrt(shape[-1])
    if len(shape) == 2 and wanted == 4 and side > 1 and side**2 == shape[1]:
        fix.append(say("shape.image", name=given, side=side))
    elif len(shape) == wanted - 2:
        fix.append(say("shape.unsqueeze", name=given, dim=0, shape=[1, *shape]))
    elif len(shape) == wanted - 1:
        fix.append(say("shape.unsqueeze", name=given, dim=1, shape=[shape[0], 1, *shape[1:]]))
    return Explanation(
        [say("shape.dimensions", layer=name, layout=layout, name=given, count=len(shape))],
        case.places(),
        fix or [say("shape.dimensions.fix", layout=layout)],
        side_by_side([(given, shape)]),
    )


@explains(r"^Calculated padded input size per channel: \((.*)\)\. Kernel size: \((.*)\)\.")
def small_image(case):
    """An image that is smaller than the kernel."""
    name, given = _layer_and_input(case, "conv")
    padding = max(k - n for n, k in zip(numbers(case.match[1]), numbers(case.match[2])))
    return Explanation(
        [say("shape.small", name=given, size=case.match[1], layer=name, kernel=case.match[2])],
        case.places(),
        [say("shape.small.fix", padding=-(-padding // 2))],
    )


@explains(r"^running_mean should contain (\d+) elements not (\d+)")
def normalised_features(case):
    """Batch norm that gets another number of features."""
    name, given = _layer_and_input(case, "batch_norm")
    got, wanted = case.match[1], case.match[2]
    return Explanation(
        [say("shape.conv", layer=name, wants=wanted, name=given, got=got)],
        case.places(),
        [say("shape.norm.fix", layer=name, count=got)],
    )


@explains(r"^expected (\w+) input \(got (\d)D input\)")
def normalised_dimensions(case):
    """Batch norm of another number of dimensions."""
    name, given = _layer_and_input(case, "batch_norm")
    count = int(case.match[2])
    better = {2: "BatchNorm1d", 3: "BatchNorm1d", 4: "BatchNorm2d", 5: "BatchNorm3d"}.get(count)
    if better is None:
        return None
    return Explanation(
        [say("shape.norm.dims", layer=name, wants=case.match[1], name=given, got=count)],
        case.places(),
        [say("shape.norm.dims.fix", count=count, better=better)],
    )


@explains(r"^Expected more than 1 value per channel when training, got input size")
def single_sample(case):
    """Batch norm while training on a batch of one."""
    name, given = _layer_and_input(case, "batch_norm")
    return Explanation(
        [say("shape.norm.one", layer=name, name=given)],
        case.places(),
        [say("shape.norm.one.fix"), say("shape.norm.one.loader")],
    )


@explains(r"^Given normalized_shape=\[(.*)\], expected input .* but got input of size\[(.*)\]")
def normalised_shape(case):
    """Layer norm of another last size."""
    name, given = _layer_and_input(case, "layer_norm")
    wanted, shape = numbers(case.match[1]), numbers(case.match[2])
    last = shape[-len(wanted) :]
    count = last[0] if len(last) == 1 else list(last)
    return Explanation(
        [say("shape.layer_norm", layer=name, wants=list(wanted), name=given, got=list(last))],
        case.places(),
        [say("shape.layer_norm.fix", layer=name, count=count)],
        side_by_side([(given, shape)]),
    )


@explains(r"^input\.size\(-1\) must be equal to input_size\. Expected (\d+), got (\d+)")
def recurrent_features(case):
    """A recurrent layer that gets another number of features."""
    return _other_features(case, "rnn", "shape.rnn.fix")


@explains(r"^was expecting embedding dimension of (\d+), but got (\d+)")
def attended_features(case):
    """Attention that gets another number of features."""
    return _other_features(case, "attention", "shape.attention.fix")


def _other_features(case, kind, fix):
    name, given = _layer_and_input(case, kind)
    return Explanation(
        [say("shape.linear", layer=name, wants=case.match[1], name=given, got=case.match[2])],
        case.places(),
        [say(fix, layer=name, count=case.match[2])],
    )


@explains(r"^RNN input dtype \((\S+)\) does not match weight dtype \((\S+)\)")
def recurrent_dtype(case):
    """A recurrent layer whose input has another dtype."""
    name, given = _layer_and_input(case, "rnn")
    cast = {"torch.float64": ".double()", "torch.float16": ".half()"}.get(case.match[2], ".float()")
    values = {"name": given, "x": case.match[1], "layer": name, "y": case.match[2]}
    return Explanation(
        [say("dtype.layer", **values)],
        case.places(),
        [say("dtype.cast", name=given, cast=cast, dtype=case.match[2])],
    )


@explains(r"^Expected hidden(?:\[\d\])? size \((.*)\), got \[(.*)\]")
def hidden_state(case):
    """A hidden state of another shape than the batch wants."""
    name, _ = _layer_and_input(case, "rnn")
    wanted = numbers(case.match[1])
    return Explanation(
        [say("shape.hidden", layer=name, wants=list(wanted), got=list(numbers(case.match[2])))],
        case.places(),
        [say("shape.hidden.fix", shape=listed(wanted))],
    )
