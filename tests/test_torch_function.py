"""`__torch_function__`: who is asked, with what, and what becomes of the answer."""

import copy
import pickle

import pytest

import rushlight as rl
from rushlight import nn, overrides
from rushlight.nn import functional as F


class Plain(rl.Tensor):
    def doubled(self):
        return self * 2


class Derived(Plain):
    pass


class Other(rl.Tensor):
    pass


class Heard(rl.Tensor):
    calls: list = []

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        cls.calls.append(func)
        return super().__torch_function__(func, types, args, kwargs)


@pytest.fixture
def heard():
    Heard.calls.clear()
    return Heard([1.0, 2.0, 3.0])


def names(calls):
    return [overrides.resolve_name(func) for func in calls]


# Subclasses ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda x, t: x + t,
        lambda x, t: t + x,
        lambda x, t: 1 - x,
        lambda x, t: t @ x,
        lambda x, t: -x,
        lambda x, t: x == t,
        lambda x, t: x[0],
        lambda x, t: t[x.long() - 1],
        lambda x, t: x.data,
        lambda x, t: x[None].T,
        lambda x, t: x.double(),
        lambda x, t: x.new_zeros(2),
        lambda x, t: x.add_(1),
        lambda x, t: rl.add(input=t, other=x),
        lambda x, t: rl.stack([t, x]),
        lambda x, t: rl.where(t > 0, x, t),
        lambda x, t: rl.add(t, t, out=x),
        lambda x, t: rl.linalg.norm(x),
        lambda x, t: rl.fft.fft(x),
        lambda x, t: F.mse_loss(x, t),
        lambda x, t: F.cross_entropy(x[None], rl.tensor([1])),
        lambda x, t: nn.Linear(3, 2)(x),
        lambda x, t: rl.zeros_like(x),
        lambda x, t: nn.Parameter(x),
        lambda x, t: x.clone().detach().requires_grad_(),
        lambda x, t: copy.copy(x),
        lambda x, t: copy.deepcopy(x),
        lambda x, t: pickle.loads(pickle.dumps(x)),
    ],
)
def test_results_are_instances_of_the_subclass(make):
    assert type(make(Plain([1.0, 2.0, 3.0]), rl.ones(3))) is Plain


def test_tensors_in_tuples_are_converted_and_other_results_left():
    x = Plain([[1.0, 2.0], [4.0, 3.0]])
    top = x.max(0)
    assert type(top).__name__ == "max" and [type(part) for part in top] == [Plain, Plain]
    assert {type(part) for part in x.split(1)} == {Plain}
    assert {type(row) for row in x} == {Plain}
    assert type(x.shape) is rl.Size and type(x.tolist()) is list and x[0, 0].item() == 1


def test_constructors_copy_into_plain_tensors_and_views_keep_their_class():
    x = Plain([1.0, 2.0])
    assert type(rl.tensor(x.tolist())) is rl.Tensor
    assert type(rl.as_tensor(x)) is Plain


def test_gradients_flow_through_instances():
    leaf = rl.ones(2, requires_grad=True)
    y = leaf.as_subclass(Plain).doubled()
    assert type(y) is Plain and y.grad_fn.name() == "AliasBackward0"
    y.sum().backward()
    assert leaf.grad.tolist() == [2.0, 2.0]
    x = rl.Tensor._make_subclass(Plain, rl.ones(2), True)
    assert x.is_leaf and x.requires_grad
    x.doubled().sum().backward()
    assert type(x.grad) is rl.Tensor and x.grad.tolist() == [2.0, 2.0]


def test_instances_share_the_memory_they_are_made_of():
    data = rl.zeros(2)
    x = rl.Tensor._make_subclass(Plain, data)
    data.add_(1)
    assert x.tolist() == [1.0, 1.0] and x._version == 1
    assert data.as_subclass(Derived).data_ptr() == data.data_ptr()


def test_the_most_derived_class_answers():
    assert type(Plain([1.0]) + Derived([1.0])) is Derived
    assert type(Derived([1.0]) + Plain([1.0])) is Derived


def test_classes_that_know_nothing_of_each_other_are_refused():
    a, b = Plain([1.0]), Other([1.0])
    with pytest.raises(TypeError, match=r"^unsupported operand type\(s\) for \+: 'Plain' and 'Oth"):
        a + b
    with pytest.raises(
        TypeError,
        match=r"^Multiple dispatch failed for 'torch\.stack'; all __torch_function__ handlers "
        r"returned NotImplemented:\n\n  - tensor subclass <class '.*Plain'>\n  - tensor subclass",
    ):
        rl.stack([a, b])
    with pytest.raises(
        TypeError, match=r"^no implementation found for 'torch\.nn\.functional\.mse_loss' on types"
    ):
        F.mse_loss(a, b)


def test_as_subclass_refuses_other_classes():
    with pytest.raises(TypeError, match="^Creating a Tensor subclass from a class that does not"):
        rl.ones(1).as_subclass(int)
    with pytest.raises(TypeError, match=r"^_make_subclass\(\): argument 'data' \(position 2\) mus"):
        rl.Tensor._make_subclass(Plain, [1])


def test_text_names_the_class():
    assert repr(Plain([1.0])) == "Plain([1.])"
    assert repr(nn.Parameter(Plain([1.0]))) == "Parameter(Plain([1.], requires_grad=True))"
    assert f"{Plain([1.0])}" == "Plain([1.])"


# Parameters ---------------------------------------------------------------------------------------


def test_a_parameter_of_a_subclass_is_marked():
    layer = nn.Linear(2, 1)
    layer.weight = nn.Parameter(Plain([[1.0, 2.0]]))
    assert isinstance(layer.weight, nn.Parameter) and type(layer.weight) is Plain
    assert len(list(layer.parameters())) == 2
    rl.optim.SGD(layer.parameters(), 0.1)
    layer(rl.ones(2)).sum().backward()
    assert layer.weight.grad.tolist() == [[1.0, 1.0]]


def test_calls_with_parameters_make_plain_tensors():
    class Mine(nn.Parameter):
        pass

    assert type(Mine(rl.ones(2)) * 2) is rl.Tensor
    with pytest.raises(
        RuntimeError, match="^Creating a Parameter from an instance of type Mine re"
    ):
        nn.Parameter(Mine(rl.ones(1)))


# What is heard ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda x: x + 1, "torch.Tensor.add"),
        (lambda x: 1 + x, "torch.Tensor.add"),
        (lambda x: 1 - x, "torch.Tensor.__rsub__"),
        (lambda x: rl.ones(3) - x, "torch.Tensor.sub"),
        (lambda x: 2 / x, "torch.Tensor.__rdiv__"),
        (lambda x: x == 1, "torch.Tensor.__eq__"),
        (lambda x: x.__iadd__(1), "torch.Tensor.add_"),
        (lambda x: x[0], "torch.Tensor.__getitem__"),
        (lambda x: x.__setitem__(0, 5.0), "torch.Tensor.__setitem__"),
        (lambda x: x.shape, "torch.Tensor.shape.__get__"),
        (lambda x: x.__setattr__("grad", rl.ones(3)), "torch.Tensor.grad.__set__"),
        (lambda x: repr(x), "torch.Tensor.__repr__"),
        (lambda x: len(x), "torch.Tensor.__len__"),
        (lambda x: x.sum(), "torch.Tensor.sum"),
        (lambda x: rl.sum(x), "torch.sum"),
        (lambda x: rl.cat((rl.ones(1), x)), "torch.cat"),
        (lambda x: rl.std(x), "torch.std"),
        (lambda x: F.relu(x), "torch.nn.functional.relu"),
        (lambda x: rl.relu(x), "torch.relu"),
        (lambda x: rl.linalg.norm(x), "torch.linalg.norm"),
        (lambda x: nn.init.uniform_(x), "torch.nn.init.uniform_"),
    ],
)
def test_the_public_function_is_named_once(heard, call, name):
    call(heard)
    assert names(Heard.calls) == [name]


@pytest.mark.parametrize("call", [rl.is_tensor, hash, type])
def test_what_is_no_call_of_tensors_is_not_heard(heard, call):
    call(heard)
    assert not Heard.calls


def test_arguments_arrive_as_they_were_given():
    seen = []

    class Length:
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            seen.append((func, types, args, kwargs))
            return "answer"

    length = Length()
    assert rl.std(length, 0, keepdim=True) == "answer"
    assert seen == [(rl.std, (Length,), (length, 0), {"keepdim": True})]
    assert rl.ones(2) + length == "answer" and seen[-1][0] is rl.Tensor.add
    assert rl.ones(2) @ length == "answer" and rl.stack([rl.ones(1), length]) == "answer"


def test_who_answers_nothing_is_refused():
    class Mute:
        @classmethod
        def __torch_function__(cls, *args, **kwargs):
            return NotImplemented

    with pytest.raises(TypeError, match=r"^Multiple dispatch failed for 'torch\.mul'"):
        rl.mul(Mute(), 1)
    with pytest.raises(TypeError, match=r"^unsupported operand type\(s\) for \*: 'Tensor' and 'Mu"):
        rl.ones(1) * Mute()


def test_answers_may_call_the_function_on_plain_tensors():
    class Metadata:
        def __init__(self, data):
            self.data = rl.as_tensor(data)

        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            unwrapped = [x.data if isinstance(x, cls) else x for x in args]
            return cls(func(*unwrapped, **(kwargs or {})))

    assert rl.add(Metadata([1.0, 2.0]), rl.ones(2)).data.tolist() == [2.0, 3.0]


# Modes and switches -------------------------------------------------------------------------------


class Note(overrides.TorchFunctionMode):
    def __init__(self):
        self.calls = []

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.calls.append(overrides.resolve_name(func))
        return func(*args, **(kwargs or {}))


def test_a_mode_hears_every_call():
    with Note() as note:
        x = rl.zeros(2)
        y = F.relu(x + 1)
        rl.tensor(3.0)
    assert note.calls == [
        "torch.zeros",
        "torch.Tensor.add",
        "torch.nn.functional.relu",
        "torch.tensor",
    ]
    assert type(y) is rl.Tensor
    y.exp()
    assert len(note.calls) == 4


def test_the_inner_mode_is_asked_first():
    order = []

    class Named(overrides.TorchFunctionMode):
        def __init__(self, name):
            self.name = name

        def __torch_function__(self, func, types, args=(), kwargs=None):
            order.append(self.name)
            return func(*args, **(kwargs or {}))

    with Named("outer"), Named("inner"):
        rl.ones(1)
        assert overrides._get_current_function_mode().name == "inner"
    assert order == ["inner", "outer"] and overrides._get_current_function_mode() is None


def test_a_mode_without_an_answer_leaves_it_to_the_class():
    class Silent(overrides.TorchFunctionMode):
        def __torch_function__(self, *args, **kwargs):
            return NotImplemented

    class Deaf(rl.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return "answer"

    deaf = rl.ones(1).as_subclass(Deaf)
    with Silent():
        assert deaf + 1 == "answer"
        with pytest.raises(TypeError, match=r"(?s)^Multiple .* 'torch\.ones'.*\n  - mode object"):
            rl.ones(1)
    assert rl.ones(1).item() == 1


def test_classes_and_modes_can_be_passed_over(heard):
    with overrides.DisableTorchFunctionSubclass():
        assert type(heard + 1) is rl.Tensor and not overrides.has_torch_function((heard,))
    with Note() as note, rl._C.DisableTorchFunction():
        rl.ones(1)
        heard + 1
    assert not note.calls and not Heard.calls


def test_has_torch_function():
    plain, parameter = rl.ones(1), nn.Parameter(rl.ones(1))
    assert overrides.has_torch_function((plain, Plain([1.0])))
    assert overrides.has_torch_function_variadic(plain, Plain([1.0]))
    assert not overrides.has_torch_function((plain, parameter, 3))
    with Note():
        assert overrides.has_torch_function_unary(plain)


def test_a_users_function_asks_by_hand(heard):
    def double(x):
        if overrides.has_torch_function_unary(x):
            return overrides.handle_torch_function(double, (x,), x)
        return x * 2

    assert type(double(heard)) is Heard and Heard.calls == [double]

    @overrides.wrap_torch_function(lambda x: (x,))
    def triple(x):
        return x * 3

    assert type(triple(Plain([1.0]))) is Plain and type(triple(rl.ones(1))) is rl.Tensor


# What asks ----------------------------------------------------------------------------------------


def test_functions_are_known_by_name():
    listed = overrides.get_overridable_functions()
    assert rl.add in listed[rl] and rl.Tensor.add in listed[rl.Tensor]
    assert rl.Tensor.shape.__get__ in listed[rl.Tensor] and F.relu in listed[F]
    assert rl.zeros not in listed[rl] and rl.zeros in overrides.get_ignored_functions()
    assert overrides.is_tensor_method_or_property(rl.Tensor.shape.__get__)
    assert not overrides.is_tensor_method_or_property(rl.add)
    assert overrides.resolve_name(print) is None
    assert overrides.get_testing_overrides()[rl.add](1, 2) == -1


def test_functions_keep_signature_and_identity():
    import inspect

    assert next(iter(inspect.signature(rl.std).parameters)) == "input"
    assert "other" in inspect.signature(rl.mul).parameters
    with pytest.raises(TypeError, match="dim"):
        rl.cumsum(rl.ones(2))


def test_errors_of_functions_with_free_variables_are_explained():
    """Their frames are read for that."""

    class Asked(rl.Tensor):
        pass

    assert isinstance(rl.ones(2).as_subclass(Asked) + 1, Asked)
    with pytest.raises(RuntimeError, match="^both inputs should have same dtype"):
        rl.inner(rl.ones(2, 2), rl.ones(2, 2).int())
