"""How a tensor is written: `repr(tensor)`, `print(tensor)`, `format(tensor, '.3f')`.

The text is PyTorch's, to the character. `tensor_str` writes an array; `tensor_repr` adds
what only a Tensor knows (its dtype, its place in the tape, its class).

An array becomes text in three steps: *summarise* (drop the middle of what is long), *format* (every
value in the style that suits them all, padded to one width), *lay out* (brackets and lines).
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from types import SimpleNamespace

import numpy as np

from rushlight import dtypes
from rushlight.ops.turned import array_of

__all__ = [
    "PRINT_OPTS",
    "format_tensor",
    "get_printoptions",
    "printoptions",
    "set_printoptions",
    "tensor_repr",
    "tensor_str",
]

_PROFILES: dict[str | None, dict[str, float]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}
PRINT_OPTS = SimpleNamespace(**_PROFILES["default"], sci_mode=None)


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Choose how tensors are printed from now on; what is `None` stays as it is.

    Args:
        precision: digits after the point (4).
        threshold: tensors of more elements than this are summarised (1000).
        edgeitems: how many elements a summary keeps at either end of a dimension (3).
        linewidth: characters per line (80).
        profile: `'default'`, `'short'` or `'full'`: a set of the four above to start from.
        sci_mode: `True` or `False` forces scientific notation on or off; `None` lets the values
            decide, and every call that does not give it returns to that.

    >>> import rushlight as torch
    >>> torch.set_printoptions(precision=2)
    >>> torch.tensor([1.12345])
    tensor([1.12])
    >>> torch.set_printoptions(profile='default')
    """
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    chosen = {name: value for name, value in given.items() if value is not None}
    vars(PRINT_OPTS).update(_PROFILES.get(profile, {}), **chosen, sci_mode=sci_mode)


def get_printoptions() -> dict:
    """The options in force, as a dictionary that `set_printoptions` accepts.

    >>> import rushlight as torch
    >>> torch._tensor_str.get_printoptions()['linewidth']
    80
    """
    return dict(vars(PRINT_OPTS))


@contextlib.contextmanager
def printoptions(**options) -> Iterator[None]:
    """Set print options, as `set_printoptions` does, for the body of a `with` statement.

    >>> import rushlight as torch
    >>> with torch._tensor_str.printoptions(sci_mode=True):
    ...     print(torch.tensor(250.0))
    tensor(2.5000e+02)
    """
    saved = get_printoptions()
    set_printoptions(**options)
    try:
        yield
    finally:
        vars(PRINT_OPTS).update(saved)


def tensor_str(
    array: np.ndarray,
    prefix: str = "tensor(",
    suffixes: Sequence[str] = (),
    contents: str | None = None,
) -> str:
    """`array` as PyTorch prints it: `prefix`, the values, the `suffixes`, `)`.

    A suffix such as `'dtype=torch.float64'` goes on a line of its own where it would not fit.

    >>> tensor_str(np.array([[1.0, 0.5], [-2.0, 4.0]]), suffixes=['dtype=torch.float64'])
    'tensor([[ 1.0000,  0.5000],\\n        [-2.0000,  4.0000]], dtype=torch.float64)'
    """
    indent = len(prefix)
    text = prefix + (_contents(array, indent) if contents is None else contents)
    column = len(text) - text.rfind("\n") + 1  # two more than there are: PyTorch's own count
    for suffix in _size_suffix(array) + list(suffixes):
        if column + len(suffix) + 2 > PRINT_OPTS.linewidth:
            text += ",\n" + " " * indent + suffix
            column = indent + len(suffix)
        else:
            text += ", " + suffix
            column += len(suffix) + 2
    return text + ")"


def tensor_repr(tensor, contents: str | None = None) -> str:
    """`repr(tensor)`: the values with dtype, size and history where they are worth a word.

    `contents` is written in place of the values.

    >>> import rushlight as torch
    >>> torch.ones(2, requires_grad=True).double() + 1
    tensor([2., 2.], dtype=torch.float64, grad_fn=<AddBackward0>)
    """
    array = array_of(tensor)
    if not isinstance(array, np.ndarray) and not tensor.is_meta:
        return repr(array)
    name = type(tensor).__name__
    plain = name in ("Tensor", "Parameter")
    prefix = "tensor(" if plain else name + "("
    suffixes = _dtype_suffix(tensor) + _history_suffix(tensor)
    if tensor.is_meta:
        contents = "..."
        suffixes = ["device='meta'", f"size={tuple(tensor.shape)}", *suffixes]
    text = tensor_str(array, prefix, suffixes, contents)
    marked = getattr(tensor, "_is_param", False)
    if plain or not (marked or any(base.__name__ == "Parameter" for base in type(tensor).__mro__)):
        return text
    return f"Parameter({text})"


def format_tensor(tensor, spec: str) -> str:
    """`format(tensor, spec)`: that of the number for 0 dimensions, else only the empty `spec`.

    Raises TypeError when `spec` is not empty and the tensor has dimensions.

    >>> import rushlight as torch
    >>> f'{torch.tensor(2.0):.2f}'
    '2.00'
    """
    if tensor._array.ndim == 0 and type(tensor).__name__ == "Tensor":
        return format(tensor.item(), spec)
    return object.__format__(tensor, spec)


# Suffixes ---------------------------------------------------------------------------------------


def _size_suffix(array: np.ndarray) -> list[str]:
    # Without it, what is hidden could not be told from what is not there.
    hidden = PRINT_OPTS.edgeitems == 0 if array.size else array.ndim != 1
    return [f"size={array.shape}"] if hidden else []


def _dtype_suffix(tensor) -> list[str]:
    dtype, default = dtypes.of(tensor._array), dtypes.get_default_dtype()
    if dtype is default:
        return []
    default_complex = dtypes.complex128 if default is dtypes.float64 else dtypes.complex64
    evident = dtype in (dtypes.int64, dtypes.bool_, default_complex)
    return [] if evident and tensor._array.size and not tensor.is_meta else [f"dtype={dtype}"]


def _history_suffix(tensor) -> list[str]:
    node = tensor.grad_fn
    if node is not None:
        found = [f"grad_fn=<{type(node).__name__}>"]
    else:
        found = ["requires_grad=True"] if tensor.requires_grad else []
    return found + _tangent_suffix(tensor)


def _tangent_suffix(tensor) -> list[str]:
    if "_tangent" not in tensor.__dict__:
        return []
    from rushlight.autograd.forward_ad import tangent_of

    tangent = tangent_of(tensor)
    return [] if tangent is None else [f"tangent={tangent}"]


# Summarise, format, lay out ---------------------------------------------------------------------


def _contents(array: np.ndarray, indent: int) -> str:
    if not array.size:
        return "[]"
    if not array.ndim:
        return _format([array.item()], array.dtype.kind)[0][0]
    edge = PRINT_OPTS.edgeitems
    elided = [array.size > PRINT_OPTS.threshold and n > 2 * edge for n in array.shape]
    if not edge and any(elided):
        return "[...]"
    array = _summarise(array, elided, edge)
    cells, width = _format(array.ravel().tolist(), array.dtype.kind)
    return _layout(cells, width + 2, array.shape, elided, indent)


def _summarise(array: np.ndarray, elided: list[bool], edge: int) -> np.ndarray:
    for axis, cut in enumerate(elided):
        if cut:
            array = array.take([*range(edge), *range(-edge, 0)], axis)
    return array


def _format(values: list, kind: str) -> tuple[list[str], int]:
    """The values as strings, and the width to which all that matter are padded."""
    if kind in "biu":
        return _pad([str(v) for v in values])
    if kind == "c":
        return _format_complex(values)
    return _format_real(values)


def _pad(texts: list[str]) -> tuple[list[str], int]:
    width = max(map(len, texts))
    return [text.rjust(width) for text in texts], width


def _format_complex(values: list[complex]) -> tuple[list[str], int]:
    reals, real_width = _format_real([v.real for v in values])
    imags, imag_width = _format_real([v.imag for v in values])
    imags = [text.lstrip() + "j" for text in imags]
    signed = [text if text.startswith("-") else "+" + text for text in imags]
    return [re + im for re, im in zip(reals, signed)], real_width + imag_width + 1


def _format_real(values: list[float]) -> tuple[list[str], int]:
    # Only these choose the style and the width: zeros, infinities and nan follow.
    tells = [v != 0 and math.isfinite(v) for v in values]
    spec, whole = _style([v for v, tell in zip(values, tells) if tell])
    texts = [format(v, spec) for v in values]
    if whole:
        texts = [t + "." if math.isfinite(v) else t for t, v in zip(texts, values)]
    width = max([len(t) for t, tell in zip(texts, tells) if tell], default=1)
    return [text.rjust(width) for text in texts], width


def _style(values: list[float]) -> tuple[str, bool]:
    """The format specification that suits all of the values, and whether they are written `1.`"""
    if not values:
        return ".0f", True
    sizes = [abs(v) for v in values]
    low, high = min(sizes), max(sizes)
    whole = all(v.is_integer() for v in values)
    scientific = PRINT_OPTS.sci_mode
    if scientific is None:
        scientific = high / low > 1000 or high > 1e8 or (low < 1e-4 and not whole)
    if scientific:
        return f".{PRINT_OPTS.precision}e", False
    return (".0f", True) if whole else (f".{PRINT_OPTS.precision}f", False)


def _layout(
    cells: list[str], pitch: int, shape: Sequence[int], elided: Sequence[bool], indent: int
) -> str:
    """Nest the cells in brackets; `pitch` is what one of them and its comma take of a line."""
    margin = " " * (indent + 1)
    if len(shape) == 1:
        items = _with_dots(cells, elided[0], " ...")
        per_line = max(1, (PRINT_OPTS.linewidth - indent) // pitch)
        lines = [", ".join(items[i : i + per_line]) for i in range(0, len(items), per_line)]
        return "[" + (",\n" + margin).join(lines) + "]"
    step = len(cells) // shape[0]
    parts = [
        _layout(cells[i : i + step], pitch, shape[1:], elided[1:], indent + 1)
        for i in range(0, len(cells), step)
    ]
    parts = _with_dots(parts, elided[0], "...")
    return "[" + ("," + "\n" * (len(shape) - 1) + margin).join(parts) + "]"


def _with_dots(items: list[str], elided: bool, dots: str) -> list[str]:
    half = len(items) // 2
    return [*items[:half], dots, *items[half:]] if elided else items
