"""Where explanations of what Python raises are shown: at the end of a program, in a notebook."""

import pytest

from tests.runs import python, rushlight_run


def ended(result):
    assert result.returncode == 1
    return result.stderr.decode("utf-8")


def test_plain_import_explains_what_ends_the_program(tmp_path):
    path = tmp_path / "wrong.py"
    path.write_text(
        "import rushlight as torch\n"
        "layer = torch.nn.Linear(2, 1)\n"
        "torch.optim.SGD(layer.parameters(), learning_rate=0.1)\n"
    )
    text = ended(python("wrong.py", cwd=tmp_path, env={"RUSHLIGHT_LANG": "en"}))
    first, _, explanation = text.rpartition("\n\nWhy: ")
    assert first.endswith("got an unexpected keyword argument 'learning_rate'")
    assert "wrong.py:3  torch.optim.SGD" in explanation
    assert explanation.endswith("Fix: `lr=` instead of `learning_rate=`?\n")


def test_programs_without_a_file_show_their_lines(tmp_path, monkeypatch):
    monkeypatch.setenv("RUSHLIGHT_LANG", "zh")
    code = "import torch\nw = torch.ones(2, requires_grad=True)\ny = w.exp()\ny *= 2\ny.sum().backward()"
    text = ended(rushlight_run("-c", code, cwd=tmp_path))
    assert "  <string>:3  y = w.exp()   <- Exp 在这里保存了它\n" in text
    assert "  <string>:4  y *= 2   <- 在这里被改写\n" in text


NOTEBOOK = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance(colors="nocolor")
shell.run_cell("import rushlight as torch\\nx = torch.ones(1, 3)", store_history=True)
shell.run_cell("x = x + 1\\ny = x.sqeeze(0)", store_history=True)
"""


def test_a_notebook_shows_the_cell(tmp_path):
    pytest.importorskip("IPython")
    env = {"RUSHLIGHT_LANG": "en", "IPYTHONDIR": str(tmp_path)}
    out = python("-c", NOTEBOOK, cwd=tmp_path, env=env).stdout.decode()
    assert "Cell In[2]:2  y = x.sqeeze(0)\n" in out
    assert "Fix: `x.squeeze`?" in out
