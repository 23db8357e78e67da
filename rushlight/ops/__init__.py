"""The operations: everything that computes. One module per family, each operation declared once."""

from rushlight.ops import create, elementwise, fast, index, inplace, matmul, reduce, shape
from rushlight.ops.arithmetic import *  # noqa: F403
from rushlight.ops.arithmetic import _add, _sub, _true_divide  # noqa: F401  (for operators)
from rushlight.ops.compare import *  # noqa: F403
from rushlight.ops.create import *  # noqa: F403
from rushlight.ops.elementwise import *  # noqa: F403
from rushlight.ops.extremes import *  # noqa: F403
from rushlight.ops.index import *  # noqa: F403
from rushlight.ops.inplace import *  # noqa: F403
from rushlight.ops.matmul import *  # noqa: F403
from rushlight.ops.reduce import *  # noqa: F403
from rushlight.ops.scan import *  # noqa: F403
from rushlight.ops.shape import *  # noqa: F403
from rushlight.ops.special import *  # noqa: F403

fast.bind_rules_to_kernels()
