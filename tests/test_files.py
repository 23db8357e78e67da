"""Files that crash, lie, or were written by PyTorch."""

import collections
import io
import os
import pickle
import struct
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rushlight as rl
from rushlight import serialization


def written(obj):
    file = io.BytesIO()
    rl.save(obj, file)
    return file.getvalue()


def archive_of(pickle_bytes, compression=zipfile.ZIP_STORED, **records):
    """An archive with this pickle and these records."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr("a/data.pkl", pickle_bytes)
        for name, contents in records.items():
            archive.writestr(f"a/{name}", contents)
    file.seek(0)
    return file


# Crashes ------------------------------------------------------------------------------------------


class Crash(BaseException):
    """What no handler of errors expects."""


@pytest.mark.parametrize("step", ["write", "flush", "fsync", "chmod", "replace"])
def test_a_crash_at_any_step_leaves_the_old_file(tmp_path, monkeypatch, step):
    path = tmp_path / "model.pt"
    rl.save(rl.ones(1000), path)

    def crash(*arguments):
        raise Crash

    if step in ("write", "flush"):
        real = open

        def opened(*arguments):
            file = real(*arguments)
            monkeypatch.setattr(
                serialization, "write_archive", lambda f, *_: (f.write(b"PK"), crash())
            )
            return file

        monkeypatch.setattr("builtins.open", opened)
    else:
        monkeypatch.setattr(os, step, crash)
    with pytest.raises(Crash):
        rl.save(rl.zeros(1000), path)
    monkeypatch.undo()
    assert rl.load(path).sum() == 1000
    assert os.listdir(tmp_path) == ["model.pt"]


KILLED = """
import os, sys
import rushlight as rl
from rushlight import serialization

class Mortal:
    def __init__(self, file, bytes_left):
        self.file, self.left = file, bytes_left
    def write(self, data):
        data = bytes(data)
        self.file.write(data[: self.left])
        self.left -= len(data)
        if self.left < 0:
            self.file.flush()
            os._exit(9)
        return len(data)
    def __getattr__(self, name):
        return getattr(self.file, name)

write = serialization.write_archive
serialization.write_archive = lambda file, *rest: write(Mortal(file, int(sys.argv[2])), *rest)
rl.save({"new": rl.zeros(50)}, sys.argv[1])
"""


@pytest.mark.parametrize("at", [700])
def test_a_process_killed_while_it_writes_leaves_the_old_file(tmp_path, at):
    path = tmp_path / "model.pt"
    rl.save({"old": rl.ones(3)}, path)
    process = subprocess.run([sys.executable, "-c", KILLED, str(path), str(at)], check=False)
    assert process.returncode == 9
    assert rl.load(path)["old"].tolist() == [1, 1, 1]


def test_links_permissions_and_special_files_stay_what_they_are(tmp_path):
    path, link = tmp_path / "model.pt", tmp_path / "latest.pt"
    rl.save(1, path)
    os.chmod(path, 0o640)
    link.symlink_to(path)
    rl.save(2, link)
    assert link.is_symlink()
    assert rl.load(path) == 2
    assert os.stat(path).st_mode & 0o777 == 0o640
    rl.save(3, os.devnull)
    assert not os.path.isfile(os.devnull)


# Damage -------------------------------------------------------------------------------------------

STATE = {
    "weight": rl.arange(6.0).reshape(2, 3),
    "turned": rl.arange(6).reshape(2, 3).t(),
    "numbers": (1, 2.5, None, "text", {"a": b"bytes"}),
    "parameter": rl.nn.Parameter(rl.ones(2)),
    "ordered": collections.OrderedDict(x=rl.zeros(1, dtype=rl.bfloat16)),
}
WHOLE = written(STATE)
REFUSED = (RuntimeError, pickle.UnpicklingError, EOFError)


def same(a, b):
    return str(a) == str(b)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_flipped_byte_is_noticed_or_harmless(data):
    place = data.draw(st.integers(0, len(WHOLE) - 1))
    value = data.draw(st.integers(0, 255))
    damaged = WHOLE[:place] + bytes([value]) + WHOLE[place + 1 :]
    try:
        loaded = rl.load(io.BytesIO(damaged))
    except REFUSED:
        return
    assert same(loaded, STATE)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(WHOLE) - 1))
def test_a_file_cut_anywhere_is_refused(length):
    with pytest.raises(REFUSED):
        rl.load(io.BytesIO(WHOLE[:length]))


PICKLE = zipfile.ZipFile(io.BytesIO(WHOLE)).read("archive/data.pkl")
STORAGES = {
    name.removeprefix("archive/"): zipfile.ZipFile(io.BytesIO(WHOLE)).read(name)
    for name in zipfile.ZipFile(io.BytesIO(WHOLE)).namelist()
    if name.startswith("archive/data/")
}


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_changed_pickle_makes_nothing_but_plain_objects(data):
    """The archive is in order, as one who means harm would make it: only the pickle is changed."""
    place = data.draw(st.integers(0, len(PICKLE) - 1))
    change = data.draw(st.binary(min_size=0, max_size=4))
    code = PICKLE[:place] + change + PICKLE[place + data.draw(st.integers(0, 4)) :]
    try:
        loaded = rl.load(archive_of(code, **STORAGES))
    except REFUSED:
        return
    assert_plain(loaded)


def assert_plain(loaded):
    waiting, seen = [loaded], set()
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        module = type(value).__module__.split(".")[0]
        assert module in ("builtins", "torch", "collections", "rushlight"), type(value)
        assert not callable(value) or module in ("torch", "rushlight") or isinstance(value, type)
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, (list, tuple, set)):
            waiting.extend(value)


# Hostility ----------------------------------------------------------------------------------------


def nested_key(depth):
    """A dict whose key is a tuple of pairs of pairs ...: 2**depth parts in a few bytes."""
    return b"}" + b")" + b"".join(b"q\x00h\x00\x86" for _ in range(depth)) + b"K\x01s."


HOSTILE = {
    "huge bytearray": (b"\x96" + struct.pack("<Q", 2**40) + b".", "damaged"),
    "bytearray of a size": (
        b"c__builtin__\nbytearray\n\x8a\x06" + b"\xff" * 5 + b"\x00\x85R.",
        "size",
    ),
    "a tensor of a size": (
        b"ctorch\nTensor\n\x8a\x05" + b"\xff" * 4 + b"\x00\x85R.",
        "only a name",
    ),
    "a key that takes ages": (nested_key(60), "more than 10,000 parts"),
    "text that is not there": (b"X\xff\xff\xff\x7fabc.", "damaged"),
    "other encodings": (
        b"c_codecs\nencode\nX\x01\x00\x00\x00aX\x06\x00\x00\x00base64\x86R.",
        "latin1",
    ),
    "an old instance": (b"(i__main__\nFoo\n.", "damaged"),
    "a class made": (b"c__builtin__\nset\n(o.", "damaged"),
    "a module": (b"cos\nremove\n.", "Unsupported global: GLOBAL os.remove|blocked"),
    "subprocess": (b"csubprocess\nPopen\n.", "blocked"),
    "an attribute": (b"c__builtin__\ngetattr\n.", "GLOBAL getattr"),
    "stack too short": (b"R.", "damaged"),
    "no end": (b"}" * 3, "damaged|Ran out"),
    "an extension": (b"\x82\x01.", "damaged"),
    "an odd reference": (b"\x80\x02X\x01\x00\x00\x00aQ.", "refers to something that is no storage"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pickles(name):
    code, message = HOSTILE[name]
    with pytest.raises(REFUSED, match=message):
        rl.load(archive_of(code))


def test_zip_bombs_are_not_unpacked():
    with pytest.raises(RuntimeError, match="compressed or larger than the file"):
        rl.load(archive_of(b"N" * 10**6 + b".", zipfile.ZIP_DEFLATED))


def test_the_same_bytes_cannot_be_read_again_and_again():
    """Many entries of the directory that name one record would multiply a small file."""
    code = written([rl.ones(1000) + i for i in range(3)])
    changed = code.replace(b"archive/data/1", b"archive/data/0").replace(
        b"archive/data/2", b"archive/data/0"
    )
    with pytest.raises(REFUSED):
        rl.load(io.BytesIO(changed))


def test_deep_nesting_needs_no_stack():
    depth = 100_000
    loaded = rl.load(archive_of(b"]" * depth + b"a" * (depth - 1) + b"."))
    for _ in range(depth - 1):
        (loaded,) = loaded
    assert loaded == []


def test_cycles_come_back():
    cycle = []
    cycle.append(cycle)
    again = rl.load(io.BytesIO(written(cycle)))
    assert again[0] is again


def test_names_in_archives_are_never_paths(tmp_path):
    file = archive_of(b"N.", **{"../../evil": b"x", "data/0": b""})
    assert rl.load(file) is None
    assert os.listdir(tmp_path) == []


def test_old_formats_are_refused_with_words():
    import tarfile

    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("sys_info"), io.BytesIO())
    for contents, kind in ((file.getvalue(), "tar archive"), (pickle.dumps(1, 2), "pickle")):
        with pytest.raises(RuntimeError, match=f"the file is a {kind}, as torch.save wrote it"):
            rl.load(io.BytesIO(contents))
    with pytest.raises(RuntimeError, match="torch.save writes zip files only"):
        rl.save(1, io.BytesIO(), _use_new_zipfile_serialization=False)


# Mapping ------------------------------------------------------------------------------------------


def test_mapped_files_are_read_in_place_and_never_changed(tmp_path):
    path = tmp_path / "x.pt"
    rl.save(STATE, path)
    before = path.read_bytes()
    mapped = rl.load(path, mmap=True)
    assert same(mapped, STATE)
    mapped["weight"].fill_(7)
    assert path.read_bytes() == before
    assert same(rl.load(path), STATE)
    with pytest.raises(ValueError, match="f must be a file path in order to use the mmap argument"):
        rl.load(io.BytesIO(before), mmap=True)


def test_storages_and_attributes_come_back():
    parameter = rl.nn.Parameter(rl.ones(2))
    parameter.note = "mine"
    x = rl.arange(3)
    saved = [x, x.untyped_storage(), x.storage(), parameter, rl.strided, rl.channels_last]
    tensor, untyped, typed, again, layout, format_ = rl.load(io.BytesIO(written(saved)))
    assert untyped.nbytes() == 24
    assert typed.tolist() == [0, 1, 2]
    assert tensor.data_ptr() == untyped.data_ptr() == typed.data_ptr()
    assert (again.note, layout, format_) == ("mine", rl.strided, rl.channels_last)


def test_unsafe_names_of_a_file_are_told():
    file = io.BytesIO(written([rl.ones(1), range(2), collections.Counter()]))
    assert serialization.get_unsafe_globals_in_checkpoint(file) == ["range"]


def test_unknown_places():
    with pytest.raises(RuntimeError, match="don't know how to restore data location of"):
        rl.load(io.BytesIO(WHOLE), map_location="nowhere")
    with pytest.raises(RuntimeError, match="Can not safely load weights when explicit pickle_mod"):
        rl.load(io.BytesIO(WHOLE), pickle_module=pickle, weights_only=True)


# Beside PyTorch -----------------------------------------------------------------------------------


def of_all_kinds(t):
    """An object of everything that files hold, and how it looks after a round trip."""
    model = t.nn.Sequential(t.nn.Linear(2, 3), t.nn.BatchNorm1d(3))
    optimizer = t.optim.Adam(model.parameters(), lr=0.1)
    schedule = t.optim.lr_scheduler.StepLR(optimizer, 2)
    for p in model.parameters():
        p.grad = t.ones_like(p)
    optimizer.step()
    schedule.step()
    base = t.arange(12.0).reshape(3, 4)
    dtypes = "bool uint8 int8 int16 int32 int64 uint16 uint32 uint64 float16 bfloat16 float64"
    kinds = {each: t.ones(2).to(getattr(t, each)) for each in dtypes.split()}
    parameter = t.nn.Parameter(t.ones(2), requires_grad=False)
    parameter.note = 5
    return {
        "views": [base, base[1:, ::2], base.t(), base[0].expand(2, 4)],
        "kinds": kinds,
        "complex": t.ones(2, dtype=t.complex64) * 1j,
        "parameter": parameter,
        "leaf": t.ones(1, requires_grad=True),
        "empty": t.empty(0, 3),
        "ordered": collections.OrderedDict(a=1, b=t.tensor(2)),
        "size": t.Size([1, 2]),
        "dtype": t.float16,
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(),
        "plain": [1, 2.5, "text", b"bytes", None, True, 2**80, 1j, {1}, (3,)],
    }


def described(value):
    """A value as both libraries would print it, with geometry."""
    if hasattr(value, "untyped_storage"):
        geometry = tuple(value.shape), tuple(value.stride()), value.storage_offset()
        return str(value.dtype), geometry, value.requires_grad, vars(value), value.tolist()
    if isinstance(value, dict):
        return {key: described(each) for key, each in value.items()}
    if isinstance(value, list):
        return [described(each) for each in value]
    return repr(value)


def test_pytorch_reads_ours_and_we_read_pytorchs(tmp_path):
    torch = pytest.importorskip("torch")
    rl.manual_seed(0), torch.manual_seed(0)
    ours, theirs = tmp_path / "ours.pt", tmp_path / "theirs.pt"
    rl.save(of_all_kinds(rl), ours)
    torch.save(of_all_kinds(torch), theirs)
    for path in (ours, theirs):
        for options in ({}, {"mmap": True}):
            mine, other = rl.load(path, **options), torch.load(path, **options)
            assert described(mine) == described(other)
            for loaded in (mine, other):
                loaded["views"][0].fill_(5)
                assert loaded["views"][1].tolist() == [[5, 5], [5, 5]]


def test_data_of_numpy_as_recorded():
    """A file of PyTorch 2.13 with one float32 tensor: sizes (2,), values 1 and 2."""
    reference = (
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\nq\x00((X\x07\x00\x00\x00storageq\x01ctorch\n"
        b"FloatStorage\nq\x02X\x01\x00\x00\x000q\x03X\x03\x00\x00\x00cpuq\x04K\x02tq\x05QK\x00K\x02"
        b"\x85q\x06K\x01\x85q\x07\x89ccollections\nOrderedDict\nq\x08)Rq\ttq\nRq\x0b."
    )
    values = np.array([1, 2], np.float32).tobytes()
    assert rl.load(archive_of(reference, **{"data/0": values})).tolist() == [1, 2]


def test_typed_storages_are_announced_to_be_deprecated_once(monkeypatch):
    monkeypatch.setattr("rushlight.ops.warn._given", set())
    with pytest.warns(UserWarning, match="TypedStorage is deprecated"):
        rl.zeros(1).storage()
    rl.zeros(1).storage()
