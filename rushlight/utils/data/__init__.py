"""Datasets, samplers, and the loader that makes batches of them.

A module for each step that a batch goes through: `dataset` holds the samples, `sampler` (and
`distributed`) says which ones, `fetch` gets them, `collate` puts them together, `loader` drives it
all, and `worker`, `pool` and `channel` do it in other processes.
"""

from rushlight.utils.data import _utils, collate, dataset, distributed, loader, sampler
from rushlight.utils.data import loader as dataloader  # PyTorch's name of the module
from rushlight.utils.data.collate import default_collate, default_convert
from rushlight.utils.data.dataset import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    random_split,
)
from rushlight.utils.data.distributed import DistributedSampler
from rushlight.utils.data.loader import DataLoader
from rushlight.utils.data.sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from rushlight.utils.data.worker import get_worker_info

__all__ = [
    "Dataset",
    "IterableDataset",
    "TensorDataset",
    "StackDataset",
    "ConcatDataset",
    "ChainDataset",
    "Subset",
    "random_split",
    "Sampler",
    "SequentialSampler",
    "RandomSampler",
    "SubsetRandomSampler",
    "WeightedRandomSampler",
    "BatchSampler",
    "DistributedSampler",
    "DataLoader",
    "default_collate",
    "default_convert",
    "get_worker_info",
    "IterDataPipe",
    "MapDataPipe",
    "functional_datapipe",
]

_DATAPIPES = ("IterDataPipe", "MapDataPipe", "functional_datapipe")


def __getattr__(name):
    """Chains of steps are rare: loaded when first named."""
    if name in _DATAPIPES or name == "datapipes":
        from importlib import import_module

        datapipes = import_module("rushlight.utils.data.datapipes")
        return datapipes if name == "datapipes" else getattr(datapipes.datapipe, name)
    raise AttributeError(f"module 'torch.utils.data' has no attribute '{name}'")
