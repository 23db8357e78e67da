"""The memory below a tensor, and new tensors like it."""

from __future__ import annotations

ops = None


class Memory:
    """The memory below a tensor, and new tensors like it."""

    __slots__ = ()

    def is_same_size(self, other):
        """Whether another tensor has the same shape."""
        return ops.is_same_size(self, other)

    def as_subclass(self, cls):
        """A view of this tensor that is an instance of a subclass; gradients flow through it.

        Raises:
            TypeError: `cls` isn't a subclass of Tensor.
        """
        if not (isinstance(cls, type) and issubclass(cls, Memory)):
            raise TypeError(
                "Creating a Tensor subclass from a class that does not inherit from Tensor is not "
                "possible. Make sure your class inherits from Tensor."
            )
        made = ops.alias(self)
        made.__class__ = cls
        return made

    @staticmethod
    def _make_subclass(cls, data, require_grad=False):
        """A leaf of a subclass on the memory of `data`.

        Raises:
            TypeError: `data` isn't a Tensor, or `cls` no subclass of it.
        """
        if not isinstance(data, Memory):
            raise TypeError(
                "_make_subclass(): argument 'data' (position 2) must be Tensor, not "
                f"{type(data).__name__}"
            )
        made = ops.detach(data).requires_grad_(require_grad)
        made.__class__ = cls
        return made

    def is_set_to(self, tensor):
        """Whether another tensor shows the same memory in the same way."""
        return (
            self._array.shape == tensor._array.shape
            and self._array.strides == tensor._array.strides
            and self.data_ptr() == tensor.data_ptr()
            and (self._array.size > 0 or self._counter is tensor._counter)
        )

    def is_nonzero(self):
        """Whether the only element is not zero."""
        return ops.is_nonzero(self)

    def is_shared(self):
        """Whether `share_memory_` put it where other processes see it."""
        from rushlight.shared_memory import is_shared

        return is_shared(self._array)

    def share_memory_(self):
        """This tensor, in memory that it shares with the processes that it is handed to."""
        from rushlight.shared_memory import share

        return share(self)

    def is_pinned(self, device=None):
        """Whether the memory is locked for a GPU: never."""
        return False

    def pin_memory(self, device=None):
        """This tensor: there is no GPU that memory could be locked for."""
        return self

    def get_device(self):
        """The number of the tensor's device: -1 for the CPU."""
        return -1

    def to_dense(self, dtype=None, *, masked_grad=True):
        """This tensor, which has all its elements."""
        return self if dtype is None else ops.cast(self, dtype)

    def to_sparse(self, *, layout=None, blocksize=None, dense_dim=None):
        """The elements that aren't 0, and their places."""
        from rushlight.sparse import to_sparse

        return to_sparse(self)

    to_sparse_coo = to_sparse

    def sparse_mask(self, mask):
        """The elements at the places of a sparse tensor."""
        from rushlight.sparse.coordinates import sparse_mask

        return sparse_mask(self, mask)

    def dim_order(self):
        """The dimensions in the order in which they lie in memory."""
        strides = self._array.strides
        return tuple(sorted(range(self._array.ndim), key=lambda d: -strides[d]))

    def narrow_copy(self, dim, start, length):
        """`narrow`, copied."""
        return ops.narrow_copy(self, dim, start, length)

    def unsafe_split_with_sizes(self, split_sizes, dim=0):
        """Copies of the pieces of the sizes given."""
        return ops.unsafe_split_with_sizes(self, split_sizes, dim)

    def fill_diagonal_(self, fill_value, wrap=False):
        """Set the main diagonal to a number, in place."""
        return ops.fill_diagonal_(self, fill_value, wrap)

    def apply_(self, callable):
        """Replace each element by what a function makes of it, in place."""
        return ops.apply_(self, callable)

    def map_(self, tensor, callable):
        """Replace each element by what a function makes of it and of another tensor's, in place."""
        return ops.map_(self, tensor, callable)

    def resize_(self, *sizes, memory_format=None):
        """Another size, in place."""
        return ops.resize_(self, *sizes, memory_format=memory_format)

    def resize(self, *sizes):
        """The elements in another shape, of as many; deprecated."""
        return ops.resize(self, *sizes)

    def resize_as(self, tensor):
        """The elements in the shape of another tensor; deprecated."""
        return ops.resize_as(self, tensor)

    def resize_as_(self, the_template, *, memory_format=None):
        """The size of another tensor, in place."""
        return ops.resize_as_(self, the_template)

    def set_(self, source=None, storage_offset=0, size=None, stride=None):
        """The memory of another tensor, in place."""
        return ops.set_(self, source, storage_offset, size, stride)

    def clone(self, *, memory_format=None):
        """A copy, through which gradients flow."""
        return ops.clone(self, memory_format=memory_format)

    def detach(self):
        """The same memory without history."""
        return ops.detach(self)

    def detach_(self):
        """Forget the history, in place."""
        return ops.detach_(self)

    def contiguous(self, memory_format=None):
        """Itself if the elements lie in order in memory, else a copy."""
        return ops.contiguous(self, memory_format)

    def is_contiguous(self, memory_format=None):
        """Whether the elements lie in order in memory."""
        if memory_format is None:
            return self._array.flags.c_contiguous
        return ops.is_contiguous(self, memory_format)

    def stride(self, dim=None):
        """How many elements apart neighbours along each dimension (or along `dim`) lie."""
        return ops.stride(self, dim)

    def storage_offset(self):
        """How many elements lie in the storage before the first one."""
        return ops.storage_offset(self)

    def data_ptr(self):
        """The address of the first element."""
        if self.is_meta or not self._array.size:
            return 0
        return ops.address(self)

    def untyped_storage(self):
        """The memory that the elements lie in."""
        return ops.untyped_storage(self)

    def storage_type(self):
        """The class of storages of this dtype."""
        return ops.storage_type(self)

    def storage(self):
        """The memory that the elements lie in, in elements."""
        return ops.storage(self)

    def new(self, *args, **kwargs):
        """A tensor of this dtype: uninitialised of the sizes given, or of data."""
        return ops.new(self, *args, **kwargs)

    def new_tensor(self, data, **options):
        """A copy of `data` in this dtype."""
        return ops.new_tensor(self, data, **options)

    def new_zeros(self, *size, **options):
        """Zeros in this dtype."""
        return ops.new_zeros(self, *size, **options)

    def new_ones(self, *size, **options):
        """Ones in this dtype."""
        return ops.new_ones(self, *size, **options)

    def new_empty(self, *size, **options):
        """An uninitialised tensor in this dtype."""
        return ops.new_empty(self, *size, **options)

    def new_empty_strided(self, size, stride, **options):
        """An uninitialised tensor with these strides in this dtype."""
        return ops.new_empty_strided(self, size, stride, **options)

    def new_full(self, size, fill_value, **options):
        """A tensor of one value in this dtype."""
        return ops.new_full(self, size, fill_value, **options)
