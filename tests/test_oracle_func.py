"""Transforms within transforms, in every order, held against PyTorch."""

import itertools
import warnings

import numpy as np
import pytest

import rushlight as rl
import rushlight.func

torch = pytest.importorskip("torch")

BOTH = {"rushlight": (rl, rl.func), "torch": (torch, torch.func)}


def transforms(library, func):
    """Transforms of functions from a tensor to a tensor of the same shape."""

    def gradient(h):
        return func.grad(lambda x: h(x).sum())

    def batch(h):
        return lambda x: func.vmap(h)(x) if x.dim() else h(x)

    def batch_last(h):
        return lambda x: func.vmap(h, in_dims=-1, out_dims=-1)(x) if x.dim() else h(x)

    def forward(h):
        return lambda x: func.jvp(h, (x,), (library.cos(x),))[1]

    def backward(h):
        def pulled(x):
            y, pull = func.vjp(h, x)
            return pull(library.sin(y))[0]

        return pulled

    def half_constant(h):
        def mixed(x):
            with library.no_grad():
                c = h(x)
            return c * h(x)

        return mixed

    def detached(h):
        return lambda x: h(x) * h(x.detach())

    def rows(h):
        def summed(x):
            return func.jacrev(h)(x).flatten(-max(x.dim(), 1)).sum(-1) if x.dim() else h(x)

        return summed

    return {
        "G": gradient,
        "V": batch,
        "W": batch_last,
        "J": forward,
        "P": backward,
        "N": half_constant,
        "D": detached,
        "R": rows,
    }


def functions(library):
    """Functions that work on any shape, one of them with a tensor from outside."""
    outside = library.tensor(0.7, dtype=library.float64)

    def smooth(x):
        return library.tanh(x * x) * x + outside * x.exp()

    def mixed(x):
        y = x.reshape(-1)
        total = (y * y).sum() + y.mean()
        return library.where(x > 0.3, x * total, library.sin(x))

    def in_place(x):
        y = x.clone()
        y.mul_(x)
        y += library.sigmoid(x)
        return y * x

    return {"smooth": smooth, "mixed": mixed, "in_place": in_place}


def value(library, func, name, word):
    known, h = transforms(library, func), functions(library)[name]
    for letter in word:
        h = known[letter](h)
    x = library.tensor([[0.4, -0.3, 0.9], [0.1, 0.8, -0.6]], dtype=library.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return h(x).detach().numpy()


WORDS = ["".join(w) for n in (1, 2) for w in itertools.product("GVWJPNDR", repeat=n)]
WORDS += ["".join(w) for w in itertools.product("GVJ", repeat=3)]


@pytest.mark.parametrize("name", ["smooth", "mixed", "in_place"])
def test_transforms_compose_in_every_order(name):
    wrong = []
    for word in WORDS:
        expected = value(torch, torch.func, name, word)
        try:
            found = value(rl, rl.func, name, word)
        except Exception as error:
            wrong.append((word, repr(error)[:200]))
            continue
        if not np.allclose(found, expected, rtol=1e-9, atol=1e-11):
            wrong.append((word, found - expected))
    assert not wrong
