"""The sampler for several processes that train together."""

from __future__ import annotations

import math

from rushlight.random import Generator
from rushlight.utils.data.names import published
from rushlight.utils.data.sampler import Sampler

__all__ = ["DistributedSampler"]


@published("torch.utils.data.distributed")
class DistributedSampler(Sampler):
    """The indices that are the share of process `rank` among `num_replicas` processes.

    All processes permute `dataset` alike, seeded with `seed` plus the number given to `set_epoch`,
    and each takes every `num_replicas`-th index. Shares are made equally long by repeating the
    first indices, or, with `drop_last`, by leaving out the last ones. The defaults of `rank` and
    `num_replicas` are those of the process group. Raises a ValueError for a rank out of range.

    >>> import rushlight as torch
    >>> list(torch.utils.data.DistributedSampler(range(11), num_replicas=3, rank=0))
    [10, 3, 2, 7]
    """

    def __init__(
        self, dataset, num_replicas=None, rank=None, shuffle=True, seed=0, drop_last=False
    ):
        if num_replicas is None or rank is None:
            from rushlight import distributed

            num_replicas = distributed.get_world_size() if num_replicas is None else num_replicas
            rank = distributed.get_rank() if rank is None else rank
        if not 0 <= rank < num_replicas:
            raise ValueError(
                f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]"
            )
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.epoch = 0
        self.drop_last = drop_last
        whole, rest = divmod(len(dataset), num_replicas)
        self.num_samples = whole + (rest > 0 and not drop_last)
        self.total_size = self.num_samples * num_replicas
        self.shuffle = shuffle
        self.seed = seed

    def __iter__(self):
        return iter(self._order()[self.rank : self.total_size : self.num_replicas])

    def _order(self):
        n = len(self.dataset)
        order = list(range(n))
        if self.shuffle:
            order = Generator().manual_seed(self.seed + self.epoch).permutation(n).tolist()
        repeats = math.ceil(self.total_size / n) if n else 0
        return (order * repeats)[: self.total_size]

    def __len__(self):
        return self.num_samples

    def set_epoch(self, epoch):
        """Give this epoch's number, so that the next pass goes in an order of its own."""
        self.epoch = epoch
