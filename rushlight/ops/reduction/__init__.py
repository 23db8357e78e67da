"""What looks at many elements along a dimension: sums, extremes, order, running totals."""
