"""The names of torch.export, which writes programs for other runtimes; Rushlight writes none."""

from __future__ import annotations

from rushlight.absent import absent

_REASON = (
    "Rushlight exports no programs.\n"
    "Save the parameters with torch.save(model.state_dict(), path), load them into the same model "
    "under PyTorch, and export there."
)
globals().update(absent("torch.export", "Dim ExportedProgram export load save unflatten", _REASON))
