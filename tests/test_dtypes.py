"""What messages call a dtype in C++: one table for all of them."""

import pytest

import rushlight as rl


@pytest.mark.parametrize(
    ("dtype", "name"),
    [(rl.int16, "short int"), (rl.int32, "int"), (rl.int64, "long int"), (rl.bool, "bool")],
)
def test_messages_share_the_names_of_cpp(dtype, name):
    x = rl.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match=f"assign a gradient with dtype '{name}'"):
        x.grad = rl.ones(2, dtype=dtype)
    with pytest.raises(RuntimeError, match=f"to have the same dtype, but got: {name} != float"):
        rl.mm(rl.ones(2, 2, dtype=dtype), rl.ones(2, 2))
