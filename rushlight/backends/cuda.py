"""CUDA's switches: programs set them, and without a CUDA device nothing reads them."""

from types import SimpleNamespace

matmul = SimpleNamespace(
    allow_tf32=False,
    allow_fp16_reduced_precision_reduction=True,
    allow_bf16_reduced_precision_reduction=True,
)


def is_built() -> bool:
    """False: Rushlight has no CUDA kernels."""
    return False
