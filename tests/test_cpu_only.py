"""torch.cuda, amp, backends, distributed, jit and onnx on a machine without a CUDA device."""

import pytest

import rushlight as rl
import rushlight.accelerator
import rushlight.amp
import rushlight.backends
import rushlight.cuda
import rushlight.distributed as dist
import rushlight.jit
import rushlight.mps
import rushlight.onnx


def test_there_is_no_cuda_device():
    cuda = rl.cuda
    assert not cuda.is_available() and cuda.device_count() == 0
    cuda.manual_seed(1), cuda.manual_seed_all(1), cuda.empty_cache()
    assert cuda.max_memory_allocated() == 0
    assert not isinstance(rl.ones(1), cuda.FloatTensor)
    with pytest.raises(TypeError, match=r"type torch.cuda.FloatTensor not available\. Torch not "):
        cuda.FloatTensor(3)
    with pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled"):
        cuda.synchronize()
    with pytest.raises(RuntimeError, match="Tried to instantiate dummy base class Event"):
        cuda.Event(enable_timing=True)


def test_there_is_no_accelerator():
    assert rl.accelerator.current_accelerator() is None
    assert not rl.accelerator.is_available()
    with pytest.raises(RuntimeError, match="Cannot access accelerator device when none is"):
        rl.accelerator.set_device_index(0)


def test_there_is_no_metal_device():
    assert not rl.mps.is_available() and rl.mps.device_count() == 0
    rl.mps.manual_seed(1)
    with pytest.raises(RuntimeError, match=r"Cannot execute emptyCache\(\) without MPS backend"):
        rl.mps.empty_cache()
    with pytest.raises(RuntimeError, match=r"Cannot execute deviceSynchronize\(\) without MPS"):
        rl.mps.synchronize()


def test_the_switches_of_cudnn_can_be_set():
    cudnn = rl.backends.cudnn
    with cudnn.flags(enabled=False, deterministic=True):
        assert (cudnn.enabled, cudnn.benchmark, cudnn.deterministic) == (False, False, True)
    assert (cudnn.enabled, cudnn.benchmark, cudnn.deterministic) == (True, False, False)
    assert not rl.backends.mps.is_available() and not rl.backends.cuda.matmul.allow_tf32


def test_a_scaler_without_cuda_is_disabled():
    with (
        pytest.warns(FutureWarning, match=r"^`torch.cuda.amp.GradScaler\(args...\)` is deprecated"),
        pytest.warns(UserWarning, match="GradScaler is enabled, but CUDA is not available"),
    ):
        scaler = rl.cuda.amp.GradScaler()
    w = rl.ones(1, requires_grad=True)
    optimizer = rl.optim.SGD([w], lr=0.5)
    scaler.scale((w * w).sum()).backward()
    scaler.unscale_(optimizer), scaler.step(optimizer), scaler.update()
    assert w.item() == 0.0 and scaler.get_scale() == 1.0 and scaler.state_dict() == {}


def test_a_scaler_skips_steps_that_overflow():
    """The scales that PyTorch 2.13 gives for the same five steps."""
    w = rl.ones(2, requires_grad=True)
    optimizer = rl.optim.SGD([w], lr=0.1)
    scaler = rl.amp.GradScaler("cpu", init_scale=4.0, growth_interval=2)
    seen = []
    for step in range(5):
        optimizer.zero_grad()
        loss = (w * w).sum() * (float("inf") if step == 3 else 1.0)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        seen.append((round(w[0].item(), 4), scaler.get_scale()))
    assert seen == [(0.8, 4.0), (0.64, 8.0), (0.512, 8.0), (0.512, 4.0), (0.4096, 4.0)]
    with pytest.raises(AssertionError, match="No inf checks were recorded prior to update"):
        scaler.update()
    scaler.unscale_(optimizer)
    with pytest.raises(RuntimeError, match="unscale_\\(\\) has already been called"):
        scaler.unscale_(optimizer)
    other = rl.amp.GradScaler("cpu")
    other.load_state_dict(scaler.state_dict())
    assert other.state_dict() == scaler.state_dict()


def test_a_group_of_one_process():
    with pytest.raises(ValueError, match="Default process group has not been initialized"):
        dist.get_rank()
    dist.init_process_group("gloo", rank=0, world_size=1)
    try:
        with pytest.raises(ValueError, match="initialize the default process group twice"):
            dist.init_process_group("gloo", rank=0, world_size=1)
        x, gathered = rl.ones(2), [rl.zeros(2)]
        dist.all_reduce(x)
        dist.all_gather(gathered, x)
        assert x.tolist() == gathered[0].tolist() == [1.0, 1.0]
        assert dist.broadcast(x, src=0, async_op=True).wait()
        with pytest.raises(RuntimeError, match="broadcast: invalid root rank: 3"):
            dist.broadcast(x, src=3)
        assert (dist.get_rank(), dist.get_world_size(), dist.get_backend()) == (0, 1, "gloo")
    finally:
        dist.destroy_process_group()
    assert not dist.is_initialized()


def test_more_processes_are_refused(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ValueError, match="environment variable RANK expected, but not set"):
        dist.init_process_group("gloo")
    with pytest.raises(RuntimeError, match="one process, and rank 1 of 2 was asked for"):
        dist.init_process_group("gloo", rank=1)
    with pytest.raises(RuntimeError, match="doesn't have NCCL built in"):
        dist.init_process_group("nccl", rank=0, world_size=1)


def test_torchscript_returns_what_it_is_given():
    def double(x):
        return x + x

    with pytest.warns(UserWarning, match=r"torch.jit.script returns what it is given"):
        assert rl.jit.script(double) is double
    with pytest.warns(UserWarning, match=r"torch.jit.trace returns what it is given"):
        assert rl.jit.trace(double, rl.ones(1)) is double
    assert rl.jit.ignore(double) is double and rl.jit.ignore(drop=True)(double) is double
    with pytest.raises(RuntimeError, match="can't load TorchScript archives"):
        rl.jit.load("model.pt")


def test_onnx_is_not_written():
    with pytest.raises(RuntimeError, match="does not export ONNX"):
        rl.onnx.export(None, (), "model.onnx")
