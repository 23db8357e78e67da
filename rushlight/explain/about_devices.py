"""Devices that aren't there."""

from __future__ import annotations

from rushlight.explain.case import Explanation, explains
from rushlight.explain.catalogue import say


@explains(
    r"^Torch not compiled with CUDA enabled|^PyTorch is not linked with support for (\w+) devices"
)
def no_gpu(case):
    """`.cuda()`, `.to("mps")`."""
    return Explanation([say("device.why")], case.places(), [say("device.fix")])


@explains(r"^tensors of the file live on '(.*)'|^Attempting to deserialize object on a CUDA device")
def file_of_gpu(case):
    """A file that was saved on a GPU."""
    return Explanation([say("device.file")], case.places(), [say("device.file.fix")])
