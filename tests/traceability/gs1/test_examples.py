"""The examples in the docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

from traceability import gs1


@pytest.mark.parametrize("name", [module.name for module in pkgutil.iter_modules(gs1.__path__)])
def test_examples_run_as_printed(name: str) -> None:
    module = importlib.import_module(f"traceability.gs1.{name}")

    assert doctest.testmod(module).failed == 0
