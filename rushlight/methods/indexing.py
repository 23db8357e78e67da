"""Picking elements by position, and writing there."""

from __future__ import annotations

ops = None


class Indexing:
    """Picking elements by position, and writing there."""

    __slots__ = ()

    def __getitem__(self, index):
        return ops.getitem(self, index)

    def __setitem__(self, index, value):
        ops.setitem(self, index, value)

    def __delitem__(self, index):
        raise TypeError("Tensor does not support deleting items")

    def __contains__(self, element):
        return ops.contains(self, element)

    def __reversed__(self):
        return ops.flip(self, (0,)) if self.dim() else self

    def gather(self, dim, index, *, sparse_grad=False):
        """The elements at `index` along a dimension."""
        return ops.gather(self, dim, index, sparse_grad=sparse_grad)

    def scatter(self, dim, index, src=None, **options):
        """`src` written at `index` along a dimension."""
        return ops.scatter(self, dim, index, src, **options)

    def scatter_(self, dim, index, src=None, **options):
        """`scatter` in place."""
        return ops.in_place(ops.scatter, self, dim, index, src, **options)

    def scatter_add(self, dim, index, src):
        """`src` added at `index` along a dimension."""
        return ops.scatter_add(self, dim, index, src)

    def scatter_add_(self, dim, index, src):
        """`scatter_add` in place."""
        return ops.in_place(ops.scatter_add, self, dim, index, src)

    def scatter_reduce(self, dim, index, src, reduce, *, include_self=True):
        """`src` reduced into this tensor at `index` along a dimension."""
        return ops.scatter_reduce(self, dim, index, src, reduce, include_self=include_self)

    def scatter_reduce_(self, dim, index, src, reduce, *, include_self=True):
        """`scatter_reduce` in place."""
        return ops.in_place(
            ops.scatter_reduce, self, dim, index, src, reduce, include_self=include_self
        )

    def index_select(self, dim, index):
        """The positions `index` of a dimension."""
        return ops.index_select(self, dim, index)

    def index_add(self, dim, index, source, *, alpha=1):
        """`source` added at the positions `index` of a dimension."""
        return ops.index_add(self, dim, index, source, alpha=alpha)

    def index_add_(self, dim, index, source, *, alpha=1):
        """`index_add` in place."""
        return ops.in_place(ops.index_add, self, dim, index, source, alpha=alpha)

    def index_copy(self, dim, index, source):
        """`source` written at the positions `index` of a dimension."""
        return ops.index_copy(self, dim, index, source)

    def index_copy_(self, dim, index, source):
        """`index_copy` in place."""
        return ops.in_place(ops.index_copy, self, dim, index, source)

    def index_fill(self, dim, index, value):
        """A number written at the positions `index` of a dimension."""
        return ops.index_fill(self, dim, index, value)

    def index_fill_(self, dim, index, value):
        """`index_fill` in place."""
        return ops.index_fill_(self, dim, index, value)

    def index_reduce(self, dim, index, source, reduce, *, include_self=True):
        """`source` reduced into the positions `index` of a dimension."""
        return ops.index_reduce(self, dim, index, source, reduce, include_self=include_self)

    def index_reduce_(self, dim, index, source, reduce, *, include_self=True):
        """`index_reduce` in place."""
        return ops.in_place(
            ops.index_reduce, self, dim, index, source, reduce, include_self=include_self
        )

    def masked_fill(self, mask, value):
        """`value` under the mask."""
        return ops.masked_fill(self, mask, value)

    def masked_fill_(self, mask, value):
        """`masked_fill` in place."""
        return ops.masked_fill_(self, mask, value)

    def masked_select(self, mask):
        """The elements under the mask, in a row."""
        return ops.masked_select(self, mask)

    def masked_scatter(self, mask, source):
        """The elements of `source` under the mask."""
        return ops.masked_scatter(self, mask, source)

    def masked_scatter_(self, mask, source):
        """`masked_scatter` in place."""
        return ops.in_place(ops.masked_scatter, self, mask, source)

    def take(self, index):
        """The elements at flat positions."""
        return ops.take(self, index)

    def take_along_dim(self, indices, dim=None):
        """The elements at `indices` along a dimension."""
        return ops.take_along_dim(self, indices, dim)

    def put(self, index, source, accumulate=False):
        """`source` written (or added) at flat positions."""
        return ops.put(self, index, source, accumulate)

    def put_(self, index, source, accumulate=False):
        """`put` in place."""
        return ops.in_place(ops.put, self, index, source, accumulate)

    def nonzero(self, *, as_tuple=False):
        """The positions of the elements that are not zero."""
        return ops.nonzero(self, as_tuple=as_tuple)

    def nonzero_static(self, *, size, fill_value=-1):
        """`nonzero` cut or filled up to `size` rows."""
        return ops.nonzero_static(self, size=size, fill_value=fill_value)

    def argwhere(self):
        """The positions of the elements that are not zero, one row each."""
        return ops.argwhere(self)

    def select_scatter(self, src, dim, index):
        """`src` in place of one position of a dimension."""
        return ops.select_scatter(self, src, dim, index)

    def slice_scatter(self, src, dim=0, start=None, end=None, step=1):
        """`src` in place of a slice of one dimension."""
        return ops.slice_scatter(self, src, dim, start, end, step)

    def diagonal_scatter(self, src, offset=0, dim1=0, dim2=1):
        """`src` in place of a diagonal."""
        return ops.diagonal_scatter(self, src, offset, dim1, dim2)

    def as_strided_scatter(self, src, size, stride, storage_offset=None):
        """`src` in place of what `as_strided` shows."""
        return ops.as_strided_scatter(self, src, size, stride, storage_offset)
