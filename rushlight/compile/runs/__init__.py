"""A run repeated: what it depends on, where its inputs come from, the loop over the data."""
