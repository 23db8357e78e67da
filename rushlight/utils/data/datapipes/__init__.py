"""Datasets as chains of small steps: `IterDataPipe`, `MapDataPipe`, and the steps of both."""

from rushlight.utils.data.datapipes import datapipe, iter, map

__all__ = ["datapipe", "iter", "map"]
