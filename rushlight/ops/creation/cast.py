"""Changes of dtype and device: `to`, `float`, `long`, `type_as`, ..."""

from __future__ import annotations

from rushlight import dtypes
from rushlight.explain.provenance import note_cut
from rushlight.formats import preserve_format
from rushlight.ops.checked import refusal
from rushlight.ops.creation.copies import clone
from rushlight.ops.creation.devices import check_device
from rushlight.ops.layouts import check_format, is_contiguous_in
from rushlight.ops.op import opaque
from rushlight.ops.refused import no_such_form
from rushlight.tensor import CPU, Tensor

__all__: list = []  # all of it is for methods


@opaque(
    linear=True,
    node="ToCopyBackward0",
    takes_out=False,
    d_input=lambda g, input_dtype: _cast(g, dtype=input_dtype),
)
def _cast(input, *, dtype, input_dtype=None):
    """The elements in another dtype (NumPy's names), copied."""
    if input.dtype.kind == "c" and dtype.kind not in "cb":
        input = input.real
    return input.astype(dtype)


@opaque(linear=True, node="ToCopyBackward0", takes_out=False, d_input=lambda g: g)
def _to_copy(input):
    """A copy, as `to(copy=True)` makes it."""
    return input.copy(order="K")


def cast(input, dtype):
    """A tensor in another dtype; itself if it has it already."""
    own = input._array.dtype
    if own is dtype.array_dtype:
        return input
    if input._requires_grad and dtype.category < 2:
        note_cut("cast")
    if own.kind == "c" and dtype.array_dtype.kind not in "cb":
        from rushlight.ops.warn import warn_once

        warn_once("Casting complex values to real discards the imaginary part")
    return _cast(input, dtype=dtype.array_dtype, input_dtype=own)


def to(
    input,
    *args,
    dtype=None,
    device=None,
    other=None,
    non_blocking=False,
    copy=False,
    memory_format=None,
):
    """`Tensor.to`: another dtype, given as a dtype, or as another tensor that has it.

    The device is the CPU, or "meta", from where there is no way back. Returns `input` itself
    where nothing changes and `copy` is False.
    """
    rest = list(args)
    if rest and isinstance(rest[0], dtypes.dtype):
        dtype = rest.pop(0)
    elif rest and isinstance(rest[0], Tensor):
        other = rest.pop(0)
    elif rest and isinstance(rest[0], type):
        dtype = rest.pop(0)
    elif rest:
        device = rest.pop(0)
        if rest and (rest[0] is None or isinstance(rest[0], dtypes.dtype)):
            dtype = rest.pop(0)
    if any(isinstance(x, dtypes.dtype) for x in rest):
        raise _wrong_combination(*args)
    if len(rest) > 1:
        copy = rest[1]
    if other is not None:
        dtype = other.dtype
    if other is not None and device is None:
        device = other.device
    if device is not None:
        device = check_device(device)
    if dtype is not None and not isinstance(dtype, dtypes.dtype):
        if not isinstance(dtype, type) or dtype not in dtypes.OF_PYTHON:
            raise _wrong_combination(dtype)
        dtype = dtypes.OF_PYTHON[dtype]
    if dtype is None or input._array.dtype is dtype.array_dtype:
        made = _to_copy(input) if copy else input
    else:
        made = cast(input, dtype)
    if device is not None and device is not made.device:
        made = _to_device(made, device)
    return made if memory_format is None else _in_format(made, memory_format)


def _to_device(made, device):
    if device is CPU:
        raise NotImplementedError("Cannot copy out of meta tensor; no data!")
    return _to_meta(made)


@opaque(linear=True, node="ToCopyBackward0", takes_out=False, d_input=lambda g: _to_meta(g))
def _to_meta(input):
    """A tensor without elements, as those of `input` lie in memory."""
    from rushlight.ops.meta import Meta, blank

    return Meta(blank(input.shape, input.dtype, input.strides))


def _in_format(made, memory_format):
    check_format("to", memory_format, made._array.ndim)
    if memory_format is preserve_format or is_contiguous_in(memory_format, made._array):
        return made
    return clone(made, memory_format=memory_format)


def dtype_argument(dtype):
    """The dtype that a `dtype=` means: itself, or what one of Python's types means."""
    if isinstance(dtype, dtypes.dtype):
        return dtype
    if isinstance(dtype, type) and dtype in dtypes.OF_PYTHON:
        return dtypes.OF_PYTHON[dtype]
    kind = type(dtype).__name__
    raise refusal() or TypeError(f"argument 'dtype' must be torch.dtype, not {kind}")


def _wrong_combination(*given):
    return no_such_form(
        "to",
        given,
        "torch.device device = None, torch.dtype dtype = None, bool non_blocking = False, "
        "bool copy = False, *, torch.memory_format memory_format = None",
        "torch.dtype dtype, bool non_blocking = False, bool copy = False, *, "
        "torch.memory_format memory_format = None",
        "Tensor tensor, bool non_blocking = False, bool copy = False, *, "
        "torch.memory_format memory_format = None",
    )


def type_(input, dtype=None, non_blocking=False):
    """`x.type()`: the old name of the type, such as `torch.FloatTensor`; or a cast to a type."""
    if dtype is None:
        return f"torch.{input.dtype.title}Tensor"
    if not isinstance(dtype, dtypes.dtype):
        dtype = dtype_of_old_name(dtype)
    return cast(input, dtype)


def dtype_of_old_name(name):
    """The dtype that an old type such as `torch.FloatTensor` stands for."""
    if not isinstance(name, str):
        name = f"{getattr(name, '__module__', '')}.{getattr(name, '__name__', '')}"
    if name == "torch.Tensor":
        return dtypes.get_default_dtype()
    found = dtypes.by_title(name.removeprefix("torch.").removesuffix("Tensor"))
    if found is None or not name.startswith("torch."):
        raise ValueError(f"invalid type: '{name.removeprefix('builtins.')}'")
    return found
