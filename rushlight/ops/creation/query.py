"""Questions about tensors and dtypes: `is_tensor`, `numel`, `is_floating_point`, ..."""

from __future__ import annotations

from rushlight.ops.layouts import check_kind, is_contiguous_in
from rushlight.ops.op import meeting_dtype
from rushlight.tensor import NUMBER_TYPES, Tensor, type_name

__all__ = [
    "get_device",
    "is_complex",
    "is_contiguous",
    "is_floating_point",
    "is_inference",
    "is_nonzero",
    "is_same_size",
    "is_signed",
    "is_tensor",
    "numel",
    "result_type",
]


def is_tensor(obj, /):
    """Whether `obj` is a Tensor.

    >>> import rushlight as torch
    >>> torch.is_tensor(torch.ones(1)), torch.is_tensor([1])
    (True, False)
    """
    return isinstance(obj, Tensor)


def is_contiguous(input, memory_format):
    """Whether the elements lie in memory in the order of a memory format."""
    check_kind("is_contiguous", memory_format)
    return is_contiguous_in(memory_format, input._array)


def contains(input, element):
    """Whether a number, or an element of a tensor that broadcasts, is among the elements.

    >>> import rushlight as torch
    >>> 2 in torch.tensor([1, 2]), 3 in torch.tensor([1, 2])
    (True, False)
    """
    if not isinstance(element, (Tensor, *NUMBER_TYPES)):
        raise RuntimeError(
            "Tensor.__contains__ only supports Tensor or scalar, but you passed in a "
            f"{type(element)}."
        )
    return bool((element == input).any())


def _checked(name, input):
    if not isinstance(input, Tensor):
        raise TypeError(
            f"{name}(): argument 'input' (position 1) must be Tensor, not {type_name(input)}"
        )
    return input


def numel(input):
    """The number of elements.

    >>> import rushlight as torch
    >>> torch.numel(torch.zeros(2, 3))
    6
    """
    return _checked("numel", input).numel()


def is_floating_point(input):
    """Whether the elements are real floating-point numbers."""
    return _checked("is_floating_point", input).dtype.is_floating_point


def is_complex(input):
    """Whether the elements are complex numbers."""
    return _checked("is_complex", input).dtype.is_complex


def is_signed(input):
    """Whether the elements have a sign."""
    return _checked("is_signed", input).dtype.is_signed


def is_inference(input):
    """Whether the tensor was made in inference mode."""
    return _checked("is_inference", input).is_inference()


def is_nonzero(input):
    """Whether the only element is not zero.

    Raises:
        RuntimeError: the tensor has no element, or several.
    """
    size = _checked("is_nonzero", input)._array.size
    if size != 1:
        few = "no values" if size == 0 else "more than one value"
        raise RuntimeError(f"Boolean value of Tensor with {few} is ambiguous")
    return bool(input)


def is_same_size(input, other):
    """Whether two tensors have the same shape."""
    return input._array.shape == other._array.shape


def get_device(input):
    """The number of the tensor's device: -1 for the CPU."""
    return -1


def result_type(tensor1, tensor2):
    """The dtype in which two operands, tensors or numbers, meet.

    >>> import rushlight as torch
    >>> torch.result_type(torch.tensor([1, 2]), 1.0)
    torch.float32
    """
    return meeting_dtype((tensor1, tensor2))
