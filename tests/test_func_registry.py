"""Every operation in batches and in forward mode, tried on the records of `samples`.

In a batch it must give what a loop over the samples gives; forward mode must be the transpose of
the backward pass.
"""

import warnings

import numpy as np
import pytest
from samples import RECORDS

import rushlight.func
import rushlight.nn
import rushlight.ops
import rushlight.special
from rushlight.func import jvp, vjp, vmap
from rushlight.func.rules import has_rule
from rushlight.ops.op import registry
from rushlight.tensor import Tensor, wrap

#: operations that are called for one sample after another; this list may only become shorter
ONE_BY_ONE = {
    "strided_scatter",  # it sees all of the memory
    *("bincount", "histc"),
}

#: operations that are so for some options: weights of classes that differ, lookups by frequency
SOMETIMES = {"embedding", "embedding_gradient", "lookup_scale", "nll_loss", "nll_loss_gradient"}

#: operations that can't be batched: what they return depends on the values
DYNAMIC = {"masked_select"}

#: operations on chance
RANDOM = {"bernoulli", "dirichlet_draws", "gamma_draws", "poisson"}

#: operations that refuse to be differentiated by some argument
NOT_IMPLEMENTED = {
    "dirichlet_grad", "floor_divide", "heaviside", "igamma", "igammac", "once", "standard_gamma_grad"
}  # fmt: skip

SIZE = 3
NAMES = [name for name in RECORDS if name in registry and name not in RANDOM]


def is_array(x):
    return isinstance(x, (np.ndarray, np.generic))


def batch_of(x, seed):
    """Samples like `x`: itself, and its elements in other orders."""
    x, generator = np.asarray(x), np.random.default_rng(seed)
    others = [generator.permutation(x.ravel()).reshape(x.shape) for _ in range(SIZE - 1)]
    return wrap(np.stack([x, *others]))


def choices(args):
    """Which arguments have a batch: all arrays, and each array alone."""
    arrays = [i for i, x in enumerate(args) if is_array(x)]
    return [arrays] + [[i] for i in arrays if len(arrays) > 1]


def as_tuple(results):
    return results if isinstance(results, tuple) else (results,)


def same(found, expected):
    assert found.dtype is expected.dtype
    assert found.shape == expected.shape
    found, expected = found.numpy(force=True), expected.numpy(force=True)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def check_batch(op, call, batched):
    args = [
        batch_of(x, i) if i in batched else wrap(np.array(x)) if is_array(x) else x
        for i, x in enumerate(call.args)
    ]
    dims = tuple(0 if i in batched else None for i in range(len(args)))

    def one(*each):
        return op.call(*each, **call.options)

    expected = []
    for k in range(SIZE):
        sample = [x[k].clone() if i in batched else x for i, x in enumerate(args)]
        try:
            expected.append(as_tuple(one(*sample)))
        except (RuntimeError, IndexError, ValueError):
            return  # elements in another order may be out of range
    found = as_tuple(vmap(one, in_dims=dims)(*args))
    for y, each in zip(found, zip(*expected, strict=True), strict=True):
        same(y, rushlight.stack(each))


@pytest.mark.parametrize("name", [n for n in NAMES if n not in DYNAMIC])
def test_a_batch_is_a_loop(name):
    op = registry[name]
    with warnings.catch_warnings():
        if name not in ONE_BY_ONE | SOMETIMES:
            warnings.filterwarnings("error", message="There is a performance drop")
        else:
            warnings.simplefilter("ignore")
        for call in RECORDS[name].calls():
            for batched in choices(call.args):
                if batched:
                    check_batch(op, call, batched)


def test_what_has_no_batching_rule_is_known():
    for name in rushlight.ops.LATER:  # rare families are declared when first used
        getattr(rushlight.ops, name)
    known = RECORDS.keys() & registry.keys() - RANDOM
    assert {name for name in known if not has_rule(registry[name])} == ONE_BY_ONE


def float_positions(op, args):
    return [
        i
        for i, (name, x) in enumerate(zip(op.arrays, args, strict=False))
        if name in op.rules and is_array(x) and np.asarray(x).dtype.kind in "fc"
    ]


def random_like(x, generator):
    found = generator.standard_normal(x.shape)
    if x.is_complex():
        found = found + 1j * generator.standard_normal(x.shape)
    return wrap(np.asarray(found, x._array.dtype))


def inner(a, b):
    """The real inner product of tensors that may be complex."""
    return float((a.numpy(force=True).conj() * b.numpy(force=True)).real.sum())


@pytest.mark.parametrize("name", [n for n in NAMES if registry[n].rules])
def test_forward_mode_is_the_transpose_of_backward_mode(name):
    op = registry[name]
    generator = np.random.default_rng(0)
    for call in RECORDS[name].calls():
        args = [wrap(np.array(x)) if is_array(x) else x for x in call.args]
        places = float_positions(op, call.args)
        if not places:
            continue

        def function(*given, args=args, places=places, call=call):
            full = list(args)
            for place, x in zip(places, given, strict=True):
                full[place] = x
            found = as_tuple(op.call(*full, **call.options))
            return tuple(y for y in found if y.is_floating_point() or y.is_complex())

        primals = tuple(args[i] for i in places)
        tangents = tuple(random_like(x, generator) for x in primals)
        if name not in NOT_IMPLEMENTED:
            values, pushed = jvp(function, primals, tangents)
        else:
            values = function(*primals)
        if not values:
            continue
        vectors = tuple(random_like(y, generator) for y in values)
        if name in NOT_IMPLEMENTED:
            with pytest.raises(RuntimeError, match="is not implemented"):
                vjp(function, *primals)[1](vectors)
            return
        pulled = vjp(function, *primals)[1](vectors)
        forward = sum(map(inner, vectors, pushed))
        backward = sum(map(inner, pulled, tangents))
        assert forward == pytest.approx(backward, rel=1e-8, abs=1e-8), (name, call)
        assert all(isinstance(t, Tensor) and t.dtype is y.dtype for t, y in zip(pushed, values))
