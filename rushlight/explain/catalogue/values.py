"""Texts about shapes, dtypes, indices and targets."""

from rushlight.explain.catalogue.common import Text

TEXTS: dict[str, Text] = {}
