"""The layers as functions: the state of a layer is an argument of its function.

>>> import rushlight as torch
>>> import rushlight.nn.functional as F
>>> F.relu(torch.tensor([-1.0, 2.0]))
tensor([0., 2.])
"""

from rushlight.nn.functional.activation import *  # noqa: F403
from rushlight.nn.functional.conv import *  # noqa: F403
from rushlight.nn.functional.distance import *  # noqa: F403
from rushlight.nn.functional.dropout import *  # noqa: F403
from rushlight.nn.functional.linear import *  # noqa: F403
from rushlight.nn.functional.loss import *  # noqa: F403
from rushlight.nn.functional.normalization import *  # noqa: F403
from rushlight.nn.functional.sparse import *  # noqa: F403
