"""The short form of every fault of `make faults`: what broke is named, and nothing may."""

import pytest

from tests.faults import registry
from tests.faults.figures import NotHere


@pytest.mark.parametrize("name", registry.names())
def test_the_promise_is_kept_under(name: str) -> None:
    """The scenario's docstring says which promise; a few faults here, hundreds in `make faults`."""
    scenario = registry.load(name)

    try:
        figures = scenario.run(scenario.short)
    except NotHere as why:
        pytest.skip(str(why))

    assert figures.wrong == (), str(figures)
