"""torch.distributed for a group of one process, in which every collective is already done.

Programs written for several processes run as their own rank 0 of 1, be it started plainly with
`world_size=1` or with RANK=0 and WORLD_SIZE=1 in the environment.

>>> import rushlight as torch
>>> torch.distributed.init_process_group("gloo", rank=0, world_size=1)
>>> torch.distributed.get_rank(), torch.distributed.get_world_size()
(0, 1)
>>> torch.distributed.destroy_process_group()
"""

from __future__ import annotations

import enum
import os

from rushlight.explain import explained


class ReduceOp(enum.IntEnum):
    """How a reduction combines the tensors of the processes; of one tensor each gives itself."""

    SUM = 0
    AVG = 1
    PRODUCT = 2
    MIN = 3
    MAX = 4


class ProcessGroup:
    """A group of one process, and the name of the backend that was asked for."""

    def __init__(self, backend: str):
        self.backend = backend

    def rank(self) -> int:
        return 0

    def size(self) -> int:
        return 1


class Work:
    """What an asynchronous collective returns: done from the start."""

    def wait(self, timeout=None) -> bool:
        return True

    def is_completed(self) -> bool:
        return True


class GroupMember:
    """Where the default group is kept, as WORLD."""

    WORLD: ProcessGroup | None = None


group = GroupMember


def is_available() -> bool:
    """True: the module can be used, with one process."""
    return True


def is_initialized() -> bool:
    """Whether `init_process_group` was called."""
    return GroupMember.WORLD is not None


def is_gloo_available() -> bool:
    """True: for one process all backends for the CPU come to the same."""
    return True


def is_nccl_available() -> bool:
    """False: there is no CUDA device."""
    return False


def get_default_backend_for_device(device) -> str:
    """The name of PyTorch's backend for the device: "gloo"."""
    return "gloo"


def init_process_group(
    backend=None,
    init_method=None,
    timeout=None,
    world_size: int = -1,
    rank: int = -1,
    store=None,
    group_name: str = "",
    pg_options=None,
    device_id=None,
) -> None:
    """Make the default group, of this process alone.

    Rank and size come from the arguments or, as PyTorch's default rendezvous has it, from RANK and
    WORLD_SIZE. A RuntimeError says so if they ask for more than one process, or for NCCL.
    """
    if is_initialized():
        raise ValueError("trying to initialize the default process group twice!")
    if backend == "nccl":
        raise explained(RuntimeError("Distributed package doesn't have NCCL built in"))
    size = from_environment("WORLD_SIZE") if world_size == -1 else world_size
    number = from_environment("RANK") if rank == -1 else rank
    if (number, size) != (0, 1):
        raise RuntimeError(
            f"Rushlight runs in one process, and rank {number} of {size} was asked for.\n"
            "Start the program once, with rank=0 and world_size=1."
        )
    GroupMember.WORLD = ProcessGroup(backend or "gloo")


def from_environment(name: str) -> int:
    if name not in os.environ:
        raise ValueError(
            "Error initializing torch.distributed using env:// rendezvous: "
            f"environment variable {name} expected, but not set"
        )
    return int(os.environ[name])


def destroy_process_group(group=None) -> None:
    """Forget the default group (or another, of which nothing is kept)."""
    if GroupMember.WORLD is None:
        raise AssertionError("Process group cannot be None")
    if group in (None, GroupMember.WORLD):
        GroupMember.WORLD = None


def world() -> ProcessGroup:
    """The default group; a ValueError if there is none."""
    if GroupMember.WORLD is None:
        raise ValueError(
            "Default process group has not been initialized, "
            "please make sure to call init_process_group."
        )
    return GroupMember.WORLD


def new_group(ranks=None, timeout=None, backend=None, **options) -> ProcessGroup:
    """Another group of the processes in `ranks`: of this one alone."""
    if ranks is not None and len(ranks) > 1:
        raise ValueError(
            "the new group's world size should be less or equal to the world size set by "
            "init_process_group"
        )
    return ProcessGroup(backend or world().backend)


def get_rank(group=None) -> int:
    """The number of this process: 0."""
    return world().rank()


def get_world_size(group=None) -> int:
    """The number of processes: 1."""
    return world().size()


def get_backend(group=None) -> str:
    """The name of the backend that was asked for."""
    return world().backend


def collective(async_op: bool, name: str = "", root: int = 0) -> Work | None:
    """What all collectives of one process have in common: there is nothing left to do."""
    world()
    if root != 0:
        raise RuntimeError(f"ProcessGroupGloo::{name}: invalid root rank: {root}")
    return Work() if async_op else None


def barrier(group=None, async_op: bool = False, device_ids=None):
    """Wait for all processes: this one is here."""
    return collective(async_op)


def all_reduce(tensor, op=ReduceOp.SUM, group=None, async_op: bool = False):
    """Combine the processes' tensors, in place: the only one stays."""
    return collective(async_op)


def reduce(tensor, dst: int = 0, op=ReduceOp.SUM, group=None, async_op: bool = False):
    """Combine the processes' tensors at process `dst`: the only one stays."""
    return collective(async_op, "reduce", dst)


def broadcast(tensor, src: int = 0, group=None, async_op: bool = False):
    """Copy the tensor of process `src` to all: it is there."""
    return collective(async_op, "broadcast", src)


def all_gather(tensor_list, tensor, group=None, async_op: bool = False):
    """Copy each process's tensor into the list: this one's into its only entry."""
    work = collective(async_op)
    tensor_list[0].detach().copy_(tensor)
    return work


def all_gather_object(object_list, obj, group=None) -> None:
    """Put each process's object into the list: this one's as its only entry."""
    collective(False)
    object_list[0] = obj


def reduce_scatter(output, input_list, op=ReduceOp.SUM, group=None, async_op: bool = False):
    """Combine the processes' lists, and keep one's own entry: the only one."""
    work = collective(async_op)
    output.detach().copy_(input_list[0])
    return work
