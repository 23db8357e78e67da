"""The methods of Tensor that forward to operations: one line each, one module per family."""

from rushlight.methods import (
    casts,
    functions,
    in_place,
    indexing,
    memory,
    operators,
    products,
    rare,
    shapes,
)
from rushlight.methods.casts import Casts
from rushlight.methods.functions import Functions
from rushlight.methods.in_place import InPlace
from rushlight.methods.indexing import Indexing
from rushlight.methods.memory import Memory
from rushlight.methods.operators import Operators
from rushlight.methods.products import Products
from rushlight.methods.rare import Rare
from rushlight.methods.shapes import Shapes

__all__ = [
    "Casts",
    "Functions",
    "InPlace",
    "Indexing",
    "Memory",
    "Operators",
    "Products",
    "Rare",
    "Shapes",
]

FAMILIES = casts, functions, in_place, indexing, memory, operators, products, rare, shapes
