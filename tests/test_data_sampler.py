"""Samplers: recorded orders, what they draw and when, and errors."""

import pytest

import rushlight as rl
from rushlight.utils.data import (
    BatchSampler,
    DistributedSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

TEN = range(10)


def seeded(seed=1):
    return rl.Generator().manual_seed(seed)


def test_base_class():
    with pytest.raises(NotImplementedError):
        iter(Sampler())
    with pytest.raises(TypeError, match="has no len"):
        len(Sampler())
    assert repr(Sampler()).startswith("<torch.utils.data.sampler.Sampler object at 0x")


def test_sequential():
    assert list(SequentialSampler("abc")) == [0, 1, 2]
    assert len(SequentialSampler("abc")) == 3


PERMUTATION = [5, 6, 1, 2, 0, 8, 9, 3, 7, 4]


@pytest.mark.parametrize(
    "make, expected, next_draw",
    [
        (lambda g: RandomSampler(TEN, generator=g), PERMUTATION, 0.93708336353302),
        (
            lambda g: RandomSampler(TEN, num_samples=20, generator=g),
            [*PERMUTATION, 2, 3, 1, 8, 9, 0, 6, 7, 4, 5],
            0.77176833152771,
        ),
        (
            lambda g: RandomSampler(TEN, num_samples=25, generator=g),
            [*PERMUTATION, 2, 3, 1, 8, 9, 0, 6, 7, 4, 5, 2, 8, 1, 5, 6],
            0.77176833152771,
        ),
        (
            lambda g: list(RandomSampler(TEN, True, 70, generator=g))[30:42],
            [8, 6, 7, 3, 7, 3, 3, 6, 2, 0, 5, 9],
            0.7720022797584534,
        ),
        (lambda g: SubsetRandomSampler("abc", generator=g), ["b", "c", "a"], 0.40306925773620605),
        (
            lambda g: WeightedRandomSampler([1, 2, 3.0], 4, generator=g),
            [0, 1, 1, 1],
            0.5695084929466248,
        ),
    ],
)
def test_recorded_orders(make, expected, next_draw):
    """What PyTorch 2.13 printed: the order, and then the generator's next number."""
    generator = seeded()
    assert list(make(generator)) == expected
    assert rl.rand(1, generator=generator).item() == pytest.approx(next_draw, abs=0)


@pytest.mark.parametrize(
    "make, expected, next_draw",
    [
        (lambda: RandomSampler(TEN), [7, 0, 9, 1, 6, 4, 5, 3, 2, 8], 0.2858424782752991),
        (lambda: RandomSampler(TEN, True), [7, 8, 5, 1, 8, 6, 2, 2, 3, 9], 0.2858424782752991),
        (lambda: SubsetRandomSampler([4, 5, 6, 7]), [6, 7, 5, 4], 0.026954829692840576),
        (
            lambda: WeightedRandomSampler([0.1, 0.2] * 5, 7, False),
            [0, 3, 1, 6, 7, 5, 8],
            0.6483104228973389,
        ),
    ],
)
def test_recorded_draws_from_the_default_generator(make, expected, next_draw):
    rl.manual_seed(3)
    sampler = make()
    assert list(sampler) == expected
    assert len(sampler) == len(expected)
    assert rl.rand(1).item() == next_draw


def test_nothing_is_drawn_before_the_first_index():
    generator = seeded()
    iter(RandomSampler(TEN, generator=generator))
    assert rl.rand(1, generator=generator).item() == rl.rand(1, generator=seeded()).item()


def test_each_pass_has_its_own_order():
    sampler = RandomSampler(range(100))
    assert list(sampler) != list(sampler)


@pytest.mark.parametrize("count", [0, -1, 2.5])
def test_bad_number_of_samples(count):
    message = f"^num_samples should be a positive integer value, but got num_samples={count}"
    with pytest.raises(ValueError, match=message):
        RandomSampler(TEN, num_samples=count)
    with pytest.raises(ValueError, match=message):
        WeightedRandomSampler([1], count)


def test_bad_arguments():
    with pytest.raises(
        TypeError, match=r"^replacement should be a boolean value, but got repl.*=1"
    ):
        RandomSampler(TEN, replacement=1)
    with pytest.raises(
        ValueError, match=r"^replacement should be a boolean value, but got repl.*=1"
    ):
        WeightedRandomSampler([1], 1, replacement=1)
    with pytest.raises(ValueError, match=r"^num_samples should be a positive integer value"):
        RandomSampler([])
    with pytest.raises(
        ValueError, match=r"^weights should be a 1d sequence .* have shape \(1, 1\)"
    ):
        WeightedRandomSampler([[1]], 1)
    with pytest.raises(
        ValueError, match=r"^batch_size should be a positive integer value, but got b"
    ):
        BatchSampler([1], 0, False)
    with pytest.raises(
        ValueError, match=r"^batch_size should be a positive integer value, but got b"
    ):
        BatchSampler([1], True, False)
    with pytest.raises(
        ValueError, match=r"^drop_last should be a boolean value, but got drop_last=0"
    ):
        BatchSampler([1], 1, 0)


def test_weighted_errors_come_when_drawing():
    with pytest.raises(RuntimeError, match=r"^cannot sample n_sample > prob_dist.size"):
        list(WeightedRandomSampler([1], 3, False))
    with pytest.raises(RuntimeError, match=r"^invalid multinomial distribution .*entry < 0"):
        list(WeightedRandomSampler([-1], 3))


def test_batches():
    assert list(BatchSampler([1, 2, 3], 2, False)) == [[1, 2], [3]]
    assert list(BatchSampler([1, 2, 3], 2, True)) == [[1, 2]]
    assert list(BatchSampler([], 2, False)) == []
    assert len(BatchSampler([1, 2, 3], 2, False)) == 2
    assert len(BatchSampler([1, 2, 3], 2, True)) == 1


@pytest.mark.parametrize(
    "options, expected",
    [
        ({"rank": 0}, [10, 3, 2, 7]),
        ({"rank": 1}, [0, 5, 1, 6]),
        ({"rank": 2}, [4, 8, 9, 10]),
        ({"rank": 1, "shuffle": False}, [1, 4, 7, 10]),
        ({"rank": 1, "drop_last": True}, [0, 5, 1]),
        ({"rank": 1, "seed": 5}, [5, 10, 6, 4]),
    ],
)
def test_distributed(options, expected):
    sampler = DistributedSampler(range(11), num_replicas=3, **options)
    assert list(sampler) == expected
    assert len(sampler) == len(expected)


def test_distributed_epochs_and_few_samples():
    sampler = DistributedSampler(range(11), num_replicas=3, rank=1)
    sampler.set_epoch(4)
    assert list(sampler) == [5, 1, 4, 9]
    assert list(DistributedSampler(range(2), num_replicas=5, rank=3)) == [1]
    assert list(DistributedSampler(range(2), num_replicas=5, rank=3, drop_last=True)) == []


def test_distributed_errors():
    with pytest.raises(
        ValueError, match=r"^Invalid rank 3, rank should be in the interval \[0, 2\]"
    ):
        DistributedSampler(range(11), num_replicas=3, rank=3)
    with pytest.raises(
        ValueError, match=r"^Default process group has not been initialized, please"
    ):
        DistributedSampler(range(11))
