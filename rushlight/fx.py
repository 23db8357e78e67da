"""The names of torch.fx, which shows and changes a module's graph; Rushlight has no such graphs."""

from __future__ import annotations

from rushlight.absent import absent

_REASON = (
    "Rushlight doesn't trace modules symbolically.\n"
    "torch.compile makes a step fast, and shows the code that it runs as its `source`."
)
globals().update(
    absent(
        "torch.fx",
        "Graph GraphModule Interpreter Node Proxy Tracer Transformer symbolic_trace "
        "replace_pattern subgraph_rewriter wrap",
        _REASON,
    )
)
