"""Averages of weights: what they are after some steps, and what is refused."""

import pytest

import rushlight as rl
from rushlight.optim import swa_utils


def test_averages_are_those_of_all_values():
    model = rl.nn.Linear(2, 1)
    averaged = swa_utils.AveragedModel(model)
    seen = []
    for step in range(4):
        with rl.no_grad():
            model.weight.fill_(step**2)
        averaged.update_parameters(model)
        seen.append(step**2)
    assert averaged.module.weight.tolist() == [[sum(seen) / 4] * 2]
    assert averaged.n_averaged == 4


def test_decay_out_of_range_and_two_ways_at_once_are_refused():
    with pytest.raises(ValueError, match=r"Invalid decay value 1.5 provided. Please provide"):
        swa_utils.get_ema_multi_avg_fn(1.5)
    with pytest.raises(AssertionError, match="Only one of avg_fn and multi_avg_fn should be prov"):
        swa_utils.AveragedModel(rl.nn.Linear(1, 1), avg_fn=abs, multi_avg_fn=abs)


def test_batch_norms_gather_statistics_over_the_whole_data():
    model = rl.nn.Sequential(rl.nn.BatchNorm1d(1))
    data = [rl.tensor([[0.0], [2.0]]), rl.tensor([[4.0], [6.0]])]
    model.eval()
    swa_utils.update_bn(data, model)
    assert model[0].running_mean.tolist() == [3.0]
    assert model[0].running_var.tolist() == [2.0]
    assert not model.training
    assert model[0].momentum == 0.1
