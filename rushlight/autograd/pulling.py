"""The backward pass of a layer: it isn't recorded there, so it runs on the Tensors below."""

from __future__ import annotations

import functools

from rushlight.autograd import confined, saved
from rushlight.autograd.layers import Layered
from rushlight.autograd.tape import hooks_exist, modes
from rushlight.autograd.watched import TensorPass
from rushlight.ops import fast
from rushlight.tensor import wrap

__all__ = ["LayerPass"]


def below(array, edge, counter):
    """The Tensor below a saved value."""
    if not isinstance(array, Layered):
        array = saved.at_its_place(array, edge, counter)._array
    return array.value if isinstance(array, Layered) else wrap(array)  # that is a number


class LayerPass(TensorPass):
    """A pass over the tape of a TapeLayer, whose gradients are Tensors from below.

    What is computed is recorded below as if it were computed outside of the transform.
    """

    def __init__(self, layer, inputs):
        super().__init__(True, False, inputs, True)
        self.layer = layer

    def gradients(self, roots, gradients):
        """The gradients of the inputs, given those of the roots.

        The inputs are the leaves of the layer's tape, so everything on it leads to them.
        """
        before = modes.grad_enabled, modes.current_pass, modes.evaluating
        modes.current_pass = self
        try:
            if hooks_exist[0] or fast.is_intercepted():
                self.start(roots, gradients)
                self.run()
                return self.finish()
            targets = [(leaf, 0) for leaf in self.inputs]
            found = confined.run(targets, roots, gradients, True, self.backward)
            return [found.get(target) for target in targets]
        finally:
            modes.grad_enabled, modes.current_pass, modes.evaluating = before

    def backward(self, node, gradient, edges):
        """The gradients of a Node's inputs: by rules on what lies below."""
        if getattr(node, "op", None) is None:
            return self.lifted_backward(node, gradient, edges)
        return node.backward_tensors(gradient, edges, below)

    def backward_of(self, node):
        return functools.partial(self.backward, node)

    def lifted_backward(self, node, gradient, edges):
        """A backward that the user wrote, which sees the Tensors of the layer."""
        layer = self.layer
        several = isinstance(gradient, list)
        gradients = gradient if several else [gradient]
        shown = [None if g is None else layer.lift(g) for g in gradients]
        with layer:
            layer.pulling += 1
            modes.grad_enabled = False
            try:
                found = node.backward_tensors(shown if several else shown[0], edges)
            finally:
                layer.pulling -= 1
        return tuple(None if g is None else layer.lower(g) for g in found)
