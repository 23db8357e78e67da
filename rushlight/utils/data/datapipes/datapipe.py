"""The two kinds of chains; the steps register themselves as methods of their kind."""

from __future__ import annotations

from rushlight.utils.data.dataset import Dataset, IterableDataset

__all__ = ["IterDataPipe", "MapDataPipe", "functional_datapipe"]


class _Chained:
    """What lets `pipe.map(f)` stand for `Mapper(pipe, f)`."""

    functions: dict = {}

    @classmethod
    def register_datapipe_as_function(cls, name, step):
        """Make a step a method of this kind."""
        if name in cls.functions:
            raise Exception(f"Unable to add DataPipe function name {name} as it is already taken")
        cls.functions[name] = step

    def __getattr__(self, name):
        if name in self.functions:
            from functools import partial

            return partial(self.functions[name], self)
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __getstate__(self):
        return vars(self)

    def __repr__(self):
        return type(self).__qualname__


class IterDataPipe(_Chained, IterableDataset):
    """A stream of samples to which steps can be added.

    >>> from rushlight.utils.data.datapipes.iter import IterableWrapper
    >>> list(IterableWrapper(range(5)).map(lambda x: x * 2).batch(2))
    [[0, 2], [4, 6], [8]]
    """

    functions: dict = {}


class MapDataPipe(_Chained, Dataset):
    """Samples by their keys, to which steps can be added."""

    functions: dict = {}


def functional_datapipe(name, enable_df_api_tracing=False):
    """Decorates a step: it becomes the method `name` of its kind.

    >>> from rushlight.utils.data import IterDataPipe, functional_datapipe
    >>> from rushlight.utils.data.datapipes.iter import IterableWrapper
    >>> @functional_datapipe("doubled")
    ... class Doubled(IterDataPipe):
    ...     def __init__(self, source):
    ...         self.source = source
    ...
    ...     def __iter__(self):
    ...         return (2 * x for x in self.source)
    >>> list(IterableWrapper([1, 2]).doubled())
    [2, 4]
    """

    def register(step):
        kind = IterDataPipe if issubclass(step, IterDataPipe) else MapDataPipe
        if not issubclass(step, (IterDataPipe, MapDataPipe)):
            raise TypeError("`functional_datapipe` can only decorate IterDataPipe or MapDataPipe")
        kind.register_datapipe_as_function(name, step)
        return step

    return register
