"""The backward pass of a compiled function whose result is differentiated outside of it.

Right after the traced run a backward pass is traced too. What it needs of the forward pass is
returned by the forward Program, as a Node saves it; `CompiledFunctionBackward` is that Node.
"""

from __future__ import annotations

import numpy as np

from rushlight.autograd import watched
from rushlight.autograd.tape import Node, Output, gradient_edge, modes, next_sequence_number
from rushlight.compile.programs.family import build_member
from rushlight.compile.programs.program import Program, Value
from rushlight.compile.tracing.symbol import Memory, Symbol
from rushlight.compile.tracing.trace import Boundary
from rushlight.tensor import Tensor, as_array, wrap

__all__ = ["Derivative", "trace_backward"]


class Cotangent:
    """Where an input of the backward Program comes from: the gradient of a result."""

    __slots__ = ("number",)

    def __init__(self, number):
        self.number = number


def trace_backward(recorder, live, maker):
    """Trace the backward pass from these results to all leaves and arguments; a Derivative."""
    builder = recorder.builder
    made = Derivative()
    made.inputs, mark = len(recorder.sources), len(builder.instructions)
    targets = ends(live)
    memories = [
        Memory(np.ones_like(x._array.value), source=Cotangent(i)) for i, x in enumerate(live)
    ]
    gradients = [wrap(Symbol(recorder, m.array, m)) for m in memories]
    for memory in memories:
        memory.operand = recorder.input(memory)
    roots = [gradient_edge(x) for x in live]
    found = watched.run(roots, gradients, keep_graph=True, inputs=targets)
    made.outputs = [None if g is None else recorder.read(recorder.symbol_of(g)) for g in found]
    made.targets = [maker.source(tensor_of(edge, maker)) for edge in targets]
    made.kinds = tuple((x._array.shape, x._array.dtype) for x in live)
    made.forward, made.backward = builder.instructions[:mark], builder.instructions[mark:]
    made.extra = builder.inputs[made.inputs :]
    # constants that only the backward pass reads are inputs of it
    made.extra_arrays = [m.source for m in recorder.sources[made.inputs :]]
    return made


def ends(live):
    """The edges at which backward passes from these Tensors end."""
    waiting, seen, found = [x._node for x in live], set(), []
    while waiting:
        edge = waiting.pop()
        if edge is None or edge in seen:
            continue
        seen.add(edge)
        if isinstance(edge, (Tensor, Boundary)):
            found.append(edge)
        else:
            waiting.extend([edge.node] if isinstance(edge, Output) else edge.edges)
    return found


def tensor_of(edge, maker):
    """The Tensor whose gradient arrives at an edge."""
    if isinstance(edge, Tensor):
        return edge
    return next(b.tensor for b in maker.trace.before.values() if b.tensor._node is edge)


class Derivative:
    """The backward Program, and what it needs.

    Attributes:
        outputs: for each target the operand that is its gradient, or None.
        targets: sources of the Tensors that take gradients.
        saved: Values of the forward Program that the backward Program reads.
    """

    runner = backend = member = None

    def divide(self, program):
        """The forward Program with what is to be saved among its outputs."""
        made = set(program.inputs) | {x for i in program.instructions for x in i.results}
        wanted = [x for i in self.backward for x in i.operands] + self.outputs
        self.saved = list(dict.fromkeys(x for x in wanted if isinstance(x, Value) and x in made))
        written = {i for i, _ in program.writes}
        places = {x: i for i, x in enumerate(program.inputs) if i not in written}
        self.places = [places.get(x) for x in self.saved]
        kept = [x for x, place in zip(self.saved, self.places, strict=True) if place is None]
        inputs = [*self.saved, *self.extra]
        outputs = [x for x in self.outputs if x is not None]
        self.traced = Program(inputs, self.backward, outputs)
        return program.replace(outputs=[*program.outputs, *kept])

    def node(self, kept, arrays, leaves, entry):
        """The Node of one run."""
        node = CompiledFunctionBackward()
        kept = iter(kept)
        node.saved = tuple(next(kept) if place is None else arrays[place] for place in self.places)
        node.hooks = None
        node.derivative = self
        node.outputs = self.kinds
        tensors = [source.of(leaves) for source in self.targets]
        node.edges = tuple(gradient_edge(x) if x._requires_grad else None for x in tensors)
        node.guards = ()
        counters = [
            entry.sources[place].of(leaves)._counter
            for place in self.places
            if place is not None and hasattr(entry.sources[place], "of")
        ]
        node.guards = tuple(x for c in counters for x in (c, c[0]))
        node.seq = next_sequence_number()
        return node

    def gradients(self, saved, cotangents):
        """The gradients of the targets."""
        if self.runner is None:
            made = build_member(self.traced, self.member, self.backend)
            self.runner, numbers = made
            self.extra_arrays += numbers
        extra = [cotangents[x.number] if isinstance(x, Cotangent) else x for x in self.extra_arrays]
        found = iter(self.runner(*saved, *extra))
        return tuple(None if x is None else next(found) for x in self.outputs)


class CompiledFunctionBackward(Node):
    """The place on the tape of what a compiled function returned."""

    __slots__ = ("derivative",)
    __module__ = "builtins"
    saves_arrays = True
    op = None

    def backward(self, gradient, edges):
        if any(self.guards[i][0] != self.guards[i + 1] for i in range(0, len(self.guards), 2)):
            raise RuntimeError(
                "one of the variables needed for gradient computation has been modified by an "
                "inplace operation"
            )
        cotangents = [
            np.zeros(*kind) if g is None else np.asarray(as_array(g), order="C")
            for g, kind in zip(gradient, self.outputs, strict=True)
        ]
        found = self.derivative.gradients(self.saved, cotangents)
        return tuple(None if edge is None else x for x, edge in zip(found, edges, strict=True))

    def backward_tensors(self, gradient, edges):
        if modes.grad_enabled:
            raise RuntimeError(
                "torch.compile with aot_autograd does not currently support double backward"
            )
        arrays = [None if g is None else g._array for g in gradient]
        return tuple(None if g is None else wrap(g) for g in self.backward(arrays, edges))
