"""Datasets as chains of steps."""

import pytest

import rushlight as rl
from rushlight.utils.data import DataLoader, IterDataPipe, functional_datapipe
from rushlight.utils.data.datapipes.iter import IterableWrapper
from rushlight.utils.data.datapipes.map import SequenceWrapper


def test_steps():
    pipe = IterableWrapper(range(7))
    assert list(pipe.map(lambda x: x * 2).filter(lambda x: x > 4)) == [6, 8, 10, 12]
    assert list(pipe.batch(3)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert len(pipe.batch(3)) == 3 and len(pipe.batch(3, drop_last=True)) == 2
    assert list(pipe.batch(3, drop_last=True).unbatch()) == [0, 1, 2, 3, 4, 5]
    assert list(pipe.batch(2).batch(2).unbatch(-1)) == list(range(7))
    assert list(pipe.concat(pipe))[7:] == list(range(7))
    assert next(iter(pipe.zip(pipe))) == (0, 0) and len(pipe.zip(pipe)) == 7
    assert next(iter(pipe.batch(2).collate())).tolist() == [0, 1]
    assert SequenceWrapper({"a": 1})["a"] == 1
    with pytest.raises(TypeError, match="Filter instance doesn't have valid length"):
        len(pipe.filter(bool))
    with pytest.raises(AssertionError, match="Batch size is required to be larger than 0!"):
        pipe.batch(0)
    with pytest.raises(AttributeError, match="object has no attribute 'nothing'"):
        _ = pipe.nothing


def test_shuffling():
    pipe = IterableWrapper(range(10)).shuffle()
    rl.manual_seed(0)
    first = list(pipe)
    rl.manual_seed(0)
    assert first == list(pipe) != list(range(10))
    assert sorted(first) == list(range(10))
    assert list(pipe.set_seed(3)) == list(pipe.set_seed(3))
    assert list(pipe.set_shuffle(False)) == list(range(10))
    assert sorted(IterableWrapper(range(10)).shuffle(buffer_size=3)) == list(range(10))


def test_workers_share_the_samples():
    pipe = IterableWrapper(range(10)).sharding_filter().map(lambda x: x)
    assert len(pipe) == 10
    loader = DataLoader(pipe, batch_size=2, num_workers=2)
    assert sorted(rl.cat(list(loader)).tolist()) == list(range(10))


def test_names_are_taken_once():
    with pytest.raises(Exception, match="Unable to add DataPipe function name map as it is alread"):
        functional_datapipe("map")(type("Again", (IterDataPipe,), {}))
    with pytest.raises(TypeError, match="can only decorate IterDataPipe or MapDataPipe"):
        functional_datapipe("other")(int)


def test_old_names():
    from rushlight.utils.data import ConcatDataset, _utils

    assert _utils.collate.default_collate is rl.utils.data.default_collate
    with pytest.warns(FutureWarning, match="`cummulative_sizes` attribute is renamed"):
        assert ConcatDataset([[1], [2]]).cummulative_sizes == [1, 2]


def test_errors_from_elsewhere():
    from rushlight._utils import ExceptionWrapper

    try:
        {}["missing\nkey"]
    except KeyError:
        wrapper = ExceptionWrapper(where="in a test")
    with pytest.raises(KeyError, match="(?s)Caught KeyError in a test.*Original Traceback.*\n"):
        wrapper.reraise()


def test_strategies_are_names_only():
    from rushlight import multiprocessing

    assert multiprocessing.get_sharing_strategy() in multiprocessing.get_all_sharing_strategies()
    multiprocessing.set_sharing_strategy("file_system")
    assert multiprocessing.get_sharing_strategy() == "file_system"
    multiprocessing.set_sharing_strategy("file_descriptor")
    with pytest.raises(AssertionError, match="invalid sharing strategy 'none'"):
        multiprocessing.set_sharing_strategy("none")


def test_what_programs_look_up_in_loaders():
    loader = DataLoader(range(3), batch_size=2)
    assert loader._auto_collation and loader._dataset_kind == 0
    assert DataLoader(IterableWrapper([1]), batch_size=None)._dataset_kind == 1
    assert not DataLoader([1], batch_size=None)._auto_collation
    assert iter(loader)._num_workers == 0
