"""What a training script needs besides the model: data, checkpointing, timing."""
