"""Views, indexing, creation and sorting on the samples of PyTorch's own operator database.

Values, dtypes, shapes, names of Nodes, first and second derivatives, and the first lines of errors.
"""

import contextlib
import itertools
import types
import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch")
opinfo = pytest.importorskip("torch.testing._internal.common_methods_invocations")

import rushlight as rl

NAMES = """
    H T __getitem__ alias_copy arange argsort argwhere as_strided_copy atleast_1d atleast_2d
    atleast_3d block_diag broadcast_shapes broadcast_tensors broadcast_to bucketize cartesian_prod
    cat chunk clone column_stack combinations contiguous diag diag_embed diagflat diagonal
    diagonal_copy diagonal_scatter dsplit dstack expand expand_as expand_copy eye fill flatten flip
    fliplr flipud full full_like gather hsplit hstack index_add index_copy index_fill index_put
    index_reduce index_select isin linspace logspace mH mT masked_fill masked_scatter masked_select
    meshgrid movedim msort multinomial narrow narrow_copy new_full new_ones new_zeros nonzero
    nonzero_static ones ones_like permute permute_copy put rand_like randint randn randn_like ravel
    repeat repeat_interleave reshape reshape_as roll rot90 scatter scatter_add scatter_reduce
    searchsorted select select_scatter slice_scatter sort split split_with_sizes squeeze
    squeeze_copy stack sum_to_size t t_copy take take_along_dim tensor_split tile transpose
    transpose_copy tril tril_indices triu triu_indices unbind unbind_copy unflatten unfold
    unfold_copy unique unique_consecutive unravel_index unsafe_chunk unsafe_split unsqueeze
    unsqueeze_copy view view_as view_copy vsplit vstack where zero_ zeros zeros_like
""".split()
OPS = {
    op.name: op for op in reversed(opinfo.op_db) if op.name in NAMES
}  # of several variants of one name, the first
#: what is not defined where elements are equal, or what PyTorch does not say exactly
LOOSE = {"argsort", "sort", "unique"}
#: messages of PyTorch's argument parser, of its C++ type names, or about overlapping memory
OTHER_WORDS = (
    "received an invalid combination",
    "unsupported operation",
    "Expected out tensor to have dtype",
    "expects Long tensor out",
    "only supports 0-dimensional start",
)


def ours(x):
    """A sample's argument as this library has it."""
    if isinstance(x, torch.Tensor):
        made = rl.from_numpy(x.detach().resolve_conj().numpy().copy(order="K"))
        return made.requires_grad_() if x.requires_grad else made
    if isinstance(x, torch.dtype):
        return getattr(rl, str(x).removeprefix("torch."))
    if isinstance(x, (torch.memory_format, torch.layout)):
        return getattr(rl, str(x).removeprefix("torch."))
    if isinstance(x, (tuple, list)):
        return type(x)(map(ours, x))
    if isinstance(x, dict):
        return {key: ours(value) for key, value in x.items()}
    return x


def function_of(op):
    """What computes the same here: the sample's own lambda with this library as `torch`."""
    function = op.op
    if isinstance(function, types.FunctionType) and function.__module__.startswith("torch.testing"):
        names = {**function.__globals__, "torch": rl}
        return types.FunctionType(
            function.__code__, names, function.__name__, function.__defaults__, function.__closure__
        )
    found = getattr(rl, op.name, None)
    return found if callable(found) else getattr(rl.Tensor, function.__name__)


def flat(x):
    if isinstance(x, (torch.Tensor, rl.Tensor)):
        return [x]
    if isinstance(x, (tuple, list)):
        return [tensor for each in x for tensor in flat(each)]
    return flat(list(x.values())) if isinstance(x, dict) else []


def called(function, sample, args):
    torch.manual_seed(42)
    rl.manual_seed(42)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(args[0], *args[1], **args[2])


def same(theirs, mine, tolerance=1e-6):
    assert str(theirs.dtype) == str(mine.dtype)
    assert tuple(theirs.shape) == tuple(mine.shape)
    expected = theirs.detach().resolve_conj().resolve_neg().numpy()
    np.testing.assert_allclose(mine.detach().numpy(), expected, rtol=tolerance, atol=tolerance)


def arguments(sample):
    return sample.input, list(sample.args), sample.kwargs


def some_samples(op, dtype, requires_grad, count):
    return itertools.islice(op.sample_inputs("cpu", dtype, requires_grad=requires_grad), count)


@pytest.fixture(params=sorted(OPS))
def op(request):
    return OPS[request.param]


def test_values(op):
    function = function_of(op)
    for dtype in {torch.float32, torch.int64, torch.bool} & op.supported_dtypes("cpu"):
        for sample in some_samples(op, dtype, False, 3):
            args = arguments(sample)
            compare(op, called(op, sample, args), called(function, sample, ours(args)))


def compare(op, theirs, mine):
    if not isinstance(theirs, (torch.Tensor, tuple, list)) or isinstance(theirs, torch.Size):
        assert tuple(theirs) == tuple(mine)
        return
    assert len(flat(theirs)) == len(flat(mine))
    for one, other in zip(flat(theirs), flat(mine), strict=True):
        if op.name not in LOOSE:
            same(one, other)


def test_derivatives(op):
    if not op.supports_autograd or op.name in LOOSE:
        pytest.skip("not differentiable")
    function = function_of(op)
    for sample in some_samples(op, torch.float64, True, 3):
        args = arguments(sample)
        my_args = ours(args)
        theirs, mine = called(op, sample, args), called(function, sample, my_args)
        pairs = [
            (a, b)
            for a, b in zip(flat(theirs), flat(mine), strict=True)
            if a.grad_fn is not None and a.numel()
        ]
        for one, other in pairs:
            assert type(one.grad_fn).__name__ == type(other.grad_fn).__name__
        check_gradients(pairs, flat(args), flat(my_args), op.supports_gradgrad)


def check_gradients(pairs, inputs, my_inputs, twice):
    inputs = [x for x in inputs if x.requires_grad]
    my_inputs = [x for x in my_inputs if x.requires_grad]
    if not pairs or not inputs:
        return
    weights = [torch.linspace(1, 2, a.numel(), dtype=a.dtype).reshape(a.shape) for a, _ in pairs]
    found = torch.autograd.grad(
        [a for a, _ in pairs], inputs, weights, allow_unused=True, create_graph=twice
    )
    outputs = [b for _, b in pairs]
    my_weights = [rl.from_numpy(w.numpy()) for w in weights]
    plain = rl.autograd.grad(outputs, my_inputs, my_weights, allow_unused=True, retain_graph=True)
    recorded = rl.autograd.grad(
        outputs, my_inputs, my_weights, allow_unused=True, create_graph=True
    )
    for theirs, one, other in zip(found, plain, recorded, strict=True):
        if theirs is not None and theirs.numel():
            same(theirs, one)
            same(theirs, other)


#: narrow_copy refuses the same as narrow, in other words
ERRORS = sorted(
    name for name, op in OPS.items() if op.error_inputs_func is not None and name != "narrow_copy"
)


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    op = OPS[name]
    function = function_of(op)
    for wrong in op.error_inputs("cpu"):
        args = arguments(wrong.sample_input)
        theirs = None
        with contextlib.suppress(StopIteration):
            try:
                called(op, wrong.sample_input, args)
            except Exception as error:
                theirs = error
        message = "" if theirs is None else str(theirs).splitlines()[0]
        if theirs is None or any(words in message for words in OTHER_WORDS):
            continue
        with pytest.raises(Exception) as caught:
            called(function, wrong.sample_input, ours(args))
        assert type(caught.value).__name__ == type(theirs).__name__
        assert str(caught.value).splitlines()[0] == message
