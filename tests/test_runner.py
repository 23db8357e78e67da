"""`rushlight run` behaves as `python` does, but that `import torch` gives Rushlight."""

import importlib.util
import subprocess
import sys

import pytest
from runs import ROOT, python, rushlight_run


@pytest.fixture
def program(tmp_path):
    """Write a program; returns its path."""

    def write(source, name="program.py"):
        path = tmp_path / name
        path.write_bytes(source.encode() if isinstance(source, str) else source)
        return path

    return write


def output(result):
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout.decode()


# The alias


def test_torch_is_rushlight_under_every_name(program, tmp_path):
    path = program("""
import importlib, importlib.util, pickle, sys
assert importlib.util.find_spec("torch") is not None
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.optim import SGD
from torch.utils.data import DataLoader
from torch.nn.modules.linear import Linear
import torch.tensor  # a module of Rushlight's, behind the function
import rushlight, rushlight.nn.functional, rushlight.optim
assert torch is rushlight
for name, module in list(sys.modules.items()):
    if name.partition(".")[0] == "torch":
        assert sys.modules["rushlight" + name[len("torch"):]] is module, name
assert nn is rushlight.nn and F is rushlight.nn.functional and SGD is rushlight.optim.SGD
assert Linear is nn.Linear and torch.tensor([1]).item() == 1
assert pickle.loads(pickle.dumps(Linear)) is Linear
assert importlib.util.find_spec("torch.nn") is not None
assert importlib.util.find_spec("torch.nowhere") is None
spec = nn.__spec__
assert spec.name == "rushlight.nn" and importlib.reload(nn) is nn
""")
    output(rushlight_run(path, cwd=tmp_path))


def test_real_pytorch_is_never_loaded(program, tmp_path):
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("raise SystemExit('the other torch')")
    assert "0.1" in output(
        rushlight_run(program("import torch; print(torch.version.release)"), cwd=tmp_path)
    )


def test_install_refuses_when_pytorch_is_imported(tmp_path):
    code = (
        "import sys, types; sys.modules['torch'] = types.ModuleType('torch')\n"
        "from rushlight.runner import alias\n"
        "alias.install()"
    )
    assert b"PyTorch is already imported" in python("-c", code, cwd=tmp_path).stderr


def test_uninstall_forgets_the_alias(tmp_path):
    code = (
        "import sys, importlib.util\n"
        "from rushlight.runner import alias\n"
        "before = list(sys.meta_path)\n"
        "alias.install(); import torch.nn; alias.uninstall()\n"
        "assert not any(name.partition('.')[0] == 'torch' for name in sys.modules)\n"
        "assert alias.AliasFinder not in sys.meta_path\n"
        "import rushlight.nn"
    )
    output(python("-c", code, cwd=tmp_path))


@pytest.mark.parametrize(
    "statement", ["from torch.nowhere import x", "import torch.nn.linear.nowhere"]
)
def test_a_missing_module_is_named_as_pytorch_names_it(statement, program, tmp_path):
    result = rushlight_run(program(statement), cwd=tmp_path)
    module = statement.split()[1]
    text = result.stderr.decode()
    assert result.returncode == 1
    assert f"\nModuleNotFoundError: No module named '{module}'" in text and "\n\nWhy: " in text
    assert f"`{module}`" in text


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_worker_processes_have_the_alias(method, program, tmp_path):
    if sys.platform == "win32" and method != "spawn":
        pytest.skip("Windows has only spawn")
    path = program(f"""
import multiprocessing, os, sys
import torch
class Data:
    values = torch.tensor([1.0, 2.0])
def work(queue, data):
    same = sys.modules["torch"] is sys.modules["rushlight"]
    queue.put((same, type(data) is Data, data.values.sum().item()))
if __name__ == "__main__":
    os.chdir(os.sep)
    context = multiprocessing.get_context({method!r})
    queue = context.Queue()
    process = context.Process(target=work, args=(queue, Data()))
    process.start()
    print(queue.get(timeout=60))
    process.join()
    sys.exit(process.exitcode)
""")
    assert output(rushlight_run(path, cwd=tmp_path)) == "(True, True, 3.0)\n"


# As under python


def same_as_python(arguments, cwd, stdin=""):
    """Both run it, and output, errors and exit status agree."""
    expected = python(*arguments, cwd=cwd, stdin=stdin)
    result = rushlight_run(*arguments, cwd=cwd, stdin=stdin)
    assert result.stdout.decode() == expected.stdout.decode()
    assert result.stderr.decode() == expected.stderr.decode()
    assert result.returncode == expected.returncode
    return result


PROGRAMS = {
    "traceback": "def f():\n    raise ValueError('x')\ntry:\n    1 / 0\nexcept Exception:\n    f()",
    "syntax error": "def f(:\n    pass",
    "tab error": "if 1:\n\tx = 1\n        y = 2",
    "tabs with a comment in spaces": "for i in range(2):\n        # c\n\t\tprint(i)",
    "warning": "import warnings\ndef f():\n    warnings.warn('hm')\nf()",
    "exit message": "import sys\nsys.exit('bye')",
    "exit status": "raise SystemExit(7)",
    "hook": "import sys\nsys.excepthook = lambda *e: print(e[1], e[2].tb_lineno)\nassert 0, 'z'",
    "future": "from __future__ import annotations\nx: Unknown = 1\nprint(__annotations__)",
    "no future": "class A:\n    x: int\nprint(A.__annotations__)",
    "cookie": "# -*- coding: gbk -*-\nprint('中文')".encode("gbk"),
    "byte order mark": b"\xef\xbb\xbfprint('\xe4\xb8\xad')",
    "atexit and threads": (
        "import atexit, threading, time\n"
        "atexit.register(lambda: print('atexit', __name__))\n"
        "threading.Thread(target=lambda: (time.sleep(0.1), print('thread'))).start()"
    ),
    "main": (
        "import pickle, sys\n"
        "class A: pass\n"
        "assert type(pickle.loads(pickle.dumps(A()))) is A\n"
        "print(__name__, __file__, __spec__, __package__, __doc__, __builtins__)\n"
        "print(sys.argv, sys.path[0], sys.modules['__main__'].__dict__ is globals())"
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_runs_as_under_python(name, program, tmp_path):
    program(PROGRAMS[name])
    same_as_python(["program.py", "a", "--seed", "3"], tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_an_interrupted_program_ends_by_the_signal(program, tmp_path):
    program("raise KeyboardInterrupt")
    assert same_as_python(["program.py"], tmp_path).returncode == -2


def test_modules_code_and_stdin_run_as_under_python(tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("print('init')")
    (package / "part.py").write_text(
        "import sys\nfrom . import __name__ as n\n"
        "print(n, __spec__.name, sys.argv, sys.path[0])\n1 / 0"
    )
    same_as_python(["-m", "package.part", "-x", "y"], tmp_path)
    same_as_python(["-c", "import sys; print(sys.argv, __name__, sys.path[0])", "-y"], tmp_path)
    same_as_python(["-", "z"], tmp_path, stdin="import sys; print(sys.argv, __file__, sys.path[0])")


def test_a_script_by_a_link_finds_its_neighbours(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "neighbour.py").write_text("value = 5")
    (home / "real.py").write_text("import neighbour; print(neighbour.value, __file__)")
    (tmp_path / "link.py").symlink_to(home / "real.py")
    same_as_python(["link.py"], tmp_path)


def test_a_missing_program_is_an_error(tmp_path):
    result = rushlight_run("absent.py", cwd=tmp_path)
    assert result.returncode == 2
    assert b"can't open file" in result.stderr and b"[Errno 2]" in result.stderr


def test_chinese_is_printed_without_a_locale(program, tmp_path):
    ascii_only = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    assert output(rushlight_run(program("print('权重')"), cwd=tmp_path, env=ascii_only)) == "权重\n"


def test_seed_seeds_all_three_generators(program, tmp_path):
    draw = (
        "import random, numpy, torch\n{}print(random.random(), numpy.random.rand(), torch.rand(3))"
    )
    seeds = "torch.manual_seed(11); random.seed(11); numpy.random.seed(11)\n"
    expected = output(rushlight_run(program(draw.format(seeds)), cwd=tmp_path))
    seeded = program(draw.format(""), "seeded.py")
    assert output(rushlight_run("--seed", 11, seeded, cwd=tmp_path)) == expected
    assert expected == ("0.4523795535098186 0.1802696888767692 tensor([0.1490, 0.4866, 0.9857])\n")


# Figures

needs_matplotlib = pytest.mark.skipif(
    importlib.util.find_spec("matplotlib") is None, reason="Matplotlib is not installed"
)
PLOT = """
import matplotlib
matplotlib.use("TkAgg")
import matplotlib.pyplot as plt
import torch
plt.rcParams["font.sans-serif"] = ["SimHei"]
plt.rcParams["axes.unicode_minus"] = False
plt.plot(torch.arange(-2.0, 3.0), torch.arange(5) ** 2, label="训练")
plt.title("损失值曲线变化图")
plt.legend()
plt.show()
assert not plt.get_fignums()
plt.ion()
for i in range(3):
    plt.clf()
    plt.plot(range(i + 2))
    plt.pause(0.01)
print("end")
"""


def pictures(directory):
    return sorted(path.name for path in directory.glob("*.png"))


@needs_matplotlib
def test_shown_figures_are_saved_where_there_is_no_display(program, tmp_path):
    path = program(PLOT)
    (tmp_path / "program-figure-2.png").write_text("mine")
    first = rushlight_run(path, cwd=tmp_path)
    assert output(first) == "end\n"
    saved = [line for line in first.stderr.decode().splitlines() if "no installed font" not in line]
    assert saved == [f"rushlight: figure saved as program-figure-{n}.png" for n in (1, 3)]
    assert (tmp_path / "program-figure-1.png").read_bytes().startswith(b"\x89PNG")
    rushlight_run(path, cwd=tmp_path)  # replaces its own figures, and nothing else
    assert pictures(tmp_path) == [f"program-figure-{n}.png" for n in (1, 2, 3)]
    assert (tmp_path / "program-figure-2.png").read_text() == "mine"


@needs_matplotlib
def test_the_users_choice_of_backend_stands(program, tmp_path):
    path = program("import matplotlib.pyplot as plt\nprint(plt.get_backend().lower())")
    assert output(rushlight_run(path, cwd=tmp_path, env={"MPLBACKEND": "svg"})) == "svg\n"
    path = program(
        "import matplotlib; matplotlib.use('pdf'); print(matplotlib.get_backend().lower())"
    )
    assert output(rushlight_run(path, cwd=tmp_path)) == "pdf\n"
    assert pictures(tmp_path) == []


@needs_matplotlib
def test_missing_fonts_are_said_in_one_line(program, tmp_path):
    path = program(
        "from rushlight.runner import fonts\n"
        "fonts.FAMILIES = ()\n"
        "import matplotlib.pyplot as plt\n"
        "plt.rcParams['font.sans-serif'] = ['SimHei']\n"
        "plt.title('损失值 $x^2$ 曲线变化图')\n"
        "plt.xlabel('横轴', fontname='KaiTi')\n"
        "plt.savefig('x.png'); plt.savefig('y.png')"
    )
    result = rushlight_run(path, cwd=tmp_path)
    output(result)
    assert len(result.stderr.decode().splitlines()) == 1
    assert b"fonts-wqy-microhei" in result.stderr


@needs_matplotlib
def test_characters_are_drawn_with_a_font_that_has_them(program, tmp_path):
    path = program("""
import warnings
import matplotlib.pyplot as plt
from rushlight.runner import fonts
plt.rcParams["font.sans-serif"] = ["SimHei"]
plt.title("损失值曲线变化图")
plt.xlabel("公式 $x^2$")
plt.ylabel("纵轴", fontname="KaiTi")
if fonts.fallback_font() is None:
    print("no font")
else:
    warnings.simplefilter("error")
    plt.savefig("x.png")
    print("drawn")
""")
    result = rushlight_run(path, cwd=tmp_path)
    if output(result) == "no font\n":
        pytest.skip("no font with Chinese characters is installed")
    assert result.stderr == b""


def test_matplotlib_is_not_imported_for_the_program(program, tmp_path):
    path = program("import sys, torch; print('matplotlib' in sys.modules)")
    assert output(rushlight_run(path, cwd=tmp_path)) == "False\n"


def test_the_installed_command_is_the_module(tmp_path):
    result = subprocess.run(
        [
            sys.executable,
            "-c",
            "from rushlight.cli import main; raise SystemExit(main())",
            "--version",
        ],
        env={"PYTHONPATH": ROOT},
        capture_output=True,
    )
    assert result.stdout.startswith(b"rushlight ")
