"""Layers, losses, and what models are made of.

>>> import rushlight as torch
>>> model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1))
>>> model(torch.ones(5, 2)).shape
torch.Size([5, 1])
"""

from rushlight.nn import functional, init, utils
from rushlight.nn.activation import *  # noqa: F403
from rushlight.nn.batchnorm import *  # noqa: F403
from rushlight.nn.container import *  # noqa: F403
from rushlight.nn.conv import *  # noqa: F403
from rushlight.nn.distance import *  # noqa: F403
from rushlight.nn.dropout import *  # noqa: F403
from rushlight.nn.flatten import *  # noqa: F403
from rushlight.nn.instancenorm import *  # noqa: F403
from rushlight.nn.linear import *  # noqa: F403
from rushlight.nn.loss import *  # noqa: F403
from rushlight.nn.module import Module
from rushlight.nn.normalization import *  # noqa: F403
from rushlight.nn.parameter import (
    Buffer,
    Parameter,
    UninitializedBuffer,
    UninitializedParameter,
)
from rushlight.nn.pooling import *  # noqa: F403
from rushlight.nn.sparse import *  # noqa: F403

from rushlight.nn import modules  # isort: skip  (it looks at all the above)
