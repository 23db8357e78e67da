"""Arguments of the wrong type, count or name are refused in PyTorch's words."""

import pathlib
import runpy

import pytest

import rushlight as rl
from rushlight.explain.arguments import argument_error, forms_of


def test_forms_are_shown_as_pytorch_shows_them():
    assert [str(form) for form in forms_of("max", method=False)] == [
        "(Tensor input, *, Tensor out = None)",
        "(Tensor input, Tensor other, *, Tensor out = None)",
        "(Tensor input, int dim, bool keepdim = False, *, tuple of Tensors out = None)",
    ]
    assert str(forms_of("add_", method=True)[0]) == "(Tensor other, *, Number alpha = 1)"


def test_good_arguments_are_left_alone():
    x = rl.ones(2, 3)
    for name, args, kwargs in [
        ("sum", (x, (0, 1)), {"keepdim": True}),
        ("sum", (x,), {"axis": 0}),
        ("add", (x, 1), {"alpha": rl.tensor(2)}),
        ("zeros", (2, 3), {"dtype": float, "device": "cpu"}),
        ("amax", (x, None), {}),
    ]:
        assert argument_error(name, args, kwargs) is None
    assert argument_error("no_function", (x,), {}) is None


def test_an_error_that_is_not_about_arguments_stays():
    with pytest.raises(IndexError, match="Dimension out of range"):
        rl.ones(2).unbind(3)


def test_what_the_user_named_is_shown_as_named():
    x = rl.ones(2, 3)
    with pytest.raises(TypeError, match=r"^sum\(\): argument 'dim' must be tuple of ints, not str"):
        x.sum(dim="a", keepdim=True)
    with pytest.raises(TypeError, match=r"^sum\(\): argument 'dim' \(position 1\) must be tuple"):
        x.sum("a", keepdim=True)


def test_errors_inside_other_functions_are_not_about_their_callers():
    def loss(x):
        return x.cumsum("a")

    with pytest.raises(TypeError, match=r"^cumsum\(\): argument 'dim' \(position 1\)"):
        loss(rl.ones(2))
    with pytest.raises(TypeError, match=r"^cat\(\): argument 'tensors' \(position 1\)"):
        rl.cat(3)


def test_the_table_is_that_of_pytorch():
    pytest.importorskip("torch")
    import signatures

    written = pathlib.Path(signatures.TABLE).read_text().splitlines()
    assert set(written) <= set(signatures.table().splitlines())


def test_functions_that_ask_refuse_in_the_same_words():
    class Asked(rl.Tensor):
        pass

    assert isinstance(rl.ones(2).as_subclass(Asked) + 1, Asked)
    x = rl.ones(2, 3)
    with pytest.raises(TypeError, match=r"^cumsum\(\): argument 'dim' \(position 2\) must be int"):
        rl.cumsum(x, "a")
    with pytest.raises(TypeError, match=r"^cumsum\(\): argument 'dim' must be int, not str"):
        x.cumsum(dim="a")
    with pytest.raises(TypeError, match=r"^unsqueeze\(\): argument 'dim' \(position 1\) must be"):
        x.unsqueeze("a")


def test_wrong_arguments_are_refused_the_same_after_autocast():
    x = rl.ones(2)
    with rl.autocast("cpu"):
        rl.cat([x, x])
    with pytest.raises(
        TypeError, match=r"^cat\(\): argument 'dim' \(position 2\) must be int, not"
    ):
        rl.cat([x, x], "a")


def test_a_program_may_be_called_as_a_file_of_rushlight(tmp_path):
    program = tmp_path / "casting.py"
    program.write_text("import rushlight\nx = rushlight.ones(2)\nrushlight.cat([x, x], 'a')\n")
    with pytest.raises(
        TypeError, match=r"^cat\(\): argument 'dim' \(position 2\) must be int, not"
    ):
        runpy.run_path(str(program))
