"""Programs for the tests of those who run them: written by hand, and drawn at random."""

import numpy as np

from rushlight.compile.programs.program import Builder, Slot, Value, check


def numbers(seed=0):
    """A function that makes float32 arrays of a shape, standard normal."""
    draw = np.random.default_rng(seed)
    return lambda *shape: draw.normal(size=shape).astype(np.float32)


def softmax():
    """Row-wise: greatest, exponentials, their sum, quotients; and sums along columns and over all."""
    b = Builder()
    x = b.input((8, 33), "float32", "x")
    e = b.elementwise(
        "exp", b.elementwise("subtract", x, b.reduce("maximum", x, (1,), keepdims=True))
    )
    y = b.elementwise("divide", e, b.reduce("add", e, (1,), keepdims=True))
    return b.finish(y, b.reduce("add", y, (0,)), b.reduce("add", y, (0, 1))), [numbers()(8, 33)]


def layer_norm():
    """Mean and variance of each row, with a weight for each column."""
    b = Builder()
    x, w = b.input((6, 5, 16), "float32", "x"), b.input((16,), "float32", "w")
    centred = b.elementwise(
        "subtract", x, b.elementwise("divide", b.reduce("add", x, (2,), keepdims=True), 16)
    )
    square = b.elementwise("square", centred)
    variance = b.elementwise("divide", b.reduce("add", square, (2,), keepdims=True), 16)
    scale = b.elementwise("reciprocal", b.elementwise("sqrt", b.elementwise("add", variance, 1e-5)))
    y = b.elementwise("multiply", b.elementwise("multiply", centred, scale), w)
    return b.finish(y, b.view("reshape", scale, shape=(30,))), [numbers()(6, 5, 16), numbers()(16)]


def descent():
    """A layer, the gradient of its weights, and their change in place, at a rate that is an input."""
    b = Builder()
    x, w = b.input((8, 5), "float32", "x"), b.input((5, 4), "float32", "w")
    bias, rate = b.input((4,), "float32", "bias"), b.input((), "float64", "rate")
    h = b.elementwise("tanh", b.elementwise("add", b.matmul(x, w), bias))
    b.section = "backward"
    g = b.elementwise("multiply", h, b.elementwise("subtract", b.fill((8, 4), 1, "float32"), h))
    g_w, g_bias = b.matmul(x, g, transpose_a=True), b.reduce("add", g, (0,))
    b.section = "update"
    rate = b.cast(rate, "float32")
    new_w = b.elementwise("subtract", w, b.elementwise("multiply", g_w, rate))
    new_bias = b.elementwise("subtract", bias, b.elementwise("multiply", g_bias, rate))
    made = numbers()
    arrays = [made(8, 5), made(5, 4), made(4), np.array(0.1)]
    return b.finish(b.reduce("add", h, (0, 1)), writes=[(1, new_w), (2, new_bias)]), arrays


def attention():
    """Products of stacks of matrices, of transposed views, and a reshape that needs a copy."""
    b = Builder()
    q, k = b.input((2, 6, 4, 3), "float32", "q"), b.input((2, 6, 4, 3), "float32", "k")
    w = b.input((12, 5), "float32", "w")
    heads = b.view("transpose", q, axes=(0, 2, 1, 3))
    scores = b.matmul(heads, b.view("transpose", k, axes=(0, 2, 3, 1)))
    mixed = b.view("transpose", b.matmul(scores, heads), axes=(0, 2, 1, 3))
    y = b.matmul(b.view("reshape", mixed, shape=(2, 6, 12)), w)
    made = numbers()
    return b.finish(y, scores), [made(2, 6, 4, 3), made(2, 6, 4, 3), made(12, 5)]


def swap():
    """Two inputs that are written with each other's old values."""
    b = Builder()
    x, y = b.input((3, 3), "float32", "x"), b.input((3, 3), "float32", "y")
    turned = b.elementwise("copy", b.view("transpose", y, axes=(1, 0)))
    return b.finish(x, writes=[(0, turned), (1, x)]), [numbers()(3, 3), numbers(1)(3, 3)]


def outside():
    """An instruction that only NumPy has, between native ones; and arrays without elements."""
    b = Builder()
    x = b.input((4, 6), "float32", "x")
    y = b.elementwise("exp", x)
    (order,) = b.call("argsort", np.argsort, (y,), (Slot(0),), {"axis": 1}, [np.zeros((4, 6), int)])
    none = b.view("slice", x, index=(slice(0, 0),))
    total = b.elementwise("add", b.cast(order, "float32"), y)
    return b.finish(total, order, b.reduce("add", none, (0,))), [numbers()(4, 6)]


def integers():
    """Integers and truth values."""
    b = Builder()
    x, y = b.input((3, 4), "int64", "x"), b.input((3, 4), "float32", "y")
    large = b.elementwise("greater", x, 2)
    chosen = b.elementwise("where", large, y, b.elementwise("negative", y))
    both = b.elementwise("logical_and", large, b.elementwise("less", y, 0.5))
    some = b.reduce("logical_or", both, (1,))
    return (
        b.finish(chosen, both, some, b.cast(both, "float64"), b.reduce("maximum", x, (0,))),
        [np.arange(12).reshape(3, 4) % 5, numbers()(3, 4)],
    )


WRITTEN = [softmax, layer_norm, descent, attention, swap, outside, integers]

UNARY = "exp tanh negative sin square absolute".split()
BINARY = "add subtract multiply maximum".split()


class Drawn:
    """A Program drawn at random: every kind of instruction, on arrays of a few small shapes."""

    def __init__(self, seed, length=14):
        self.draw = np.random.default_rng(seed)
        self.b = Builder()
        shapes = [(4, 5), (4, 5), (5,), (4, 1), (2, 2, 5), ()]
        self.values = [self.b.input(s, "float32", f"x{i}") for i, s in enumerate(shapes)]
        self.arrays = [np.array(numbers(seed + i)(*s)) for i, s in enumerate(shapes)]
        for _ in range(length):
            self.add()
        found = [x for x in self.values if x not in self.b.inputs]
        outputs = [found[-1], *(x for x in found if self.draw.random() < 0.2)]
        writes = []
        for i, x in enumerate(self.b.inputs):
            same = [y for y in self.values if y.shape == x.shape]
            if self.draw.random() < 0.4:
                writes.append((i, same[-1]))
        self.program = self.b.finish(*outputs, writes=writes)

    def pick(self, accept=lambda x: True):
        found = [x for x in self.values if accept(x)]
        return found[int(self.draw.integers(len(found)))] if found else None

    def add(self):
        kind = self.draw.choice("unary binary binary reduce view matmul".split())
        x = self.pick()
        made = getattr(self, kind)(x)
        if isinstance(made, Value):
            # keeps numbers near 1, so that rounding stays comparable
            self.values.append(self.b.elementwise("tanh", made) if kind == "matmul" else made)

    def unary(self, x):
        name = self.draw.choice(UNARY)
        x = self.b.elementwise("tanh", x) if name in ("exp", "square") else x
        return self.b.elementwise(str(name), x)

    def binary(self, x):
        def fits(y):
            try:
                np.broadcast_shapes(x.shape, y.shape)
            except ValueError:
                return False
            return True

        return self.b.elementwise(str(self.draw.choice(BINARY)), x, self.pick(fits))

    def reduce(self, x):
        axes = [i for i in range(x.ndim) if self.draw.random() < 0.5]
        name = str(self.draw.choice(["add", "maximum"]))
        return self.b.reduce(name, x, axes, keepdims=bool(self.draw.random() < 0.5))

    def view(self, x):
        if not x.ndim:
            return self.b.view("broadcast", x, shape=(4, 5))
        kind = self.draw.integers(4)
        if kind == 0:
            return self.b.view("transpose", x, axes=tuple(map(int, self.draw.permutation(x.ndim))))
        if kind == 1:
            size = int(np.prod(x.shape))
            shapes = [(size,), *((n, size // n) for n in (2, 4, 5) if size % n == 0)]
            return self.b.view("reshape", x, shape=shapes[int(self.draw.integers(len(shapes)))])
        if kind == 2:
            return self.b.view(
                "slice", x, index=(slice(None, None, -1), ..., slice(0, None, 1))[: x.ndim]
            )
        return self.b.view("broadcast", x, shape=(2, *x.shape)) if x.ndim < 3 else None

    def matmul(self, x):
        if not 2 <= x.ndim <= 3:
            return None
        y = self.pick(lambda y: y.ndim == 2 and y.shape[0] == x.shape[-1])
        if y is not None:
            return self.b.matmul(x, y)
        y = self.pick(lambda y: y.ndim == 2 and y.shape[1] == x.shape[-1])
        return y and self.b.matmul(x, y, transpose_b=True)


def compare(program, arrays, build):
    """Run a Program by its meaning and as built; all arrays must come out alike."""
    check(program)
    theirs, ours = ([np.array(a) for a in arrays] for _ in range(2))
    wanted, got = program.run(*theirs), build(program)(*ours)
    for x, y in zip([*wanted, *theirs], [*got, *ours], strict=True):
        assert (y.shape, y.dtype) == (x.shape, x.dtype)
        np.testing.assert_allclose(y, x, rtol=2e-5, atol=2e-5)
