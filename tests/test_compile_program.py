"""Programs: what instructions mean, what the checker refuses, how they print."""

import numpy as np
import pytest

from rushlight.compile.programs.program import (
    Builder,
    Constant,
    Instruction,
    Program,
    Value,
    at,
    check,
)
from rushlight.compile.programs.sizes import Free


def softmax_program():
    b = Builder()
    x = b.input((4, 3), "float32", "x")
    top = b.reduce("maximum", x, (1,), keepdims=True)
    e = b.elementwise("exp", b.elementwise("subtract", x, top))
    return b.finish(b.elementwise("divide", e, b.reduce("add", e, (1,), keepdims=True)))


def test_a_program_runs():
    x = np.arange(12, dtype=np.float32).reshape(4, 3)
    (found,) = check(softmax_program()).run(x)
    e = np.exp(x - x.max(1, keepdims=True))
    np.testing.assert_allclose(found, e / e.sum(1, keepdims=True), rtol=1e-6)


def test_writes_come_last_and_see_old_values():
    b = Builder()
    x, y = b.input((2,), "float32", "x"), b.input((2,), "float32", "y")
    program = check(b.finish(b.elementwise("add", x, y), writes=[(0, y), (1, x)]))
    first, second = np.float32([1, 2]), np.float32([3, 4])
    (total,) = program.run(first, second)
    assert (first.tolist(), second.tolist(), total.tolist()) == ([3, 4], [1, 2], [4, 6])


def test_views_updates_and_products():
    b = Builder()
    x = b.input((2, 3), "float64", "x")
    turned = b.view("transpose", x, axes=(1, 0))
    product = b.matmul(x, x, transpose_b=True)
    first = (("slice", {"index": (slice(None), 0)}),)
    changed = b.update(x, b.fill((2,), 7, "float64"), first)
    program = check(b.finish(turned, product, changed))
    array = np.arange(6.0).reshape(2, 3)
    turned, product, changed = program.run(array)
    assert turned.tolist() == array.T.tolist()
    assert product.tolist() == (array @ array.T).tolist()
    assert changed.tolist() == [[7, 1, 2], [7, 4, 5]]
    assert array[0, 0] == 0


def test_a_free_size_is_a_dim():
    free = Free(example=5)
    x = Value((free.dim(1), 2), "float32", "x")
    y = Value((free.dim(2),), "float32")
    params = {"shape": (free.dim(2),)}
    program = Program([x], [Instruction("view", "reshape", (x,), (y,), params)], [y], free=free)
    check(program)
    assert at(program, 4).run(np.ones((4, 2), np.float32))[0].shape == (8,)
    assert [str(free.dim(*d)) for d in ((1,), (4,), (2, -1), (1, 3))] == [
        "B", "4*B", "2*B - 1", "B + 3"
    ]  # fmt: skip
    assert "v0 = reshape(x, shape=(2*B,))" in str(program)


def spoil(program, **changes):
    first = program.instructions[0].replace(**changes)
    return program.replace(instructions=[first, *program.instructions[1:]])


@pytest.mark.parametrize(
    ("spoiled", "message"),
    [
        (lambda p: p.replace(instructions=p.instructions[1:]), "isn't made yet"),
        (lambda p: p.replace(instructions=p.instructions * 2), "is there already"),
        (lambda p: spoil(p, name="add", params={"axes": (0,), "keepdims": True}), "makes float32"),
        (lambda p: p.replace(outputs=[Value((), "float32")]), "never made"),
        (lambda p: p.replace(writes=[(0, p.instructions[0].result)]), "can't be written"),
    ],
)
def test_the_checker_refuses(spoiled, message):
    with pytest.raises(ValueError, match=message):
        check(spoiled(softmax_program()))


def test_the_checker_wants_the_dtypes_of_a_loop():
    b = Builder()
    x = b.input((2,), "float32", "x")
    with pytest.raises(ValueError, match="aren't those of a loop"):
        check(b.finish(b.elementwise("multiply", x, Constant(2, "float64"))))
