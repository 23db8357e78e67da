"""Layers, losses, and what models are made of.

>>> import rushlight as torch
>>> model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1))
>>> model(torch.ones(5, 2)).shape
torch.Size([5, 1])
"""

from rushlight.nn import attention, functional, init, utils
from rushlight.nn.activation import *
from rushlight.nn.adaptive import *
from rushlight.nn.batchnorm import *
from rushlight.nn.channelshuffle import *
from rushlight.nn.container import *
from rushlight.nn.conv import *
from rushlight.nn.distance import *
from rushlight.nn.dropout import *
from rushlight.nn.flatten import *
from rushlight.nn.fold import *
from rushlight.nn.instancenorm import *
from rushlight.nn.linear import *
from rushlight.nn.loss import *
from rushlight.nn.module import Module
from rushlight.nn.multihead import *
from rushlight.nn.normalization import *
from rushlight.nn.padding import *
from rushlight.nn.parallel import DataParallel
from rushlight.nn.parameter import (
    Buffer,
    Parameter,
    UninitializedBuffer,
    UninitializedParameter,
)
from rushlight.nn.pixelshuffle import *
from rushlight.nn.pooling import *
from rushlight.nn.rnn import *
from rushlight.nn.sparse import *
from rushlight.nn.transformer import *
from rushlight.nn.upsampling import *

from rushlight.nn import modules  # isort: skip  (it looks at all the above)


def __getattr__(name):
    if name == "grad":
        from importlib import import_module

        return import_module("rushlight.nn.grad")
    raise AttributeError(f"module 'torch.nn' has no attribute '{name}'")
