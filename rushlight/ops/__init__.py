"""The operations: everything that computes. One module per family, each operation declared once."""

from rushlight.ops import fast
from rushlight.ops.activation import *  # noqa: F403
from rushlight.ops.arithmetic import *  # noqa: F403
from rushlight.ops.arithmetic import (  # noqa: F401  (for operators)
    _add,
    _sub,
    _true_divide,
    rdiv,
    rfloor_divide,
    rpow,
    rremainder,
)
from rushlight.ops.bessel import *  # noqa: F403
from rushlight.ops.cast import *  # noqa: F403
from rushlight.ops.compare import *  # noqa: F403
from rushlight.ops.compare import rlshift, rrshift  # noqa: F401  (for operators)
from rushlight.ops.complex_numbers import *  # noqa: F403
from rushlight.ops.convert import *  # noqa: F403
from rushlight.ops.copies import *  # noqa: F403
from rushlight.ops.create import *  # noqa: F403
from rushlight.ops.create import (  # noqa: F401  (for methods)
    new_empty,
    new_empty_strided,
    new_full,
    new_ones,
    new_tensor,
    new_zeros,
)
from rushlight.ops.differences import *  # noqa: F403
from rushlight.ops.einsum import *  # noqa: F403
from rushlight.ops.elementwise import *  # noqa: F403
from rushlight.ops.extremes import *  # noqa: F403
from rushlight.ops.gamma import *  # noqa: F403
from rushlight.ops.gamma import polygamma_of  # noqa: F401  (for a method)
from rushlight.ops.index import *  # noqa: F403
from rushlight.ops.inplace import *  # noqa: F403
from rushlight.ops.join import *  # noqa: F403
from rushlight.ops.legacy import *  # noqa: F403
from rushlight.ops.legacy import legacy_tensor, new  # noqa: F401
from rushlight.ops.lookup import *  # noqa: F403
from rushlight.ops.loss import *  # noqa: F403
from rushlight.ops.mask import *  # noqa: F403
from rushlight.ops.matmul import *  # noqa: F403
from rushlight.ops.memory import (  # noqa: F401  (for methods)
    as_strided_,
    resize_,
    resize_as_,
    set_,
    squeeze_,
    storage,
    storage_offset,
    stride,
    t_,
    transpose_,
    unsqueeze_,
    untyped_storage,
)
from rushlight.ops.normalization import *  # noqa: F403
from rushlight.ops.pairs import *  # noqa: F403
from rushlight.ops.quantiles import *  # noqa: F403
from rushlight.ops.rearrange import *  # noqa: F403
from rushlight.ops.rearrange import repeat  # noqa: F401  (for methods)
from rushlight.ops.reduce import *  # noqa: F403
from rushlight.ops.sample import *  # noqa: F403
from rushlight.ops.sample import (  # noqa: F401  (for methods)
    bernoulli_,
    cauchy_,
    exponential_,
    geometric_,
    log_normal_,
    normal_,
    random_,
    uniform_,
)
from rushlight.ops.scan import *  # noqa: F403
from rushlight.ops.scatter import *  # noqa: F403
from rushlight.ops.shape import *  # noqa: F403
from rushlight.ops.shape import (  # noqa: F401  (for methods)
    batch_adjoint,
    matrix_adjoint,
    matrix_transpose,
    reversed_dims,
)
from rushlight.ops.special import *  # noqa: F403
from rushlight.ops.padding import *  # noqa: F403
from rushlight.ops.pool import *  # noqa: F403
from rushlight.ops.window import *  # noqa: F403
from rushlight.ops.sort import *  # noqa: F403
from rushlight.ops.view_copies import *  # noqa: F403

fast.bind_rules_to_kernels()
