"""ONNX, which Rushlight does not write; the name is here because programs import it."""

from __future__ import annotations

from typing import NoReturn


def export(model, args=(), f=None, **options) -> NoReturn:
    """Raise a RuntimeError that says how to export all the same."""
    raise RuntimeError(
        "Rushlight does not export ONNX.\n"
        "Save the parameters with torch.save(model.state_dict(), path), load them into the same "
        "model under PyTorch, and export there."
    )
