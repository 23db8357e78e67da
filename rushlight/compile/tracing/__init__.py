"""A run of a function, recorded: Symbols stand for arrays, and what is done to them is noted."""
