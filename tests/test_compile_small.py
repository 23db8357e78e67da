"""Small products as loops, against NumPy."""

import numpy as np
import pytest

from rushlight.compile.native import small
from rushlight.compile.native.emit import build
from rushlight.compile.native.products import product_call
from rushlight.compile.programs.program import Builder

pytest.importorskip("llvmlite")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("turned", [(False, False), (False, True), (True, False), (True, True)])
@pytest.mark.parametrize(
    "sizes", [(100, 16, 16), (7, 3, 50), (1, 16, 100), (33, 1, 30), (2, 10, 64), (40, 1, 90)]
)
def test_small_products(sizes, turned, dtype):
    m, n, k = sizes
    rng = np.random.default_rng(0)
    shapes = (k, m) if turned[0] else (m, k), (n, k) if turned[1] else (k, n)
    arrays = [rng.standard_normal(shape).astype(dtype) for shape in shapes]
    b = Builder()
    inputs = [b.input(shape, dtype) for shape in shapes]
    run = build(b.finish(b.matmul(*inputs, *turned)))
    (made,) = run(*arrays)
    a, c = (x.T if t else x for x, t in zip(arrays, turned, strict=True))
    np.testing.assert_allclose(made, a @ c, 1e-5 if dtype == "float32" else 1e-13, 1e-5)
    assert "gemm" not in "".join(run.code.module.texts())


def test_what_is_left_to_the_blas():
    def fits(m, n, k, turned=False):
        b = Builder()
        x, y = b.input((m, k), "float32"), b.input((n, k) if turned else (k, n), "float32")
        fusion = build(b.finish(b.matmul(x, y, False, turned))).code.fusion
        (made,) = [i for i in fusion.program.instructions if i.kind == "matmul"]
        return small.fits(product_call(fusion, made), 2 * m * n * k)

    assert fits(16, 64, 64)
    assert not fits(16, 65, 64)
    assert not fits(160, 64, 64)
    assert not fits(8, 60, 100, turned=True)
