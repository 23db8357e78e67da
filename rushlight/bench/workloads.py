"""All workloads: importing a family enters its members into the table."""

from rushlight.bench import models, operations, small
from rushlight.bench.table import AIMS, MEMORY_AIM, WORKLOADS, Step

__all__ = ["AIMS", "MEMORY_AIM", "WORKLOADS", "Step", "models", "operations", "small"]
