"""Where PyTorch keeps the parts of its loader: programs take `default_collate` from here."""

from rushlight.utils.data import collate, fetch, worker

__all__ = ["MP_STATUS_CHECK_INTERVAL", "collate", "fetch", "worker"]

MP_STATUS_CHECK_INTERVAL = 5.0
