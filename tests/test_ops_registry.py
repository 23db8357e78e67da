"""What every operation must do, tried on the records of `samples`.

The derivative rules are held against central differences (in float64), the two ways through which
they run against each other, and values and dtypes against PyTorch, where it is installed.
"""

import numpy as np
import pytest
from samples import RECORDS, WITHOUT_ELEMENTS

import rushlight as rl
import rushlight.linalg
import rushlight.nn.functional.margin_loss
import rushlight.ops.creation.gamma_draws
import rushlight.ops.indexing.neighbors
import rushlight.ops.layers.fold
import rushlight.ops.layers.recurrent
import rushlight.ops.signal.fourier
import rushlight.special
from rushlight.ops.op import Elementwise, intercept, registry
from rushlight.tensor import Tensor, as_array, wrap


def calls_of(name):
    return RECORDS[name].calls()


def tensors(args, requires_grad=False):
    """The arguments of a call as Tensors on copies."""
    made = [wrap(np.array(x)) if isinstance(x, (np.ndarray, np.generic)) else x for x in args]
    for x in made:
        if requires_grad and isinstance(x, Tensor) and x._array.dtype.kind in "fc":
            x.requires_grad = True
    return made


def results(op, args, options):
    """The outputs of a call, as a tuple."""
    made = op.call(*args, **options)
    return made if isinstance(made, tuple) else (made,)


def differentiable(op, args):
    """The positions of the arguments with a derivative."""
    return [
        i
        for i, (name, x) in enumerate(zip(op.arrays, args, strict=False))
        if name in op.rules and isinstance(x, Tensor) and x._array.dtype.kind == "f"
    ]


def float_outputs(outputs):
    return [x for x in outputs if x._array.dtype.kind in "fc"]


def weights_like(outputs):
    """Fixed weights, which make one number of several outputs."""
    generator = np.random.default_rng(1)
    weights = [generator.uniform(0.5, 1.5, x._array.shape) for x in outputs]
    return [w * (1 + 0.5j) if x.is_complex() else w for w, x in zip(weights, outputs)]


def weighted(outputs):
    """The sum of conj(weight) * output, its real part: its gradient is the weight."""
    products = zip(weights_like(outputs), outputs)
    return sum(float((np.conj(w) * np.asarray(x._array)).real.sum()) for w, x in products)


def gradients(op, args, options, create_graph=False):
    """The gradients of a weighted sum of the outputs, in the differentiable arguments."""
    args = tensors(args, requires_grad=True)
    outputs = float_outputs(results(op, args, options))
    wanted = [args[i] for i in differentiable(op, args)]
    if not wanted:
        return args, ()
    grad_outputs = [wrap(w.astype(x._array.dtype)) for w, x in zip(weights_like(outputs), outputs)]
    return args, rl.autograd.grad(
        outputs, wanted, grad_outputs, create_graph=create_graph, allow_unused=True
    )


def weighted_sum(op, args, options):
    return weighted(float_outputs(results(op, tensors(args), options)))


def numerical_gradient(function, args, position, eps=1e-6):
    """Central differences of a function of arrays, in one of them."""
    array = np.array(args[position], dtype=np.float64)
    result = np.zeros_like(array)
    for index in np.ndindex(array.shape):
        values = []
        for step in (eps, -eps):
            moved = array.copy()
            moved[index] += step
            values.append(function([*args[:position], moved, *args[position + 1 :]]))
        result[index] = (values[0] - values[1]) / (2 * eps)
    return result


def same(one, other, **tolerance):
    np.testing.assert_allclose(as_array(one), as_array(other), **{"rtol": 1e-12, **tolerance})


@pytest.fixture(params=sorted(set(registry) & set(RECORDS)))
def op(request):
    return registry[request.param]


def test_every_operation_has_a_record_in_samples():
    assert sorted(set(registry) - set(RECORDS) - WITHOUT_ELEMENTS) == []


def test_every_record_has_an_operation():
    assert sorted(set(RECORDS) - set(registry)) == []


def test_first_derivatives(op):
    if not op.rules or not RECORDS[op.name].smooth:
        pytest.skip("nothing to differentiate")
    for call in calls_of(op.name):
        _, found = gradients(op, call.args, call.options)
        positions = differentiable(op, tensors(call.args))
        for position, gradient in zip(positions, found, strict=True):
            expected = numerical_gradient(
                lambda args, c=call: weighted_sum(op, args, c.options), call.args, position
            )
            actual = 0.0 if gradient is None else gradient._array
            same(actual, expected, rtol=1e-5, atol=1e-7, err_msg=f"{op.arrays[position]} {call}")


def test_gradients_on_tensors_equal_gradients_on_arrays(op):
    if not op.rules or not RECORDS[op.name].smooth:
        pytest.skip("nothing to differentiate")
    for call in calls_of(op.name):
        _, on_arrays = gradients(op, call.args, call.options)
        _, on_tensors = gradients(op, call.args, call.options, create_graph=True)
        for one, other in zip(on_arrays, on_tensors, strict=True):
            assert (one is None) == (other is None)
            if one is not None:
                assert one.shape == other.shape
                assert one.dtype == other.dtype
                same(one._array, other._array, err_msg=str(call))


def gradient_sum(op, args, options):
    """One number made of the gradients."""
    _, found = gradients(op, args, options)
    return weighted([x for x in found if x is not None])


def test_second_derivatives(op):
    if not op.rules or not RECORDS[op.name].smooth or not RECORDS[op.name].second:
        pytest.skip("nothing to differentiate twice")
    for call in calls_of(op.name):
        args, found = gradients(op, call.args, call.options, create_graph=True)
        found = [x for x in found if x is not None]
        recorded = [(x, w) for x, w in zip(found, weights_like(found)) if x.requires_grad]
        positions = differentiable(op, args)
        second = [None] * len(positions)
        if recorded:
            second = rl.autograd.grad(
                [x for x, _ in recorded],
                [args[i] for i in positions],
                [wrap(w) for _, w in recorded],
                allow_unused=True,
            )
        for position, gradient in zip(positions, second, strict=True):
            expected = numerical_gradient(
                lambda args, c=call: gradient_sum(op, args, c.options), call.args, position
            )
            actual = 0.0 if gradient is None else gradient._array
            same(actual, expected, rtol=1e-4, atol=1e-6, err_msg=f"{op.arrays[position]} {call}")


IN_SINGLES = {"float64": "float32", "complex128": "complex64"}


def in_singles(args):
    """The arguments in single precision."""
    return [
        x.astype(IN_SINGLES.get(str(x.dtype), x.dtype)) if isinstance(x, np.ndarray) else x
        for x in args
    ]


def test_float32_in_float32_out(op):
    for call in calls_of(op.name):
        args = in_singles(call.args)
        doubles = results(op, tensors(call.args), call.options)
        singles = results(op, tensors(args), call.options)
        for double, single in zip(doubles, singles, strict=True):
            expected = IN_SINGLES.get(str(double._array.dtype), str(double._array.dtype))
            assert str(single._array.dtype) == expected, call
        if not op.rules or not RECORDS[op.name].smooth:
            continue
        for create_graph in (False, True):
            _, found = gradients(op, args, call.options, create_graph)
            assert {x._array.dtype for x in found if x is not None} <= {np.dtype(np.float32)}


def scattered(array):
    """The same array, laid out with gaps and in another order."""
    array = np.asarray(array)
    return np.repeat(array.T, 2, axis=0)[::2].T if array.ndim else array


def test_layout_of_memory_does_not_matter(op):
    if RECORDS[op.name].contiguous:
        pytest.skip("a view that needs one layout")
    for call in calls_of(op.name):
        plain = results(op, tensors(call.args), call.options)
        args = [
            wrap(scattered(x)) if isinstance(x, (np.ndarray, np.generic)) else x for x in call.args
        ]
        for one, other in zip(plain, results(op, args, call.options), strict=True):
            assert one.shape == other.shape
            same(one._array, other._array, err_msg=str(call))


def test_fast_way_equals_general_way(op):
    for call in calls_of(op.name):
        fast_args = tensors(call.args, requires_grad=True)
        fast = results(op, fast_args, call.options)
        general_args = tensors(call.args, requires_grad=True)
        intercept(+1)
        try:
            general = results(op, general_args, call.options)
        finally:
            intercept(-1)
        for one, other in zip(fast, general, strict=True):
            assert one.dtype == other.dtype
            assert one.shape == other.shape
            assert type(one.grad_fn).__name__ == type(other.grad_fn).__name__
            same(one._array, other._array, err_msg=str(call))


def test_no_elements_and_no_dimensions(op):
    if not isinstance(op, Elementwise):
        pytest.skip("not of a kind that takes any shape")
    call = calls_of(op.name)[0]
    for shape in ((0,), (2, 0), ()):
        args = [
            x.reshape(-1)[: int(np.prod(shape))].reshape(shape) if isinstance(x, np.ndarray) else x
            for x in call.args
        ]
        made = results(op, tensors(args, requires_grad=True), call.options)
        assert all(x.shape == shape for x in made)
        if float_outputs(made) and op.rules and RECORDS[op.name].smooth:
            _, found = gradients(op, args, call.options)
            assert all(x is None or x.shape == shape for x in found)


def test_inputs_stay_as_they_are(op):
    for call in calls_of(op.name):
        args = tensors(call.args)
        results(op, args, call.options)
        for before, after in zip(call.args, args, strict=True):
            if isinstance(after, Tensor):
                np.testing.assert_array_equal(before, after._array)


def oracle_function(torch, record):
    if callable(record.oracle):
        return lambda *args, **options: record.oracle(torch, *args, **options)
    found = torch
    for part in record.oracle.split("."):
        found = getattr(found, part)
    return found


def test_values_against_pytorch(op, torch):
    record = RECORDS[op.name]
    if record.oracle is None:
        pytest.skip("PyTorch has nothing like it")
    function = oracle_function(torch, record)
    for single in (False, True):
        for call in calls_of(op.name):
            args = in_singles(call.args) if single else call.args
            theirs = function(
                *(torch.tensor(x) if isinstance(x, (np.ndarray, np.generic)) else x for x in args),
                **call.options,
            )
            theirs = theirs if isinstance(theirs, (tuple, list)) else (theirs,)
            ours = results(op, tensors(args), call.options)
            tolerance = max(record.tolerance, 2e-5) if single else record.tolerance
            for one, other in zip(ours, theirs, strict=True):
                assert str(one.dtype) == str(other.dtype), call
                assert tuple(one.shape) == tuple(other.shape), call
                same(
                    one._array,
                    other.resolve_conj().numpy(),
                    rtol=tolerance,
                    atol=tolerance,
                    err_msg=str(call),
                )
