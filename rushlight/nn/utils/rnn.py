"""Sequences of different lengths: padded to one length, or packed without padding."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rushlight import ops
from rushlight.tensor import Tensor, wrap

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]


class PackedSequence_(NamedTuple):
    """The fields of a PackedSequence."""

    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


PackedSequence_.__module__ = "torch.nn.utils.rnn"


class PackedSequence(PackedSequence_):
    """Sequences without padding, time step after time step, the longest sequence first.

    Attributes:
        data: the elements, (sum of lengths, *).
        batch_sizes: how many sequences reach each time step.
        sorted_indices: where the sequences stood in the batch, longest first (or None).
        unsorted_indices: the opposite permutation.
    """

    __module__ = "torch.nn.utils.rnn"
    __slots__ = ()

    def __new__(cls, data, batch_sizes=None, sorted_indices=None, unsorted_indices=None):
        if batch_sizes is None:
            if not isinstance(data, (list, tuple)) or len(data) != 2:
                raise AssertionError("Expected data to be a list or tuple of length 2")
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def __reduce__(self):
        return _packed_again, tuple(self)

    def _with_data(self, data):
        return self if data is self.data else type(self)(data, *self[1:])

    def to(self, *args, **kwargs):
        """The sequences with `data.to(...)`."""
        return self._with_data(self.data.to(*args, **kwargs))

    def cuda(self, *args, **kwargs):
        """The sequences with `data.cuda(...)`."""
        return self._with_data(self.data.cuda(*args, **kwargs))

    def cpu(self):
        """The sequences, which are on the CPU."""
        return self._with_data(self.data.cpu())

    def double(self):
        """The sequences as float64."""
        return self._with_data(self.data.double())

    def float(self):
        """The sequences as float32."""
        return self._with_data(self.data.float())

    def half(self):
        """The sequences as float16."""
        return self._with_data(self.data.half())

    def long(self):
        """The sequences as int64."""
        return self._with_data(self.data.long())

    def int(self):
        """The sequences as int32."""
        return self._with_data(self.data.int())

    def short(self):
        """The sequences as int16."""
        return self._with_data(self.data.short())

    def char(self):
        """The sequences as int8."""
        return self._with_data(self.data.char())

    def byte(self):
        """The sequences as uint8."""
        return self._with_data(self.data.byte())

    def pin_memory(self):
        """The sequences; there is no device whose transfers pinned memory could speed up."""
        return self

    @property
    def is_cuda(self):
        """False."""
        return self.data.is_cuda

    def is_pinned(self):
        """Whether the data are in pinned memory: never."""
        return False


def _packed_again(*fields):
    """What a pickle makes of the fields."""
    return PackedSequence(*fields)


def invert_permutation(permutation):
    """The permutation that undoes this one (None for None)."""
    if permutation is None:
        return None
    return wrap(np.argsort(permutation._array))


def pack_padded_sequence(input, lengths, batch_first=False, enforce_sorted=True):
    """Leave the padding out of a padded batch.

    Args:
        input: (T, B, *), or (B, T, *) if `batch_first`.
        lengths: of the B sequences.
        enforce_sorted: the sequences are sorted already, the longest first.

    >>> import rushlight as torch
    >>> from rushlight.nn.utils.rnn import pack_padded_sequence
    >>> padded = torch.tensor([[1, 2], [3, 0]])
    >>> pack_padded_sequence(padded, [2, 1], batch_first=True).data
    tensor([1, 3, 2])
    """
    lengths = np.asarray(lengths._array if isinstance(lengths, Tensor) else lengths)
    if lengths.ndim != 1:
        raise RuntimeError(
            "'lengths' argument should be a 1D CPU int64 tensor, but got "
            f"{lengths.ndim}D cpu Long tensor"
        )
    lengths = lengths.astype(np.int64)
    order = None
    if not enforce_sorted:
        order = np.argsort(-lengths, kind="stable")
        lengths = lengths[order]
        input = input.index_select(0 if batch_first else 1, wrap(order))
    if batch_first:
        input = input.transpose(0, 1)
    _check_lengths(input, lengths)
    steps = np.arange(lengths[0])[:, None]
    present = steps < lengths
    places = (steps * input.shape[1] + np.arange(input.shape[1]))[present]
    data = input.reshape((-1, *input.shape[2:])).index_select(0, wrap(places))
    return PackedSequence(data, wrap(present.sum(1)), None if order is None else wrap(order))


def _check_lengths(input, lengths):
    if input.numel() == 0:
        raise RuntimeError("Cannot pack empty tensors.")
    if lengths.size != input.shape[1]:
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {lengths.size} "
            f"(batch_size={input.shape[1]})"
        )
    if (lengths <= 0).any():
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' "
            "that is <= 0"
        )
    if (np.diff(lengths) > 0).any():
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You "
            "can pass `enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to "
            "sidestep this requirement if you do not need ONNX exportability."
        )
    if lengths[0] > input.shape[0]:
        raise RuntimeError(
            f"Expected no sequence to be longer than {input.shape[0]} elements, but found one of "
            f"{lengths[0]}"
        )


def pad_packed_sequence(sequence, batch_first=False, padding_value=0.0, total_length=None):
    """The padded batch of packed sequences, and their lengths, in the order before packing.

    Args:
        sequence: a PackedSequence.
        batch_first: give (B, T, *) in place of (T, B, *).
        padding_value: stands behind the ends.
        total_length: T, if not the longest length.
    """
    sizes = sequence.batch_sizes._array
    longest = total = len(sizes)
    if total_length is not None:
        if total_length < longest:
            raise ValueError(
                "Expected total_length to be at least the length of the longest sequence in "
                f"input, but got total_length={total_length} and max sequence length being "
                f"{longest}"
            )
        total = total_length
    data = sequence.data
    table = np.full((total, sizes[0]), data.shape[0])
    table[:longest][np.arange(sizes[0]) < sizes[:, None]] = np.arange(data.shape[0])
    lengths = (table < data.shape[0]).sum(0)
    if sequence.unsorted_indices is not None:
        order = sequence.unsorted_indices._array
        table, lengths = table[:, order], lengths[order]
    if batch_first:
        table = table.T
    padding = data.new_full((1, *data.shape[1:]), padding_value)
    rows = ops.cat([data, padding]).index_select(0, wrap(table.ravel()))
    return rows.reshape((*table.shape, *data.shape[1:])), wrap(lengths)


def pad_sequence(sequences, batch_first=False, padding_value=0.0, padding_side="right"):
    """Sequences (L_i, *) as one padded batch, (T, B, *), or (B, T, *) if `batch_first`.

    >>> import rushlight as torch
    >>> from rushlight.nn.utils.rnn import pad_sequence
    >>> pad_sequence([torch.tensor([1, 2]), torch.tensor([3])], batch_first=True)
    tensor([[1, 2],
            [3, 0]])
    """
    if not hasattr(sequences, "__iter__"):
        raise RuntimeError(
            "pad_sequence: Expected iterable for input sequences, but got arg of type: "
            f"{type(sequences)}"
        )
    sequences = list(sequences)
    if not sequences:
        raise RuntimeError("received an empty list of sequences")
    if padding_side not in ("left", "right"):
        raise RuntimeError(
            f"Expected padding_side to be one of left or right, but got {padding_side}."
        )
    longest = max(each.shape[0] for each in sequences)
    padded = [_padded(each, longest, padding_value, padding_side) for each in sequences]
    return ops.stack(padded, 0 if batch_first else 1)


def _padded(sequence, length, value, side):
    missing = length - sequence.shape[0]
    if not missing:
        return sequence
    padding = sequence.new_full((missing, *sequence.shape[1:]), value)
    return ops.cat([sequence, padding] if side == "right" else [padding, sequence])


def unpad_sequence(padded_sequences, lengths, batch_first=False):
    """The sequences of a padded batch, as a list."""
    if not batch_first:
        padded_sequences = padded_sequences.transpose(0, 1)
    return [each[:length] for each, length in zip(padded_sequences, lengths.tolist(), strict=True)]


def pack_sequence(sequences, enforce_sorted=True):
    """Pack a list of sequences (L_i, *)."""
    lengths = [each.shape[0] for each in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences):
    """The sequences that were packed, as a list."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
