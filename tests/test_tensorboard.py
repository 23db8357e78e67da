"""Event files, read back record by record."""

import struct
import zlib

import numpy as np
import pytest

import rushlight as rl
from rushlight.utils import tensorboard
from rushlight.utils.tensorboard import SummaryWriter


def records(folder):
    (path,) = (path for path in folder.iterdir() if path.is_file())
    data = path.read_bytes()
    found = []
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        assert tensorboard.checksum(data[:8]) == data[8:12]
        found.append(data[12 : 12 + length])
        assert tensorboard.checksum(found[-1]) == data[12 + length : 16 + length]
        data = data[16 + length :]
    return found


def test_the_checksum_is_the_published_one():
    crc = 0xE3069283  # RFC 3720, of the digits 1 to 9
    masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
    assert tensorboard.checksum(b"123456789") == struct.pack("<I", masked)


def test_a_scalar_is_encoded_as_tensorflow_encodes_it(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("loss", rl.tensor(0.5, requires_grad=True), 300, walltime=1.0)
    version, event = records(tmp_path)
    assert version.endswith(b"\x1a\x0dbrain.Event:2")
    value = b"\x0a\x04loss\x15" + struct.pack("<f", 0.5)
    assert event == (
        b"\x09" + struct.pack("<d", 1.0) + b"\x10\xac\x02"
        b"\x2a" + bytes([len(value) + 2]) + b"\x0a" + bytes([len(value)]) + value
    )  # fmt: skip


def test_several_curves_have_a_directory_each(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalars("accuracy", {"train": 0.9, "test": 0.8}, 1)
    names = {path.name for path in tmp_path.iterdir() if path.is_dir()}
    assert names == {"accuracy_train", "accuracy_test"}
    assert b"accuracy" in records(tmp_path / "accuracy_test")[1]


def test_an_image_is_a_png(tmp_path):
    picture = np.random.rand(3, 4, 5)
    with SummaryWriter(tmp_path) as writer:
        writer.add_image("picture", rl.tensor(picture), 1)
        with pytest.raises(ValueError, match="an image in the format 'CHW' has 3 axes, not 2"):
            writer.add_image("flat", picture[0], 1)
    event = records(tmp_path)[1]
    packed = event[event.index(b"IDAT") + 4 :]
    rows = np.frombuffer(zlib.decompressobj().decompress(packed), np.uint8).reshape(4, 1 + 15)
    expected = (picture * 255).astype(np.uint8).transpose(1, 2, 0).reshape(4, 15)
    assert (rows[:, 0] == 0).all() and (rows[:, 1:] == expected).all()


def test_texts_histograms_and_batches_are_written(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_text("note", "hello", 1)
        writer.add_histogram("weights", rl.arange(10), 1)
        writer.add_images("batch", rl.zeros(4, 1, 2, 3), 1)
    _, note, weights, batch = records(tmp_path)
    assert b"note/text_summary" in note and b"hello" in note
    assert struct.pack("<d", 45.0) in weights
    assert struct.pack(">II", 12, 2) in batch


def test_graphs_are_not_written(tmp_path):
    with SummaryWriter(tmp_path) as writer, pytest.warns(UserWarning, match="writes no graphs"):
        writer.add_graph(None)
