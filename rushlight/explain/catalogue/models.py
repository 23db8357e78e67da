"""Texts about models, their files, and the names of the interface."""

from rushlight.explain.catalogue.common import Text

TEXTS: dict[str, Text] = {}
