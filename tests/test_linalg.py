"""`torch.linalg`, and the functions of the same purpose in `torch`."""

import numpy as np
import pytest

import rushlight as rl

linalg = rl.linalg
SQUARE = [[2.0, 1.0, 0.5], [-1.0, 3.0, 0.25], [0.5, -2.0, 4.0]]
TALL = [[1.0, 2.0], [3.0, 5.0], [-4.0, 6.0]]


def double(data, **more):
    return rl.tensor(data, dtype=rl.float64, **more)


def test_recorded_values():
    a = double(SQUARE)
    assert linalg.det(a).item() == pytest.approx(29.375)
    sign, logabsdet = linalg.slogdet(a)
    assert (sign.item(), logabsdet.item()) == (1.0, pytest.approx(np.log(29.375)))
    assert rl.trace(a).item() == 9.0
    assert linalg.matrix_norm(double([[1, 2], [3, 4]]), 1).item() == 6.0
    assert linalg.matrix_norm(double([[1, 2], [3, 4]]), -float("inf")).item() == 3.0
    assert linalg.matrix_norm(double([[1, 2], [3, 4]]), "nuc").item() == pytest.approx(34**0.5)
    assert linalg.matrix_rank(double([[1, 2], [2, 4]])).item() == 1
    assert linalg.vander(rl.tensor([2, 3])).tolist() == [[1, 2], [1, 3]]
    assert rl.vander(rl.tensor([1, 2, 3])).tolist() == [[1, 1, 1], [4, 2, 1], [9, 3, 1]]
    assert linalg.matrix_power(rl.tensor([[1, 1], [0, 1]]), 5).tolist() == [[1, 5], [0, 1]]
    assert rl.cross(rl.tensor([1, 2, 3]), rl.tensor([4, 5, 6])).tolist() == [-3, 6, -3]


def test_results_have_names():
    assert linalg.svd(rl.eye(2))._fields == ("U", "S", "Vh")
    assert rl.svd(rl.eye(2))._fields == ("U", "S", "V")
    assert repr(linalg.slogdet(rl.eye(2))) == (
        "torch.return_types.linalg_slogdet(\nsign=tensor(1.),\nlogabsdet=tensor(0.))"
    )


def test_failures_are_told_by_info():
    singular = rl.stack([rl.eye(2), rl.zeros(2, 2)])
    inverse, info = linalg.inv_ex(singular)
    assert info.tolist() == [0, 1]
    assert info.dtype is rl.int32
    assert inverse[0].tolist() == [[1, 0], [0, 1]]
    assert inverse[1].isnan().all()
    assert linalg.cholesky_ex(rl.tensor([[1.0, 2.0], [2.0, 1.0]])).info.item() == 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: linalg.inv(rl.zeros(2, 2)),
            "linalg.inv: The diagonal element 1 is zero, the inversion could not be completed "
            "because the input matrix is singular.",
        ),
        (
            lambda: linalg.inv(rl.stack([rl.eye(2), rl.ones(2, 2)])),
            r"linalg.inv: \(Batch element 1\): The diagonal element 2 is zero",
        ),
        (
            lambda: linalg.solve(rl.zeros(2, 2), rl.ones(2)),
            "torch.linalg.solve: The solver failed because the input matrix is singular.",
        ),
        (
            lambda: linalg.cholesky(rl.tensor([[1.0, 2.0], [2.0, 1.0]])),
            r"linalg.cholesky: The factorization could not be completed because the input is not "
            r"positive-definite \(the leading minor of order 2 is not positive-definite\).",
        ),
        (lambda: linalg.svd(rl.full((2, 2), float("nan"))), "linalg.svd: The algorithm failed"),
    ],
)
def test_matrices_that_fail(call, message):
    with pytest.raises(linalg.LinAlgError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: linalg.inv(rl.ones(2, 3)),
            "linalg.inv: A must be batches of square matrices, but they are 2 by 3 matrices",
        ),
        (
            lambda: linalg.det(rl.ones(2, 2, dtype=rl.int64)),
            "linalg.det: Expected a floating point or complex tensor as input. Got Long",
        ),
        (lambda: linalg.qr(rl.ones(3)), "linalg.qr: The input tensor A must have at least 2"),
        (lambda: linalg.qr(rl.ones(2, 2), "x"), "qr received unrecognized mode 'x'"),
        (
            lambda: linalg.solve(rl.eye(2), rl.ones(3, 1)),
            r"linalg.solve: Incompatible shapes of A and B for the equation AX = B \(2x2 and 3x1\)",
        ),
        (
            lambda: linalg.solve(rl.eye(2), rl.ones(2, 2).double()),
            "found A of type Float and B of type Double instead",
        ),
        (lambda: linalg.matrix_norm(rl.eye(2), 3), "linalg.matrix_norm: Order 3 not supported."),
        (lambda: linalg.cond(rl.eye(2), 3), "linalg.cond got an invalid norm type: 3"),
        (lambda: linalg.multi_dot([rl.eye(2)]), "expected at least 2 tensors but got 1"),
        (lambda: rl.cdist(rl.ones(2, 3), rl.ones(2, 4)), "X1: 3 X2: 4"),
    ],
)
def test_arguments_that_are_refused(call, message):
    with pytest.raises(RuntimeError, match=message):
        call()


CASES = {
    "inv": (lambda t, a: t.linalg.inv(a), SQUARE),
    "det": (lambda t, a: t.linalg.det(a), SQUARE),
    "logdet": (lambda t, a: t.logdet(a), SQUARE),
    "solve": (lambda t, a: t.linalg.solve(a, a.mT @ a), SQUARE),
    "solve right": (lambda t, a: t.linalg.solve(a, a.mT @ a, left=False), SQUARE),
    "triangular": (lambda t, a: t.linalg.solve_triangular(a, a.mT, upper=True), SQUARE),
    "cholesky": (lambda t, a: t.linalg.cholesky(a.mT @ a), SQUARE),
    "cholesky upper": (lambda t, a: t.linalg.cholesky(a.mT @ a, upper=True), SQUARE),
    "cholesky_solve": (lambda t, a: t.cholesky_solve(a, a.tril()), SQUARE),
    "qr": (lambda t, a: t.linalg.qr(a)[1].abs(), TALL),
    "wide qr": (lambda t, a: t.linalg.qr(a.mT)[1].abs(), TALL),
    "eigvalsh": (lambda t, a: t.linalg.eigvalsh(a + a.mT), SQUARE),
    "eigh": (lambda t, a: t.linalg.eigh(a.mT + a)[1] ** 2, SQUARE),
    "eigh of equal": (lambda t, a: t.linalg.eigh(a)[0], np.eye(3).tolist()),
    "eig": (lambda t, a: t.linalg.eigvals(a).sum().real, SQUARE),
    "svd": (lambda t, a: t.linalg.svd(a, False)[0] ** 2, TALL),
    "wide svd": (lambda t, a: t.linalg.svd(a.mT, False)[2] ** 2, TALL),
    "svdvals": (lambda t, a: t.linalg.svdvals(a), TALL),
    "pinv": (lambda t, a: t.linalg.pinv(a), TALL),
    "lstsq": (lambda t, a: t.linalg.lstsq(a, a**2)[0], TALL),
    "matrix_exp": (lambda t, a: t.linalg.matrix_exp(a), SQUARE),
    "matrix_power": (lambda t, a: t.linalg.matrix_power(a, -3), SQUARE),
    "nuc": (lambda t, a: t.linalg.matrix_norm(a, "nuc"), TALL),
    "norm": (lambda t, a: t.linalg.norm(a, 1), TALL),
    "cond": (lambda t, a: t.linalg.cond(a), SQUARE),
    "multi_dot": (lambda t, a: t.linalg.multi_dot([a, a.mT, a]), TALL),
    "cross": (lambda t, a: t.linalg.cross(a, a**2), SQUARE),
    "vecdot": (lambda t, a: t.linalg.vecdot(a, a**2), SQUARE),
    "cdist": (lambda t, a: t.cdist(a, a + 1.5), TALL),
    "tensorinv": (lambda t, a: t.linalg.tensorinv(a.reshape(3, 3), 1), SQUARE),
}


@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients_against_pytorch(name):
    torch = pytest.importorskip("torch")
    function, data = CASES[name]
    found = []
    for t in (rl, torch):
        a = t.tensor(data, dtype=t.float64, requires_grad=True)
        y = function(t, a)
        weights = t.arange(1, y.numel() + 1, dtype=t.float64).reshape(y.shape)
        (g,) = t.autograd.grad((y * weights).sum(), a)
        found.append((y.detach().numpy(), g.numpy()))
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("name", [n for n in CASES if n != "eigh of equal"])
def test_second_derivatives(name):
    function, data = CASES[name]
    a = double(data, requires_grad=True)
    assert rl.autograd.gradcheck(lambda a: function(rl, a), a)
    assert rl.autograd.gradgradcheck(lambda a: function(rl, a), a)


@pytest.mark.parametrize(
    "name", ["inv", "det", "solve", "matrix_exp", "pinv", "svdvals", "eigvalsh"]
)
def test_complex_matrices(name):
    a = double(SQUARE) + 1j * double(SQUARE).mT
    a.requires_grad = True
    functions = {"solve": lambda a: linalg.solve(a, a.mT)}
    function = functions.get(name, getattr(linalg, name))
    assert rl.autograd.gradcheck(lambda a: function(a + a.mH if name == "eigvalsh" else a), a)


def test_singular_determinants_have_their_cofactors_as_gradient():
    a = double([[1, 2], [2, 4]], requires_grad=True)
    linalg.det(a).backward()
    np.testing.assert_allclose(a.grad.numpy(), [[4, -2], [-2, 1]], atol=1e-12)


def test_phases_of_complex_vectors_are_not_differentiated():
    a = (double(SQUARE) + 1j * double(SQUARE).mT).requires_grad_()
    with pytest.raises(RuntimeError, match="^svd_backward: The singular vectors in the complex"):
        linalg.svd(a).U.real.sum().backward()
