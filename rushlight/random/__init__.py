"""Random numbers: PyTorch's CPU streams, number for number.

`Generator` is the only source of chance. It is the 32-bit Mersenne Twister, read as PyTorch reads
it, so `manual_seed(s)` is followed by the numbers that PyTorch prints. Its drawing methods take a
shape and a NumPy dtype and return arrays; the functions on Tensors (`rand`, `Tensor.normal_`, ...)
wrap them.

Every draw consumes exactly the words that PyTorch 2.13 consumes, so the streams never drift apart.
The values are equal to the bit for

* integers, permutations, Bernoulli draws (hence dropout) and multinomial draws,
* uniform numbers of any dtype and with any bounds,
* normal numbers in float64, and in every dtype when fewer than 16 are drawn,
* exponential, geometric, Cauchy and log-normal numbers, as far as the C library's `log1p`, `log`,
  `tan`, `exp`, `cos` and `sin` are the ones that PyTorch was linked with.

One kind is equal to the last digits only: 16 or more normal numbers in float32. Their logarithm,
sine and cosine are NumPy's instead of PyTorch's AVX2 kernels: six of seven values are equal, the
others within 4 units in the last place (5e-7), which is less than PyTorch's AVX2 and portable
builds differ from each other.

Where PyTorch is built on MKL and runs on an Intel CPU, it draws Bernoulli numbers with one
probability and exponential numbers from MKL's streams; the streams here are those of its other
machines.

Sources: M. Matsumoto and T. Nishimura, "Mersenne Twister", 1998; G. Box and M. Muller, "A note on
the generation of random normal deviates", 1958; R. Durstenfeld, "Algorithm 235: Random
permutation", 1964.
"""

from __future__ import annotations

import contextlib
import operator
import os

import numpy as np

from rushlight.explain import explained
from rushlight.random.stream import Stream, twister_of

__all__ = [
    "Generator",
    "default_generator",
    "fork_rng",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "seed",
    "set_rng_state",
]

_DEFAULT_SEED = 67280421310721

# PyTorch's layout of a CPU generator's state: `left` is one more than the words still in stock.
_STATE = np.dtype(
    [
        ("seed", "<u8"),
        ("left", "<i4"),
        ("seeded", "<i4"),
        ("next", "<u8"),
        ("words", "<u8", (624,)),
        ("unused_normal", "<f8"),
        ("held_normal", "<f8"),
        ("unused_rho", "<f8"),
        ("holds_normal", "<i4"),
        ("unused_float", "V12"),
    ]
)


class Generator(Stream):
    """A stream of random numbers on the CPU, equal to that of PyTorch's generator.

    >>> import rushlight as torch
    >>> g = torch.Generator().manual_seed(0)
    >>> torch.rand(2, generator=g)
    tensor([0.4963, 0.7682])
    """

    __slots__ = ()

    def __init__(self, device="cpu"):
        if device.__class__ is int:
            raise RuntimeError("Cannot access accelerator device when none is available.")
        kind = str(device).partition(":")[0]
        if kind != "cpu":
            raise explained(RuntimeError(f"Cannot get {kind.upper()} generator"))
        super().__init__(_DEFAULT_SEED)

    @property
    def device(self):
        """The device of the generator: always `cpu`."""
        from rushlight.tensor import device

        return device("cpu")

    def manual_seed(self, seed):
        """Starts the stream that belongs to `seed` and returns the generator.

        `seed` is an integer from -2**63 to 2**64 - 1; a negative one stands for `2**64 + seed`.
        """
        if isinstance(seed, bool) or not hasattr(seed, "__index__"):
            raise RuntimeError(f"manual_seed expected a long, but got {type(seed).__name__}")
        seed = operator.index(seed)
        if not -(2**63) <= seed < 2**64:
            raise ValueError("Overflow when unpacking long long")
        self._seed = seed % 2**64
        if self._twister is not None:
            self._twister._legacy_seeding(self._seed % 2**32)
        self._held_normal = None
        return self

    def seed(self):
        """Seeds the generator from the operating system's entropy and returns the seed."""
        return self.manual_seed(int.from_bytes(os.urandom(8), "little") >> 1)._seed

    def initial_seed(self):
        """The seed from which the current stream was started."""
        return self._seed

    def get_state(self):
        """The state as a `uint8` tensor of 5056 bytes, in PyTorch's format."""
        from rushlight.tensor import wrap

        return wrap(np.frombuffer(bytearray(self._dump()), np.uint8))

    def set_state(self, new_state):
        """Takes over a state that `get_state` returned here or in PyTorch."""
        self._load(_state_bytes(new_state))

    def clone_state(self):
        """A new generator in the same state; the two go separate ways from then on."""
        return _restored(self._dump())

    def __reduce__(self):
        return _restored, (self._dump(),)

    def _dump(self):
        twister = self._engine.state["state"]
        record = np.zeros((), _STATE)
        record["seed"], record["seeded"] = self._seed, 1
        record["left"] = 625 - twister["pos"]
        record["next"] = 0 if self._is_fresh(twister) else twister["pos"]
        record["words"] = twister["key"]
        if self._held_normal is not None:
            record["held_normal"], record["holds_normal"] = self._held_normal, 1
        return record.tobytes()

    def _is_fresh(self, twister):
        if twister["pos"] != 624:
            return False
        return np.array_equal(twister_of(self._seed).state["state"]["key"], twister["key"])

    def _load(self, state):
        if len(state) != _STATE.itemsize:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {_STATE.itemsize} but found the input "
                f"RNG state size to be {len(state)}"
            )
        record = np.frombuffer(state, _STATE)[0]
        left = int(record["left"])
        if record["seeded"] != 1 or not 0 < left <= 624 or record["next"] > 624:
            raise RuntimeError("Invalid mt19937 state")
        words = {"key": record["words"].astype(np.uint32), "pos": 625 - left}
        self._engine.state = {"bit_generator": "MT19937", "state": words}
        self._seed = int(record["seed"])
        self._held_normal = float(record["held_normal"]) if record["holds_normal"] else None


# -- the default generator ---------------------------------------------------------------------

default_generator = Generator()
default_generator.seed()


def manual_seed(seed):
    """Starts the stream that belongs to `seed` in the default generator, which is returned.

    `seed` is whatever `int()` accepts, from -2**63 to 2**64 - 1.

    >>> import rushlight as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.randn(3)
    tensor([ 1.5410, -0.2934, -2.1788])
    """
    return default_generator.manual_seed(int(seed))


def seed():
    """Seeds the default generator from the operating system's entropy and returns the seed.

    >>> import rushlight as torch
    >>> torch.seed() == torch.initial_seed()
    True
    """
    return default_generator.seed()


def initial_seed():
    """The seed from which the default generator's current stream was started.

    >>> import rushlight as torch
    >>> torch.manual_seed(42).initial_seed(), torch.initial_seed()
    (42, 42)
    """
    return default_generator.initial_seed()


def get_rng_state():
    """The default generator's state as a `uint8` tensor.

    >>> import rushlight as torch
    >>> state = torch.get_rng_state()
    >>> first = torch.rand(3)
    >>> torch.set_rng_state(state)
    >>> bool((torch.rand(3) == first).all())
    True
    """
    return default_generator.get_state()


def set_rng_state(new_state):
    """Takes over a state that `get_rng_state` returned, here or in PyTorch.

    >>> import rushlight as torch
    >>> torch.set_rng_state(torch.manual_seed(0).get_state())
    >>> torch.rand(1)
    tensor([0.4963])
    """
    default_generator.set_state(new_state)


@contextlib.contextmanager
def fork_rng(
    devices=None, enabled=True, _caller="fork_rng", _devices_kw="devices", device_type=None
):
    """A context whose random draws leave the default generator as it was before.

    There is only the CPU's generator: `devices` and `device_type` are accepted and change nothing.

    >>> import rushlight as torch
    >>> _ = torch.manual_seed(0)
    >>> with torch.random.fork_rng():
    ...     _ = torch.rand(5)
    >>> torch.rand(1)
    tensor([0.4963])
    """
    if not enabled:
        yield
        return
    state = default_generator._dump()
    try:
        yield
    finally:
        default_generator._load(state)


def _restored(state):
    generator = Generator()
    generator._load(state)
    return generator


def _state_bytes(state):
    from rushlight.tensor import Tensor

    if not isinstance(state, Tensor):
        raise TypeError(f"expected a torch.ByteTensor, but got {type(state).__name__}")
    if state._array.dtype != np.uint8:
        raise TypeError("RNG state must be a torch.ByteTensor")
    return state._array.tobytes()
