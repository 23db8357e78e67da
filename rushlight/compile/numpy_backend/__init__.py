"""A Program as Python source that runs on NumPy, into planned buffers."""
