"""Functions of the elements at one place: arithmetic, powers, comparisons, special functions."""
