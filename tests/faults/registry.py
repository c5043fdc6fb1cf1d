"""Every scenario there is: the modules of `scenarios/`, by name."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

from tests.faults import scenarios
from tests.faults.figures import Figures


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of fault: how many of it are a short and a long run, and how to inflict them."""

    name: str
    title: str
    short: int
    long: int
    run: Callable[[int], Figures]


def names() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(scenarios.__path__))


def load(name: str) -> Scenario:
    module = importlib.import_module(f"{scenarios.__name__}.{name}")
    title = (module.__doc__ or name).partition("\n")[0]
    return Scenario(name, title, module.SHORT, module.LONG, module.run)
