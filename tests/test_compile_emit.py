"""Native code: each Program does what its meaning says."""

import numpy as np
import pytest
from programs import WRITTEN, Drawn, compare, descent, numbers, softmax

from rushlight.compile import native
from rushlight.compile.program import Builder

pytestmark = pytest.mark.skipif(not native.available(), reason="needs llvmlite")

if native.available():
    from rushlight.compile.emit import build


@pytest.mark.parametrize("make", WRITTEN)
def test_written_programs(make):
    compare(*make(), build)


@pytest.mark.parametrize("seed", range(25))
def test_drawn_programs(seed):
    drawn = Drawn(seed)
    compare(drawn.program, drawn.arrays, build)


def test_softmax_is_one_loop():
    run = build(softmax()[0])
    assert [item.shape for item in run.fusion.items] == [(8, 33)]


def test_update_is_in_place():
    run = build(descent()[0])
    assert run.plan.copies == []


def test_results_belong_to_the_caller():
    program, arrays = softmax()
    run = build(program)
    first = run(*arrays)
    kept = [x.copy() for x in first]
    run(arrays[0] + 1)
    for x, y in zip(first, kept):
        np.testing.assert_array_equal(x, y)


def test_vectors_and_stacks_of_matrices():
    b = Builder()
    a, v = b.input((3, 4, 5), "float64", "a"), b.input((5,), "float64", "v")
    w = b.input((4,), "float64", "w")
    program = b.finish(b.matmul(a, v), b.matmul(w, a), b.matmul(v, v))
    draw = np.random.default_rng(0)
    compare(program, [draw.normal(size=s) for s in ((3, 4, 5), (5,), (4,))], build)


def test_sum_along_middle_axes():
    b = Builder()
    x = b.input((4, 3, 5, 6), "float32", "x")
    program = b.finish(
        b.reduce("add", x, (0, 2, 3)), b.reduce("maximum", x, (1,)), b.reduce("multiply", x, (0,))
    )
    compare(program, [numbers()(4, 3, 5, 6)], build)


def test_numbers_may_be_python_floats():
    run, made = build(descent()[0]), numbers()
    x, w, bias = made(8, 5), made(5, 4), made(4)
    by_array, by_number = [x, w.copy(), bias.copy()], [x, w.copy(), bias.copy()]
    run(*by_array, np.array(0.25))
    run(*by_number, 0.25)
    for a, b in zip(by_array, by_number):
        np.testing.assert_array_equal(a, b)
