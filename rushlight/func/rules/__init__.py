"""Batching rules: how each operation acts on all samples of a `vmap` at once."""

from __future__ import annotations

from rushlight.func.rules import layers, positions, products, shapes  # rules declared
from rushlight.func.rules.table import elementwise, has_rule, rule_of

__all__ = ["elementwise", "has_rule", "rule_of"]
