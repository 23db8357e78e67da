"""The names of torch.quantization; Rushlight has no quantized tensors."""

from __future__ import annotations

from rushlight.absent import absent

_REASON = "Rushlight has no quantized tensors; models run in the dtype that they have."
globals().update(
    absent(
        "torch.quantization",
        "DeQuantStub QuantStub QuantWrapper convert fuse_modules get_default_qconfig prepare "
        "prepare_qat quantize quantize_dynamic",
        _REASON,
    )
)
