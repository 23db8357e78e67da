"""Module: registration, traversal, state, hooks, conversion, copies and its printed form."""

import copy
import pickle
from collections import OrderedDict

import pytest

import rushlight as rl
from rushlight import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 3)
        self.bn = nn.BatchNorm1d(3)

    def forward(self, x):
        return self.bn(self.fc(x))


NET_REPR = """\
Net(
  (fc): Linear(in_features=2, out_features=3, bias=True)
  (bn): BatchNorm1d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
)"""

NET_KEYS = [
    "fc.weight",
    "fc.bias",
    "bn.weight",
    "bn.bias",
    "bn.running_mean",
    "bn.running_var",
    "bn.num_batches_tracked",
]


# Registration -------------------------------------------------------------------------------------


def test_members_are_found_in_the_order_of_assignment():
    net = Net()
    assert [name for name, _ in net.named_parameters()] == NET_KEYS[:4]
    assert [name for name, _ in net.named_buffers()] == NET_KEYS[4:]
    assert [name for name, _ in net.named_children()] == ["fc", "bn"]
    assert [name for name, _ in net.named_modules()] == ["", "fc", "bn"]
    assert list(net.state_dict()) == NET_KEYS


def test_members_are_live_dictionaries():
    net = Net()
    assert list(net._modules) == ["fc", "bn"] and "weight" in net.fc._parameters
    net._modules["fc"] = nn.Identity()
    assert isinstance(net.fc, nn.Identity)
    del net._modules["bn"]
    assert not hasattr(net, "bn")
    net._modules = OrderedDict(a=nn.ReLU())
    assert repr(net) == "Net(\n  (a): ReLU()\n)"


def test_a_member_that_is_assigned_again_keeps_its_place():
    layer = nn.Linear(2, 2)
    layer.weight = nn.Parameter(rl.zeros(2, 2))
    assert list(layer._parameters) == ["weight", "bias"]
    layer.weight = None
    assert layer.weight is None and list(layer.state_dict()) == ["bias"]


def test_the_kind_of_a_member_can_change():
    module = nn.Module()
    module.x = 3
    module.x = nn.Parameter(rl.ones(1))
    assert list(module._parameters) == ["x"]
    module.x = nn.ReLU()
    assert list(module._modules) == ["x"] and not module._parameters
    del module.x
    assert not hasattr(module, "x")


def test_shared_members_are_listed_once():
    net = Net()
    net.again = net.fc
    assert [n for n, _ in net.named_modules()] == ["", "fc", "bn"]
    assert [n for n, _ in net.named_modules(remove_duplicate=False)] == ["", "fc", "bn", "again"]
    assert len(list(net.parameters())) == 4
    assert "again.weight" in net.state_dict()


@pytest.mark.parametrize(
    ("name", "error", "text"),
    [
        (3, TypeError, "parameter name should be a string. Got int"),
        ("a.b", KeyError, 'parameter name can\\\'t contain "."'),
        ("", KeyError, 'parameter name can\\\'t be empty string ""'),
        ("fc", KeyError, "attribute 'fc' already exists"),
        ("forward", KeyError, "attribute 'forward' already exists"),
    ],
)
def test_names_that_are_refused(name, error, text):
    with pytest.raises(error) as caught:
        Net().register_parameter(name, None)
    assert text in str(caught.value) or text in repr(caught.value)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda m: m.register_parameter("p", rl.ones(1)),
            TypeError,
            "cannot assign 'torch.FloatTensor' object to parameter 'p' "
            r"\(torch.nn.Parameter or None required\)",
        ),
        (
            lambda m: m.register_buffer("p", 3),
            TypeError,
            r"cannot assign 'int' object to buffer 'p' \(torch Tensor or None required\)",
        ),
        (lambda m: m.add_module("p", 3), TypeError, "int is not a Module subclass"),
        (
            lambda m: setattr(m.fc, "weight", rl.ones(1)),
            TypeError,
            "cannot assign 'torch.FloatTensor' as parameter 'weight' "
            r"\(torch.nn.Parameter or None expected\)",
        ),
        (
            lambda m: setattr(m, "fc", 3),
            TypeError,
            r"cannot assign 'int' as child module 'fc' \(torch.nn.Module or None expected\)",
        ),
        (
            lambda m: setattr(m.bn, "running_mean", 3),
            TypeError,
            "cannot assign 'int' as buffer 'running_mean' "
            r"\(torch.nn.Buffer, torch.Tensor or None expected\)",
        ),
        (lambda m: m.foo, AttributeError, "'Net' object has no attribute 'foo'"),
        (lambda m: delattr(m, "foo"), AttributeError, "'Net' object has no attribute 'foo'"),
        (lambda m: m.get_submodule("fc.weight"), AttributeError, "`weight` is not an nn.Module"),
        (lambda m: m.get_parameter("fc.x"), AttributeError, "Linear has no attribute `x`"),
        (lambda m: m.get_buffer("bn.weight"), AttributeError, "`weight` is not a buffer"),
        (lambda m: m.train(3), ValueError, "training mode is expected to be boolean"),
        (
            lambda m: nn.Module()(3),
            NotImplementedError,
            r'Module \[Module\] is missing the required "forward" function',
        ),
        (
            lambda m: m.to(rl.int64),
            TypeError,
            "nn.Module.to only accepts floating point or complex dtypes, but got desired "
            "dtype=torch.int64",
        ),
        (
            lambda m: nn.Module(a=1),
            TypeError,
            r"Module.__init__\(\) got an unexpected keyword argument 'a'",
        ),
    ],
)
def test_refusals(call, error, text):
    with pytest.raises(error, match=text):
        call(Net())


def test_members_before_init_are_refused():
    class Early(nn.Module):
        def __init__(self, value):
            self.x = value

    with pytest.raises(AttributeError, match=r"cannot assign module before Module.__init__\(\)"):
        Early(nn.ReLU())
    with pytest.raises(AttributeError, match=r"cannot assign parameters before Module.__init__\("):
        Early(nn.Parameter(rl.ones(1)))
    assert Early(3).x == 3


def test_buffers():
    module = nn.Module()
    module.register_buffer("kept", rl.ones(1))
    module.register_buffer("lost", rl.ones(1), persistent=False)
    module.marked = nn.Buffer(rl.ones(1))
    module.plain = rl.ones(1)
    assert list(module.state_dict()) == ["kept", "marked"]
    assert [name for name, _ in module.named_buffers()] == ["kept", "lost", "marked"]


def test_set_submodule_replaces_at_a_path():
    net = nn.Sequential(nn.Sequential(nn.ReLU()))
    net.set_submodule("0.0", nn.Tanh())
    assert isinstance(net[0][0], nn.Tanh)
    with pytest.raises(ValueError, match="Cannot set the submodule without a target name!"):
        net.set_submodule("", nn.ReLU())


# Parameters ---------------------------------------------------------------------------------------


def test_parameter():
    p = nn.Parameter(rl.ones(2))
    assert repr(p) == "Parameter containing:\ntensor([1., 1.], requires_grad=True)"
    assert str(type(p)) == "<class 'torch.nn.parameter.Parameter'>"
    assert p.is_leaf and p.requires_grad and isinstance(p, rl.Tensor)
    assert type(p + 1) is rl.Tensor and type(p.data) is rl.Tensor
    assert type(copy.deepcopy(p)) is nn.Parameter
    assert not isinstance(rl.ones(2), nn.Parameter)


def test_parameter_shares_memory_with_its_data():
    data = rl.zeros(2)
    p = nn.Parameter(data)
    with rl.no_grad():
        p.add_(1)
    assert data.tolist() == [1.0, 1.0]


def test_integers_are_no_parameters_that_are_trained():
    text = "Only Tensors of floating point and complex dtype can require gradients"
    with pytest.raises(RuntimeError, match=text):
        nn.Parameter(rl.ones(2, dtype=rl.int64))
    assert not nn.Parameter(rl.ones(2, dtype=rl.int64), requires_grad=False).requires_grad


def test_buffer_is_a_marked_tensor():
    buffer = nn.Buffer(rl.ones(1), persistent=False)
    assert type(buffer) is rl.Tensor and isinstance(buffer, nn.Buffer) and not buffer.persistent
    assert not isinstance(rl.ones(1), nn.Buffer)


# State --------------------------------------------------------------------------------------------


def test_state_dict_and_back():
    net, other = Net(), Net()
    state = net.state_dict()
    assert type(state) is OrderedDict
    assert state._metadata == {"": {"version": 1}, "fc": {"version": 1}, "bn": {"version": 2}}
    assert repr(other.load_state_dict(state)) == "<All keys matched successfully>"
    assert rl.equal(other.fc.weight, net.fc.weight)
    assert not state["fc.weight"].requires_grad
    assert net.state_dict(keep_vars=True)["fc.weight"] is net.fc.weight
    assert next(iter(net.state_dict(prefix="a."))) == "a.fc.weight"


def test_keys_that_do_not_match():
    net = Net()
    state = OrderedDict(net.state_dict())
    state["zz"] = state.pop("fc.bias")
    text = (
        r"Error\(s\) in loading state_dict for Net:\n"
        r'\tMissing key\(s\) in state_dict: "fc.bias". \n'
        r'\tUnexpected key\(s\) in state_dict: "zz". '
    )
    with pytest.raises(RuntimeError, match=text):
        net.load_state_dict(state)
    report = net.load_state_dict(state, strict=False)
    expected = "_IncompatibleKeys(missing_keys=['fc.bias'], unexpected_keys=['zz'])"
    assert repr(report) == expected


def test_shapes_that_do_not_match():
    net = Net()
    state = OrderedDict(net.state_dict())
    state["fc.weight"] = rl.ones(4, 4)
    text = (
        r"size mismatch for fc.weight: copying a param with shape torch.Size\(\[4, 4\]\) from "
        r"checkpoint, the shape in current model is torch.Size\(\[3, 2\]\)."
    )
    with pytest.raises(RuntimeError, match=text):
        net.load_state_dict(state, strict=False)
    with pytest.raises(TypeError, match="Expected state_dict to be dict-like, got <class 'int'>"):
        net.load_state_dict(3)


def test_assign_takes_the_tensors_themselves():
    net = Net()
    state = OrderedDict(net.state_dict())
    state["fc.bias"] = rl.ones(3, dtype=rl.float64)
    net.load_state_dict(state, assign=True)
    assert net.fc.bias.dtype == rl.float64
    assert isinstance(net.fc.bias, nn.Parameter) and net.fc.bias.requires_grad


def test_extra_state():
    class Counter(nn.Module):
        def get_extra_state(self):
            return {"count": 3}

        def set_extra_state(self, state):
            self.loaded = state

    model = nn.Sequential(Counter())
    state = model.state_dict()
    assert dict(state) == {"0._extra_state": {"count": 3}}
    model.load_state_dict(state)
    assert model[0].loaded == {"count": 3}


def test_state_hooks():
    model, log = nn.Sequential(nn.Linear(2, 3)), []
    model.register_state_dict_pre_hook(lambda m, prefix, keep_vars: log.append("save"))
    model.register_state_dict_post_hook(lambda m, state, prefix, meta: log.append(list(state)))
    model.register_load_state_dict_pre_hook(lambda m, state, *rest: log.append("load"))
    model.register_load_state_dict_post_hook(lambda m, keys: log.append(repr(keys)))
    model.load_state_dict(model.state_dict())
    assert log == ["save", ["0.weight", "0.bias"], "load", "<All keys matched successfully>"]


# Hooks --------------------------------------------------------------------------------------------


def test_forward_hooks_in_their_order():
    layer, log = nn.Linear(2, 3), []
    layer.register_forward_hook(lambda *args: log.append("after"))
    layer.register_forward_hook(lambda *args: log.append("after, first"), prepend=True)
    layer.register_forward_pre_hook(lambda *args: log.append("before"))
    layer.register_forward_pre_hook(lambda *args: log.append("before, first"), prepend=True)
    layer(rl.ones(1, 2))
    assert log == ["before, first", "before", "after, first", "after"]


def test_hooks_replace_arguments_and_output():
    layer = nn.Identity()
    layer.register_forward_pre_hook(lambda module, args: args[0] * 10)
    layer.register_forward_hook(lambda module, args, output: output + 1)
    assert layer(rl.ones(1)).item() == 11


def test_hooks_with_keyword_arguments():
    class Scale(nn.Module):
        def forward(self, x, factor=1):
            return x * factor

    layer, seen = Scale(), []
    layer.register_forward_pre_hook(
        lambda module, args, kwargs: (args, {"factor": 5}), with_kwargs=True
    )
    layer.register_forward_hook(
        lambda module, args, kwargs, output: seen.append(kwargs), with_kwargs=True
    )
    assert layer(rl.ones(1), factor=2).item() == 5 and seen == [{"factor": 5}]
    layer.register_forward_pre_hook(lambda module, args, kwargs: 3, with_kwargs=True)
    text = r"forward pre-hook must return None or a tuple of \(new_args, new_kwargs\), but got 3."
    with pytest.raises(RuntimeError, match=text):
        layer(rl.ones(1))


def test_removed_hooks_do_not_run():
    layer, log = nn.Identity(), []
    handle = layer.register_forward_hook(lambda *args: log.append(1))
    handle.remove()
    handle.remove()
    with layer.register_forward_hook(lambda *args: log.append(2)):
        layer(rl.ones(1))
    layer(rl.ones(1))
    assert log == [2]


def test_hooks_that_are_always_called():
    class Broken(nn.Module):
        def forward(self, x):
            raise RuntimeError("boom")

    layer, log = Broken(), []
    layer.register_forward_hook(lambda m, args, output: log.append(output), always_call=True)
    with pytest.raises(RuntimeError, match="boom"):
        layer(3)
    assert log == [None]


def test_backward_hooks():
    layer, log = nn.Linear(2, 1, bias=False), []
    with rl.no_grad():
        layer.weight.copy_(rl.tensor([[2.0, 3.0]]))
    layer.register_full_backward_pre_hook(lambda module, grad_output: log.append(grad_output))
    layer.register_full_backward_hook(lambda module, gi, go: log.append((gi, go)) or (gi[0] * 2,))
    x = rl.ones(1, 2, requires_grad=True)
    layer(x).sum().backward()
    assert [g.tolist() for g in log[0]] == [[[1.0]]]
    assert log[1][0][0].tolist() == [[2.0, 3.0]] and log[1][1][0].tolist() == [[1.0]]
    assert x.grad.tolist() == [[4.0, 6.0]]
    assert layer.weight.grad.tolist() == [[1.0, 1.0]]


def test_backward_hook_without_differentiable_inputs():
    layer, log = nn.Linear(2, 1), []
    layer.register_full_backward_hook(lambda module, gi, go: log.append(gi))
    with pytest.warns(UserWarning, match="Full backward hook is firing when gradients are"):
        layer(rl.ones(1, 2)).sum().backward()
    assert log == [(None,)]


def test_one_kind_of_backward_hooks_per_module():
    layer = nn.Linear(2, 1)
    layer.register_full_backward_hook(lambda *args: None)
    text = "Cannot use both regular backward hooks and full backward hooks on a single Module."
    with pytest.raises(RuntimeError, match=text):
        layer.register_backward_hook(lambda *args: None)


def test_hooks_for_all_modules():
    from rushlight.nn.modules.module import (
        register_module_forward_hook,
        register_module_full_backward_hook,
    )

    log = []
    handles = [
        register_module_forward_hook(lambda m, args, output: log.append(m._get_name())),
        register_module_full_backward_hook(lambda m, gi, go: log.append(f"~{m._get_name()}")),
    ]
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    model(rl.ones(1, 2, requires_grad=True)).sum().backward()
    for handle in handles:
        handle.remove()
    model(rl.ones(1, 2))
    assert log == ["Linear", "ReLU", "Sequential", "~ReLU", "~Linear", "~Sequential"]


# Modes, conversion, copies ------------------------------------------------------------------------


def test_train_and_eval_reach_all_modules():
    net = Net()
    assert net.eval() is net and not net.bn.training
    assert net.train().bn.training


def test_requires_grad_and_zero_grad():
    net = Net()
    net(rl.ones(2, 2)).sum().backward()
    net.zero_grad(set_to_none=False)
    assert net.fc.weight.grad.abs().sum() == 0
    net.zero_grad()
    assert net.fc.weight.grad is None
    net.requires_grad_(False)
    assert not any(p.requires_grad for p in net.parameters())


def test_conversion_keeps_the_parameters_and_the_integers():
    net = Net()
    weight = net.fc.weight
    assert net.double() is net and net.fc.weight is weight
    assert weight.dtype == rl.float64 and net.bn.running_mean.dtype == rl.float64
    assert net.bn.num_batches_tracked.dtype == rl.int64
    assert net.to("cpu") is net and net.to(rl.float32).fc.weight.dtype == rl.float32
    assert net.to(rl.ones(1, dtype=rl.float64)).fc.weight.dtype == rl.float64
    assert net.half().fc.weight.dtype == rl.float16


def test_conversion_converts_the_gradient():
    net = Net()
    net(rl.ones(2, 2)).sum().backward()
    net.double()
    assert net.fc.weight.grad.dtype == rl.float64


def test_apply_calls_children_first():
    names = []
    Net().apply(lambda module: names.append(module._get_name()))
    assert names == ["Linear", "BatchNorm1d", "Net"]


def test_printed_form():
    assert repr(Net()) == NET_REPR

    class Extra(nn.Module):
        def extra_repr(self):
            return "one=1\ntwo=2"

    assert repr(Extra()) == "Extra(\n  one=1\n  two=2\n)"


def test_classes_are_named_as_in_pytorch():
    assert str(nn.Linear) == "<class 'torch.nn.modules.linear.Linear'>"
    assert str(nn.Module) == "<class 'torch.nn.modules.module.Module'>"
    assert str(nn.CrossEntropyLoss) == "<class 'torch.nn.modules.loss.CrossEntropyLoss'>"
    assert Net.__module__ == __name__


def test_pytorchs_addresses_lead_to_the_same_objects():
    from rushlight.nn import modules
    from rushlight.nn.modules.container import Sequential
    from rushlight.nn.modules.loss import _Loss
    from rushlight.nn.modules.module import Module

    assert Module is nn.Module and Sequential is nn.Sequential and issubclass(nn.MSELoss, _Loss)
    assert modules.Linear is nn.Linear and modules.linear.Linear is nn.Linear


def test_deepcopy_is_independent():
    net = Net()
    other = copy.deepcopy(net)
    with rl.no_grad():
        other.fc.weight.zero_()
    assert net.fc.weight.abs().sum() > 0
    assert list(other.state_dict()) == NET_KEYS


@pytest.mark.parametrize("module", [nn.Sequential(nn.Linear(2, 3), nn.ReLU()), Net()])
def test_pickle(module):
    loaded = pickle.loads(pickle.dumps(module))
    assert repr(loaded) == repr(module)
    x = rl.ones(4, 2)
    assert rl.equal(loaded.eval()(x), module.eval()(x))


def test_pickled_hooks_still_run():
    layer = nn.Linear(2, 3)
    layer.register_forward_hook(double_output)
    x = rl.ones(1, 2)
    assert rl.equal(copy.deepcopy(layer)(x), layer(x))


def double_output(module, args, output):
    return output * 2


def test_modules_are_freed_at_once():
    import weakref

    net = Net()
    gone = weakref.ref(net)
    del net
    assert gone() is None


# Lazy modules -------------------------------------------------------------------------------------


def test_lazy_linear_becomes_linear():
    layer = nn.LazyLinear(2)
    assert repr(layer) == "LazyLinear(in_features=0, out_features=2, bias=True)"
    assert repr(layer.weight) == "<UninitializedParameter>"
    with pytest.raises(ValueError, match="Attempted to use an uninitialized parameter in"):
        layer.weight.numel()
    with pytest.raises(RuntimeError, match="Can't access the shape of an uninitialized parameter"):
        layer.weight.shape
    weight = layer.weight
    assert layer(rl.ones(3, 4)).shape == (3, 2)
    assert type(layer) is nn.Linear and layer.weight is weight and weight.shape == (2, 4)
    assert type(weight) is nn.Parameter and not layer._forward_pre_hooks


def test_lazy_linear_draws_what_linear_draws():
    rl.manual_seed(3)
    lazy = nn.LazyLinear(2)
    lazy(rl.ones(1, 4))
    rl.manual_seed(3)
    assert rl.equal(nn.Linear(4, 2).weight, lazy.weight)


def test_lazy_modules_are_converted_and_loaded():
    layer = nn.LazyLinear(2).double()
    assert layer(rl.ones(1, 3, dtype=rl.float64)).dtype == rl.float64
    layer = nn.LazyLinear(2)
    layer.load_state_dict(nn.Linear(3, 2).state_dict())
    assert layer.weight.shape == (2, 3)
    norm = nn.LazyBatchNorm1d()
    norm(rl.ones(2, 3))
    assert type(norm) is nn.BatchNorm1d and norm.running_mean.shape == (3,)
