"""Functions that transform functions: derivatives (`grad`, `jacrev`, ...) and batches (`vmap`).

They may be applied to each other's results in any order.
"""

from rushlight.func.functionalize import functionalize
from rushlight.func.jacobians import hessian, jacfwd, jacrev
from rushlight.func.modules import (
    functional_call,
    replace_all_batch_norm_modules_,
    stack_module_state,
)
from rushlight.func.rearrange import rearrange
from rushlight.func.transforms import debug_unwrap, grad, grad_and_value, jvp, linearize, vjp
from rushlight.func.vmap import vmap

__all__ = [
    "debug_unwrap",
    "functional_call",
    "functionalize",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "linearize",
    "rearrange",
    "replace_all_batch_norm_modules_",
    "stack_module_state",
    "vjp",
    "vmap",
]
