"""The one place where the version is written: the wheel's metadata is read from here."""

__version__ = "0.1.0"
cuda = None
hip = None
