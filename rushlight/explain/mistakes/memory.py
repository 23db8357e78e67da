"""What checks remember of optimizers, and no longer than these live."""

from weakref import ref

__all__ = ["ByOptimizer"]


class ByOptimizer(dict):
    """identity of an optimizer -> what a check knows of it; forgotten when the optimizer dies.

    A plain dictionary, as it is read at each step: those of `weakref` are several times slower.
    """

    def __init__(self):
        super().__init__()
        self.optimizers: dict = {}

    def put(self, optimizer, value):
        """Remember `value`."""
        key = id(optimizer)
        self[key] = value
        self.optimizers[key] = ref(optimizer, lambda _: self.forget(key))

    def of(self, optimizer):
        """What is remembered of an optimizer, or None."""
        return self.get(id(optimizer))

    def forget(self, key):
        """Forget the optimizer of this identity."""
        self.pop(key, None)
        self.optimizers.pop(key, None)
