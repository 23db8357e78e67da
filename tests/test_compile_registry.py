"""Every operation compiled equals itself uncompiled, derivatives included."""

import gc

import numpy as np
import pytest
from compiling import check_passes, quick_traces
from samples import RECORDS
from test_ops_registry import float_outputs, results, tensors, weights_like

import rushlight as rl
import rushlight.ops.layers.recurrent
import rushlight.special
from rushlight.compile import Compiled
from rushlight.compile.native import llvm
from rushlight.ops.op import registry
from rushlight.tensor import Tensor, as_array, wrap

#: the shape of what these make, or of what they need on the way, depends on values
UNCOMPILED = {
    "embedding_gradient", "histc", "lookup_scale", "masked_fill_with", "masked_put",
    "masked_scatter", "masked_select", "mode_along",
}  # fmt: skip
#: backward() says that these have no derivative
NO_DERIVATIVE = {
    "dirichlet_grad", "floor_divide", "heaviside", "igamma", "igammac", "once", "standard_gamma_grad",
}  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def only_new_objects():
    with quick_traces():
        yield


def differentiate(outputs):
    """Backward from a weighted sum of the outputs."""
    outputs = [x for x in float_outputs(outputs) if x._requires_grad]
    if outputs:
        weights = [w.astype(x._array.dtype) for w, x in zip(weights_like(outputs), outputs)]
        rl.autograd.backward(outputs, [wrap(w) for w in weights])


def same(found, expected):
    assert (found is None) == (expected is None)
    if found is not None:
        found, expected = as_array(found._array), as_array(expected._array)
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def is_array(x):
    return isinstance(x, (np.ndarray, np.generic))


def moved(record, args, number):
    """The arguments of one run: in the second the floats are a bit smaller."""
    differentiated = record.name not in NO_DERIVATIVE
    made = [x for x in tensors(args, requires_grad=differentiated) if isinstance(x, Tensor)]
    if number and record.smooth:
        generator = np.random.default_rng(number)
        for x in made:
            if x._array.dtype.kind == "f":
                x._array *= generator.uniform(0.999, 1.0, x._array.shape)
    return made


def compare(name, call, inside, backend="numpy"):
    """Trace a call, then run it compiled; differentiate it within, or outside."""
    op = registry[name]

    def function(*given):
        given = iter(given)
        args = [next(given) if is_array(x) else x for x in call.args]
        outputs = results(op, args, call.options)
        if inside:
            differentiate(outputs)
        return outputs

    compiled = Compiled(function, backend=backend)
    for number in range(2):
        plain, other = (moved(RECORDS[name], call.args, number) for _ in range(2))
        expected, found = function(*plain), compiled(*other)
        if not inside:
            differentiate(expected)
            differentiate(found)
        for x, y in zip(found, expected, strict=True):
            same(x, y)
            assert x._requires_grad == y._requires_grad
        for x, y in zip(other, plain, strict=True):
            same(x, y)
            same(x._grad, y._grad)
    return compiled


@pytest.mark.filterwarnings("ignore::rushlight.compile.EagerWarning")
@pytest.mark.parametrize("name", sorted(UNCOMPILED & set(registry)))
def test_what_cannot_be_compiled_runs_as_it_is(name):
    for call in RECORDS[name].calls()[:2]:
        compare(name, call, inside=False)


@pytest.mark.parametrize("name", sorted((set(registry) & set(RECORDS)) - UNCOMPILED))
def test_compiled_equals_uncompiled(name):
    for number, call in enumerate(RECORDS[name].calls()[:3]):
        gc.freeze()
        for inside in (True, False) if number == 0 else (True,):
            compiled = compare(name, call, inside)
            assert compiled.every_entry()
        check_passes(compiled.every_entry()[0].traced)


NATIVE = (
    "softmax log_softmax layer_norm batch_norm gelu silu softplus cross_entropy nll_loss matmul "
    "bmm addmm conv2d max_pool2d embedding cumsum gather logsumexp var prod where pow atan2 "
    "cat index_select dropout erfinv"
).split()


@pytest.mark.skipif(not llvm.available(), reason="needs llvmlite")
@pytest.mark.parametrize("name", sorted(set(NATIVE) & set(registry) & set(RECORDS) - UNCOMPILED))
def test_native_code_equals_uncompiled(name):
    for call in RECORDS[name].calls()[:2]:
        compare(name, call, True, backend=None)
