"""Settings of PyTorch's code generator; programs may set them, and nothing depends on them."""

debug = False
freezing = False
max_autotune = False
coordinate_descent_tuning = False
