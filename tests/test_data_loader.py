"""DataLoader in one process: batches, recorded orders, what it draws, options and their errors."""

import pickle

import numpy as np
import pytest

import rushlight as rl
from rushlight.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    Sampler,
    SequentialSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
)


def ten():
    return TensorDataset(rl.arange(10))


def values(loader):
    return [batch[0].tolist() for batch in loader]


class Stream(IterableDataset):
    def __init__(self, n, length=None):
        self.n = n
        self.length = length

    def __iter__(self):
        return iter(range(self.n))

    def __len__(self):
        return self.length


class Eager(Sampler):
    """Draws its order when it is asked for an iterator, not when for the first index."""

    def __iter__(self):
        return iter(rl.randperm(10).tolist())

    def __len__(self):
        return 10


def test_batches_of_a_tensor_dataset():
    x, y = rl.arange(10.0).reshape(5, 2), rl.arange(5)
    batches = list(DataLoader(TensorDataset(x, y), batch_size=2))
    assert [type(batch) for batch in batches] == [list] * 3
    assert batches[1][0].tolist() == [[4, 5], [6, 7]] and batches[1][1].tolist() == [2, 3]
    assert batches[2][0].shape == (1, 2)
    assert batches[0][0].dtype == rl.float32 and batches[0][1].dtype == rl.int64
    assert len(DataLoader(TensorDataset(x, y), batch_size=2)) == 3
    assert len(DataLoader(TensorDataset(x, y), batch_size=2, drop_last=True)) == 2
    assert len(list(DataLoader(TensorDataset(x, y), batch_size=2, drop_last=True))) == 2


def test_batches_are_fresh():
    x = rl.zeros(4, 2)
    batch = next(iter(DataLoader(TensorDataset(x), batch_size=2)))[0]
    batch.add_(1)
    assert x.sum().item() == 0


def test_single_samples_are_views():
    x = rl.zeros(4, 2)
    sample = next(iter(DataLoader(TensorDataset(x), batch_size=None)))
    assert type(sample) is list
    sample[0].add_(1)
    assert x.sum().item() == 2


@pytest.mark.parametrize("arrange", [lambda x: x, lambda x: x.transpose(1, 2)])
def test_batches_are_contiguous(arrange):
    x = arrange(rl.arange(60).reshape(5, 3, 4))
    batch = next(iter(DataLoader(TensorDataset(x), batch_size=2)))[0]
    assert batch.is_contiguous()
    assert batch.tolist() == x[:2].tolist()


def test_gradients_flow_through_samples():
    x = rl.ones(4, 2, requires_grad=True)
    for batch in DataLoader(TensorDataset(x, rl.arange(4)), batch_size=2):
        assert type(batch[0].grad_fn).__name__ == "StackBackward0"
        batch[0].sum().backward()
    assert x.grad.tolist() == [[1, 1]] * 4
    single = next(iter(DataLoader(TensorDataset(x), batch_size=None)))
    assert type(single[0].grad_fn).__name__ == "SelectBackward0"


@pytest.mark.parametrize(
    "indices, expected",
    [
        ([3, -1], [[3, 9]]),
        (np.array([0, 3]), [[0, 3]]),
        ([slice(0, 2), slice(2, 4)], [[[0, 1], [2, 3]]]),
        ([[0, 1], [2, 3]], [[[0, 1], [2, 3]]]),
        ([True], [[[[*range(10)]]]]),
    ],
)
def test_whatever_indexes_a_tensor_is_an_index(indices, expected):
    assert values(DataLoader(ten(), sampler=indices, batch_size=2)) == expected


def test_tensors_as_indices():
    assert values(DataLoader(ten(), sampler=rl.tensor([3, 1]), batch_size=2)) == [[3, 1]]
    assert values(DataLoader(ten(), batch_sampler=[rl.tensor([1, 2]), (4,)])) == [[1, 2], [4]]


def test_indices_out_of_bounds():
    with pytest.raises(IndexError, match="index 17 is out of bounds for dimension 0 with size 10"):
        list(DataLoader(ten(), sampler=[17], batch_size=2))
    with pytest.raises(IndexError, match="index 17 is out of bounds for dimension 0 with size 10"):
        list(DataLoader(Subset(ten(), [1, 17]), batch_size=2))
    with pytest.raises(IndexError, match="list index out of range"):
        list(DataLoader(Subset(ten(), [1]), sampler=[2], batch_size=2))
    with pytest.raises(IndexError, match="list index out of range"):
        list(DataLoader(ten(), batch_sampler=[[]]))


def test_subsets():
    inner = Subset(ten(), [9, 8, 7, 6])
    assert values(DataLoader(Subset(inner, np.array([3, 0])), batch_size=2)) == [[6, 9]]
    assert values(DataLoader(Subset(ten(), rl.tensor([1, 2])), batch_size=2)) == [[1, 2]]


def test_subclasses_are_asked_for_their_samples():
    class Negated(TensorDataset):
        def __getitem__(self, index):
            return [-self.tensors[0][index]]

    assert values(DataLoader(Negated(rl.arange(4)), batch_size=2)) == [[0, -1], [-2, -3]]


def test_getitems_is_preferred():
    class Bulk(Dataset):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            raise AssertionError

        def __getitems__(self, indices):
            return [10 * index for index in indices]

    assert [b.tolist() for b in DataLoader(Bulk(), batch_size=3)] == [[0, 10, 20], [30]]


def test_any_sequence_is_a_dataset():
    assert [b.tolist() for b in DataLoader(range(5), batch_size=2)] == [[0, 1], [2, 3], [4]]
    assert list(DataLoader("abc", batch_size=2)) == [["a", "b"], ["c"]]
    assert list(DataLoader([1, 2.0, "a", None], batch_size=None)) == [1, 2.0, "a", None]
    assert list(DataLoader([])) == []


@pytest.mark.parametrize(
    "options, orders, next_draw",
    [
        ({}, [[*range(10)]] * 2, 0.47161436080932617),
        (
            {"shuffle": True},
            [[6, 2, 0, 1, 8, 3, 5, 4, 7, 9], [3, 4, 0, 9, 6, 7, 1, 2, 5, 8]],
            0.5944212079048157,
        ),
        (
            {"shuffle": True, "batch_size": None},
            [[6, 2, 0, 1, 8, 3, 5, 4, 7, 9], [3, 4, 0, 9, 6, 7, 1, 2, 5, 8]],
            0.5944212079048157,
        ),
        (
            {"shuffle": True, "batch_size": 3, "drop_last": True},
            [[6, 2, 0, 1, 8, 3, 5, 4, 7], [3, 4, 0, 9, 6, 7, 1, 2, 5]],
            0.5944212079048157,
        ),
        (
            {"sampler": Eager()},
            [[7, 4, 2, 9, 1, 5, 0, 8, 6, 3], [9, 1, 7, 0, 4, 5, 6, 2, 3, 8]],
            0.94930499792099,
        ),
        (
            {"sampler": Eager(), "batch_size": None},
            [[6, 0, 3, 7, 8, 5, 1, 9, 2, 4], [1, 3, 0, 9, 5, 4, 8, 2, 6, 7]],
            0.94930499792099,
        ),
        (
            {"sampler": WeightedRandomSampler([0.1] * 10, 7)},
            [[2, 7, 1, 7, 6, 1, 4], [7, 1, 5, 4, 3, 9, 0]],
            0.13936209678649902,
        ),
    ],
)
def test_recorded_epochs(options, orders, next_draw):
    """What PyTorch 2.13 printed for two epochs after manual_seed(3), and its next number."""
    rl.manual_seed(3)
    loader = DataLoader(ten(), **options)
    assert [np.hstack(values(loader)).tolist() for _ in range(2)] == orders
    assert rl.rand(1).item() == next_draw


@pytest.mark.parametrize(
    "options, orders, next_draw",
    [
        ({}, [[*range(10)]] * 2, 0.029281556606292725),
        (
            {"shuffle": True, "batch_size": 5},
            [[4, 6, 9, 2, 3, 1, 0, 7, 8, 5], [6, 8, 5, 1, 3, 7, 2, 4, 0, 9]],
            0.9906089901924133,
        ),
    ],
)
def test_recorded_epochs_with_a_generator(options, orders, next_draw):
    rl.manual_seed(3)
    generator = rl.Generator().manual_seed(1)
    loader = DataLoader(ten(), generator=generator, **options)
    assert [np.hstack(values(loader)).tolist() for _ in range(2)] == orders
    assert rl.rand(1, generator=generator).item() == next_draw
    assert rl.rand(1).item() == 0.004263520240783691  # nothing came from the default generator


def test_when_the_numbers_are_drawn():
    generator = rl.Generator().manual_seed(0)
    sampler = RandomSampler(ten(), True, 12, generator=generator)
    batches = iter(DataLoader(ten(), sampler=sampler, batch_size=4, generator=generator))
    drawn = [rl.rand(1, generator=generator).item()]
    for _ in batches:
        drawn.append(rl.rand(1, generator=generator).item())
    assert drawn[0] == 0.08847743272781372  # after the base seed, before the first order


def test_iterable_datasets():
    assert [b.tolist() for b in DataLoader(Stream(5), batch_size=2)] == [[0, 1], [2, 3], [4]]
    assert [b.tolist() for b in DataLoader(Stream(5), batch_size=2, drop_last=True)] == [
        [0, 1],
        [2, 3],
    ]
    assert list(DataLoader(Stream(3), batch_size=None)) == [0, 1, 2]
    assert len(DataLoader(Stream(7, 5), batch_size=2)) == 3
    assert len(DataLoader(Stream(7, 5), batch_size=2, drop_last=True)) == 2
    assert len(DataLoader(Stream(7, 5), batch_size=None)) == 5


def test_iterable_dataset_longer_than_it_said():
    loader = DataLoader(Stream(7, 6))
    list(loader)  # nobody asked for the length: no warning
    len(loader)
    message = (
        r"^Length of IterableDataset <.*Stream object at 0x.*> was reported to be 6\(when "
        r"accessing len\(dataloader\)\), but 7 samples have been fetched. $"
    )
    with pytest.warns(UserWarning, match=message):
        list(loader)


def test_an_error_ends_a_batch_not_the_epoch():
    class Faulty(Dataset):
        def __len__(self):
            return 8

        def __getitem__(self, index):
            if index == 5:
                raise ValueError("bad sample")
            return index

    batches = iter(DataLoader(Faulty(), batch_size=2))
    assert [next(batches).tolist(), next(batches).tolist()] == [[0, 1], [2, 3]]
    with pytest.raises(ValueError, match="bad sample"):
        next(batches)
    assert next(batches).tolist() == [6, 7]
    with pytest.raises(StopIteration):
        next(batches)


def test_the_iterator():
    loader = DataLoader(ten(), batch_size=3)
    batches = iter(loader)
    assert iter(batches) is batches
    assert len(batches) == 4
    assert repr(batches).startswith(
        "<torch.utils.data.dataloader._SingleProcessDataLoaderIter object at 0x"
    )
    assert repr(loader).startswith("<torch.utils.data.dataloader.DataLoader object at 0x")


def test_attributes():
    loader = DataLoader(ten(), 3, True)
    assert (loader.batch_size, loader.drop_last, loader.num_workers) == (3, False, 0)
    assert type(loader.sampler) is RandomSampler and type(loader.batch_sampler) is BatchSampler
    assert loader.prefetch_factor is None and loader.generator is None and loader.timeout == 0
    assert type(DataLoader(ten()).sampler) is SequentialSampler
    assert DataLoader(ten(), batch_sampler=[[1]]).batch_size is None
    assert DataLoader(ten(), num_workers=1).prefetch_factor == 2
    loader.collate_fn = len
    assert list(loader) == [3, 3, 3, 1]
    for name in ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset"):
        with pytest.raises(
            ValueError, match=f"^{name} attribute should not be set after DataLoader"
        ):
            setattr(loader, name, 1)


def test_loader_pickles():
    loader = pickle.loads(pickle.dumps(DataLoader(ten(), batch_size=4)))
    assert values(loader) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


@pytest.mark.parametrize(
    "options, message",
    [
        (
            {"num_workers": -1},
            "num_workers option should be non-negative; use num_workers=0 to disa",
        ),
        ({"timeout": -1}, "timeout option should be non-negative"),
        (
            {"prefetch_factor": 2},
            "prefetch_factor option could only be specified in multiprocessing",
        ),
        (
            {"num_workers": 1, "prefetch_factor": -2},
            "prefetch_factor option should be non-negative",
        ),
        ({"persistent_workers": True}, "persistent_workers option needs num_workers > 0"),
        ({"sampler": [1], "shuffle": True}, "sampler option is mutually exclusive with shuffle"),
        (
            {"batch_sampler": [[1]], "batch_size": 3},
            "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, ",
        ),
        (
            {"batch_sampler": [[1]], "shuffle": True},
            "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, ",
        ),
        (
            {"batch_size": None, "drop_last": True},
            "batch_size=None option disables auto-batching and is mutually exclusive with ",
        ),
        ({"batch_size": 0}, "batch_size should be a positive integer value, but got batch_size=0"),
        (
            {"batch_size": 2.5},
            "batch_size should be a positive integer value, but got batch_size=2.5",
        ),
        ({"drop_last": 1}, "drop_last should be a boolean value, but got drop_last=1"),
        (
            {"multiprocessing_context": "fork"},
            r"multiprocessing_context can only be used with multi-process loading "
            r"\(num_workers > 0\), but got num_workers=0",
        ),
        (
            {"multiprocessing_context": "thread", "num_workers": 1},
            r"multiprocessing_context option should specify a valid start method in \[.*\], "
            "but got multiprocessing_context='thread'",
        ),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        DataLoader(ten(), **options)


@pytest.mark.parametrize(
    "options, named",
    [
        ({"shuffle": True}, "shuffle option, but got shuffle=True"),
        ({"sampler": [1]}, r"sampler option, but got sampler=\[1\]"),
        ({"batch_sampler": [[1]]}, r"batch_sampler option, but got batch_sampler=\[\[1\]\]"),
    ],
)
def test_iterable_datasets_have_no_order(options, named):
    with pytest.raises(
        ValueError, match=f"^DataLoader with IterableDataset: expected unspec.* {named}"
    ):
        DataLoader(Stream(3), **options)
    DataLoader(Stream(3), shuffle=False)


def test_other_errors():
    with pytest.raises(
        ValueError, match=r"^num_samples should be a positive integer value, but got n"
    ):
        DataLoader([], shuffle=True)
    with pytest.raises(
        AssertionError, match=r"^_SingleProcessDataLoaderIter requires timeout == 0"
    ):
        list(DataLoader(ten(), timeout=3))
    with pytest.raises(
        TypeError, match=r"^multiprocessing_context option should be a valid context ob"
    ):
        DataLoader(ten(), num_workers=1, multiprocessing_context=3)
    with pytest.raises(TypeError, match="unexpected keyword argument 'foo'"):
        DataLoader(ten(), foo=1)
    with pytest.raises(TypeError, match=r"^random_\(\) received an invalid .*\(generator=int, \)"):
        iter(DataLoader(ten(), generator=3))


def test_pinned_memory_is_for_accelerators():
    with pytest.warns(
        UserWarning, match=r"^'pin_memory' argument is set as true but no accelerator"
    ):
        assert len(list(DataLoader(ten(), pin_memory=True))) == 10
    with pytest.warns(UserWarning) as warned:
        list(DataLoader(ten(), pin_memory=True, pin_memory_device="cuda"))
    assert str(warned[0].message) == (
        "pin_memory_device is deprecated, the current accelerator will be used as the device,"
        "ignore pin_memory_device='cuda'."
    )
    assert warned[0].filename == __file__


def test_many_workers(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1}, raising=False)
    with pytest.warns(
        UserWarning, match=r"^This DataLoader will create 3 worker processes in total. "
    ):
        DataLoader(ten(), num_workers=3)


def test_subset_random_sampler_over_arrays():
    rl.manual_seed(3)
    loader = DataLoader(ten(), sampler=SubsetRandomSampler(np.array([4, 5, 6, 7])), batch_size=2)
    assert sorted(np.hstack(values(loader)).tolist()) == [4, 5, 6, 7]
