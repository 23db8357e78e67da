"""Modules run on several devices or processes: here on one CPU, in one process.

`DataParallel` and `DistributedDataParallel` keep their shape (the model is their `module`, and
names in a `state_dict` start with "module."), so programs and files for many devices work.
"""

from __future__ import annotations

from contextlib import contextmanager

from rushlight.nn.module import Module

__all__ = ["DataParallel", "DistributedDataParallel", "data_parallel"]


class DataParallel(Module):
    """Calls `module`; without CUDA devices PyTorch's does the same.

    >>> import rushlight as torch
    >>> model = torch.nn.DataParallel(torch.nn.Linear(2, 1))
    >>> list(model.state_dict()), model(torch.ones(3, 2)).shape
    (['module.weight', 'module.bias'], torch.Size([3, 1]))
    """

    __module__ = "torch.nn.parallel.data_parallel"

    def __init__(self, module, device_ids=None, output_device=None, dim=0):
        super().__init__()
        self.module = module
        self.device_ids: list = []

    def forward(self, *inputs, **kwargs):
        """What the module returns for these arguments."""
        return self.module(*inputs, **kwargs)


def data_parallel(module, inputs, device_ids=None, output_device=None, dim=0, module_kwargs=None):
    """Call `module` on `inputs` (a tuple, or one argument) on all devices: on the CPU."""
    arguments = inputs if isinstance(inputs, tuple) else (inputs,)
    return module(*arguments, **(module_kwargs or {}))


class DistributedDataParallel(Module):
    """Calls `module`, whose gradients are averaged over all processes: over this one.

    As in PyTorch the process group must have been made before, by
    `torch.distributed.init_process_group`.
    """

    __module__ = "torch.nn.parallel.distributed"

    def __init__(self, module, device_ids=None, output_device=None, dim=0, **options):
        super().__init__()
        from rushlight.distributed import world

        parameters = list(module.parameters())
        self.process_group = options.get("process_group") or world()
        if not any(p.requires_grad for p in parameters):
            raise RuntimeError(
                "DistributedDataParallel is not needed when a module doesn't have any parameter "
                "that requires a gradient."
            )
        if device_ids or output_device is not None:
            devices = {p.device for p in parameters}
            raise ValueError(
                "DistributedDataParallel device_ids and output_device arguments only work with "
                "single-device/multiple-device GPU modules or CPU modules, but got device_ids "
                f"{device_ids}, output_device {output_device}, and module parameters {devices}."
            )
        self.module = module
        self.device_ids = None
        self.require_backward_grad_sync = True

    def forward(self, *inputs, **kwargs):
        """What the module returns for these arguments."""
        return self.module(*inputs, **kwargs)

    @contextmanager
    def no_sync(self):
        """A region in which gradients are added up without being averaged over processes."""
        before, self.require_backward_grad_sync = self.require_backward_grad_sync, False
        try:
            yield
        finally:
            self.require_backward_grad_sync = before
