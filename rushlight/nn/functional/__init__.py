"""The layers as functions: the state of a layer is an argument of its function.

>>> import rushlight as torch
>>> import rushlight.nn.functional as F
>>> F.relu(torch.tensor([-1.0, 2.0]))
tensor([0., 2.])
"""

from rushlight.nn.functional.activation import *
from rushlight.nn.functional.attention import *
from rushlight.nn.functional.class_loss import *
from rushlight.nn.functional.conv import *
from rushlight.nn.functional.distance import *
from rushlight.nn.functional.dropout import *
from rushlight.nn.functional.fold import *
from rushlight.nn.functional.grid import *
from rushlight.nn.functional.linear import *
from rushlight.nn.functional.loss import *
from rushlight.nn.functional.margin_loss import *
from rushlight.nn.functional.normalization import *
from rushlight.nn.functional.sparse import *
from rushlight.nn.functional.unpool import *
from rushlight.nn.functional.vision import *


def __getattr__(name):
    if name == "conv_tbc":
        from rushlight.nn.raw import conv_tbc

        return conv_tbc
    raise AttributeError(f"module 'torch.nn.functional' has no attribute '{name}'")
