"""Rushlight: automatic differentiation with PyTorch's interface, on NumPy.

This module is the table of contents: the public names, grouped by topic.
"""

import gc as _gc
import warnings as _warnings
from math import e, inf, nan, pi

# nothing that loads here becomes garbage, and looking for it takes a fifth of the time
_collects = _gc.isenabled()
_frozen_before = _gc.get_freeze_count()  # Python 3.12 starts with some
_gc.disable()

from rushlight import autograd, ops
from rushlight import printing as _tensor_str
from rushlight import tensor as _tensor

# Recording, and derivatives
from rushlight.autograd import (
    enable_grad,
    inference_mode,
    is_anomaly_check_nan_enabled,
    is_anomaly_enabled,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)

# Element types
from rushlight.dtypes import (
    bfloat16,
    can_cast,
    complex64,
    complex128,
    dtype,
    finfo,
    float16,
    float32,
    float64,
    get_default_dtype,
    iinfo,
    int8,
    int16,
    int32,
    int64,
    promote_types,
    set_default_dtype,
    uint8,
    uint16,
    uint32,
    uint64,
)
from rushlight.dtypes import bool_ as bool
from rushlight.dtypes import complex64 as cfloat
from rushlight.dtypes import complex128 as cdouble
from rushlight.dtypes import float16 as half
from rushlight.dtypes import float32 as float
from rushlight.dtypes import float64 as double
from rushlight.dtypes import int16 as short
from rushlight.dtypes import int32 as int
from rushlight.dtypes import int64 as long
from rushlight.explain import display as _display
from rushlight.formats import (
    channels_last,
    channels_last_3d,
    contiguous_format,
    layout,
    memory_format,
    preserve_format,
    sparse_coo,
    sparse_csr,
    strided,
)
from rushlight.naming import typename

# Operations: one module of `rushlight.ops` per family
from rushlight.ops import *
from rushlight.printing import set_printoptions

# Chance
from rushlight.random import (
    Generator,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)

# Switches
from rushlight.settings import (
    are_deterministic_algorithms_enabled,
    get_deterministic_debug_mode,
    get_float32_matmul_precision,
    get_num_interop_threads,
    get_num_threads,
    is_deterministic_algorithms_warn_only_enabled,
    is_warn_always_enabled,
    set_deterministic_debug_mode,
    set_float32_matmul_precision,
    set_flush_denormal,
    set_num_interop_threads,
    set_num_threads,
    set_warn_always,
    use_deterministic_algorithms,
)

# Tensors
from rushlight.storage import UntypedStorage, is_storage
from rushlight.tensor import Size, Tensor, device
from rushlight.version import interface as __version__

newaxis = None

# What PyTorch says that it was built with
has_lapack = has_mkl = has_mkldnn = has_openmp = has_spectral = True
has_cuda = has_cudnn = has_mps = False

# 1 / 0 is inf, as in PyTorch; NumPy's warnings about it would only repeat what the numbers say
_warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"rushlight\.")

_tensor.bind_operations(ops, autograd)
autograd.engine.measure_alone()
if _collects:
    if not _frozen_before:  # all are old already: a young collection would visit them
        _gc.freeze()
        _gc.unfreeze()
    _gc.enable()
_display.install()

#: imported when they are first used, so that `import rushlight` stays quick
_SUBMODULES = frozenset(
    "_C _VF _dynamo _inductor _logging _utils accelerator amp backends compile compiler cpu cuda "
    "distributed distributions export fft func functional fx hub jit linalg mps multiprocessing "
    "nn onnx optim overrides profiler quantization return_types serialization signal "
    "sparse special testing torch_version types utils version".split()
)
_FROM_SUBMODULES = {
    "_dirichlet_grad": "ops.creation.gamma_draws",
    "_sample_dirichlet": "ops.creation.gamma_draws",
    "_standard_gamma": "ops.creation.gamma_draws",
    "_standard_gamma_grad": "ops.creation.gamma_draws",
    "GradScaler": "amp",
    **dict.fromkeys(
        """
        autocast autocast_decrement_nesting autocast_increment_nesting clear_autocast_cache
        get_autocast_cpu_dtype get_autocast_dtype get_autocast_gpu_dtype is_autocast_cache_enabled
        is_autocast_cpu_enabled is_autocast_enabled set_autocast_cache_enabled
        set_autocast_cpu_dtype set_autocast_cpu_enabled set_autocast_dtype set_autocast_enabled
        """.split(),
        "amp.autocast_mode",
    ),
    **dict.fromkeys(
        """
        adaptive_max_pool1d affine_grid_generator alpha_dropout alpha_dropout_ batch_norm
        binary_cross_entropy_with_logits conv_tbc cosine_embedding_loss ctc_loss dropout
        dropout_ embedding embedding_renorm_ feature_alpha_dropout feature_alpha_dropout_
        feature_dropout feature_dropout_ frobenius_norm grid_sampler grid_sampler_2d
        grid_sampler_3d group_norm hinge_embedding_loss instance_norm kl_div layer_norm
        margin_ranking_loss native_batch_norm native_dropout native_group_norm native_layer_norm
        nuclear_norm poisson_nll_loss rrelu triplet_margin_loss
        """.split(),
        "nn.raw",
    ),
    **dict.fromkeys(
        """
        gru gru_cell lstm lstm_cell rnn_relu rnn_relu_cell rnn_tanh rnn_tanh_cell
        """.split(),
        "nn.recurrent_functions",
    ),
    "bartlett_window": "signal.periodic",
    "bilinear": "nn.functional",
    "blackman_window": "signal.periodic",
    "celu_": "nn.functional",
    "channel_shuffle": "nn.functional",
    "cosine_similarity": "nn.functional",
    "from_dlpack": "utils.dlpack",
    "from_file": "storage",
    "hamming_window": "signal.periodic",
    "hann_window": "signal.periodic",
    "kaiser_window": "signal.periodic",
    "load": "serialization",
    "native_channel_shuffle": "nn.functional",
    "norm_except_dim": "nn.utils.norms",
    "pairwise_distance": "nn.functional",
    "pdist": "nn.functional",
    "pixel_shuffle": "nn.functional",
    "pixel_unshuffle": "nn.functional",
    "prelu": "nn.functional",
    "rms_norm": "nn.functional",
    "rrelu_": "nn.functional",
    "save": "serialization",
    "selu_": "nn.functional",
    "sparse_coo_tensor": "sparse",
    "spmm": "sparse",
    "threshold_": "nn.functional",
    "SymBool": "types",
    "SymFloat": "types",
    "SymInt": "types",
    "to_dlpack": "utils.dlpack",
    **dict.fromkeys(
        """
        BFloat16Storage BoolStorage ByteStorage CharStorage ComplexDoubleStorage
        ComplexFloatStorage DoubleStorage FloatStorage HalfStorage IntStorage LongStorage
        ShortStorage Storage TypedStorage
        """.split(),
        "storage.typed",
    ),
    "vmap": "func",
}


def __getattr__(name):
    if name in ops.LATER and name not in _FROM_SUBMODULES:
        found = globals()[name] = getattr(ops, name)
        return found
    home = _FROM_SUBMODULES.get(name, name)
    if name not in _SUBMODULES and home is name:
        raise AttributeError(f"module 'torch' has no attribute '{name}'")
    from importlib import import_module

    try:
        module = import_module(f"rushlight.{home}")
    except ModuleNotFoundError as error:
        if not f"rushlight.{home}".startswith(error.name or "?"):
            raise
        raise AttributeError(f"module 'torch' has no attribute '{name}'") from None
    return module if home is name else getattr(module, name)


def __dir__():
    return sorted({*globals(), *_SUBMODULES, *_FROM_SUBMODULES, *ops.LATER})
