"""Parameters as one vector, for methods that know only vectors."""

from __future__ import annotations

from rushlight import ops
from rushlight.naming import typename
from rushlight.tensor import Tensor

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters):
    """The elements of all parameters, one parameter after another.

    >>> import rushlight as torch
    >>> torch.nn.utils.parameters_to_vector([torch.ones(1, 2), torch.zeros(1)])
    tensor([1., 1., 0.])
    """
    return ops.cat([parameter.view(-1) for parameter in parameters])


def vector_to_parameters(vec, parameters):
    """Set the parameters to the elements of a vector, in the order of `parameters_to_vector`."""
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {typename(vec)}")
    start = 0
    for parameter in parameters:
        end = start + parameter.numel()
        parameter.data = vec[start:end].view_as(parameter).data
        start = end
