"""Loaders against PyTorch: the same orders, and the same numbers left in every generator."""

import numpy as np
import pytest

import rushlight as rl

torch = pytest.importorskip("torch")

OPTIONS = {
    "in order": lambda data, g: {},
    "shuffled": lambda data, g: {"shuffle": True},
    "shuffled, batches": lambda data, g: {"shuffle": True, "batch_size": 4},
    "shuffled, whole batches": lambda data, g: {"shuffle": True, "batch_size": 5},
    "shuffled, drop_last": lambda data, g: {"shuffle": True, "batch_size": 4, "drop_last": True},
    "shuffled, no batches": lambda data, g: {"shuffle": True, "batch_size": None},
    "generator": lambda data, g: {"generator": g},
    "generator, shuffled": lambda data, g: {"generator": g, "shuffle": True, "batch_size": 5},
    "several permutations": lambda data, g: {
        "sampler": data.RandomSampler(range(10), num_samples=25, generator=g),
        "batch_size": 5,
    },
    "whole permutations": lambda data, g: {
        "sampler": data.RandomSampler(range(10), num_samples=20),
        "batch_size": 3,
    },
    "with replacement": lambda data, g: {
        "sampler": data.RandomSampler(range(10), True, 70, generator=g),
        "generator": g,
        "batch_size": 8,
    },
    "own seed, with replacement": lambda data, g: {"sampler": data.RandomSampler(range(10), True)},
    "subset": lambda data, g: {"sampler": data.SubsetRandomSampler([2, 3, 5, 7], generator=g)},
    "weights": lambda data, g: {"sampler": data.WeightedRandomSampler([1, 2, 3] * 3, 7)},
    "weights, no repetition": lambda data, g: {
        "sampler": data.WeightedRandomSampler([0.5, 0.1] * 5, 7, False, generator=g)
    },
}


def report(library, options, seed, epochs=3):
    """What a loader yields in some epochs, and draws from both generators after each batch."""
    data = library.utils.data
    library.manual_seed(seed)
    generator = library.Generator().manual_seed(seed + 1)
    loader = data.DataLoader(
        data.TensorDataset(library.arange(10), library.arange(20.0).reshape(10, 2)),
        **options(data, generator),
    )
    seen = []
    for _ in range(epochs):
        for batch in loader:
            seen.append([part.tolist() for part in batch])
            seen.append(library.rand(1, generator=generator).item())
        seen.append(library.rand(1).item())
    return seen


@pytest.mark.parametrize("seed", [0, 42])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_same_epochs_and_same_numbers_left(options, seed):
    assert report(rl, options, seed) == report(torch, options, seed)


@pytest.mark.parametrize("lengths", [[6, 4], [0.5, 0.5], [0.33, 0.33, 0.34], [0.25, 0.75], [10]])
def test_same_split(lengths):
    splits = []
    for library in (rl, torch):
        library.manual_seed(7)
        splits.append([p.indices for p in library.utils.data.random_split(range(10), lengths)])
    assert splits[0] == splits[1]


@pytest.mark.parametrize("replicas", [1, 3, 7, 13])
@pytest.mark.parametrize("drop_last", [True, False])
def test_same_shares(replicas, drop_last):
    for rank in range(replicas):
        shares = []
        for library in (rl, torch):
            sampler = library.utils.data.DistributedSampler(
                range(11), replicas, rank, seed=3, drop_last=drop_last
            )
            sampler.set_epoch(2)
            shares.append((list(sampler), len(sampler)))
        assert shares[0] == shares[1]


def test_same_layout_of_batches():
    array = np.arange(120.0).reshape(5, 2, 3, 4).transpose(3, 1, 0, 2)
    for source in (array, array[::2], array[:, 0], np.asfortranarray(array)):
        strides = []
        for library in (rl, torch):
            dataset = library.utils.data.TensorDataset(library.from_numpy(source))
            batch = next(iter(library.utils.data.DataLoader(dataset, 2)))[0]
            strides.append((tuple(batch.shape), batch.stride(), batch.tolist()))
        assert strides[0] == strides[1]
