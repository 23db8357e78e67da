"""nn.DataParallel and DistributedDataParallel, which run on this one CPU."""

import pytest

import rushlight as rl
from rushlight.nn.parallel import DataParallel, DistributedDataParallel, data_parallel


def test_data_parallel_is_the_module_under_a_name():
    inner = rl.nn.Linear(2, 1)
    model = rl.nn.DataParallel(inner, device_ids=[0, 1])
    assert DataParallel is rl.nn.DataParallel and model.module is inner and model.device_ids == []
    assert list(model.state_dict()) == ["module.weight", "module.bias"]
    x = rl.ones(3, 2)
    assert rl.equal(model(x), inner(x)) and rl.equal(data_parallel(inner, x), inner(x))
    assert repr(model).startswith("DataParallel(\n  (module): Linear(")


@pytest.fixture
def group():
    rl.distributed.init_process_group("gloo", rank=0, world_size=1)
    yield
    rl.distributed.destroy_process_group()


def test_distributed_data_parallel_runs_in_one_process(group):
    model = DistributedDataParallel(rl.nn.Linear(2, 1))
    model(rl.ones(3, 2)).sum().backward()
    with model.no_sync():
        assert not model.require_backward_grad_sync
        model(rl.ones(3, 2)).sum().backward()
    assert model.module.weight.grad.tolist() == [[6, 6]] and model.require_backward_grad_sync
    with pytest.raises(
        RuntimeError, match="is not needed when a module doesn't have any parameter"
    ):
        DistributedDataParallel(rl.nn.ReLU())
    with pytest.raises(ValueError, match="arguments only work with single-device/multiple-device"):
        DistributedDataParallel(rl.nn.Linear(2, 1), device_ids=[0])


def test_distributed_data_parallel_needs_a_group():
    with pytest.raises(ValueError, match="Default process group has not been initialized"):
        DistributedDataParallel(rl.nn.Linear(2, 1))
