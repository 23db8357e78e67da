"""Generated Python: to be read, and to be run."""

import numpy as np
import pytest
from programs import WRITTEN, Drawn, compare, descent, softmax

from rushlight.compile.native.fuse import fuse
from rushlight.compile.native.plan import Plan
from rushlight.compile.native.source import executable, python_source


def planned(program):
    fusion = fuse(program)
    Plan(fusion)
    return fusion


def build(program):
    return executable(planned(program))


@pytest.mark.parametrize("make", WRITTEN)
def test_written_programs(make):
    with np.errstate(all="ignore"):
        compare(*make(), build)


@pytest.mark.parametrize("seed", range(100, 120))
def test_drawn_programs(seed):
    drawn = Drawn(seed)
    with np.errstate(all="ignore"):
        compare(drawn.program, drawn.arrays, build)


def test_softmax_reads_as_it_would_be_written():
    text = python_source(planned(softmax()[0]))
    loop = text[text.index("    for i in range(8):") : text.index("    v6[()]")]
    assert loop.splitlines() == [
        "    for i in range(8):",
        "        total_2 = np.float32('-inf')",
        "        for j in range(33):",
        "            total_2 = np.maximum(total_2, x[i, j])",
        "        total_3 = np.float32(0.0)",
        "        for j in range(33):",
        "            v1_ = x[i, j] - total_2",
        "            v2_ = np.exp(v1_)",
        "            total_3 = total_3 + v2_",
        "            v2[i, j] = v2_",
        "        for j in range(33):",
        "            v4_ = v2[i, j] / total_3",
        "            total_1 = total_1 + v4_",
        "            v4[i, j] = v4_",
        "            v5[j] = v5[j] + v4_",
    ]


def test_source_names_its_parts_and_shapes():
    text = python_source(planned(descent()[0]))
    assert [line.split()[1] for line in text.splitlines() if line.endswith("---")] == [
        "Forward",
        "Backward",
        "Update",
    ]
    product = "                v3_ = x[i, k] * w[k, j]\n                total_1 = total_1 + v3_\n"
    assert product in text
    assert text.startswith("def run(x, w, bias, rate):\n    # x: float32[8, 5]\n")
