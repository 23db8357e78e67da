"""Write TensorBoard's event files, without TensorBoard: `tensorboard --logdir runs` shows them.

An event file is a sequence of TFRecords (length, checksum, data, checksum), each an `Event` message
of `tensorflow/core/util/event.proto` in protocol-buffer encoding. The few kinds of fields that such
messages need are encoded here by hand.
"""

from __future__ import annotations

import os
import socket
import struct
import time
import zlib

import numpy as np

__all__ = ["SummaryWriter"]


class SummaryWriter:
    """Writes scalars, histograms, texts and images to one file of events under `log_dir`.

    The default directory is `runs/` with the date, the time and the host's name, and `comment` at
    the end. Values may be Tensors, arrays or numbers. The file is written through at `flush` and
    `close`, and after `max_queue` events.

    >>> import tempfile, rushlight as torch
    >>> with tempfile.TemporaryDirectory() as folder, SummaryWriter(folder) as writer:
    ...     for step in range(3):
    ...         writer.add_scalar("loss", torch.tensor(1.0 / (step + 1)), step)
    """

    def __init__(
        self, log_dir=None, comment="", purge_step=None, max_queue=10, flush_secs=120,
        filename_suffix="",
    ):  # fmt: skip
        if not log_dir:
            moment = time.strftime("%b%d_%H-%M-%S")
            log_dir = os.path.join("runs", f"{moment}_{socket.gethostname()}{comment}")
        self.log_dir = os.fspath(log_dir)
        self._suffix, self._max_queue, self._queued = filename_suffix, max_queue, 0
        self._writers: dict[str, SummaryWriter] = {}  # the curves of add_scalars
        os.makedirs(self.log_dir, exist_ok=True)
        self._file = open(self._free_path(), "xb")  # noqa: SIM115
        self._record(text(3, "brain.Event:2"))
        self.flush()

    def _free_path(self) -> str:
        """A new file's name; the number tells writers of one process and second apart."""
        number = 0
        while True:
            name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}"
            path = os.path.join(self.log_dir, f"{name}.{os.getpid()}.{number}{self._suffix}")
            if not os.path.exists(path):
                return path
            number += 1

    def add_scalar(
        self, tag, scalar_value, global_step=None, walltime=None, new_style=False,
        double_precision=False,
    ):  # fmt: skip
        """One point of the curve `tag`."""
        value = float(array(scalar_value))
        self._value(tag, struct.pack("<Bf", 2 << 3 | 5, value), global_step, walltime)

    def add_scalars(self, main_tag, tag_scalar_dict, global_step=None, walltime=None):
        """A point of several curves in one chart; each curve has a directory of its own."""
        for tag, value in tag_scalar_dict.items():
            name = f"{main_tag}/{tag}".replace("/", "_")
            if name not in self._writers:
                self._writers[name] = SummaryWriter(os.path.join(self.log_dir, name))
            self._writers[name].add_scalar(main_tag, value, global_step, walltime)

    def add_histogram(
        self, tag, values, global_step=None, bins="tensorflow", walltime=None, max_bins=None
    ):
        """How often the elements of `values` lie in each bin (by default 64 equal ones)."""
        values = array(values).astype(np.float64).ravel()
        counts, edges = np.histogram(values, 64 if bins == "tensorflow" else bins)
        histogram = b"".join(
            [
                *(double(1, values.min()), double(2, values.max()), double(3, values.size)),
                *(double(4, values.sum()), double(5, (values * values).sum())),
                message(6, edges[1:].astype("<f8").tobytes()),
                message(7, counts.astype("<f8").tobytes()),
            ]
        )
        self._value(tag, message(5, histogram), global_step, walltime)

    def add_text(self, tag, text_string, global_step=None, walltime=None):
        """A text, in which Markdown is shown as such."""
        plugin = message(9, message(1, text(1, "text")))
        shape = message(2, message(2, integer(1, 1)))
        tensor = message(8, integer(1, 7) + shape + text(8, text_string))
        self._value(f"{tag}/text_summary", tensor + plugin, global_step, walltime)

    def add_image(self, tag, img_tensor, global_step=None, walltime=None, dataformats="CHW"):
        """A picture of bytes, or of numbers from 0 to 1; `dataformats` names its axes."""
        pixels = to_bytes(array(img_tensor))
        axes = dataformats.upper()
        if pixels.ndim != len(axes):
            raise ValueError(
                f"an image in the format {dataformats!r} has {len(axes)} axes, not {pixels.ndim}"
            )
        order = [axes.index(axis) for axis in "HWC" if axis in axes]
        pixels = pixels.transpose(order).reshape(*(pixels.shape[i] for i in order[:2]), -1)
        height, width, channels = pixels.shape
        size = integer(1, height) + integer(2, width) + integer(3, channels)
        picture = message(4, size + message(4, png(pixels)))
        self._value(tag, picture, global_step, walltime)

    def add_images(self, tag, img_tensor, global_step=None, walltime=None, dataformats="NCHW"):
        """A batch of pictures, side by side."""
        images, axes = array(img_tensor), dataformats.upper()
        images = np.moveaxis(images, axes.index("N"), 0)
        axes = axes.replace("N", "")
        row = np.concatenate(list(images), axis=axes.index("W"))
        self.add_image(tag, row, global_step, walltime, axes)

    def add_figure(self, tag, figure, global_step=None, close=True, walltime=None):
        """A Matplotlib figure, as a picture."""
        from matplotlib import pyplot
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        self.add_image(tag, canvas.buffer_rgba(), global_step, walltime, "HWC")
        if close:
            pyplot.close(figure)

    def add_graph(self, model, input_to_model=None, verbose=False, use_strict_trace=True):
        """Write nothing, and say so: `print(model)` shows the layers."""
        say_unwritten("graphs")

    def add_hparams(
        self, hparam_dict, metric_dict, hparam_domain_discrete=None, run_name=None, global_step=None
    ):
        """The hyperparameters as a table of text, the metrics as curves."""
        rows = "\n".join(f"| {name} | {value} |" for name, value in hparam_dict.items())
        self.add_text("hyperparameters", f"| name | value |\n|---|---|\n{rows}", global_step)
        for name, value in metric_dict.items():
            self.add_scalar(name, value, global_step)

    def add_embedding(self, mat, *args, **kwargs):
        """Write nothing, and say so."""
        say_unwritten("embeddings")

    def add_audio(self, tag, snd_tensor, *args, **kwargs):
        """Write nothing, and say so."""
        say_unwritten("sound")

    def add_video(self, tag, vid_tensor, *args, **kwargs):
        """Write nothing, and say so."""
        say_unwritten("videos")

    def add_pr_curve(self, tag, labels, predictions, *args, **kwargs):
        """Write nothing, and say so."""
        say_unwritten("precision-recall curves")

    def _value(self, tag: str, value: bytes, step, walltime) -> None:
        summary = message(5, message(1, text(1, tag) + value))
        self._record((integer(2, int(step)) if step is not None else b"") + summary, walltime)
        self._queued += 1
        if self._queued >= self._max_queue:
            self.flush()

    def _record(self, event: bytes, walltime=None) -> None:
        data = double(1, time.time() if walltime is None else walltime) + event
        length = struct.pack("<Q", len(data))
        self._file.write(length + checksum(length) + data + checksum(data))

    def get_logdir(self) -> str:
        """The directory of the events."""
        return self.log_dir

    def flush(self) -> None:
        """Write everything through to the file."""
        self._file.flush()
        self._queued = 0
        for writer in self._writers.values():
            writer.flush()

    def close(self) -> None:
        """Write everything and close the file."""
        self._file.close()
        for writer in self._writers.values():
            writer.close()

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(self, *error) -> None:
        self.close()


def say_unwritten(what: str) -> None:
    """Warn in the caller's caller that there is nothing in the file."""
    import warnings

    warnings.warn(f"Rushlight writes no {what} for TensorBoard", stacklevel=3)


def array(value) -> np.ndarray:
    """The array of a Tensor, also of one that requires grad, or of anything like an array."""
    return np.asarray(value.detach() if hasattr(value, "detach") else value)


def to_bytes(values: np.ndarray) -> np.ndarray:
    """Colours as bytes: floating-point ones are from 0 to 1."""
    if values.dtype.kind == "f":
        values = values.clip(0, 1) * 255
    return values.astype(np.uint8)


def png(pixels: np.ndarray) -> bytes:
    """The PNG file of (height, width, channels) bytes (ISO/IEC 15948)."""
    height, width, channels = pixels.shape
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes())), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


# Protocol buffers: a field is its number and kind, and then its value.


def varint(value: int) -> bytes:
    value &= 2**64 - 1
    digits = []
    while value > 127:
        digits.append(value & 127 | 128)
        value >>= 7
    return bytes([*digits, value])


def integer(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def double(field: int, value: float) -> bytes:
    return varint(field << 3 | 1) + struct.pack("<d", value)


def message(field: int, data: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(data)) + data


def text(field: int, value: str) -> bytes:
    return message(field, value.encode())


def crc32c_table() -> list[int]:
    """The checksum of each byte by the polynomial of G. Castagnoli et al., 1993."""
    table = list(range(256))
    for _ in range(8):
        table = [value >> 1 ^ (0x82F63B78 if value & 1 else 0) for value in table]
    return table


CRC32C = crc32c_table()


def checksum(data: bytes) -> bytes:
    """The masked CRC-32C of a TFRecord: rotated, and shifted by a constant."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = CRC32C[(crc ^ byte) & 255] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)
