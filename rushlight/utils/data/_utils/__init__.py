"""Where PyTorch keeps the parts of its loader: programs take `default_collate` from here."""

from rushlight.utils.data import collate, fetch, worker

__all__ = [
    "HAS_NUMPY",
    "MP_STATUS_CHECK_INTERVAL",
    "collate",
    "fetch",
    "python_exit_status",
    "worker",
]

HAS_NUMPY = True
MP_STATUS_CHECK_INTERVAL = 5.0
python_exit_status = False
