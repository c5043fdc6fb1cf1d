import asyncio
from collections.abc import Callable

import pytest


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition on loopback; the limit is only there to fail instead of hanging."""
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.001)


@pytest.fixture
def wait() -> Callable:
    return until
