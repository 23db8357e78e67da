"""Names that programs touch on the way: they import, answer, or say what to do instead."""

import subprocess
import sys

import pytest

import rushlight as rl


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (
            "fx.symbolic_trace",
            "torch.fx.symbolic_trace isn't there: Rushlight doesn't trace modules",
        ),
        ("fx.Tracer", "torch.fx.Tracer isn't there"),
        ("export.export", "torch.export.export isn't there: Rushlight exports no programs"),
        ("quantization.quantize_dynamic", "isn't there: Rushlight has no quantized tensors"),
    ],
)
def test_absent_features_import_and_say_so(path, message):
    module, name = path.split(".")
    with pytest.raises(RuntimeError, match=message):
        getattr(getattr(rl, module), name)(rl.nn.ReLU())


def test_an_absent_class_can_be_inherited_from():
    class Own(rl.fx.Tracer):
        pass

    with pytest.raises(RuntimeError, match="isn't there"):
        Own()


def test_settings_of_the_compiler_can_be_set():
    rl._dynamo.config.suppress_errors = False
    rl._dynamo.reset()
    rl._inductor.config.freezing = False
    rl._logging.set_logs(graph_code=True)
    assert rl._dynamo.disable(abs)(-1) == 1


def test_types_are_there():
    import rushlight.types as types

    assert isinstance(1.5, types.Number) and types._size and types._dtype is rl.dtype


def test_names_of_torchscript():
    jit = rl.jit
    assert jit.annotate(int, 3) == jit.Attribute(3, int) == jit.wait(jit.fork(abs, -3)) == 3
    assert jit.freeze(abs) is abs and issubclass(jit.ScriptModule, rl.nn.Module)
    with pytest.warns(UserWarning, match="torch.jit.trace_module returns what it is given"):
        assert jit.trace_module(abs, {}) is abs


class Meters:
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return "asked" if function is rl.sum else NotImplemented


def test_overrides_ask_torch_function():
    from rushlight import overrides

    length = Meters()
    assert overrides.is_tensor_like(length) and overrides.has_torch_function((rl.ones(1), length))
    assert not overrides.has_torch_function_unary(rl.ones(1))
    assert overrides.handle_torch_function(rl.sum, (length,), length) == "asked"
    with pytest.raises(TypeError, match=r"^Multiple dispatch failed for 'torch\.mean'; all"):
        overrides.handle_torch_function(rl.mean, (length,), length)


def test_handles_have_their_old_address():
    from rushlight.utils.hooks import RemovableHandle

    handle = rl.ones(1, requires_grad=True).register_hook(lambda g: g)
    assert isinstance(handle, RemovableHandle)


def test_rare_modules_are_not_imported_at_once():
    rare = (
        "sparse testing fx export quantization overrides types shared_memory _dynamo profiler jit"
    )
    code = f"import sys, rushlight; print([m for m in {rare.split()} if 'rushlight.' + m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_backends_answer():
    answers = {"mkl": True, "openmp": True, "mkldnn": False, "opt_einsum": False}
    for name, answer in answers.items():
        assert getattr(rl.backends, name).is_available() is answer
    assert rl.backends.cpu.get_cpu_capability() == "DEFAULT"


def test_tables_of_members_show_themselves_as_dictionaries():
    model = rl.nn.Sequential(rl.nn.ReLU())
    assert repr(model._modules.keys()) == "dict_keys(['0'])"
    assert list(model._modules.values()) == [model[0]]
    assert dict(model._modules.items()) == {"0": model[0]}


@pytest.mark.parametrize("bias", [True, False])
def test_a_batch_norm_fuses_with_the_layer_before(bias):
    x, norm = rl.randn(5, 4, 7, 7), rl.nn.BatchNorm2d(6)
    layer = rl.nn.Conv2d(4, 6, 3, bias=bias)
    norm(layer(x))
    fused = rl.nn.utils.fuse_conv_bn_eval(layer.eval(), norm.eval())
    assert rl.allclose(fused(x), norm(layer(x)), atol=1e-5)
    with pytest.raises(AssertionError, match="^Fusion only for eval!"):
        rl.nn.utils.fuse_conv_bn_eval(layer.train(), norm)
    rows, norm = rl.randn(8, 4), rl.nn.BatchNorm1d(3).eval()
    layer = rl.nn.Linear(4, 3, bias=bias).eval()
    fused = rl.nn.utils.fuse_linear_bn_eval(layer, norm)
    assert rl.allclose(fused(rows), norm(layer(rows)), atol=1e-5)
    with pytest.raises(AssertionError, match="^To fuse, linear.out_features == bn.num_features"):
        rl.nn.utils.fuse_linear_bn_eval(layer, rl.nn.BatchNorm1d(4).eval())


def test_functions_have_their_other_address():
    from rushlight.nn.common_types import _size_2_t

    assert rl.functional.einsum is rl.einsum and rl.functional.norm is rl.norm
    assert isinstance((1, 2), tuple) and _size_2_t == int | tuple[int, int]
    assert not rl.has_cuda and rl.has_lapack and rl.GradScaler is rl.amp.GradScaler


def test_numbers_that_are_left_open_can_be_asked_for():
    assert not isinstance(1, (rl.SymInt, rl.SymFloat, rl.SymBool))
    with pytest.raises(RuntimeError, match="Rushlight knows every number"):
        rl.SymInt(None)


def test_whatever_is_listed_is_there_and_modules_are_not_hidden_by_functions():
    listed = [name for name in dir(rl) if name not in ("newaxis",)]
    assert [name for name in listed if getattr(rl, name, None) is None] == []
    assert rl.storage.UntypedStorage is rl.UntypedStorage
    assert rl.torch_version.TorchVersion is type(rl.__version__)
