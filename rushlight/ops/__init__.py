"""The operations: everything that computes. Folders by family, each operation declared once."""

from types import FunctionType as _FunctionType
from types import ModuleType as _ModuleType

from rushlight.ops import fast
from rushlight.ops.checked import checked as _wrapped
from rushlight.ops.creation.cast import cast, to, type_  # (for methods)
from rushlight.ops.creation.constants import *
from rushlight.ops.creation.constants import (
    new_empty,
    new_empty_strided,
    new_full,
    new_ones,
    new_tensor,
    new_zeros,
)
from rushlight.ops.creation.convert import *
from rushlight.ops.creation.copies import *
from rushlight.ops.creation.copies import contiguous, copied, copy_, deep_copy  # (for methods)
from rushlight.ops.creation.devices import *
from rushlight.ops.creation.devices import enter_device, leave_device
from rushlight.ops.creation.legacy import *
from rushlight.ops.creation.legacy import legacy_tensor, new
from rushlight.ops.creation.query import *
from rushlight.ops.creation.query import contains
from rushlight.ops.creation.ranges import *
from rushlight.ops.creation.sample import *
from rushlight.ops.creation.sample import (
    bernoulli_,
    cauchy_,
    exponential_,
    geometric_,
    log_normal_,
    normal_,
    random_,
    uniform_,
)
from rushlight.ops.elementwise.arithmetic import *
from rushlight.ops.elementwise.arithmetic import (
    _add,
    _sub,
    _true_divide,
    rdiv,
    rfloor_divide,
    rremainder,
)
from rushlight.ops.elementwise.bounds import *
from rushlight.ops.elementwise.compare import *
from rushlight.ops.elementwise.compare import rlshift, rrshift
from rushlight.ops.elementwise.complex_numbers import *
from rushlight.ops.elementwise.error_function import *
from rushlight.ops.elementwise.mixtures import *
from rushlight.ops.elementwise.pairs import *
from rushlight.ops.elementwise.powers import *
from rushlight.ops.elementwise.powers import pow as _pow
from rushlight.ops.elementwise.powers import rpow
from rushlight.ops.elementwise.rounding import *
from rushlight.ops.elementwise.trigonometry import *
from rushlight.ops.elementwise.unary import *
from rushlight.ops.in_place_functions import *
from rushlight.ops.indexing.brackets import *
from rushlight.ops.indexing.brackets import getitem, setitem  # (for methods)
from rushlight.ops.indexing.gather import *
from rushlight.ops.indexing.lookup import *
from rushlight.ops.indexing.mask import *
from rushlight.ops.indexing.mask import masked_fill_
from rushlight.ops.indexing.rows import *
from rushlight.ops.indexing.rows import index_fill_
from rushlight.ops.indexing.scatter import *
from rushlight.ops.inplace import *
from rushlight.ops.layers.activation import *
from rushlight.ops.layers.loss import *
from rushlight.ops.layers.normalization import *
from rushlight.ops.layers.padding import *
from rushlight.ops.layers.softmax import *
from rushlight.ops.linalg.matmul import *
from rushlight.ops.reduction.extremes import *
from rushlight.ops.reduction.norms import *
from rushlight.ops.reduction.scan import *
from rushlight.ops.reduction.sort import *
from rushlight.ops.reduction.sums import *
from rushlight.ops.shape.expand import *
from rushlight.ops.shape.expand import expand_as, sum_to_size
from rushlight.ops.shape.join import *
from rushlight.ops.shape.memory import (
    address,
    apply_,
    as_strided_,
    fill_diagonal_,
    map_,
    resize,
    resize_,
    resize_as,
    resize_as_,
    set_,
    squeeze_,
    storage,
    storage_offset,
    storage_type,
    stride,
    t_,
    transpose_,
    unsqueeze_,
    untyped_storage,
)
from rushlight.ops.shape.parts import *
from rushlight.ops.shape.parts import unfold
from rushlight.ops.shape.rearrange import *
from rushlight.ops.shape.rearrange import repeat
from rushlight.ops.shape.views import *
from rushlight.ops.shape.views import (
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

#: what Tensor's methods, `nn` and other operations call, but PyTorch has not as `torch.<name>`
_FOR_METHODS = frozenset(
    """
    binary_cross_entropy_with_logits embedding layer_norm rrelu
    alias apply_ batch_adjoint batch_norm_with_statistics bernoulli_
    binary_cross_entropy cast cauchy_ contains contiguous copied copy_ deep_copy elu enter_device
    expand expand_as exponential_ fill_diagonal_ gelu geometric_ getitem glu hardsigmoid hardswish
    hardtanh
    huber_loss in_place leave_device leaky_relu legacy_tensor linear log_normal_ log_sigmoid map_
    matrix_adjoint matrix_transpose mish
    mse_loss new new_empty new_empty_strided new_full new_ones new_tensor new_zeros nll_loss
    nll_loss_gradient normal_ one_hot overwrite pad prelu_kernel random_ rdiv
    index_fill_ masked_fill_ repeat reshape_as resize resize_ resize_as reversed_dims rfloor_divide
    rlshift rmatmul rpow rremainder rrshift set_ setitem silu size_of smooth_l1_loss
    soft_margin_loss softplus softshrink
    squeeze_ storage storage_offset storage_type stride sum_to_size t_ to transpose_ type_ unfold
    uniform_ unsqueeze_ address untyped_storage view_ view_as
    """.split()
)

__all__ = [
    name
    for name, value in list(globals().items())
    if not name.startswith("_") and name not in _FOR_METHODS and not isinstance(value, _ModuleType)
]

#: modules of rare use, and their names: loaded when one of these is first asked for
LATER = {
    name: module
    for module, names in {
        "layers.adaptive_pool": """
            adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d
            adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d
        """,
        "elementwise.bessel": "i0 i0_",
        "layers.ctc": "ctc_loss",
        "reduction.differences": "cumulative_trapezoid diff gradient trapezoid trapz",
        "linalg.einsum": "einsum ger inner kron outer tensordot",
        "linalg.factorizations": "geqrf lu lu_solve lu_unpack orgqr ormqr",
        "elementwise.gamma": "digamma igamma igammac lgamma mvlgamma polygamma",
        "reduction.histograms": "histogram histogramdd",
        "linalg.low_rank": "pca_lowrank svd_lowrank",
        "linalg.decompositions": "cholesky cholesky_inverse cholesky_solve qr svd",
        "linalg.inverses": "det inverse logdet slogdet triangular_solve",
        "linalg.least_squares": "pinverse",
        "linalg.norms": "cdist dist",
        "linalg.products": "cross matrix_exp matrix_power trace vander",
        "layers.pool": """
            avg_pool1d avg_pool2d avg_pool3d max_pool1d max_pool1d_with_indices
            max_pool2d max_pool2d_with_indices max_pool3d max_pool3d_with_indices
        """,
        "reduction.quantiles": "bincount histc nanquantile quantile",
        "signal.spectrogram": "istft stft",
        "reduction.statistics": "corrcoef cov hash_tensor renorm",
        "shape.view_copies": """
            alias_copy as_strided_copy as_strided_scatter detach_copy diagonal_copy
            diagonal_scatter expand_copy narrow_copy permute_copy select_copy select_scatter
            slice_copy slice_scatter split_copy split_with_sizes_copy squeeze_copy t_copy
            transpose_copy unbind_copy unfold_copy unsqueeze_copy view_copy
        """,
        "layers.window": """
            conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d convolution
        """,
    }.items()
    for name in names.split()
}


#: `torch.ops.aten.mm.default`: made when first named
_NAMESPACES = frozenset("aten prim prims quantized c10d _c10d_functional".split())

#: what is called too often to be checked from outside: its operations and its dimensions are
_OFTEN = frozenset(
    """
    add broadcast_to cast cat clone contiguous copied copy_ deep_copy detach
    detach_ div empty expand expand_as fill_ flatten getitem in_place is_complex
    is_floating_point matmul mean numel ones overwrite permute rdiv
    reshape reshape_as rmatmul rpow rsub select setitem size_of squeeze stack sub sum t to
    transpose unsqueeze view_ view_as zero_ zeros zeros_like
    """.split()
)


def _checked(name, value):
    """Operations see to their arguments themselves, other functions are checked."""
    is_operation = getattr(getattr(value, "op", None), "call", None) is value
    return value if is_operation or name in _OFTEN else _wrapped(value)


for _name, _value in list(globals().items()):
    if isinstance(_value, _FunctionType) and not _name.startswith("_"):
        globals()[_name] = _checked(_name, _value)


def __getattr__(name):
    if name in _NAMESPACES:
        from rushlight.ops.overloads import OpNamespace

        return globals().setdefault(name, OpNamespace(name))
    if name not in LATER:
        raise AttributeError(f"module 'rushlight.ops' has no attribute '{name}'")
    from importlib import import_module

    module = import_module(f"rushlight.ops.{LATER[name]}")
    # all of them: the module itself may go by the name of one, and is an attribute from now on
    for each, home in LATER.items():
        if home == LATER[name]:
            globals()[each] = _checked(each, getattr(module, each))
    return globals()[name]
