"""Signal processing: `windows`."""

from rushlight.signal import windows as windows
