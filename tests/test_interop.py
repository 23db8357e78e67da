"""Tensors beside other libraries: arrays, DLPack, buffers, files of elements, copies."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

import rushlight as rl

DTYPES = "bool uint8 int8 int16 int32 int64 float16 float32 float64 complex64 complex128".split()

# NumPy --------------------------------------------------------------------------------------------


def test_arrays_compare_element_by_element():
    x, a = rl.arange(3), np.array([0, 5, 2])
    for result in (x == a, a == x):
        assert result.tolist() == [True, False, True]
    for result in (x != a, a != x):
        assert result.tolist() == [False, True, False]


def test_functions_of_numpy_take_tensors():
    x = rl.arange(4.0).reshape(2, 2)
    assert isinstance(np.sin(x), rl.Tensor)
    assert np.isnan(x).dtype is rl.uint8  # as with PyTorch's tensors
    assert np.asarray(x) is not None
    assert np.shares_memory(np.asarray(x), x.numpy())
    assert not np.shares_memory(np.array(x), x.numpy())
    assert np.array(x, dtype="f8").dtype == np.float64
    assert np.stack([x, x]).shape == (2, 2, 2)
    assert np.mean(x) == 1.5


def test_arrays_of_leaves_are_refused():
    x = rl.ones(2, requires_grad=True)
    for call in (lambda: np.asarray(x), x.numpy):
        with pytest.raises(
            RuntimeError, match="Can't call numpy\\(\\) on Tensor that requires grad"
        ):
            call()
    assert x.numpy(force=True).tolist() == [1, 1]


# DLPack -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_memory_is_shared_with_numpy_both_ways(dtype):
    array = np.zeros((2, 3), dtype)
    tensor = rl.from_dlpack(array[:, ::2])
    tensor.fill_(1)
    assert array[:, ::2].all() and not array[:, 1].any()
    back = np.from_dlpack(tensor)
    assert back.dtype == dtype and np.shares_memory(back, array)
    assert tensor.__dlpack_device__() == (1, 0)


def test_capsules_and_copies():
    x = rl.arange(3.0)
    y = rl.utils.dlpack.from_dlpack(rl.utils.dlpack.to_dlpack(x))
    assert y.data_ptr() == x.data_ptr()
    assert rl.from_dlpack(x, copy=True).data_ptr() != x.data_ptr()
    half = x.to(rl.bfloat16)
    again = rl.from_dlpack(half)
    assert again.dtype is rl.bfloat16 and again.data_ptr() == half.data_ptr()
    with pytest.raises(BufferError, match="Can't export tensors that require gradient"):
        x.requires_grad_().__dlpack__()
    with pytest.raises(AssertionError, match="stream should be None on cpu"):
        y.__dlpack__(stream=5)


@pytest.mark.parametrize("dtype", [*DTYPES, "bfloat16"])
def test_memory_is_shared_with_pytorch(dtype):
    torch = pytest.importorskip("torch")
    for mine, theirs in ((rl, torch), (torch, rl)):
        x = mine.zeros(3, dtype=getattr(mine, dtype))
        y = theirs.from_dlpack(x)
        assert str(y.dtype) == str(x.dtype)
        x[1] = 1
        assert y[1] == 1


JAX = """
import jax.numpy as jnp
import rushlight as rl

print(rl.from_dlpack(jnp.arange(3.0)).tolist(), jnp.from_dlpack(rl.arange(3.0)).tolist())
print(rl.from_dlpack(jnp.ones(2, jnp.bfloat16)).dtype, jnp.from_dlpack(rl.ones(2).bfloat16()).dtype)
"""


def test_arrays_of_jax():
    """In a process of its own: JAX starts threads, beside which no worker should be forked."""
    pytest.importorskip("jax")
    run = subprocess.run([sys.executable, "-c", JAX], capture_output=True, text=True, check=False)
    assert run.stdout.splitlines() == [
        "[0.0, 1.0, 2.0] [0.0, 1.0, 2.0]",
        "torch.bfloat16 bfloat16",
    ], run.stderr


# Storages, buffers, files -------------------------------------------------------------------------


def test_storages():
    storage = rl.UntypedStorage([1, 2, 3])
    assert storage.tolist() == list(storage) == [1, 2, 3]
    assert storage.nbytes() == storage.size() == len(storage) == 3
    assert rl.UntypedStorage(4).fill_(3).tolist() == [3, 3, 3, 3]
    assert storage.clone() != storage
    storage[0] = 9
    assert storage[0] == 9 and storage[1:].tolist() == [2, 3]
    assert rl.UntypedStorage(3).copy_(storage).tolist() == [9, 2, 3]
    assert rl.UntypedStorage.from_buffer(b"ab", dtype=rl.uint8).tolist() == [97, 98]
    assert repr(storage).endswith("[torch.storage.UntypedStorage(device=cpu) of size 3]")
    x = rl.arange(3.0)
    assert x.untyped_storage() == x[1:].untyped_storage()
    assert pickle.loads(pickle.dumps(x.storage())).tolist() == [0, 1, 2]
    assert copy.deepcopy(x.untyped_storage()) != x.untyped_storage()
    assert rl.empty(0).set_(x.untyped_storage(), 1, (2,), (1,)).tolist() == [1, 2]


def test_files_of_elements(tmp_path):
    path = tmp_path / "elements.bin"
    np.arange(5, dtype=np.float32).tofile(path)
    private = rl.from_file(path, size=5)
    private.add_(1)
    assert private.tolist() == [1, 2, 3, 4, 5]
    assert np.fromfile(path, np.float32).tolist() == [0, 1, 2, 3, 4]
    rl.from_file(str(path), shared=True, size=6).add_(1)
    assert np.fromfile(path, np.float32).tolist() == [1, 2, 3, 4, 5, 1]
    assert rl.from_file(path, size=3, dtype=rl.int16).dtype is rl.int16
    with pytest.raises(
        RuntimeError, match="size <24> is smaller than the required mapping size <40"
    ):
        rl.from_file(path, size=10)
    with pytest.raises(
        RuntimeError, match="unable to open file .* in read-only mode: No such file"
    ):
        rl.from_file(tmp_path / "none", size=1)
    assert rl.UntypedStorage.from_file(path).nbytes() == 24


def test_buffers():
    assert rl.frombuffer(bytearray(8), dtype=rl.int16, count=2, offset=2).tolist() == [0, 0]
    with pytest.raises(ValueError, match="object does not implement Python buffer protocol"):
        rl.frombuffer(3, dtype=rl.int16)
    with pytest.raises(ValueError, match="and count \\(0\\) must not be 0"):
        rl.frombuffer(bytearray(8), dtype=rl.int16, count=0)


# Copies -------------------------------------------------------------------------------------------


def test_deep_copies_share_memory_as_the_originals_do():
    x = rl.arange(6.0).reshape(2, 3)
    whole, row, turned = copy.deepcopy([x, x[1], x.t()])
    whole[1, 0] = 9
    assert row.tolist() == [9, 4, 5] and turned[0].tolist() == [0, 9]
    assert turned.stride() == (1, 3)
    assert x[1, 0] == 3


def test_subclasses():
    class Mine(rl.Tensor):
        pass

    x = rl.ones(2, requires_grad=True) * 2
    mine = x.as_subclass(Mine)
    assert type(mine) is Mine and mine.grad_fn.next_functions[0][0] is x.grad_fn
    assert mine.data_ptr() == x.data_ptr()
    made = rl.Tensor._make_subclass(Mine, rl.ones(2), True)
    assert type(made) is Mine and made.requires_grad and made.is_leaf


# safetensors --------------------------------------------------------------------------------------


def test_safetensors(tmp_path):
    pytest.importorskip("safetensors")
    from rushlight.safetensors import load, load_file, save, save_file

    tensors = {
        "weight": rl.arange(6.0).reshape(2, 3).t(),
        "half": rl.ones(2, dtype=rl.bfloat16),
        "mask": rl.tensor([True, False]),
        "empty": rl.empty(0, 2),
        "number": rl.tensor(3),
    }
    path = tmp_path / "x.safetensors"
    save_file(tensors, path, {"format": "pt"})
    for again in (load_file(path), load(save(tensors))):
        assert {k: (v.dtype, v.tolist()) for k, v in again.items()} == {
            k: (v.dtype, v.tolist()) for k, v in tensors.items()
        }
        again["weight"].fill_(1)
    with pytest.raises(ValueError, match="Key `a` is invalid, expected torch.Tensor"):
        save({"a": 1})
    with pytest.raises(Exception, match="(?i)header"):
        load(path.read_bytes()[:20])


def test_safetensors_of_pytorch(tmp_path):
    torch = pytest.importorskip("torch")
    theirs = pytest.importorskip("safetensors.torch")
    from rushlight.safetensors import load_file, save_file

    path = tmp_path / "x.safetensors"
    theirs.save_file({"a": torch.arange(3.0), "b": torch.ones(2).bfloat16()}, path)
    ours = load_file(path)
    assert ours["a"].tolist() == [0, 1, 2] and ours["b"].dtype is rl.bfloat16
    save_file(ours, path)
    assert theirs.load_file(path)["b"].dtype is torch.bfloat16


PROGRAM = """
import torch
from safetensors import safe_open
from safetensors.torch import load_file, load_model, save_file, save_model

save_file({"a": torch.arange(6.0).reshape(2, 3), "e": torch.empty(0, 2)}, "x.safetensors")
print(load_file("x.safetensors")["a"].tolist())
with safe_open("x.safetensors", framework="pt") as file:
    print(sorted(file.keys()), file.get_slice("a")[:, 1:2].tolist())
model, other = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
save_model(model, "m.safetensors")
print(load_model(other, "m.safetensors"), torch.equal(model.weight, other.weight))
from torch.utils.data import _utils
from torch.utils.data._utils.collate import default_collate
print(_utils.collate.default_collate is default_collate)
"""


def test_the_package_itself_works_under_the_runner(tmp_path):
    pytest.importorskip("safetensors")
    (tmp_path / "program.py").write_text(PROGRAM)
    command = [sys.executable, "-m", "rushlight", "run", "program.py"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.stdout.splitlines() == [
        "[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]",
        "['a', 'e'] [[1.0], [4.0]]",
        "(set(), []) True",
        "True",
    ], run.stderr


# Other packages -----------------------------------------------------------------------------------


def test_pandas_takes_tensors():
    pandas = pytest.importorskip("pandas")
    x = rl.arange(4.0).reshape(2, 2)
    assert pandas.DataFrame(x.numpy()).to_numpy().tolist() == x.tolist()
    assert pandas.Series(x[0]).tolist() == [0, 1]
    frame = pandas.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    assert rl.tensor(frame.values).tolist() == [[1, 3], [2, 4]]
    assert rl.from_numpy(frame["a"].to_numpy(copy=True)).dtype is rl.float64
    dataset = rl.utils.data.TensorDataset(rl.tensor(frame.values), rl.arange(2))
    assert next(iter(rl.utils.data.DataLoader(dataset, batch_size=2)))[0].shape == (2, 2)


def test_metrics_of_scikit_learn_take_tensors():
    metrics = pytest.importorskip("sklearn.metrics")
    truth, guess = rl.tensor([0, 1, 1, 0]), rl.tensor([0, 1, 0, 0])
    assert metrics.accuracy_score(truth, guess) == 0.75
    assert metrics.confusion_matrix(truth, guess).tolist() == [[2, 0], [1, 1]]
    assert metrics.f1_score(truth, guess) == pytest.approx(2 / 3)
    assert metrics.roc_auc_score(truth, rl.tensor([0.1, 0.9, 0.4, 0.3])) == 1
    assert metrics.mean_squared_error(truth.float(), guess.float()) == 0.25


def test_matplotlib_takes_tensors():
    pytest.importorskip("matplotlib").use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots()
    (line,) = axes.plot(rl.arange(3), rl.arange(3.0) ** 2)
    assert line.get_ydata().tolist() == [0, 1, 4]
    axes.imshow(rl.rand(2, 2))
    axes.scatter(rl.arange(2.0), rl.arange(2.0), c=rl.arange(2))
    axes.bar(rl.arange(2), rl.ones(2))
    axes.hist(rl.rand(10), bins=3)
    pyplot.close(figure)
