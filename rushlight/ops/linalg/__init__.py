"""Matrices: products, equations, factorizations."""
