"""Functions that PyTorch also keeps in `torch._VF`: those of `torch` itself."""


def __getattr__(name):
    import rushlight

    try:
        return getattr(rushlight, name)
    except AttributeError:
        raise AttributeError(f"module 'torch._VF' has no attribute '{name}'") from None
