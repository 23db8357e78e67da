"""How it gets fast: a function is traced once, and runs as straight-line code from then on."""
