"""Fixtures shared by all tests: every test starts from the same seed and the same defaults."""

import os

import numpy as np
import pytest

import rushlight as rl
from rushlight import explain

os.environ["RUSHLIGHT_CACHE_DIR"] = ""  # what is compiled here is not for others
explain.strict = True  # an explanation of an error that fails is to be seen
for name in rl.ops.LATER:  # rare families declare their operations when they load
    getattr(rl.ops, name)
# programs that tests run, and what imports PyTorch: not modules with doctests
collect_ignore = ["op_coverage.py", "op_twins.py", "seeds", "signatures.py", "wrong_programs"]


@pytest.fixture(autouse=True)
def fresh_state():
    """Seed both sources of chance and undo what a test does to the process-wide defaults."""
    default = rl.get_default_dtype()
    rl.manual_seed(0)
    np.random.seed(0)
    yield
    rl.set_default_dtype(default)
    rl.set_grad_enabled(True)


@pytest.fixture(scope="session")
def torch():
    """Real PyTorch, the judge of every comparison; the test is skipped where it is absent."""
    return pytest.importorskip("torch")
