"""`SparseTensor`: a Tensor that holds its elements and their places.

In place of an array it has a `Coordinates`, which takes the operations (see `Op.general`): the few
that there are for it are computed from `indices` and `values`, two ordinary Tensors, so that the
tape needs to know nothing of them.
"""

from __future__ import annotations

import numpy as np

import rushlight as torch
from rushlight.formats import sparse_coo, strided
from rushlight.tensor import Size, Tensor
from rushlight.torch_function import not_asked

__all__ = ["SparseTensor", "sparse_coo_tensor", "to_sparse"]


class Coordinates:
    """What a SparseTensor holds in place of an array: answers for its shape, takes operations."""

    __slots__ = ("dtype", "indices", "shape", "values")
    handles_operations = True
    level = 0
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, indices, values, shape):
        self.indices, self.values, self.shape = indices, values, tuple(shape)
        self.dtype = values._array.dtype

    ndim = property(lambda self: len(self.shape))
    size = property(lambda self: Size(self.shape).numel())
    itemsize = property(lambda self: self.dtype.itemsize)
    flags = property(lambda self: self.values._array.flags)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        raise TypeError("a sparse tensor has no array")

    def __array_function__(self, function, types, args, kwargs):
        raise TypeError("a sparse tensor has no array")

    def __array__(self, dtype=None, copy=None):
        raise TypeError("can't convert Sparse layout tensor to numpy. Use Tensor.to_dense() first.")

    def apply(self, op, args, options):
        """The operation, where there is one for sparse tensors."""
        handler = OPERATIONS.get(op.name)
        if handler is None:
            raise unsupported(op.name)
        return handler(op, *op.promote(args), **options)


class SparseTensor(Tensor):
    """A tensor of which only some elements are stored, the others being 0."""

    __slots__ = ()
    __module__ = "torch"

    __torch_function__ = staticmethod(not_asked)

    layout = sparse_coo
    is_sparse = True

    def __repr__(self, *, tensor_contents=None):
        lines = []
        for name in ("indices", "values"):
            indent = "\n" + " " * (len(name) + 8)
            text = repr(getattr(self._array, name).detach()).replace("\n", indent)
            lines.append(f"{name}={text}")
        history = f",\nrequires_grad={self.requires_grad}" if self.requires_grad else ""
        size = f"size={tuple(self.shape)}, nnz={self._nnz()}, layout=torch.sparse_coo"
        return f"tensor({lines[0]},\n       {lines[1]},\n       {size}{history})".replace(
            ",\nrequires", ",\n       requires"
        )

    # What it consists of

    def _indices(self):
        """The places of the elements, a column for each."""
        return self._array.indices

    def _values(self):
        """The elements."""
        return self._array.values

    def _nnz(self):
        """How many elements are stored."""
        return len(self._array.values)

    def indices(self):
        """The places of the elements, sorted; a RuntimeError before `coalesce()`."""
        return self._coalesced("indices")._array.indices

    def values(self):
        """The elements in the order of their places; a RuntimeError before `coalesce()`."""
        return self._coalesced("values")._array.values

    def _coalesced(self, name):
        if not self.is_coalesced():
            raise RuntimeError(
                f"Cannot get {name} on an uncoalesced tensor, please call .coalesce() first"
            )
        return self

    def is_coalesced(self):
        """Whether `coalesce()` made it: every place once, in order."""
        return self.__dict__.get("_is_coalesced", False)

    def coalesce(self):
        """The same tensor with every place once, in order; elements at one place are added."""
        if self.is_coalesced():
            return self
        sizes = self.shape[: self.sparse_dim()]
        flat = np.ravel_multi_index(tuple(self._indices().numpy()), sizes)
        places, inverse = np.unique(flat, return_inverse=True)
        values = self._values()
        zeros = values.new_zeros((len(places), *values.shape[1:]))
        summed = zeros.index_add(0, torch.from_numpy(inverse), values)
        indices = torch.from_numpy(np.stack(np.unravel_index(places, sizes)).astype(np.int64))
        return mark_coalesced(make(indices, summed, self.shape))

    def sparse_dim(self):
        """How many dimensions the places have."""
        return self._array.indices.shape[0]

    def dense_dim(self):
        """How many dimensions each element has."""
        return self.ndim - self.sparse_dim()

    # In other forms

    def to_dense(self, dtype=None, *, masked_grad=True):
        """All elements, also those that are 0; gradients flow back to the stored ones."""
        sizes = self.shape[: self.sparse_dim()]
        flat = np.ravel_multi_index(tuple(self._indices().numpy()), sizes)
        values = self._values()
        zeros = values.new_zeros((Size(sizes).numel(), *values.shape[1:]))
        dense = zeros.index_add(0, torch.from_numpy(flat), values).reshape(self.shape)
        return dense if dtype is None else dense.to(dtype)

    def to_sparse(self, *, layout=None, blocksize=None, dense_dim=None):
        """This tensor."""
        return self

    def _with(self, values):
        """These places with other elements."""
        made = make(self._indices(), values, self.shape)
        return mark_coalesced(made) if self.is_coalesced() else made

    def to(self, *args, **kwargs):
        """In another dtype."""
        values = self._values().to(*args, **kwargs)
        return self if values is self._values() else self._with(values)

    def type_as(self, other):
        """In the dtype of another tensor."""
        return self.to(other.dtype)

    def float(self):
        """In float32."""
        return self.to(torch.float32)

    def double(self):
        """In float64."""
        return self.to(torch.float64)

    def detach(self):
        """The same elements without their history."""
        return self._with(self._values().detach())

    def clone(self, *, memory_format=None):
        """A copy, through which gradients flow."""
        return self._with(self._values().clone())

    def t(self):
        """The transposed matrix."""
        return self.transpose(0, 1)

    T = property(t)

    def transpose(self, dim0, dim1):
        """Two of the sparse dimensions exchanged."""
        order = list(range(self.ndim))
        order[dim0], order[dim1] = order[dim1], order[dim0]
        sizes = [self.shape[d] for d in order]
        return make(self._indices()[order[: self.sparse_dim()]], self._values(), sizes)

    def numpy(self, *, force=False):
        """Raise a TypeError: there is no array."""
        return self._array.__array__()

    def view(self, *shape):
        """Raise a NotImplementedError, as PyTorch does."""
        raise unsupported("view")

    def __getitem__(self, index):
        dense = self.to_dense()[index]
        return to_sparse(dense) if dense.ndim else dense

    def __deepcopy__(self, memo):
        return self.clone().detach()

    def __reduce_ex__(self, protocol):
        return sparse_coo_tensor, (self._indices(), self._values().detach(), tuple(self.shape))


def make(indices, values, shape):
    """A SparseTensor of these parts; it requires a gradient if its elements do."""
    made = object.__new__(SparseTensor)
    made._array = Coordinates(indices, values, shape)
    made._node = made._grad = made._hooks = made._base = None
    made._counter = [0]
    made._requires_grad = values._requires_grad
    return made


def mark_coalesced(made):
    made.__dict__["_is_coalesced"] = True
    return made


def sparse_coo_tensor(
    indices,
    values=None,
    size=None,
    *,
    dtype=None,
    device=None,
    pin_memory=False,
    requires_grad=False,
    check_invariants=None,
    is_coalesced=None,
):
    """A sparse tensor of `values` at the places `indices`, a row of indices for each dimension.

    Without `size` it is as large as the places say; with only a size (or nothing else in
    `indices` but one) it is empty. Elements at the same place count together.

    >>> import rushlight as torch
    >>> torch.sparse_coo_tensor([[0, 1], [1, 0]], [5.0, 6.0], (2, 2))
    tensor(indices=tensor([[0, 1],
                           [1, 0]]),
           values=tensor([5., 6.]),
           size=(2, 2), nnz=2, layout=torch.sparse_coo)
    """
    if values is None:
        size, indices = indices, np.empty((len(indices), 0), np.int64)
        values = torch.empty(0, dtype=dtype)
    indices = torch.as_tensor(indices, dtype=torch.int64)
    values = torch.as_tensor(values, dtype=dtype)
    if requires_grad:
        values = values.detach().requires_grad_()
    if size is None:
        size = (*(indices.amax(dim=1) + 1).tolist(), *values.shape[1:])
    check_parts(indices, values, tuple(size))
    made = make(indices, values, size)
    return mark_coalesced(made) if is_coalesced else made


def check_parts(indices, values, size):
    """Refuse places and elements that don't fit together, or not into the size."""
    if indices.shape[1] != values.shape[0]:
        raise RuntimeError(
            "indices and values must have same nnz, but got nnz from indices: "
            f"{indices.shape[1]}, nnz from values: {values.shape[0]}"
        )
    sparse_dim, dense_dim = indices.shape[0], values.ndim - 1
    if len(size) != sparse_dim + dense_dim:
        raise RuntimeError(
            "'len(size) == sparse_dim + dense_dim' is not satisfied: len(size) = "
            f"{len(size)}, sparse_dim = {sparse_dim}, dense_dim = {dense_dim}"
        )
    for dim in range(sparse_dim if indices.shape[1] else 0):
        lowest, highest = int(indices[dim].min()), int(indices[dim].max())
        if lowest < 0:
            raise RuntimeError(f"found negative index {lowest} for dim {dim}")
        if highest >= size[dim]:
            raise RuntimeError(
                f"size is inconsistent with indices: for dim {dim}, size is {size[dim]} "
                f"but found index {highest}"
            )


def to_sparse(dense):
    """The elements of a tensor that aren't 0, and their places."""
    if dense.layout is not strided:
        return dense
    places = dense.nonzero(as_tuple=True)
    return mark_coalesced(make(torch.stack(places), dense[places], dense.shape))


def sparse_mask(dense, mask):
    """The elements of a dense tensor at the places of a sparse one."""
    return mask._with(dense[tuple(mask._indices())])


# The operations -----------------------------------------------------------------------------------


def unsupported(name):
    return NotImplementedError(
        f"Could not run 'aten::{name}' with arguments from the 'SparseCPU' backend.\n"
        "Use x.to_dense() first."
    )


def multiply(op, input, mat2):
    """Sparse times dense: every stored element brings its column's row to its own row."""
    if not isinstance(input, SparseTensor):
        return input @ mat2.to_dense()
    if isinstance(mat2, SparseTensor):
        return to_sparse(multiply(op, input, mat2.to_dense()))
    if input.ndim != 2 or input.sparse_dim() != 2:
        raise unsupported(op.name)
    if input.shape[1] != mat2.shape[0]:
        raise RuntimeError(
            f"addmm: Argument #3 (dense): Expected dim 0 size {input.shape[1]}, got {mat2.shape[0]}"
        )
    rows, columns = input._indices()
    values = input._values()
    parts = mat2[columns] * (values if mat2.ndim == 1 else values.unsqueeze(1))
    return parts.new_zeros((input.shape[0], *mat2.shape[1:])).index_add(0, rows, parts)


def times(op, input, other):
    """Times a number, or element by element; places that are 0 stay so."""
    if not isinstance(input, SparseTensor):
        input, other = other, input
    if isinstance(other, SparseTensor):
        return to_sparse(input.to_dense() * other.to_dense())
    if not isinstance(other, Tensor) or other.ndim == 0:
        return input._with(op.call(input._values(), other))
    places = tuple(input._indices())
    return input._with(op.call(input._values(), other.expand(input.shape)[places]))


def divide(op, input, other, **options):
    if isinstance(other, SparseTensor) or not isinstance(input, SparseTensor):
        raise unsupported(op.name)
    return input._with(op.call(input._values(), other, **options))


def add(op, input, other, *, alpha=1):
    if isinstance(input, SparseTensor) and isinstance(other, SparseTensor):
        indices = torch.cat([input._indices(), other._indices()], dim=1)
        values = torch.cat([input._values(), op.call(other._values() * 0, alpha * other._values())])
        return make(indices, values, input.shape).coalesce()
    if isinstance(input, SparseTensor):
        raise RuntimeError("add(sparse, dense) is not supported. Use add(dense, sparse) instead.")
    return op.call(input, alpha * other.to_dense())


def on_values(op, input, **options):
    """An operation that leaves 0 as it is: on the elements alone, each place taken once."""
    input = input.coalesce()
    return input._with(op.call(input._values(), **options))


def total(op, input, **options):
    if options.get("dim") is not None:
        return to_sparse(op.call(input.to_dense(), **options))
    return input._values().sum()


OPERATIONS = {
    **dict.fromkeys(("mm", "matmul", "mv"), multiply),
    **dict.fromkeys(
        ("abs", "neg", "sqrt", "relu", "sin", "tanh", "sign", "square", "power_of_number"),
        on_values,
    ),
    "add": add,
    **dict.fromkeys(("div", "true_divide"), divide),
    "mul": times,
    "sum": total,
}
