"""What a training script needs besides the model: data, checkpointing, timing.

Its modules are imported when they are first named.
"""

_MODULES = ("benchmark", "checkpoint", "data", "dlpack", "hooks", "model_zoo", "tensorboard")


def __getattr__(name):
    if name in _MODULES:
        from importlib import import_module

        return import_module(f"rushlight.utils.{name}")
    raise AttributeError(f"module 'torch.utils' has no attribute '{name}'")


def __dir__():
    return [*globals(), *_MODULES]
