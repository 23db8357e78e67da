"""Sums of products named by subscripts: einsum, tensordot, inner, outer, kron.

Each pair of operands is contracted by one stacked matrix product: dimensions are sorted into those
of the stack (in both and in the result), those summed (in both, not in the result) and the rest.
"""

from __future__ import annotations

from rushlight.ops.elementwise.arithmetic import mul
from rushlight.ops.linalg.matmul import _matmul
from rushlight.ops.output import write_out
from rushlight.ops.reduction.sums import _sum
from rushlight.ops.refused import refuse
from rushlight.ops.shape.views import _permute, _reshape
from rushlight.ops.shapes import normalize_dim
from rushlight.tensor import Tensor, type_name

__all__ = ["einsum", "ger", "inner", "kron", "outer", "tensordot"]


def einsum(*args):
    """Sum of products of elements, over the subscripts that the result doesn't name.

    Args:
        args: an equation such as `"bij,bjk->bik"` and the operands; or operands each followed by a
            list of subscript numbers, and the result's list last.

    >>> import rushlight as torch
    >>> a = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> torch.einsum("ij,ij->i", a, a)
    tensor([ 5., 25.])
    """
    equation, operands = _read_arguments(args)
    inputs, output = _read_equation(equation, operands)
    terms = [_take_diagonals(x, inputs[i], i) for i, x in enumerate(operands)]
    _check_sizes(terms)
    result, names = terms[0]
    if len(terms) == 1:
        return _arrange(result, names, output)
    for i, (other, other_names) in enumerate(terms[1:], 2):
        later = {n for _, rest in terms[i:] for n in rest} | set(output)
        result, names = _contract(result, names, other, other_names, later)
    return _arrange(result, names, output)


def _read_arguments(args):
    """The equation and the operands, from either form of call."""
    if len(args) < 2:
        raise ValueError(
            "einsum(): must specify the equation string and at least one operand, or at least one "
            "operand and its subscripts list"
        )
    if isinstance(args[0], Tensor):
        return _equation_from_lists(args), list(args[: len(args) // 2 * 2 : 2])
    operands = args[1:]
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = operands[0]
    return args[0], list(operands)


def _equation_from_lists(args):
    letters = [chr(c) for c in (*range(65, 91), *range(97, 123))]

    def write(numbers):
        return "".join("..." if n is Ellipsis else letters[n] for n in numbers)

    pairs = len(args) // 2
    inputs = ",".join(write(args[2 * i + 1]) for i in range(pairs))
    return f"{inputs}->{write(args[-1])}" if len(args) % 2 else inputs


def _read_equation(equation, operands):
    """The subscripts of each operand and of the result, `...` spelled out."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    inputs = left.split(",")
    if len(inputs) != len(operands):
        more = "more" if len(inputs) < len(operands) else "fewer"
        raise RuntimeError(
            f"einsum(): {more} operands were provided than specified in the equation"
        )
    for i, names in enumerate(inputs):
        if "." in names.replace("...", "", 1):
            raise RuntimeError(
                f"einsum(): found '.' for operand {i} that is not part of any ellipsis"
            )
    for letter in (left + right).replace("...", "").replace(",", ""):
        if not (letter.isascii() and letter.isalpha()):
            raise RuntimeError(
                f"einsum(): invalid subscript given at index {equation.index(letter)} in the "
                "equation string, subscripts must be in [a-zA-Z]"
            )
    spread = max(_hidden(n, x, i) for i, (n, x) in enumerate(zip(inputs, operands, strict=True)))
    hidden = [("...", i) for i in range(spread)]
    spelled = [_spell(names, x, hidden) for names, x in zip(inputs, operands, strict=True)]
    if arrow:
        output = _spell_output(right, hidden)
    else:
        counted = [n for names in spelled for n in names]
        output = hidden + sorted(n for n in set(counted) - set(hidden) if counted.count(n) == 1)
    for name in output:
        if not any(name in names for names in spelled) and name not in hidden:
            raise RuntimeError(
                f"einsum(): output subscript {name} does not appear in the equation for any input "
                "operand"
            )
        if output.count(name) > 1:
            raise RuntimeError(
                f"einsum(): output subscript {name} appears more than once in the output"
            )
    return spelled, output


def _hidden(names, x, position):
    """How many dimensions `...` stands for in an operand."""
    named = len(names.replace("...", ""))
    if "..." not in names and named != x.ndim:
        raise RuntimeError(
            f"einsum(): the number of subscripts in the equation ({named}) does not match the "
            f"number of dimensions ({x.ndim}) for operand {position} and no ellipsis was given"
        )
    if named > x.ndim:
        raise RuntimeError(
            f"einsum(): the number of subscripts in the equation ({named}) is more than the number "
            f"of dimensions ({x.ndim}) for operand {position}"
        )
    return x.ndim - named if "..." in names else 0


def _spell(names, x, hidden):
    before, dots, after = names.partition("...")
    count = x.ndim - len(before) - len(after) if dots else 0
    return [*before, *hidden[len(hidden) - count :], *after]


def _spell_output(names, hidden):
    before, dots, after = names.partition("...")
    return [*before, *(hidden if dots else []), *after]


def _take_diagonals(x, names, position):
    """An operand with each subscript once: repeated ones stand for a diagonal."""
    names = list(names)
    for name in dict.fromkeys(names):
        while names.count(name) > 1:
            first = names.index(name)
            second = names.index(name, first + 1)
            if x.shape[first] != x.shape[second]:
                raise RuntimeError(
                    f"einsum(): subscript {name} is repeated for operand {position} but the sizes "
                    f"don't match, {x.shape[second]} != {x.shape[first]}"
                )
            x = x.diagonal(dim1=first, dim2=second)
            del names[second], names[first]
            names.append(name)
    return x, names


def _check_sizes(terms):
    sizes: dict = {}
    for i, (x, names) in enumerate(terms):
        for size, name in zip(x.shape, names, strict=True):
            known = sizes.get(name, 1)
            if size != 1 and known not in (1, size):
                raise RuntimeError(
                    f"einsum(): subscript {name} has size {size} for operand {i} which does not "
                    f"broadcast with previously seen size {known}"
                )
            sizes[name] = max(known, size) if size != 0 else size


def _arrange(x, names, output):
    """Sum what the result doesn't name, and put the rest in its order."""
    summed = tuple(i for i, name in enumerate(names) if name not in output)
    if summed:
        x = _sum(x, dim=summed, keepdim=False)
    kept = [name for name in names if name in output]
    missing = [name for name in output if name not in kept]
    for _ in missing:
        x = x.unsqueeze(0)
    kept = missing + kept
    order = tuple(kept.index(name) for name in output)
    return x if order == tuple(range(len(order))) else _permute(x, dims=order)


def _contract(x, x_names, y, y_names, later):
    """The product of two operands, summed over what nothing later names."""
    x, x_names = _presum(x, x_names, set(y_names) | later)
    y, y_names = _presum(y, y_names, set(x_names) | later)
    both = [n for n in x_names if n in y_names]
    ones = {n for n in both if 1 in (x.shape[x_names.index(n)], y.shape[y_names.index(n)])}
    stack = [n for n in both if n in later and n not in ones]
    summed = [n for n in both if n not in later and n not in ones]
    if ones:
        return _multiply(x, x_names, y, y_names, later)
    x_only = [n for n in x_names if n not in both]
    y_only = [n for n in y_names if n not in both]
    sizes = {**dict(zip(x_names, x.shape, strict=True)), **dict(zip(y_names, y.shape, strict=True))}

    def grouped(t, names, *groups):
        order = [n for group in groups for n in group]
        dims = tuple(names.index(n) for n in order)
        t = t if dims == tuple(range(len(dims))) else _permute(t, dims=dims)
        return _reshape(t, shape=tuple(_product(sizes[n] for n in group) for group in groups))

    product = _matmul(
        grouped(x, x_names, stack, x_only, summed), grouped(y, y_names, stack, summed, y_only)
    )
    names = stack + x_only + y_only
    return _reshape(product, shape=tuple(sizes[n] for n in names)), names


def _multiply(x, x_names, y, y_names, later):
    """The product where sizes of 1 broadcast: element by element, then the sum."""
    names = [*x_names, *(n for n in y_names if n not in x_names)]

    def spread(t, own):
        order = [n for n in names if n in own]
        t = _permute(t, dims=tuple(own.index(n) for n in order)) if t.ndim else t
        shape = tuple(t.shape[order.index(n)] if n in own else 1 for n in names)
        return _reshape(t, shape=shape)

    product = spread(x, x_names) * spread(y, y_names)
    return _presum(product, names, later)


def _presum(x, names, wanted):
    """Sum over what nobody wants."""
    unwanted = tuple(i for i, n in enumerate(names) if n not in wanted)
    if not unwanted:
        return x, names
    return _sum(x, dim=unwanted, keepdim=False), [n for n in names if n in wanted]


def _product(sizes):
    product = 1
    for size in sizes:
        product *= size
    return product


def tensordot(a, b, dims=2, out=None):
    """Product of two tensors, summed over `dims`: the last of `a` against the first of `b`, or two
    lists of dimensions.
    """
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    if isinstance(dims, int):
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.ndim, b.ndim):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        named_a, named_b = list(range(-dims, 0)), list(range(dims))
    else:
        named_a, named_b = (list(d) if isinstance(d, (list, tuple)) else [d] for d in dims)
    dims_a = [normalize_dim(d, a.ndim) for d in named_a]
    dims_b = [normalize_dim(d, b.ndim) for d in named_b]
    if len(dims_a) != len(dims_b):
        raise RuntimeError("both dimension lists should have same length")
    for da, db in zip(dims_a, dims_b, strict=True):
        if a.shape[da] == 1:
            b = b.sum(db, keepdim=True, dtype=b.dtype)
        elif b.shape[db] == 1:
            a = a.sum(da, keepdim=True, dtype=a.dtype)
        if a.shape[da] != b.shape[db]:
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {a.shape[da]} in dim "
                f"{named_a[dims_a.index(da)]} and second has size {b.shape[db]} in dim "
                f"{named_b[dims_b.index(db)]}"
            )
    rest_a = [d for d in range(a.ndim) if d not in dims_a]
    rest_b = [d for d in range(b.ndim) if d not in dims_b]
    count = _product(a.shape[d] for d in dims_a)
    left = _reshape(_permute(a, dims=(*rest_a, *dims_a)), shape=(-1 if count else 0, count))
    right = _reshape(_permute(b, dims=(*dims_b, *rest_b)), shape=(count, -1 if count else 0))
    shape = tuple(a.shape[d] for d in rest_a) + tuple(b.shape[d] for d in rest_b)
    result = _reshape(left @ right, shape=shape)
    return result if out is None else write_out("tensordot", result, (a, b), out)


def inner(input, other, *, out=None):
    """Product of the last dimensions: `out[i, j] = sum_k input[i, k] other[j, k]`."""
    if not input.ndim or not other.ndim:
        return mul(input, other, out=out)
    if input.dtype is not other.dtype:
        raise RuntimeError("both inputs should have same dtype")
    if input.ndim == other.ndim == 1:
        refuse("b", "dot", input)
    if input.shape[-1] != other.shape[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{list(input.shape)} and {list(other.shape)}"
        )
    return tensordot(input, other, dims=([-1], [-1]), out=out)


def outer(input, vec2, *, out=None):
    """All products of the elements of two vectors: `out[i, j] = input[i] * vec2[j]`."""
    for position, (name, x) in enumerate((("input", input), ("vec2", vec2)), 1):
        if not isinstance(x, Tensor):
            raise TypeError(
                f"outer(): argument '{name}' (position {position}) must be Tensor, not "
                f"{type_name(x)}"
            )
        if x.ndim != 1:
            which = "self" if name == "input" else name
            raise RuntimeError(f"outer: Expected 1-D argument {which}, but got {x.ndim}-D")
    return mul(input.unsqueeze(1), vec2, out=out)


ger = outer


def kron(input, other, *, out=None):
    """Kronecker product: each element of `input` times all of `other`, in blocks."""
    ndim = max(input.ndim, other.ndim)
    a = (1,) * (ndim - input.ndim) + tuple(input.shape)
    b = (1,) * (ndim - other.ndim) + tuple(other.shape)
    left = _reshape(input, shape=tuple(s for size in a for s in (size, 1)))
    right = _reshape(other, shape=tuple(s for size in b for s in (1, size)))
    result = _reshape(left * right, shape=tuple(x * y for x, y in zip(a, b, strict=True)))
    return result if out is None else write_out("kron", result, (input, other), out)
