"""Instructions as simpler ones, where loops do better than what they stand for.

Tiny products of matrices become products of elements and sums, which fuse with what is around them:
a call of the BLAS costs a microsecond. What leaves all elements as they are becomes a reshape, and
a slice that is written becomes arrays put together (`patches`).
"""

from __future__ import annotations

from math import prod

from rushlight.compile.passes.patches import in_parts
from rushlight.compile.programs.program import Instruction, Value

__all__ = ["lower"]

TINY = 512  # multiplications of a product that isn't worth a call


def lower(program):
    """The Program in simpler instructions."""
    instructions: list[Instruction] = []
    for instruction in program.instructions:
        if instruction.kind == "matmul" and is_tiny(instruction):
            instructions += product_in_elements(instruction)
        elif is_idle(instruction):
            params = {"shape": instruction.result.shape}
            instructions.append(instruction.replace(kind="view", name="reshape", params=params))
        else:
            instructions += in_parts(instruction) or [instruction]
    return program.replace(instructions=instructions)


def is_idle(instruction):
    """Whether a reduction, or the conjugate of real numbers, leaves every element as it is."""
    if instruction.name in ("conj", "conjugate"):
        return instruction.operands[0].dtype.kind != "c"
    if instruction.kind != "reduce":
        return False
    x = instruction.operands[0]
    same = instruction.name in ("add", "multiply", "maximum", "minimum")
    return same and isinstance(x, Value) and 0 < prod(x.shape) == prod(instruction.result.shape)


def is_tiny(instruction):
    """Whether a product is of two matrices or vectors, and small: a call isn't worth while."""
    a, b = instruction.operands
    if not all(isinstance(x, Value) and 1 <= x.ndim <= 2 and prod(x.shape) for x in (a, b)):
        return False
    k = a.shape[-2 if instruction.params["transpose_a"] and a.ndim > 1 else -1]
    size = prod(instruction.result.shape)
    return k == 1 or size == 1 or int(size) * int(k) <= TINY


def product_in_elements(matmul):
    """sum over k of a[i, k] * b[k, j], as instructions."""
    made: list[Instruction] = []
    dtype = matmul.result.dtype

    def add(kind, name, operands, to, result=None, **params):
        result = result or Value(to, dtype)
        made.append(matmul.replace(
            kind=kind, name=name, operands=tuple(operands), results=(result,), params=params
        ))  # fmt: skip
        return result

    def rows(x, turned, last):
        """A matrix with the summed dimension last."""
        if x.ndim == 1:
            return add("view", "reshape", [x], (1, x.shape[0]), shape=(1, x.shape[0]))
        if turned == last:
            return add("view", "transpose", [x], x.shape[::-1], axes=(1, 0))
        return x

    a, b = matmul.operands
    a = rows(a, matmul.params["transpose_a"], True)
    b = rows(b, matmul.params["transpose_b"], False)
    (m, k), n = a.shape, b.shape[0]
    a = add("view", "reshape", [a], (m, 1, k), shape=(m, 1, k))
    b = add("view", "reshape", [b], (1, n, k), shape=(1, n, k))
    products = add("elementwise", "multiply", [a, b], (m, n, k))
    if k > 1:
        products = add("reduce", "add", [products], (m, n), axes=(2,), keepdims=False)
    shape = matmul.result.shape
    add("view", "reshape", [products], shape, matmul.result, shape=shape)
    return made
