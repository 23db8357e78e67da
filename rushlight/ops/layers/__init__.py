"""What layers of networks compute: activations, convolutions, pools, norms, losses."""
