"""PyTorch's address of the layers: `torch.nn.modules.linear` is `rushlight.nn.linear`."""

from __future__ import annotations

import sys
from importlib import import_module

from rushlight import nn

__path__: list[str] = []  # makes this a package in the eyes of the import system

FAMILIES = (
    "activation",
    "adaptive",
    "batchnorm",
    "channelshuffle",
    "container",
    "conv",
    "distance",
    "dropout",
    "flatten",
    "fold",
    "instancenorm",
    "lazy",
    "linear",
    "loss",
    "module",
    "normalization",
    "padding",
    "pixelshuffle",
    "pooling",
    "rnn",
    "sparse",
    "transformer",
    "upsampling",
)

for _name in FAMILIES:
    globals()[_name] = sys.modules[f"{__name__}.{_name}"] = import_module(f"rushlight.nn.{_name}")
globals()["utils"] = sys.modules[f"{__name__}.utils"] = import_module("rushlight.nn.tuples")


def __getattr__(name):
    return getattr(nn, name)
