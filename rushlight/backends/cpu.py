"""Which instructions PyTorch's kernels would use."""


def get_cpu_capability() -> str:
    """ "DEFAULT": NumPy chooses instructions by itself."""
    return "DEFAULT"
