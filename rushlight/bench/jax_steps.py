"""The workloads of `rushlight bench --compiled` in JAX: the same models, jitted whole."""

from __future__ import annotations

import math
from itertools import pairwise

__all__ = ["STEPS"]


def _jax():
    import jax
    import jax.numpy as jnp

    return jax, jnp


def _dense(rng, rows, columns):
    bound = 1 / math.sqrt(rows)
    return rng.uniform(-bound, bound, (rows, columns)).astype("f4"), rng.uniform(
        -bound, bound, columns
    ).astype("f4")


def _training(loss, weights, batch, update, state):
    """A step that keeps weights and state on the device and returns the loss."""
    jax, _ = _jax()

    @jax.jit
    def train(weights, state, batch):
        value, slopes = jax.value_and_grad(loss)(weights, *batch)
        return value, *update(weights, slopes, state)

    held = [jax.device_put(weights), state]
    batch = jax.device_put(batch)

    def step():
        value, held[0], held[1] = train(held[0], held[1], batch)
        return value.block_until_ready()

    return step


def _sgd(rate, momentum=0.0):
    jax, _ = _jax()

    def update(weights, slopes, state):
        if not momentum:
            return jax.tree.map(lambda w, g: w - rate * g, weights, slopes), state
        state = jax.tree.map(lambda v, g: momentum * v + g, state, slopes)
        return jax.tree.map(lambda w, v: w - rate * v, weights, state), state

    return update


def _adam(rate, decay=0.0):
    jax, jnp = _jax()

    def update(weights, slopes, state):
        first, second, count = state
        count = count + 1
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, slopes)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, slopes)

        def moved(w, m, v):
            scale = jnp.sqrt(v / (1 - 0.999**count)) + 1e-8
            return w * (1 - rate * decay) - rate * m / (1 - 0.9**count) / scale

        return jax.tree.map(moved, weights, first, second), (first, second, count)

    return update


def _zeros(weights):
    jax, jnp = _jax()
    return jax.tree.map(jnp.zeros_like, weights)


def _cross_entropy(scores, classes):
    jax, jnp = _jax()
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(scores), classes[:, None], 1))


def _mlp(widths, activation):
    def forward(weights, x):
        for w, b in weights[:-1]:
            x = activation(x @ w + b)
        w, b = weights[-1]
        return x @ w + b

    def made(rng):
        return [_dense(rng, a, b) for a, b in pairwise(widths)]

    return forward, made


def mlp_tanh(rng):
    _, jnp = _jax()
    forward, made = _mlp((2, 16, 16, 1), jnp.tanh)
    x = rng.normal(size=(100, 2)).astype("f4")
    batch = x, x.prod(1, keepdims=True)
    loss = lambda weights, x, y: jnp.mean((forward(weights, x) - y) ** 2)
    return _training(loss, made(rng), batch, _sgd(0.01), ())


def _digits(rng, hidden, batch, update, state):
    jax, _ = _jax()
    forward, made = _mlp((784, hidden, 10), jax.nn.relu)
    data = rng.random((batch, 784), "f4"), rng.integers(0, 10, batch)
    weights = made(rng)
    loss = lambda weights, x, y: _cross_entropy(forward(weights, x), y)
    return _training(loss, weights, data, update, state(weights))


def mlp_digits_sgd(rng):
    return _digits(rng, 128, 64, _sgd(0.01, 0.9), _zeros)


def mlp_digits_adam(rng):
    return _digits(rng, 128, 64, _adam(1e-4), lambda w: (_zeros(w), _zeros(w), 0))


def mlp_wide(rng):
    return _digits(rng, 1024, 256, _sgd(0.01), lambda w: ())


def chain(rng):
    jax, jnp = _jax()
    function = jax.jit(jax.value_and_grad(lambda x: (jnp.tanh(x) * jnp.exp(-x) + x).sum()))
    x = jax.device_put(rng.normal(size=1_000_000).astype("f4"))
    return lambda: jax.block_until_ready(function(x))[0]


def transformer(rng):
    jax, jnp = _jax()
    width, heads, length, n = 128, 4, 64, 16
    norm = lambda: (rng.random(width, "f4") * 0 + 1, rng.random(width, "f4") * 0)
    dense = lambda a, b: _dense(rng, a, b)
    blocks = [
        (norm(), dense(width, 3 * width), dense(width, width), norm(), dense(width, 4 * width),
         dense(4 * width, width)) for _ in range(2)
    ]  # fmt: skip
    tables = rng.normal(size=(65, width)).astype("f4"), rng.normal(size=(64, width)).astype("f4")
    weights = tables, blocks, norm(), dense(width, 65)
    causal = jnp.tril(jnp.ones((length, length), bool))

    def layer_norm(x, weight, bias):
        x = x - x.mean(-1, keepdims=True)
        return x / jnp.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * weight + bias

    def attention(x, qkv, out):
        split = (x @ qkv[0] + qkv[1]).reshape(n, length, 3, heads, width // heads)
        q, k, v = split.transpose(2, 0, 3, 1, 4)
        scores = q @ k.swapaxes(-1, -2) / math.sqrt(width // heads)
        seen = jax.nn.softmax(jnp.where(causal, scores, -jnp.inf)) @ v
        return seen.transpose(0, 2, 1, 3).reshape(n, length, width) @ out[0] + out[1]

    def loss(weights, tokens, classes):
        (token, place), blocks, last, head = weights
        x = token[tokens] + place[None]
        for norm1, qkv, out, norm2, up, down in blocks:
            x = x + attention(layer_norm(x, *norm1), qkv, out)
            h = jax.nn.gelu(layer_norm(x, *norm2) @ up[0] + up[1], approximate=False)
            x = x + h @ down[0] + down[1]
        scores = layer_norm(x, *last) @ head[0] + head[1]
        return _cross_entropy(scores.reshape(-1, 65), classes)

    tokens = rng.integers(0, 65, (n, length + 1))
    batch = tokens[:, :-1], tokens[:, 1:].reshape(-1)
    state = _zeros(weights), _zeros(weights), 0
    return _training(loss, weights, batch, _adam(1e-4, 0.01), state)


def scalar_loop(rng):
    jax, _ = _jax()
    slope = jax.grad(lambda w: w**2 + 20)
    count = 100_000
    run = jax.jit(lambda w: jax.lax.fori_loop(0, count, lambda i, w: w - 1e-6 * slope(w), w))
    step = lambda: run(10.0).block_until_ready()
    return step, count


def regression_loop(rng):
    jax, jnp = _jax()
    x = rng.normal(size=(16_000, 1)).astype("f4")
    data = jax.device_put((x, 30 * x + 14.5))
    loss = lambda w, x, y: jnp.mean((x * w[0] + w[1] - y) ** 2)

    @jax.jit
    def epoch(w, key):
        def one(w, rows):
            value, slopes = jax.value_and_grad(loss)(w, data[0][rows], data[1][rows])
            return w - 0.01 * slopes, value

        return jax.lax.scan(one, w, jax.random.permutation(key, 16_000).reshape(1000, 16))

    key = jax.random.key(0)
    return lambda: jax.block_until_ready(epoch(jnp.zeros(2), key)), 1000


STEPS = {
    each.__name__: each
    for each in (
        scalar_loop, regression_loop, mlp_tanh, mlp_digits_sgd, mlp_digits_adam, mlp_wide, chain,
        transformer,
    )
}  # fmt: skip
