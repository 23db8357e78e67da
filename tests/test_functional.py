"""`autograd.functional`: products with vectors, Jacobians, Hessians."""

import numpy as np
import pytest

import rushlight as rl
import rushlight.autograd.functional as AF

X, Y = rl.tensor([1.0, 2.0, 3.0]), rl.tensor([2.0, 3.0, 4.0])


def cube(a):
    return (a**3).sum()


def two(a, b):
    return a * b, (a.exp() * b).sum()


def mixed(a, b):
    return ((a**2) * b).sum()


def same(found, expected):
    assert found.dtype is expected.dtype
    assert found.shape == expected.shape
    np.testing.assert_allclose(found.detach().numpy(), expected.detach().numpy(), rtol=1e-6)


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("strict", [False, True])
def test_products(create_graph, strict):
    how = {"create_graph": create_graph, "strict": strict}
    _, product = AF.vjp(cube, X, rl.tensor(2.0), **how)
    same(product, 6 * X**2)
    assert product.requires_grad == create_graph
    (_first, _total), (a, b) = AF.vjp(two, (X, Y), (X, rl.tensor(2.0)), **how)
    same(a, X * Y + 2 * X.exp() * Y)
    same(b, X * X + 2 * X.exp())
    _value, (a, b) = AF.jvp(two, (X, Y), (X, Y), **how)
    same(a, 2 * X * Y)
    for function in (AF.vhp, AF.hvp):
        same(function(cube, X, Y, **how)[1], 6 * X * Y)
        _, (a, b) = function(mixed, (X, Y), (X, Y), **how)
        same(a, 2 * Y * X + 2 * X * Y)
        same(b, 2 * X * X)


@pytest.mark.parametrize("vectorize", [False, True])
@pytest.mark.parametrize("strategy", ["reverse-mode", "forward-mode"])
def test_matrices(vectorize, strategy):
    if strategy == "forward-mode" and not vectorize:
        with pytest.raises(NotImplementedError, match="only implemented for `vectorize=True`"):
            AF.jacobian(cube, X, strategy=strategy)
        return
    same(AF.jacobian(cube, X, vectorize=vectorize, strategy=strategy), 3 * X**2)
    found = AF.jacobian(two, (X, Y), vectorize=vectorize, strategy=strategy)
    same(found[0][1], rl.diag(X))
    same(found[1][0], X.exp() * Y)
    found = AF.hessian(mixed, (X, Y), vectorize=vectorize, outer_jacobian_strategy=strategy)
    same(found[0][0], rl.diag(2 * Y))
    same(found[1][0], rl.diag(2 * X))
    same(found[1][1], rl.zeros(3, 3))
    same(AF.hessian(cube, X, vectorize=vectorize), rl.diag(6 * X))


def test_what_does_not_depend():
    same(AF.jacobian(lambda a: rl.ones(2), X), rl.zeros(2, 3))
    same(AF.vjp(lambda a, b: a * 2, (X, Y), X)[1][1], rl.zeros(3))
    same(AF.hvp(lambda a: (2 * a).sum(), X, X)[1], rl.zeros(3))
    same(AF.hessian(lambda a: rl.tensor(1.0), X), rl.zeros(3, 3))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: AF.vjp(lambda a: rl.ones(2), X, rl.ones(2), strict=True), "Output 0 of the user-"),
        (lambda: AF.vjp(lambda a, b: a * 2, (X, Y), X, strict=True), "is independent of input 1"),
        (lambda: AF.vjp(lambda a: a * 2, X, X, True, True), "when create_graph=True"),
        (lambda: AF.jacobian(lambda a, b: a * 2, (X, Y), strict=True), "Output 0 of the user-pro"),
        (lambda: AF.hvp(lambda a: (2 * a).sum(), X, X, strict=True), "While computing the hessian"),
        (lambda: AF.jacobian(cube, X, strict=True, vectorize=True), "are not supported together"),
        (lambda: AF.hvp(lambda a: a, X, X), "The Tensor returned by the function given to hvp"),
        (lambda: AF.vhp(two, (X, Y), (X, Y)), "The function given to vhp should return a single"),
        (lambda: AF.vjp(cube, X, (X, X)), "The given v should contain a single Tensor"),
        (
            lambda: AF.vjp(two, (X, Y), (X,)),
            "v is a tuple of invalid length: should be 2 but got 1",
        ),
        (lambda: AF.vjp(lambda a: a, X), "v can only be None if the user-provided function"),
        (lambda: AF.jvp(lambda a: a, X), "v can only be None if the input to the user-provided"),
        (lambda: AF.jvp(lambda a: a, X, X[:2]), "v has invalid size: should be"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(RuntimeError, match=message):
        call()


def test_other_refusals():
    with pytest.raises(TypeError, match="The inputs given to vjp must be either a Tensor or a tup"):
        AF.vjp(cube, 3)
    with pytest.raises(TypeError, match="value at index 1 has type <class 'int'>"):
        AF.vjp(lambda a: (a, 3), X)
    with pytest.raises(AssertionError, match="Expected strategy to be either"):
        AF.jacobian(cube, X, strategy="sideways")
    with pytest.raises(NotImplementedError, match="`create_graph=True` and"):
        AF.jacobian(cube, X, create_graph=True, vectorize=True, strategy="forward-mode")


def test_results_can_be_differentiated():
    x = X.clone().requires_grad_()
    found = AF.jacobian(lambda a: a**3, x, create_graph=True)
    (g,) = rl.autograd.grad(found.sum(), x)
    same(g, 6 * X)
    assert not AF.jacobian(lambda a: a**3, x).requires_grad
    with rl.no_grad():
        same(AF.jacobian(lambda a: a**3, X), rl.diag(3 * X**2))


def test_all_rows_are_one_pass(monkeypatch):
    passes = []
    real = AF.grad
    monkeypatch.setattr(AF, "grad", lambda *a, **k: (passes.append(1), real(*a, **k))[1])
    same(AF.jacobian(lambda a: rl.ones(1000, 3) @ a, X), rl.ones(1000, 3))
    assert len(passes) == 1


def test_hooks_and_functions_of_the_user_go_row_by_row():
    rows = []

    def f(a):
        y = a * 2
        y.register_hook(lambda g: rows.append(g.tolist()))
        return y

    same(AF.jacobian(f, X), 2 * rl.eye(3))
    assert len(rows) == 3


def test_gradients_in_batches():
    x = X.clone().requires_grad_()
    y = x**2
    (found,) = rl.autograd.grad(y, x, rl.eye(3), is_grads_batched=True)
    same(found, rl.diag(2 * X))
