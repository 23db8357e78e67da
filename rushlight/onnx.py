"""ONNX, which Rushlight does not write; the name is here because programs import it."""

from __future__ import annotations

from typing import NoReturn

from rushlight.explain import explained


def export(model, args=(), f=None, **options) -> NoReturn:
    """Raise a RuntimeError that says how to export all the same."""
    raise explained(RuntimeError("Rushlight does not export ONNX."))
