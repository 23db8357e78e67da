"""Saving and loading: what comes back, what is shared, what is refused."""

import collections
import copy
import io
import os
import pickle
import zipfile

import numpy as np
import pytest

import rushlight as rl
from rushlight import serialization
from rushlight.serialization import pickling


def round_trip(obj, **options):
    file = io.BytesIO()
    rl.save(obj, file)
    file.seek(0)
    return rl.load(file, **options)


@pytest.mark.parametrize(
    "dtype",
    "bool uint8 int8 int16 int32 int64 uint16 uint32 uint64 float16 bfloat16 float32 float64 "
    "complex64 complex128".split(),
)
def test_every_dtype_comes_back(dtype):
    x = rl.tensor([[0, 1], [1, 0]], dtype=getattr(rl, dtype))
    y = round_trip(x)
    assert y.dtype is x.dtype
    assert y.tolist() == x.tolist()


def test_containers_come_back():
    obj = {
        "numbers": (1, 2.5, None, True, 1j, b"yy", "é", {1, 2}),
        "ordered": collections.OrderedDict(a=rl.ones(1)),
        "size": rl.Size([2, 3]),
        "dtype": rl.float32,
        "device": rl.device("cpu"),
        "empty": rl.zeros(0, 3),
        "number": rl.tensor(3.0),
    }
    again = round_trip(obj)
    assert again["numbers"] == obj["numbers"]
    assert isinstance(again["size"], rl.Size)
    assert again["dtype"] is rl.float32
    assert again["device"] == rl.device("cpu")
    assert again["empty"].shape == (0, 3)
    assert again["number"] == 3
    assert list(again["ordered"]) == ["a"]


def test_shared_memory_stays_shared():
    x = rl.arange(6.0).reshape(2, 3)
    again = round_trip({"all": x, "row": x[1], "turned": x.t()})
    again["all"][1, 0] = 99
    assert again["row"].tolist() == [99, 4, 5]
    assert again["turned"].tolist() == [[0, 99], [1, 4], [2, 5]]
    assert again["turned"].stride() == (1, 3)


def test_parameters_and_states_come_back():
    model = rl.nn.Linear(2, 1)
    state = round_trip({"model": model.state_dict(), "weight": model.weight, "step": 3})
    assert isinstance(state["weight"], rl.nn.Parameter)
    assert state["weight"].requires_grad
    assert rl.equal(state["model"]["weight"], model.weight)
    other = rl.nn.Linear(2, 1)
    other.load_state_dict(state["model"])
    assert rl.equal(other.weight, model.weight)


def test_whole_models_load_when_asked_to():
    model = rl.nn.Sequential(rl.nn.Linear(2, 3), rl.nn.ReLU())
    again = round_trip(model, weights_only=False)
    assert repr(again) == repr(model)
    assert rl.equal(again[0].weight, model[0].weight)


class Surprise:
    def __reduce__(self):
        return os.system, ("false",)


@pytest.mark.parametrize(
    ("obj", "name"),
    [
        (rl.nn.Linear(1, 1), "torch.nn.modules.linear.Linear"),
        (range(3), "range"),
        (collections.defaultdict(list), "collections.defaultdict"),
        (np.float64(1.5), "numpy._core.multiarray.scalar"),
        (print, "print"),
    ],
)
def test_what_is_no_tensor_is_refused_by_name(obj, name):
    with pytest.raises(pickle.UnpicklingError, match="Weights only load failed") as caught:
        round_trip(obj)
    assert f"Unsupported global: GLOBAL {name} was not an allowed global" in str(caught.value)


def test_modules_that_run_things_are_blocked_even_if_allowed():
    with (
        serialization.safe_globals([os.system]),
        pytest.raises(pickle.UnpicklingError, match="whose module (posix|nt) is blocked"),
    ):
        round_trip(Surprise())


def test_more_can_be_allowed():
    point = collections.Counter("aab")
    assert round_trip(point) == point
    with serialization.safe_globals([collections.defaultdict, list]):
        assert round_trip(collections.defaultdict(list)) == {}
    assert serialization.get_safe_globals() == []


def hostile(pickle_bytes, storages=()):
    """An archive with this pickle in it."""
    file = io.BytesIO()
    serialization.write_archive(file, "archive", pickle_bytes, list(storages))
    file.seek(0)
    return file


@pytest.mark.parametrize(
    "code",
    [
        b"cos\nsystem\n(S'false'\ntR.",
        b"c__builtin__\neval\n(S'1'\ntR.",
        b"ctorch._utils\n_rebuild_tensor_v2\n(dS'__code__'\nNstb.",
        b"\x80\x02ctorch\nload\n(S'x'\ntR.",
        b"}(S'a'\nK\x01sb.",
        b"garbage",
        b"",
    ],
)
def test_hostile_pickles_are_refused(code):
    with pytest.raises(pickle.UnpicklingError):
        rl.load(hostile(code))


def damaged_reference(size=2, shape=(2,), stride=(1,), offset=0, key="0"):
    class Saved(pickling.SavedStorage):
        def reference(self):
            return "storage", pickling.Name("torch", "FloatStorage"), key, "cpu", size

    storage = Saved("0", np.ones(2, np.float32))
    args = (storage, offset, shape, stride, False, collections.OrderedDict())

    class Fake:
        pass

    import unittest.mock

    with unittest.mock.patch.object(pickling, "reduced", lambda *_: (pickling._REBUILD, args)):
        code, _ = pickling.pickled(rl.ones(1), 2)
    return hostile(code, [storage])


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            {"size": 3},
            "storage 0 should have 3 elements of 4 bytes, but the file has 8 bytes of it",
        ),
        ({"shape": (9,)}, "does not lie within its storage of 2 elements"),
        ({"offset": 2}, "does not lie within its storage of 2 elements"),
        ({"stride": (-1,)}, "sizes, strides or an offset that are no counts"),
        ({"shape": (2, 2)}, "sizes, strides or an offset that are no counts"),
        ({"shape": (2**62,), "stride": (0,), "offset": 3}, "does not lie within its storage"),
        ({"shape": (2**63,), "stride": (0,)}, "sizes, strides or an offset that are no counts"),
        ({"key": "7"}, "failed locating file data/7"),
    ],
)
def test_tensors_that_do_not_fit_their_storage_are_refused(fault, message):
    with pytest.raises(RuntimeError, match=message):
        rl.load(damaged_reference(**fault))


def test_damaged_files_are_refused():
    file = io.BytesIO()
    rl.save(rl.ones(100), file)
    whole = file.getvalue()
    for cut in (10, len(whole) // 2, len(whole) - 20):
        with pytest.raises(RuntimeError, match="failed finding central directory"):
            rl.load(io.BytesIO(whole[:cut]))
    with pytest.raises(EOFError):
        rl.load(io.BytesIO(b""))
    with pytest.raises(pickle.UnpicklingError, match="neither a zip archive nor a pickle"):
        rl.load(io.BytesIO(b"garbage"))
    with pytest.raises(RuntimeError, match="before PyTorch 1.6"):
        rl.load(io.BytesIO(pickle.dumps(1, 2)))
    place = whole.index(np.ones(100, np.float32).tobytes())
    flipped = whole[:place] + b"\x55" + whole[place + 1 :]
    with pytest.raises(RuntimeError, match="PytorchStreamReader failed"):
        rl.load(io.BytesIO(flipped))


def test_other_zip_files_are_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme", "hello")
    file.seek(0)
    with pytest.raises(RuntimeError, match="failed locating file data.pkl"):
        rl.load(file)


def test_a_failed_save_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "x.pt"
    rl.save(1, path)
    with pytest.raises((AttributeError, pickle.PicklingError)):
        rl.save(lambda: 1, path)
    assert rl.load(path) == 1
    assert os.listdir(tmp_path) == ["x.pt"]


def test_paths(tmp_path):
    with pytest.raises(FileNotFoundError):
        rl.load(tmp_path / "none.pt")
    with pytest.raises(RuntimeError, match="Parent directory .* does not exist"):
        rl.save(1, tmp_path / "none" / "x.pt")
    with pytest.raises(AttributeError, match="expected 'f' to be string, path, or a file-like"):
        rl.save(1, 5)
    with pytest.raises(AttributeError, match="'int' object has no attribute 'seek'"):
        rl.load(5)


@pytest.mark.parametrize("where", ["meta", rl.device("meta"), {"cpu": "meta"}])
def test_shapes_are_loaded_without_elements(where):
    saved = {
        "view": rl.ones(2, 3).t(),
        "part": rl.arange(4)[1:],
        "weight": rl.nn.Parameter(rl.ones(2)),
        "half": rl.ones(2, dtype=rl.bfloat16),
    }
    loaded = round_trip(saved, map_location=where)
    for name, x in saved.items():
        y = loaded[name]
        assert y.is_meta
        assert (y.shape, y.stride(), y.dtype) == (x.shape, x.stride(), x.dtype)
    assert loaded["weight"].requires_grad and (loaded["part"] + 1).is_meta
    layer = rl.nn.Linear(2, 3, device="meta")
    state = round_trip(rl.nn.Linear(2, 3).state_dict(), map_location=where)
    layer.load_state_dict(state, assign=True)
    assert layer.weight.is_meta


def test_devices():
    def relocated(**options):
        storage = pickling.SavedStorage("0", np.ones(2, np.float32))
        code, _ = pickling.pickled(rl.ones(2), 2)
        code = code.replace(b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0")
        return rl.load(hostile(code, [storage]), **options)

    with pytest.raises(RuntimeError, match="Attempting to deserialize object on a CUDA device but"):
        relocated()
    seen = []
    for where in (
        "cpu",
        rl.device("cpu"),
        {"cuda:0": "cpu"},
        lambda storage, location: (seen.append(location), storage)[1],
    ):
        assert relocated(map_location=where).tolist() == [1, 1]
    assert seen == ["cuda:0"]


def test_one_memory_in_two_dtypes_is_refused():
    x = rl.ones(2)
    with pytest.raises(
        RuntimeError, match="Cannot save multiple tensors or storages that view the"
    ):
        round_trip([x, x.view(rl.int32)])


def test_tensors_are_pickled_and_copied():
    x = rl.ones(2, requires_grad=True)
    y = pickle.loads(pickle.dumps(x))
    assert y.tolist() == [1, 1]
    assert y.requires_grad
    z = copy.copy(x)
    assert z is not x
    assert z.data_ptr() == x.data_ptr()
