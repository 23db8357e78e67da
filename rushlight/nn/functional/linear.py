"""Linear and bilinear maps as functions."""

from __future__ import annotations

from rushlight import ops

__all__ = ["bilinear", "linear"]

linear = ops.linear


def bilinear(input1, input2, weight, bias=None):
    """input1 @ weight[k] @ input2 + bias[k], for each output feature k.

    Shapes: input1 (*, in1), input2 (*, in2), weight (out, in1, in2), bias (out,); output (*, out).
    """
    if input1.dim() != input2.dim():
        raise RuntimeError(
            f"bilinear(): input dimensions do not match: got {input1.dim()} and {input2.dim()}"
        )
    for i in range(input1.dim() - 1):
        if input1.shape[i] != input2.shape[i]:
            raise RuntimeError(
                "bilinear(): input batch dimensions do not match at dim "
                f"{i}: got {input1.shape[i]} and {input2.shape[i]}"
            )
    for number, input in enumerate((input1, input2), 1):
        if input.shape[-1] != weight.shape[number]:
            raise RuntimeError(
                f"bilinear(): input{number} size does not match weight size: "
                f"got {input.shape[-1]} but expected {weight.shape[number]}"
            )
    left = input1.reshape(-1, 1, input1.shape[-1])
    rows = [left @ matrix @ input2.reshape(-1, input2.shape[-1], 1) for matrix in weight]
    output = ops.cat([row.reshape(-1, 1) for row in rows], 1)
    output = output.reshape(*input1.shape[:-1], weight.shape[0])
    return output if bias is None else output + bias
