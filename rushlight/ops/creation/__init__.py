"""Tensors from nothing, from Python and NumPy, from chance, and from others in another dtype."""
