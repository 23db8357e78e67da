"""What Rushlight does not do, and what to do instead; packages that it needs for some functions."""

from __future__ import annotations

from rushlight.explain.case import Explanation, explains
from rushlight.explain.catalogue import say


@explains(r"^Torch not compiled with CUDA enabled|^PyTorch is not linked with support for")
def no_gpu(case):
    """`.cuda()`, `.to("mps")`."""
    return _said(case, say("device.why"), say("device.fix"))


def _said(case, why, fix):
    return Explanation([why], case.places(), [fix])


@explains(r"^tensors of the file live on '(.*)'|^Attempting to deserialize object on a CUDA device")
def file_of_gpu(case):
    """A file that was saved on a GPU."""
    return _said(case, say("device.file"), say("device.file.fix"))


@explains(r"^Distributed package doesn't have NCCL built in")
def nccl(case):
    """A process group of GPUs."""
    return _said(case, say("device.why"), say("device.nccl.fix"))


@explains(r"^Cannot get (\w+) generator")
def generator(case):
    """A generator on a GPU."""
    return _said(case, say("device.why"), say("device.generator.fix"))


@explains(r"^the file is a (?:tar archive|pickle), as torch\.save wrote it")
def old_file(case):
    """A file in a format of long ago."""
    return _said(case, say("file.old"), say("file.old.fix"))


@explains(r"^torch\.save writes zip files only")
def old_format(case):
    """`_use_new_zipfile_serialization=False`."""
    return _said(case, say("file.zip"), say("file.zip.fix"))


@explains(r"^PytorchStreamReader failed locating file data\.pkl")
def other_archive(case):
    """A zip file of something else."""
    return _said(case, say("file.other"), say("file.other.fix"))


@explains(r"^PytorchStreamReader failed reading file .*: it is compressed or larger")
def bomb(case):
    """A file that would fill the memory."""
    return _said(case, say("file.bomb"), say("file.bomb.fix"))


@explains(r"TorchScript")
def torch_script(case):
    """Archives of compiled code."""
    return _said(case, say("file.script"), say("file.script.fix"))


@explains(r"^Rushlight does not export ONNX")
def onnx(case):
    """`torch.onnx.export`."""
    return _said(case, say("file.onnx"), say("file.onnx.fix"))


@explains(r"^(\S+) needs the package (\w+), which is not installed", ImportError)
def package(case):
    """Functions that SciPy or ml_dtypes compute."""
    name = case.match[2]
    extra = {"ml_dtypes": "bf16"}.get(name, name)
    return _said(case, say("package.why", name=name), say("package.fix", extra=extra))


@explains(r"^can't assign a ([\w.]+) to a torch\.(\w+)Tensor")
def assigned(case):
    """`x[0] = [1, 2]` of something that is no tensor."""
    return _said(case, say("assign.why", kind=case.match[1]), say("assign.fix"))
