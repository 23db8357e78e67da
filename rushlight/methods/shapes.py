"""Where elements are: views, and copies that rearrange."""

from __future__ import annotations

ops = None


class Shapes:
    """Where elements are: views, and copies that rearrange."""

    __slots__ = ()

    def reshape(self, *sizes, shape=None):
        """The elements in another shape: a view where the memory allows it, else a copy."""
        return ops.reshape(self, *sizes) if shape is None else ops.reshape(self, shape)

    def view(self, *shape, size=None, dtype=None):
        """The same memory in another shape (or in another dtype)."""
        if size is None and dtype is None:
            return ops.view_(self, *shape)
        return ops.view_(self, dtype) if size is None else ops.view_(self, size)

    def expand(self, *sizes, size=None, implicit=False):
        """Dimensions of size 1 repeated without copying."""
        return ops.expand(self, *sizes) if size is None else ops.expand(self, size)

    def sum_to_size(self, *sizes, size=None):
        """The sum over what expanding from `size` to this shape adds."""
        return ops.sum_to_size(self, *sizes) if size is None else ops.sum_to_size(self, size)

    def view_as(self, other):
        """The same memory in the shape of `other`."""
        return ops.view_as(self, other)

    def reshape_as(self, other):
        """The elements in the shape of `other`."""
        return ops.reshape_as(self, other)

    def flatten(self, start_dim=0, end_dim=-1):
        """The dimensions from `start_dim` to `end_dim` made one."""
        return ops.flatten(self, start_dim, end_dim)

    def ravel(self):
        """The elements in a row."""
        return ops.ravel(self)

    def unflatten(self, dim, sizes):
        """One dimension cut into several."""
        return ops.unflatten(self, dim, sizes)

    def squeeze(self, dim=None):
        """Without the dimensions of size 1."""
        return ops.squeeze(self, dim)

    def unsqueeze(self, dim):
        """A new dimension of size 1 at `dim`."""
        return ops.unsqueeze(self, dim)

    def transpose(self, dim0, dim1):
        """Two dimensions swapped."""
        return ops.transpose(self, dim0, dim1)

    def swapaxes(self, axis0, axis1):
        """Two dimensions swapped."""
        return ops.transpose(self, axis0, axis1)

    def swapdims(self, dim0, dim1):
        """Two dimensions swapped."""
        return ops.transpose(self, dim0, dim1)

    def permute(self, *order, dims=None):
        """The dimensions in another order."""
        return ops.permute(self, *order) if dims is None else ops.permute(self, dims)

    def movedim(self, source, destination):
        """The dimensions `source` moved to the places `destination`."""
        return ops.movedim(self, source, destination)

    def moveaxis(self, source, destination):
        """The dimensions `source` moved to the places `destination`."""
        return ops.movedim(self, source, destination)

    def t(self):
        """The transpose of a matrix."""
        return ops.t(self)

    @property
    def T(self):
        """The dimensions in reverse order."""
        return ops.reversed_dims(self)

    @property
    def mT(self):
        """The last two dimensions swapped."""
        return ops.matrix_transpose(self)

    @property
    def H(self):
        """The conjugate transpose of a matrix."""
        return ops.matrix_adjoint(self)

    @property
    def mH(self):
        """The conjugate transposes of matrices."""
        return ops.batch_adjoint(self)

    def adjoint(self):
        """The conjugate transposes of matrices."""
        return ops.adjoint(self)

    def expand_as(self, other):
        """Expanded to the shape of `other`."""
        return ops.expand_as(self, other)

    def broadcast_to(self, *sizes, size=None):
        """Expanded to a size."""
        return ops.expand(self, *sizes) if size is None else ops.expand(self, size)

    def narrow(self, dim, start, length):
        """`length` elements of a dimension from `start` on."""
        return ops.narrow(self, dim, start, length)

    def select(self, dim, index):
        """The part at one position of a dimension."""
        return ops.select(self, dim, index)

    def diagonal(self, offset=0, dim1=0, dim2=1):
        """The diagonal of the matrices in two dimensions."""
        return ops.diagonal(self, offset, dim1, dim2)

    def unfold(self, dimension, size, step):
        """All windows of `size` elements, `step` apart."""
        return ops.unfold(self, dimension, size, step)

    def as_strided(self, size, stride, storage_offset=None):
        """The storage with these sizes and strides."""
        return ops.as_strided(self, size, stride, storage_offset)

    def split(self, split_size, dim=0):
        """Pieces of a size, or of the sizes given."""
        return ops.split(self, split_size, dim)

    def split_with_sizes(self, split_sizes, dim=0):
        """Pieces of the sizes given."""
        return ops.split_with_sizes(self, split_sizes, dim)

    def unsafe_split(self, split_size, dim=0):
        """Copies of the pieces of a size."""
        return ops.unsafe_split(self, split_size, dim)

    def chunk(self, chunks, dim=0):
        """Up to `chunks` pieces of equal size."""
        return ops.chunk(self, chunks, dim)

    def unsafe_chunk(self, chunks, dim=0):
        """Copies of up to `chunks` pieces of equal size."""
        return ops.unsafe_chunk(self, chunks, dim)

    def tensor_split(self, indices_or_sections, dim=0):
        """Pieces of nearly equal size, or between indices."""
        return ops.tensor_split(self, indices_or_sections, dim)

    def hsplit(self, indices_or_sections):
        """Cut along the second dimension."""
        return ops.hsplit(self, indices_or_sections)

    def vsplit(self, indices_or_sections):
        """Cut along the first dimension."""
        return ops.vsplit(self, indices_or_sections)

    def dsplit(self, indices_or_sections):
        """Cut along the third dimension."""
        return ops.dsplit(self, indices_or_sections)

    def unbind(self, dim=0):
        """The parts at all positions of a dimension."""
        return ops.unbind(self, dim)

    def repeat(self, *counts, repeats=None):
        """The whole tensor repeated along its dimensions."""
        return ops.repeat(self, *counts) if repeats is None else ops.repeat(self, repeats)

    def tile(self, *counts, dims=None):
        """`repeat`, where missing repeats in front are 1."""
        return ops.tile(self, *counts) if dims is None else ops.tile(self, dims)

    def repeat_interleave(self, repeats=None, dim=None, *, output_size=None):
        """Each element repeated."""
        return ops.repeat_interleave(self, repeats, dim, output_size=output_size)

    def flip(self, *axes, dims=None):
        """The elements in reverse order along `dims`."""
        return ops.flip(self, *axes) if dims is None else ops.flip(self, dims)

    def fliplr(self):
        """Flipped along the second dimension."""
        return ops.fliplr(self)

    def flipud(self):
        """Flipped along the first dimension."""
        return ops.flipud(self)

    def roll(self, shifts, dims=None):
        """The elements moved round along `dims`."""
        return ops.roll(self, shifts, dims)

    def rot90(self, k=1, dims=(0, 1)):
        """`k` quarter turns in the plane of two dimensions."""
        return ops.rot90(self, k, dims)

    def tril(self, diagonal=0):
        """The lower triangle of matrices."""
        return ops.tril(self, diagonal)

    def tril_(self, diagonal=0):
        """`tril` in place."""
        return ops.in_place(ops.tril, self, diagonal)

    def triu(self, diagonal=0):
        """The upper triangle of matrices."""
        return ops.triu(self, diagonal)

    def triu_(self, diagonal=0):
        """`triu` in place."""
        return ops.in_place(ops.triu, self, diagonal)

    def diag(self, diagonal=0):
        """The diagonal of a matrix, or the matrix of a diagonal."""
        return ops.diag(self, diagonal)

    def diag_embed(self, offset=0, dim1=-2, dim2=-1):
        """Matrices with the last dimension on their diagonal."""
        return ops.diag_embed(self, offset, dim1, dim2)

    def diagflat(self, offset=0):
        """A matrix with all elements on its diagonal."""
        return ops.diagflat(self, offset)

    def squeeze_(self, dim=None):
        """`squeeze` in place."""
        return ops.squeeze_(self, dim)

    def unsqueeze_(self, dim):
        """`unsqueeze` in place."""
        return ops.unsqueeze_(self, dim)

    def transpose_(self, dim0, dim1):
        """`transpose` in place."""
        return ops.transpose_(self, dim0, dim1)

    def swapaxes_(self, axis0, axis1):
        """`swapaxes` in place."""
        return ops.transpose_(self, axis0, axis1)

    def swapdims_(self, dim0, dim1):
        """`swapdims` in place."""
        return ops.transpose_(self, dim0, dim1)

    def t_(self):
        """`t` in place."""
        return ops.t_(self)

    def as_strided_(self, size, stride, storage_offset=None):
        """`as_strided` in place."""
        return ops.as_strided_(self, size, stride, storage_offset)
