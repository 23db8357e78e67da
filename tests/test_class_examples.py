"""Examples in the classes that say that they live in torch: doctest takes those for imported."""

import doctest
import importlib
import pkgutil

import pytest

import rushlight

OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def renamed_classes():
    """Every class of the package that is named after PyTorch's module, once."""
    found = {}
    for info in pkgutil.walk_packages(rushlight.__path__, "rushlight."):
        if ".__main__" in info.name:
            continue
        for value in vars(importlib.import_module(info.name)).values():
            if isinstance(value, type) and value.__module__.split(".")[0] == "torch":
                found[f"{value.__module__}.{value.__qualname__}"] = value
    return found


CLASSES = renamed_classes()


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_examples_of_class(name):
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    for test in doctest.DocTestFinder().find(CLASSES[name], name, module=False, globs={}):
        report = []
        runner.run(test, out=report.append)
        assert not runner.failures, "".join(report)
