"""Random numbers inside `vmap`: refused, the same for all samples, or different for each."""

from __future__ import annotations

import numpy as np

from rushlight.autograd.layers import Layered
from rushlight.autograd.tape import modes
from rushlight.func.batched import Batched, BatchLayer
from rushlight.tensor import Tensor, wrap

__all__ = ["draws", "fill", "refuse_unbatched", "scaled"]

#: where a generator's methods have the shape among their arguments
_SHAPE_POSITIONS = {
    "bernoulli": 1,
    "cauchy": 0,
    "exponential": 0,
    "geometric": 0,
    "integers": 2,
    "log_normal": 0,
    "normal": 0,
    "uniform": 0,
}


def draws(generator):
    """The generator as the running `vmap`s let it be used."""
    for layer in modes.layers:
        if isinstance(layer, BatchLayer):
            generator = LayerDraws(generator, layer)
    return generator


class LayerDraws:
    """A generator inside a `vmap`; it has the methods of one."""

    def __init__(self, below, layer):
        self.below = below
        self.layer = layer

    def __getattr__(self, name):
        method = getattr(self.below, name)

        def draw(*args):
            self.check(any(self.owns(x) for x in args))
            if self.layer.randomness == "same":
                return method(*args)
            return self.draw_different(name, method, args)

        return draw

    def check(self, from_samples):
        """Refuse what can't be drawn; `from_samples` says that the parameters differ by sample."""
        if self.layer.randomness == "error":
            raise RuntimeError(
                "vmap: called random operation while in randomness error mode. Please either use "
                "the 'same' or 'different' randomness flags on vmap or perform the randomness "
                "operation out of vmap"
            )
        if from_samples and self.layer.randomness == "same":
            raise RuntimeError(
                "Vmap does not currently support same randomness with a batched tensor input. "
                "Please file an issue with functorch"
            )

    def owns(self, x):
        """Whether an array has a batch dimension of this layer."""
        return isinstance(x, Batched) and x.layer is self.layer

    def draw_different(self, name, method, args):
        """Numbers of their own for each sample."""
        size = self.layer.size
        position = _SHAPE_POSITIONS.get(name)
        if position is None:
            each = [
                wrap(np.asarray(method(*(x.value[i]._array if self.owns(x) else x for x in args))))
                for i in range(size)
            ]
            from rushlight.ops import stack

            return Batched(stack(each), self.layer)
        args = [x.value._array if self.owns(x) else x for x in args]
        args[position] = (size, *args[position])
        drawn = method(*args)
        return Batched(
            wrap(np.asarray(drawn) if not isinstance(drawn, Layered) else drawn), self.layer
        )

    def fill(self, target, draw, *parameters):
        """Numbers for the elements of an array, which is filled if it can hold them."""
        return fill(target, draw, *parameters)


def fill(target, draw, *parameters):
    """`target` with random numbers written into it; if they have samples and it hasn't, they."""
    drawn = draw(target.shape, *parameters)
    if isinstance(drawn, Layered) and not isinstance(target, Layered):
        return drawn
    target[...] = drawn
    return target


def scaled(draws, drawn, scale, shift):
    """`drawn * scale + shift`, as a Tensor; scale and shift are Tensors or numbers."""
    own = [x for x in (scale, shift) if isinstance(x, Tensor)]
    if isinstance(draws, LayerDraws):
        draws.check(any(draws.owns(x._array) for x in own))
    return (wrap(drawn) * scale + shift).detach()


def refuse_unbatched():
    """Refuse to write different numbers into a tensor that all samples share."""
    raise RuntimeError(
        "vmap: Cannot ask for different inplace randomness on an unbatched tensor. "
        "This will appear "
        "like same randomness. If this is necessary for your usage, please file an issue with "
        "functorch."
    )
