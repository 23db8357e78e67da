"""Views, joins and rearrangements: what PyTorch prints, shares and refuses."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rushlight as rl


def x234():
    return rl.arange(24.0).reshape(2, 3, 4).clone().requires_grad_()


VIEWS = [
    (lambda x: x.view(6, 4), (6, 4), "ViewBackward0"),
    (lambda x: x.view(-1, 2), (12, 2), "ViewBackward0"),
    (lambda x: x.reshape(4, -1), (4, 6), "ViewBackward0"),
    (lambda x: x.flatten(1), (2, 12), "ViewBackward0"),
    (lambda x: x.ravel(), (24,), "ViewBackward0"),
    (lambda x: x.unflatten(2, (2, -1)), (2, 3, 2, 2), "ViewBackward0"),
    (lambda x: x.permute(2, 0, 1), (4, 2, 3), "PermuteBackward0"),
    (lambda x: x.movedim(0, -1), (3, 4, 2), "PermuteBackward0"),
    (lambda x: x.transpose(0, 2), (4, 3, 2), "TransposeBackward0"),
    (lambda x: x.swapaxes(1, 2), (2, 4, 3), "TransposeBackward0"),
    (lambda x: x.mT, (2, 4, 3), "TransposeBackward0"),
    (lambda x: x[0].t(), (4, 3), "TBackward0"),
    (lambda x: x[0].T, (4, 3), "PermuteBackward0"),
    (lambda x: x.unsqueeze(-1), (2, 3, 4, 1), "UnsqueezeBackward0"),
    (lambda x: x.unsqueeze(0).squeeze(), (2, 3, 4), "SqueezeBackward0"),
    (lambda x: x.unsqueeze(0).squeeze(0), (2, 3, 4), "SqueezeBackward1"),
    (lambda x: x.unsqueeze(0).squeeze((0, 1)), (2, 3, 4), "SqueezeBackward2"),
    (lambda x: x.expand(5, -1, 3, 4), (5, 2, 3, 4), "ExpandBackward0"),
    (lambda x: x.narrow(1, 1, 2), (2, 2, 4), "SliceBackward0"),
    (lambda x: x.select(1, 2), (2, 4), "SelectBackward0"),
    (lambda x: x.diagonal(0, 1, 2), (2, 3), "DiagonalBackward0"),
    (lambda x: x.unfold(2, 2, 1), (2, 3, 3, 2), "UnfoldBackward0"),
    (lambda x: x.as_strided((2, 2), (1, 4), 3), (2, 2), "AsStridedBackward0"),
]


@pytest.mark.parametrize("number", range(len(VIEWS)))
def test_a_view_has_its_shape_node_base_and_memory(number):
    function, shape, node = VIEWS[number]
    x = x234()
    y = function(x)
    assert y.shape == shape
    assert type(y.grad_fn).__name__ == node
    assert y._is_view()
    assert y._base is x
    with rl.no_grad():
        x.fill_(7.0)
    assert bool((y == 7).all())
    assert y._version == x._version


@pytest.mark.parametrize("number", range(len(VIEWS)))
def test_gradients_reach_what_a_view_shows(number):
    x = x234()
    y = VIEWS[number][0](x)
    y.sum().backward()
    ones = rl.zeros_like(x)
    with rl.no_grad():
        shown = VIEWS[number][0](ones.requires_grad_(False))
        if not any(stride == 0 for stride in shown.stride()):
            shown.fill_(1.0)
            # overlapping windows: an element counts as often as it is seen
            seen = (x.grad != 0).to(ones.dtype)
            assert rl.equal(seen, ones)


def test_writing_through_a_view_of_a_view():
    x = rl.zeros(3, 4)
    x.t()[1].fill_(5.0)
    assert x[:, 1].tolist() == [5.0, 5.0, 5.0]
    assert x.view(-1)[1:6:4].tolist() == [5.0, 5.0]


def test_reshape_copies_where_no_view_is_possible():
    x = x234()
    y = x.transpose(0, 1).reshape(-1)
    assert type(y.grad_fn).__name__ == "UnsafeViewBackward0"
    assert type(y.grad_fn.next_functions[0][0]).__name__ == "CloneBackward0"
    assert not y._is_view()


def test_the_parts_of_a_split_may_not_be_changed_in_place():
    x = rl.ones(4, requires_grad=True) * 1
    for name, parts in (
        ("SplitBackward0", x.split(2)),
        ("SplitWithSizesBackward0", x.split([1, 3])),
        ("SplitBackward0", x.chunk(2)),
        ("UnbindBackward0", x.unbind()),
    ):
        assert type(parts[1].grad_fn).__name__ == name
        title = name.removesuffix("Backward0")
        with pytest.raises(RuntimeError, match=f"Output 1 of {title} is a view and is being mod"):
            parts[1].mul_(2)
    x.unsafe_split(2)[0].mul_(2)
    a, _ = x.tensor_split(2)
    a.mul_(2)
    assert x.tolist() == [4, 4, 1, 1]


def test_cat_joins_and_promotes():
    joined = rl.cat([rl.tensor([1, 2]), rl.tensor([0.5]), rl.tensor([True])])
    assert joined.tolist() == [1.0, 2.0, 0.5, 1.0]
    assert joined.dtype is rl.float32
    assert rl.cat([rl.empty(0), rl.ones(2, 2)], 1).shape == (2, 2)
    assert rl.cat([rl.ones(1, 2)] * 3, dim=-1).shape == (1, 6)


def test_cat_and_stack_of_many_tensors():
    parts = [rl.full((2,), float(i), requires_grad=True) for i in range(150)]
    rl.cat(parts).mul(rl.arange(300.0)).sum().backward()
    assert parts[149].grad.tolist() == [298.0, 299.0]
    assert rl.stack(parts, 1).shape == (2, 150)
    assert rl.stack(parts, 1)[1, 77] == 77


def test_stacks():
    a, b = rl.tensor([1, 2]), rl.tensor([3, 4])
    assert rl.stack((a, b), 1).tolist() == [[1, 3], [2, 4]]
    assert rl.hstack((a, b)).tolist() == [1, 2, 3, 4]
    assert rl.vstack((a, b)).tolist() == [[1, 2], [3, 4]]
    assert rl.dstack((a, b)).tolist() == [[[1, 3], [2, 4]]]
    assert rl.column_stack((a, b)).tolist() == [[1, 3], [2, 4]]
    assert rl.block_diag(a, b).tolist() == [[1, 2, 0, 0], [0, 0, 3, 4]]


def test_rearrangements():
    x = rl.tensor([[1, 2, 3], [4, 5, 6]])
    assert x.flip(0, 1).tolist() == [[6, 5, 4], [3, 2, 1]]
    assert x.roll(1).tolist() == [[6, 1, 2], [3, 4, 5]]
    assert x.roll((1, 1), (0, 1)).tolist() == [[6, 4, 5], [3, 1, 2]]
    assert x.rot90().tolist() == [[3, 6], [2, 5], [1, 4]]
    assert x.tril().tolist() == [[1, 0, 0], [4, 5, 0]]
    assert x.triu(1).tolist() == [[0, 2, 3], [0, 0, 6]]
    assert x.repeat(1, 2).tolist() == [[1, 2, 3, 1, 2, 3], [4, 5, 6, 4, 5, 6]]
    assert x.tile(2).tolist() == x.repeat(1, 2).tolist()
    assert x.repeat_interleave(2, 1).tolist() == [[1, 1, 2, 2, 3, 3], [4, 4, 5, 5, 6, 6]]
    assert x.repeat_interleave(rl.tensor([0, 2]), 0).tolist() == [[4, 5, 6], [4, 5, 6]]
    assert rl.diag(rl.tensor([1, 2])).tolist() == [[1, 0], [0, 2]]
    assert rl.diag(x).tolist() == [1, 5]
    assert rl.diag_embed(x, 1).shape == (2, 4, 4)
    assert rl.combinations(rl.tensor([1, 2, 3])).tolist() == [[1, 2], [1, 3], [2, 3]]
    assert rl.cartesian_prod(rl.tensor([1, 2]), rl.tensor([3])).tolist() == [[1, 3], [2, 3]]


def test_meshgrid():
    a, b = rl.arange(2), rl.arange(3)
    assert [g.shape for g in rl.meshgrid(a, b, indexing="ij")] == [(2, 3), (2, 3)]
    assert [g.shape for g in rl.meshgrid(a, b, indexing="xy")] == [(3, 2), (3, 2)]
    with pytest.raises(RuntimeError, match='indexing must be one of "xy" or "ij"'):
        rl.meshgrid(a, b, indexing="yx")


def test_shapes_changed_in_place():
    x = rl.zeros(2, 3)
    assert x.unsqueeze_(0).shape == (1, 2, 3)
    assert x.squeeze_(0).t_().shape == (3, 2)
    assert x.transpose_(0, 1).shape == (2, 3)
    y = rl.ones(2, 3, requires_grad=True) * 1
    y.unsqueeze_(0)
    assert type(y.grad_fn).__name__ == "UnsqueezeBackward1"
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used"):
        rl.ones(2, requires_grad=True).unsqueeze_(0)


def test_resize_keeps_the_storage_while_it_is_large_enough():
    x = rl.arange(6)
    address = x.data_ptr()
    assert x.resize_(2, 2).tolist() == [[0, 1], [2, 3]]
    assert x.data_ptr() == address
    assert x.resize_(3, 3).view(-1)[:6].tolist() == [0, 1, 2, 3, 4, 5]
    with pytest.raises(RuntimeError, match="cannot resize variables that require grad"):
        rl.ones(2, requires_grad=True).resize_(3)


def test_set_takes_over_memory():
    x, y = rl.zeros(2), rl.arange(4.0)
    x.set_(y)
    y[0] = 9
    assert x.tolist() == [9, 1, 2, 3]
    assert rl.ones(2).set_().shape == (0,)
    assert rl.empty(0).set_(y.untyped_storage(), 1, (2,), (2,)).tolist() == [1, 3]


def test_storage():
    x = rl.arange(6.0).reshape(2, 3)
    assert x.stride() == (3, 1)
    assert x.t().stride() == (1, 3)
    assert x[1:, 1].storage_offset() == 4
    assert x.t().is_contiguous() is False
    assert x.t().contiguous().stride() == (2, 1)
    assert x[1].untyped_storage().nbytes() == 24
    assert x[1].untyped_storage().data_ptr() == x.data_ptr()


def test_typed_storage():
    x = rl.arange(6.0).reshape(2, 3)
    assert x.t().storage().tolist() == [0, 1, 2, 3, 4, 5]
    assert rl.is_storage(x.storage())


def test_view_as_another_dtype():
    x = rl.tensor([1.0, 2.0])
    assert x.view(rl.int32).tolist() == [1065353216, 1073741824]
    assert x.view(rl.uint8).shape == (8,)
    assert x.view(rl.float64).shape == (1,)
    with pytest.raises(RuntimeError, match=r"self.size\(-1\) must be divisible by 2 to view Float"):
        rl.zeros(3).view(rl.float64)
    with pytest.raises(RuntimeError, match=r"self.dim\(\) cannot be 0 to view Float as Double"):
        rl.tensor(1.0).view(rl.float64)


def test_copies_of_views_and_copies_with_a_view_replaced():
    x = x234()
    y = rl.permute_copy(x, (2, 0, 1))
    assert type(y.grad_fn).__name__ == "PermuteBackward0_copy"
    assert not y._is_view()
    z = rl.select_scatter(x, rl.zeros(2, 4), 1, 0)
    assert type(z.grad_fn).__name__ == "SelectScatterBackward0"
    z.sum().backward()
    assert x.grad[0].sum(1).tolist() == [0, 4, 4]


def test_out_is_resized_and_warned_of():
    out = rl.empty(0)
    assert rl.cat([rl.ones(1), rl.zeros(1)], out=out) is out
    assert out.tolist() == [1, 0]
    with pytest.warns(UserWarning, match="An output with one or more elements was resized since"):
        rl.tril(rl.ones(3, 3), out=rl.ones(2))
    with pytest.raises(
        TypeError, match="input types can't be cast to the desired output type Long"
    ):
        rl.cat([rl.ones(1)] * 2, out=rl.empty(0, dtype=rl.int64))
    with pytest.raises(RuntimeError, match="don't support automatic differentiation, but one of"):
        rl.cat([rl.ones(1, requires_grad=True)] * 2, out=out)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: x.view(5, 5), RuntimeError, "shape '[5, 5]' is invalid for input of size 24"),
        (lambda x: x.view(-1, -1), RuntimeError, "only one dimension can be inferred"),
        (lambda x: x.view(-2, 12), RuntimeError, "invalid shape dimension -2"),
        (lambda x: x.mT.view(-1), RuntimeError, "view size is not compatible with input tensor's"),
        (lambda x: x.permute(0, 1), RuntimeError, "permute(sparse_coo): number of dimensions in"),
        (lambda x: x.permute(0, 0, 1), RuntimeError, "permute(): duplicate dims are not allowed."),
        (
            lambda x: x.t(),
            RuntimeError,
            "t() expects a tensor with <= 2 dimensions, but self is 3D",
        ),
        (
            lambda x: x.transpose(0, 3),
            IndexError,
            "Dimension out of range (expected to be in range",
        ),
        (
            lambda x: x.expand(2, 4, 4),
            RuntimeError,
            "The expanded size of the tensor (4) must match the existing size (3) at non-singleton "
            "dimension 1.  Target sizes: [2, 4, 4].  Tensor sizes: [2, 3, 4]",
        ),
        (lambda x: x.flatten(2, 0), RuntimeError, "flatten() has invalid args: start_dim cannot"),
        (
            lambda x: x.narrow(0, 1, 5),
            RuntimeError,
            "start (1) + length (5) exceeds dimension size",
        ),
        (lambda x: x.select(0, 7), IndexError, "select(): index 7 out of range for tensor of size"),
        (
            lambda x: x.diagonal(0, 1, 1),
            RuntimeError,
            "diagonal dimensions cannot be identical 1, 1",
        ),
        (lambda x: x.unfold(0, 5, 1), RuntimeError, "maximum size for tensor at dimension 0 is 2"),
        (lambda x: x.split(0), RuntimeError, "split_size can only be 0 if dimension size is 0"),
        (lambda x: x.split([1, 2]), RuntimeError, "split_with_sizes expects split_sizes to sum"),
        (lambda x: x.chunk(0), RuntimeError, "chunk expects `chunks` to be greater than 0, got: 0"),
        (
            lambda x: x.repeat(2),
            RuntimeError,
            "Number of dimensions of repeat dims can not be smal",
        ),
        (lambda x: x.tril_(0) and x[0, 0].tril(), RuntimeError, "a leaf Variable that requires"),
        (lambda x: x[0, 0].tril(), RuntimeError, "tril: input tensor must have at least 2 dimens"),
        (lambda x: rl.cat([]), ValueError, "torch.cat(): expected a non-empty list of Tensors"),
        (lambda x: rl.stack([]), RuntimeError, "stack expects a non-empty TensorList"),
        (
            lambda x: rl.cat([x, x[:, :2]]),
            RuntimeError,
            "Sizes of tensors must match except in dimension 0. Expected size 3 but got size 2 for "
            "tensor number 1 in the list.",
        ),
        (
            lambda x: rl.stack([x, x[0]]),
            RuntimeError,
            "stack expects each tensor to be equal size, but got [2, 3, 4] at entry 0 and [3, 4] at "
            "entry 1",
        ),
        (
            lambda x: rl.cat([x, 1]),
            TypeError,
            "expected Tensor as element 1 in argument 0, but got",
        ),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error) as caught:
        call(x234())
    assert str(caught.value).startswith(message)


@given(st.data())
def test_reshape_is_a_view_wherever_the_memory_allows_it(data):
    """NumPy is the judge: it copies when it must."""
    sizes = data.draw(st.lists(st.sampled_from([1, 2, 3, 4, 6]), max_size=4))
    array = np.arange(math.prod(sizes)).reshape(sizes)
    array = array.transpose(data.draw(st.permutations(range(array.ndim))))
    steps = data.draw(
        st.lists(st.sampled_from([1, 1, 2]), min_size=array.ndim, max_size=array.ndim)
    )
    array = np.asarray(array[tuple(slice(None, None, step) for step in steps)])
    shape, left = [], array.size
    while left > 1:
        shape.append(data.draw(st.sampled_from([n for n in range(2, left + 1) if left % n == 0])))
        left //= shape[-1]
    shape = data.draw(st.permutations(shape))
    result = rl.from_numpy(array).reshape(shape)
    assert np.array_equal(result.numpy(), array.reshape(shape))
    assert result._is_view() == np.shares_memory(array.reshape(shape), array)
