"""Expressions in which tests say what they compute, and the tensors that have names in them."""

import warnings

import rushlight
import rushlight.special

NAMES = """
x = torch.tensor([1.5, -2.0, 0.25])
y = torch.tensor([2.0, 3.0, -1.0])
m = torch.tensor([[1.0, 5.0, 3.0], [4.0, 4.0, 0.0]])
i = torch.tensor([3, -2, 0])
u = torch.tensor([200, 3], dtype=torch.uint8)
b = torch.tensor([True, False, True])
c = torch.tensor([1 + 2j, -0.5j])
h = torch.tensor([1.5, -2.0], dtype=torch.float16)
n = torch.tensor([float("nan"), 1.0, float("inf"), -float("inf")])
r = torch.tensor([1.0, 2.0], requires_grad=True)
e = torch.zeros(0)
s = torch.tensor(3.0)
"""


def evaluate(expression, torch=rushlight, more_names=""):
    """The value of an expression, with this library under the name `torch`."""
    names = {"torch": torch}
    exec(NAMES + more_names, names)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return eval(expression, names)
