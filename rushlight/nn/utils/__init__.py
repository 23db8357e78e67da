"""Helpers for training: clipping gradients, parameters as one vector, pruning, parametrizations."""

from importlib import import_module as _import_module

from rushlight.nn.utils import rnn
from rushlight.nn.utils.clip_grad import (
    clip_grad_norm,
    clip_grad_norm_,
    clip_grad_value_,
    clip_grads_with_norm_,
    get_total_norm,
)
from rushlight.nn.utils.convert_parameters import parameters_to_vector, vector_to_parameters
from rushlight.nn.utils.spectral_norm import remove_spectral_norm, spectral_norm
from rushlight.nn.utils.weight_norm import remove_weight_norm, weight_norm

#: what is imported when first used, and from which module here (itself, if it is one)
_LAZY = {
    "convert_conv2d_weight_memory_format": "memory_format",
    "convert_conv3d_weight_memory_format": "memory_format",
    **dict.fromkeys(
        """
        fuse_conv_bn_eval fuse_conv_bn_weights fuse_linear_bn_eval fuse_linear_bn_weights
        """.split(),
        "fusion",
    ),
    "fusion": None,
    "parametrizations": None,
    "parametrize": None,
    "prune": None,
    "skip_init": "init",
    "stateless": None,
}

__all__ = [
    "clip_grad_norm",
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "get_total_norm",
    "parameters_to_vector",
    "remove_spectral_norm",
    "remove_weight_norm",
    "rnn",
    "spectral_norm",
    "vector_to_parameters",
    "weight_norm",
    *_LAZY,
]


def __getattr__(name):
    if name not in _LAZY:
        raise AttributeError(f"module 'torch.nn.utils' has no attribute '{name}'")
    home = _LAZY[name]
    module = _import_module(f"rushlight.nn.utils.{home or name}")
    value = globals()[name] = module if home is None else getattr(module, name)
    return value
