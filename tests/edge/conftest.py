"""What tests of the service may ask for: a real broker, and waiting for a condition."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.edge.console import Console, new_console
from tests.fakes.mosquitto import Mosquitto


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)


async def until(condition: Callable[[], object], *, limit_s: float = 120) -> None:
    """Return when the condition holds; the limit only ends a test that would wait for ever."""
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "the condition did not come true"
        await asyncio.sleep(0.005)


@pytest.fixture(scope="session")
def _stocked(tmp_path_factory: pytest.TempPathFactory) -> Console:
    console = new_console(tmp_path_factory.mktemp("farm"))
    console.ok(
        *("catalogue", "crop", "add", "lowk", "--name", "Low-potassium lettuce"),
        *("--name-ja", "低カリウムレタス", "--largest-head", "200g"),
    )
    console.ok(
        *("catalogue", "item", "add", "lowk-80", "--crop", "lowk", "--gtin", "4912345678904"),
        *("--net", "80g", "--name", "Low-K 80 g", "--name-ja", "低カリウムレタス 80g"),
        *("--shelf-life-days", "10"),
    )
    console.ok("catalogue", "partner", "add", "mart", "--name", "Mart", "--name-ja", "マート")
    return console


@pytest.fixture
def console(_stocked: Console, tmp_path: Path) -> Console:
    """A farm with a crop, a trade item and a partner, its own copy of the database."""
    return _stocked.copied_to(tmp_path / "farm")
