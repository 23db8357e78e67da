"""Collation: from a list of samples to one batch, by the type of the first sample."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, MutableSequence, Sequence
from contextlib import suppress
from copy import copy

import numpy as np

from rushlight.dtypes import float64
from rushlight.ops import as_tensor, stack, tensor
from rushlight.tensor import Tensor, wrap

__all__ = ["collate", "default_collate", "default_collate_fn_map", "default_convert"]


def default_collate(batch):
    """A batch from a list of samples: the collation that a `DataLoader` uses unless told otherwise.

    Tensors, arrays and numbers are stacked along a new first dimension (Python floats as float64,
    ints as int64); strings and bytes stay a list. Mappings, named tuples and sequences are collated
    entry by entry and keep their type, but for tuples, which become lists.

    Raises a TypeError for a type that is none of these (of the first sample, or of an entry of it),
    and a RuntimeError for sequences or tensors of different sizes.

    >>> import rushlight as torch
    >>> torch.utils.data.default_collate([("a", 1, {"x": 0.5}), ("b", 2, {"x": 1.5})])
    [('a', 'b'), tensor([1, 2]), {'x': tensor([0.5000, 1.5000], dtype=torch.float64)}]
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)


def collate(batch, *, collate_fn_map=None):
    """Collate by a table of functions; containers whose type is not in it are collated by entry.

    `collate_fn_map` maps a type, or a tuple of types, to a function of the batch and of the keyword
    `collate_fn_map`. The first sample's own type counts first, then the first entry that it is an
    instance of.

    >>> from rushlight.utils.data.collate import collate
    >>> collate([(1, 2), (3, 4)], collate_fn_map={int: lambda batch, collate_fn_map: sum(batch)})
    [4, 6]
    """
    first = batch[0]
    function = _look_up(collate_fn_map or {}, first)
    if function:
        return function(batch, collate_fn_map=collate_fn_map)

    def merged(samples):
        return collate(samples, collate_fn_map=collate_fn_map)

    if isinstance(first, Mapping):
        return _mapping_like(first, {key: merged([each[key] for each in batch]) for key in first})
    if _is_named_tuple(first):
        return type(first)(*map(merged, zip(*batch)))
    if isinstance(first, Sequence):
        if any(len(sample) != len(first) for sample in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        return _sequence_like(first, [merged(samples) for samples in zip(*batch)])
    raise _unknown(type(first))


def default_convert(data):
    """`data` with every array and NumPy number in it as a Tensor: what is done without batching.

    Strings, bytes, Python numbers and other objects are left as they are; a tuple becomes a list.

    >>> import numpy as np
    >>> import rushlight as torch
    >>> torch.utils.data.default_convert({"x": np.arange(3), "name": "a"})
    {'x': tensor([0, 1, 2]), 'name': 'a'}
    """
    if isinstance(data, (np.ndarray, *_NUMPY_NUMBERS)):
        return data if _is_text(data) else as_tensor(data)
    if isinstance(data, Mapping):
        return _mapping_like(data, {key: default_convert(data[key]) for key in data})
    if _is_named_tuple(data):
        return type(data)(*map(default_convert, data))
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return _sequence_like(data, [default_convert(entry) for entry in data])
    return data


def _look_up(table, sample):
    if type(sample) in table:
        return table[type(sample)]
    return next((table[kind] for kind in table if isinstance(sample, kind)), None)


def _is_named_tuple(sample):
    return isinstance(sample, tuple) and hasattr(sample, "_fields")


def _is_text(array):
    return array.dtype.kind in "SUO"


def _unknown(kind):
    return TypeError(
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; "
        f"found {kind}"
    )


def _mapping_like(sample, entries):
    """The dict `entries` as a mapping of the sample's type, where that can be made."""
    try:
        if not isinstance(sample, MutableMapping):
            return type(sample)(entries)
        filled = copy(sample)
        filled.update(entries)
        return filled
    except TypeError:
        return entries


def _sequence_like(sample, entries):
    """The list `entries` as a sequence of the sample's type, but a list in place of a tuple."""
    if type(sample) is list or isinstance(sample, tuple):
        return entries
    try:
        if not isinstance(sample, MutableSequence):
            return type(sample)(entries)
        filled = copy(sample)
        for place, entry in enumerate(entries):
            filled[place] = entry
        return filled
    except TypeError:
        return entries


def _collate_tensors(batch, *, collate_fn_map=None):
    dtype = batch[0]._array.dtype
    plain = (type(x) is Tensor and x._array.dtype == dtype and not x._requires_grad for x in batch)
    if not isinstance(batch, Tensor) and all(plain):
        with suppress(ValueError):  # shapes that differ, which `stack` reports
            return wrap(np.array([x._array for x in batch]))
    return stack(batch, 0)


def _collate_arrays(batch, *, collate_fn_map=None):
    if _is_text(batch[0]):
        raise _unknown(batch[0].dtype)
    return collate([as_tensor(array) for array in batch], collate_fn_map=collate_fn_map)


def _collate_numpy_numbers(batch, *, collate_fn_map=None):
    return as_tensor(np.array(batch))


def _collate_floats(batch, *, collate_fn_map=None):
    return tensor(batch, dtype=float64)


def _collate_ints(batch, *, collate_fn_map=None):
    return tensor(batch)


def _collate_text(batch, *, collate_fn_map=None):
    return batch


_NUMPY_NUMBERS = (np.bool_, np.number, np.object_)

default_collate_fn_map = {
    Tensor: _collate_tensors,
    np.ndarray: _collate_arrays,
    _NUMPY_NUMBERS: _collate_numpy_numbers,
    float: _collate_floats,
    int: _collate_ints,
    str: _collate_text,
    bytes: _collate_text,
}
