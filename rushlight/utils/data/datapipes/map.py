"""Steps over samples that have keys."""

from __future__ import annotations

import copy

from rushlight.utils.data.datapipes.datapipe import MapDataPipe, functional_datapipe

__all__ = ["Mapper", "SequenceWrapper"]


class SequenceWrapper(MapDataPipe):
    """The samples of a sequence or of a dict, which is copied.

    >>> pipe = SequenceWrapper([1, 2]).map(lambda x: x * 10)
    >>> pipe[1], len(pipe)
    (20, 2)
    """

    def __init__(self, sequence, deepcopy=True):
        self.sequence = copy.deepcopy(sequence) if deepcopy else sequence

    def __getitem__(self, index):
        return self.sequence[index]

    def __len__(self):
        return len(self.sequence)


@functional_datapipe("map")
class Mapper(MapDataPipe):
    """A function of each sample."""

    def __init__(self, datapipe, fn=lambda sample: sample):
        self.datapipe = datapipe
        self.fn = fn

    def __getitem__(self, index):
        return self.fn(self.datapipe[index])

    def __len__(self):
        return len(self.datapipe)
