"""The operations: everything that computes. One module per family, each operation declared once."""

from rushlight.ops import fast
from rushlight.ops.activation import *
from rushlight.ops.arithmetic import *
from rushlight.ops.arithmetic import (
    _add,
    _sub,
    _true_divide,
    rdiv,
    rfloor_divide,
    rremainder,
)
from rushlight.ops.bessel import *
from rushlight.ops.bounds import *
from rushlight.ops.cast import cast, to, type_  # (for methods)
from rushlight.ops.compare import *
from rushlight.ops.compare import rlshift, rrshift
from rushlight.ops.complex_numbers import *
from rushlight.ops.convert import *
from rushlight.ops.copies import *
from rushlight.ops.copies import contiguous, copied, copy_, deep_copy  # (for methods)
from rushlight.ops.create import *
from rushlight.ops.create import (
    new_empty,
    new_empty_strided,
    new_full,
    new_ones,
    new_tensor,
    new_zeros,
)
from rushlight.ops.differences import *
from rushlight.ops.einsum import *
from rushlight.ops.elementwise import *
from rushlight.ops.expand import *
from rushlight.ops.expand import expand_as, sum_to_size
from rushlight.ops.error_function import *
from rushlight.ops.extremes import *
from rushlight.ops.gamma import *
from rushlight.ops.gamma import polygamma_of
from rushlight.ops.in_place_functions import *
from rushlight.ops.index import *
from rushlight.ops.index import getitem, setitem  # (for methods)
from rushlight.ops.inplace import *
from rushlight.ops.join import *
from rushlight.ops.legacy import *
from rushlight.ops.legacy import legacy_tensor, new
from rushlight.ops.lookup import *
from rushlight.ops.loss import *
from rushlight.ops.mask import *
from rushlight.ops.matmul import *
from rushlight.ops.memory import (
    apply_,
    as_strided_,
    fill_diagonal_,
    map_,
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
from rushlight.ops.mixtures import *
from rushlight.ops.normalization import *
from rushlight.ops.norms import *
from rushlight.ops.padding import *
from rushlight.ops.pairs import *
from rushlight.ops.pool import *
from rushlight.ops.powers import *
from rushlight.ops.powers import rpow
from rushlight.ops.parts import *
from rushlight.ops.parts import unfold
from rushlight.ops.quantiles import *
from rushlight.ops.query import *
from rushlight.ops.rearrange import *
from rushlight.ops.rearrange import repeat
from rushlight.ops.ranges import *
from rushlight.ops.reduce import *
from rushlight.ops.rows import *
from rushlight.ops.rounding import *
from rushlight.ops.sample import *
from rushlight.ops.sample import (
    bernoulli_,
    cauchy_,
    exponential_,
    geometric_,
    log_normal_,
    normal_,
    random_,
    uniform_,
)
from rushlight.ops.scan import *
from rushlight.ops.scatter import *
from rushlight.ops.shape import *
from rushlight.ops.shape import (
    alias,
    batch_adjoint,
    expand,
    matrix_adjoint,
    matrix_transpose,
    reshape_as,
    reversed_dims,
    size_of,
    view_,
    view_as,
)
from rushlight.ops.softmax import *
from rushlight.ops.sort import *
from rushlight.ops.trigonometry import *
from rushlight.ops.view_copies import *
from rushlight.ops.window import *
