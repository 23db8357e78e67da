"""Sequential, ModuleList, ModuleDict, ParameterList and ParameterDict."""

from collections import OrderedDict

import pytest

import rushlight as rl
from rushlight import nn


def sequential():
    return nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 3))


def names(modules):
    return [type(module).__name__ for module in modules]


def test_sequential_calls_one_after_another():
    assert sequential()(rl.ones(4, 1)).shape == (4, 3)
    assert nn.Sequential()(3) == 3


def test_sequential_prints_its_members():
    assert repr(sequential()) == (
        "Sequential(\n"
        "  (0): Linear(in_features=1, out_features=2, bias=True)\n"
        "  (1): ReLU()\n"
        "  (2): Linear(in_features=2, out_features=3, bias=True)\n"
        ")"
    )


def test_sequential_is_indexed_and_sliced():
    model = sequential()
    assert names([model[0], model[-2]]) == ["Linear", "ReLU"]
    assert list(model[1:]._modules) == ["1", "2"]
    named = nn.Sequential(OrderedDict(a=nn.Tanh(), b=nn.ReLU()))
    assert named.a is named[0] and list(named[1:]._modules) == ["b"]
    with pytest.raises(IndexError, match="index 5 is out of range"):
        model[5]


def test_sequential_is_edited():
    model = sequential()
    model.append(nn.Tanh()).extend([nn.ReLU()]).insert(1, nn.Sigmoid())
    assert names(model) == ["Linear", "Sigmoid", "ReLU", "Linear", "Tanh", "ReLU"]
    del model[0:2]
    assert list(model._modules) == ["0", "1", "2", "3"]
    assert names([model.pop(0)]) == ["ReLU"]
    model[0] = nn.Identity()
    assert names(model) == ["Identity", "Tanh", "ReLU"]
    assert names(model + nn.Sequential(nn.GELU())) == ["Identity", "Tanh", "ReLU", "GELU"]
    assert len(model * 2) == 6 and len(2 * model) == 6
    model += nn.Sequential(nn.SELU())
    assert names(model)[-1] == "SELU"


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda m: m + 3, ValueError, "add operator supports only objects of Sequential class"),
        (lambda m: m * 0, ValueError, "Non-positive multiplication factor 0 for <class 'torch.nn."),
        (lambda m: m * 1.5, TypeError, r"unsupported operand type\(s\) for \*: <class 'torch.nn"),
        (lambda m: m.insert(9, nn.ReLU()), IndexError, "Index out of range: 9"),
        (lambda m: m.append(3), TypeError, "int is not a Module subclass"),
        (lambda m: nn.Sequential([nn.ReLU()]), TypeError, "list is not a Module subclass"),
        (lambda m: nn.ModuleList(3), TypeError, "ModuleList.extend should be called with an iter"),
        (lambda m: nn.ModuleDict(3), TypeError, "ModuleDict.update should be called with an iter"),
        (
            lambda m: nn.ModuleDict([(1, 2, 3)]),
            ValueError,
            "element #0 has length 3; 2 is required",
        ),
        (lambda m: nn.ModuleDict({"pop": m}), KeyError, "attribute 'pop' already exists"),
        (lambda m: nn.ParameterList([])(3), RuntimeError, "ParameterList should not be called."),
    ],
)
def test_refusals(call, error, text):
    with pytest.raises(error, match=text):
        call(sequential())


def test_module_list():
    layers = nn.ModuleList([nn.Linear(1, 1), nn.Linear(1, 1), nn.ReLU()])
    assert repr(layers) == (
        "ModuleList(\n"
        "  (0-1): 2 x Linear(in_features=1, out_features=1, bias=True)\n"
        "  (2): ReLU()\n"
        ")"
    )
    layers.insert(0, nn.Tanh())
    assert names(layers) == ["Tanh", "Linear", "Linear", "ReLU"]
    assert names(layers[1:3]) == ["Linear", "Linear"] and names([layers.pop(-1)]) == ["ReLU"]
    layers += [nn.GELU()]
    assert len(layers) == 4 and len(layers + layers) == 8
    assert list(layers.state_dict()) == ["1.weight", "1.bias", "2.weight", "2.bias"]


def test_module_dict():
    modules = nn.ModuleDict({"a": nn.Linear(1, 1), "b": nn.ReLU()})
    assert list(modules) == ["a", "b"] and "a" in modules and modules["b"] is modules.b
    modules["c"] = nn.Tanh()
    modules.update([("d", nn.GELU())])
    assert names([modules.pop("b")]) == ["ReLU"]
    del modules["a"]
    assert repr(modules) == "ModuleDict(\n  (c): Tanh()\n  (d): GELU(approximate='none')\n)"
    with pytest.raises(KeyError, match="z"):
        modules["z"]


def test_parameter_list():
    values = nn.ParameterList([rl.ones(2), 3])
    values.append(rl.ones(2, 3))
    assert repr(values) == (
        "ParameterList(\n"
        "    (0): Parameter containing: [torch.float32 of size 2]\n"
        "    (1): Object of type: int\n"
        "    (2): Parameter containing: [torch.float32 of size 2x3]\n"
        ")"
    )
    assert [name for name, _ in values.named_parameters()] == ["0", "2"]
    assert values[-1].shape == (2, 3) and len(values[1:]) == 2


def test_parameter_dict():
    values = nn.ParameterDict({"a": rl.ones(2), "b": nn.Parameter(rl.ones(1))})
    assert list(values) == ["a", "b"] and list(values.state_dict()) == ["a", "b"]
    assert values.get("z", 5) == 5 and list(reversed(values)) == ["b", "a"]
    assert values.pop("a").shape == (2,) and list(values | {"c": rl.ones(1)}) == ["b", "c"]
    assert (
        repr(values) == "ParameterDict(  (b): Parameter containing: [torch.FloatTensor of size 1])"
    )


def test_flatten_and_unflatten():
    assert nn.Flatten()(rl.ones(2, 3, 4)).shape == (2, 12)
    assert nn.Flatten(0, 1)(rl.ones(2, 3, 4)).shape == (6, 4)
    assert nn.Unflatten(1, (2, 3))(rl.ones(4, 6)).shape == (4, 2, 3)
    with pytest.raises(TypeError, match="unflattened_size must be a tuple of ints, but found type"):
        nn.Unflatten(1, 3)
