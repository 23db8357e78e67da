"""All workloads: importing a family enters its members into the table."""

from rushlight.bench import models, operations, small
from rushlight.bench.table import WORKLOADS, Step

__all__ = ["WORKLOADS", "Step", "models", "operations", "small"]
