"""Lazy modules: layers that learn the size of their input from the first one they see."""

from __future__ import annotations

from rushlight.autograd import no_grad
from rushlight.nn.parameter import is_lazy

__all__ = ["LazyModuleMixin"]


class LazyModuleMixin:
    """Makes a layer lazy: its parameters are uninitialized until it is first called.

    The layer names the class that it turns into (`cls_to_become`) and defines
    `initialize_parameters(*args)`, which is called before the first forward.
    """

    cls_to_become: type | None = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._initialize_hook = self.register_forward_pre_hook(
            _initialize_before_first_call, with_kwargs=True
        )

    def has_uninitialized_params(self):
        """Whether a parameter or buffer still waits for its shape."""
        return any(map(is_lazy, [*self._parameters.values(), *self._buffers.values()]))


def _initialize_before_first_call(module, args, kwargs):
    with no_grad():
        module.initialize_parameters(*args, **kwargs)
    if module.has_uninitialized_params():
        raise RuntimeError(f"module {module._get_name()} has not been fully initialized")
    module._initialize_hook.remove()
    del module._initialize_hook
    if module.cls_to_become is not None:
        module.__class__ = module.cls_to_become
