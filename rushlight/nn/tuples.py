"""What layers make of numbers that stand for each dimension, and of keys of saved states.

PyTorch's address of these names is `torch.nn.modules.utils`.
"""

from __future__ import annotations

from itertools import repeat

__all__ = ["consume_prefix_in_state_dict_if_present"]


def _ntuple(n, name="parse"):
    def parse(x):
        if hasattr(x, "__iter__"):
            return tuple(x)
        return tuple(repeat(x, n))

    parse.__name__ = name
    return parse


_single = _ntuple(1, "_single")
_pair = _ntuple(2, "_pair")
_triple = _ntuple(3, "_triple")
_quadruple = _ntuple(4, "_quadruple")


def _reverse_repeat_tuple(t, n):
    """(1, 2) as (2, 2, 1, 1): numbers per dimension, as `functional.pad` takes them."""
    return tuple(x for x in reversed(t) for _ in range(n))


def _list_with_default(out_size, defaults):
    """Sizes with None replaced by the last of the defaults."""
    if isinstance(out_size, int):
        return out_size
    if len(defaults) <= len(out_size):
        raise ValueError(f"Input dimension should be at least {len(out_size) + 1}")
    known = defaults[-len(out_size) :]
    return [d if v is None else v for v, d in zip(out_size, known, strict=True)]


def consume_prefix_in_state_dict_if_present(state_dict, prefix):
    """Take `prefix` away from the keys of a saved state, in place: "module." of DataParallel, say.

    >>> import rushlight as torch
    >>> from rushlight.nn.modules.utils import consume_prefix_in_state_dict_if_present
    >>> state = {"module.weight": torch.zeros(1)}
    >>> consume_prefix_in_state_dict_if_present(state, "module.")
    >>> list(state)
    ['weight']
    """
    for key in list(state_dict):
        if key.startswith(prefix):
            state_dict[key[len(prefix) :]] = state_dict.pop(key)
    metadata = getattr(state_dict, "_metadata", None)
    for key in list(metadata or ()):
        if key and (key == prefix.rstrip(".") or key.startswith(prefix)):
            metadata[key[len(prefix) :]] = metadata.pop(key)
