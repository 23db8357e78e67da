"""Collation: which batch comes of which samples."""

from collections import OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

import rushlight as rl
from rushlight.utils.data import default_collate, default_convert
from rushlight.utils.data.collate import collate, default_collate_fn_map

Point = namedtuple("Point", "x y")


class List(list):
    pass


class Frozen(Sequence):
    def __init__(self, entries):
        self.entries = list(entries)

    def __len__(self):
        return len(self.entries)

    def __getitem__(self, index):
        return self.entries[index]


class FrozenMapping(Mapping):
    def __init__(self, entries):
        self.entries = dict(entries)

    def __len__(self):
        return len(self.entries)

    def __getitem__(self, key):
        return self.entries[key]

    def __iter__(self):
        return iter(self.entries)


class Pair(tuple):
    """A tuple whose constructor takes something else than its entries."""

    __slots__ = ()

    def __new__(cls, value):
        return super().__new__(cls, (value, value))


@pytest.mark.parametrize(
    "batch, expected",
    [
        ([1, 2], "tensor([1, 2])"),
        ([1.5, 2], "tensor([1.5000, 2.0000], dtype=torch.float64)"),
        ([True, False], "tensor([ True, False])"),
        ([np.float32(1), np.float32(2)], "tensor([1., 2.])"),
        ([np.float64(1), np.float64(2)], "tensor([1., 2.], dtype=torch.float64)"),
        ([np.int32(1), np.int32(2)], "tensor([1, 2], dtype=torch.int32)"),
        ([np.bool_(True), np.bool_(False)], "tensor([ True, False])"),
        ([np.array(1.0), np.array(2.0)], "tensor([1., 2.], dtype=torch.float64)"),
        (["a", "b"], "['a', 'b']"),
        ([b"a", b"b"], "[b'a', b'b']"),
        ([(1, 2), (3, 4)], "[tensor([1, 3]), tensor([2, 4])]"),
        ([[1, 2], [3, 4]], "[tensor([1, 3]), tensor([2, 4])]"),
        ([Point(1, 2), Point(3, 4)], "Point(x=tensor([1, 3]), y=tensor([2, 4]))"),
        ([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}], "{'a': tensor([1, 2]), 'b': ['x', 'y']}"),
        ([range(2), range(2)], "[tensor([0, 0]), tensor([1, 1])]"),
        ([deque([1, 2]), deque([3, 4])], "deque([tensor([1, 3]), tensor([2, 4])])"),
        ([bytearray(b"a"), bytearray(b"c")], "[tensor([97, 99])]"),
        ([Pair(1), Pair(2)], "[tensor([1, 2]), tensor([1, 2])]"),
        ((1, 2), "tensor([1, 2])"),
    ],
)
def test_recorded(batch, expected):
    assert repr(default_collate(batch)) == expected


def test_nested():
    batch = default_collate([{"a": [1, (2.0, "s")]}, {"a": [3, (4.0, "t")]}])
    assert repr(batch) == (
        "{'a': [tensor([1, 3]), [tensor([2., 4.], dtype=torch.float64), ('s', 't')]]}"
    )


def test_tensors_are_stacked():
    batch = default_collate([rl.ones(2), rl.zeros(2)])
    assert batch.tolist() == [[1, 1], [0, 0]]
    leaf = rl.ones(2, requires_grad=True)
    assert type(default_collate([leaf, rl.zeros(2)]).grad_fn).__name__ == "StackBackward0"
    with pytest.raises(RuntimeError, match=r"^stack expects each tensor to be equal size, but got"):
        default_collate([rl.ones(2), rl.zeros(3)])


def test_a_tensor_is_no_list_of_samples():
    with pytest.raises(
        TypeError, match=r"^stack\(\): argument 'tensors' \(position 1\) must be tu"
    ):
        default_collate(rl.ones(2, 2))


def test_arrays_are_stacked():
    assert default_collate([np.ones(2), np.zeros(2)]).dtype == rl.float64
    with pytest.raises(
        RuntimeError, match=r"^stack expects .* got \[2\] at entry 0 and \[3\] at en"
    ):
        default_collate([np.ones(2), np.ones(3)])


def test_containers_keep_their_type():
    ordered = default_collate([OrderedDict(a=1), OrderedDict(a=2)])
    assert type(ordered) is OrderedDict and ordered["a"].tolist() == [1, 2]
    default = default_collate([defaultdict(int, a=1)])
    assert type(default) is defaultdict and default.default_factory is int
    assert type(default_collate([List([1, 2])])) is List
    assert default_collate([Frozen([1, 2]), Frozen([3, 4])]).entries[1].tolist() == [2, 4]
    assert default_collate([FrozenMapping({"a": 1})]).entries["a"].tolist() == [1]


def test_samples_are_left_alone():
    samples = [[np.ones(1), 1], [np.ones(1), 2]]
    default_collate(samples)
    assert type(samples[0][0]) is np.ndarray and samples[1][1] == 2


def test_sizes_that_differ():
    with pytest.raises(
        RuntimeError, match=r"^each element in list of batch should be of equal size"
    ):
        default_collate([(1, 2), (3,)])
    with pytest.raises(KeyError, match="'b'"):
        default_collate([{"a": 1, "b": 2}, {"a": 1}])


@pytest.mark.parametrize(
    "sample, found",
    [
        (None, "<class 'NoneType'>"),
        ({1}, "<class 'set'>"),
        (1j, "<class 'complex'>"),
        (np.array(["a"]), "<U1"),
        (np.array([None]), "object"),
        ([None], "<class 'NoneType'>"),
    ],
)
def test_types_that_make_no_batch(sample, found):
    message = (
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; "
        f"found {found}"
    )
    with pytest.raises(TypeError) as raised:
        default_collate([sample, sample])
    assert str(raised.value) == message


def test_own_table():
    def total(batch, *, collate_fn_map=None):
        return sum(batch)

    assert collate([(1, 2), (3, 4)], collate_fn_map={(float, int): total}) == [4, 6]
    assert collate([True, True], collate_fn_map={int: total}) == 2
    with pytest.raises(TypeError, match="found <class 'int'>"):
        collate([1, 2])


def test_default_table_can_be_extended():
    default_collate_fn_map[set] = lambda batch, *, collate_fn_map=None: set.union(*batch)
    try:
        assert default_collate([({1}, 2), ({3}, 4)])[0] == {1, 3}
    finally:
        del default_collate_fn_map[set]


@pytest.mark.parametrize(
    "data, expected",
    [
        (0, "0"),
        ("a", "'a'"),
        (None, "None"),
        (np.array([1, 2]), "tensor([1, 2])"),
        (np.float32(1), "tensor(1.)"),
        (np.array(["a"]), "array(['a'], dtype='<U1')"),
        (Point(np.array(0), 1), "Point(x=tensor(0), y=1)"),
        ([np.array([1]), 2], "[tensor([1]), 2]"),
        ((np.array([1]), 2), "[tensor([1]), 2]"),
        ({"a": np.array(1)}, "{'a': tensor(1)}"),
        (range(2), "[0, 1]"),
    ],
)
def test_convert(data, expected):
    assert repr(default_convert(data)) == expected


def test_convert_shares_memory_and_keeps_tensors():
    array, tensor = np.array([1, 2]), rl.ones(1)
    default_convert(array)[0] = 9
    assert array[0] == 9
    assert default_convert([tensor])[0] is tensor
    assert default_convert(FrozenMapping({"a": array})).entries["a"][0].item() == 9
