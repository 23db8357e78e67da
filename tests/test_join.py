"""`cat` and `stack` of many tensors: recorded or not, watched or not."""

import re

import pytest

import rushlight as torch


@pytest.mark.parametrize("count", [1, 2, 4, 5, 100, 300])
@pytest.mark.parametrize("dim", [0, 1, -1])
def test_gradients_of_many(count, dim):
    parts = [torch.full((2, 3), float(i), requires_grad=True) for i in range(count)]
    for join in (torch.stack, torch.cat):
        joined = join(parts, dim)
        name = f"{join.__name__.title()}Backward0"
        assert joined.grad_fn.name() == name
        assert len(joined.grad_fn.next_functions) == count
        for i, gradient in enumerate(torch.autograd.grad((joined**2).sum(), parts)):
            assert torch.equal(gradient, torch.full((2, 3), 2.0 * i))


def test_derivatives_of_derivatives():
    parts = [torch.tensor(float(i), requires_grad=True) for i in range(10)]
    first = torch.autograd.grad((torch.stack(parts) ** 3).sum(), parts, create_graph=True)
    second = torch.autograd.grad(sum(first), parts)
    assert [x.item() for x in first] == [3.0 * i * i for i in range(10)]
    assert [x.item() for x in second] == [6.0 * i for i in range(10)]


@pytest.mark.parametrize("count", [2, 7])
def test_inside_transforms_and_inference_mode(count):
    summed = torch.func.vmap(lambda x: torch.stack([x] * count).sum(0))(torch.ones(2, 3))
    assert torch.equal(summed, torch.full((2, 3), float(count)))
    with torch.inference_mode():
        assert torch.stack([torch.ones(2)] * count).is_inference()
        assert torch.cat([torch.ones(2)] * count).is_inference()


def test_joined_tensors_share_nothing():
    part = torch.ones(2)
    for joined in (torch.cat([part]), torch.stack([part])):
        joined += 1
        assert part.tolist() == [1.0, 1.0]


def test_dtypes_meet():
    assert torch.stack([torch.tensor(1), torch.tensor(2.5)]).dtype == torch.float32
    assert torch.cat([torch.tensor([1]), torch.tensor([])]).dtype == torch.float32
    assert torch.cat([torch.ones(2, 2), torch.tensor([])]).shape == (2, 2)


@pytest.mark.parametrize(
    ("function", "kind", "message"),
    [
        (
            lambda: torch.cat([]),
            ValueError,
            "torch.cat(): expected a non-empty list of Tensors",
        ),
        (lambda: torch.stack([]), RuntimeError, "stack expects a non-empty TensorList"),
        (
            lambda: torch.cat([torch.tensor(1.0)] * 2),
            RuntimeError,
            "zero-dimensional tensor (at position 0) cannot be concatenated",
        ),
        (
            lambda: torch.stack([torch.ones(2)] * 2, 5),
            IndexError,
            "Dimension out of range (expected to be in range of [-2, 1], but got 5)",
        ),
        (
            lambda: torch.cat([torch.ones(2)] * 2, 3),
            IndexError,
            "Dimension out of range (expected to be in range of [-1, 0], but got 3)",
        ),
        (
            lambda: torch.stack([1, 2]),
            TypeError,
            "expected Tensor as element 0 in argument 0, but got int",
        ),
        (
            lambda: torch.cat([torch.ones(2, 2), torch.ones(3, 3)]),
            RuntimeError,
            "Sizes of tensors must match except in dimension 0. Expected size 2 but got size 3 "
            "for tensor number 1 in the list.",
        ),
        (
            lambda: torch.stack([torch.ones(2), torch.ones(3)]),
            RuntimeError,
            "stack expects each tensor to be equal size, but got [2] at entry 0 and [3] at entry 1",
        ),
    ],
)
def test_what_is_refused(function, kind, message):
    with pytest.raises(kind, match="^" + re.escape(message)):
        function()
