"""What is installed: a light import, a small wheel with nothing but the package."""

import importlib.metadata
import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import rushlight as rl

ROOT = Path(__file__).resolve().parents[1]
HEAVY = [
    "asyncio",
    "concurrent.futures",
    "dataclasses",
    "email",
    "http",
    "logging",
    "matplotlib",
    "ml_dtypes",
    "multiprocessing",
    "numba",
    "scipy",
    "sklearn",
    "socket",
    "ssl",
    "torch",
    "tqdm",
    "unittest",
    "urllib.request",
]


def modules_after(statement):
    """The modules that are loaded in a fresh interpreter after a statement."""
    code = f"{statement}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_import_is_light():
    added = modules_after("import rushlight") - modules_after("import numpy")
    assert added >= {"rushlight"}
    assert not added & set(HEAVY)


def test_importing_a_submodule_first_works():
    assert "rushlight" in modules_after("import rushlight.nn.functional")


def test_version_has_one_source():
    assert rl.__version__ == f"{rl.version.pytorch}+rushlight{rl.version.release}"
    try:
        assert importlib.metadata.version("rushlight") == rl.version.release
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("runs from a checkout that is not installed")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built by the backend that pyproject.toml names, without a network."""
    build = pytest.importorskip("flit_core.wheel")
    if not (ROOT / "pyproject.toml").exists():
        pytest.skip("not a checkout")
    folder = tmp_path_factory.mktemp("wheel")
    return Path(build.make_wheel_in(ROOT / "pyproject.toml", folder).file)


def test_wheel_is_small_and_holds_the_package_only(wheel):
    assert wheel.stat().st_size < 1.5e6  # a tenth of NumPy, which comes along
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {
        "rushlight",
        f"rushlight-{rl.version.release}.dist-info",
    }
    assert "rushlight/py.typed" in names
    assert not [name for name in names if name.endswith((".pyc", ".so", ".npz"))]


def test_wheel_requires_numpy_alone(wheel):
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read(f"rushlight-{rl.version.release}.dist-info/METADATA").decode()
    required = [line for line in metadata.splitlines() if line.startswith("Requires-Dist:")]
    assert [line for line in required if "extra ==" not in line] == ["Requires-Dist: numpy>=2,<3"]


def test_versions_compare_as_numbers():
    assert rl.__version__ >= "1.8" and rl.__version__ > "2.9.1+cpu" and rl.__version__ < "10.0"
    assert rl.__version__ >= (2, 13) and rl.__version__.split(".")[0] == "2"
    assert isinstance(rl.__version__, str)
